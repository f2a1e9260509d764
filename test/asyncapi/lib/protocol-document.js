import { readFile } from 'node:fs/promises';
import { isRelayed, RECEIVED, SENT } from './specification.js';

const text = await readFile(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');

/** The examples of docs/protocol.md: `{ line, direction, value, valid }`. One that the node answers at once with an `error` shows a mistake. */
export const examples = text.split('\n').flatMap((content, index, lines) => {
  const example = read(content);
  const next = read(lines[index + 1] ?? '');
  const refused = example?.direction === SENT && next?.value.type === 'error' && !isRelayed(next.value);
  return example ? [{ line: index + 1, ...example, valid: !refused }] : [];
});

function read(line) {
  const [, arrow, json] = /^([→←]) (.*)$/.exec(line) ?? [];
  return arrow ? { direction: arrow === '→' ? SENT : RECEIVED, value: JSON.parse(json) } : null;
}

/** The codes in the first column of a section's table. */
export function tableOf(section) {
  const content = text.split(`\n## ${section}\n`)[1].split('\n## ')[0];
  return [...content.matchAll(/^\| `?([a-z0-9-]+)`? \|/gm)].map(([, code]) => code).filter((code) => !/^(code|-+)$/.test(code));
}
