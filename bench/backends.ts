/**
 * What a call costs on each backend: `make bench-backends`; SECONDS=, ENTRIES=, VALUE_SIZE= and CLIENTS= from the
 * environment, JSON= names a file for the figures. ONLY=embedded, etcd or postgres.
 *
 * Owns: the same four calls on a directory, on three members of etcd and on PostgreSQL with two standbys, all on this machine,
 * by 1, 16 and 64 clients at once. Every commit is durable: on the disk, on a majority of the members, on the primary and a
 * standby. Requests are counted at the seam to the backend. A read that a backend does in the round trip of its snapshot is
 * none of its own. Servers that are not installed are left out, and named.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Backend,
  type BackendSnapshot,
  type Database,
  open,
  openBackend,
} from '../src/index.ts';
import { connect as connectEtcd } from '../src/etcd/index.ts';
import { connect as connectPostgres } from '../src/postgres/index.ts';
import { describeMachine, machineLine } from '../src/programs/bench/suite.ts';
import { formatTable } from '../src/programs/figures.ts';
import { EtcdCluster, findEtcd } from '../test/etcd/cluster.ts';
import { findPostgres, PostgresCluster } from '../test/postgres/cluster.ts';
import { halfRandom } from './harness/half-random.ts';
import { inScratch } from './harness/scratch.ts';

const DURATION_MS = Number(process.env['SECONDS'] ?? 3) * 1000;
const ENTRY_COUNT = Number(process.env['ENTRIES'] ?? 10_000);
const VALUE_SIZE_BYTES = Number(process.env['VALUE_SIZE'] ?? 100);
const CLIENT_COUNTS = (process.env['CLIENTS'] ?? '1,16,64').split(',').map(Number);
const ONLY = process.env['ONLY'];
const FILL_BATCH_SIZE = 100;
/** A prime: steps of this size go through all entries in an order of their own. */
const STEP = 7_368_787;
const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'view' } as const;

type Subject = Database<string, Uint8Array>;

const value = halfRandom(1, VALUE_SIZE_BYTES);
const keyOf = (i: number): string => String((i * STEP) % ENTRY_COUNT).padStart(12, '0');

/** Requests that went to a backend. */
let requestCount = 0;

/** The backend, with its requests counted. */
function counted(backend: Backend): Backend {
  const originals = new WeakMap<BackendSnapshot, BackendSnapshot>();
  const { tidy } = backend;
  return {
    name: backend.name,
    location: backend.location,
    capabilities: backend.capabilities,
    async snapshot(request) {
      requestCount++;
      const original = await backend.snapshot(request);
      let first = request.firstKey;
      const snapshot: BackendSnapshot = {
        version: original.version,
        get(key) {
          if (first === undefined || Buffer.compare(first, key) !== 0) requestCount++;
          first = undefined;
          return original.get(key);
        },
        getMany(keys) {
          requestCount++;
          return original.getMany(keys);
        },
        page(asked) {
          requestCount++;
          return original.page(asked);
        },
        close: () => original.close(),
      };
      originals.set(snapshot, original);
      return snapshot;
    },
    commit(commit) {
      requestCount++;
      const { snapshot } = commit;
      return backend.commit({ ...commit, snapshot: snapshot && originals.get(snapshot) });
    },
    watch: (request) => backend.watch(request),
    ...(tidy === undefined ? {} : { tidy: (range, signal) => tidy.call(backend, range, signal) }),
    close: () => backend.close(),
  };
}

/** One call of a client. `i` is another number each time. */
type Call = (i: number) => Promise<unknown>;

const CALLS: Readonly<Record<string, (db: Subject) => { call: Call; end: () => void }>> = {
  put: (db) => ({ call: (i) => db.put(keyOf(i), value), end: () => undefined }),
  'serializable read, change, write': (db) => ({
    call: (i) =>
      db.transaction(
        async (tx) => {
          const found = await tx.get(keyOf(i));
          tx.put(keyOf(i), found ?? value);
        },
        { isolation: 'serializable' },
      ),
    end: () => undefined,
  }),
  'get at a snapshot': (db) => {
    // A snapshot keeps what it has read: another one takes its place before a key comes again.
    const snapshots = [db.snapshot()];
    return {
      call: (i) => {
        if (i > 0 && i % ENTRY_COUNT === 0) snapshots.push(db.snapshot());
        return db.get(keyOf(i), { snapshot: snapshots.at(-1)! }); // there is one from the begin on
      },
      end: () => {
        for (const snapshot of snapshots) snapshot.close();
      },
    };
  },
  'snapshot, with its first read': (db) => ({
    call: async (i) => {
      const snapshot = db.snapshot();
      try {
        return await db.get(keyOf(i), { snapshot });
      } finally {
        snapshot.close();
      }
    },
    end: () => undefined,
  }),
};

