/**
 * Reads ahead, for graphs on servers.
 *
 * Owns: what was read before it is needed. In a directory a graph reads by calls: `getSync`, and scans in a `for` loop. A call
 * cannot cross a network. So on servers each part of a graph first asks for what it will read, many keys in one request, and
 * then finds it here by a call. What was forgotten throws MissedRead; a write then runs again with it (`runAhead`).
 *
 *      await nodes.ahead([[1], [2]])      one request
 *      nodes.getSync([1])                 from memory
 *
 * Views and transactions of a directory have none of this: `ahead` is undefined there, and costs them one look at it.
 *
 * Memory: what one lot of a traversal needs; `ahead` forgets what was read before when that is much. A write keeps what it
 * reads.
 *
 * Invariants:
 *   ahead/one-state: what is kept here is of the state that its view or its transaction shows. A write keeps it for one
 *       call, and writes of one transaction run one after the other, so none reads what another has changed.
 *
 * Suspension: `ahead` and `runAhead` suspend for the servers; all else is synchronous.
 */
import {
  type Bounded,
  type RangeOptions,
  type Scan,
  type ScanOptions,
  type Transaction,
  type Tuple,
} from '../index.ts';
import { toJson } from './text-values.ts';

/** Keys that a view keeps of one keyspace before older ones are forgotten. */
const KEPT_COUNT_MAX = 20_000;
/** Scans that are under way at once. */
const SCAN_COUNT_MAX = 32;

/** Something was read by a call that was not read ahead. `load` reads it. */
export class MissedRead extends Error {
  readonly load: () => Promise<void>;

  constructor(load: () => Promise<void>) {
    super('Graph on servers reads what was not read ahead');
    this.load = load;
  }
}

