/**
 * Random histories over a keyspace with indexes, against rows in a map.
 *
 * Owns: the steps, every kind of write, expiry, flush, compaction, kill, power cut, drop and build among them, and the
 * comparison: every index shows what follows from the rows. The first difference throws, with seed and step.
 */
import { expect } from 'vitest';
import type { Database, Keyspace, Transaction } from '../../src/index.ts';
import { open, UniqueError } from '../../src/index.ts';
import { CRASH_MODES, CrashVfs } from '../support/crash-vfs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { DIRECTORY } from '../api/fixture.ts';
import {
  expectedEntries,
  hasDuplicate,
  INDEX_NAMES,
  INDEXES,
  type IndexName,
  type Person,
} from './oracle.ts';

type Row = Person & { readonly expiresAtMs?: number };
type Rows = Map<string, { readonly person: Person; readonly expiresAtMs: number }>;
type Write =
  | { readonly type: 'put'; readonly key: string; readonly value: Person; readonly ttlMs?: number }
  | { readonly type: 'del'; readonly key: string }
  | { readonly type: 'delRange'; readonly gte: string; readonly lt: string }
  | {
      readonly type: 'update';
      readonly key: string;
      readonly update: (now: Person | undefined) => Person | undefined;
    }
  | { readonly type: 'clear' };

