/**
 * What encryption costs: `make bench-encryption`; ENTRIES=, VALUE_SIZE=, OPS=, ROUNDS= from the environment.
 *
 * Owns: a plain database and an encrypted one of the same entries, side by side. Every figure is taken of both in turns,
 * ROUNDS= times, the first of a pair changing. The table has the median of each, and the median of the ratios of pairs.
 * What waits for the disk is measured by the clock, all else by the processor time of all threads: others may use the
 * machine.
 *
 *   cached get       getSync of entries whose blocks are all in the cache, by a loop
 *   cold get         getSync at random places with next to no cache of blocks; pages are in the page cache of the system
 *   cold scan        all entries, by a loop, with next to no cache of blocks
 *   durable put      each synced before the next
 *   32 durable puts  as many callers, who share syncs
 *   batches          100 entries each, durability 'os'
 *   compaction       of everything, by `compact()` after every entry was written again
 */
import { join } from 'node:path';
import { type Database, open } from '../src/index.ts';
import { describeMachine, machineLine } from '../src/programs/bench/suite.ts';
import { formatCount, formatTable } from '../src/programs/figures.ts';
import { halfRandom } from './harness/half-random.ts';
import { inScratch } from './harness/scratch.ts';

const ENTRY_COUNT = Number(process.env['ENTRIES'] ?? 200_000);
const VALUE_SIZE_BYTES = Number(process.env['VALUE_SIZE'] ?? 100);
const OP_COUNT = Number(process.env['OPS'] ?? 50_000);
const ROUND_COUNT = Number(process.env['ROUNDS'] ?? 7);
const PUT_COUNT = 300;
const CALLER_COUNT = 32;
const BATCH_SIZE = 100;
/** A prime: steps of this size go through all entries in an order of their own. */
const STEP = 7_368_787;
/** The least that a cache can be and still take a block. */
const CACHE_SIZE_BYTES_MIN = 256 * 1024;
const ALL_SIZE_BYTES = 1024 ** 3;
const KEY = new Uint8Array(32).fill(0x5a);

type Store = Database<string, Uint8Array>;
type Kind = 'plain' | 'encrypted';
const KINDS: readonly Kind[] = ['plain', 'encrypted'];

const keyOf = (i: number): string => String(i).padStart(16, '0');
const someKey = (i: number): string => keyOf((i * STEP) % ENTRY_COUNT);

const valueOf = (i: number): Uint8Array => halfRandom(i, VALUE_SIZE_BYTES);

function openStore(folder: string, kind: Kind, blockCacheSizeBytes: number): Promise<Store> {
  return open(join(folder, kind), {
    keyEncoding: 'utf8',
    blockCacheSizeBytes,
    ...(kind === 'encrypted' && { encryption: { key: KEY } }),
  });
}

async function fill(db: Store): Promise<void> {
  for (let i = 0; i < ENTRY_COUNT; i += BATCH_SIZE) await batch(db, i);
}

function batch(db: Store, from: number): Promise<unknown> {
  const operations = Array.from({ length: BATCH_SIZE }, (_, j) => {
    return { type: 'put' as const, key: someKey(from + j), value: valueOf(from + j) };
  });
  return db.batch(operations, { durability: 'os' });
}

function getAll(db: Store): void {
  for (let i = 0; i < OP_COUNT; i++) {
    if (db.getSync(someKey(i)) === undefined) throw new Error(`Entry is missing: ${someKey(i)}`);
  }
}

async function scanAll(db: Store): Promise<void> {
  let count = 0;
  for await (const [key] of db.entries()) count += key.length > 0 ? 1 : 0;
  if (count < ENTRY_COUNT) throw new Error(`Entries are missing: found=${count}`);
}

async function putMany(db: Store, callerCount: number): Promise<void> {
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < PUT_COUNT) await db.put(someKey(next), valueOf(next++), { durability: 'sync' });
  };
  await Promise.all(Array.from({ length: callerCount }, caller));
}

