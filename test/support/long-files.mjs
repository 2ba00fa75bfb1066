/**
 * Which test files take long.
 *
 * Owns: their list, the longest first: a whole run starts with them, so that the last one to end is short. A quick run
 * leaves them out, and those of a few seconds, but for those that try less then (extent.ts).
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BaseSequencer } from 'vitest/node';

/** These ask test/support/extent.ts how much to try. */
export const SHRINKING = [
  'crash/power-loss',
  'crash/faults',
  'crash/history',
  'indexes/power-cuts',
  'append-only/power-cuts',
  'model/model',
  'model/metamorphic',
];

const LONG = [
  'postgres/failures',
  'postgres/postgres-database',
  'postgres/postgres-backend',
  'etcd/failures',
  'etcd/etcd-database',
  'etcd/etcd-backend',
  'crash/faults',
  'crash/power-loss',
  'model/model',
  'crash/soak',
  'engine/upkeep/worker-failures',
  'memtable/memtable-loading',
  'package/bundles',
  'package/realm',
  'cli/irregular-files',
  'package/types',
  'cli/commands',
  'api/irregular-files',
  'programs/bank',
  'cli/repair',
  'level/abstract-suite',
  'liveness/liveness',
  'memtable/memtable',
  'engine/commit/syncs-behind',
  'crash/canaries',
  'engine/upkeep/starvation',
  'api/closing',
  'isolation/histories',
  'isolation/keyspaces',
  'isolation/unique-claims',
  'indexes/power-cuts',
  'append-only/power-cuts',
  'crash/history',
  'examples/ledger-histories',
  'examples/jobs',
  'isolation/workloads',
  'api/larger-than-memory',
  'package/declarations',
  'docs/examples',
  'docs/reference',
  'engine/upkeep/space',
  'isolation/anomalies',
  'isolation/keyspace-anomalies',
  'isolation/expiry-readers',
  'memtable/memtable-room',
  'model/coins',
  'iterator/range-tombstones-work',
  'crash/damage',
  'model/metamorphic',
  'api/own-clock',
  'api/few-descriptors',
  'vfs/directory-lock',
  'api/sizes',
  'api/close-amid',
  'compaction/worker-job-runner',
  'compaction/jobs',
  'sstable/table-corruption',
  'version/version-set',
  'engine/commit/commit-ids',
  'engine/upkeep/small-tables',
  'engine/read/dead-stretches',
  'engine/copy/checkpoint',
  'engine/upkeep/flush-under-load',
  'isolation/checker',
  'txn/lock-table',
  'crash/kill9',
  'crash/followers',
  'engine/follow/histories',
  'bytes/bytes',
  'iterator/iterators',
  'sstable/equal-records',
  'package/package',
  'isolation/anomalies-canary',
  'api/listeners',
  'sstable/table-iterator',
  'api/event-loop',
  'engine/commit/validation',
  'api/many-databases',
  'log/log',
  'engine/recovery/opening',
  'memtable/memtable-sharing',
  'inspect/repair',
  'cli/shell',
  'studio/browser',
  'studio/server',
  'cli/reading',
  'crash/prove',
  'sstable/table-reader',
  'engine/bulk/ingest',
  'cli/foreign-database',
  'package/public-surface',
  'sstable/key-filter',
  'compaction/compaction-iterator',
  'engine/recovery/reading',
  'api/writes',
  'engine/commit/no-room-to-cut',
  'examples/ledger',
  'cache/block-cache',
  'cli/terminal-text',
  'api/directory-lost',
  'api/transactions',
  'version/foreign-database',
];

/** These share a process with others in a whole run: loading the sources costs as much. A quick run leaves them out. */
const NOT_QUICK = [
  'postgres/graph',
  'migrate/migrate',
  'migrate/clusters',
  'backup/backup',
  'etcd/graph',
  'engine/history/log-history',
  'append-only/ledger',
  'api/keyspaces-crash',
  'foundationdb/failures',
  'threads/stress',
  'graph/races',
  'graph/histories',
  'examples/cache',
  'level/processes',
  'cli/in-use',
  'fastify/fastify-plugin',
  's3/s3-store',
  'cli/transfer',
  'graph/kills',
  'store/local-store',
  'threads/thread-store',
  'threads/attach',
  'sstable/snappy-decoder',
  'threads/pool',
  'api/updates',
  'studio/command',
  'fuzz/fuzz',
  'session/session-store',
  'txn/write-set',
  'cli/encoded-keys',
  'backup/power-cuts',
  'remote/database-contract',
  'bench/key-shapes',
  'examples/social',
  'examples/orders',
  'inspect/history-upkeep',
  'encryption/power-cuts',
  'version/time-marks',
  'backup/archive',
  'txn/savepoint',
  'indexes/histories',
  'graph/transfer',
  'engine/follow/follower',
  'encryption/opening',
  'cli/indexes',
  'documents/query',
  'cli/changes',
  'sstable/table-cache',
  'indexes/indexes',
  'remote/remote-store',
  'memtable/memtable-recent',
  'batch/commit-batch',
  'api/caller-code',
];

const pathOf = (name) => `test/${name}.test.ts`;

for (const name of [...LONG, ...NOT_QUICK, ...SHRINKING]) {
  const path = fileURLToPath(new URL(`../../${pathOf(name)}`, import.meta.url));
  if (!existsSync(path)) throw new Error(`A long test file is gone: ${pathOf(name)}`);
}

/** All of them. */
export function longFiles() {
  return LONG.map(pathOf);
}

/** What a quick run leaves out. */
export function excludedWhenQuick() {
  return [...LONG, ...NOT_QUICK].filter((name) => !SHRINKING.includes(name)).map(pathOf);
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
