/**
 * A secondary index, as its user holds it.
 *
 * Owns: the calls that read an index: of a keyspace, and of one in a transaction. index-maintenance.ts writes it.
 *
 * Suspension: as each method says.
 */
import { rejected } from '../base/describe.ts';
import { takeOptions, type Template } from '../base/options.ts';
import type { TupleElement } from '../bytes/tuple.ts';
import type { LiveIndex } from '../indexes/live-index.ts';
import { READ_OPTIONS, type ReadOptions } from './database-options.ts';
import { INTERNAL, noConstructor, shows } from './facade.ts';
import type { IndexReads, IndexScanRequest } from './index-reads.ts';
import { type IndexScan, makeIndexScan } from './index-scan.ts';
import { RANGE_OPTIONS } from './ranges.ts';

/**
 * The entries of an index that a scan shows. Bounds are compared with as many values as they have: `lte: ['DE']` takes every
 * entry whose first value is `'DE'` or before it, and `gt: ['DE']` none of those.
 */
export interface IndexRange {
  /** Entries after all those that begin with these values. */
  readonly gt?: readonly TupleElement[];
  /** These values and those after them. */
  readonly gte?: readonly TupleElement[];
  /** Entries before these values. */
  readonly lt?: readonly TupleElement[];
  /** Entries before these values, and those that begin with them. */
  readonly lte?: readonly TupleElement[];
  /** Entries whose values begin with these. */
  readonly prefix?: readonly TupleElement[];
}

/** Options of a scan over an index. */
export interface IndexScanOptions extends IndexRange, ReadOptions {
  /** From the last entry to the first. Default false. */
  readonly reverse?: boolean;
  /** At most this many results; -1 or absent for all. */
  readonly limit?: number;
}

/** A row, as an index finds it. */
export interface IndexedEntry<K, V> {
  /** The values of the index, for this entry of the row. */
  readonly values: readonly TupleElement[];
  /** The primary key. */
  readonly key: K;
  /** The row. */
  readonly value: V;
}

const SCAN_OPTIONS: Template<IndexScanOptions> = {
  ...(RANGE_OPTIONS as Template<IndexRange>),
  reverse: undefined,
  limit: undefined,
  ...READ_OPTIONS,
};

// Set by the class, whose private members nothing else can reach.
let construct: <K, V>(reads: IndexReads<K, V>) => SecondaryIndex<K, V>;

/**
 * A secondary index of a keyspace. Made by `keyspace.index`; in a transaction by `tx.in(keyspace).index`, where it shows the
 * snapshot with the transaction's own writes over it. It needs no closing.
 *
 * Reads fail with NotReadyError while the index is built, and for a snapshot from before it was; with ClosedError after the
 * end of the database, the keyspace, the index or the transaction; and as reads of the keyspace do.
 */
export class SecondaryIndex<K, V> {
  readonly #reads: IndexReads<K, V>;

  private constructor(token: symbol, reads: IndexReads<K, V>) {
    if (token !== INTERNAL) throw noConstructor('SecondaryIndex', 'keyspace.index()');
    this.#reads = reads;
  }

