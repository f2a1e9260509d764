// Builds dist/: two ES modules of one file each, and their types. Fails where the client has outgrown its budget.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const budget = 8 * 1024;
process.chdir(fileURLToPath(new URL('.', import.meta.url)));
rmSync('dist', { recursive: true, force: true });

await build({
  entryPoints: ['src/index.ts', 'src/webrtc.ts'],
  outdir: 'dist',
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  sourcemap: true,
  logLevel: 'warning',
});
execFileSync('node_modules/.bin/tsc', ['--project', 'tsconfig.build.json'], { stdio: 'inherit' });

const sizeOf = (file) => gzipSync(readFileSync(file), { level: 9 }).length;
const size = sizeOf('dist/index.js');
console.log(`dist/index.js: ${size} bytes gzipped, of ${budget}; dist/webrtc.js: ${sizeOf('dist/webrtc.js')}`);
if (size >= budget) {
  console.error('The client is larger than its budget.');
  process.exitCode = 1;
}
