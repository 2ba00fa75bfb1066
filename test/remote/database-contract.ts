/**
 * What a database must keep whatever it stands on: the same tests for the engine and for every backend.
 *
 * Owns: the suite. `openPair` opens one database twice, as two processes do; over the engine both are one handle.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Database, Isolation } from '../../src/index.ts';
import { ANOMALIES } from '../isolation/anomalies.ts';
import { findViolation } from '../isolation/checker.ts';
import { type Db, Interleaving } from '../isolation/interleaving.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { runListHistory } from './list-history.ts';
import { describeSettledUpdates } from './settled-updates.ts';

export type AnyDatabase = Database<string, unknown>;
export type Pair = readonly [one: AnyDatabase, two: AnyDatabase];

export interface DatabaseContract {
  /** Opens the database of that name, which is empty at first, with keys in utf8 and values in json. */
  readonly openPair: (name: string) => Promise<Pair>;
  /** False: there are no changes and watches. */
  readonly canWatch?: boolean;
  readonly seed: number;
  /** Transactions of each history. */
  readonly transactionCount: number;
  /** Transfers of the bank. */
  readonly transferCount: number;
  /** What one commit cannot have, where a test can afford that much. */
  readonly tooMuch?: { readonly valueSizeBytes?: number; readonly keyCount?: number };
}

const LEVELS: readonly Isolation[] = ['snapshot', 'serializable'];

