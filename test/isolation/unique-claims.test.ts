/**
 * Many clients claim few values of unique indexes at once: no two rows ever hold one, and whoever is refused is told a row
 * that did hold it.
 *
 * Clients put, update and batch, and run transactions at both levels and in both modes, over two keyspaces; some rows expire.
 * A seed decides who goes on next (scheduler.ts). Snapshots on the way are audited. In the end each refusal is judged by what
 * was committed: its holder must have had the value at some moment between the call and the refusal.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConflictError, UniqueError } from '../../src/base/errors.ts';
import { IndexMaintenance } from '../../src/indexes/index-maintenance.ts';
import type { Database } from '../../src/api/database.ts';
import type { Keyspace } from '../../src/api/keyspace.ts';
import { LockingTransaction } from '../../src/api/locking-transaction.ts';
import { open } from '../../src/api/open.ts';
import type { Snapshot } from '../../src/api/snapshot.ts';
import { CrashVfs } from '../support/crash-vfs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { Scheduler } from './scheduler.ts';

const RUNS = Number(process.env['ISOLATION_RUNS'] ?? 5);
const SEED = Number(process.env['ISOLATION_SEED'] ?? 1);
const ATTEMPT_COUNT = 300;
const CANARY_RUN_COUNT_MAX = 20;

const SPACE_NAMES = ['a', 'b'] as const;
const KEY_COUNT = 8;
const NAME_COUNT = 6;

interface Row {
  readonly name: string;
  readonly tag: string;
}

/** What an attempt leaves in a row when it is committed; without a name: nothing. */
interface Claim {
  readonly space: number;
  readonly key: string;
  readonly name: string | undefined;
}

interface Attempt {
  readonly claims: readonly Claim[];
  readonly calledAt: number;
  settledAt: number;
  outcome: 'committed' | 'conflict' | 'unique' | 'pending';
  error: UniqueError | undefined;
  /** The keyspace in which it was refused, when it is known: of an attempt in one keyspace. */
  readonly space: number | undefined;
}

/** Whether some committed attempt can have left the value with the row that the refusal names. */
function isRealHolder(attempts: readonly Attempt[], refused: Attempt, error: UniqueError): boolean {
  const [name] = error.values;
  const isOf = (space: number, { key, space: own }: Claim): boolean =>
    own === space && key === error.key;
  const last = (attempt: Attempt, space: number): Claim | undefined =>
    attempt.claims.filter((claim) => isOf(space, claim)).at(-1);
  return SPACE_NAMES.some((_, space) => {
    if (refused.space !== undefined && refused.space !== space) return false;
    if (last(refused, space)?.name === name) return true; // another row of the same commit
    return attempts.some((claimer) => {
      if (claimer.outcome !== 'committed' || last(claimer, space)?.name !== name) return false;
      if (claimer.calledAt > refused.settledAt) return false;
      const isGivenUp = attempts.some(
        (later) =>
          later.outcome === 'committed' &&
          last(later, space) !== undefined &&
          last(later, space)?.name !== name &&
          later.calledAt > claimer.settledAt &&
          later.settledAt < refused.calledAt,
      );
      return !isGivenUp;
    });
  });
}

class Run {
  readonly #random: Random;
  readonly #clock = new ManualClock();
  readonly #scheduler: Scheduler;
  readonly attempts: Attempt[] = [];
  readonly #vfs = new CrashVfs();
  db!: Database;
  #spaces!: Keyspace<string, Row>[];
  #eventCount = 0;
  #left = ATTEMPT_COUNT;
  auditCount = 0;

  constructor(seed: number) {
    this.#random = makeRandom(seed);
    this.#scheduler = new Scheduler(this.#random, this.#clock);
  }

