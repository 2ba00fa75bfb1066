/** Entries that expire: absent from their time on, for every kind of read, in every place where they may lie. */
import { describe, expect, it } from 'vitest';
import type { Timer } from '../../src/base/clock.ts';
import { InvalidArgumentError, MemoryVfs } from '../../src/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { DIRECTORY, errorOf, openMemory, TINY, turns } from './fixture.ts';
import { open } from '../../src/api/open.ts';

const TEXT = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;
const SECOND = 1000;

describe('an entry that expires', () => {
  it('is there before its time and absent from it on, by every kind of read (expiry/absent-from-then-on)', async () => {
    const clock = new ManualClock();
    const db = await openMemory({ environment: { clock } });
    await db.put('short', 'a', { ttlMs: SECOND });
    await db.put('long', 'b', { expiresAt: new Date(clock.wallMs() + 2 * SECOND) });
    await db.put('ever', 'c');
    const seen = async (): Promise<unknown> => [
      await db.get('short'),
      db.getSync('short'),
      await db.getMany(['short', 'long', 'ever']),
      await db.has('short'),
      await db.keys().all(),
      await db.values({ reverse: true }).all(),
    ];
    clock.advance(SECOND - 1);
    expect(await seen()).toEqual([
      ...['a', 'a', ['a', 'b', 'c'], true],
      ...[
        ['ever', 'long', 'short'],
        ['a', 'b', 'c'],
      ],
    ]);
    clock.advance(1);
    expect(await seen()).toEqual([
      ...[undefined, undefined, [undefined, 'b', 'c'], false],
      ...[
        ['ever', 'long'],
        ['b', 'c'],
      ],
    ]);
    await db.flush();
    clock.advance(SECOND);
    expect(await db.entries().all()).toEqual([['ever', 'c']]);
  });

  it('tells its time: Infinity for one that stays, undefined for none', async () => {
    const clock = new ManualClock();
    const db = await openMemory({ environment: { clock } });
    const startMs = clock.wallMs();
    await db.put('a', 'a', { ttlMs: 5 });
    await db.put('b', 'b');
    await db.flush();
    expect(await Promise.all(['a', 'b', 'c'].map((key) => db.expiresAt(key)))).toEqual([
      startMs + 5,
      Infinity,
      undefined,
    ]);
    await db.put('a', 'again');
    await db.put('b', 'again', { expiresAt: startMs + 7 });
    expect([await db.expiresAt('a'), await db.expiresAt('b')]).toEqual([Infinity, startMs + 7]);
    await db.transaction(async (tx) => {
      tx.put('a', 'own', { ttlMs: 3 });
      tx.put('d', 'own', { expiresAt: startMs - 1 });
      tx.del('b');
      const times = await Promise.all(['a', 'b', 'c', 'd'].map((key) => tx.expiresAt(key)));
      expect(times).toEqual([startMs + 3, undefined, undefined, undefined]);
      expect(await tx.entries().all()).toEqual([['a', 'own']]);
      expect([await tx.get('a'), await tx.get('d')]).toEqual(['own', undefined]);
    });
    expect(await db.expiresAt('a')).toBe(startMs + 3);
  });

  it('does not vanish half-way: a snapshot, a transaction, a scan and getMany have one clock each (expiry/clock-with-snapshot)', async () => {
    const clock = new ManualClock();
    const db = await openMemory({ environment: { clock } });
    for (let i = 0; i < 9; i++) await db.put(`k${i}`, 'v', { ttlMs: SECOND });
    const snapshot = db.snapshot();
    const tx = db.begin();
    const scan = db.keys();
    expect(await scan.nextMany(1)).toEqual(['k0']);
    clock.advance(SECOND);
    expect(await db.keys().all()).toEqual([]);
    await db.compact(); // must keep what they see
    expect(await db.get('k1', { snapshot })).toBe('v');
    expect(await tx.get('k1')).toBe('v');
    expect((await tx.keys().all()).length).toBe(9);
    expect((await db.keys({ snapshot }).all()).length).toBe(9);
    expect((await scan.nextMany(99)).length).toBe(8);
    expect(await db.expiresAt('k2', { snapshot })).toBe(clock.wallMs());
    snapshot.close();
    tx.rollback();
    scan.close();
    await db.compact();
    expect(db.stats().levels.every(({ tableCount }) => tableCount === 0)).toBe(true);
  });

  it('never lets an older version of its key come back (compaction-iterator/expired-is-deleted)', async () => {
    const clock = new ManualClock();
    const db = await openMemory({ environment: { clock } });
    await db.put('k', 'old');
    await db.compact();
    await db.put('k', 'new', { ttlMs: SECOND });
    await db.flush();
    clock.advance(SECOND);
    expect(await db.get('k')).toBe(undefined);
    await turns(50);
    expect(await db.get('k')).toBe(undefined);
    await db.compact();
    expect(await db.get('k')).toBe(undefined);
    expect(await db.keys().all()).toEqual([]);
  });

  it('does not come back when the clock is set back a little, over a reopen too (expiry-clock/small-steps-do-not-count)', async () => {
    const clock = new ManualClock();
    const vfs = new MemoryVfs();
    const options = { vfs, environment: { clock }, ...TEXT };
    const db = await open(DIRECTORY, options);
    await db.put('k', 'v', { ttlMs: SECOND });
    clock.advance(SECOND);
    await db.put('later', 'frame');
    clock.wallErrorMs = -60 * SECOND;
    expect(await db.get('k')).toBe(undefined);
    await db.close();
    const again = await openMemory(options);
    expect(await again.get('k')).toBe(undefined);
  });

  it('goes on expiring after the clock was wrong by years (expiry-clock/follows-large-ones)', async () => {
    const clock = new ManualClock();
    const db = await openMemory({ environment: { clock } });
    clock.wallErrorMs = 1e12;
    await db.put('a', 'far');
    clock.wallErrorMs = 0;
    await db.put('b', 'now', { ttlMs: SECOND });
    expect(await db.get('b')).toBe('now');
    clock.advance(SECOND);
    expect(await db.get('b')).toBe(undefined);
  });

  it('is stepped over once, and still there for a snapshot from before (dead-stretches/as-late)', async () => {
    const clock = new ManualClock();
    const db = await openMemory({ environment: { clock } });
    for (let i = 0; i < 300; i++) await db.put(`k${i}`, 'v', { ttlMs: SECOND });
    await db.put('z', 'v');
    const snapshot = db.snapshot();
    clock.advance(SECOND);
    for (const reverse of [false, true, false]) {
      expect(await db.keys({ reverse }).all()).toEqual(['z']);
      expect((await db.keys({ reverse, snapshot }).all()).length).toBe(301);
    }
    snapshot.close();
  });

  it('conflicts with nothing by its end', async () => {
    const clock = new ManualClock();
    const db = await openMemory({ environment: { clock } });
    await db.put('k', 'v', { ttlMs: SECOND });
    const tx = db.begin({ isolation: 'serializable' });
    expect(await tx.get('k')).toBe('v');
    clock.advance(SECOND);
    tx.put('other', 'w');
    await tx.commit();
    expect(await db.get('other')).toBe('w');
  });

  it('is written by put, batch, transaction and the default of a keyspace, and each says otherwise', async () => {
    const clock = new ManualClock();
    const vfs = new MemoryVfs();
    const options = { vfs, environment: { clock }, ...TEXT };
    const db = await open(DIRECTORY, options);
    const sessions = await db.keyspace('sessions', { ...TEXT, ttlMs: SECOND });
    const now = clock.wallMs();
    await sessions.put('default', 'v');
    await sessions.put('own', 'v', { ttlMs: 7 });
    await sessions.put('never', 'v', { ttlMs: Infinity });
    await db.batch([
      { type: 'put', key: 'in db', value: 'v', ttlMs: 9 },
      { type: 'put', in: sessions, key: 'batch', value: 'v' },
      { type: 'put', in: sessions, key: 'batch own', value: 'v', expiresAt: now + 8 },
    ]);
    await db.transaction((tx) => {
      tx.in(sessions).put('tx', 'v');
      tx.in(sessions).put('tx own', 'v', { expiresAt: Infinity });
    });
    await sessions.ingest([
      ['u', 'v'],
      ['v', 'v'],
    ]);
    const timesOf = async (keys: readonly string[]): Promise<unknown> =>
      Promise.all(keys.map((key) => sessions.expiresAt(key)));
    const keys = ['default', 'own', 'never', 'batch', 'batch own', 'tx', 'tx own', 'u'];
    const late = now + SECOND;
    const times = [late, now + 7, Infinity, late, now + 8, late, Infinity, late];
    expect(await timesOf(keys)).toEqual(times);
    expect(await db.expiresAt('in db')).toBe(now + 9);
    await db.close();
    const again = await openMemory(options);
    const kept = await again.keyspace('sessions', TEXT);
    await kept.put('after', 'v');
    expect(await kept.expiresAt('after')).toBe(late);
    const changed = await again.keyspace('sessions', { ...TEXT, ttlMs: Infinity });
    await changed.put('after', 'v');
    expect(await kept.expiresAt('after')).toBe(Infinity);
    expect((await again.keyspaces()).map(({ ttlMs }) => ttlMs)).toEqual([Infinity, Infinity]);
  });

  it('keeps its time when it is updated, and a new one expires as its keyspace says', async () => {
    const clock = new ManualClock();
    const db = await openMemory({ environment: { clock }, valueEncoding: 'json' });
    const options = { keyEncoding: 'utf8', valueEncoding: 'json', ttlMs: SECOND } as const;
    const hits = await db.keyspace('hits', options);
    const startMs = clock.wallMs();
    const count = (n: unknown): number => Number(n ?? 0) + 1;
    const update = { type: 'update', in: hits, update: count } as const;
    await hits.update('a', count);
    await db.batch([{ ...update, key: 'b' }]);
    await db.transaction((tx) => tx.in(hits).update('c', count));
    clock.advance(SECOND / 2);
    await hits.update('a', count);
    await db.batch([
      { ...update, key: 'b' },
      { type: 'put', in: hits, key: 'd', value: 1, ttlMs: 7 },
      { ...update, key: 'd' },
    ]);
    await db.transaction(async (tx) => {
      const inHits = tx.in(hits);
      inHits.update('c', count);
      expect(await inHits.expiresAt('c')).toBe(startMs + SECOND);
      inHits.put('e', 1, { ttlMs: 9 });
      inHits.update('e', count);
    });
    const times = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((key) => hits.expiresAt(key)));
    const late = startMs + SECOND;
    expect(times).toEqual([late, late, late, late - 493, late - 491]);
    expect(await hits.values().all()).toEqual([2, 2, 2, 2, 2]);
    clock.advance(SECOND / 2);
    await hits.update('a', count);
    expect([await hits.get('a'), await hits.expiresAt('a')]).toEqual([1, late + SECOND]);
  });

  it('refuses what is no time, and then writes nothing', async () => {
    const db = await openMemory();
    const bad: unknown[] = [
      ...[{ ttlMs: 0 }, { ttlMs: -1 }, { ttlMs: 1.5 }, { ttlMs: NaN }, { ttlMs: '5' }],
      ...[{ expiresAt: -1 }, { expiresAt: new Date(NaN) }, { expiresAt: 2 ** 48 }],
      ...[{ ttlMs: 1, expiresAt: 1 }, { ttlMs: 2 ** 49 }, { expiresAt: null }],
    ];
    for (const options of bad) {
      const given = options as { ttlMs: number };
      const errors = [
        await errorOf(() => db.put('k', 'v', given)),
        await errorOf(() => db.batch([{ type: 'put', key: 'k', value: 'v', ...given }])),
        await errorOf(() => db.transaction((tx) => tx.put('k', 'v', given))),
      ];
      for (const error of errors) expect(error).toBeInstanceOf(InvalidArgumentError);
    }
    const error = await errorOf(() => db.keyspace('k', { ttlMs: 0 }));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(await db.keys().all()).toEqual([]);
  });
});

