/** Test runner settings: the limits here only stop a run that hangs; no test may depend on them. */
import { defineConfig } from 'vitest/config';

const HANG_LIMIT_MS = 300_000;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/setup.ts'],
    // Processes, not threads: tests lock directories, kill children and start workers of their own.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: HANG_LIMIT_MS,
    hookTimeout: HANG_LIMIT_MS,
    teardownTimeout: HANG_LIMIT_MS,
  },
});