export function describeDatabase(name: string, contract: DatabaseContract): void {
  const { openPair, seed, transactionCount, transferCount, canWatch = true, tooMuch } = contract;
  describe(`${name}, as a database`, () => {
    let [one, two] = [] as unknown as [AnyDatabase, AnyDatabase];

    beforeAll(async () => {
      [one, two] = await openPair('contract');
    });

    afterAll(async () => {
      await closePair([one, two]);
    });

    const cases = LEVELS.flatMap((level) =>
      ANOMALIES.map((anomaly) => {
        const isAllowed = level === 'snapshot' && anomaly.isAllowedBySnapshot;
        return {
          level,
          anomaly,
          name: anomaly.name,
          isAllowed,
          verb: isAllowed ? 'allows' : 'forbids',
        };
      }),
    );

    it.each(cases)('$level $verb: $name', async ({ level, anomaly, isAllowed }) => {
      const db = one as unknown as Db;
      await db.delRange({ gte: '' });
      await db.batch([
        { type: 'put', key: 'k1', value: 10 },
        { type: 'put', key: 'k2', value: 20 },
      ]);
      const at = new Interleaving(db, level, ['optimistic']);
      expect(await anomaly.run(at)).toBe(isAllowed);
      if (isAllowed) expect(at.conflictCount, 'refusals').toBe(0);
    });

    describeSettledUpdates({ openPair, seed, transactionCount: Math.ceil(transactionCount / 4) });

    it.each(LEVELS)('keeps %s isolation in a random history', async (isolation) => {
      const pair = await openPair(`history-${isolation}`);
      const history = await runListHistory({ pair, isolation, seed, transactionCount });
      await closePair(pair);
      expect(findViolation(history, isolation)?.message, `seed=${seed}`).toBeUndefined();
      const committed = history.transactions.filter(({ outcome }) => outcome === 'committed');
      expect(committed.length).toBeGreaterThan(transactionCount / 4);
    });

    it('keeps the sum of a bank under an auditor, and applies each transfer once', async () => {
      const pair = await openPair('bank');
      const report = await runBank(pair, { seed, transferCount });
      expect(report).toMatchObject({ wrongSums: [], finalSum: report.expectedSum });
      expect(report.auditCount).toBeGreaterThan(0);
      expect(report.missing).toEqual([]);
      await closePair(pair);
    });

    it('keeps indexes of two writers beside their rows, and builds one over rows that are there', async () => {
      const pair = await openPair('indexes');
      const problems = await writeIndexed(pair, makeRandom(seed));
      expect(problems).toEqual([]);
      await closePair(pair);
    });

    it('lets every process see what one makes of the keyspaces', async () => {
      const pair = await openPair('keyspaces');
      const options = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;
      const [mine, theirs] = await Promise.all(pair.map((db) => db.keyspace('both', options)));
      await mine!.put('a', 1);
      expect(await theirs!.get('a')).toBe(1);
      await pair[1].dropKeyspace('both');
      await expect(mine!.put('a', 2)).rejects.toMatchObject({ code: 'CLOSED' });
      const again = await pair[0].keyspace('both', options);
      expect(await again.get('a')).toBeUndefined();
      await closePair(pair);
    });

    it('applies a commit with an id once, whoever sends it', async () => {
      const [left, right] = await openPair('ids');
      let runCount = 0;
      const run = (db: AnyDatabase): Promise<unknown> =>
        db.transaction(
          async (tx) => {
            runCount++;
            tx.put('n', (((await tx.get('n')) as number | undefined) ?? 0) + 1);
          },
          { commitId: 'only-once' },
        );
      await Promise.all([run(left), run(right)]);
      const before = runCount;
      await run(left);
      expect(runCount, 'the body is not run for a known id').toBe(before);
      expect(await right.get('n')).toBe(1);
      expect(await right.hasCommitted('only-once')).toBe(true);
      expect(await right.hasCommitted('another')).toBe(false);
      await closePair([left, right]);
    });

    it('shows an entry until it expires, and not after', async () => {
      await one.put('brief', 1, { ttlMs: 40 });
      await one.put('long', 1, { ttlMs: 3_600_000 });
      expect(await two.get('long')).toBe(1);
      while ((await two.get('brief')) !== undefined) await delay(5);
      expect(await one.entries({ gte: 'brief', lte: 'brief' }).all()).toEqual([]);
      await one.compact();
      expect(await two.get('long')).toBe(1);
    });

    it.runIf(tooMuch !== undefined)(
      'refuses what is more than a commit may have, by name, and loses nothing (remote-store/told-before)',
      async () => {
        await one.put('large/kept', 1);
        for (const [name, call] of callsOf(tooMuch ?? {})) {
          const told = {
            code: 'INVALID_ARGUMENT',
            message: expect.stringMatching(/max=\d+/i) as string,
          };
          await expect(call(one), name).rejects.toMatchObject(told);
          expect(await two.entries({ prefix: 'large/' }).all(), name).toEqual([['large/kept', 1]]);
        }
        await one.transaction((tx) => tx.put('large/kept', 2));
        expect(await two.get('large/kept')).toBe(2);
      },
    );

    it.runIf(canWatch)('streams every commit once, whole, in order, and nothing else', async () => {
      const pair = await openPair('stream');
      await checkStream(pair, makeRandom(seed));
      await closePair(pair);
    });

    it.runIf(canWatch)('tells watchers of the commits of others', async () => {
      const heard = new Promise<void>((resolve) => {
        const end = one.watch({ gte: 'w/', lt: 'w0' }, () => {
          end();
          resolve();
        });
      });
      await two.put('other', 1);
      await two.put('w/1', 1);
      await heard;
    });
  });
}

/** Calls that are refused for the size of a value, or for the count of their keys. */
function callsOf({
  valueSizeBytes,
  keyCount,
}: NonNullable<DatabaseContract['tooMuch']>): [name: string, call: (db: AnyDatabase) => unknown][] {
  const calls: [string, (db: AnyDatabase) => unknown][] = [];
  if (valueSizeBytes !== undefined) {
    const value = 'x'.repeat(valueSizeBytes);
    const rows = ['large/a', 'large/b'].map((key) => ({ type: 'put' as const, key, value }));
    calls.push(
      ['put', (db) => db.put('large/a', value)],
      ['update', (db) => db.update('large/a', () => value)],
      ['batch', (db) => db.batch([{ type: 'put', key: 'large/b', value: 1 }, ...rows])],
      [
        'transaction',
        (db) =>
          db.transaction(async (tx) => {
            tx.put('large/b', 1);
            await tx.get('large/kept');
            tx.put('large/a', value);
          }),
      ],
      [
        'update in a transaction',
        (db) =>
          db.transaction(async (tx) => {
            tx.update('large/a', () => value);
            await tx.get('large/a');
          }),
      ],
    );
  }
  if (keyCount !== undefined) {
    const keys = Array.from({ length: keyCount }, (_, i) => `large/${i}`);
    const rows = keys.map((key) => ({ type: 'put' as const, key, value: 1 }));
    calls.push(
      ['many rows', (db) => db.batch(rows)],
      [
        'many rows of a transaction',
        (db) => db.transaction((tx) => keys.forEach((key) => tx.put(key, 1))),
      ],
      [
        'many updates of a transaction',
        (db) => db.transaction((tx) => keys.forEach((key) => tx.update(key, () => 1))),
      ],
    );
  }
  return calls.map(([name, call]) => [name, async (db) => call(db)]);
}

