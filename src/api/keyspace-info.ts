/**
 * What `db.keyspaces()` tells of a keyspace and of its indexes.
 *
 * Owns: the shapes of both.
 */
import type { Compression } from '../base/options.ts';

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
