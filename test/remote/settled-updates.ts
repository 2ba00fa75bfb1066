/**
 * Updates in a transaction that its awaited reads settle: the same answers over the engine and over every backend.
 *
 * Owns: the cases, and random transactions that are held against a map.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Isolation, Keyspace, Transaction } from '../../src/index.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import type { AnyDatabase, Pair } from './database-contract.ts';

interface Row {
  readonly n: number;
}

type Rows = Keyspace<string, Row>;
type Tx = Transaction<string, Row>;

export interface SettledUpdates {
  readonly openPair: (name: string) => Promise<Pair>;
  readonly seed: number;
  /** Random transactions. */
  readonly transactionCount: number;
}

const OPTIONS = {
  keyEncoding: 'utf8',
  valueEncoding: 'json',
  indexes: { byN: { on: ['n'] } },
} as const;
const LEVELS: readonly Isolation[] = ['snapshot', 'serializable'];
const EXPIRES_AT_MS = Date.UTC(2100, 0);

const add =
  (by: number) =>
  (row: Row | undefined): Row => ({ n: (row?.n ?? 0) + by });
const times =
  (by: number) =>
  (row: Row | undefined): Row => ({ n: (row?.n ?? 0) * by });
const gone = (): undefined => undefined;

const START: readonly (readonly [string, Row])[] = [
  ['a', { n: 1 }],
  ['b', { n: 2 }],
  ['d', { n: 4 }],
];

/** Of 'a' several, one of a key that is absent, one that deletes, one that finds nothing and leaves it. */
function updateAll(tx: Tx): void {
  tx.update('a', add(1));
  tx.update('a', times(10));
  tx.update('c', add(3));
  tx.update('d', gone);
  tx.update('e', gone);
}

const AFTER: readonly (readonly [string, Row])[] = [
  ['a', { n: 20 }],
  ['b', { n: 2 }],
  ['c', { n: 3 }],
];

/** Each read, and what it must show after `updateAll`. */
const READS: readonly (readonly [name: string, read: (tx: Tx) => Promise<unknown>, unknown])[] = [
  ['get of a value', (tx) => tx.get('a'), { n: 20 }],
  ['get of a new key', (tx) => tx.get('c'), { n: 3 }],
  ['get of a deleted key', (tx) => tx.get('d'), undefined],
  ['has of a key that stays absent', (tx) => tx.has('e'), false],
  ['expiresAt', (tx) => tx.expiresAt('a'), Infinity],
  ['expiresAt of a deleted key', (tx) => tx.expiresAt('d'), undefined],
  [
    'getMany',
    (tx) => tx.getMany(['e', 'd', 'c', 'b', 'a', 'a']),
    [undefined, undefined, { n: 3 }, { n: 2 }, { n: 20 }, { n: 20 }],
  ],
  ['a scan', (tx) => tx.entries().all(), AFTER],
  ['a scan backward', (tx) => tx.entries({ reverse: true }).all(), AFTER.toReversed()],
  ['a part of a scan', (tx) => tx.keys({ gt: 'a', limit: 1 }).all(), ['b']],
  ['a scan that begins at an update', (tx) => tx.values({ gte: 'c' }).first(), { n: 3 }],
  ['a scan over deleted keys alone', (tx) => tx.keys({ gte: 'd' }).count(), 0],
  ['an index', async (tx) => (await tx.index('byN').entries().all()).map(asPair), byN(AFTER)],
  [
    'an index backward',
    (tx) => tx.index('byN').keys({ reverse: true }).all(),
    byN(AFTER)
      .map(([key]) => key)
      .toReversed(),
  ],
  ['the count of an index', (tx) => tx.index('byN').count({ prefix: [20] }), 1],
  ['the first of an index', async (tx) => (await tx.index('byN').get([3]))?.key, 'c'],
];

function asPair({ key, value }: { key: string; value: Row }): readonly [string, Row] {
  return [key, value];
}

function byN(rows: readonly (readonly [string, Row])[]): readonly (readonly [string, Row])[] {
  return rows.toSorted(([, one], [, two]) => one.n - two.n);
}

