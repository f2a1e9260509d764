import { readFile } from 'node:fs/promises';
import { RECEIVED, SENT } from './specification.js';

const text = await readFile(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');

/** The examples of docs/protocol.md: `{ line, direction, value }`. */
export const examples = text.split('\n').flatMap((content, index) => {
  const [, arrow, json] = /^([→←]) (.*)$/.exec(content) ?? [];
  return arrow ? [{ line: index + 1, direction: arrow === '→' ? SENT : RECEIVED, value: JSON.parse(json) }] : [];
});

/** The codes in the first column of a section's table. */
export function tableOf(section) {
  const content = text.split(`\n## ${section}\n`)[1].split('\n## ')[0];
  return [...content.matchAll(/^\| `?([a-z0-9-]+)`? \|/gm)].map(([, code]) => code).filter((code) => !/^(code|-+)$/.test(code));
}
