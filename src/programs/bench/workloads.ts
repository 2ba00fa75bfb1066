/**
 * Benchmark workloads, shared by `varve bench` and bench/db-bench.ts.
 *
 * Owns: what each name means. Counts are fixed beforehand, never times; every workload checks what it got, so that a
 * fast wrong answer is an error and no figure.
 *
 *   fillseq, fillrandom        puts in key order / in random order, each call made without waiting for the last,
 *                              in windows of WINDOW_COUNT
 *   fillawait                  the same in random order, each awaited before the next
 *   fillbatch                  random order, batches of BATCH_COUNT
 *   ingest                     one bulk load of all entries in key order, durable at its end
 *   fillsync                   durable puts of `clients` callers, each awaiting its own
 *   readrandom, readmissing    awaited gets one at a time; readrandomsync, readmissingsync: getSync
 *   readmany                   getMany of MANY_COUNT random keys
 *   readseq, readreverse       one scan over everything
 *   seekrandom                 scans of SEEK_ENTRY_COUNT entries from random keys
 *   transfers                  two-account transactions of `clients` clients; the total is checked
 *
 * Keys are 16 decimal digits, unless a comparison brings others; those of even numbers are stored and of odd ones missing, so
 * that a missing key lies between stored ones. The first half of each value is random and the rest is zero: it compresses to about half.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { Durability, TuningOptions } from '../../base/options.ts';
import { Random } from '../../base/random.ts';
import type { Database } from '../../api/database.ts';
import { open } from '../../api/open.ts';
import { createBankIfMissing, initialCheckpoint, openBank } from '../bank/books.ts';
import { decodeBalance, drawOrder, transfer } from '../bank/transfer.ts';
import { type BenchResult, check, measure, shareOut, WrongResultError } from './measuring.ts';

export interface BenchSettings {
  readonly entryCount: number;
  readonly valueSizeBytes: number;
  readonly seed: number;
  readonly tuning: TuningOptions;
  /** The key of a number below twice the count of entries; ascending. Default: 16 digits. */
  readonly keyAt?: (number: number) => string;
}

export type BenchDatabase = Database<string, Uint8Array>;

const WINDOW_COUNT = 1000;
const BATCH_COUNT = 1000;
const MANY_COUNT = 100;
const SEEK_ENTRY_COUNT = 100;
const KEY_DIGITS = 16;
const ACCOUNT_COUNT = 10_000;
const INITIAL_BALANCE = 1_000_000;
/** Durable operations of one caller: each waits for the disk alone. */
const DURABLE_COUNT_MIN = 2000;
const DURABLE_COUNT_PER_CLIENT = 500;
const VALUE_POOL_COUNT = 256;

/** The inputs of every workload, made before any clock runs. */
export class BenchData {
  readonly settings: BenchSettings;
  readonly #keyAt: (number: number) => string;
  readonly #order: Uint32Array;
  readonly #values: Uint8Array[];

  constructor(settings: BenchSettings) {
    this.settings = settings;
    this.#keyAt = settings.keyAt ?? keyOf;
    this.#order = shuffled(settings.entryCount, new Random(settings.seed));
    this.#values = makeValues(settings);
  }

  get entryCount(): number {
    return this.settings.entryCount;
  }

  get entrySizeBytes(): number {
    return this.#keyAt(0).length + this.settings.valueSizeBytes;
  }

  sequentialKey(index: number): string {
    return this.#keyAt(2 * index);
  }

  randomKey(index: number): string {
    return this.sequentialKey(this.randomIndex(index));
  }

  /** Which key `randomKey` is, among all in their order. */
  randomIndex(index: number): number {
    return this.#order[index % this.entryCount]!; // within entryCount
  }

  missingKey(index: number): string {
    return this.#keyAt(2 * this.randomIndex(index) + 1);
  }

  value(index: number): Uint8Array {
    return this.#values[index % VALUE_POOL_COUNT]!; // within the pool
  }
}

function keyOf(number: number): string {
  return String(number).padStart(KEY_DIGITS, '0');
}

/** All numbers below `count` in random order. */
export function shuffled(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random.nextFraction() * (i + 1));
    const moved = order[i]!; // i < count
    order[i] = order[j]!; // j <= i
    order[j] = moved;
  }
  return order;
}

function makeValues({ valueSizeBytes, seed }: BenchSettings): Uint8Array[] {
  const random = new Random(seed + 1);
  return Array.from({ length: VALUE_POOL_COUNT }, () => {
    const value = new Uint8Array(valueSizeBytes);
    for (let i = 0; i < valueSizeBytes / 2; i++) value[i] = random.nextInt32();
    return value;
  });
}

export function openBench(directory: string, tuning: TuningOptions): Promise<BenchDatabase> {
  return open<string, Uint8Array>(directory, {
    ...tuning,
    keyEncoding: 'utf8',
    valueEncoding: 'view',
  });
}