export async function closePair([one, two]: Pair): Promise<void> {
  await one.close();
  await two.close();
}

export interface BankReport {
  readonly expectedSum: number;
  readonly finalSum: number;
  readonly wrongSums: readonly number[];
  readonly auditCount: number;
  /** Acknowledged transfers that are not there. */
  readonly missing: readonly string[];
  /** The longest time without an acknowledgement. */
  readonly gapMs: number;
  readonly acknowledgedCount: number;
  readonly unknownCount: number;
}

const ACCOUNT_COUNT = 20;
const BALANCE = 100;

/** Clients move money, each transfer with an id of its own, while an auditor adds up snapshots. */
export interface BankRun {
  readonly seed: number;
  readonly transferCount: number;
  readonly clientCount?: number;
  /** Called after each acknowledgement, with how many there are. */
  readonly onProgress?: (acknowledgedCount: number) => void;
}

export async function runBank(
  [one, two]: Pair,
  { seed, transferCount, clientCount = 8, onProgress = () => undefined }: BankRun,
): Promise<BankReport> {
  const random = makeRandom(seed);
  const account = (i: number): string => `account/${String(i).padStart(3, '0')}`;
  await one.batch(
    Array.from({ length: ACCOUNT_COUNT }, (_, i) => ({
      type: 'put' as const,
      key: account(i),
      value: BALANCE,
    })),
  );
  const expectedSum = ACCOUNT_COUNT * BALANCE;
  const acknowledged: string[] = [];
  const unknown: string[] = [];
  let [startedCount, gapMs, lastMs] = [0, 0, performance.now()];
  const client = async (db: AnyDatabase): Promise<void> => {
    while (startedCount < transferCount) {
      const id = `transfer/${String(startedCount++).padStart(6, '0')}`;
      const [from, to] = [
        account(random.below(ACCOUNT_COUNT)),
        account(random.below(ACCOUNT_COUNT)),
      ];
      const amount = 1 + random.below(5);
      try {
        await db.transaction(
          async (tx) => {
            const [source, target] = (await tx.getMany([from, to])) as [number, number];
            if (from === to) tx.put(from, source);
            else {
              tx.put(from, source - amount);
              tx.put(to, target + amount);
            }
            tx.put(id, amount);
          },
          { retryCountMax: 1000 },
        );
        acknowledged.push(id);
        onProgress(acknowledged.length);
      } catch (error) {
        if ((error as { code?: string }).code !== 'UNAVAILABLE') throw error;
        unknown.push(id);
      }
      gapMs = Math.max(gapMs, performance.now() - lastMs);
      lastMs = performance.now();
    }
  };
  const wrongSums: number[] = [];
  let [auditCount, isRunning] = [0, true];
  const auditor = async (): Promise<void> => {
    while (isRunning) {
      const sum = await sumOf(two).catch((error: unknown) => {
        // A state may be lost with its server.
        const { code = '' } = error as { code?: string };
        if (['UNAVAILABLE', 'STATE_GONE'].includes(code)) return undefined;
        throw error;
      });
      if (sum === undefined) continue;
      auditCount++;
      if (sum !== expectedSum) wrongSums.push(sum);
    }
  };
  const auditing = auditor();
  const clients = Array.from({ length: clientCount }, (_, i) => client(i % 2 === 0 ? one : two));
  await Promise.all(clients).finally(() => (isRunning = false));
  await auditing;
  const found = new Set(await one.keys({ prefix: 'transfer/' }).all());
  return {
    expectedSum,
    finalSum: await sumOf(one),
    wrongSums,
    auditCount,
    missing: acknowledged.filter((id) => !found.has(id)),
    gapMs,
    acknowledgedCount: acknowledged.length,
    unknownCount: unknown.length,
  };
}

