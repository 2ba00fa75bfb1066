/**
 * Reads whose block is not in the cache of blocks, while its page is in the page cache of the system:
 * `node scripts/run-ts.mjs bench/misses.ts`; ENTRIES=, VALUE_SIZE=, OPS= from the environment.
 *
 * Owns: one database without compression and one with, and caches that hold all of it, half, a tenth, and next to
 * nothing. Each is opened anew and warmed by a scan of everything.
 *
 *   bare      `fs.readSync` of as many bytes as a block takes in its file, into one buffer, at random places
 *   getSync   uniform, by a loop
 *   get       uniform, each awaited before the next
 *   getMany   a key, by calls of 100
 *   scan      100 entries from a random key, by a loop
 *
 * Every figure is processor time of the main thread and the pool, in microseconds for one operation; the ratio is to the
 * bare read of the same run.
 */
import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type Compression, type Database, open } from '../src/index.ts';
import { describeMachine, machineLine } from '../src/programs/bench/suite.ts';
import { formatCount, formatTable } from '../src/programs/figures.ts';
import { check, inWindows } from './harness/measure.ts';
import { halfRandom } from './harness/half-random.ts';
import { inScratch } from './harness/scratch.ts';

const ENTRY_COUNT = Number(process.env['ENTRIES'] ?? 300_000);
const VALUE_SIZE_BYTES = Number(process.env['VALUE_SIZE'] ?? 100);
const OP_COUNT = Number(process.env['OPS'] ?? 60_000);
const MANY_COUNT = 100;
const SCAN_COUNT = 100;
const BLOCK_SIZE_BYTES = 4096;
/** The least that a cache can be and still take a block. */
const CACHE_SIZE_BYTES_MIN = 256 * 1024;
/** A prime: steps of this size go through all entries in an order of their own. */
const STEP = 7_368_787;

type Store = Database<string, Uint8Array>;

const keyOf = (i: number): string => String(i).padStart(16, '0');
const someKey = (i: number): string => keyOf((i * STEP) % ENTRY_COUNT);

const valueOf = (i: number): Uint8Array => halfRandom(i, VALUE_SIZE_BYTES);

async function fill(directory: string, compression: Compression): Promise<void> {
  const db = await open(directory, { keyEncoding: 'utf8', durability: 'os', compression });
  await inWindows(ENTRY_COUNT, (i) => db.put(someKey(i), valueOf(i)));
  await db.compact();
  await db.close();
}

async function cost(count: number, work: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/** A bare read of as many bytes as a block has in the file, on the average. */
async function bareCost(directory: string): Promise<number> {
  const tables = readdirSync(directory).filter((name) => name.endsWith('.sst'));
  const files = tables.map((name) => openSync(join(directory, name), 'r'));
  const sizes = files.map((file) => fstatSync(file).size);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const rawSize = ENTRY_COUNT * (VALUE_SIZE_BYTES + 22);
  const length = Math.round(BLOCK_SIZE_BYTES * Math.min(1, total / rawSize));
  const buffer = new Uint8Array(length);
  const readAll = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const which = i % files.length;
      const position = (i * STEP) % (sizes[which]! - length); // which < length
      check('bare', readSync(files[which]!, buffer, 0, length, position), length);
    }
  };
  readAll(OP_COUNT / 10);
  const bare = await cost(OP_COUNT, () => readAll(OP_COUNT));
  files.forEach((file) => closeSync(file));
  return bare;
}

async function costs(db: Store): Promise<Record<string, number>> {
  const found = (value: Uint8Array | undefined): void =>
    check('value', value?.length ?? -1, VALUE_SIZE_BYTES);
  const getSync = (count: number): void => {
    for (let i = 0; i < count; i++) found(db.getSync(someKey(i)));
  };
  const get = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) found(await db.get(someKey(i + OP_COUNT)));
  };
  const getMany = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += MANY_COUNT) {
      const keys = Array.from({ length: MANY_COUNT }, (_, k) => someKey(i + k));
      (await db.getMany(keys)).forEach(found);
    }
  };
  const scan = (count: number): void => {
    for (let i = 0; i < count; i++) {
      let rows = 0;
      for (const [, value] of db.entries({ gte: someKey(i), limit: SCAN_COUNT }))
        rows += value.length;
      check('rows', Math.sign(rows), 1);
    }
  };
  const scanCount = Math.ceil(OP_COUNT / 50);
  const measured = async (
    count: number,
    work: (count: number) => Promise<void> | void,
  ): Promise<number> => {
    await work(count / 10); // compiled code is measured
    return cost(count, () => work(count));
  };
  return {
    getSync: await measured(OP_COUNT, getSync),
    get: await measured(OP_COUNT, get),
    getMany: await measured(OP_COUNT, getMany),
    scan: await measured(scanCount, scan),
  };
}

async function measureAt(directory: string, share: number): Promise<string[]> {
  const rawSize = ENTRY_COUNT * (VALUE_SIZE_BYTES + 22) * 1.05;
  const blockCacheSizeBytes = Math.max(CACHE_SIZE_BYTES_MIN, Math.round(rawSize * share));
  const db = await open(directory, {
    keyEncoding: 'utf8',
    valueEncoding: 'pooled',
    blockCacheSizeBytes,
  });
  let count = 0;
  for (const _ of db.keys()) count++;
  check('entries', count, ENTRY_COUNT);
  const before = db.stats().blockCache;
  const figures = await costs(db);
  const after = db.stats().blockCache;
  const hits = after.hitCount - before.hitCount;
  const misses = after.missCount - before.missCount;
  await db.close();
  const bare = await bareCost(directory);
  const row = Object.values(figures).map((us) => `${us.toFixed(2)} (${(us / bare).toFixed(1)})`);
  return [`${Math.round((100 * hits) / (hits + misses))} %`, bare.toFixed(2), ...row];
}

console.log(machineLine(describeMachine()));
console.log(
  `${formatCount(ENTRY_COUNT)} entries of ${VALUE_SIZE_BYTES} B; us of processor time (ratio to a bare read)`,
);
const rows: string[][] = [];
for (const compression of ['none', 'snappy'] as const) {
  await inScratch('misses', async (directory) => {
    await fill(directory, compression);
    for (const share of [0, 0.1, 0.5, 1.1]) {
      const name = share === 0 ? 'next to nothing' : share > 1 ? 'all' : `${share * 100} %`;
      rows.push([compression, name, ...(await measureAt(directory, share))]);
    }
  });
}
const heads = ['blocks', 'cache', 'hits', 'bare', 'getSync', 'get', 'getMany', 'scan of 100'];
console.log(formatTable(heads, rows, [0, 1]));
