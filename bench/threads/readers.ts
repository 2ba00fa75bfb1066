/**
 * Point reads as a thread makes them, over what it shares with the others.
 *
 * Owns: one class for each structure, with the same loop: hash the key, look it up, take length and mark of the value.
 * A thread has these objects for itself; common to all threads are the memory of the memtable and the files of the
 * tables.
 *
 * Suspension: everything here is synchronous.
 */
import { compareRanges } from '../../src/bytes/bytes.ts';
import { hashKey } from '../../src/bytes/hash.ts';
import { FOUND, LookupResult } from '../../src/iterator/internal-iterator.ts';
import { BlockCache } from '../../src/cache/block-cache.ts';
import { Memtable, type SharedMemtable } from '../../src/memtable/memtable.ts';
import { PinnedBlocks } from '../../src/sstable/pinned-blocks.ts';
import { TableReader } from '../../src/sstable/table-reader.ts';
import { NodeVfs } from '../../src/vfs/node-vfs.ts';
import { KEY_SIZE_BYTES, markAt, markOf, summed, VALUE_SIZE_BYTES } from './entries.ts';

const MIB = 1024 * 1024;
/** Room for everything: what is measured are tables whose blocks are in memory. */
const CACHE_SIZE_BYTES = 1024 * MIB;
/** Above every sequence that was given. */
const READ_SEQUENCE = 1_000_000_000;
/** Steps of arithmetic that stand for one read. */
const STEPS_PER_READ = 256;

/** The result of a thread. */
export interface Tally {
  readonly foundCount: number;
  readonly sizeBytes: number;
  readonly sum: number;
}

export interface Reader {
  /** Looks up these entries, in this order. */
  read(entries: Uint32Array): Tally;
  /** The value that `read` must have found. */
  expected(entries: Uint32Array): Tally;
  /** Blocks read from files so far. */
  readonly missCount: number;
}

function expectedTally(entries: Uint32Array): Tally {
  let sum = 0;
  for (const index of entries) sum = summed(sum, markOf(index));
  const { length } = entries;
  return { foundCount: length, sizeBytes: length * VALUE_SIZE_BYTES, sum };
}

export class MemtableReader implements Reader {
  readonly missCount = 0;
  readonly #keys: Uint8Array;
  readonly #memtable: Memtable;

  constructor(keys: Uint8Array, shared: SharedMemtable) {
    this.#keys = keys;
    this.#memtable = Memtable.attach(shared);
  }

  read(entries: Uint32Array): Tally {
    const keys = this.#keys;
    const memtable = this.#memtable;
    const result = new LookupResult();
    let foundCount = 0;
    let sizeBytes = 0;
    let sum = 0;
    for (let i = 0; i < entries.length; i++) {
      const start = entries[i]! * KEY_SIZE_BYTES; // i < length
      const end = start + KEY_SIZE_BYTES;
      const hash = hashKey(keys, start, end);
      if (memtable.get(keys, start, end, hash, READ_SEQUENCE, result) !== FOUND) continue;
      foundCount++;
      sizeBytes += result.valueEnd - result.valueStart;
      sum = summed(sum, markAt(result.value, result.valueStart));
    }
    return { foundCount, sizeBytes, sum };
  }

  expected(entries: Uint32Array): Tally {
    return expectedTally(entries);
  }
}

/** A table on disk, and where the last of its keys is among all keys. */
export interface StoredTable {
  readonly path: string;
  readonly lastKeyStart: number;
}

export class TablesReader implements Reader {
  readonly #keys: Uint8Array;
  readonly #tables: readonly TableReader[];
  readonly #lastKeyStarts: Float64Array;
  readonly #cache = new BlockCache(CACHE_SIZE_BYTES);

  constructor(keys: Uint8Array, tables: readonly StoredTable[]) {
    const vfs = new NodeVfs();
    this.#keys = keys;
    this.#tables = tables.map(({ path }, i) =>
      TableReader.open(vfs.open(path, 'read'), i + 1, this.#cache),
    );
    this.#lastKeyStarts = Float64Array.from(tables, ({ lastKeyStart }) => lastKeyStart);
  }

  get missCount(): number {
    return this.#cache.statistics().missCount;
  }

  read(entries: Uint32Array): Tally {
    const keys = this.#keys;
    const result = new LookupResult();
    const pins = new PinnedBlocks('call');
    let foundCount = 0;
    let sizeBytes = 0;
    let sum = 0;
    for (let i = 0; i < entries.length; i++) {
      const start = entries[i]! * KEY_SIZE_BYTES; // i < length
      const end = start + KEY_SIZE_BYTES;
      const hash = hashKey(keys, start, end);
      const table = this.#tables[this.#find(start, end)]!; // every key is in one
      const status = table.get({ bytes: keys, start, end }, hash, READ_SEQUENCE, result, pins);
      if (status !== FOUND) continue;
      foundCount++;
      sizeBytes += result.valueEnd - result.valueStart;
      sum = summed(sum, markAt(result.value, result.valueStart));
    }
    return { foundCount, sizeBytes, sum };
  }

  expected(entries: Uint32Array): Tally {
    return expectedTally(entries);
  }

  /** The first table whose last key is not below the key. */
  #find(start: number, end: number): number {
    const keys = this.#keys;
    let low = 0;
    let high = this.#lastKeyStarts.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const last = this.#lastKeyStarts[middle]!; // below length
      if (compareRanges(keys, last, last + KEY_SIZE_BYTES, keys, start, end) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** No reads at all: what two threads of this machine gain where nothing is shared, not even memory. */
export class Arithmetic implements Reader {
  readonly missCount = 0;

  read(entries: Uint32Array): Tally {
    let sum = 0;
    for (let i = 0; i < entries.length; i++) {
      let state = entries[i]!; // i < length
      for (let step = 0; step < STEPS_PER_READ; step++) {
        state = (Math.imul(state, 31) + step) | 0;
      }
      sum = summed(sum, state);
    }
    return { foundCount: entries.length, sizeBytes: 0, sum };
  }

  expected(entries: Uint32Array): Tally {
    return this.read(entries);
  }
}
