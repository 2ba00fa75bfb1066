/**
 * A database that moves, for tests of migrations: keyspaces of all kinds, random commits, and all that it holds as a value.
 *
 * Owns: the commits, drawn from a seed, and what is compared.
 */
import type { Database, Keyspace } from '../../src/index.ts';
import type { Random } from '../support/prng.ts';

interface User {
  readonly email: string | null;
  readonly tags: readonly string[];
}

export type TextDatabase = Database<string, unknown>;

/** A writer of one database. */
export class Writer {
  readonly #db: TextDatabase;
  readonly #random: Random;
  readonly #users: Keyspace<string, User>;
  readonly #sessions: Keyspace<string, string>;
  readonly #bytes: Keyspace;
  readonly #log: Keyspace<readonly number[], { n: number }> | undefined;
  #logCount = 0;

  private constructor(
    db: TextDatabase,
    random: Random,
    users: Keyspace<string, User>,
    sessions: Keyspace<string, string>,
    rest: { bytes: Keyspace; log: Keyspace<readonly number[], { n: number }> | undefined },
  ) {
    this.#db = db;
    this.#random = random;
    this.#users = users;
    this.#sessions = sessions;
    this.#bytes = rest.bytes;
    this.#log = rest.log;
  }

  static async open(db: TextDatabase, random: Random, hasLedger: boolean): Promise<Writer> {
    const users = await db.keyspace<string, User>('users', {
      keyEncoding: 'utf8',
      valueEncoding: 'json',
      indexes: { byEmail: { on: ['email'], unique: true }, byTag: { on: ['tags[]'] } },
    });
    const sessions = await db.keyspace<string, string>('sessions', {
      keyEncoding: 'utf8',
      valueEncoding: 'utf8',
      ttlMs: 3_600_000,
    });
    const bytes = await db.keyspace('bytes', { compression: 'none', filterBitsPerKey: 4 });
    const log = hasLedger
      ? await db.keyspace<readonly number[], { n: number }>('log', {
          keyEncoding: 'tuple',
          valueEncoding: 'json',
          mode: 'append-only',
          verifiable: true,
        })
      : undefined;
    return new Writer(db, random, users, sessions, { bytes, log });
  }

  async commit(): Promise<void> {
    const random = this.#random;
    const key = `k${random.below(40)}`;
    switch (random.below(10)) {
      case 0:
        await this.#db.put(key, { n: random.below(1000) }, { ttlMs: 5_000_000 });
        return;
      case 1:
        await this.#db.put(key, random.below(1000));
        return;
      case 2:
        await this.#users.delRange({ gte: key, lt: `${key}5` });
        return;
      case 3:
        await this.#swap();
        return;
      case 4:
        await this.#bytes.put(random.bytes(1 + random.below(2)), random.bytes(random.below(50)));
        return;
      case 5:
        await this.#append();
        return;
      case 6:
        await this.#users.del(key);
        return;
      case 7:
        await this.#sessions.put(key, String(random.below(1000)));
        return;
      default:
        await this.#put(key);
    }
  }

  /** A user of that key, unless another one has the address. */
  async #put(key: string): Promise<void> {
    const random = this.#random;
    const email = random.chance(0.2) ? null : `e${random.below(60)}`;
    const tags = Array.from({ length: random.below(3) }, () => `t${random.below(5)}`);
    await this.#db.transaction(async (tx) => {
      const users = tx.in(this.#users);
      const other = email === null ? undefined : await users.index('byEmail').get([email]);
      if (other === undefined || other.key === key) users.put(key, { email, tags });
      tx.put(key, { from: 'put' });
    });
  }

  /** Two rows of a unique index swap their values in one commit. */
  async #swap(): Promise<void> {
    await this.#db.transaction(async (tx) => {
      const users = tx.in(this.#users);
      const rows = await users.entries({ limit: 30 }).all();
      const [first, last] = [rows[0], rows.at(-1)];
      if (first === undefined || last === undefined || first[0] === last[0]) return;
      users.put(first[0], { ...first[1], email: last[1].email });
      users.put(last[0], { ...last[1], email: first[1].email });
    });
  }

  async #append(): Promise<void> {
    const n = this.#logCount++;
    // Keys are not in the order of commits.
    await this.#log?.put([this.#random.below(5), n], { n });
    if (this.#log === undefined) await this.#db.del(`k${this.#random.below(40)}`);
  }
}

/** All that a database holds: keyspaces, entries with their times, and what its indexes show. Handles are of bytes. */
export async function contentOf(db: Database): Promise<unknown> {
  const content = [];
  for (const info of await db.keyspaces()) {
    const { tableCount: _t, sizeBytes: _s, entryCount: _e, ...options } = info;
    const keyspace =
      info.name === db.name ? db : await db.keyspace(info.name, { createIfMissing: false });
    const entries = [];
    for (const [key, value] of await keyspace.entries().all()) {
      const expiresAt = await keyspace.expiresAt(key);
      entries.push([hex(key), hex(value), expiresAt === Infinity ? 'never' : expiresAt]);
    }
    const indexes: unknown[] = [];
    for (const { name, isReady, on, isUnique } of info.indexes) {
      const rows = await keyspace.index(name).entries().all();
      indexes.push({ name, isReady, on, isUnique, rows: rows.map(({ key }) => hex(key)) });
    }
    const root = info.isVerifiable ? Buffer.from((await keyspace.root()).hash).toString('hex') : '';
    content.push({ ...options, indexes, entries, root });
  }
  return content;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
