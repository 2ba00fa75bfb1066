/**
 * A Varve database with the interface of Level.
 *
 * Owns: the private methods that abstract-level calls, with keys and values encoded: each becomes one call of Varve's public
 * surface.
 *
 * Invariants:
 *   varve-level/owner-closes: a VarveLevel closes the database that it has opened. One that it was given stays open.
 *   varve-level/errors-of-level: what Varve throws reaches the caller as a LevelError with a `LEVEL_*` code.
 *
 * Suspension: as the calls of Varve do.
 */
import {
  AbstractLevel,
  type AbstractBatchOperation,
  type AbstractSnapshot,
  type Transcoder,
} from 'abstract-level';
import type { BatchOperation, Database, ExpiryOptions, Keyspace, ReadOptions } from '../index.ts';
import { bytesOf, type Format, formatted, type Formatted } from './formats.ts';
import {
  ChainedBatch,
  type LevelOperation,
  operationOf,
  putOptions,
  type SyncOption,
  writeOptions,
} from './level-batch.ts';
import { type ClearRequest, clearRange } from './level-clear.ts';
import type { LevelScanOptions, LevelSource } from './level-cursor.ts';
import { LevelError, levelError, leveled } from './level-error.ts';
import { EntryIterator, KeyIterator, ValueIterator } from './level-iterators.ts';
import {
  type LevelBatchOptions,
  type LevelChainedBatch,
  type LevelClearOptions,
  type LevelDelOptions,
  type LevelOpenOptions,
  type LevelOptions,
  type LevelOverOptions,
  type LevelPutOptions,
  type LevelRangeOptions,
  openFor,
  type Opened,
  type TakenOptions,
} from './level-options.ts';
import { LevelSnapshot, type SnapshotOwner, snapshotIn } from './level-snapshot.ts';

const MANIFEST = {
  encodings: { buffer: true, utf8: true, view: true },
  has: true,
  getSync: true,
  seek: true,
  permanence: true,
  implicitSnapshots: true,
  explicitSnapshots: true,
  createIfMissing: true,
  errorIfExists: true,
  additionalMethods: { approximateSize: true, compactRange: true },
  signals: { iterators: true },
};

/** Options of a read as abstract-level hands them down. */
interface LevelReadOptions {
  readonly valueEncoding: Format;
  readonly snapshot?: AbstractSnapshot;
}

