/**
 * Readers beside a clock that moves: what a snapshot or a transaction has begun with stays until it ends, and what has
 * expired by its begin never shows.
 *
 * Rows are written, updated, expire, are flushed and compacted while readers of every kind are open. Each knows the rows that
 * were live when it began, and looks again and again by every kind of read, indexes among them.
 */
import { describe, expect, it } from 'vitest';
import { open } from '../../src/api/open.ts';
import type { Database } from '../../src/api/database.ts';
import type { Keyspace } from '../../src/api/keyspace.ts';
import type { Snapshot } from '../../src/api/snapshot.ts';
import type { Transaction } from '../../src/api/transaction.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { makeRandom, type Random } from '../support/prng.ts';

const RUNS = Number(process.env['ISOLATION_RUNS'] ?? 6);
const SEED = Number(process.env['ISOLATION_SEED'] ?? 1);
const STEP_COUNT = 250;
const READER_COUNT_MAX = 6;
const KEYS = Array.from({ length: 12 }, (_, i) => `s${String(i).padStart(2, '0')}`);

interface Session {
  readonly user: string;
  readonly token: string;
  readonly visits: number;
}

interface Entry {
  readonly session: Session;
  readonly expiresAtMs: number;
}

interface Reader {
  readonly what: string;
  /** What was live at its begin, and what it has written itself since. */
  readonly expected: Map<string, Entry>;
  readonly tx: Transaction<string, Session> | undefined;
  readonly snapshot: Snapshot | undefined;
}

/** A bug in the way in which a reader reads, for the canaries. */
type Bug = 'none' | 'reads follow the clock' | 'indexes follow the clock';

class Run {
  readonly #random: Random;
  readonly #clock = new ManualClock();
  readonly #entries = new Map<string, Entry>();
  readonly #readers: Reader[] = [];
  readonly #bug: Bug;
  #db!: Database;
  #sessions!: Keyspace<string, Session>;
  #tokenCount = 0;
  lookCount = 0;
  expiredCount = 0;

  constructor(seed: number, bug: Bug) {
    this.#random = makeRandom(seed);
    this.#bug = bug;
  }

