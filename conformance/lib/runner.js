import { readdir } from 'node:fs/promises';
import { Context, Skip } from './context.js';

/** The profiles; each has the cases of those before it, too. */
export const PROFILES = ['original', 'extensions'];

const folder = new URL('../cases/', import.meta.url);

/** All cases in the order of their files: `{ section, name, profile, optional?, run }`. */
export async function loadCases() {
  const cases = [];
  for (const file of (await readdir(folder)).sort()) {
    const module = await import(new URL(file, folder));
    for (const each of module.default) cases.push({ section: module.section, profile: module.profile, ...each });
  }
  return cases;
}

/** Those of a profile whose section or name fits. */
export function select(cases, profile, grep = '') {
  const fits = PROFILES.slice(0, PROFILES.indexOf(profile) + 1);
  const pattern = new RegExp(grep, 'i');
  return cases.filter((each) => fits.includes(each.profile) && pattern.test(`${each.section}: ${each.name}`));
}

/**
 * Runs cases one after another against the server at `url` and tells of each as `report({ case, outcome, reason?, error?, milliseconds })`,
 * where the outcome is `passed`, `failed` or `skipped`. With `optional` also those that burden the server.
 */
export async function run(cases, { url, patience = 10_000, optional = false, recorder = null, report = () => {} }) {
  const results = [];
  for (const each of cases) {
    const context = new Context(url, { patience, recorder });
    const begin = performance.now();
    const result = { case: each, outcome: 'passed' };
    try {
      if (each.optional && !optional) context.skip(`${each.optional}: run with --optional`);
      await each.run(context);
    } catch (error) {
      if (error instanceof Skip) Object.assign(result, { outcome: 'skipped', reason: error.message });
      else Object.assign(result, { outcome: 'failed', error });
    } finally {
      context.end();
    }
    result.milliseconds = performance.now() - begin;
    results.push(result);
    report(result);
  }
  return results;
}

/** How many came out so. */
export const count = (results, outcome) => results.filter((result) => result.outcome === outcome).length;
