/**
 * The commits after one sequence, as a validation asks for them.
 *
 * Owns: which sources can hold such commits, and the search for a key or in a range among them. It is made for one
 * validation and used within it: sources are not pinned.
 *
 * Invariants:
 *   commits-since/new-to-old: sources are asked from new to old (read-state/by-age). A memtable that began at or
 *       before the sequence is the last one asked (memtable/older-below), and tables are asked when one of them is
 *       newer than the sequence. So a transaction that began after the last rotation and the last bulk load asks one
 *       memtable and no table.
 *   commits-since/cost: a key costs one lookup in each source. A range costs no more than the smaller of two counts:
 *       its entries in the memtables, and the commits since. In tables, which do not know the commit order, it costs
 *       its entries there.
 *
 * Suspension: everything here is synchronous; blocks that are not in memory are read synchronously.
 */
import { compareBytes, compareRanges, copyRange, EMPTY_BYTES } from '../../bytes/bytes.ts';
import { hashKey } from '../../bytes/hash.ts';
import { holdsKey, overlapsRange } from '../../bytes/key-range.ts';
import {
  ALL_VERSIONS,
  EXHAUSTED,
  type InternalIterator,
  NEEDS_BLOCK,
} from '../../iterator/internal-iterator.ts';
import type { Memtable } from '../../memtable/memtable.ts';
import type { WalkCounter } from '../../memtable/recent-writes.ts';
import type { TableCache } from '../../sstable/table-cache.ts';
import type { LockRequest } from '../../txn/lock-request.ts';
import type { FileMetadata } from '../../version/file-metadata.ts';
import { SCAN_OPTIONS } from './read-path.ts';
import type { ReadState } from '../state/read-state.ts';

const NO_FILES: readonly FileMetadata[] = [];

export class CommitsSince {
  readonly #tables: TableCache;
  readonly #since: number;
  readonly #counter: WalkCounter;
  readonly #memtables: Memtable[] = [];
  readonly #files: readonly FileMetadata[];

  constructor(state: ReadState, tables: TableCache, since: number, counter: WalkCounter) {
    this.#tables = tables;
    this.#since = since;
    this.#counter = counter;
    for (const { memtable } of state.slots) {
      if (memtable.lastSequence > since) this.#memtables.push(memtable);
      if (memtable.baseSequence <= since) break; // commits-since/new-to-old
    }
    const { largestSequence } = state.version;
    this.#files = largestSequence <= since ? NO_FILES : filesNewerThan(state, since);
  }

  /** A key of the request that was written or deleted, or one in a range of it; undefined when there is none. */
  firstOf({ keys, ranges }: LockRequest): Uint8Array | undefined {
    for (const key of keys) {
      if (this.hasKey(key, 0, key.length, hashKey(key, 0, key.length))) return key;
    }
    for (const { start, end } of ranges) {
      const key = this.keyInRange(start, end);
      if (key !== undefined) return key;
    }
    return undefined;
  }

  /** True when the key was written or deleted. `hash` is its `hashKey`. */
  hasKey(key: Uint8Array, keyStart: number, keyEnd: number, hash: number): boolean {
    const since = this.#since;
    this.#counter.walkedCount++;
    for (const memtable of this.#memtables) {
      const newest = memtable.newestSequence(key, keyStart, keyEnd, hash);
      if (newest > since || isDeletedSince(memtable, key, keyStart, keyEnd, since)) return true;
      if (newest > 0) return false; // older sources hold only older entries of the key
    }
    for (const file of this.#files) {
      this.#counter.walkedCount++;
      if (!holdsKey(file, key, keyStart, keyEnd)) continue;
      // Range tombstones over the key count in it.
      const newest = this.#tables.get(file.number).newestSequence(key, keyStart, keyEnd, hash);
      if (newest > since) return true;
    }
    return false;
  }

  /** A key in `[lower, upper)` that was written or deleted, or undefined; no bound: open at that end. */
  keyInRange(lower: Uint8Array | undefined, upper: Uint8Array | undefined): Uint8Array | undefined {
    const from = lower ?? EMPTY_BYTES;
    const range = { lower: from, upper };
    if (upper !== undefined && compareBytes(from, upper) >= 0) return undefined;
    const since = this.#since;
    for (const memtable of this.#memtables) {
      if (memtable.rangeTombstones.wasAnyDeletedSince(from, upper, since)) return from;
      const key = memtable.keyWrittenSince(from, upper, since, this.#counter);
      if (key !== undefined) return key;
    }
    for (const file of this.#files) {
      if (!overlapsRange(file, range)) continue;
      const reader = this.#tables.get(file.number);
      if (reader.rangeTombstones.wasAnyDeletedSince(from, upper, since)) return from;
      const iterator = reader.iterator(ALL_VERSIONS, SCAN_OPTIONS);
      try {
        const key = this.#firstKeyIn(iterator, from, upper);
        if (key !== undefined) return key;
      } finally {
        iterator.close();
      }
    }
    return undefined;
  }

  #firstKeyIn(
    iterator: InternalIterator,
    from: Uint8Array,
    upper: Uint8Array | undefined,
  ): Uint8Array | undefined {
    let status = iterator.seekAtLeast(from);
    while (status !== EXHAUSTED) {
      if (status === NEEDS_BLOCK) {
        iterator.loadSync();
        status = iterator.resume();
        continue;
      }
      this.#counter.walkedCount++;
      const { key, keyStart, keyEnd } = iterator;
      if (
        upper !== undefined &&
        compareRanges(key, keyStart, keyEnd, upper, 0, upper.length) >= 0
      ) {
        return undefined;
      }
      if (iterator.sequence > this.#since) return copyRange(key, keyStart, keyEnd);
      status = iterator.next();
    }
    return undefined;
  }
}

function isDeletedSince(
  { rangeTombstones }: Memtable,
  key: Uint8Array,
  keyStart: number,
  keyEnd: number,
  since: number,
): boolean {
  return (
    rangeTombstones.newestSequence > since &&
    rangeTombstones.newestCovering(key, keyStart, keyEnd, Infinity) > since
  );
}

function filesNewerThan({ version }: ReadState, since: number): FileMetadata[] {
  return version.levels.flatMap((level) => level.filter((file) => file.largestSequence > since));
}
