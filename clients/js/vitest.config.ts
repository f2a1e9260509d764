import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,                                            // a node starts in seconds, on a machine that has other work
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
