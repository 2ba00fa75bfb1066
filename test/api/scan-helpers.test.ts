/**
 * The helpers of scans: `map`, `filter`, `take`, `first`; of databases, keyspaces, indexes, snapshots and transactions, and
 * in read-only databases.
 */
import { describe, expect, it } from 'vitest';
import type { Scan } from '../../src/api/scan.ts';
import { type Database, MemoryVfs, Rows } from '../../src/index.ts';
import { ClosedError, ConflictError, InvalidArgumentError } from '../../src/base/errors.ts';
import { makeRandom } from '../support/prng.ts';
import { errorOf, filler, openMemory, slowDiskClock, TINY } from './fixture.ts';

const LETTERS = ['a', 'b', 'c', 'd', 'e', 'f'];

async function lettered(): Promise<Database<string, string>> {
  const db = await openMemory();
  await db.batch(LETTERS.map((key) => ({ type: 'put', key, value: key.toUpperCase() })));
  return db;
}

const openScanCount = (db: Database<string, string>): number => db.stats().readers.scanCount;

describe('map(), filter() and take() of a scan', () => {
  it('compose, in key order, and close the scan with their own end (rows/closes)', async () => {
    const db = await lettered();
    const rows = db
      .entries()
      .filter(([key]) => key !== 'b')
      .map(([key, value]) => `${key}${value}`)
      .take(3);
    expect(openScanCount(db)).toBe(1);
    const seen: string[] = [];
    for await (const row of rows) seen.push(row);
    expect(seen).toEqual(['aA', 'cC', 'dD']);
    expect(openScanCount(db)).toBe(0);
    expect(await db.keys({ reverse: true }).take(2).all()).toEqual(['f', 'e']);
    expect(await db.keys().take(0).all()).toEqual([]);
    expect(await db.keys().take(Infinity).all()).toEqual(LETTERS);
    expect(openScanCount(db)).toBe(0);
  });

  it('wait for functions that return promises', async () => {
    const db = await lettered();
    const rows = db
      .keys()
      .filter((key) => Promise.resolve(key > 'b'))
      .map((key) => Promise.resolve(key + key));
    expect(await rows.nextMany(2)).toEqual(['cc', 'dd']);
    expect(await rows.all()).toEqual(['ee', 'ff']);
  });

  it('are typed: a filter narrows, a map changes the type', async () => {
    const db = await lettered();
    const isA = (key: string): key is 'a' => key === 'a';
    const narrowed: Rows<'a'> = db.keys().filter(isA);
    const lengths: Rows<number> = db.values().map((value) => Promise.resolve(value.length));
    expect(await narrowed.all()).toEqual(['a']);
    expect(await lengths.first()).toBe(1);
  });

  it('close the scan when a loop is left, and when a function throws or rejects (rows/closes)', async () => {
    const db = await lettered();
    for await (const row of db.keys().map((key) => key)) {
      expect(row).toBe('a');
      break;
    }
    expect(openScanCount(db)).toBe(0);
    const broken = new Error('broken');
    const fails: ((key: string) => unknown)[] = [
      () => {
        throw broken;
      },
      () => Promise.reject(broken),
    ];
    for (const fail of fails) {
      expect(await errorOf(() => db.keys().map(fail).all())).toBe(broken);
      expect(await errorOf(() => db.keys().filter(fail).first())).toBe(broken);
      const steps = db.keys().map(fail)[Symbol.asyncIterator]();
      expect(await errorOf(() => steps.next())).toBe(broken);
      expect(await steps.next()).toEqual({ done: true, value: undefined });
      expect(openScanCount(db)).toBe(0);
    }
  });

  it('refuse what is no function and no count, and close the scan', async () => {
    const db = await lettered();
    for (const call of [
      () => db.keys().map(undefined as never),
      () => db.keys().filter('a' as never),
      () => db.keys().take(-1),
      () => db.keys().take(1.5),
      () => db.keys().take('2' as never),
    ]) {
      expect(await errorOf(call)).toBeInstanceOf(InvalidArgumentError);
    }
    expect(openScanCount(db)).toBe(0);
    expect(await errorOf(() => db.keys().take(2).nextMany(0))).toBeInstanceOf(InvalidArgumentError);
  });

  it('end with the database, as the scan does', async () => {
    const db = await lettered();
    const rows = db.keys().map((key) => key);
    expect(await rows.nextMany(1)).toEqual(['a']);
    await db.close();
    expect(await errorOf(() => rows.all())).toBeInstanceOf(ClosedError);
  });

  it('share the scan: each row goes to one of those that ask', async () => {
    const db = await lettered();
    const scan = db.keys();
    const rows = scan.map((key) => key);
    expect(await scan.nextMany(1)).toEqual(['a']);
    expect(await rows.first()).toBe('b');
    expect(await scan.nextMany(1)).toEqual([]);
  });

  it('give back the scan by `using` and `await using`', async () => {
    const db = await lettered();
    {
      using rows = db.keys().map((key) => key);
      expect(await rows.nextMany(1)).toEqual(['a']);
    }
    {
      await using rows = db.keys().filter(() => true);
      expect(await rows.nextMany(1)).toEqual(['a']);
    }
    expect(openScanCount(db)).toBe(0);
  });
});

