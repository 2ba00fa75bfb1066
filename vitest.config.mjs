/**
 * Test runner settings: the limits here only stop a run that hangs; no test may depend on them.
 *
 * `--mode quick` leaves out long test files and tries less of the proofs: `make quick`.
 *
 * The worker thread of a test is bundled from the sources as they are. What runs from dist asks test/support/built.ts,
 * which refuses a build of other sources.
 */
import { configDefaults, defineConfig } from 'vitest/config';
import { embedJobWorker, embedStudioPage, entryAliases, staleBuild } from './scripts/bundling.mjs';
import { excludedWhenQuick, longFiles, LongestFirst } from './test/support/long-files.mjs';

const HANG_LIMIT_MS = 300_000;

/**
 * Each long file has a process of its own; a quick run leaves them out. Short files share processes, which load the sources
 * once: two fifths of their time went there. A whole run has three groups of them, since one for all would grow and grow.
 */
function projects(isQuick) {
  const apart = isQuick ? excludedWhenQuick() : longFiles();
  const short = isQuick
    ? { short: '*' }
    : { 'short a-d': '[a-d]*', 'short e-l': '[e-l]*', 'short m-z': '[m-z]*' };
  return [
    ...(isQuick ? [] : [{ extends: true, test: { name: 'long', include: apart } }]),
    ...Object.entries(short).map(([name, folders]) => ({
      extends: true,
      test: {
        name,
        include: [`test/${folders}/**/*.test.ts`, `test/${folders}.test.ts`],
        exclude: [...configDefaults.exclude, ...apart],
        isolate: false,
      },
    })),
  ];
}

export default defineConfig(({ mode }) => {
  const isQuick = mode === 'quick';
  return {
    plugins: [embedJobWorker(), embedStudioPage()],
    // As a connection string loads them from dist.
    resolve: { alias: entryAliases() },
    test: {
      // Packages look as they do to Node.js, not kinder.
      deps: { interopDefault: false },
      env: { VARVE_STALE_BUILD: staleBuild() ?? '', ...(isQuick ? { VARVE_QUICK: '1' } : {}) },
      setupFiles: ['test/support/setup.ts'],
      // Processes, not threads: tests lock directories, kill children and start workers of their own.
      pool: 'forks',
      maxWorkers: 2,
      projects: projects(isQuick),
      sequence: { sequencer: LongestFirst },
      testTimeout: HANG_LIMIT_MS,
      hookTimeout: HANG_LIMIT_MS,
      teardownTimeout: HANG_LIMIT_MS,
    },
  };
});