interface Figure {
  readonly backend: string;
  readonly call: string;
  readonly clientCount: number;
  readonly callsPerSecond: number;
  readonly requestsPerCall: number;
}

async function measure(call: Call, clientCount: number): Promise<{ count: number; ms: number }> {
  const startMs = performance.now();
  const endMs = startMs + DURATION_MS;
  let next = 0;
  let count = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < endMs) {
      await call(next++);
      count++;
      if (count % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all(Array.from({ length: clientCount }, client));
  return { count, ms: performance.now() - startMs };
}

async function measureAll(backend: string, db: Subject): Promise<Figure[]> {
  for (let at = 0; at < ENTRY_COUNT; at += FILL_BATCH_SIZE) {
    const length = Math.min(FILL_BATCH_SIZE, ENTRY_COUNT - at);
    await db.batch(
      Array.from({ length }, (_, i) => ({ type: 'put' as const, key: keyOf(at + i), value })),
    );
  }
  const figures: Figure[] = [];
  for (const [name, begin] of Object.entries(CALLS)) {
    for (const clientCount of CLIENT_COUNTS) {
      const { call, end } = begin(db);
      await call(0);
      const before = requestCount;
      const { count, ms } = await measure(call, clientCount);
      end();
      figures.push({
        backend,
        call: name,
        clientCount,
        callsPerSecond: (count * 1000) / ms,
        requestsPerCall: (requestCount - before) / count,
      });
    }
  }
  return figures;
}

async function measureEmbedded(): Promise<Figure[]> {
  return inScratch('backends', async (folder) => {
    const db = await open<string, Uint8Array>(join(folder, 'db'), ENCODINGS);
    try {
      return await measureAll('embedded', db);
    } finally {
      await db.close();
    }
  });
}

async function measureOn(name: string, backend: Backend): Promise<Figure[]> {
  const db = await openBackend<string, Uint8Array>(counted(backend), ENCODINGS);
  try {
    return await measureAll(name, db);
  } finally {
    await db.close();
  }
}

async function measureEtcd(): Promise<Figure[]> {
  if (findEtcd() === undefined) return leftOut('etcd', 'make etcd fetches it');
  const cluster = await EtcdCluster.start({ memberCount: 3 });
  try {
    return await measureOn('etcd', await connectEtcd(cluster.url('bench')));
  } finally {
    await cluster.end();
  }
}

async function measurePostgres(): Promise<Figure[]> {
  if (findPostgres() === undefined) return leftOut('postgres', 'PostgreSQL is not installed');
  const cluster = await PostgresCluster.start({ standbyCount: 2, hasFsync: true });
  try {
    return await measureOn('postgres', await connectPostgres(cluster.url({ table: 'bench' })));
  } finally {
    await cluster.end();
  }
}

function leftOut(name: string, why: string): Figure[] {
  console.log(`left out: ${name}; ${why}`);
  return [];
}

const SUBJECTS = { embedded: measureEmbedded, etcd: measureEtcd, postgres: measurePostgres };

const machine = describeMachine();
console.log(machineLine(machine));
console.log(
  `${ENTRY_COUNT} entries, values of ${VALUE_SIZE_BYTES} bytes, ${DURATION_MS / 1000} s a figure, every commit durable`,
);
const figures: Figure[] = [];
for (const [name, run] of Object.entries(SUBJECTS)) {
  if (ONLY === undefined || ONLY === name) figures.push(...(await run()));
}
const rows = [...new Set(figures.map(({ backend, call }) => `${backend}\t${call}`))].map((row) => {
  const of = figures.filter(({ backend, call }) => `${backend}\t${call}` === row);
  const requests = of[0]?.requestsPerCall ?? 0; // of one client
  return [
    ...row.split('\t'),
    ...of.map(({ callsPerSecond }) => callsPerSecond.toFixed(0)),
    requests.toFixed(1),
  ];
});
const headings = [
  '',
  'calls a second',
  ...CLIENT_COUNTS.map((count) => `${count} clients`),
  'requests',
];
console.log(formatTable(headings, rows, [0, 1]));
const path = process.env['JSON'];
if (path !== undefined) {
  const settings = { ENTRY_COUNT, VALUE_SIZE_BYTES, DURATION_MS };
  writeFileSync(path, `${JSON.stringify({ machine, settings, figures }, undefined, 2)}\n`);
}