  async run(): Promise<void> {
    this.db = await open('/db', {
      vfs: this.#vfs,
      environment: { clock: this.#clock },
      background: 'inline',
      memtableSizeBytes: 256 * 1024,
      blockCacheSizeBytes: this.#random.pick([0, 64 * 1024]),
    });
    this.#spaces = [];
    for (const name of SPACE_NAMES) {
      const space = await this.db.keyspace<string, Row>(name, {
        keyEncoding: 'utf8',
        valueEncoding: 'json',
        indexes: { byName: { on: ['name'], unique: true }, byTag: { on: ['tag'] } },
      } as never);
      this.#spaces.push(space);
    }
    const clients = Array.from({ length: 3 + this.#random.below(5) }, () => () => this.#client());
    await this.#scheduler.run([...clients, () => this.#auditor()], () => {
      if (this.#random.chance(0.02)) void this.db.flush().catch(() => undefined);
    });
    await this.#audit(undefined);
    expect((await this.db.verify()).problems).toEqual([]);
    await this.db.close();
    for (const attempt of this.attempts) {
      if (attempt.error === undefined) continue;
      const { key, values } = attempt.error;
      const hint = `holder=${String(key)} values=${values.join()}`;
      expect(isRealHolder(this.attempts, attempt, attempt.error), hint).toBe(true);
    }
  }

  async #client(): Promise<void> {
    while (this.#left-- > 0) {
      await this.#scheduler.turn();
      await this.#attempt();
    }
  }

  async #auditor(): Promise<void> {
    while (this.#left > 0) {
      await this.#scheduler.turn();
      const snapshot = this.db.snapshot();
      for (let turns = this.#random.below(4); turns > 0; turns--) await this.#scheduler.turn();
      await this.#audit(snapshot);
      snapshot.close();
    }
  }

  /** No value twice, and every index as its rows. */
  async #audit(snapshot: Snapshot | undefined): Promise<void> {
    this.auditCount++;
    for (const space of this.#spaces) {
      const view = snapshot ?? this.db.snapshot();
      const rows = await space.entries({ snapshot: view }).all();
      const names = rows.map(([, { name }]) => name);
      expect(new Set(names).size, `rows with one value: ${JSON.stringify(rows)}`).toBe(
        names.length,
      );
      const found = await space.index('byName').entries({ snapshot: view }).all();
      expect(found.map(({ values, key }) => [values[0], key])).toEqual(
        rows.map(([key, { name }]) => [name, key]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
      );
      expect(await space.index('byTag').count({ snapshot: view })).toBe(rows.length);
      if (snapshot === undefined) view.close();
    }
  }

  async #attempt(): Promise<void> {
    const { below, chance, pick } = this.#random;
    const way = pick(['put', 'update', 'batch', 'transaction', 'transaction'] as const);
    const space = below(SPACE_NAMES.length);
    const isOne = way === 'put' || way === 'update';
    const claims = Array.from({ length: isOne ? 1 : 1 + below(3) }, (): Claim => {
      const name = !isOne && chance(0.2) ? undefined : `n${below(NAME_COUNT)}`;
      const where = isOne || chance(0.7) ? space : below(SPACE_NAMES.length);
      return { space: where, key: `k${below(KEY_COUNT)}`, name };
    });
    const isIn = claims.every((claim) => claim.space === claims[0]?.space);
    const attempt: Attempt = {
      claims,
      calledAt: ++this.#eventCount,
      settledAt: Infinity,
      outcome: 'pending',
      error: undefined,
      space: isIn ? claims[0]?.space : undefined,
    };
    this.attempts.push(attempt);
    try {
      await this.#commit(way, claims);
      attempt.outcome = 'committed';
    } catch (error) {
      if (error instanceof UniqueError) {
        attempt.outcome = 'unique';
        attempt.error = error;
      } else if (error instanceof ConflictError) attempt.outcome = 'conflict';
      else throw error;
    }
    attempt.settledAt = ++this.#eventCount;
  }

  #commit(
    way: 'put' | 'update' | 'batch' | 'transaction',
    claims: readonly Claim[],
  ): Promise<unknown> {
    const { chance, below } = this.#random;
    const [{ space, key, name }] = claims as [Claim];
    const tag = `t${below(3)}`;
    const life = (): { ttlMs?: number } => (chance(0.15) ? { ttlMs: 1 + below(40) } : {});
    if (way === 'put') return this.#in(space).put(key, { name: name ?? '', tag }, life());
    if (way === 'update') {
      return this.#in(space).update(key, (row) => ({ tag, ...row, name: name ?? '' }));
    }
    if (way === 'transaction') return this.#transact(claims, tag);
    return this.db.batch(
      claims.map((claim) =>
        claim.name === undefined
          ? { type: 'del', in: this.#in(claim.space), key: claim.key }
          : {
              type: 'put',
              in: this.#in(claim.space),
              key: claim.key,
              value: { name: claim.name, tag },
              ...life(),
            },
      ) as never,
    );
  }

  async #transact(claims: readonly Claim[], tag: string): Promise<void> {
    const { chance, pick } = this.#random;
    const tx = this.db.begin({
      isolation: pick(['snapshot', 'serializable'] as const),
      mode: pick(['optimistic', 'pessimistic'] as const),
    });
    try {
      for (const { space, key, name } of claims) {
        const rows = tx.in(this.#in(space));
        if (chance(0.5)) await rows.index('byName').get([name ?? 'n0']);
        await this.#scheduler.turn();
        if (rows instanceof LockingTransaction) await rows.lock(key);
        if (name === undefined) rows.del(key);
        else if (chance(0.3))
          rows.update(key, (row: Row | undefined): Row => ({ tag, ...row, name }));
        else rows.put(key, { name, tag });
      }
      await this.#scheduler.turn();
      await tx.commit();
    } finally {
      tx.rollback();
    }
  }

  #in(space: number): Keyspace<string, Row> {
    return this.#spaces[space]!; // under the length
  }
}