export function describeSettledUpdates(contract: SettledUpdates): void {
  const { openPair, seed, transactionCount } = contract;
  describe('in a transaction, updates', () => {
    let [one, two] = [] as unknown as [AnyDatabase, AnyDatabase];
    let [rows, theirs] = [] as unknown as [Rows, Rows];

    beforeAll(async () => {
      [one, two] = await openPair('settled');
      rows = await one.keyspace<string, Row>('rows', OPTIONS);
      theirs = await two.keyspace<string, Row>('rows', OPTIONS);
    });

    afterAll(async () => {
      await one.close();
      await two.close();
    });

    const restart = async (): Promise<void> => {
      await rows.clear();
      await rows.batch(START.map(([key, value]) => ({ type: 'put', key, value })));
    };

    it.each(LEVELS)(
      'are settled by an awaited read at %s (transaction-core/update-unread, index-reads/own-writes)',
      async (isolation) => {
        await restart();
        for (const [name, read, expected] of READS) {
          const tx = one.begin({ isolation });
          const inTx = tx.in(rows);
          updateAll(inTx);
          expect(await read(inTx), name).toEqual(expected);
          expect(await inTx.entries().all(), `${name}, then all`).toEqual(AFTER);
          expect(await read(inTx), `${name}, again`).toEqual(expected);
          expect(inTx.getSync('a'), `${name}, then at once`).toEqual({ n: 20 });
          tx.rollback();
        }
        const reading = one.begin({ isolation });
        updateAll(reading.in(rows));
        const answers = await Promise.all(READS.map(([, read]) => read(reading.in(rows))));
        expect(answers, 'all at once').toEqual(READS.map(([, , expected]) => expected));
        await reading.commit();
        expect(await theirs.entries().all()).toEqual(AFTER);
        expect((await one.verify()).problems).toEqual([]);
      },
    );

    it.each(LEVELS)('conflict once they are settled, and not before, at %s', async (isolation) => {
      const cases: [name: string, read: (tx: Tx) => unknown, key: string, loses: boolean][] = [
        // On servers updates are computed at the snapshot of their transaction (remote-store/one-snapshot).
        ['nothing is read', () => undefined, 'a', one.isRemote],
        ['the key is read', (tx) => tx.get('a'), 'a', true],
        ['an absent key is read', (tx) => tx.get('e'), 'e', true],
        ['another key is written', (tx) => tx.get('a'), 'b', false],
        ['a range around it is read', (tx) => tx.keys({ lt: 'b' }).all(), 'a', true],
        ['a range beside it is read', (tx) => tx.keys({ gte: 'x' }).all(), 'a0', false],
        // At snapshot only what an update was applied to counts.
        ['a range is read', (tx) => tx.keys().all(), 'b', isolation === 'serializable'],
        ['an index is read', (tx) => tx.index('byN').keys().all(), 'd', true],
      ];
      for (const [name, read, key, loses] of cases) {
        await restart();
        const tx = one.begin({ isolation });
        updateAll(tx.in(rows));
        await read(tx.in(rows));
        await theirs.put(key, { n: 100 });
        const outcome = tx.commit();
        if (loses) await expect(outcome, name).rejects.toMatchObject({ code: 'CONFLICT' });
        else await outcome;
        const { n } = (await rows.get('a')) ?? { n: 0 };
        const before = key === 'a' ? 100 : 1;
        expect(n, name).toBe(loses ? before : 10 * (before + 1));
      }
    });

    it('whose function throws refuse the read, and the commit', async () => {
      await restart();
      const broken = (): never => {
        throw new RangeError('mine');
      };
      const reads = READS.filter(([name]) => !/expires|new|deleted|absent|begins|part/.test(name));
      expect(reads.length).toBeGreaterThan(6);
      for (const [name, read] of reads) {
        const tx = one.begin();
        tx.in(rows).put('own', { n: 0 });
        tx.in(rows).update('a', broken);
        await expect((async () => read(tx.in(rows)))(), name).rejects.toThrow('mine');
        expect(await tx.in(rows).get('b'), name).toEqual({ n: 2 });
        await expect(tx.commit(), name).rejects.toThrow('mine');
      }
      const tx = one.begin();
      tx.in(rows).update('a', (() => Promise.resolve()) as unknown as typeof gone);
      await expect(tx.in(rows).get('a')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      tx.rollback();
      expect(await theirs.entries().all()).toEqual(START);
    });

    it('are rolled back to a savepoint, settled or not (pending-updates/rolled-back)', async () => {
      await restart();
      const tx = one.begin();
      const inTx = tx.in(rows);
      inTx.update('a', add(1));
      const savepoint = tx.savepoint();
      inTx.update('b', add(1));
      expect(await inTx.getMany(['a', 'b'])).toEqual([{ n: 2 }, { n: 3 }]);
      tx.rollbackTo(savepoint);
      inTx.update('a', times(3));
      expect(await inTx.getMany(['a', 'b'])).toEqual([{ n: 6 }, { n: 2 }]);
      tx.rollbackTo(savepoint);
      await tx.commit();
      expect(await theirs.getMany(['a', 'b'])).toEqual([{ n: 2 }, { n: 2 }]);
    });

    it('are shown as of the call, when a read is not awaited (transaction-core/as-of-the-call)', async () => {
      await restart();
      const tx = one.begin();
      const inTx = tx.in(rows);
      inTx.update('a', add(1));
      inTx.update('d', add(1));
      const first = inTx.get('a');
      const many = inTx.getMany(['a', 'd']);
      const scan = inTx.entries();
      const index = inTx.index('byN').keys();
      inTx.update('a', times(10));
      inTx.del('d');
      inTx.put('z', { n: 9 });
      const second = inTx.get('a');
      expect(await first).toEqual({ n: 2 });
      expect(await many).toEqual([{ n: 2 }, { n: 5 }]);
      expect(await second).toEqual({ n: 20 });
      expect((await scan.all()).map(([key]) => key)).not.toContain('z');
      expect(await index.all()).not.toContain('z');
      expect(await inTx.entries().all()).toEqual([
        ['a', { n: 20 }],
        ['b', { n: 2 }],
        ['z', { n: 9 }],
      ]);
      const late = inTx.get('b');
      await tx.commit();
      await late;
      expect(await theirs.get('a')).toEqual({ n: 20 });
    });

    it('keep the time of their entry', async () => {
      await restart();
      await rows.put('brief', { n: 1 }, { expiresAt: EXPIRES_AT_MS });
      const tx = one.begin();
      const inTx = tx.in(rows);
      inTx.update('brief', add(1));
      expect(await inTx.expiresAt('brief')).toBe(EXPIRES_AT_MS);
      expect(await inTx.get('brief')).toEqual({ n: 2 });
      await tx.commit();
      expect(await theirs.expiresAt('brief')).toBe(EXPIRES_AT_MS);
    });

    it('are laid over ranges that were deleted, in an index too', async () => {
      await restart();
      const tx = one.begin();
      const inTx = tx.in(rows);
      inTx.update('a', add(4));
      inTx.update('b', add(1));
      inTx.delRange({ gte: 'b', lt: 'c' });
      inTx.update('b', add(7)); // at once: it is known to be absent
      const expected = [
        ['d', { n: 4 }],
        ['a', { n: 5 }],
        ['b', { n: 7 }],
      ] as const;
      expect((await inTx.index('byN').entries().all()).map(asPair)).toEqual(expected);
      expect(byN(await inTx.entries().all())).toEqual(expected);
      await tx.commit();
      expect((await theirs.index('byN').entries().all()).map(asPair)).toEqual(expected);
    });

    it(`show what a map shows, in ${transactionCount} random transactions (seed ${seed})`, async () => {
      await rows.clear();
      const random = makeRandom(seed);
      let state: Model = new Map();
      for (let i = 0; i < transactionCount; i++) {
        const isolation = LEVELS[i % 2]!; // two
        const tx = one.begin({ isolation });
        const run = new RandomTransaction(tx.in(rows), state, random, `seed=${seed} at=${i}`);
        await run.steps();
        if (random.chance(0.2)) tx.rollback();
        else {
          await tx.commit();
          state = run.state;
        }
        if (i % 10 === 9) expect(await theirs.entries().all(), `at=${i}`).toEqual(sorted(state));
      }
      expect(await theirs.entries().all()).toEqual(sorted(state));
    });
  });
}

type Model = Map<string, Row>;

function sorted(state: Model): (readonly [string, Row])[] {
  return [...state].sort(([a], [b]) => (a < b ? -1 : 1));
}

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const UPDATES = [add(1), add(5), times(3), gone, (row: Row | undefined) => row];

/** Steps of one transaction, each read held against the map as it was at the call. */
class RandomTransaction {
  state: Model;
  readonly #tx: Tx;
  readonly #random: Random;
  readonly #where: string;
  /** Reads that are not awaited yet. */
  readonly #waiting: Promise<void>[] = [];

  constructor(tx: Tx, state: Model, random: Random, where: string) {
    this.#tx = tx;
    this.state = new Map(state);
    this.#random = random;
    this.#where = where;
  }

  async steps(): Promise<void> {
    const random = this.#random;
    const before = new Map(this.state);
    const savepoint = this.#tx.savepoint();
    const count = 1 + random.below(12);
    for (let i = 0; i < count; i++) {
      if (random.chance(0.6)) this.#write();
      else await this.#read();
      if (random.chance(0.05)) {
        await this.#settle();
        this.#tx.rollbackTo(savepoint);
        this.state = new Map(before);
      }
    }
    await this.#settle();
  }

  #write(): void {
    const [tx, random] = [this.#tx, this.#random];
    const key = random.pick(KEYS);
    if (random.chance(0.7)) {
      const update = random.pick(UPDATES);
      tx.update(key, update);
      const next = update(this.state.get(key));
      if (next === undefined) this.state.delete(key);
      else this.state.set(key, next);
    } else if (random.chance(0.5)) {
      const row = { n: random.below(10) };
      tx.put(key, row);
      this.state.set(key, row);
    } else if (random.chance(0.6)) {
      tx.del(key);
      this.state.delete(key);
    } else {
      const end = random.pick(KEYS);
      tx.delRange({ gte: key, lt: end });
      for (const each of KEYS) if (each >= key && each < end) this.state.delete(each);
    }
  }

  async #read(): Promise<void> {
    const [tx, random] = [this.#tx, this.#random];
    const keys = KEYS.filter(() => random.chance(0.5));
    const rows = sorted(this.state);
    const [low, high, limit] = [random.pick(KEYS), random.pick(KEYS), 1 + random.below(4)];
    const reverse = random.chance(0.5);
    const within = rows.filter(([key]) => key >= low && key < high);
    const ordered = (reverse ? within.toReversed() : within).slice(0, limit);
    switch (random.below(5)) {
      case 0:
        return this.#await(tx.get(low), this.state.get(low));
      case 1:
        return this.#await(
          tx.getMany(keys),
          keys.map((key) => this.state.get(key)),
        );
      case 2:
        // A scan may show writes that come before its rows: it is waited for.
        await this.#settle();
        return this.#check(await tx.entries({ gte: low, lt: high, reverse, limit }).all(), ordered);
      case 3:
        await this.#settle();
        return this.#check(
          (await tx.index('byN').entries().all()).map(asPair),
          rows.toSorted(([a, x], [b, y]) => x.n - y.n || (a < b ? -1 : 1)),
        );
      default:
        return this.#await(
          tx.index('byN').count({ gte: [3] }),
          rows.filter(([, { n }]) => n >= 3).length,
        );
    }
  }

  #await(read: Promise<unknown>, expected: unknown): void {
    this.#waiting.push(read.then((found) => this.#check(found, expected)));
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#waiting.splice(0));
  }

  #check(found: unknown, expected: unknown): void {
    expect(found, this.#where).toEqual(expected);
  }
}
