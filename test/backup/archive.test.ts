/** db.archive: what was shipped is restored, at every commit, over restarts, copies, outages and bulk loads. */
import { describe, expect, it } from 'vitest';

import { restore, verifyBackups } from '../../src/backup/backups.ts';
import type { Archive } from '../../src/api/archive.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { CrashVfs } from '../support/crash-vfs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import {
  contentAt,
  contentOf,
  fill,
  openText,
  SOURCE,
  type TextDatabase,
} from '../support/text-database.ts';
import { makeRandom } from '../support/prng.ts';
import { MemoryStore } from './fixture.ts';

type Content = [string, string][];

/** Commits at random: the state after each, by its sequence. */
async function commitSome(
  db: TextDatabase,
  states: Map<number, Content>,
  count: number,
  random: ReturnType<typeof makeRandom>,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const key = (): string => `k${random.below(12)}`;
    const value = `${i}-${'v'.repeat(random.below(300))}`;
    const choice = random.below(10);
    if (choice < 6) await db.put(key(), value);
    else if (choice < 8) {
      await db.batch([
        { type: 'put', key: key(), value },
        { type: 'put', key: `${key()}x`, value },
        { type: 'del', key: key() },
      ]);
    } else if (choice < 9) await db.delRange({ gte: key(), lt: 'k5' });
    else await db.del(key());
    states.set(db.stats().sequence.published, await contentOf(db));
    if (random.below(15) === 0) await db.flush();
  }
}

async function mustRestoreEach(
  store: MemoryStore,
  states: ReadonlyMap<number, Content>,
  from = 0,
): Promise<void> {
  for (const [sequence, expected] of states) {
    if (sequence < from) continue;
    const vfs = new MemoryVfs();
    const report = await restore(store, '/r', { vfs, at: { sequence } });
    expect(report.sequence).toBe(sequence);
    expect(await contentAt(vfs, '/r')).toEqual(expected);
  }
}