interface Work {
  readonly name: string;
  readonly operationCount: number;
  /** Measured by the clock. */
  readonly isWaiting?: true;
  readonly prepare?: (db: Store) => Promise<void>;
  readonly run: (db: Store) => Promise<unknown> | void;
}

const CACHED: readonly Work[] = [{ name: 'cached get', operationCount: OP_COUNT, run: getAll }];
const COLD: readonly Work[] = [
  { name: 'cold get', operationCount: OP_COUNT, run: getAll },
  { name: 'cold scan', operationCount: ENTRY_COUNT, run: scanAll },
];
const WRITING: readonly Work[] = [
  { name: 'durable put', operationCount: PUT_COUNT, isWaiting: true, run: (db) => putMany(db, 1) },
  {
    name: `${CALLER_COUNT} durable puts`,
    operationCount: PUT_COUNT,
    isWaiting: true,
    run: (db) => putMany(db, CALLER_COUNT),
  },
  {
    name: 'batches',
    operationCount: OP_COUNT,
    run: async (db) => {
      for (let i = 0; i < OP_COUNT; i += BATCH_SIZE) await batch(db, i);
    },
  },
  {
    name: 'compaction',
    operationCount: ENTRY_COUNT,
    prepare: async (db) => {
      await fill(db);
      await db.flush();
    },
    run: (db) => db.compact(),
  },
];

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!; // there is one

function microseconds({ isWaiting }: Work): number {
  if (isWaiting === true) return performance.now() * 1000;
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** A row of the table: microseconds an operation, of both, and the ratio. */
async function compare(stores: Record<Kind, Store>, work: Work): Promise<string[]> {
  const figures: Record<Kind, number[]> = { plain: [], encrypted: [] };
  for (let round = -1; round < ROUND_COUNT; round++) {
    const order = round % 2 === 0 ? KINDS : [...KINDS].reverse();
    for (const kind of order) {
      const db = stores[kind];
      await work.prepare?.(db);
      const start = microseconds(work);
      await work.run(db);
      const perOperation = (microseconds(work) - start) / work.operationCount;
      if (round >= 0) figures[kind].push(perOperation); // the first warms up
    }
  }
  const ratios = figures.plain.map((plain, i) => figures.encrypted[i]! / plain); // in pairs
  return [
    work.name,
    median(figures.plain).toFixed(2),
    median(figures.encrypted).toFixed(2),
    `${((median(ratios) - 1) * 100).toFixed(0)} %`,
  ];
}

async function rows(
  folder: string,
  cacheSizeBytes: number,
  works: readonly Work[],
): Promise<string[][]> {
  const stores = {
    plain: await openStore(folder, 'plain', cacheSizeBytes),
    encrypted: await openStore(folder, 'encrypted', cacheSizeBytes),
  };
  try {
    const found: string[][] = [];
    for (const work of works) found.push(await compare(stores, work));
    return found;
  } finally {
    await stores.plain.close();
    await stores.encrypted.close();
  }
}

await inScratch('encryption', async (folder) => {
  process.stdout.write(`${machineLine(describeMachine())}\n`);
  process.stdout.write(
    `${formatCount(ENTRY_COUNT)} entries of ${VALUE_SIZE_BYTES} bytes, median of ${ROUND_COUNT}\n\n`,
  );
  for (const kind of KINDS) {
    const db = await openStore(folder, kind, ALL_SIZE_BYTES);
    await fill(db);
    await db.compact();
    await db.close();
  }
  const body = [
    ...(await rows(folder, ALL_SIZE_BYTES, CACHED)),
    ...(await rows(folder, CACHE_SIZE_BYTES_MIN, COLD)),
    ...(await rows(folder, ALL_SIZE_BYTES, WRITING)),
  ];
  const head = ['work', 'plain, us', 'encrypted, us', 'cost'];
  process.stdout.write(`${formatTable(head, body)}\n`);
});
