/**
 * A storage adapter of Keyv over a keyspace.
 *
 * Owns: the calls that Keyv makes of its store.
 *
 * Layout: the key is text, with the namespace before it as Keyv writes it (`users:ada`); the value is the JSON of what Keyv
 * hands over. An entry expires as Keyv asks.
 *
 * Invariants:
 *   keyv-store/clear-within-namespace: `clear` and `iterator` touch no key outside of the namespace. Example: namespace `a`
 *       holds `a:1`, while `ab:1` belongs to the namespace `ab`.
 *   keyv-store/many-at-once: `setMany` and `deleteMany` are one commit each: all of it, or nothing.
 *
 * Suspension: as the calls of Varve do.
 */
import { EventEmitter } from 'node:events';
import { type Database, InvalidArgumentError, type Keyspace, type RangeOptions } from '../index.ts';

/** A database, whatever its own keys and values are. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the store uses a keyspace of its own alone
export type KeyvDatabase = Database<any, any>;

/** Options of `keyvStore`. */
export interface KeyvStoreOptions {
  /** An open database. The store does not close it. */
  readonly database: KeyvDatabase;
  /** Name of the keyspace; it is created when it is missing. Default `'keyv'`. */
  readonly keyspace?: string;
}

/** An entry as Keyv hands it to `setMany`. */
export interface KeyvEntry {
  /** With the namespace before it. */
  readonly key: string;
  /** What JSON has text for; Keyv hands over text. */
  readonly value: unknown;
  /** How long it lives, in milliseconds; without end when it is absent or 0. */
  readonly ttl?: number | undefined;
}

/** Rows that `iterator` reads with one call. */
const ROW_COUNT = 256;

// Set by the class, whose constructor nothing else can reach.
let construct: (database: KeyvDatabase, keyspace: Keyspace<string, unknown>) => KeyvVarve;

/**
 * A storage adapter for `new Keyv({ store })`, made by `keyvStore`. Its calls reject as those of a Keyspace do; Keyv turns
 * that into its event `error`. Calls after the close of the database reject with ClosedError.
 */
export class KeyvVarve extends EventEmitter {
  /** What Keyv looks at to learn what the store can do. */
  readonly opts: { readonly url: string; readonly dialect: string };
  /** Set by Keyv: what its keys begin with, without the colon. */
  namespace: string | undefined;
  readonly #database: KeyvDatabase;
  readonly #keyspace: Keyspace<string, unknown>;

  private constructor(database: KeyvDatabase, keyspace: Keyspace<string, unknown>) {
    super();
    this.#database = database;
    this.#keyspace = keyspace;
    // Keyv offers an iterator only for the dialects that it knows by name.
    this.opts = { url: `varve://${keyspace.name}`, dialect: 'sqlite' };
  }

  static {
    construct = (database, keyspace) => new KeyvVarve(database, keyspace);
  }

  /**
   * The value of a key, or undefined.
   *
   * @example
   * await cached.get('pages:home'); // => 'Welcome'
   * await cached.get('pages:none'); // => undefined
   */
  async get<T>(key: string): Promise<T | undefined> {
    return (await this.#keyspace.get(key)) as T | undefined;
  }

  /**
   * The values of several keys as of one moment, in their order.
   *
   * @example
   * await cached.getMany(['pages:news', 'pages:none']); // => [ 'Nothing new', undefined ]
   */
  async getMany<T>(keys: string[]): Promise<(T | undefined)[]> {
    return (await this.#keyspace.getMany(keys)) as (T | undefined)[];
  }

  /**
   * Writes a value, which lives for `ttl` milliseconds; without end when `ttl` is absent or 0.
   *
   * @example
   * await cached.set('pages:about', 'Us', 60_000);
   * await cached.get('pages:about'); // => 'Us'
   */
  async set(key: string, value: unknown, ttl?: number): Promise<boolean> {
    await this.#keyspace.put(key, value, { ttlMs: ttlOf(ttl) });
    return true;
  }

  /**
   * Writes several entries in one commit. Resolves with true for each.
   *
   * @example
   * await cached.setMany([
   *   { key: 'pages:about', value: 'Us' },
   *   { key: 'pages:today', value: 'Rain', ttl: 60_000 },
   * ]); // => [ true, true ]
   */
  async setMany(entries: readonly KeyvEntry[]): Promise<boolean[]> {
    await this.#keyspace.batch(
      entries.map(({ key, value, ttl }) => ({ type: 'put', key, value, ttlMs: ttlOf(ttl) })),
    );
    return entries.map(() => true);
  }

  /**
   * Deletes a key; resolves with whether it was there. Of two deletes at the same time, one is told so.
   *
   * @example
   * await cached.delete('pages:home'); // => true
   * await cached.delete('pages:home'); // => false
   */
  delete(key: string): Promise<boolean> {
    return this.deleteMany([key]);
  }

  /**
   * Deletes several keys in one commit; resolves with whether one of them was there.
   *
   * @example
   * await cached.deleteMany(['pages:home', 'pages:none']); // => true
   * await cached.has('pages:home'); // => false
   */
  async deleteMany(keys: readonly string[]): Promise<boolean> {
    return this.#database.transaction(async (tx) => {
      const entries = tx.in(this.#keyspace);
      const values = await entries.getMany(keys);
      const present = keys.filter((_, index) => values[index] !== undefined);
      for (const key of present) entries.del(key);
      return present.length > 0;
    });
  }