describe('steps of helpers that wait', () => {
  it('answer as arrays do, over blocks that are loaded, whatever waits (rows/one-step-at-a-time)', async () => {
    const seed = 7;
    const random = makeRandom(seed);
    const clock = slowDiskClock();
    const db = await openMemory({ ...TINY, environment: { clock }, blockCacheSizeBytes: 0 });
    const keys: string[] = [];
    for (let i = 0; i < 120; i++) keys.push(String(1000 + i));
    for (const key of keys) await db.put(key, filler(900, Number(key)), { durability: 'os' });
    await db.compact();
    for (let round = 0; round < 12; round++) {
      const divisor = 1 + random.below(9);
      const remainder = random.below(3);
      const count = random.below(60);
      const waits = random.chance(0.5);
      const expected = keys
        .filter((key) => Number(key) % divisor === remainder)
        .map((key) => `${key}!`);
      const made = (): Rows<string> =>
        db
          .keys()
          .filter((key) =>
            waits
              ? Promise.resolve(Number(key) % divisor === remainder)
              : Number(key) % divisor === remainder,
          )
          .map((key) => `${key}!`)
          .take(count);
      expect(await made().all(), `seed ${seed} round ${round}`).toEqual(expected.slice(0, count));
      const steps = made()[Symbol.asyncIterator]();
      const results = await Promise.all(Array.from({ length: count + 2 }, () => steps.next()));
      const values = results.flatMap((result) => (result.done === true ? [] : [result.value]));
      expect(values, `seed ${seed} round ${round}`).toEqual(expected.slice(0, count));
    }
    expect(openScanCount(db)).toBe(0);
  });
});

describe('first()', () => {
  it('is the first row or undefined, and closes the scan', async () => {
    const db = await lettered();
    expect(await db.entries({ gt: 'b' }).first()).toEqual(['c', 'C']);
    expect(await db.keys({ gt: 'x' }).first()).toBeUndefined();
    expect(
      await db
        .keys()
        .map((key) => `${key}!`)
        .first(),
    ).toBe('a!');
    expect(openScanCount(db)).toBe(0);
  });
});

describe('the helpers', () => {
  it('are those of keyspaces, snapshots, transactions and indexes too', async () => {
    const db = await lettered();
    const people = await db.keyspace('people', {
      keyEncoding: 'utf8',
      valueEncoding: 'json',
      indexes: { age: { on: ['age'] } },
    });
    for (let i = 0; i < 200; i++)
      await people.put(`p${1000 + i}`, { age: i % 50 }, { durability: 'os' });
    const snapshot = db.snapshot();
    await people.clear();
    expect(await people.keys({ snapshot }).take(2).all()).toEqual(['p1000', 'p1001']);
    using tx = db.begin();
    tx.put('g', 'G');
    expect(
      await tx
        .keys()
        .filter((key) => key > 'e')
        .all(),
    ).toEqual(['f', 'g']);
    const index = people.index('age');
    const young = (): Rows<string> =>
      index
        .entries({ snapshot })
        .filter(({ values: [age] }) => Number(age) % 2 === 0)
        .map(({ key }) => key);
    expect((await young().all()).length).toBe(100);
    expect(await young().take(2).all()).toEqual(['p1000', 'p1050']);
    expect((await index.entries({ snapshot }).take(3).all()).map(({ key }) => key)).toEqual([
      'p1000',
      'p1050',
      'p1100',
    ]);
    expect((await index.entries({ snapshot, reverse: true }).first())?.key).toBe('p1199');
    for await (const key of young()) {
      expect(key).toBe('p1000');
      break;
    }
    {
      using scan = index.keys({ snapshot });
      expect((await scan.nextMany(1)).length).toBe(1);
    }
    expect(openScanCount(db)).toBe(0);
    snapshot.close();
  });

  it('are those of a database that was opened to read alone', async () => {
    const vfs = new MemoryVfs();
    const writer = await openMemory({ vfs });
    await writer.put('k', 'v');
    const reader = await openMemory({ vfs, readOnly: true });
    expect(await reader.entries().all()).toEqual([['k', 'v']]);
    expect(
      await reader
        .entries()
        .map(([key]) => key)
        .first(),
    ).toBe('k');
  });

  it('read no row that no step asked for: a serializable transaction notes no more (rows/reads-no-more)', async () => {
    const db = await lettered();
    const read = async (
      isolated: (scan: Scan<string, string>) => Promise<unknown>,
    ): Promise<void> => {
      const tx = db.begin({ isolation: 'serializable' });
      await isolated(tx.keys());
      tx.put('result', '1');
      await db.put('d', 'new');
      await tx.commit();
    };
    await read((scan) => scan.take(2).all());
    await read((scan) => scan.filter((key) => key === 'b').first());
    expect(
      await errorOf(() => read((scan) => scan.filter((key) => key === 'd').first())),
    ).toBeInstanceOf(ConflictError);
  });

  it('leave the language its own on the iterators of a scan', async () => {
    const db = await lettered();
    const steps = db.keys()[Symbol.iterator]();
    expect(steps.next().value).toBe('a');
    expect([...steps]).toEqual(LETTERS.slice(1));
    const later = db.keys()[Symbol.asyncIterator]();
    const seen: string[] = [];
    for await (const key of later) seen.push(key);
    expect(seen).toEqual(LETTERS);
    expect(openScanCount(db)).toBe(0);
  });

  it('cannot be made by a program', () => {
    expect(() => void Reflect.construct(Rows, [])).toThrow(/use map, filter or take of a scan/);
  });
});