/** Its timers are early, and each look at the wall takes a millisecond. */
class HastyClock extends ManualClock {
  readonly #earlyMs: number;
  #lookCount = 0;

  constructor(earlyMs: number) {
    super();
    this.#earlyMs = earlyMs;
  }

  override wallMs(): number {
    return super.wallMs() + this.#lookCount++;
  }

  override schedule(delayMs: number, callback: () => void): Timer {
    return super.schedule(Math.max(0, delayMs - this.#earlyMs), callback);
  }
}

describe('tables of entries that expire', () => {
  it('go unread once they have wholly expired, without a write and without a reader', async () => {
    const clock = new ManualClock();
    const vfs = new MemoryVfs();
    const db = await openMemory({ vfs, environment: { clock }, ...TINY });
    for (let i = 0; i < 200; i++) await db.put(`k${i}`, 'v'.repeat(100), { ttlMs: SECOND });
    await db.flush();
    const before = db.stats();
    expect(before.levels[0]?.tableCount).toBe(1);
    clock.advance(SECOND);
    await turns(20);
    const { levels, background } = db.stats();
    expect(levels.map(({ tableCount }) => tableCount)).toEqual(levels.map(() => 0));
    expect(background.compactionBytesRead).toBe(before.background.compactionBytesRead);
    expect((await db.verify()).problems).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5, 6])(
    'go though their timer is %i ms early, and the time comes while it is looked at',
    async (earlyMs) => {
      const clock = new HastyClock(earlyMs);
      const db = await openMemory({ environment: { clock }, ...TINY });
      for (let i = 0; i < 9; i++) await db.put(`k${i}`, 'v', { ttlMs: 2 * SECOND });
      await db.flush();
      expect(db.stats().levels[0]?.tableCount).toBe(1);
      for (let i = 0; i < 3; i++) {
        clock.advance(SECOND);
        await turns(20);
      }
      expect(db.stats().levels.every(({ tableCount }) => tableCount === 0)).toBe(true);
    },
  );

  it('stay while an older table would show through, and a reader holds them', async () => {
    const clock = new ManualClock();
    const db = await openMemory({ environment: { clock }, ...TINY });
    await db.put('k', 'old');
    await db.flush();
    await db.put('k', 'new', { ttlMs: SECOND });
    await db.flush();
    const snapshot = db.snapshot();
    clock.advance(SECOND);
    await turns(20);
    expect(await db.get('k', { snapshot })).toBe('new');
    expect(await db.get('k')).toBe(undefined);
    snapshot.close();
    await turns(20);
    expect(await db.get('k')).toBe(undefined);
  });

  it('are rewritten when most of them has expired', async () => {
    const clock = new ManualClock();
    const db = await openMemory({ environment: { clock }, ...TINY });
    for (let i = 0; i < 300; i++) {
      await db.put(`k${i}`, 'v'.repeat(100), i % 3 === 0 ? {} : { ttlMs: SECOND });
    }
    await db.compact();
    const sizeOf = (): number => db.stats().levels.reduce((sum, level) => sum + level.sizeBytes, 0);
    const before = sizeOf();
    clock.advance(SECOND);
    for (let i = 0; i < 50 && sizeOf() > before / 2; i++) await turns(20);
    expect(sizeOf()).toBeLessThan(before / 2);
    expect((await db.keys().all()).length).toBe(100);
  });
});