const SEEDS = Array.from({ length: RUNS }, (_, i) => SEED + i);

afterEach(() => {
  vi.restoreAllMocks();
});

describe('claims of unique values', () => {
  it.each(SEEDS)(
    'never leave one with two rows, and name a real holder: seed=%i (index-maintenance/unique)',
    async (seed) => {
      const run = new Run(seed);
      await run.run();
      const count = (outcome: Attempt['outcome']): number =>
        run.attempts.filter((attempt) => attempt.outcome === outcome).length;
      expect(count('pending')).toBe(0);
      for (const outcome of ['committed', 'unique', 'conflict'] as const) {
        expect(count(outcome), outcome).toBeGreaterThan(0);
      }
      expect(run.auditCount).toBeGreaterThan(3);
    },
  );
});

/** Ends when one of the histories fails. */
async function foundWith(plant: (run: Run) => void): Promise<string> {
  for (let seed = 1; seed <= CANARY_RUN_COUNT_MAX; seed++) {
    const run = new Run(seed);
    plant(run);
    const error: unknown = await run.run().catch((reason: unknown) => reason);
    vi.restoreAllMocks();
    if (error instanceof Error) return `${error.name}: ${error.message}`;
  }
  return expect.unreachable(`not found in ${CANARY_RUN_COUNT_MAX} histories`);
}

describe('a database in which', () => {
  const { derive } = IndexMaintenance.prototype;

  it('no unique index is checked is found out', async () => {
    const found = await foundWith(() => {
      vi.spyOn(IndexMaintenance.prototype, 'derive').mockImplementation(function (
        this: IndexMaintenance,
        batch,
        view,
      ) {
        derive.call(this, batch, view, false);
      });
    });
    expect(found).toContain('AssertionError');
  });

  it('a unique index does not see commits in flight is found out', async () => {
    const found = await foundWith((run) => {
      vi.spyOn(IndexMaintenance.prototype, 'derive').mockImplementation(function (
        this: IndexMaintenance,
        batch,
        view,
        isChecked,
      ) {
        const { published } = run.db.stats().sequence;
        const blind = {
          sequence: view.sequence,
          find: view.find.bind(view),
          findLater: view.findLater.bind(view),
          scan: view.scan.bind(view),
          withExpired: view.withExpired.bind(view),
          findSync: (...[key, hash, result]: Parameters<typeof view.findSync>) => {
            const isThere = view.findSync(key, hash, result);
            const isIndex = key.bytes[key.start]! > 2; // a key has a head
            return isThere && !(isIndex && result.sequence > published);
          },
        };
        derive.call(this, batch, blind, isChecked);
      });
    });
    expect(found).toContain('AssertionError');
  });

  it('a refusal names a row that never held the value is found out', () => {
    const claim = (key: string, name: string, calledAt: number, settledAt: number): Attempt => ({
      claims: [{ space: 0, key, name }],
      calledAt,
      settledAt,
      outcome: 'committed',
      error: undefined,
      space: 0,
    });
    const naming = (key: string): UniqueError =>
      new UniqueError('', { index: 'byName', values: ['n1'], keyBytes: Buffer.from(key), key });
    const attempts = [claim('k1', 'n1', 1, 2), claim('k2', 'n1', 3, 4), claim('k1', 'n0', 3, 4)];
    const refused: Attempt = { ...claim('k3', 'n1', 5, 6), outcome: 'unique' };
    expect(isRealHolder(attempts, refused, naming('k2'))).toBe(true);
    expect(isRealHolder(attempts, refused, naming('k1')), 'given up').toBe(false);
    expect(isRealHolder(attempts, refused, naming('k4')), 'never held').toBe(false);
    const early: Attempt = { ...refused, calledAt: 3.5 };
    expect(isRealHolder(attempts, early, naming('k1')), 'perhaps not yet given up').toBe(true);
  });
});
