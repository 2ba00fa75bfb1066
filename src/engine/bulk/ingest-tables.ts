/**
 * The tables that a bulk load writes.
 *
 * Owns: cutting sorted entries into tables of the target size, making them durable while the load goes on, giving them
 * their sequence, and removing them when the load fails.
 *
 * What a crash leaves: until the load's edit is in the manifest, files that no version names. They are whole or not,
 * with a sequence or without. Recovery removes them.
 *
 * Invariants:
 *   ingest-tables/durable: after `finish` every table and its directory entry are durable, with no sequence yet. After
 *       `stamp` they are durable with it, so the edit may name them (docs/durability.md).
 *   ingest-tables/number-once: a number is used once. No collection of obsolete files takes a file of the load,
 *       because files are queued one by one.
 *   ingest-tables/bounded: at most one table is open, and at most SYNC_COUNT_MAX closed ones are on their way to the
 *       disk.
 *
 * Suspension: `add` is synchronous and writes about every 256 KiB. The others suspend for syncs.
 */
import { join } from 'node:path';
import { AssertionError } from '../../base/assert.ts';
import { StorageError } from '../../base/errors.ts';
import type { FileNumber, SequenceNumber } from '../../base/ids.ts';
import type { PointType } from '../../base/value-type.ts';
import type { ByteSlice } from '../../bytes/bytes.ts';
import { metadataOf } from '../../compaction/output-writer.ts';
import { tableCipher } from '../../sstable/block-encryption.ts';
import { stampSequence, type UnsequencedTable } from '../../sstable/sequence-base.ts';
import { TableBuilder, type TableBuilderOptions } from '../../sstable/table-builder.ts';
import type { FileMetadata } from '../../version/file-metadata.ts';
import { keysOf } from '../../vfs/keyed-vfs.ts';
import { fileName } from '../../vfs/filenames.ts';
import type { Vfs, VfsFile } from '../../vfs/vfs.ts';

/** Two hide the disk behind the building of the next table; more only take descriptors. */
const SYNC_COUNT_MAX = 2;
/** While commits are held back, as many syncs as Node has threads for them. */
const STAMP_COUNT_MAX = 4;

/** An entry, encoded; its second bytes are as those of its type in a log. */
export interface IngestEntry {
  readonly type: PointType;
  readonly key: ByteSlice;
  readonly value: ByteSlice;
}

export interface IngestTablesOptions {
  readonly vfs: Vfs;
  readonly directory: string;
  readonly newFileNumber: () => FileNumber;
  readonly tableOptions: TableBuilderOptions;
  readonly targetFileSizeBytes: number;
}

interface OpenTable {
  readonly number: FileNumber;
  readonly file: VfsFile;
  readonly builder: TableBuilder;
}

interface WrittenTable extends UnsequencedTable {
  readonly number: FileNumber;
  readonly sizeBytes: number;
}

export class IngestTables {
  readonly #options: IngestTablesOptions;
  readonly #written: WrittenTable[] = [];
  /** Files that this load may remove. */
  readonly #made: FileNumber[] = [];
  readonly #syncs = new Set<Promise<void>>();
  #table: OpenTable | undefined = undefined;
  #sizeBytes = 0;
  #syncFailure: unknown = undefined;

  constructor(options: IngestTablesOptions) {
    this.#options = options;
  }

  /** True when the open table has its size: `closeTable` comes before the next `add`. */
  get isTableFull(): boolean {
    return (this.#table?.builder.sizeBytes ?? 0) >= this.#options.targetFileSizeBytes;
  }

  /** The count of finished tables. */
  get tableCount(): number {
    return this.#written.length;
  }
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The first sync that failed: nothing may be assumed of what else was on its way to the disk. */
  get syncFailure(): unknown {
    return this.#syncFailure;
  }

  /** Writes an entry whose key is above all before, into a new table if none is open. */
  add({ type, key, value }: IngestEntry): void {
    this.#table ??= this.#openTable();
    this.#table.builder.add(
      key.bytes,
      key.start,
      key.end,
      0,
      type,
      value.bytes,
      value.start,
      value.end,
    );
  }

