#!/usr/bin/env node
// Runs the protocol's cases against a server; README.md says how. Exit code: 0 where no case failed, 1 where one did, 2 where it could not begin.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Client } from './lib/client.js';
import { Recorder } from './lib/recorder.js';
import { describe, junit } from './lib/report.js';
import { count, loadCases, PROFILES, run, select } from './lib/runner.js';

const USAGE = `usage: signaling-conformance --url ws://host:port/ [options]
  --profile ${PROFILES.join('|')}   which cases; each profile has those of the one before it, too (default ${PROFILES[0]})
  --grep <pattern>                 only cases whose section or name fits this regular expression
  --timeout <ms>                   how long the server may take over anything (default 10000)
  --optional                       also the cases that burden the server
  --junit <file>                   write the results as JUnit XML
  --record <file>                  append everything that is sent and received, a line of JSON each
  --list                           print the cases and run none`;

function refuse(problem) {
  console.error(`${problem}\n${USAGE}`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        url: { type: 'string' },
        profile: { type: 'string', default: PROFILES[0] },
        grep: { type: 'string', default: '' },
        timeout: { type: 'string', default: '10000' },
        optional: { type: 'boolean', default: false },
        junit: { type: 'string' },
        record: { type: 'string' },
        list: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return refuse(error.message);
  }
}

const options = readOptions();
if (!PROFILES.includes(options.profile)) refuse(`there is no profile ${options.profile}`);
const patience = Number(options.timeout);
if (!(patience > 0)) refuse(`--timeout ${options.timeout} is no number of milliseconds`);

const cases = select(await loadCases(), options.profile, options.grep);
if (cases.length === 0) refuse('no case fits');
if (options.list) {
  for (const each of cases) console.log(`${each.profile.padEnd(11)} ${each.section}: ${each.name}`);
  process.exit(0);
}
if (!options.url) refuse('--url is missing');

try {
  (await Client.connect(options.url, { patience, owns: () => false })).terminate();
} catch (error) {
  console.error(error.message);
  process.exit(2);
}

const recorder = options.record ? new Recorder(options.record) : null;
const results = await run(cases, { url: options.url, patience, optional: options.optional, recorder, report: (result) => console.log(describe(result)) });
if (options.junit) writeFileSync(options.junit, junit(results));
console.log(`${count(results, 'passed')} passed, ${count(results, 'failed')} failed, ${count(results, 'skipped')} skipped`);
process.exit(count(results, 'failed') === 0 ? 0 : 1);
