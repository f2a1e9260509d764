// Measures, or only reports: bench/run says how it is called.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { describeMachine } from './machine.js';
import { resultsDirectory } from './paths.js';
import { drawPlots } from './plots.js';
import { writeReport } from './report.js';
import { scenarios } from './scenarios.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, quick: { type: 'boolean' }, report: { type: 'boolean' } },
});
const unknown = positionals.filter((name) => !(name in scenarios));
if (unknown.length > 0) {
  console.error(`bench/run: no scenario ${unknown.join(', ')}; there are ${Object.keys(scenarios).join(', ')}`);
  process.exit(2);
}

mkdirSync(resultsDirectory, { recursive: true });
const raw = `${resultsDirectory}/${options.quick ? 'quick' : 'raw'}.jsonl`;
const readRows = () => (existsSync(raw) ? readFileSync(raw, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line)) : []);

async function measure() {
  const names = positionals.length > 0 ? positionals : Object.keys(scenarios);
  const kept = readRows().filter((row) => !names.includes(row.scenario));
  writeFileSync(raw, kept.map((row) => JSON.stringify(row) + '\n').join(''));
  const machine = describeMachine();
  const rounds = options.quick ? 1 : Number(options.rounds);
  let failed = 0;
  for (let round = 1; round <= rounds; round++) {
    for (const scenario of names) {
      const begun = Date.now();
      await scenarios[scenario]({
        round,
        quick: options.quick ?? false,
        record(server, step, result) {
          if (result.ok === false) failed++;
          appendFileSync(raw, JSON.stringify({ scenario, step, server, round, ...result, machine }) + '\n');
        },
      });
      console.log(`round ${round} of ${rounds}: ${scenario}, ${Math.round((Date.now() - begun) / 1000)} s`);
    }
  }
  if (failed > 0) console.error(`bench/run: in ${failed} measurements something was lost, doubled, altered, refused or not told (their "ok" in ${raw} is false)`);
  return failed === 0;
}

const clean = options.report || (await measure());
const rows = readRows();
if (options.quick) console.log(`quick: nothing was written but ${raw}`);
else {
  drawPlots(rows);
  writeReport(rows);
}
process.exit(clean ? 0 : 1);
