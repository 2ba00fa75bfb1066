/**
 * Syncs by calls: when the policy makes them, that the loop still turns, and that a failure is as final as in the pool.
 */
import { describe, expect, it } from 'vitest';
import { DatabaseFailedError } from '../../../src/base/errors.ts';
import type { Database } from '../../../src/api/database.ts';
import { SyncChoice } from '../../../src/engine/commit/sync-policy.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import type { VfsFile } from '../../../src/vfs/vfs.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { WrappedFile, WrappedVfs } from '../../support/wrapped-vfs.ts';
import { errorOf, openMemory } from '../../api/fixture.ts';

/** A disk that counts syncs of both kinds. Each takes `syncMs`, and calls fail while `failsCalls`. */
class CountedVfs extends WrappedVfs {
  readonly clock = new ManualClock();
  callCount = 0;
  poolCount = 0;
  syncMs = 0;
  failsCalls = false;

  constructor() {
    super(new MemoryVfs());
  }

  override wrap(file: VfsFile): VfsFile {
    return new CountedFile(file, this);
  }
}

class CountedFile extends WrappedFile {
  readonly #vfs: CountedVfs;

  constructor(inner: VfsFile, vfs: CountedVfs) {
    super(inner);
    this.#vfs = vfs;
  }

  override async sync(): Promise<void> {
    this.#vfs.poolCount++;
    this.#vfs.clock.advance(this.#vfs.syncMs);
    return super.sync();
  }

  override syncSync(): void {
    this.#vfs.callCount++;
    this.#vfs.clock.advance(this.#vfs.syncMs);
    if (this.#vfs.failsCalls) throw new Error('the disk is ill');
    super.syncSync();
  }
}

type Db = Database<string, string>;

async function openCounted(vfs: CountedVfs): Promise<Db> {
  const db = await openMemory({ vfs, environment: { clock: vfs.clock } });
  vfs.callCount = 0;
  vfs.poolCount = 0;
  return db;
}

describe('a lone caller', () => {
  it('has its commits synced by a call from the fourth on', async () => {
    const vfs = new CountedVfs();
    const db = await openCounted(vfs);
    for (let i = 0; i < 10; i++) await db.put('key', `value ${i}`);
    expect(vfs.callCount).toBe(7);
    expect(db.stats().log.syncCount).toBe(10);
  });

  it('leaves the event loop a turn for each commit (sync-policy/a-turn-each)', async () => {
    const vfs = new CountedVfs();
    const db = await openCounted(vfs);
    let turnCount = 0;
    let isDone = false;
    const count = (): void => {
      turnCount++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    for (let i = 0; i < 100; i++) await db.put('key', `value ${i}`);
    isDone = true;
    expect(vfs.callCount).toBe(97);
    expect(turnCount).toBeGreaterThanOrEqual(97);
  });

  it('shares a sync in the pool as soon as it is not alone', async () => {
    const vfs = new CountedVfs();
    const db = await openCounted(vfs);
    for (let i = 0; i < 5; i++) await db.put('key', `value ${i}`);
    vfs.callCount = 0;
    vfs.poolCount = 0;
    for (let i = 0; i < 5; i++) await Promise.all([db.put('a', 'value'), db.put('b', 'value')]);
    expect([vfs.poolCount, vfs.callCount]).toEqual([5, 0]);
  });

  it('leaves a slow disk to the pool (sync-policy/short-calls)', async () => {
    const vfs = new CountedVfs();
    vfs.syncMs = 1;
    const db = await openCounted(vfs);
    for (let i = 0; i < 50; i++) await db.put('key', `value ${i}`);
    expect(vfs.callCount).toBeLessThan(5); // until the average has learned it
    expect(vfs.poolCount).toBeGreaterThan(45);
  });

  it('learns that the outcome is unknown when the call fails, and no later commit is written', async () => {
    const vfs = new CountedVfs();
    const db = await openCounted(vfs);
    for (let i = 0; i < 5; i++) await db.put('key', `value ${i}`);
    vfs.failsCalls = true;
    const lost = await errorOf(() => db.put('key', 'lost'));
    expect(lost).toBeInstanceOf(DatabaseFailedError);
    expect(lost).toMatchObject({ outcome: 'unknown' });
    expect(await errorOf(() => db.put('key', 'later'))).toMatchObject({ outcome: 'not-applied' });
    expect(await db.get('key')).toBe('value 4');
  });
});

describe('callers that share syncs', () => {
  const putBoth = (db: Db, i: number): Promise<unknown> =>
    Promise.all([db.put('a', `value ${i}`), db.put('b', `value ${i}`)]);

  /** A database whose syncs take 0.1 ms, while the event loop is idle. */
  async function openIdle() {
    const vfs = new CountedVfs();
    vfs.syncMs = 0.1;
    vfs.clock.isLoopIdle = true;
    return { vfs, db: await openCounted(vfs) };
  }

  /** The syncs of commits: in the pool, and by calls. */
  const syncsOf = (db: Db, vfs: CountedVfs): number[] => [
    db.stats().log.syncCount - vfs.callCount,
    vfs.callCount,
  ];

  it('have syncs made by calls once the loop was idle through three', async () => {
    const { vfs, db } = await openIdle();
    for (let i = 0; i < 10; i++) await putBoth(db, i);
    expect(syncsOf(db, vfs)).toEqual([3, 7]);
  });

  it('leave syncs to the pool while the loop has other work', async () => {
    const { vfs, db } = await openIdle();
    vfs.clock.isLoopIdle = false;
    for (let i = 0; i < 10; i++) await putBoth(db, i);
    expect(syncsOf(db, vfs)).toEqual([10, 0]);
  });

  it('sync in the pool after every 32 calls, to see whether the loop is still idle', async () => {
    const { vfs, db } = await openIdle();
    for (let i = 0; i < 3 + 32; i++) await putBoth(db, i);
    expect(syncsOf(db, vfs)).toEqual([3, 32]);
    vfs.clock.isLoopIdle = false;
    for (let i = 0; i < 20; i++) await putBoth(db, i);
    expect(syncsOf(db, vfs)).toEqual([23, 32]);
  });

  it('leave a slow disk to the pool (sync-policy/short-calls)', async () => {
    const { vfs, db } = await openIdle();
    vfs.syncMs = 1;
    for (let i = 0; i < 50; i++) await putBoth(db, i);
    expect(vfs.callCount).toBeLessThan(5); // until the average has learned it
  });

  it('all learn that the outcome is unknown when the call fails', async () => {
    const { vfs, db } = await openIdle();
    for (let i = 0; i < 5; i++) await putBoth(db, i);
    vfs.failsCalls = true;
    const lost = await Promise.allSettled([db.put('a', 'lost'), db.put('b', 'lost')]);
    for (const each of lost) {
      expect(each).toMatchObject({ status: 'rejected', reason: { outcome: 'unknown' } });
    }
    expect(await db.get('a')).toBe('value 4');
  });
});

describe('the choice', () => {
  it('sends a hundred groups to the pool after a slow sync (sync-policy/short-calls)', () => {
    const choice = new SyncChoice();
    for (let i = 0; i < 3; i++) choice.noteCall(1, 0.1);
    expect(choice.isCall).toBe(true);
    choice.noteCall(1, 3.5);
    for (let i = 0; i < 102; i++) {
      expect(choice.isCall).toBe(false);
      choice.notePool(1, 0.1, 0);
    }
    choice.notePool(1, 0.1, 0);
    expect(choice.isCall).toBe(true);
  });
});
