/** Reading the past through the public API: keyspaces, indexes, copies, readers in other processes and threads. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  attach,
  ClosedError,
  type Database,
  HistoryGoneError,
  InvalidArgumentError,
  type Keyspace,
  MemoryVfs,
  NotReadyError,
  open,
  OwnerOnlyError,
} from '../../src/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { DIRECTORY, openMemory } from './fixture.ts';

const KEEP_MS = 3_600_000;
const TEXT = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;

type Numbers = Database<string, number>;

function openNumbers(vfs: MemoryVfs, clock: ManualClock, options: object = {}): Promise<Numbers> {
  return open(DIRECTORY, {
    vfs,
    environment: { clock },
    versionRetentionMs: KEEP_MS,
    ...options,
    ...TEXT,
  }) as Promise<Numbers>;
}

describe('a state of the past', () => {
  it('spans keyspaces, and one that was dropped is refused as ever', async () => {
    const clock = new ManualClock();
    const vfs = new MemoryVfs();
    let db = await openNumbers(vfs, clock);
    const accounts = await db.keyspace('accounts', TEXT);
    const gone = await db.keyspace('gone', TEXT);
    clock.advance(1000);
    await db.batch([
      { type: 'put', key: 'total', value: 3 },
      { type: 'put', in: accounts, key: 'alice', value: 3 },
      { type: 'put', in: gone, key: 'x', value: 1 },
    ]);
    const before = clock.wallMs();
    clock.advance(1000);
    await db.batch([
      { type: 'put', key: 'total', value: 9 },
      { type: 'put', in: accounts, key: 'alice', value: 9 },
    ]);
    await db.dropKeyspace('gone');
    await db.flush();
    await db.compact();
    await db.close();
    db = await openNumbers(vfs, clock);
    const again = (await db.keyspace('accounts', TEXT)) as Keyspace<string, number>;
    const later = (await db.keyspace('later', TEXT)) as Keyspace<string, number>;
    await later.put('y', 1);
    using snapshot = db.snapshot({ at: { time: new Date(before) } });
    expect(await db.get('total', { snapshot })).toBe(3);
    expect(await again.entries({ snapshot }).all()).toEqual([['alice', 3]]);
    expect(await again.expiresAt('alice', { at: { time: before } })).toBe(Infinity);
    expect(again.getSync('alice', { at: { time: before } })).toBe(3);
    expect(await again.has('alice', { at: { time: before - 1 } })).toBe(false);
    expect(await later.count({ snapshot })).toBe(0);
    await expect(gone.get('x', { at: { time: before } })).rejects.toThrow(ClosedError);
    expect(db.stats().readers.snapshotCount).toBe(1);
    await db.close();
  });

  it('is read by an index that was built by then, and by no other, after a restart too (index-reads/whole)', async () => {
    const clock = new ManualClock();
    const vfs = new MemoryVfs();
    const indexes = { byPlace: { on: ['country'] } } as const;
    let db = await openNumbers(vfs, clock);
    let people = await db.keyspace('people', TEXT);
    await people.put('ada', { country: 'DE' });
    const unbuilt = db.stats().sequence.published;
    people = await db.keyspace('people', { ...TEXT, indexes });
    await people.index('byPlace').ready();
    const built = db.stats().sequence.published;
    await people.put('ada', { country: 'FR' });
    await people.put('bob', { country: 'FR' });
    const places = async (sequence: number): Promise<unknown[]> =>
      (await people.index('byPlace').entries({ at: { sequence } }).all()).map((each) => [
        each.key,
        each.values[0],
      ]);
    for (let opened = 0; opened < 2; opened++) {
      expect(await places(built)).toEqual([['ada', 'DE']]);
      const at = { sequence: built };
      expect(await people.index('byPlace').count({ prefix: ['FR'], at })).toBe(0);
      expect((await people.index('byPlace').get(['DE'], { at }))?.key).toBe('ada');
      await expect(places(unbuilt)).rejects.toThrow(NotReadyError);
      expect(await people.get('ada', { at: { sequence: unbuilt } })).toEqual({ country: 'DE' });
      await db.transaction(async (tx) => {
        const index = tx.in(people).index('byPlace');
        await expect(index.get(['DE'], { at })).rejects.toThrow(InvalidArgumentError);
      });
      if (opened > 0) break;
      await db.compact();
      await db.close();
      db = await openNumbers(vfs, clock);
      people = await db.keyspace('people', { ...TEXT, indexes });
    }
    await db.close();
  });

  it('goes along with a checkpoint', async () => {
    const clock = new ManualClock();
    const vfs = new MemoryVfs();
    const db = await openNumbers(vfs, clock);
    await db.put('a', 1);
    await db.flush();
    await db.put('a', 2);
    const sequence = db.stats().sequence.published;
    clock.advance(5);
    await db.put('a', 3);
    await db.checkpoint(`${DIRECTORY}-copy`);
    await db.close();
    const copy = (await open(`${DIRECTORY}-copy`, {
      vfs,
      environment: { clock },
      ...TEXT,
    })) as Numbers;
    expect(await copy.get('a', { at: { sequence } })).toBe(2);
    expect(await copy.get('a', { at: { sequence: sequence - 1 } })).toBe(1);
    expect(await copy.get('a', { at: { time: clock.wallMs() - 1 } })).toBe(2);
    await copy.close();
  });

  it('is read beside the writer, as far as it is shown there', async () => {
    const clock = new ManualClock();
    const vfs = new MemoryVfs();
    const db = await openNumbers(vfs, clock);
    for (let i = 1; i <= 4; i++) {
      await db.put('a', i);
      if (i === 2) await db.flush();
      clock.advance(100);
    }
    const reader = (await open(DIRECTORY, {
      vfs,
      environment: { clock },
      readOnly: true,
      ...TEXT,
    })) as Numbers;
    const startMs = clock.wallMs() - 400;
    const seen = async (): Promise<unknown[]> =>
      Promise.all([0, 1, 2, 3].map((i) => reader.get('a', { at: { time: startMs + 100 * i } })));
    expect(await seen()).toEqual([1, 2, 3, 4]);
    const snapshot = reader.snapshot({ at: { sequence: reader.stats().sequence.published - 1 } });
    await db.flush();
    await db.compact();
    await reader.refresh();
    expect(await seen()).toEqual([1, 2, 3, 4]);
    expect(await reader.get('a', { snapshot })).toBe(3);
    snapshot.close();
    clock.advance(2 * KEEP_MS);
    await db.put('a', 5);
    await db.compact();
    await reader.refresh();
    await expect(seen()).rejects.toThrow(HistoryGoneError);
    expect(reader.stats().versions.keepMs).toBe(KEEP_MS);
    await reader.close();
    await db.close();
    await expect(
      open(DIRECTORY, { vfs, readOnly: true, versionRetentionMs: 5, ...TEXT }),
    ).rejects.toThrow(/versionRetentionMs is of no use/);
  });

  it('is refused by name in another thread', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'varve-past-'));
    const owner = await open(join(directory, 'db'), { ...TEXT, versionRetentionMs: KEEP_MS });
    await owner.put('a', 1);
    const db = await attach(owner.share(), TEXT);
    expect(() => db.snapshot({ at: { sequence: 1 } })).toThrow(OwnerOnlyError);
    await expect(db.get('a', { at: { sequence: 1 } })).rejects.toThrow(OwnerOnlyError);
    await db.close();
    await owner.close();
    rmSync(directory, { recursive: true });
  });

  it('ends with the close of the database', async () => {
    const db = await openMemory({ versionRetentionMs: KEEP_MS });
    await db.close();
    expect(() => db.snapshot({ at: { sequence: 0 } })).toThrow(ClosedError);
  });
});
