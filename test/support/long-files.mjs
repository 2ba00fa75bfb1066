/**
 * Which test files take long.
 *
 * Owns: their list, the longest first: a whole run starts with them, so that the last one to end is short. A quick run
 * leaves them out, but for those that try less then (extent.ts).
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BaseSequencer } from 'vitest/node';

/** These ask test/support/extent.ts how much to try. */
export const SHRINKING = ['crash/power-loss', 'crash/faults', 'model/model', 'model/metamorphic'];

const LONG = [
  'crash/faults',
  'crash/power-loss',
  'model/model',
  'crash/soak',
  'db/worker-failures',
  'memtable/memtable-loading',
  'package/bundles',
  'package/realm',
  'cli/commands',
  'cli/bank',
  'cli/repair',
  'liveness/liveness',
  'memtable/memtable',
  'db/syncs-behind',
  'crash/canaries',
  'db/starvation',
  'db/closing',
  'isolation/histories',
  'examples/ledger-histories',
  'isolation/workloads',
  'db/larger-than-memory',
  'docs/examples',
  'db/space',
  'isolation/anomalies',
  'memtable/memtable-room',
  'base/range-tombstones-work',
  'crash/damage',
  'model/metamorphic',
  'db/own-clock',
  'db/few-descriptors',
  'vfs/directory-lock',
  'db/sizes',
  'db/close-amid',
  'compaction/worker-job-runner',
  'compaction/jobs',
  'sstable/table-corruption',
  'version/version-set',
  'db/commit-ids',
  'db/small-tables',
  'db/dead-stretches',
  'db/checkpoint',
  'db/flush-under-load',
  'isolation/checker',
  'txn/lock-table',
  'crash/kill9',
  'base/bytes',
  'iterator/iterators',
  'sstable/equal-records',
  'package/package',
  'isolation/anomalies-canary',
  'db/listeners',
  'sstable/table-iterator',
  'db/event-loop',
  'db/validation',
  'db/many-databases',
  'log/log',
  'db/opening',
  'memtable/memtable-sharing',
];

const pathOf = (name) => `test/${name}.test.ts`;

for (const name of [...LONG, ...SHRINKING]) {
  const path = fileURLToPath(new URL(`../../${pathOf(name)}`, import.meta.url));
  if (!existsSync(path)) throw new Error(`A long test file is gone: ${pathOf(name)}`);
}

/** What a quick run leaves out. */
export function excludedWhenQuick() {
  return LONG.filter((name) => !SHRINKING.includes(name)).map(pathOf);
}

export class LongestFirst extends BaseSequencer {
  async sort(files) {
    const rankOf = ({ moduleId }) => {
      const rank = LONG.findIndex((name) => moduleId.endsWith(`/${pathOf(name)}`));
      return rank < 0 ? LONG.length : rank;
    };
    const sorted = await super.sort(files); // sort() below keeps its order among equals
    return sorted.sort((a, b) => rankOf(a) - rankOf(b));
  }
}
