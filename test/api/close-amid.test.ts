/**
 * close() while everything else goes on: no body begins after it, every promise settles as documented, what was
 * acknowledged is there at the next open, and a close is never taken for a failure.
 */
import { describe, expect, it } from 'vitest';
import type { Database } from '../../src/api/database.ts';
import { open } from '../../src/api/open.ts';
import type { LockingTransaction } from '../../src/api/locking-transaction.ts';
import type { Transaction } from '../../src/api/transaction.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { GateVfs } from '../support/gate-vfs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { DIRECTORY, errorOf, filler, openMemory, TINY, turns } from './fixture.ts';

type Db = Database<string, string>;
type Tx = Transaction<string, string>;

const SEED = Number(process.env['SEED'] ?? 1);
const RUN_COUNT = Number(process.env['RUNS'] ?? 40);

/** One run: a database, what was begun on it, and when it was closed. */
class CloseRun {
  readonly db: Db;
  readonly random: Random;
  readonly acknowledged = new Map<string, string>();
  readonly #calls: Promise<unknown>[] = [];
  #isClosing = false;
  bodiesAfterClose = 0;
  callCount = 0;

  constructor(db: Db, random: Random) {
    this.db = db;
    this.random = random;
  }

  body<T>(run: (tx: Tx) => T): (tx: Tx) => T {
    return (tx) => {
      if (this.#isClosing) this.bodiesAfterClose++;
      return run(tx);
    };
  }

  async go(clientCount: number): Promise<void> {
    for (let client = 0; client < clientCount; client++) this.#calls.push(this.#client(client));
    await turns(this.random.below(60));
    this.#isClosing = true;
    await this.db.close();
    await this.db.close();
  }

  /** Codes of everything that did not succeed. */
  async codes(): Promise<Set<string>> {
    const codes = new Set<string>();
    for (const outcome of await Promise.allSettled(this.#calls)) {
      if (outcome.status === 'rejected') codes.add(String(outcome.reason));
      else for (const code of outcome.value as string[]) codes.add(code);
    }
    return codes;
  }

  /** Makes one call after the other until one is told that the database is closed. */
  async #client(client: number): Promise<string[]> {
    const codes: string[] = [];
    for (let i = 0; codes.at(-1) !== 'CLOSED'; i++) {
      this.callCount++;
      const key = `c${client}/${i}`;
      try {
        if (await this.#call(key)) this.acknowledged.set(key, key);
      } catch (error) {
        codes.push((error as { code?: string }).code ?? String(error));
      }
      await turns(this.random.below(2));
    }
    return codes;
  }

  /** True when `key` is its own value once it has resolved. */
  async #call(key: string): Promise<boolean> {
    const { db, random } = this;
    const durability = random.chance(0.5) ? 'sync' : 'os';
    const mode = random.chance(0.3) ? 'pessimistic' : 'optimistic';
    switch (random.below(13)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        const commitId = random.chance(0.3) ? { commitId: key } : {};
        const options = { mode, durability, ...commitId, ...this.#signal() } as const;
        await db.transaction(
          this.body((tx) => this.#contend(tx, key)),
          options,
        );
        return true;
      }
      case 4:
        await db.put('hot', key, { durability, ...this.#signal() });
        return false;
      case 5:
        await db.put(key, key, { durability });
        return true;
      case 6: {
        const tx = db.begin({ mode: mode as 'optimistic' });
        tx.put(key, key);
        await turns(random.below(3));
        await db.commit(tx);
        return true;
      }
      case 7:
        await db.transaction(
          this.body((outer) => outer.transaction(this.body((tx) => this.#contend(tx, key)))),
        );
        return true;
      case 8:
        await db.transaction(
          this.body(async (tx) => {
            tx.put(key, key);
            await db.transaction(this.body((inner) => inner.put('hot', key)));
          }),
        );
        return true;
      case 9:
        await db.batch([{ type: 'put', key: `${key}/bulk`, value: filler(20_000) }], {
          durability,
        });
        return false;
      case 10:
        await (random.chance(0.5) ? db.flush() : db.compact());
        return false;
      case 11:
        await db.entries({ limit: 50 }).all();
        return false;
      default:
        await (random.chance(0.5)
          ? db.ingest([[key, key]])
          : db.verify().then(() => db.put(key, key)));
        return true;
    }
  }

  async #contend(tx: Tx, key: string): Promise<void> {
    const { random } = this;
    if ('getForUpdate' in tx) {
      const locking = tx as LockingTransaction<string, string>;
      if (random.chance(0.5)) await locking.getForUpdate('hot');
      else await locking.lockRange({ prefix: 'h' });
    } else {
      await tx.get('hot');
    }
    await turns(random.below(4));
    tx.put('hot', key);
    tx.put(key, key);
  }

  #signal(): { signal?: AbortSignal } {
    if (!this.random.chance(0.2)) return {};
    const giveUp = new AbortController();
    void turns(this.random.below(50)).then(() => giveUp.abort());
    return { signal: giveUp.signal };
  }
}

/** How a client may be told: it was closed, it gave up, or others came first, as ever. */
const EXPECTED = new Set(['CLOSED', 'ABORTED', 'CONFLICT']);

describe(`close() at a random moment, seed ${SEED}`, () => {
  it(
    'lets no body begin, settles every promise, loses nothing acknowledged, and is no failure ' +
      '(transactor/no-body-after-close)',
    async () => {
      const events: string[] = [];
      let callCount = 0;
      for (let round = 0; round < RUN_COUNT; round++) {
        const vfs = new MemoryVfs();
        const db = await openMemory({ vfs, ...TINY, onEvent: (name) => events.push(name) });
        const run = new CloseRun(db, makeRandom(1000 * SEED + round));
        await run.go(20);
        const codes = await run.codes();
        const where = `seed ${SEED}, round ${round}`;
        expect(
          [...codes].filter((code) => !EXPECTED.has(code)),
          where,
        ).toEqual([]);
        expect(run.bodiesAfterClose, where).toBe(0);
        callCount += run.callCount;
        const again = await openMemory({ vfs, ...TINY });
        for (const [key, value] of run.acknowledged) {
          expect(again.getSync(key), `${where}: ${key}`).toBe(value);
        }
        await again.close();
      }
      expect(events).not.toContain('failed');
      expect(callCount).toBeGreaterThan(20 * RUN_COUNT);
    },
  );

  it('finds bodies that begin after it: a canary without the check', async () => {
    const run = new CloseRun(await openMemory(), makeRandom(SEED));
    const body = run.body(() => undefined);
    await run.go(1);
    await run.codes();
    body(undefined as unknown as Tx); // as a transactor would that does not look
    expect(run.bodiesAfterClose).toBe(1);
  });
});

/** A transaction that has lost once and waits for the lane, which another holds that retries, too. */
async function waitForLane(db: Db): Promise<{ waiting: Promise<unknown>; leave: () => void }> {
  let leave = (): void => undefined;
  const held = new Promise<void>((resolve) => (leave = resolve));
  const lose = async (tx: Tx, run: number): Promise<void> => {
    tx.put('k', 'mine');
    if (run === 0) await db.put('k', 'other');
  };
  let holderRuns = 0;
  const holder = db.transaction(async (tx) => {
    await lose(tx, holderRuns++);
    if (holderRuns === 2) await held;
  });
  holder.catch(() => undefined);
  await turns();
  let runs = 0;
  const waiting = db.transaction((tx) => lose(tx, runs++));
  waiting.catch(() => undefined);
  await turns();
  expect([holderRuns, runs]).toEqual([2, 1]);
  return { waiting, leave };
}

const openStill = (vfs = new MemoryVfs()): Promise<Db> =>
  open(DIRECTORY, {
    vfs,
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
    environment: { clock: new ManualClock() }, // no timer ends a wait
  });

describe('close()', () => {
  it('ends a wait for the lane; so does a signal, at once (retry-lane/ends-at-once)', async () => {
    const db = await openStill();
    const { waiting, leave } = await waitForLane(db);
    await db.close();
    expect(await errorOf(() => waiting)).toMatchObject({ code: 'CLOSED' });
    leave();
    const other = await openStill();
    const lane = await waitForLane(other);
    const giveUp = new AbortController();
    let runs = 0;
    const aborted = other.transaction(
      async (tx) => {
        tx.put('k', 'mine');
        if (runs++ === 0) await other.put('k', 'another');
      },
      { signal: giveUp.signal },
    );
    await turns();
    giveUp.abort(new Error('enough'));
    expect(await errorOf(() => aborted)).toMatchObject({
      code: 'ABORTED',
      cause: { message: 'enough' },
    });
    expect(runs).toBe(1);
    lane.leave();
    await lane.waiting;
    await other.close();
  });

  it('ends waits for locks, of bodies, commits and plain writes, without a timer', async () => {
    const db = await openStill();
    const holder = db.begin({ mode: 'pessimistic' });
    await holder.lock('k');
    const optimistic = db.begin();
    optimistic.put('k', 'v');
    const waiting = [
      db.put('k', 'v'),
      db.delRange({ gte: 'a' }),
      optimistic.commit(),
      db.begin({ mode: 'pessimistic' }).getForUpdate('k'),
      db.transaction((tx) => tx.lockRange({ prefix: 'k' }), { mode: 'pessimistic' }),
      db.transaction((tx) => tx.put('k', 'v'), { commitId: 'one' }),
    ];
    const outcomes = Promise.allSettled(waiting);
    await turns();
    await db.close();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'CLOSED' } });
    }
    await expect(holder.lock('other')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('finishes commits that have their place, and refuses those that wait for room (commit-pipeline/none-after-close)', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const db = await openMemory({
      vfs,
      memtableSizeBytes: 256 * 1024,
      immutableMemtableCountMax: 1,
    });
    const openSyncs = vfs.shut('sync', /\.log$/);
    const puts = Array.from({ length: 12 }, (_, i) => db.put(`k${i}`, filler(100_000, i)));
    expect(db.stats().commits.waitingCount).toBeGreaterThan(0);
    const outcomes = Promise.allSettled(puts);
    const closing = db.close();
    openSyncs();
    await closing;
    const again = await openMemory({ vfs });
    for (const [i, { status }] of (await outcomes).entries()) {
      expect(again.getSync(`k${i}`) !== undefined).toBe(status === 'fulfilled');
    }
  });

  it('within a body closes the database and ends its transaction', async () => {
    const vfs = new MemoryVfs();
    for (const mode of ['optimistic', 'pessimistic'] as const) {
      const db = await openMemory({ vfs });
      let afterwards: unknown;
      const run = db.transaction(
        async (tx) => {
          tx.put('k', 'v');
          await db.close();
          afterwards = await errorOf(() => tx.put('k', 'w'));
        },
        { mode },
      );
      expect(await errorOf(() => run)).toMatchObject({ code: 'CLOSED' });
      expect(String(afterwards)).toMatch(/ClosedError: .*closed/);
      const again = await openMemory({ vfs });
      expect(again.getSync('k')).toBeUndefined();
      await again.close();
    }
  });

  it('called by a listener, or by the source of a bulk load, is one close that ends', async () => {
    const db = await openMemory();
    const loading = db.ingest(
      (async function* () {
        yield ['a', 'a'] as const;
        await db.close();
        yield ['b', 'b'] as const;
      })(),
    );
    expect(await errorOf(() => loading)).toMatchObject({ code: 'CLOSED' });
    const names: string[] = [];
    const other: Db = await openMemory({
      onEvent: (name) => {
        names.push(name);
        if (name === 'flush-finished') void other.close();
      },
    });
    await other.put('k', 'v');
    await other.flush().catch(() => undefined);
    await other.close();
    expect(names.filter((name) => name === 'closed' || name === 'failed')).toEqual(['closed']);
  });
});
