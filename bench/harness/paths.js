import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const benchDirectory = `${root}/bench`;
export const resultsDirectory = `${benchDirectory}/results`;