describe('an archive', () => {
  it.each([1, 2, 3])(
    'is restored at every commit since it began, and the state is that of the model, seed %i (log-tail/whole-frames, log-tail/durable-only, log-tail/held, log-history/held-stay, restore/gapless, log-cut/whole-commits)',
    async (seed) => {
      const random = makeRandom(seed);
      const vfs = new MemoryVfs();
      const store = new MemoryStore();
      const db = await openText(vfs);
      await commitSome(db, new Map(), 10, random);
      const states = new Map<number, Content>();
      const archive = await db.archive(store);
      states.set(archive.stats().sequence, await contentOf(db));
      for (let round = 0; round < 6; round++) {
        await commitSome(db, states, 12, random);
        if (round === 2) await db.backup(store);
        if (round === 3) await db.compact();
        if (random.below(3) > 0) await archive.ship();
      }
      await archive.ship();
      expect(archive.stats()).toMatchObject({
        lagOperations: 0,
        lagMs: 0,
        backups: 1,
        error: undefined,
        sequence: db.stats().sequence.published,
      });
      const last = await contentOf(db);
      await db.close();
      await mustRestoreEach(store, states);
      const newest = new MemoryVfs();
      await restore(store, '/r', { vfs: newest });
      expect(await contentAt(newest, '/r')).toEqual(last);
      expect(await verifyBackups(store)).toMatchObject({ isSound: true });
    },
  );

  it('goes on over restarts and kills without another backup, and each commit is restored (archive-session/one-history, archive-session/backup-before, archive-lines/one-history)', async () => {
    const random = makeRandom(7);
    const store = new MemoryStore();
    const states = new Map<number, Content>();
    let vfs = new CrashVfs();
    let shipped = 0;
    for (let life = 0; life < 5; life++) {
      const db = await openText(vfs, SOURCE, { history: {} });
      const archive = await db.archive(store);
      expect(archive.stats().backups).toBe(life === 0 ? 1 : 0);
      states.set(db.stats().sequence.published, await contentOf(db));
      await commitSome(db, states, 10, random);
      await archive.ship();
      shipped = archive.stats().sequence;
      if (life % 2 === 0) {
        await db.close();
      } else {
        await db.put('not', 'shipped');
        states.set(db.stats().sequence.published, await contentOf(db));
        vfs = vfs.kill();
      }
    }
    expect(shipped).toBeGreaterThan(0);
    await mustRestoreEach(store, states);
  });

  it('of a copy that went another way begins anew, and each has its own line (archive-session/one-history)', async () => {
    const vfs = new MemoryVfs();
    const store = new MemoryStore();
    const db = await openText(vfs);
    await fill(db, 0, 20);
    const archive = await db.archive(store);
    await fill(db, 20, 40);
    await archive.close();
    const { sequence } = archive.stats();
    await db.close();
    await restore(store, '/one', { vfs, at: { sequence: sequence - 5 } });
    const one = await openText(vfs, '/one');
    for (let i = 0; i < 5; i++) await one.put(`one-${i}`, 'x');
    const again = await one.archive(store);
    expect(again.stats().backups).toBe(1);
    await one.put('one-more', 'x');
    const expected = await contentOf(one);
    await one.close();
    await restore(store, '/newest', { vfs });
    expect(await contentAt(vfs, '/newest')).toEqual(expected);
  });

  it('has a backup after a bulk load, which is in no log, and goes on after it (archive-session/hole-needs-backup)', async () => {
    const vfs = new MemoryVfs();
    const store = new MemoryStore();
    const db = await openText(vfs);
    await db.put('a', '1');
    const archive = await db.archive(store);
    const states = new Map<number, Content>();
    const note = async (): Promise<void> => {
      states.set(db.stats().sequence.published, await contentOf(db));
    };
    await db.put('b', '2');
    await note();
    await archive.ship();
    await db.ingest([['c', '3']]);
    await archive.ship(); // the load alone
    await note();
    expect(archive.stats().backups).toBe(2);
    await db.ingest([['d', '4']]);
    await db.put('e', '5'); // a load and a commit
    await note();
    await archive.ship();
    expect(archive.stats().backups).toBe(3);
    await db.put('f', '6');
    await note();
    await db.close();
    await mustRestoreEach(store, states);
  });

  it('tries again when the store fails, tells how far it is behind, and loses nothing (archive/lag-told, archive-session/same-again)', async () => {
    const clock = new ManualClock();
    const vfs = new MemoryVfs();
    const store = new MemoryStore();
    const db = await openText(vfs, SOURCE, { environment: { clock } });
    const archive = await db.archive(store, { intervalMs: 1000 });
    const states = new Map<number, Content>();
    const random = makeRandom(5);
    await commitSome(db, states, 5, random);
    store.beforeStored = (name) => {
      if (!name.startsWith('archive/')) return;
      store.objects.set(name, Uint8Array.of(1)); // half a step further than it says
      throw new Error('out of order');
    };
    await expect(archive.ship()).rejects.toMatchObject({ code: 'BACKUP_STORE' });
    await commitSome(db, states, 20, random);
    await db.flush();
    clock.advance(5000);
    expect(archive.stats()).toMatchObject({ error: { code: 'BACKUP_STORE' } });
    expect(archive.stats().lagMs).toBeGreaterThanOrEqual(5000);
    expect(archive.stats().lagOperations).toBeGreaterThan(20);
    store.beforeStored = () => undefined;
    await archive.ship();
    expect(archive.stats()).toMatchObject({ lagMs: 0, error: undefined, backups: 1 });
    await db.close();
    await mustRestoreEach(store, states);
  });

  it('gives the logs up beyond its bound, and begins anew with a backup (archive/outage-bounded)', async () => {
    const vfs = new MemoryVfs();
    const store = new MemoryStore();
    const db = await openText(vfs);
    const archive = await db.archive(store, { holdBytes: 1000 });
    store.before = () => {
      throw new Error('away');
    };
    for (let i = 0; i < 4; i++) {
      await fill(db, i * 50, i * 50 + 50);
      await db.flush();
      await archive.ship().catch(() => undefined);
    }
    expect(archive.stats().heldBytes).toBeLessThan(1000);
    store.before = () => undefined;
    await archive.ship();
    expect(archive.stats().backups).toBe(2);
    await fill(db, 0, 10, () => 'new');
    const expected = await contentOf(db);
    await db.close();
    await restore(store, '/r', { vfs });
    expect(await contentAt(vfs, '/r')).toEqual(expected);
  });

  it('ships what is left when the database closes, and ends with it (archive/close-ships)', async () => {
    const vfs = new MemoryVfs();
    const store = new MemoryStore();
    const db = await openText(vfs);
    const archive: Archive = await db.archive(store);
    await fill(db, 0, 30);
    const [unawaited] = [db.put('late', 'x')];
    await db.close();
    await unawaited;
    await restore(store, '/r', { vfs });
    expect(await contentAt(vfs, '/r')).toEqual(await contentAt(vfs, SOURCE));
    await archive.close();
    await expect(db.archive(store)).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('ships by itself, again and again', async () => {
    const clock = new ManualClock();
    const store = new MemoryStore();
    const db = await openText(new MemoryVfs(), SOURCE, { environment: { clock } });
    const before = clock.timerCount;
    const archive = await db.archive(store, { intervalMs: 500 });
    for (let i = 1; i <= 3; i++) {
      await db.put('a', String(i));
      clock.advance(500);
      while (archive.stats().lagOperations > 0)
        await new Promise((resolve) => setImmediate(resolve));
      expect(archive.stats().segments).toBe(i);
    }
    await archive.close();
    expect(clock.timerCount).toBe(before);
    await db.close();
  });

  it('with a segment missing is refused beyond it, and the error says what is missing (restore/gapless)', async () => {
    const vfs = new MemoryVfs();
    const store = new MemoryStore();
    const db = await openText(vfs);
    const archive = await db.archive(store);
    for (let i = 0; i < 5; i++) {
      await db.put('a', String(i));
      await archive.ship();
    }
    const last = archive.stats().sequence;
    await db.close();
    const segments = store.names('archive/').filter((name) => !name.endsWith('start'));
    expect(segments.length).toBe(5);
    store.objects.delete(segments[2]!);
    const whole = restore(store, '/r', { vfs });
    await expect(whole).rejects.toMatchObject({
      code: 'BACKUP_GAP',
      message: expect.stringMatching(/missing=3 .*after=\d+ next=\d+/) as string,
    });
    expect(vfs.exists('/r')).toBe(false);
    expect((await restore(store, '/r', { vfs, at: { sequence: last - 3 } })).sequence).toBe(
      last - 3,
    );
    expect(await verifyBackups(store)).toMatchObject({
      isSound: false,
      problems: [{ code: 'BACKUP_GAP' }],
    });
  });

  it.each([
    ['an interval of nothing', { intervalMs: 0 }],
    ['an unknown option', { every: 5 }],
    ['a bound that is none', { holdBytes: -1 }],
    ['a signal that is none', { signal: 5 }],
  ])('refuses %s', async (_, options) => {
    const db = await openText(new MemoryVfs());
    await expect(db.archive(new MemoryStore(), options as object)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await db.close();
  });
});

it('restore({ at }) has all commits up to the time, and none after it', async () => {
  const clock = new ManualClock();
  const vfs = new MemoryVfs();
  const store = new MemoryStore();
  const db = await openText(vfs, SOURCE, { environment: { clock } });
  const archive = await db.archive(store);
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    clock.advance(1000);
    times.push(clock.wallMs());
    await db.put('a', String(i));
  }
  await archive.ship();
  await db.close();
  for (const [i, time] of times.entries()) {
    for (const at of [{ time }, { time: new Date(time + 999) }]) {
      const directory = `/r${i}-${Number(at.time)}`;
      const report = await restore(store, directory, { vfs, at });
      expect(report.time.getTime()).toBe(time);
      expect(await contentAt(vfs, directory)).toEqual([['a', String(i)]]);
    }
  }
});
