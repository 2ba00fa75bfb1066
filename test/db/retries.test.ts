/** `db.transaction`: commit on return, roll back on throw, run again on conflict. */
import { describe, expect, it } from 'vitest';
import { AbortedError, ClosedError, ConflictError } from '../../src/base/errors.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { GateVfs } from '../support/gate-vfs.ts';
import { errorOf, openMemory, turns } from './fixture.ts';

describe('transaction()', () => {
  it('resolves with what its body returns, synchronous or not', async () => {
    const db = await openMemory();
    expect(await db.transaction(() => 7)).toBe(7);
    expect(await db.transaction(async (tx) => ((await tx.get('k')) ?? 'none') + '!')).toBe('none!');
  });

  it('rolls back when its body throws or rejects, and passes the error on as it is', async () => {
    const db = await openMemory();
    for (const isAsync of [false, true]) {
      const reason = new Error('mine');
      const body = (): Promise<never> => {
        if (!isAsync) throw reason;
        return Promise.reject(reason);
      };
      const error = await errorOf(() =>
        db.transaction((tx) => {
          tx.put('k', 'v');
          return body();
        }),
      );
      expect(error).toBe(reason);
    }
    expect(db.getSync('k')).toBeUndefined();
    expect(db.stats().readers.transactionCount).toBe(0);
  });

  it('never loses an update, whoever competes, and runs each body few times', async () => {
    const db = await openMemory({ valueEncoding: 'json' });
    const clientCount = 40;
    let runCount = 0;
    await Promise.all(
      Array.from({ length: clientCount }, () =>
        db.transaction(async (tx) => {
          runCount++;
          const count = ((await tx.get('count')) as number | undefined) ?? 0;
          await turns(1);
          tx.put('count', count + 1);
        }),
      ),
    );
    expect(db.getSync('count')).toBe(clientCount);
    expect(runCount).toBeLessThanOrEqual(3 * clientCount);
    expect(db.stats().commits.retryCount).toBe(runCount - clientCount);
  });

  it('gives up with the last ConflictError after retryCountMax runs again', async () => {
    const db = await openMemory();
    for (const retryCountMax of [0, 3]) {
      let runCount = 0;
      const error = await errorOf(() =>
        db.transaction(
          async (tx) => {
            runCount++;
            await tx.get('k');
            tx.put('k', 'tx');
            await db.put('k', `other${runCount}`);
          },
          { retryCountMax },
        ),
      );
      expect(error).toBeInstanceOf(ConflictError);
      expect(runCount).toBe(retryCountMax + 1);
    }
  });

  it('releases the retry lane when a retrying body throws (L1)', async () => {
    const db = await openMemory();
    for (let round = 0; round < 3; round++) {
      let runCount = 0;
      const error = await errorOf(() =>
        db.transaction(async (tx) => {
          if (++runCount === 2) throw new Error('in the lane');
          tx.put('k', 'v');
          await db.put('k', 'other');
        }),
      );
      expect([error.message, runCount]).toEqual(['in the lane', 2]);
    }
    let runCount = 0;
    await db.transaction(async (tx) => {
      tx.put('k', 'v');
      if (++runCount === 1) await db.put('k', 'other');
    });
    expect(runCount).toBe(2);
  });

  it('inside another that retries does not deadlock, even when it must retry too (L2)', async () => {
    const db = await openMemory();
    let outerCount = 0;
    let innerCount = 0;
    await db.transaction(async (outer) => {
      outer.put('outer', String(++outerCount));
      if (outerCount === 1) {
        await db.put('outer', 'other');
        return;
      }
      await db.transaction(async (inner) => {
        inner.put('inner', String(++innerCount));
        if (innerCount === 1) await db.put('inner', 'other');
      });
    });
    expect([outerCount, innerCount]).toEqual([2, 2]);
    expect(await db.getMany(['outer', 'inner'])).toEqual(['2', '2']);
  });

  it('does not run again for errors of the body that only look like conflicts', async () => {
    const db = await openMemory();
    let runCount = 0;
    const error = await errorOf(() =>
      db.transaction(() => {
        runCount++;
        throw Object.assign(new Error('not ours'), { code: 'CONFLICT' });
      }),
    );
    expect([error.message, runCount]).toEqual(['not ours', 1]);
  });

  it('a body may roll back itself: nothing is written and the call says so', async () => {
    const db = await openMemory();
    const error = await errorOf(() =>
      db.transaction((tx) => {
        tx.put('k', 'v');
        tx.rollback();
      }),
    );
    expect(error).toBeInstanceOf(ClosedError);
    expect(db.getSync('k')).toBeUndefined();
  });

  it('ends with AbortedError when its signal is aborted: before it, and between runs', async () => {
    const db = await openMemory();
    const reason = new Error('enough');
    const early = await errorOf(() =>
      db.transaction(() => 1, { signal: AbortSignal.abort(reason) }),
    );
    expect(early).toBeInstanceOf(AbortedError);
    expect(early.cause).toBe(reason);
    const controller = new AbortController();
    let runCount = 0;
    const error = await errorOf(() =>
      db.transaction(
        async (tx) => {
          runCount++;
          tx.put('k', 'v');
          await db.put('k', 'other');
          controller.abort(reason);
        },
        { signal: controller.signal },
      ),
    );
    expect([error.name, runCount, error.cause]).toEqual(['AbortedError', 1, reason]);
    expect(db.getSync('k')).toBe('other');
  });

  it('ends with AbortedError when its signal is aborted while its commit waits for room', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const db = await openMemory({
      vfs,
      memtableSizeBytes: 256 * 1024,
      immutableMemtableCountMax: 1,
    });
    const openSyncs = vfs.shut('sync');
    const puts = Array.from({ length: 12 }, (_, i) => db.put(`k${i}`, 'v'.repeat(100_000)));
    expect(db.stats().commits.waitingCount).toBeGreaterThan(0);
    const controller = new AbortController();
    const transaction = db.transaction((tx) => tx.put('tx', 'v'), { signal: controller.signal });
    await turns(2);
    controller.abort();
    expect(await errorOf(() => transaction)).toBeInstanceOf(AbortedError);
    openSyncs();
    await Promise.all(puts);
    expect(db.getSync('tx')).toBeUndefined();
  });
});