  async run(): Promise<void> {
    this.#db = await open('/db', {
      vfs: new MemoryVfs(),
      environment: { clock: this.#clock },
      background: 'inline',
      memtableSizeBytes: 256 * 1024,
    });
    this.#sessions = await this.#db.keyspace<string, Session>('sessions', {
      keyEncoding: 'utf8',
      valueEncoding: 'json',
      indexes: { byUser: { on: ['user'] }, byToken: { on: ['token'], unique: true } },
    } as never);
    try {
      for (let step = 0; step < STEP_COUNT; step++) await this.#step();
      for (const reader of this.#readers) await this.#look(reader);
      expect((await this.#db.verify()).problems).toEqual([]);
    } finally {
      for (const reader of this.#readers) end(reader);
      await this.#db.close();
    }
  }

  async #step(): Promise<void> {
    const { below, chance, pick } = this.#random;
    const kind = below(100);
    if (kind < 30) return this.#write();
    if (kind < 45) return void this.#clock.advance(1 + below(60));
    if (kind < 60) return this.#begin();
    if (kind < 66) return chance(0.6) ? this.#db.flush() : this.#db.compact();
    if (kind < 72 && this.#readers.length > 0) return this.#finish();
    const reader = this.#readers.length > 0 ? pick(this.#readers) : undefined;
    if (reader === undefined) return;
    if (kind < 80 && reader.tx?.isReadOnly === false) this.#writeIn(reader);
    await this.#look(reader);
  }

  #session(): Session {
    const { below } = this.#random;
    return { user: `u${below(4)}`, token: `t${this.#tokenCount++}`, visits: 0 };
  }

  #ttl(): number {
    return this.#random.chance(0.7) ? 1 + this.#random.below(150) : Infinity;
  }

  async #write(): Promise<void> {
    const { chance, pick } = this.#random;
    const key = pick(KEYS);
    if (chance(0.15)) {
      await this.#sessions.del(key);
      this.#entries.delete(key);
    } else if (chance(0.3)) {
      await this.#update(key);
    } else {
      const [session, ttlMs] = [this.#session(), this.#ttl()];
      await this.#sessions.put(key, session, { ttlMs });
      this.#entries.set(key, { session, expiresAtMs: this.#clock.wallMs() + ttlMs });
    }
  }

  /** An update keeps the time; what has expired counts as absent. */
  async #update(key: string): Promise<void> {
    const before = this.#entries.get(key);
    const isLive = before !== undefined && before.expiresAtMs > this.#clock.wallMs();
    const fresh = this.#session();
    const next = (now: Session | undefined): Session =>
      now === undefined ? fresh : { ...now, visits: now.visits + 1 };
    await this.#sessions.update(key, next);
    const session = next(isLive ? before.session : undefined);
    this.#entries.set(key, { session, expiresAtMs: isLive ? before.expiresAtMs : Infinity });
  }

  #begin(): void {
    if (this.#readers.length >= READER_COUNT_MAX) return;
    const { pick } = this.#random;
    const expected = new Map(
      [...this.#entries].filter(([, { expiresAtMs }]) => expiresAtMs > this.#clock.wallMs()),
    );
    const what = pick([
      'snapshot',
      'read-only',
      'optimistic',
      'serializable',
      'pessimistic',
    ] as const);
    if (what === 'snapshot') {
      this.#readers.push({ what, expected, tx: undefined, snapshot: this.#db.snapshot() });
      return;
    }
    const tx = this.#db
      .begin(
        what === 'read-only'
          ? { readOnly: true }
          : what === 'serializable'
            ? { isolation: 'serializable' }
            : { mode: what },
      )
      .in(this.#sessions);
    this.#readers.push({ what, expected, tx, snapshot: undefined });
  }

  /** The transaction is rolled back in the end, so that no other row has its token. */
  #writeIn({ tx, expected }: Reader): void {
    const key = this.#random.pick(KEYS);
    if (this.#random.chance(0.3)) {
      tx?.del(key);
      expected.delete(key);
      return;
    }
    const session = this.#session();
    tx?.put(key, session, { expiresAt: 2 ** 48 - 1 });
    expected.set(key, { session, expiresAtMs: 2 ** 48 - 1 });
  }

  #finish(): void {
    const [reader] = this.#readers.splice(this.#random.below(this.#readers.length), 1);
    if (reader !== undefined) end(reader);
  }

  async #look({ what, expected, tx, snapshot }: Reader): Promise<void> {
    this.lookCount++;
    const nowMs = this.#clock.wallMs();
    for (const { expiresAtMs } of expected.values()) if (expiresAtMs <= nowMs) this.expiredCount++;
    const { chance, pick } = this.#random;
    const newest = this.#sessions;
    const reads = this.#bug === 'reads follow the clock' ? newest : (tx ?? newest);
    const indexed = this.#bug === 'indexes follow the clock' ? newest : (tx ?? newest);
    const at = snapshot !== undefined && this.#bug === 'none' ? { snapshot } : {};
    const key = pick(KEYS);
    const entry = expected.get(key);
    const hint = `${what} key=${key}`;
    expect(await reads.get(key, at as never), hint).toEqual(entry?.session);
    expect(reads.getSync(key, at as never), hint).toEqual(entry?.session);
    expect(await reads.expiresAt(key, at as never), hint).toBe(entry?.expiresAtMs);
    const sorted = [...expected].sort(([a], [b]) => (a < b ? -1 : 1));
    const rows = sorted.map(([name, { session }]) => [name, session]);
    const reverse = chance(0.5);
    const found = await reads.entries({ ...at, reverse }).all();
    expect(reverse ? found.toReversed() : found, hint).toEqual(rows);
    const user = `u${this.#random.below(4)}`;
    const ofUser = rows.filter(([, session]) => (session as Session).user === user);
    const byUser = await indexed
      .index('byUser')
      .entries({ ...at, prefix: [user] })
      .all();
    expect(
      byUser.map(({ key, value }) => [key, value]),
      hint,
    ).toEqual(ofUser);
    expect(await indexed.index('byUser').count(at as never), hint).toBe(expected.size);
    if (entry === undefined) return;
    const holder = await indexed.index('byToken').get([entry.session.token], at);
    expect(holder?.key, hint).toBe(key);
  }
}

function end({ tx, snapshot }: Reader): void {
  tx?.rollback();
  snapshot?.close();
}

const SEEDS = Array.from({ length: RUNS }, (_, i) => SEED + i);

describe('snapshots and transactions beside a clock that moves', () => {
  it.each(SEEDS)('keep what was live when they began, and no more: seed=%i', async (seed) => {
    const run = new Run(seed, 'none');
    await run.run();
    expect(run.lookCount).toBeGreaterThan(10);
    expect(run.expiredCount, 'rows that had expired and were shown').toBeGreaterThan(10);
  });

  it.each(['reads follow the clock', 'indexes follow the clock'] as const)(
    'are found out when %s',
    async (bug) => {
      const found = await new Run(SEED, bug).run().catch((error: unknown) => error);
      expect(String(found)).toContain('AssertionError');
    },
  );
});
