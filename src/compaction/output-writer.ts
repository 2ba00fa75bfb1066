/**
 * The tables that a job writes.
 *
 * Owns: numbering, opening, finishing and syncing outputs, and removing them all when the job fails.
 *
 * What a crash leaves: until the job's edit is in the manifest, files that no version names, whole or not; recovery
 * removes them. After `finish` every output and its directory entry are durable (docs/durability.md), so the
 * edit may name them.
 *
 * Invariants:
 *   output-writer/one-open: at most one table is open; `outputs` lists those that are finished, synced and closed.
 *   output-writer/number-once: a number is used once, and only from the reserved ones.
 *
 * Suspension: `closeTable` and `finish` suspend for a sync.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { assert } from '../base/assert.ts';
import { copyRange } from '../bytes/bytes.ts';
import { keyspaceOf } from '../bytes/keyspace-number.ts';
import { StorageError } from '../base/errors.ts';
import { type FileNumber, fileNumber, sequenceNumber } from '../base/ids.ts';
import type { RangeTombstone } from '../iterator/range-tombstones.ts';
import { tableCipher } from '../sstable/block-encryption.ts';
import { TableBuilder, type TableBuilderOptions } from '../sstable/table-builder.ts';
import type { TableProperties } from '../sstable/table-properties.ts';
import type { FileMetadata } from '../version/file-metadata.ts';
import { keysOf } from '../vfs/keyed-vfs.ts';
import { fileName } from '../vfs/filenames.ts';
import type { Vfs, VfsFile } from '../vfs/vfs.ts';
import type { WritingJob, KeyspaceTableOptions, ReservedNumbers } from './compaction.ts';
import type { CompactionIterator } from './compaction-iterator.ts';

/** What a job says of its outputs. */
type OutputPlan = Pick<WritingJob, 'directory' | 'outputNumbers' | 'tableOptions' | 'keyspaces'>;

interface OpenTable {
  readonly number: FileNumber;
  readonly file: VfsFile;
  readonly builder: TableBuilder;
  /** Versions that only a live reader keeps. */
  supersededCount: number;
}

export class OutputWriter {
  readonly outputs: FileMetadata[] = [];
  readonly #vfs: Vfs;
  readonly #directory: string;
  readonly #numbers: ReservedNumbers;
  readonly #options: TableBuilderOptions;
  readonly #keyspaces: readonly KeyspaceTableOptions[];
  #usedCount = 0;
  #table: OpenTable | undefined = undefined;
  #writtenSizeBytes = 0;
  #writtenEntryCount = 0;

  constructor(vfs: Vfs, { directory, outputNumbers, tableOptions, keyspaces }: OutputPlan) {
    this.#vfs = vfs;
    this.#directory = directory;
    this.#numbers = outputNumbers;
    this.#options = tableOptions;
    this.#keyspaces = keyspaces;
  }

  get isTableOpen(): boolean {
    return this.#table !== undefined;
  }
  /** Bytes of the open table so far. */
  get tableSizeBytes(): number {
    return this.#table?.builder.sizeBytes ?? 0;
  }
  /** Whether another table may be opened after this one. */
  get hasNumbers(): boolean {
    return this.#usedCount < this.#numbers.count;
  }
  /** The size of finished tables. */
  get writtenSizeBytes(): number {
    return this.#writtenSizeBytes;
  }
  get writtenEntryCount(): number {
    return this.#writtenEntryCount;
  }

  /** Writes the entry that the iterator stands on, into a new table if none is open. */
  add(entry: CompactionIterator): void {
    const table = this.#table ?? this.#openTable(entry.key, entry.keyStart, entry.keyEnd);
    if (entry.isSuperseded) table.supersededCount++;
    table.builder.add(
      entry.key,
      entry.keyStart,
      entry.keyEnd,
      entry.sequence,
      entry.type,
      entry.value,
      entry.valueStart,
      entry.valueEnd,
    );
  }

  /** As `add`, for range tombstones. The keys are kept. */
  addTombstone({ start, end, sequence }: RangeTombstone): void {
    const table = this.#table ?? this.#openTable(start, 0, start.length);
    table.builder.addTombstone(start, end, sequence);
  }