/**
 * A Varve database with the interface of Level (`abstract-level`, version 3).
 *
 * Errors have the codes of Level. The error of Varve is their `cause`; that of a failed `open` is one step further down.
 *
 * @example
 * const level = new VarveLevel('./data', { valueEncoding: 'json' });
 * await level.put('a', { n: 1 }, { sync: true });
 * await level.sublevel('inner').put('b', 2);
 * await level.get('a'); // => { n: 1 }
 * level.getSync('a'); // => { n: 1 }
 * await level.keys().all(); // => [ '!inner!b', 'a' ]
 * await level.close();
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- options of Varve for methods that abstract-level has
export class VarveLevel<KDefault = string, VDefault = string> extends AbstractLevel<
  string | Buffer | Uint8Array,
  KDefault,
  VDefault
> {
  readonly #source: string | Database<unknown, unknown>;
  #opened: Opened | undefined = undefined;
  readonly #reads: LevelSource;

  /** For the directory `location`, which the first call opens: with `createIfMissing` and `errorIfExists`. */
  constructor(location: string, options?: LevelOptions<KDefault, VDefault>);
  /** Over a database that is open, and stays so: a keyspace of it, or its own keys. */
  constructor(database: Database<unknown, unknown>, options?: LevelOverOptions<KDefault, VDefault>);
  constructor(
    source: string | Database<unknown, unknown>,
    options?: LevelOptions<KDefault, VDefault>,
  ) {
    if (source === '' || (typeof source !== 'string' && !isDatabase(source))) {
      throw new TypeError('The first argument must be a non-empty string or an open database');
    }
    super(MANIFEST, options);
    this.#source = source;
    const keyspace = (): Keyspace => this.#keyspace;
    this.#reads = {
      get keyspace() {
        return keyspace();
      },
      snapshot: () => this.#mustBeOpened.database.snapshot(),
    };
  }

  /** The directory: as it was given, or that of the database that was given. */
  get location(): string {
    return typeof this.#source === 'string' ? this.#source : this.#source.location;
  }

  /** The database of Varve behind it, for what Level has no call for; undefined while it is not open. */
  get database(): Database<unknown, unknown> | undefined {
    return this.#opened?.database;
  }

  /**
   * Bytes of tables that the entries from `start` to before `end` take, about. What is not in tables yet counts as nothing.
   *
   * @example
   * await animals.approximateSize('a', 'z'); // => 0
   * await animals.database.flush();
   * (await animals.approximateSize('a', 'z')) > 0; // => true
   */
  approximateSize<K = KDefault>(start: K, end: K, options?: LevelRangeOptions<K>): Promise<number> {
    return this.#overRange(start, end, options, (keyspace, gte, lt) =>
      keyspace.approximateSizeBytes({ gte, lt }),
    );
  }

  /**
   * Compacts the keys from `start` to `end`, both included, to the bottom.
   *
   * @example
   * await animals.clear({ lt: 'c' });
   * await animals.compactRange('a', 'c'); // the room of what was cleared is free
   * await animals.keys().all(); // => [ 'cat' ]
   */
  compactRange<K = KDefault>(start: K, end: K, options?: LevelRangeOptions<K>): Promise<void> {
    return this.#overRange(start, end, options, (keyspace, gte, lte) =>
      keyspace.compact({ gte, lte }),
    );
  }

  /** Calls with two keys as bytes, once the database is open. */
  async #overRange<K, T>(
    start: K,
    end: K,
    options: LevelRangeOptions<K> | undefined,
    call: (keyspace: Keyspace, start: Uint8Array, end: Uint8Array) => Promise<T>,
  ): Promise<T> {
    if (start === undefined || end === undefined) {
      throw new TypeError("The arguments 'start' and 'end' are required");
    }
    if (this.status === 'opening') {
      return this.deferAsync(() => this.#overRange(start, end, options, call));
    }
    const bytes = [this.#encoded(start, options), this.#encoded(end, options)] as const;
    return leveled(call(this.#keyspace, ...bytes));
  }

  /** @internal */
  async _open(options: TakenOptions): Promise<void> {
    this.#opened = await leveled(openFor(this.#source, options));
  }

  /** @internal */
  async _close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened !== undefined) await leveled(opened.close());
  }

  // Reads.

  /** @internal */
  async _get(key: Formatted, options: LevelReadOptions): Promise<Formatted | undefined> {
    try {
      const value = await this.#keyspace.get(bytesOf(key), readOptions(options));
      return value === undefined ? undefined : formatted(value, options.valueEncoding);
    } catch (error) {
      throw levelError(error);
    }
  }

  /** @internal */
  _getSync(key: Formatted, options: LevelReadOptions): Formatted | undefined {
    try {
      const value = this.#keyspace.getSync(bytesOf(key), readOptions(options));
      return value === undefined ? undefined : formatted(value, options.valueEncoding);
    } catch (error) {
      throw levelError(error);
    }
  }

  /** @internal */
  async _getMany(
    keys: readonly Formatted[],
    options: LevelReadOptions,
  ): Promise<(Formatted | undefined)[]> {
    const format = options.valueEncoding;
    const values = await this.#valuesOf(keys, options);
    return values.map((value) => (value === undefined ? undefined : formatted(value, format)));
  }

  /** @internal */
  _has(key: Formatted, options: LevelReadOptions): Promise<boolean> {
    return leveled(this.#keyspace.has(bytesOf(key), readOptions(options)));
  }

  /** @internal */
  async _hasMany(keys: readonly Formatted[], options: LevelReadOptions): Promise<boolean[]> {
    const values = await this.#valuesOf(keys, options);
    return values.map((value) => value !== undefined);
  }

  async #valuesOf(
    keys: readonly Formatted[],
    options: LevelReadOptions,
  ): Promise<(Uint8Array | undefined)[]> {
    return leveled(this.#keyspace.getMany(keys.map(bytesOf), readOptions(options)));
  }

  /** @internal */
  _iterator(options: LevelScanOptions): EntryIterator {
    return this.#made(() => new EntryIterator(this, this.#reads, options));
  }

  /** @internal */
  _keys(options: LevelScanOptions): KeyIterator {
    return this.#made(() => new KeyIterator(this, this.#reads, options));
  }

  /** @internal */
  _values(options: LevelScanOptions): ValueIterator {
    return this.#made(() => new ValueIterator(this, this.#reads, options));
  }

  /** @internal */
  _snapshot(options: SnapshotOwner): LevelSnapshot {
    return this.#made(() => new LevelSnapshot(options, this.#reads.snapshot()));
  }

  // Writes.

  /** @internal */
  _put(key: Formatted, value: Formatted, options: SyncOption & ExpiryOptions): Promise<void> {
    return leveled(this.#keyspace.put(bytesOf(key), bytesOf(value), putOptions(options)));
  }

  /** @internal */
  _del(key: Formatted, options: SyncOption): Promise<void> {
    return leveled(this.#keyspace.del(bytesOf(key), writeOptions(options)));
  }

  /** @internal */
  _batch(operations: readonly LevelOperation[], options: SyncOption): Promise<void> {
    return this.#commit(operations.map(operationOf), options);
  }

  /** @internal */
  _chainedBatch(): ChainedBatch {
    return new ChainedBatch(this, (operations, options) => this.#commit(operations, options));
  }

  #commit(
    operations: readonly BatchOperation<Uint8Array, Uint8Array>[],
    options: SyncOption,
  ): Promise<void> {
    return leveled(this.#keyspace.batch(operations, writeOptions(options)));
  }

  /** @internal */
  async _clear(options: ClearRequest & SyncOption & ReadOfSnapshot): Promise<void> {
    const place = { snapshot: snapshotIn(options), write: writeOptions(options) };
    await leveled(clearRange(this.#keyspace, options, place));
  }

  get #mustBeOpened(): Opened {
    if (this.#opened !== undefined) return this.#opened;
    throw new LevelError('LEVEL_DATABASE_NOT_OPEN', 'Database is not open');
  }

  get #keyspace(): Keyspace {
    return this.#mustBeOpened.keyspace;
  }

  #encoded<K>(key: K, options: LevelRangeOptions<K> | undefined): Uint8Array {
    const given = options?.keyEncoding as Transcoder.MixedEncoding<K, unknown, unknown> | undefined;
    const encoding = given === undefined ? this.keyEncoding() : this.keyEncoding(given);
    return bytesOf((encoding as Transcoder.Encoding<unknown, Formatted, unknown>).encode(key));
  }

  /** What `make` makes; its errors as Level has them. */
  #made<T>(make: () => T): T {
    try {
      return make();
    } catch (error) {
      throw levelError(error);
    }
  }
}

interface ReadOfSnapshot {
  readonly snapshot?: AbstractSnapshot;
}

/** What abstract-level declares, with the options that Varve takes beside. The code of all of these is abstract-level's. */
export interface VarveLevel<KDefault, VDefault> {
  /**
   * Opens the database, unless a call has done so already.
   *
   * @example
   * const zoo = new VarveLevel('./zoo');
   * await zoo.open({ createIfMissing: true });
   * zoo.status; // => 'open'
   * await zoo.close();
   */
  open(options?: LevelOpenOptions): Promise<void>;
  /**
   * Writes a value, over the one that is there.
   *
   * @example
   * await animals.put('bee', { legs: 6 }, { sync: true, ttlMs: 60_000 });
   * await animals.get('bee'); // => { legs: 6 }
   */
  put(key: KDefault, value: VDefault): Promise<void>;
  put<K = KDefault, V = VDefault>(key: K, value: V, options: LevelPutOptions<K, V>): Promise<void>;
  /**
   * Deletes a key. An absent one is no error.
   *
   * @example
   * await animals.del('cat', { sync: true });
   * await animals.get('cat'); // => undefined
   */
  del(key: KDefault): Promise<void>;
  del<K = KDefault>(key: K, options: LevelDelOptions<K>): Promise<void>;
  /**
   * Several operations as one commit: all of them or none.
   *
   * @example
   * await animals.batch([
   *   { type: 'put', key: 'dog', value: { legs: 4 } },
   *   { type: 'del', key: 'cat' },
   * ]);
   * await animals.keys().all(); // => [ 'ant', 'dog' ]
   */
  batch(operations: AbstractBatchOperation<this, KDefault, VDefault>[]): Promise<void>;
  batch<K = KDefault, V = VDefault>(
    operations: AbstractBatchOperation<this, K, V>[],
    options: LevelBatchOptions<K, V>,
  ): Promise<void>;
  batch(): LevelChainedBatch<this, KDefault, VDefault>;
  /**
   * Deletes a range, or everything: one commit, but for a `limit` or a `snapshot`.
   *
   * @example
   * await animals.clear({ gte: 'b' });
   * await animals.keys().all(); // => [ 'ant' ]
   */
  clear(): Promise<void>;
  clear<K = KDefault>(options: LevelClearOptions<K>): Promise<void>;
}

function readOptions(options: ReadOfSnapshot): ReadOptions | undefined {
  const snapshot = snapshotIn(options);
  return snapshot === undefined ? undefined : { snapshot };
}

/** By its calls, not by its class: a program may both import and require Varve. */
function isDatabase(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return ['keyspace', 'keyspaces', 'snapshot'].every(
    (name) => typeof Reflect.get(value, name) === 'function',
  );
}
