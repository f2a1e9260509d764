import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Recorded traffic, of all `.jsonl` files of a folder. A line is `{"direction":"sent"|"received","valid":boolean,"text":"…"}`; a message that
 * its sender made wrong on purpose, in a way that a schema can tell, is not `valid`. What is in several files counts once.
 */
export async function readTraffic(folder) {
  const lines = new Set();
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.jsonl')) continue;
    for (const line of (await readFile(join(folder, name), 'utf8')).split('\n')) if (line) lines.add(line);
  }
  return [...lines].map((line) => JSON.parse(line)).map((line) => ({ ...line, value: JSON.parse(line.text) }));
}