  /**
   * Deletes the keys of the namespace, in one commit; without a namespace all keys of the store.
   *
   * @example
   * const pages = new Keyv({ store: cached, namespace: 'pages' });
   * await pages.clear();
   * await cached.has('pages:home'); // => false
   */
  async clear(): Promise<void> {
    if (this.namespace === undefined) await this.#keyspace.clear();
    else await this.#keyspace.delRange(rangeOf(this.namespace));
  }

  /**
   * Whether the key has a value.
   *
   * @example
   * await cached.has('pages:home'); // => true
   */
  has(key: string): Promise<boolean> {
    return this.#keyspace.has(key);
  }

  /**
   * The same for several keys, as of one moment.
   *
   * @example
   * await cached.hasMany(['pages:home', 'pages:none']); // => [ true, false ]
   */
  async hasMany(keys: string[]): Promise<boolean[]> {
    const values = await this.#keyspace.getMany(keys);
    return values.map((value) => value !== undefined);
  }

  /**
   * Entries `[key, value]` of a namespace in key order, or of the whole store, as of one moment.
   *
   * @example
   * for await (const [key, value] of cached.iterator('pages')) {
   *   console.log(key, value);
   * }
   * // => pages:home Welcome
   * // => pages:news Nothing new
   */
  async *iterator<T>(
    namespace: string | undefined = this.namespace,
  ): AsyncGenerator<[string, T], void> {
    const range = namespace === undefined ? {} : rangeOf(namespace);
    const scan = this.#keyspace.entries(range);
    try {
      for (;;) {
        const rows = await scan.nextMany(ROW_COUNT);
        if (rows.length === 0) return;
        yield* rows as [string, T][];
      }
    } finally {
      scan.close();
    }
  }

  /**
   * Does nothing: the database belongs to the program, which closes it.
   *
   * @example
   * await cached.disconnect();
   * db.isOpen; // => true
   */
  async disconnect(): Promise<void> {}
}

/**
 * A store for `new Keyv({ store })`. Each write is as durable as the database has it. Rejects with InvalidArgumentError
 * without an open database, and as `db.keyspace` does.
 *
 * @example
 * const cache = new Keyv({ store: await keyvStore({ database: db }), namespace: 'pages' });
 * await cache.set('home', { title: 'Welcome' }, 60_000);
 * await cache.get('home'); // => { title: 'Welcome' }
 */
export async function keyvStore(options: KeyvStoreOptions): Promise<KeyvVarve> {
  if (
    typeof (options as Partial<KeyvStoreOptions> | undefined)?.database?.keyspace !== 'function'
  ) {
    throw new InvalidArgumentError(
      'Option database of a Keyv store must be an open database: `{ database: await open(...) }`',
    );
  }
  const { database, keyspace = 'keyv' } = options;
  const space = await database.keyspace<string, unknown>(keyspace, {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
  });
  return construct(database, space);
}

/** Keyv has 0 and undefined for an entry that stays. Half a millisecond is a whole one. */
function ttlOf(ttl: number | undefined): number {
  return ttl === undefined || ttl === 0 ? Infinity : Math.ceil(ttl);
}

/** Keys that begin with the namespace and a colon; the sign after the colon is the semicolon. */
function rangeOf(namespace: string): RangeOptions<string> & { gte: string; lt: string } {
  return { gte: `${namespace}:`, lt: `${namespace};` };
}