  /** Finishes, syncs and closes the open table. */
  async closeTable(): Promise<void> {
    const table = this.#table;
    assert(table !== undefined, 'a table is open (output-writer/one-open)');
    const { builder, file, number, supersededCount } = table;
    const properties = builder.finish();
    const { sizeBytes } = builder;
    await file.sync();
    file.closeSync();
    this.#table = undefined;
    const metadata = metadataOf(number, sizeBytes, properties);
    this.outputs.push(supersededCount === 0 ? metadata : { ...metadata, supersededCount });
    this.#writtenSizeBytes += sizeBytes;
    this.#writtenEntryCount += properties.entryCount;
  }

  /** Makes the directory entries durable. No table is open any more. */
  async finish(): Promise<void> {
    assert(
      this.#table === undefined,
      'every table is closed before the directory is synced (output-writer/one-open)',
    );
    if (this.outputs.length > 0) await this.#vfs.syncDirectory(this.#directory);
  }

  /** Removes everything that was written, as far as the system lets it; recovery removes the rest. */
  discard(): void {
    const table = this.#table;
    this.#table = undefined;
    table?.builder.abandon();
    table?.file.closeSync();
    for (let i = 0; i < this.#usedCount; i++) this.#tryUnlink(this.#path(this.#numbers.first + i));
    this.outputs.length = 0;
  }

  /** False when the file is not there, or stays. */
  #tryUnlink(path: string): boolean {
    try {
      this.#vfs.unlink(path);
      return true;
    } catch (error) {
      // The failure that led here is the one to report; this file is obsolete, and found again at the next open.
      if (error instanceof StorageError) return false;
      throw error;
    }
  }

  /** A table that begins with this key. */
  #openTable(key: Uint8Array, start: number, end: number): OpenTable {
    assert(this.hasNumbers, 'a file number is left (output-writer/number-once)');
    const number = fileNumber(this.#numbers.first + this.#usedCount);
    const path = this.#path(number);
    const file = this.#vfs.open(path, 'create');
    this.#usedCount++; // only now this job may remove the file
    const cipher = tableCipher(keysOf(this.#vfs), number, path);
    const builder = new TableBuilder(file, this.#optionsFor(key, start, end), cipher);
    this.#table = { number, file, builder, supersededCount: 0 };
    return this.#table;
  }

  #optionsFor(key: Uint8Array, start: number, end: number): TableBuilderOptions {
    if (this.#keyspaces.length === 0) return this.#options;
    const keyspace = keyspaceOf(key, start, end);
    const own = this.#keyspaces.find(({ number }) => number === keyspace);
    if (own === undefined) return this.#options;
    const { compression, filterBitsPerKey, blockSizeBytes } = this.#options;
    return {
      blockSizeBytes,
      compression: own.compression ?? compression,
      filterBitsPerKey: own.filterBitsPerKey ?? filterBitsPerKey,
    };
  }

  #path(number: number): string {
    return join(this.#directory, fileName('table', number));
  }
}

/** The record of a finished table. */
export function metadataOf(
  number: FileNumber,
  sizeBytes: number,
  properties: TableProperties,
): FileMetadata {
  const { smallestKey, largestKey } = properties;
  return {
    number,
    sizeBytes,
    // Copies: a key of a range tombstone is a view, and structured cloning copies all of the memory behind a view.
    smallest: copyRange(smallestKey, 0, smallestKey.length),
    largest: copyRange(largestKey, 0, largestKey.length),
    isLargestExclusive: properties.isLargestExclusive,
    smallestSequence: sequenceNumber(properties.smallestSequence),
    largestSequence: sequenceNumber(properties.largestSequence),
    entryCount: properties.entryCount,
    deletionCount: properties.deletionCount,
    rangeTombstoneCount: properties.rangeTombstoneCount,
    expiry: properties.expiry,
    hasSequenceBase: properties.sequenceBase !== undefined,
    identity: randomUUID().replaceAll('-', ''),
  };
}