  /** Finishes the open table and starts its sync; waits while too many are under way (ingest-tables/bounded). */
  async closeTable(): Promise<void> {
    const table = this.#table;
    if (table === undefined) return;
    this.#table = undefined;
    const { number, file, builder } = table;
    try {
      const unsequenced = builder.finishUnsequenced();
      this.#written.push({ number, sizeBytes: builder.sizeBytes, ...unsequenced });
    } catch (error) {
      file.closeSync();
      throw error;
    }
    this.#sizeBytes += builder.sizeBytes;
    const syncing = this.#sync(() => file.sync())
      .catch(() => undefined) // kept, and thrown below or by `finish`
      .finally(() => {
        file.closeSync();
        this.#syncs.delete(syncing);
      });
    this.#syncs.add(syncing);
    if (this.#syncs.size > SYNC_COUNT_MAX) await Promise.race(this.#syncs);
    this.#throwIfSyncFailed();
  }

  /** Closes the last table and makes all of them durable (ingest-tables/durable). */
  async finish(): Promise<void> {
    const { vfs, directory } = this.#options;
    await this.closeTable();
    await Promise.all(this.#syncs);
    this.#throwIfSyncFailed();
    if (this.#written.length > 0) await this.#sync(() => vfs.syncDirectory(directory));
  }

  /** Gives all entries this sequence, and makes that durable (ingest-tables/durable). In key order. */
  async stamp(sequence: SequenceNumber): Promise<FileMetadata[]> {
    const stamped: FileMetadata[] = [];
    const rest = this.#written.entries();
    const stampOneByOne = async (): Promise<void> => {
      for (const [index, table] of rest) stamped[index] = await this.#stamp(table, sequence);
    };
    const lanes = Array.from({ length: STAMP_COUNT_MAX }, stampOneByOne);
    // Whichever lane fails, no lane writes any more when this is over.
    for (const lane of await Promise.allSettled(lanes)) {
      if (lane.status === 'rejected') throw lane.reason;
    }
    return stamped;
  }

  /** Removes everything that was written, as far as the system lets it; recovery removes the rest. */
  async discard(): Promise<void> {
    const table = this.#table;
    this.#table = undefined;
    table?.builder.abandon();
    table?.file.closeSync();
    await Promise.all(this.#syncs);
    for (const number of this.#made.splice(0)) this.#tryUnlink(this.#path(number));
  }

  async #stamp(table: WrittenTable, sequence: SequenceNumber): Promise<FileMetadata> {
    const { vfs } = this.#options;
    const file = vfs.open(this.#path(table.number), 'modify');
    try {
      const properties = stampSequence(file, table, sequence);
      await this.#sync(() => file.sync());
      return metadataOf(table.number, table.sizeBytes, properties);
    } finally {
      file.closeSync();
    }
  }

  async #sync(sync: () => Promise<void>): Promise<void> {
    try {
      await sync();
    } catch (error) {
      this.#syncFailure ??= error;
      throw error;
    }
  }

  #throwIfSyncFailed(): void {
    const failure = this.#syncFailure;
    if (failure === undefined) return;
    throw failure instanceof Error ? failure : new AssertionError('a sync fails with an error');
  }

  /** The failure that led here is the one to report. */
  #tryUnlink(path: string): void {
    try {
      this.#options.vfs.unlink(path);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }

  #openTable(): OpenTable {
    const { vfs, newFileNumber, tableOptions } = this.#options;
    const number = newFileNumber();
    const path = this.#path(number);
    const file = vfs.open(path, 'create');
    this.#made.push(number); // only now this load may remove the file
    const cipher = tableCipher(keysOf(vfs), number, path);
    return { number, file, builder: new TableBuilder(file, tableOptions, cipher) };
  }

  #path(number: FileNumber): string {
    return join(this.#options.directory, fileName('table', number));
  }
}
