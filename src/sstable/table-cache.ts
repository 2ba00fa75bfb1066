/**
 * The open tables.
 *
 * Owns: the readers of tables, at most `openTableCountMax` of them, found by file number. Readers are replaced by
 * CLOCK: the hand passes over readers that were used since it last came by, and closes the first that was not. The
 * set of open files decides which of them have a descriptor (vfs/open-files.ts).
 *
 * Invariants:
 *   table-cache/one-reader: a file number has one open reader. It closes when it is replaced or evicted. Cursors and
 *       pending loads keep the file itself open until they are done (block-source/open-while-used), and its descriptor
 *       once its name is about to go.
 *   table-cache/good-until-the-next-wait: a reader from `get` is good until the caller next waits, or calls `get`
 *       again. Callers ask anew and keep no reader.
 *
 * A replaced reader takes its cached blocks with it: its slots are how they are found.
 *
 * Suspension: every method is synchronous.
 */
import { join } from 'node:path';
import { assert } from '../base/assert.ts';
import type { BlockCache } from '../cache/block-cache.ts';
import { keysOf } from '../vfs/keyed-vfs.ts';
import { fileName } from '../vfs/filenames.ts';
import type { LongReadFile, OpenFiles } from '../vfs/open-files.ts';
import type { Vfs } from '../vfs/vfs.ts';
import type { LookupParts, SharedLookups } from './shared-lookups.ts';
import { TableReader } from './table-reader.ts';

export interface TableCacheOptions {
  readonly vfs: Vfs;
  readonly directory: string;
  /** Without a cache, blocks live only as long as a reader holds them. */
  readonly blockCache: BlockCache | undefined;
  readonly openTableCountMax: number;
  readonly files: OpenFiles;
  /** Indexes and filters that are shared with other threads. */
  readonly lookups?: SharedLookups;
}

interface OpenTable {
  readonly reader: TableReader;
  readonly file: LongReadFile;
  isReferenced: boolean;
  /** Its place in `#clock`. */
  position: number;
}

export class TableCache {
  readonly #options: TableCacheOptions;
  readonly #tables: Map<number, OpenTable> = new Map();
  /** The same tables, in the order in which the hand passes them. */
  readonly #clock: OpenTable[] = [];
  #lookups: SharedLookups | undefined;
  #hand = 0;
  #isClosed = false;

  constructor(options: TableCacheOptions) {
    assert(options.openTableCountMax > 0, 'at least one table can be open');
    this.#options = options;
    this.#lookups = options.lookups;
  }

  get openTableCount(): number {
    return this.#clock.length;
  }

  /** The memory of filters, indexes and range tombstones of all open tables, and of those that threads have open. */
  get memoryBytes(): number {
    let bytes = 0;
    for (const table of this.#clock) bytes += table.reader.memoryBytes;
    for (const { fileNumber, index } of this.#lookups?.all ?? []) {
      if (!this.#tables.has(fileNumber)) bytes += index.payload.buffer.byteLength; // a copy is one piece
    }
    return bytes;
  }

  /**
   * The reader of a table, opened when it is not (table-cache/good-until-the-next-wait). Throws what TableReader.open
   * throws.
   */
  get(fileNumber: number): TableReader {
    const table = this.#tables.get(fileNumber);
    if (table === undefined) return this.#open(fileNumber);
    table.isReferenced = true;
    return table.reader;
  }

  /** From now on indexes and filters are in shared memory, those of open tables too. */
  shareLookups(lookups: SharedLookups): void {
    this.#lookups = lookups;
    for (const { reader } of this.#clock) this.#share(reader, lookups);
  }

  /** Uses index and filter of a table in other memory, if the table is open. */
  useShared(parts: LookupParts): void {
    this.#tables.get(parts.fileNumber)?.reader.useShared(parts);
  }

  /** Closes a table that is about to be deleted. Does nothing when it is not open. */
  evict(fileNumber: number): void {
    this.#lookups?.forget(fileNumber);
    const table = this.#tables.get(fileNumber);
    if (table === undefined) return;
    if (table.reader.hasOtherUsers) table.file.keepOpen();
    this.#tables.delete(fileNumber);
    this.#closeGap(table.position);
    table.reader.close();
  }

  /** Closes every table. Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const table of this.#clock) table.reader.close();
    this.#clock.length = 0;
    this.#tables.clear();
  }

  #open(fileNumber: number): TableReader {
    assert(!this.#isClosed, 'a closed table cache opens nothing');
    const { openTableCountMax } = this.#options;
    const isFull = this.#clock.length >= openTableCountMax;
    // Before the next is opened, which may need the descriptor.
    const position = isFull ? this.#replaceOne() : this.#clock.length;
    try {
      const table = { ...this.#readerOf(fileNumber), isReferenced: false, position };
      this.#clock[position] = table;
      this.#tables.set(fileNumber, table);
      return table.reader;
    } catch (error) {
      if (isFull) this.#closeGap(position);
      throw error;
    }
  }

  #readerOf(fileNumber: number): Pick<OpenTable, 'reader' | 'file'> {
    const { vfs, directory, blockCache, files } = this.#options;
    const lookups = this.#lookups;
    const shared = lookups?.find(fileNumber);
    const file = files.open(vfs, join(directory, fileName('table', fileNumber)));
    const reader = TableReader.open(file, fileNumber, blockCache, keysOf(vfs), shared ?? 'later');
    if (lookups !== undefined && shared === undefined) this.#share(reader, lookups);
    return { file, reader };
  }

  #share(reader: TableReader, lookups: SharedLookups): void {
    const own = reader.share();
    const parts = lookups.add(own);
    if (parts !== own) reader.useShared(parts);
  }

  /** The last table takes a place that is free. */
  #closeGap(position: number): void {
    const last = this.#clock.pop();
    if (last === undefined || position === this.#clock.length) return;
    this.#clock[position] = last;
    last.position = position;
  }

  /** Closes one table and returns its place. Ends, since each reader passed is unmarked. */
  #replaceOne(): number {
    while (true) {
      if (this.#hand >= this.#clock.length) this.#hand = 0;
      const table = this.#clock[this.#hand];
      assert(table !== undefined, 'a full table cache has a table to close');
      if (!table.isReferenced) break;
      table.isReferenced = false;
      this.#hand++;
    }
    const position = this.#hand++;
    const replaced = this.#clock[position]!; // just looked at
    this.#tables.delete(replaced.reader.fileNumber);
    replaced.reader.close();
    return position;
  }
}
