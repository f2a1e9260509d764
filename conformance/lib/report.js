import { AssertionError } from 'node:assert';
import { inspect } from 'node:util';
import { shorten } from './client.js';
import { count } from './runner.js';

const show = (value) => shorten(typeof value === 'string' ? value : inspect(value, { depth: 6, breakLength: Infinity }));

/** What was wrong, in lines. */
export function explain(error) {
  const isComparison = error instanceof AssertionError && error.generatedMessage && error.operator !== '==';
  if (!isComparison) return error.message.split('\n').filter((line) => line.trim());
  return [`expected: ${show(error.expected)}`, `actual:   ${show(error.actual)}`];
}

/** One result as a person reads it. */
export function describe({ case: each, outcome, reason, error }) {
  const label = { passed: 'ok', failed: 'FAILED', skipped: 'skipped' }[outcome];
  const lines = [`${label.padEnd(8)}${each.section}: ${each.name}${reason ? ` (${reason})` : ''}`];
  if (error) lines.push(...explain(error).map((line) => `        ${line}`), `        see docs/protocol.md, "${each.section}"`);
  return lines.join('\n');
}

/** The results as JUnit XML. */
export function junit(results) {
  const cases = results.map(({ case: each, outcome, reason, error, milliseconds }) => {
    const inner = outcome === 'failed' ? `<failure message="${escape(explain(error).join('\n'))}"/>` : outcome === 'skipped' ? `<skipped message="${escape(reason)}"/>` : '';
    return `  <testcase classname="${escape(each.section)}" name="${escape(each.name)}" time="${(milliseconds / 1000).toFixed(3)}">${inner}</testcase>`;
  });
  const counts = `tests="${results.length}" failures="${count(results, 'failed')}" skipped="${count(results, 'skipped')}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="signaling-conformance" ${counts}>\n${cases.join('\n')}\n</testsuite>\n`;
}

/** Characters that XML 1.0 does not have become U+FFFD. */
const escape = (text) =>
  text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD').replace(/[&<>"\n]/g, (character) => `&#${character.charCodeAt(0)};`);
