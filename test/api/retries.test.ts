/** `db.transaction`: commit on return, roll back on throw, run again on conflict. */
import { describe, expect, it } from 'vitest';
import { AbortedError, ClosedError, ConflictError } from '../../src/base/errors.ts';
import type { Transaction } from '../../src/api/transaction.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { GateVfs } from '../support/gate-vfs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { errorOf, openMemory, turns } from './fixture.ts';

type Tx = Transaction<string, string>;

function fail(thrown: unknown): never {
  throw thrown;
}

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

  it('never loses an update under any competition, and runs each body few times', async () => {
    const db = await openMemory({
      valueEncoding: 'json',
      environment: { clock: new ManualClock() }, // no wait for the lane ends by time
    });
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

  it('releases the retry lane when a retrying body throws (retry-lane/one-holder)', async () => {
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

  it('inside another that retries does not deadlock, even when it must retry too (retry-lane/bounded-wait)', async () => {
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
    expect(error.message).toMatch(/rolled back/);
    expect(db.getSync('k')).toBeUndefined();
  });

  it('a body may commit itself: the call resolves with what it returns, awaited or not', async () => {
    const db = await openMemory();
    for (const [key, commit] of [
      ['awaited', (tx: Tx) => tx.commit()],
      ['not awaited', (tx: Tx) => void tx.commit()],
      ['by the database', (tx: Tx) => db.commit(tx)],
    ] as const) {
      const body = async (tx: Tx): Promise<string> => {
        tx.put(key, 'v');
        await commit(tx);
        return key;
      };
      expect(await db.transaction(body)).toBe(key);
      expect(db.getSync(key)).toBe('v');
    }
  });

  it('a body that commits itself and loses is run again, whatever it makes of that', async () => {
    const db = await openMemory();
    for (const commit of [
      (tx: Tx) => tx.commit(),
      (tx: Tx) => void tx.commit(),
      (tx: Tx) => tx.commit().catch(() => undefined),
    ]) {
      let runCount = 0;
      const result = await db.transaction(async (tx) => {
        tx.put('k', 'mine');
        if (++runCount === 1) await db.put('k', 'other');
        await commit(tx);
        return runCount;
      });
      expect([result, db.getSync('k')]).toEqual([2, 'mine']);
    }
  });

  it('a body that has committed is not run again for a conflict that it throws (transaction-run/told-once-applied)', async () => {
    const db = await openMemory();
    for (const commit of [(tx: Tx) => tx.commit(), (tx: Tx) => void tx.commit()]) {
      let runCount = 0;
      const mine = new ConflictError('mine');
      const error = await errorOf(() =>
        db.transaction(async (tx) => {
          runCount++;
          tx.put('k', 'v');
          await commit(tx);
          throw mine;
        }),
      );
      expect([error, runCount]).toEqual([mine, 1]);
    }
  });

  it('passes on whatever a body throws, as it is', async () => {
    const db = await openMemory();
    for (const thrown of [
      undefined,
      null,
      0,
      'text',
      Object.freeze(new Error('frozen')),
      Symbol('s'),
    ]) {
      for (const run of [
        () => db.transaction(() => fail(thrown)),
        () => db.transaction((tx) => tx.transaction(() => fail(thrown))),
      ]) {
        const outcome = await run().then(
          () => 'resolved',
          (error: unknown) => [error],
        );
        expect(outcome).toEqual([thrown]);
        expect((outcome as unknown[])[0]).toBe(thrown);
      }
    }
  });

  it('refuses what is no function, in a transaction too, and says so before anything else', async () => {
    const db = await openMemory();
    for (const body of [undefined, null, 7, 'text', {}] as unknown as (() => void)[]) {
      const inner = db.transaction((tx) => tx.transaction(body));
      for (const call of [db.transaction(body), inner]) {
        await expect(call).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      }
    }
  });

  it('reads its options once: a body may do with them what it likes (transactor/options-read-once)', async () => {
    const db = await openMemory();
    const options: Record<string, unknown> = { retryCountMax: 3, isolation: 'serializable' };
    let runCount = 0;
    await db.transaction(async (tx) => {
      tx.put('k', 'v');
      Object.assign(options, {
        retryCountMax: 0,
        mode: 'x',
        readOnly: true,
        durability: 7,
        signal: 1,
      });
      if (++runCount === 1) await db.put('k', 'other');
    }, options);
    expect([runCount, db.getSync('k')]).toEqual([2, 'v']);
  });

  it('ends calls that its body has left behind; none of them ends the process', async () => {
    const db = await openMemory();
    const holder = db.begin({ mode: 'pessimistic' });
    await holder.lock('held');
    const left: Promise<unknown>[] = [];
    const result = await db.transaction(
      (tx) => {
        left.push(
          tx.get('k'),
          tx.getForUpdate('held'),
          tx.lock('held'),
          tx.lockRange({ gte: 'h' }),
        );
        tx.put('k', 'v');
        return 'done';
      },
      { mode: 'pessimistic' },
    );
    await turns(); // an unhandled rejection would fail the run
    const outcomes = await Promise.allSettled(left);
    expect([result, ...outcomes.map(({ status }) => status)]).toEqual([
      'done',
      'fulfilled',
      ...['rejected', 'rejected', 'rejected'],
    ]);
    holder.rollback();
  });

  it('a transaction that has ended says how, at every call', async () => {
    const db = await openMemory();
    const ended: [RegExp, Tx][] = [];
    for (const [how, end] of [
      [/was committed/, (tx: Tx) => tx.commit()],
      [/was rolled back/, (tx: Tx) => tx.rollback()],
      [
        /lost to another/,
        (tx: Tx) => db.put('k', 'x').then(() => tx.commit().catch(() => undefined)),
      ],
      [/commit is under way/, (tx: Tx) => void tx.commit()],
    ] as const) {
      const tx = db.begin();
      tx.put('k', 'v');
      await end(tx);
      if (how.source.includes('way'))
        await errorOf(() => tx.get('k')).then((e) => expect(e.message).toMatch(how));
      else ended.push([how, tx]);
    }
    for (const [how, tx] of ended) {
      for (const call of [
        () => tx.get('k'),
        () => tx.put('k', 'v'),
        () => tx.savepoint(),
        () => tx.commit(),
        () => tx.keys(),
        () => tx.transaction(() => 1),
        () => db.getTx(tx, 'k'),
        () => db.commit(tx),
      ]) {
        const error = await errorOf(call);
        expect(error).toBeInstanceOf(ClosedError);
        expect(error.message).toMatch(how);
      }
    }
  });

  it('a transaction of another database, or what only looks like one, is refused', async () => {
    const db = await openMemory();
    const other = await openMemory();
    const tx = other.begin();
    const lookalikes = [tx, Object.create(db.begin()), { ...tx }, undefined, null] as Tx[];
    for (const each of lookalikes) {
      for (const call of [
        () => db.getTx(each, 'k'),
        () => db.putTx(each, 'k', 'v'),
        () => db.delTx(each, 'k'),
        () => db.commit(each),
        () => db.rollback(each),
      ]) {
        expect(await errorOf(call)).toMatchObject({ code: 'INVALID_ARGUMENT' });
      }
    }
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
