/**
 * A cache of contents by their digest, with a bound.
 *
 * Owns: which content each key has, the bytes of each content once, and what goes when there is no room.
 *
 * It is what package managers and build tools keep: a key leads to a digest, the digest to the bytes. Two keys with equal
 * bytes share them. The cache never grows over its bound: a put lets go of what was not used for longest, in its own commit.
 *
 * Invariants:
 *   C1. Each entry has its content, and each content has an entry; it knows how many.
 *   C2. The total is the sum of the contents' sizes, and at most the bound.
 *   C3. What `get` returns has the digest that it was stored by.
 *
 * Suspension: everything waits for the database.
 */
import { createHash } from 'node:crypto';
import type { Database, Keyspace, Transaction } from 'varve';

export interface Entry {
  /** `sha256-` and the digest in base64, as `integrity` of web pages and lock files has it. */
  readonly integrity: string;
  readonly sizeBytes: number;
  readonly metadata: unknown;
  /** Milliseconds since 1970; not newer than by `touchAfterMs`. */
  readonly usedAt: number;
}

export interface Cached extends Entry {
  readonly data: Uint8Array;
}

export interface CacheOptions {
  /** All contents together; a content alone may not be larger. */
  readonly sizeBytesMax: number;
  /** A use within this time after the last noted one is not noted: reads then write nothing. */
  readonly touchAfterMs?: number;
  readonly now?: () => number;
}

/** How many entries have a content. */
interface Shared {
  readonly entryCount: number;
  readonly sizeBytes: number;
}

interface Parts {
  readonly entries: Keyspace<string, Entry>;
  readonly contents: Keyspace<string, Uint8Array>;
  readonly shared: Keyspace<string, Shared>;
  readonly totals: Keyspace<string, number>;
}

type AnyDatabase = Database<unknown, unknown>;
type AnyTransaction = Transaction<unknown, unknown>;

export class Cache {
  readonly #db: AnyDatabase;
  readonly #parts: Parts;
  readonly #options: Required<CacheOptions>;

  private constructor(db: AnyDatabase, parts: Parts, options: CacheOptions) {
    this.#db = db;
    this.#parts = parts;
    this.#options = { touchAfterMs: 60_000, now: Date.now, ...options };
  }

  static async open(db: AnyDatabase, options: CacheOptions): Promise<Cache> {
    const json = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;
    const parts: Parts = {
      entries: await db.keyspace<string, Entry>('entries', {
        ...json,
        indexes: { used: { on: ['usedAt'] } },
      }),
      contents: await db.keyspace('contents', { keyEncoding: 'utf8' }),
      shared: await db.keyspace<string, Shared>('shared', json),
      totals: await db.keyspace<string, number>('totals', json),
    };
    await parts.entries.index('used').ready();
    return new Cache(db, parts, options);
  }

  /** Stores the bytes under the key, in place of what it had. Resolves with their integrity. */
  async put(key: string, data: Uint8Array, metadata: unknown = null): Promise<string> {
    const { sizeBytesMax, now } = this.#options;
    if (data.length > sizeBytesMax) {
      throw new RangeError(`Larger than the cache: size=${data.length} max=${sizeBytesMax}`);
    }
    const integrity = integrityOf(data);
    await this.#db.transaction(async (tx) => {
      await this.#remove(tx, key);
      const shared = await tx.in(this.#parts.shared).get(integrity);
      if (shared === undefined) {
        await this.#makeRoom(tx, data.length);
        tx.in(this.#parts.contents).put(integrity, data);
        await this.#addToTotal(tx, data.length);
      }
      const entryCount = (shared?.entryCount ?? 0) + 1;
      tx.in(this.#parts.shared).put(integrity, { entryCount, sizeBytes: data.length });
      tx.in(this.#parts.entries).put(key, {
        integrity,
        sizeBytes: data.length,
        metadata,
        usedAt: now(),
      });
    });
    return integrity;
  }

