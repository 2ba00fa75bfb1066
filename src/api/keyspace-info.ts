/**
 * A keyspace as `db.keyspaces()` tells of it.
 *
 * Owns: the shape of what is told of a keyspace and of its indexes.
 *
 * Suspension: everything here is synchronous.
 */
import type { Compression } from '../base/options.ts';
import type { BoundedRange } from '../bytes/key-range.ts';
import { keyspaceRange } from '../bytes/keyspace-number.ts';
import type { RangeStats } from '../engine/upkeep/range-releases.ts';
import type { CatalogRecord } from './catalog.ts';
import { lifeOf } from './keyspace-entry.ts';
import type { KeyspaceMode } from './keyspace-checks.ts';

/** A keyspace as `db.keyspaces()` tells of it. */
export interface KeyspaceInfo {
  /** `default` for the database's own keys. */
  readonly name: string;
  /** The encoding that binds its keys; undefined for bytes. */
  readonly keyEncoding: string | undefined;
  /** The encoding that binds its values; undefined for bytes. */
  readonly valueEncoding: string | undefined;
  /** How its tables are compressed; undefined for the choice of the database. */
  readonly compression: Compression | undefined;
  /** Bits of its filters, a key; undefined for the choice of the database. */
  readonly filterBitsPerKey: number | undefined;
  /** How long its entries live that say nothing of it, in milliseconds; Infinity: without end. */
  readonly ttlMs: number;
  /** What may become of its entries. */
  readonly mode: KeyspaceMode;
  /** True when a Merkle tree is kept over its entries. */
  readonly isVerifiable: boolean;
  /** Its secondary indexes, by name. */
  readonly indexes: readonly IndexInfo[];
  /**
   * Tables that may hold keys of this keyspace: those whose first and last key lie in it or around it. What lies between
   * is not known without reading. So a table that is shared counts for each keyspace between its ends, be it empty.
   */
  readonly tableCount: number;
  /** Bytes of the tables that hold nothing but this keyspace. */
  readonly sizeBytes: number;
  /** Entries of these tables, old versions and tombstones included. */
  readonly entryCount: number;
}

/** A secondary index as `db.keyspaces()` tells of it. */
export interface IndexInfo {
  /** As `keyspace.index` takes it. */
  readonly name: string;
  /** Its paths; undefined for an index by a function. */
  readonly on: readonly string[] | undefined;
  /** The version of its function; undefined for an index by paths. */
  readonly version: number | undefined;
  /** No two rows have the same values. */
  readonly isUnique: boolean;
  /** False until it is built: then it cannot be read. */
  readonly isReady: boolean;
  /** Tables that may hold entries of the index, as KeyspaceInfo counts them. */
  readonly tableCount: number;
  /** Bytes of the tables that hold nothing but the index. */
  readonly sizeBytes: number;
  /** Entries of these tables, old versions and tombstones included. */
  readonly entryCount: number;
}

/** What is told of a keyspace with this record. `statsOf` counts the tables of a range. */
export function keyspaceInfoOf(
  number: number,
  record: CatalogRecord,
  statsOf: (range: BoundedRange) => RangeStats,
): KeyspaceInfo {
  return {
    name: record.name,
    keyEncoding: record.keyEncoding,
    valueEncoding: record.valueEncoding,
    compression: record.compression,
    filterBitsPerKey: record.filterBitsPerKey,
    ttlMs: lifeOf(record),
    mode: record.mode ?? 'mutable',
    isVerifiable: record.tree !== undefined,
    indexes: Object.entries(record.indexes ?? {}).map(([name, index]) => ({
      name,
      on: index.on,
      version: index.version,
      isUnique: index.isUnique === true,
      isReady: index.isBuilding !== true,
      ...statsOf(keyspaceRange(index.number)),
    })),
    ...statsOf(keyspaceRange(number)),
  };
}