/** Values by key, of one keyspace in one state. */
class Kept<K, V> {
  readonly #values = new Map<string, V | undefined>();
  readonly #countMax: number;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  has(key: K): boolean {
    return this.#values.has(nameOf(key));
  }

  mustGet(key: K, load: () => Promise<void>): V | undefined {
    const name = nameOf(key);
    const value = this.#values.get(name);
    if (value === undefined && !this.#values.has(name)) throw new MissedRead(load);
    return value;
  }

  /** Reads those that are not here. */
  async fill(
    keys: readonly K[],
    read: (keys: readonly K[]) => Promise<(V | undefined)[]>,
  ): Promise<void> {
    if (this.#values.size + keys.length > this.#countMax) this.#values.clear();
    const missing = keys.filter((key) => !this.has(key));
    if (missing.length === 0) return;
    const values = await read(missing);
    missing.forEach((key, i) => this.#values.set(nameOf(key), values[i]));
  }
}

function nameOf(key: unknown): string {
  return typeof key === 'string' ? key : JSON.stringify(toJson(key as Tuple));
}

/** What reads of one keyspace stand on: as SpaceReads, without reads by calls. */
interface AwaitedReads<K, V> {
  get(key: K): Promise<V | undefined>;
  getMany(keys: readonly K[]): Promise<(V | undefined)[]>;
  entries(options?: ScanOptions<K>): Scan<K, [K, V]>;
  keys(options?: ScanOptions<K>): Scan<K, K>;
}

/** Reads of one keyspace in a view on servers. */
export class AheadReads<K, V> implements AwaitedReads<K, V> {
  readonly #reads: AwaitedReads<K, V>;
  readonly #kept = new Kept<K, V>(KEPT_COUNT_MAX);

  constructor(reads: AwaitedReads<K, V>) {
    this.#reads = reads;
  }

  get(key: K): Promise<V | undefined> {
    return this.#reads.get(key);
  }

  getSync(key: K): V | undefined {
    return this.#kept.mustGet(key, () => this.ahead([key]));
  }

  getMany(keys: readonly K[]): Promise<(V | undefined)[]> {
    return this.#reads.getMany(keys);
  }

  entries(options?: ScanOptions<K>): Scan<K, [K, V]> {
    return this.#reads.entries(options);
  }

  keys(options?: ScanOptions<K>): Scan<K, K> {
    return this.#reads.keys(options);
  }

  /** True when `getSync` has all of them. */
  isAhead(keys: readonly K[]): boolean {
    return keys.every((key) => this.#kept.has(key));
  }

  ahead(keys: readonly K[]): Promise<void> {
    return this.#kept.fill(keys, (missing) => this.#reads.getMany(missing));
  }
}

/** The keys of ranges of `adjacency`, by the bytes that they begin with. */
export class AheadKeys {
  readonly #scan: (range: RangeOptions<Uint8Array>) => Scan<Uint8Array, Uint8Array>;
  readonly #lists = new Map<string, readonly Uint8Array[]>();

  constructor(scan: (range: RangeOptions<Uint8Array>) => Scan<Uint8Array, Uint8Array>) {
    this.#scan = scan;
  }

  has(prefix: Uint8Array): boolean {
    return this.#lists.has(bytesName(prefix));
  }

  /** Throws MissedRead for those that were not read. */
  of(prefix: Uint8Array): readonly Uint8Array[] {
    const found = this.#lists.get(bytesName(prefix));
    if (found !== undefined) return found;
    const missing = prefix.slice();
    throw new MissedRead(() => this.ahead([missing]));
  }

  /** Forgets what was read before, and reads these. */
  async ahead(prefixes: readonly Uint8Array[]): Promise<void> {
    this.#lists.clear();
    for (let at = 0; at < prefixes.length; at += SCAN_COUNT_MAX) {
      await Promise.all(
        prefixes.slice(at, at + SCAN_COUNT_MAX).map(async (prefix) => {
          this.#lists.set(bytesName(prefix), await this.#scan({ prefix }).all());
        }),
      );
    }
  }
}

function bytesName(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** What a write of a graph needs of one keyspace. A transaction has it. */
export interface SpaceWrites<K, V> {
  getSync(key: K): V | undefined;
  keys(options?: ScanOptions<K>): Iterable<K>;
  entries(options?: ScanOptions<K>): Iterable<[K, V]>;
  put(key: K, value: V): void;
  del(key: K): void;
  delRange<R extends RangeOptions<K>>(range: R & Bounded<R>): void;
  clear(): void;
  /** On servers: runs the write again, once these were read, unless they are at hand. */
  expect?(keys: readonly K[]): void;
}

/** One keyspace in a transaction on servers, for one call. */
export class AheadWrites<K, V> implements SpaceWrites<K, V> {
  readonly #tx: Transaction<K, V>;
  readonly #kept = new Kept<K, V>(Infinity);
  readonly #ranges = new Map<string, readonly K[]>();
  readonly #rows = new Map<string, readonly [K, V][]>();

  constructor(tx: Transaction<K, V>) {
    this.#tx = tx;
  }

  getSync(key: K): V | undefined {
    return this.#kept.mustGet(key, () => this.ahead([key]));
  }

  keys(options: ScanOptions<K> = {}): Iterable<K> {
    const name = JSON.stringify(options);
    const found = this.#ranges.get(name);
    if (found !== undefined) return found;
    throw new MissedRead(async () => {
      this.#ranges.set(name, await this.#tx.keys(options).all());
    });
  }

  entries(options: ScanOptions<K> = {}): Iterable<[K, V]> {
    const name = JSON.stringify(options);
    const found = this.#rows.get(name);
    if (found !== undefined) return found;
    throw new MissedRead(async () => {
      this.#rows.set(name, await this.#tx.entries(options).all());
    });
  }

  put(key: K, value: V): void {
    this.#tx.put(key, value);
  }

  del(key: K): void {
    this.#tx.del(key);
  }

  delRange<R extends RangeOptions<K>>(range: R & Bounded<R>): void {
    this.#tx.delRange(range);
  }

  clear(): void {
    this.#tx.clear();
  }

  expect(keys: readonly K[]): void {
    if (!keys.every((key) => this.#kept.has(key))) throw new MissedRead(() => this.ahead(keys));
  }

  ahead(keys: readonly K[]): Promise<void> {
    return this.#kept.fill(keys, (missing) => this.#tx.getMany(missing));
  }
}

/**
 * Runs the body of a write. It runs again whenever it lacked something, from a savepoint on: so what it wrote before is gone.
 * Throws what it throws, and leaves nothing of it then.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- its keys and values are not touched
export async function runAhead<T>(tx: Transaction<any, any>, body: () => T): Promise<T> {
  for (;;) {
    const before = tx.savepoint();
    try {
      return body();
    } catch (error) {
      if (tx.isActive) tx.rollbackTo(before);
      if (!(error instanceof MissedRead)) throw error;
      await error.load();
    }
  }
}