  static {
    construct = (reads) => new SecondaryIndex(INTERNAL, reads);
    shows(SecondaryIndex, (index) => (#reads in index ? { name: index.name } : undefined));
  }

  /** Its name. */
  get name(): string {
    return this.#live.name;
  }

  /** False while it is built: then it cannot be read. */
  get isReady(): boolean {
    return !this.#live.isBuilding;
  }

  /** Rows that its build has read in this process; 0 for an index that was there whole. */
  get builtCount(): number {
    return this.#live.builtCount;
  }

  /**
   * Resolves when it is built. Rejects with UniqueError when two rows have the same values of a unique index: then the
   * index is not read, and the next opening of the keyspace tries again.
   *
   * @example
   * const people = { keyEncoding: 'utf8', valueEncoding: 'json', indexes: { byAge: { on: ['age'] } } };
   * const again = await db.keyspace('users', people); // has rows: the index is built in the background
   * await again.index('byAge').ready();
   */
  ready(): Promise<void> {
    return this.#reads.ready();
  }

  /**
   * The first row whose values begin with these, in the order of the index; undefined when there is none.
   *
   * @example
   * (await users.index('byEmail').get(['ada@x'])).key; // => 'ada'
   */
  async get(
    values: readonly TupleElement[],
    options?: ReadOptions,
  ): Promise<IndexedEntry<K, V> | undefined> {
    const from = takeOptions('a read', options, READ_OPTIONS);
    const reads = this.#reads;
    const found = await reads.first(values, from);
    if (found === undefined) return undefined;
    return { values: found.row.values, key: reads.keyOf(found.row), value: found.value };
  }

  /**
   * The rows of a range of the index, in its order; a row with several entries in the range comes once for each.
   *
   * @example
   * for await (const { values, key } of users.index('byCity').entries({ gte: ['H'] })) console.log(values, key);
   * // => [ 'Linz' ] bob
   */
  entries(options?: IndexScanOptions): IndexScan<IndexedEntry<K, V>> {
    return this.#entries(takeOptions('a scan of an index', options, SCAN_OPTIONS));
  }

  /**
   * As `entries`, the rows alone.
   *
   * @example
   * await users.index('byEmail').values({ prefix: ['ada@x'] }).all(); // => [ { email: 'ada@x', city: 'Graz' } ]
   */
  values(options?: IndexScanOptions): IndexScan<V> {
    const taken = takeOptions('a scan of an index', options, SCAN_OPTIONS);
    const { nextEntries, close } = this.#reads.open(taken);
    return makeIndexScan({
      nextMany: async (count) => (await nextEntries(count)).map(({ value }) => value),
      close,
    });
  }

  /**
   * As `entries`, the primary keys alone: reads no row.
   *
   * @example
   * await users.index('byCity').keys({ prefix: ['Graz'] }).all(); // => [ 'ada', 'cyd' ]
   */
  keys(options?: IndexScanOptions): IndexScan<K> {
    const taken = takeOptions('a scan of an index', options, SCAN_OPTIONS);
    const reads = this.#reads;
    const { nextRows, close } = reads.open(taken);
    return makeIndexScan({
      nextMany: async (count) => (await nextRows(count)).map((row) => reads.keyOf(row)),
      close,
    });
  }

  /**
   * How many entries a range of the index has: reads no row.
   *
   * @example
   * await users.index('byCity').count({ prefix: ['Graz'] }); // => 2
   */
  count(options?: IndexRange & ReadOptions): Promise<number> {
    try {
      const taken = takeOptions<IndexScanOptions>('a count of an index', options, SCAN_OPTIONS);
      return this.#count(taken);
    } catch (error) {
      return rejected(error);
    }
  }

  async #count(taken: IndexScanRequest): Promise<number> {
    const { nextRows, close } = this.#reads.open(taken);
    try {
      let count = 0;
      for (;;) {
        const { length } = await nextRows(COUNT_LOT);
        count += length;
        if (length < COUNT_LOT) return count;
      }
    } finally {
      close();
    }
  }

  #entries(taken: IndexScanRequest): IndexScan<IndexedEntry<K, V>> {
    const reads = this.#reads;
    const { nextEntries, close } = reads.open(taken);
    return makeIndexScan({
      nextMany: async (count) =>
        (await nextEntries(count)).map(({ row, value }) => ({
          values: row.values,
          key: reads.keyOf(row),
          value,
        })),
      close,
    });
  }

  get #live(): LiveIndex {
    return this.#reads.index;
  }
}

const COUNT_LOT = 1024;

export function makeSecondaryIndex<K, V>(reads: IndexReads<K, V>): SecondaryIndex<K, V> {
  return construct(reads);
}
