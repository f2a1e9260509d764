import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Recorded traffic, of all `.jsonl` files of a folder. A line is `{"direction":"sent"|"received","valid":boolean,"text":"…"}`; a message that
 * its sender made wrong on purpose, in a way that a schema can tell, is not `valid`. What is in several files counts once.
 */
export async function readTraffic(folder) {
  const lines = new Map();
  for (const file of await readdir(folder)) {
    if (!file.endsWith('.jsonl')) continue;
    for (const line of (await readFile(join(folder, file), 'utf8')).split('\n')) if (line) lines.set(line, file);
  }
  return [...lines].map(([line, file]) => ({ file, ...JSON.parse(line) })).map((recorded) => ({ ...recorded, value: JSON.parse(recorded.text) }));
}