/** Runs `use` on a new database in a folder of `root`, and removes it afterwards. */
export async function withNewDatabase<T>(
  root: string,
  name: string,
  tuning: TuningOptions,
  use: (db: BenchDatabase) => Promise<T>,
): Promise<T> {
  const directory = join(root, name);
  mkdirSync(root, { recursive: true });
  const db = await openBench(directory, tuning);
  try {
    return await use(db);
  } finally {
    await db.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function countEntries(db: BenchDatabase): Promise<number> {
  let count = 0;
  for await (const _key of db.keys()) count++;
  return count;
}

/** Throws WrongResultError unless every entry is there. */
export async function checkEntryCount(
  db: BenchDatabase,
  data: BenchData,
  name: string,
): Promise<void> {
  check(name, await countEntries(db), data.entryCount);
}

export async function fill(
  db: BenchDatabase,
  data: BenchData,
  name: 'fillseq' | 'fillrandom',
  durability: Durability,
): Promise<BenchResult> {
  const { entryCount, entrySizeBytes } = data;
  const isSequential = name === 'fillseq';
  const result = await measure(
    { name, durability, operationCount: entryCount, entrySizeBytes },
    async () => {
      const window: Promise<void>[] = [];
      for (let i = 0; i < entryCount; i++) {
        const key = isSequential ? data.sequentialKey(i) : data.randomKey(i);
        window.push(db.put(key, data.value(i), { durability }));
        if (window.length < WINDOW_COUNT) continue;
        await Promise.all(window);
        window.length = 0;
      }
      await Promise.all(window);
    },
  );
  check(name, await countEntries(db), entryCount);
  return result;
}

export async function fillAwait(
  db: BenchDatabase,
  data: BenchData,
  durability: Durability,
): Promise<BenchResult> {
  const { entryCount, entrySizeBytes } = data;
  const what = { name: 'fillawait', durability, operationCount: entryCount, entrySizeBytes };
  const result = await measure(what, async () => {
    for (let i = 0; i < entryCount; i++) {
      await db.put(data.randomKey(i), data.value(i), { durability });
    }
  });
  check('fillawait', await countEntries(db), entryCount);
  return result;
}

/** Counts entries, not batches. */
export async function fillBatch(
  db: BenchDatabase,
  data: BenchData,
  durability: Durability,
): Promise<BenchResult> {
  const { entryCount, entrySizeBytes } = data;
  const what = { name: 'fillbatch', durability, operationCount: entryCount, entrySizeBytes };
  const result = await measure(what, async () => {
    for (let first = 0; first < entryCount; first += BATCH_COUNT) {
      const count = Math.min(BATCH_COUNT, entryCount - first);
      const operations = Array.from({ length: count }, (_, i) => ({
        type: 'put' as const,
        key: data.randomKey(first + i),
        value: data.value(first + i),
      }));
      await db.batch(operations, { durability });
    }
  });
  check('fillbatch', await countEntries(db), entryCount);
  return result;
}

export async function ingest(db: BenchDatabase, data: BenchData): Promise<BenchResult> {
  const { entryCount, entrySizeBytes } = data;
  function* entries(): Generator<[string, Uint8Array]> {
    for (let i = 0; i < entryCount; i++) yield [data.sequentialKey(i), data.value(i)];
  }
  const what = { name: 'ingest', durability: 'sync' as const, operationCount: entryCount };
  const result = await measure({ ...what, entrySizeBytes }, async () => {
    const report = await db.ingest(entries());
    check('ingest', report.entryCount, entryCount);
  });
  check('ingest', await countEntries(db), entryCount);
  return result;
}

function durableCount(clientCount: number, limit: number): number {
  return Math.min(limit, Math.max(DURABLE_COUNT_MIN, DURABLE_COUNT_PER_CLIENT * clientCount));
}

export async function fillSync(
  db: BenchDatabase,
  data: BenchData,
  clientCount: number,
): Promise<BenchResult> {
  const operationCount = durableCount(clientCount, data.entryCount);
  const { entrySizeBytes } = data;
  const what = { name: 'fillsync', clientCount, durability: 'sync' as const, operationCount };
  const result = await measure({ ...what, entrySizeBytes }, () =>
    shareOut(clientCount, operationCount, (index) =>
      db.put(data.randomKey(index), data.value(index), { durability: 'sync' }),
    ),
  );
  check('fillsync', await countEntries(db), operationCount);
  return result;
}

export type PointName = 'readrandom' | 'readmissing' | 'readrandomsync' | 'readmissingsync';

/** Point reads of every key once, in random order, on a database that holds all entries. */
export async function readPoints(
  db: BenchDatabase,
  data: BenchData,
  name: PointName,
): Promise<BenchResult> {
  const { entryCount, entrySizeBytes } = data;
  const isMissing = name.startsWith('readmissing');
  const offset = entryCount >>> 1; // not in the order of the writes
  const keyAt = (index: number): string =>
    isMissing ? data.missingKey(index + offset) : data.randomKey(index + offset);
  let foundCount = 0;
  const what = { name, operationCount: entryCount, ...(isMissing ? {} : { entrySizeBytes }) };
  const result = await measure(what, async () => {
    for (let i = 0; i < entryCount; i++) {
      const value = name.endsWith('sync') ? db.getSync(keyAt(i)) : await db.get(keyAt(i));
      if (value?.length === data.settings.valueSizeBytes) foundCount++;
    }
  });
  check(name, foundCount, isMissing ? 0 : entryCount);
  return result;
}

/** Counts keys, not calls. */
export async function readMany(db: BenchDatabase, data: BenchData): Promise<BenchResult> {
  const { entryCount, entrySizeBytes } = data;
  let foundCount = 0;
  const what = { name: 'readmany', operationCount: entryCount, entrySizeBytes };
  const result = await measure(what, async () => {
    for (let first = 0; first < entryCount; first += MANY_COUNT) {
      const count = Math.min(MANY_COUNT, entryCount - first);
      const keys = Array.from({ length: count }, (_, i) => data.randomKey(first + i));
      for (const value of await db.getMany(keys)) {
        if (value?.length === data.settings.valueSizeBytes) foundCount++;
      }
    }
  });
  check('readmany', foundCount, entryCount);
  return result;
}

/** One scan of everything, stepped synchronously; order is checked on the way. */
export async function readAll(
  db: BenchDatabase,
  data: BenchData,
  name: 'readseq' | 'readreverse',
): Promise<BenchResult> {
  const { entryCount, entrySizeBytes } = data;
  const reverse = name === 'readreverse';
  let count = 0;
  let last: string | undefined;
  const result = await measure({ name, operationCount: entryCount, entrySizeBytes }, () => {
    for (const [key] of db.entries({ reverse })) {
      count++;
      if (last !== undefined && (reverse ? key >= last : key <= last)) {
        throw new WrongResultError(`${name} is out of order: key=${key} last=${last}`);
      }
      last = key;
    }
  });
  check(name, count, entryCount);
  return result;
}

/** Counts seeks; each reads SEEK_ENTRY_COUNT entries, or those up to the end. */
export async function seekRandom(db: BenchDatabase, data: BenchData): Promise<BenchResult> {
  const { entryCount, entrySizeBytes } = data;
  const operationCount = Math.min(entryCount, Math.max(1000, Math.floor(entryCount / 10)));
  let count = 0;
  let expectedCount = 0;
  for (let i = 0; i < operationCount; i++) {
    const rank = Number(data.randomKey(i)) / 2;
    expectedCount += Math.min(SEEK_ENTRY_COUNT, entryCount - rank);
  }
  const entriesPerOperation = expectedCount / operationCount;
  const what = { name: 'seekrandom', operationCount, entrySizeBytes, entriesPerOperation };
  const result = await measure(what, async () => {
    for (let i = 0; i < operationCount; i++) {
      const range = { gte: data.randomKey(i), limit: SEEK_ENTRY_COUNT };
      for await (const _entry of db.entries(range)) count++;
    }
  });
  check('seekrandom', count, expectedCount);
  return result;
}

/** Two-account transfers on a bank of its own in a folder of `root`. */
export async function transfers(
  root: string,
  data: BenchData,
  clientCount: number,
  durability: Durability,
): Promise<BenchResult> {
  const directory = join(root, `transfers-${clientCount}`);
  mkdirSync(root, { recursive: true });
  const bank = await openBank(directory, data.settings.tuning);
  try {
    await createBankIfMissing(bank, initialCheckpoint(ACCOUNT_COUNT, INITIAL_BALANCE));
    const operationCount = durableCount(clientCount, Number.MAX_SAFE_INTEGER);
    const random = new Random(data.settings.seed + 2);
    const orders = Array.from({ length: operationCount }, () => drawOrder(random, ACCOUNT_COUNT));
    const options = { durability, isolation: 'snapshot', way: 'await' } as const;
    let doneCount = 0;
    const what = { name: 'transfers', clientCount, durability, operationCount };
    const result = await measure(what, () =>
      shareOut(clientCount, operationCount, async (index) => {
        const order = orders[index]!; // index < operationCount
        const { isDone } = await transfer(bank, order, undefined, options);
        if (isDone) doneCount++;
      }),
    );
    check('transfers', doneCount, operationCount);
    let total = 0;
    for (let account = 0; account < ACCOUNT_COUNT; account++) {
      total += decodeBalance(await bank.accounts.get([account])) ?? Number.NaN;
    }
    check('transfers: the total', total, ACCOUNT_COUNT * INITIAL_BALANCE);
    return result;
  } finally {
    await bank.db.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