async function sumOf(db: AnyDatabase): Promise<number> {
  const snapshot = db.snapshot();
  try {
    let sum = 0;
    for await (const value of db.values({ prefix: 'account/', snapshot })) sum += value as number;
    return sum;
  } finally {
    snapshot.close();
  }
}

/** What `verify` finds after both have written rows with indexes, one of which came later. */
async function writeIndexed([one, two]: Pair, random: Random): Promise<readonly unknown[]> {
  const base = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;
  const byPlace = { byPlace: { on: ['place'] } };
  const [left, right] = [
    await one.keyspace('people', { ...base, indexes: byPlace }),
    await two.keyspace('people', base),
  ];
  const write = async (people: typeof right, count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const key = `p${random.below(30)}`;
      const place = random.below(4);
      if (random.chance(0.2)) await people.del(key);
      else if (random.chance(0.3)) {
        await people.update(key, (found) => (found ? { ...found, place } : undefined));
      } else await people.put(key, { place, email: `${key}@${i % 3}` });
    }
  };
  await Promise.all([write(left, 40), write(right, 40)]);
  const indexes = { ...byPlace, byEmail: { on: ['email'], unique: true } };
  const grown = await two.keyspace('people', { ...base, indexes });
  await Promise.all([write(left, 30), grown.index('byEmail').ready()]);
  await write(left, 10);
  await left.put('unique', { place: 1, email: 'one@of.us' });
  await expect(right.put('other', { place: 1, email: 'one@of.us' })).rejects.toMatchObject({
    code: 'UNIQUE',
  });
  expect(await grown.index('byEmail').get(['one@of.us'])).toMatchObject({ key: 'unique' });
  const rows = await left.entries().all();
  const byIndex = await right.index('byPlace').entries().all();
  expect(byIndex.map(({ key }) => key).sort()).toEqual(rows.map(([key]) => key).sort());
  const shown = await one.transaction(async (tx) => {
    const inTx = tx.in(left);
    const unique = (await inTx.get('unique')) as object;
    inTx.put('unique', { ...unique, place: 77 });
    return inTx
      .index('byPlace')
      .keys({ prefix: [77] })
      .all();
  });
  expect(shown).toEqual(['unique']);
  const { problems, indexCount } = await one.verify();
  expect(indexCount).toBe(2);
  return problems;
}

async function checkStream([one, two]: Pair, random: Random): Promise<void> {
  await one.put('start', 0);
  const stream = two.changes();
  const state = new Map<string, unknown>();
  const sequences: number[] = [];
  const read = (async () => {
    for await (const { sequence, operations } of stream) {
      sequences.push(sequence);
      const places = new Set<unknown>();
      for (const operation of operations) {
        if (operation.type === 'delRange') continue;
        const key = operation.key as string;
        if (operation.type === 'put') {
          state.set(key, operation.value);
          if (key.startsWith('pair/')) places.add(operation.value);
        } else state.delete(key);
      }
      expect(places.size, 'a commit is whole').toBeLessThanOrEqual(1);
      if (state.has('end')) return;
    }
  })();
  const writer = async (db: AnyDatabase, own: string): Promise<void> => {
    for (let i = 0; i < 30; i++) {
      const value = `${own}${i}`;
      if (random.chance(0.2)) await db.del(`key/${random.below(10)}`);
      else {
        await db.batch([
          { type: 'put', key: 'pair/a', value },
          { type: 'put', key: 'pair/b', value },
          { type: 'put', key: `key/${random.below(10)}`, value },
        ]);
      }
    }
  };
  await Promise.all([writer(one, 'one'), writer(two, 'two')]);
  await one.put('end', 1);
  await read;
  state.delete('start');
  expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
  const rows = (await one.entries().all()).filter(([key]) => key !== 'start');
  expect([...state].sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(rows);
  const past = two.changes({ since: sequences[0]!, follow: false }); // there are some
  const seen: number[] = [];
  for await (const { sequence } of past) seen.push(sequence);
  expect(seen).toEqual(sequences.slice(1));
}
