/**
 * The options of keyspaces, as jobs need them.
 *
 * Owns: which keyspace has tables of another kind than the database. The API fills it from the catalog; until it has,
 * jobs follow the options of the database.
 *
 * Suspension: everything here is synchronous.
 */
import type { Compression } from '../../base/options.ts';
import { compressionOf, type KeyspaceTableOptions } from '../../compaction/compaction.ts';

/** Absent: as the database. */
export interface KeyspaceStorage {
  readonly compression?: Compression | undefined;
  readonly filterBitsPerKey?: number | undefined;
}

export class KeyspaceOptionsTable {
  readonly #options = new Map<number, KeyspaceStorage>();

  set(number: number, { compression, filterBitsPerKey }: KeyspaceStorage): void {
    if (compression === undefined && filterBitsPerKey === undefined) this.#options.delete(number);
    else this.#options.set(number, { compression, filterBitsPerKey });
  }

  /** What differs from the options of the database for tables of a level. */
  ofLevel(level: number): KeyspaceTableOptions[] {
    return [...this.#options].map(([number, { compression, filterBitsPerKey }]) => ({
      number,
      ...(compression === undefined ? {} : { compression: compressionOf(level, compression) }),
      ...(filterBitsPerKey === undefined ? {} : { filterBitsPerKey }),
    }));
  }
}