  /** What the key has; undefined for nothing. Throws when the bytes are not those that were stored (C3). */
  async get(key: string): Promise<Cached | undefined> {
    using snapshot = this.#db.snapshot(); // entry and content as of one moment
    const entry = await this.#parts.entries.get(key, { snapshot });
    if (entry === undefined) return undefined;
    const data = await this.#parts.contents.get(entry.integrity, { snapshot });
    if (data === undefined || integrityOf(data) !== entry.integrity) {
      throw new Error(`Content is not what was stored: key=${key} integrity=${entry.integrity}`);
    }
    const { touchAfterMs, now } = this.#options;
    if (now() - entry.usedAt >= touchAfterMs) await this.#touch(key);
    return { ...entry, data };
  }

  /** Whether the key was there. */
  delete(key: string): Promise<boolean> {
    return this.#db.transaction((tx) => this.#remove(tx, key));
  }

  /** Keys with their entries, in the order of the keys. */
  entries(): Promise<[string, Entry][]> {
    return this.#parts.entries.entries().all();
  }

  async sizeBytes(): Promise<number> {
    return (await this.#parts.totals.get('bytes')) ?? 0;
  }

  /** What breaks C1 to C3, as sentences. */
  async audit(): Promise<string[]> {
    const wrong: string[] = [];
    using snapshot = this.#db.snapshot();
    const counts = new Map<string, number>();
    for await (const [key, { integrity }] of this.#parts.entries.entries({ snapshot })) {
      counts.set(integrity, (counts.get(integrity) ?? 0) + 1);
      if (!(await this.#parts.contents.has(integrity, { snapshot })))
        wrong.push(`no content: ${key}`);
    }
    let total = 0;
    for await (const [integrity, data] of this.#parts.contents.entries({ snapshot })) {
      total += data.length;
      if (integrityOf(data) !== integrity) wrong.push(`damaged: ${integrity}`);
      const shared = await this.#parts.shared.get(integrity, { snapshot });
      if (shared?.entryCount !== counts.get(integrity)) wrong.push(`wrong count: ${integrity}`);
    }
    if (total !== ((await this.#parts.totals.get('bytes', { snapshot })) ?? 0))
      wrong.push('wrong total');
    if (total > this.#options.sizeBytesMax) wrong.push('over the bound');
    return wrong;
  }

  /** A lost note of a use does no harm, so it waits for no disk. */
  #touch(key: string): Promise<unknown> {
    const { now } = this.#options;
    return this.#parts.entries.update(key, (entry) => entry && { ...entry, usedAt: now() }, {
      durability: 'os',
    });
  }

  async #makeRoom(tx: AnyTransaction, sizeBytes: number): Promise<void> {
    const { entries, totals } = this.#parts;
    while (((await tx.in(totals).get('bytes')) ?? 0) + sizeBytes > this.#options.sizeBytesMax) {
      const oldest = await tx.in(entries).index('used').entries().first();
      if (oldest === undefined) return; // there is none: all is free
      await this.#remove(tx, oldest.key);
    }
  }

  async #remove(tx: AnyTransaction, key: string): Promise<boolean> {
    const { entries, contents, shared } = this.#parts;
    const entry = await tx.in(entries).get(key);
    if (entry === undefined) return false;
    tx.in(entries).del(key);
    const { entryCount = 1, sizeBytes = entry.sizeBytes } =
      (await tx.in(shared).get(entry.integrity)) ?? {};
    if (entryCount > 1) {
      tx.in(shared).put(entry.integrity, { entryCount: entryCount - 1, sizeBytes });
      return true;
    }
    tx.in(shared).del(entry.integrity);
    tx.in(contents).del(entry.integrity);
    await this.#addToTotal(tx, -sizeBytes);
    return true;
  }

  async #addToTotal(tx: AnyTransaction, sizeBytes: number): Promise<void> {
    const totals = tx.in(this.#parts.totals);
    totals.put('bytes', ((await totals.get('bytes')) ?? 0) + sizeBytes);
  }
}

export function integrityOf(data: Uint8Array): string {
  return `sha256-${createHash('sha256').update(data).digest('base64')}`;
}
