/**
 * The indexes of a database that is repaired.
 *
 * Owns: which entries of the old database are Merkle trees, which a repair checks when it has written them; and which entries
 * it leaves out, so that indexes are built anew from the rows that it saves. What
 * a damage took from rows and what it took from their indexes need not agree.
 *
 * Invariants:
 *   repaired-indexes/catalog-first: the records of the catalog have the smallest keys of all. So the numbers of the indexes
 *       are known before the first of their entries comes.
 *
 * Suspension: every method is synchronous.
 */
import type { IndexRecords } from '../indexes/index-record.ts';
import { CorruptionError } from '../base/errors.ts';
import { decodeRecord, encodeRecord, isCatalogKey, numberIn } from '../api/catalog.ts';
import { INDEX_BUILD_KIND, keyspaceOf, SYSTEM_KEYSPACE } from '../bytes/keyspace-number.ts';

export class RepairedIndexes {
  readonly #numbers = new Set<number>();
  /** The numbers of the keyspaces that hold Merkle trees. */
  readonly trees: Set<number> = new Set();

  /** The names of the indexes that are to be built, with those of their keyspaces. */
  readonly names: string[] = [];

  /** The value to write for an entry; undefined for one that is left out. */
  take(key: Uint8Array, value: Uint8Array): Uint8Array | undefined {
    const keyspace = keyspaceOf(key);
    if (this.#numbers.has(keyspace)) return undefined;
    if (keyspace !== SYSTEM_KEYSPACE) return value;
    if (key[1] === INDEX_BUILD_KIND) return undefined;
    return isCatalogKey(key) ? this.#takeRecord(key, value) : value;
  }

  #takeRecord(key: Uint8Array, value: Uint8Array): Uint8Array {
    try {
      const number = numberIn(key);
      if (number === SYSTEM_KEYSPACE) return value;
      const record = decodeRecord(number, value);
      if (record.tree !== undefined) this.trees.add(record.tree);
      const entries = Object.entries(record.indexes ?? {});
      if (entries.length === 0) return value;
      for (const [name, index] of entries) {
        this.#numbers.add(index.number);
        this.names.push(`${record.name}.${name}`);
      }
      const indexes: IndexRecords = Object.fromEntries(
        entries.map(([name, index]) => [name, { ...index, isBuilding: true }]),
      );
      return encodeRecord({ ...record, indexes });
    } catch (error) {
      if (error instanceof CorruptionError) return value; // as it was: an open tells
      throw error;
    }
  }
}