export class History {
  readonly #random: Random;
  readonly #clock = new ManualClock();
  readonly #seed: number;
  #vfs = new CrashVfs();
  #db!: Database;
  #people!: Keyspace<string, Person>;
  #rows: Rows = new Map();
  #names = new Set<IndexName>(INDEX_NAMES);
  uniqueCount = 0;
  crashCount = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = makeRandom(seed);
  }

  get publishedSequence(): number {
    return this.#db.stats().sequence.published;
  }

  async run(stepCount: number): Promise<void> {
    await this.#open();
    for (let step = 0; step < stepCount; step++) {
      try {
        await this.#step();
        if (step % 5 === 0) await this.#compare();
        if (step % 100 === 99) await this.#verify();
      } catch (error) {
        throw new Error(`seed=${this.#seed} step=${step}`, { cause: error });
      }
    }
    await this.#compare();
    await this.#verify();
    await this.#db.close();
  }

  async #open(): Promise<void> {
    this.#db = await open(DIRECTORY, {
      vfs: this.#vfs,
      environment: { clock: this.#clock },
      background: 'inline',
      memtableSizeBytes: 256 * 1024,
    });
    const indexes = Object.fromEntries([...this.#names].map((name) => [name, INDEXES[name]]));
    this.#people = await this.#db.keyspace<string, Person>('people', {
      keyEncoding: 'utf8',
      valueEncoding: 'json',
      indexes,
    } as never);
    for (const name of this.#names) await this.#people.index(name).ready();
  }

  async #step(): Promise<void> {
    const { below, chance, pick } = this.#random;
    const kind = below(100);
    if (kind < 40) return this.#commit([this.#write()], 'call');
    if (kind < 55) return this.#commit(this.#writes(), 'batch');
    if (kind < 70) return this.#commit(this.#writes(), 'transaction');
    if (kind < 76) return this.#race();
    if (kind < 82) return void this.#clock.advance(below(400));
    if (kind < 85) return this.#db.flush();
    if (kind < 87) return chance(0.5) ? this.#db.compact() : this.#people.compact();
    if (kind < 90) return this.#dieAndReopen(this.#vfs.kill());
    if (kind < 93) {
      const mode = pick(CRASH_MODES);
      return this.#dieAndReopen(this.#vfs.crash({ seed: below(2 ** 31), mode }));
    }
    if (kind < 97) return this.#redeclare();
    await this.#db.close();
    return this.#open();
  }

  /** The rows that are there by the clock. */
  #live(rows: Rows = this.#rows): Map<string, Person> {
    const nowMs = this.#clock.wallMs();
    const live = [...rows].filter(([, { expiresAtMs }]) => expiresAtMs > nowMs);
    return new Map(live.map(([key, { person }]) => [key, person]));
  }

  #applied(writes: readonly Write[]): Rows {
    const rows: Rows = new Map(this.#rows);
    const nowMs = this.#clock.wallMs();
    for (const write of writes) {
      if (write.type === 'put') {
        const { ttlMs = Infinity } = write;
        rows.set(write.key, { person: write.value, expiresAtMs: nowMs + ttlMs });
      } else if (write.type === 'del') rows.delete(write.key);
      else if (write.type === 'clear') rows.clear();
      else if (write.type === 'delRange') {
        for (const key of [...rows.keys()])
          if (key >= write.gte && key < write.lt) rows.delete(key);
      } else {
        const before = rows.get(write.key);
        const isLive = before !== undefined && before.expiresAtMs > nowMs;
        const person = write.update(isLive ? before.person : undefined);
        const expiresAtMs = isLive ? before.expiresAtMs : Infinity;
        if (person === undefined) rows.delete(write.key);
        else rows.set(write.key, { person, expiresAtMs });
      }
    }
    return rows;
  }

  async #commit(writes: readonly Write[], way: 'call' | 'batch' | 'transaction'): Promise<void> {
    const after = this.#applied(writes);
    const isRefused = this.#names.has('byEmail') && hasDuplicate(this.#live(after));
    const error: unknown = await this.#call(writes, way).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error !== undefined && !(error instanceof UniqueError)) throw error as Error;
    expect(error !== undefined, `refused: ${JSON.stringify(writes)}`).toBe(isRefused);
    if (isRefused) this.uniqueCount++;
    else this.#rows = after;
  }

  #call(writes: readonly Write[], way: 'call' | 'batch' | 'transaction'): Promise<unknown> {
    const people = this.#people;
    const [write] = writes;
    if (way === 'batch') return people.batch(writes);
    if (way === 'transaction') {
      return this.#db.transaction(async (tx) => {
        const inPeople = tx.in(people);
        inPeople.batch(writes);
        const after = this.#live(this.#applied(writes));
        // Of two rows with the values of a unique index only one shows, until the commit is refused.
        const isShown = !this.#names.has('byEmail') || !hasDuplicate(after);
        if (isShown && this.#random.chance(0.6)) await this.#compareIn(inPeople, after);
      });
    }
    switch (write?.type) {
      case 'put':
        return people.put(write.key, write.value, write.ttlMs ? { ttlMs: write.ttlMs } : {});
      case 'del':
        return people.del(write.key);
      case 'delRange':
        return people.delRange({ gte: write.gte, lt: write.lt });
      case 'update':
        return people.update(write.key, write.update);
      default:
        return people.clear();
    }
  }

  /** Commits in flight at once: each sees those before it. */
  async #race(): Promise<void> {
    const { below, chance } = this.#random;
    const email = chance(0.5) ? `e${below(30)}` : undefined; // several want the same one
    const writes = Array.from({ length: 2 + below(3) }, (): Write => {
      if (email === undefined) return this.#write();
      return { type: 'put', key: this.#key(), value: { ...this.#person(), email } };
    });
    const outcomes: boolean[] = [];
    const calls = writes.map((write) => this.#call([write], 'call'));
    for (const write of writes) {
      const after = this.#applied([write]);
      const isRefused = this.#names.has('byEmail') && hasDuplicate(this.#live(after));
      outcomes.push(!isRefused);
      if (!isRefused) this.#rows = after;
    }
    const found = await Promise.allSettled(calls);
    expect(found.map(({ status }) => status === 'fulfilled')).toEqual(outcomes);
  }

  /** Drops an index and declares it again, with writes while it is built. */
  async #redeclare(): Promise<void> {
    const name = this.#random.pick(INDEX_NAMES);
    if (this.#names.has(name)) {
      await this.#people.dropIndex(name);
      this.#names.delete(name);
      return;
    }
    const handle = await this.#db.keyspace<string, Person>('people', {
      keyEncoding: 'utf8',
      valueEncoding: 'json',
      indexes: { [name]: INDEXES[name] },
    } as never);
    const isRefused = name === 'byEmail' && hasDuplicate(this.#live());
    const ready = handle.index(name).ready();
    ready.catch(() => undefined);
    if (!isRefused) {
      this.#names.add(name);
      for (let i = this.#random.below(4); i > 0; i--) await this.#commit([this.#write()], 'call');
      await ready;
    } else {
      await expect(ready).rejects.toThrow(UniqueError);
      await handle.dropIndex(name);
    }
  }

  async #dieAndReopen(vfs: CrashVfs): Promise<void> {
    const previous = this.#db;
    this.#vfs = vfs;
    await this.#open(); // every commit was synced, so nothing is lost
    await previous.close().catch(() => undefined);
    this.crashCount++;
  }

  async #compare(): Promise<void> {
    await this.#compareIn(this.#people, this.#live());
    expect(this.#db.stats().readers.scanCount).toBe(0);
    const found = new Map(await this.#people.entries().all());
    expect(found).toEqual(this.#live());
  }

  async #compareIn(
    source: Keyspace<string, Person> | Transaction<string, Person>,
    rows: ReadonlyMap<string, Person>,
  ): Promise<void> {
    for (const name of this.#names) {
      const expected = expectedEntries(name, rows);
      const index = source.index(name);
      const found = await index.entries().all();
      expect(found.map(({ values, key }) => [values, key])).toEqual(expected);
      for (const { key, value } of found) expect(value).toEqual(rows.get(key));
      expect(await index.count()).toBe(expected.length);
      const some = expected[this.#random.below(Math.max(1, expected.length))];
      if (some === undefined) continue;
      const prefix = some[0].slice(0, 1);
      const reversed = expected.filter(([values]) => values[0] === prefix[0]).toReversed();
      const keys = await index.keys({ prefix, reverse: true }).all();
      expect(keys).toEqual(reversed.map(([, key]) => key));
      expect((await index.get(prefix))?.key).toBe(reversed.at(-1)?.[1]);
    }
  }

  async #verify(): Promise<void> {
    const { problems, indexCount, uncheckedIndexes } = await this.#db.verify();
    expect(problems).toEqual([]);
    expect([indexCount, uncheckedIndexes]).toEqual([this.#names.size, []]);
  }

  #writes(): Write[] {
    return Array.from({ length: 1 + this.#random.below(5) }, () => this.#write());
  }

  #key(): string {
    return `p${this.#random.below(25)}`;
  }

  #write(): Write {
    const { below, chance } = this.#random;
    const kind = below(20);
    const key = this.#key();
    if (kind < 11) {
      const value = this.#person();
      return chance(0.25)
        ? { type: 'put', key, value, ttlMs: 1 + below(600) }
        : { type: 'put', key, value };
    }
    if (kind < 14) return { type: 'del', key };
    if (kind < 15) return { type: 'delRange', gte: this.#key(), lt: 'p9' };
    if (kind === 19 && chance(0.2)) return { type: 'clear' };
    const patch = this.#person();
    const isDeletion = chance(0.1);
    return {
      type: 'update',
      key,
      update: (now) => (isDeletion ? undefined : { ...now, ...patch }),
    };
  }

  #person(): Row {
    const { below, chance, pick } = this.#random;
    return {
      ...(chance(0.6) && { email: chance(0.1) ? null : `e${below(30)}` }),
      ...(chance(0.7) && { country: pick(['DE', 'FR', 'DE\0']) }),
      ...(chance(0.6) && { city: pick(['Aachen', 'Bonn', 'Lyon', '']) }),
      ...(chance(0.6) && { tags: Array.from({ length: below(4) }, () => pick(['a', 'b', 'c'])) }),
      ...(chance(0.5) && { age: below(60) }),
    };
  }
}
