/**
 * What a query reads by: a keyspace as of one moment, or a transaction.
 *
 * Owns: the one shape that both have here, and the snapshot that a query holds while it runs.
 *
 * Invariants:
 *   rows/one-moment: all reads of a query outside of a transaction are of one snapshot, which it gives back at its end. A query
 *       that is one scan needs none.
 *
 * Suspension: every read suspends for blocks that are not in memory.
 */
import type {
  Database,
  IndexRange,
  IndexScan,
  IndexScanOptions,
  Keyspace,
  Scan,
  ScanOptions,
  SecondaryIndex,
  Snapshot,
  Transaction,
  TupleElement,
} from '../index.ts';

/** A document, as it is stored. */
export type Stored = Readonly<Record<string, unknown>> & { readonly id: string };

export interface Rows {
  getMany(ids: readonly string[]): Promise<(Stored | undefined)[]>;
  /** `isOnly`: the query reads nothing else, and a scan is of one moment by itself. */
  values(options: ScanOptions<string>, isOnly: boolean): Scan<string, Stored>;
  keys(options: ScanOptions<string>): Scan<string, string>;
  isIndexReady(name: string): boolean;
  indexKeys(name: string, options: IndexScanOptions): IndexScan<string>;
  indexValues(name: string, options: IndexScanOptions, isOnly: boolean): AsyncIterableLots;
  /** The first document whose values in the index begin with these. */
  indexFirst(
    name: string,
    values: readonly TupleElement[],
    isOnly: boolean,
  ): Promise<Stored | undefined>;
  indexCount(name: string, range: IndexRange, isOnly: boolean): Promise<number>;
  /** Idempotent. */
  close(): void;
}

/** Results a lot at a time; fewer than asked for at the end alone. */
export interface AsyncIterableLots {
  nextMany(count: number): Promise<readonly Stored[]>;
  close(): void;
}

/**
 * Reads of a keyspace, as of a snapshot of its own, which is opened when it is first needed, or of the caller's. `ready` are
 * the indexes that were seen to be whole: for a later snapshot they are.
 */
export function keyspaceRows(
  db: Pick<Database, 'snapshot'>,
  keyspace: Keyspace<string, Stored>,
  given: Snapshot | undefined,
  ready: Set<string>,
): Rows {
  let snapshot = given;
  const at = (): { readonly snapshot: Snapshot } => ({ snapshot: (snapshot ??= db.snapshot()) });
  const once = (isOnly: boolean): { readonly snapshot?: Snapshot } =>
    isOnly && snapshot === undefined ? {} : at();
  return {
    getMany: (ids) => keyspace.getMany(ids, at()),
    values: (options, isOnly) => keyspace.values({ ...options, ...once(isOnly) }),
    keys: (options) => keyspace.keys({ ...options, ...at() }),
    isIndexReady: (name) => {
      if (given === undefined && ready.has(name)) return true;
      const isReady = isReadable(() => keyspace.index(name).keys({ ...NOTHING, ...at() }));
      if (isReady) ready.add(name);
      return isReady;
    },
    indexKeys: (name, options) => keyspace.index(name).keys({ ...options, ...at() }),
    indexValues: (name, options, isOnly) =>
      valuesOf(keyspace.index(name), { ...options, ...once(isOnly) }),
    indexFirst: async (name, values, isOnly) =>
      (await keyspace.index(name).get(values, once(isOnly)))?.value,
    indexCount: (name, range, isOnly) => keyspace.index(name).count({ ...range, ...once(isOnly) }),
    close: () => {
      if (given === undefined) snapshot?.close();
    },
  };
}

/** Reads of a transaction, its own writes among them. */
export function transactionRows(tx: Transaction<string, Stored>): Rows {
  return {
    getMany: (ids) => tx.getMany(ids),
    values: (options) => tx.values(options),
    keys: (options) => tx.keys(options),
    isIndexReady: (name) => isReadable(() => tx.index(name).keys(NOTHING)),
    indexKeys: (name, options) => tx.index(name).keys(options),
    indexValues: (name, options) => valuesByKeys(tx, tx.index(name), options),
    indexFirst: async (name, values) => (await tx.index(name).get(values))?.value,
    indexCount: (name, range) => tx.index(name).count(range),
    close: () => undefined,
  };
}

/** A range without entries: a transaction that looks there has read nothing. */
const NOTHING: IndexRange = { gte: [null], lt: [null] };

/** False while an index is built, and for a moment before it was. */
function isReadable(read: () => IndexScan<string>): boolean {
  try {
    read().close();
    return true;
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'NOT_READY') return false;
    throw error;
  }
}

function valuesOf(
  index: SecondaryIndex<string, Stored>,
  options: IndexScanOptions,
): AsyncIterableLots {
  return index.values(options);
}

/** In a transaction, which may have deleted a document since the scan began. */
function valuesByKeys(
  tx: Transaction<string, Stored>,
  index: SecondaryIndex<string, Stored>,
  options: IndexScanOptions,
): AsyncIterableLots {
  const scan = index.keys(options);
  return {
    nextMany: async (count) => {
      const lot: Stored[] = [];
      while (lot.length < count) {
        const wanted = count - lot.length;
        const ids = await scan.nextMany(wanted);
        for (const each of await tx.getMany(ids)) if (each !== undefined) lot.push(each);
        if (ids.length < wanted) break;
      }
      return lot;
    },
    close: () => scan.close(),
  };
}
