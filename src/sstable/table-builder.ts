/**
 * Writes a table file from sorted entries.
 *
 * Owns: the order of the parts (data blocks, filter, range tombstones, properties, index, footer) and what goes into
 * each. The caller owns the file: it syncs and closes it after `finish`, and deletes it after `abandon` or an error.
 *
 * Invariants:
 *   table-builder/entries-ascend: entries ascend by user key, and within one key by falling sequence.
 *   table-builder/separators: index entry i is a key at or above every key of data block i, and below every key of
 *       block i + 1. When the last user key of block i continues in block i + 1, the entry is that user key.
 *   table-builder/filter-is-whole: every user key of the table is in the filter once; range tombstones are not in it.
 *   table-builder/large-values-apart: a value of at least a block's size has a block of its own, so that no small
 *       neighbour is read through it.
 *
 * Suspension: every method is synchronous; `add` writes to the file about every 256 KiB. Keeps no reference to the
 * bytes of an entry.
 */
import { assert } from '../base/assert.ts';
import { compareBytes, copyRange, EMPTY_BYTES, shortestSeparator } from '../bytes/bytes.ts';
import { ByteWriter } from '../bytes/coding.ts';
import { expiryIn } from '../bytes/expiry.ts';
import { hashKey } from '../bytes/hash.ts';
import { SEQUENCE_NUMBER_MAX } from '../base/ids.ts';
import type { Compression } from '../base/options.ts';
import type { FileCipher } from '../encryption/file-cipher.ts';
import type { RangeTombstone } from '../iterator/range-tombstones.ts';
import { DELETION, EXPIRING_VALUE, VALUE, type PointType } from '../base/value-type.ts';
import type { VfsFile } from '../vfs/vfs.ts';
import { encodeEnvelope, ENVELOPE_SIZE_BYTES } from './block-encryption.ts';
import { BlockBuilder } from './block-builder.ts';
import { ABSENT_BLOCK, type BlockHandle, encodeBlockHandle } from './block-handle.ts';
import { BlockWriter } from './block-writer.ts';
import { encodeFilterBlock, filterBlockSize } from './filter-block.ts';
import { encodeFooter, encodeSealedFooter, type Footer, FOOTER_SIZE_BYTES } from './footer.ts';
import { createKeyFilter } from './key-filter.ts';
import { ExpiryCollector } from './table-expiry.ts';
import type { UnsequencedTable } from './sequence-base.ts';
import { encodeProperties, ENGINE_VERSION, type TableProperties } from './table-properties.ts';
import { encodeTombstones } from './tombstone-block.ts';

export interface TableBuilderOptions {
  /** Raw bytes after which a block is closed. */
  readonly blockSizeBytes: number;
  readonly compression: Compression;
  /** 0: no filter. */
  readonly filterBitsPerKey: number;
}

const HASHES_START = 1024;

export class TableBuilder {
  readonly #options: TableBuilderOptions;
  readonly #isCompressible: boolean;
  readonly #cipher: FileCipher | undefined;
  readonly #writer: BlockWriter;
  readonly #block: BlockBuilder = new BlockBuilder();
  readonly #index: BlockBuilder = new BlockBuilder();
  readonly #encodeBlock: (target: Uint8Array, start: number) => number;
  readonly #tombstones: RangeTombstone[] = [];
  #isDone = false;
  /** The hash of every user key; only the first `#keyCount` count. */
  #hashes = new Int32Array(HASHES_START);
  #keyCount = 0;
  /** The closed block that waits for its separator, which depends on the next key. */
  #closed: BlockHandle | undefined = undefined;
  #closedLastKey: Uint8Array = EMPTY_BYTES;
  #lastSeparator: Uint8Array = EMPTY_BYTES;
  #smallestKey: Uint8Array = EMPTY_BYTES;
  #lastSequence = 0;
  #entryCount = 0;
  #deletionCount = 0;
  #dataBlockCount = 0;
  #rawKeySizeBytes = 0;
  #rawValueSizeBytes = 0;
  readonly #expiries: ExpiryCollector = new ExpiryCollector();
  #smallestSequence: number = SEQUENCE_NUMBER_MAX;
  #largestSequence = 0;

  /** `file` is empty and writable; `cipher` is that of an encrypted table. */
  constructor(file: VfsFile, options: TableBuilderOptions, cipher?: FileCipher) {
    this.#options = options;
    this.#isCompressible = options.compression === 'snappy';
    this.#cipher = cipher;
    this.#writer = new BlockWriter(file, cipher);
    this.#encodeBlock = (target, start) => this.#block.encode(target, start);
  }

  /** Bytes written, buffered and pending; after `finish` the exact size of the file. */
  get sizeBytes(): number {
    return this.#writer.position + (this.#block.entryCount > 0 ? this.#block.sizeBytes : 0);
  }

  get entryCount(): number {
    return this.#entryCount;
  }

  /** True when `finish` would have nothing to write. */
  get isEmpty(): boolean {
    return this.#entryCount === 0 && this.#tombstones.length === 0;
  }

  /** Adds an entry after all those added before (table-builder/entries-ascend). A DELETION has an empty value. */
  add(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    sequence: number,
    type: PointType,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    assert(!this.#isDone, 'nothing is added to a finished table');
    assert(
      type !== DELETION || valueStart === valueEnd,
      'unknown entry (table-builder/entries-ascend)',
    );
    const isSameKey = this.#checkOrder(key, keyStart, keyEnd, sequence);
    const valueLength = valueEnd - valueStart;
    const isLarge = valueLength >= this.#options.blockSizeBytes;
    if (isLarge && this.#block.entryCount > 0) this.#closeBlock(); // table-builder/large-values-apart
    if (this.#closed !== undefined) this.#addIndexEntry(key, keyStart, keyEnd, isSameKey);
    if (!isSameKey) this.#addHash(hashKey(key, keyStart, keyEnd)); // table-builder/filter-is-whole
    this.#block.add(key, keyStart, keyEnd, isSameKey, sequence, type, value, valueStart, valueEnd);
    this.#lastSequence = sequence;
    this.#entryCount++;
    if (type === DELETION) this.#deletionCount++;
    else if (type === EXPIRING_VALUE) this.#expiries.add(expiryIn(value, valueStart, valueEnd));
    this.#rawKeySizeBytes += keyEnd - keyStart;
    this.#rawValueSizeBytes += valueLength;
    if (sequence < this.#smallestSequence) this.#smallestSequence = sequence;
    if (sequence > this.#largestSequence) this.#largestSequence = sequence;
    if (this.#block.sizeBytes >= this.#options.blockSizeBytes) this.#closeBlock();
  }

  /**
   * Adds a range tombstone, at any time before `finish` and in any order: every key in `[start, end)` is deleted at
   * `sequence`. Keeps the keys; an empty range does nothing.
   */
  addTombstone(start: Uint8Array, end: Uint8Array, sequence: number): void {
    assert(!this.#isDone, 'nothing is added to a finished table');
    if (compareBytes(start, end) >= 0) return;
    this.#tombstones.push({ start, end, sequence });
    if (sequence < this.#smallestSequence) this.#smallestSequence = sequence;
    if (sequence > this.#largestSequence) this.#largestSequence = sequence;
  }

  /** Writes everything. The file is whole, but not synced. Needs an entry or a range tombstone. */
  finish(): TableProperties {
    return this.#finish(undefined).properties;
  }

  /**
   * As `finish`, of a table whose entries were added at sequence 0: `stampSequence` gives all of them theirs, later
   * and in place. Needs an entry; has no range tombstones.
   */
  finishUnsequenced(): UnsequencedTable {
    assert(
      this.#largestSequence === 0 && this.#tombstones.length === 0,
      'the sequence comes later (table-properties/base-stands-last)',
    );
    return this.#finish(0);
  }

  #finish(sequenceBase: number | undefined): UnsequencedTable {
    assert(!this.#isDone, 'a table is finished once');
    assert(!this.isEmpty, 'a table is not empty (table-properties/not-empty)');
    this.#isDone = true;
    if (this.#block.entryCount > 0) this.#closeBlock();
    const dataSizeBytes = this.#writer.position;
    if (this.#closed !== undefined) this.#addSeparator(this.#closed, this.#closedLastKey);
    const filter = this.#writeFilter();
    const tombstones =
      this.#tombstones.length === 0 ? undefined : encodeTombstones(this.#tombstones);
    const rangeTombstones =
      tombstones === undefined
        ? ABSENT_BLOCK
        : this.#writeBytes(tombstones.payload, this.#isCompressible);
    const rangeTombstoneCount = tombstones?.count ?? 0;
    const properties = this.#makeProperties(dataSizeBytes, rangeTombstoneCount, sequenceBase);
    const payload = encodeProperties(properties);
    const propertiesHandle = this.#writer.addProperties(payload, sequenceBase ?? 0);
    const index = this.#writer.addBlock(
      this.#index.encodedSizeMax,
      this.#isCompressible,
      (target, start) => this.#index.encode(target, start),
    );
    const footer = { properties: propertiesHandle, index, filter, rangeTombstones };
    if (this.#cipher === undefined) {
      this.#writer.addRaw(FOOTER_SIZE_BYTES, (target, start) =>
        encodeFooter(footer, target, start),
      );
    } else this.#writeSealedFooter(footer, this.#cipher);
    this.#writer.flush();
    return { properties, propertiesHandle, cipher: this.#cipher };
  }

  /** Gives the table up. The file stays, and is no table; the caller deletes it. */
  abandon(): void {
    this.#isDone = true;
  }

  /** Asserts table-builder/entries-ascend; true when the key is the last one again. */
  #checkOrder(key: Uint8Array, keyStart: number, keyEnd: number, sequence: number): boolean {
    assert(sequence >= 0 && sequence <= SEQUENCE_NUMBER_MAX, 'sequence number out of range');
    if (this.#entryCount === 0) {
      this.#smallestKey = copyRange(key, keyStart, keyEnd);
      return false;
    }
    const order =
      this.#block.entryCount > 0
        ? this.#block.compareLastKey(key, keyStart, keyEnd)
        : compareBytes(this.#closedLastKey, key.subarray(keyStart, keyEnd));
    const isSameKey = order === 0;
    assert(
      order < 0 || (isSameKey && sequence < this.#lastSequence),
      'entries are sorted (table-builder/entries-ascend)',
    );
    return isSameKey;
  }

  #addHash(hash: number): void {
    if (this.#keyCount === this.#hashes.length) {
      const grown = new Int32Array(this.#hashes.length * 2);
      grown.set(this.#hashes);
      this.#hashes = grown;
    }
    this.#hashes[this.#keyCount++] = hash;
  }

  #closeBlock(): void {
    const lastKey = this.#block.lastKey();
    assert(
      this.#closed === undefined,
      'one closed block waits at a time (table-builder/separators)',
    );
    this.#closed = this.#writer.addBlock(
      this.#block.encodedSizeMax,
      this.#isCompressible,
      this.#encodeBlock,
    );
    this.#closedLastKey = lastKey;
    this.#dataBlockCount++;
  }

  /** The next key is known: the closed block gets its separator (table-builder/separators). */
  #addIndexEntry(key: Uint8Array, keyStart: number, keyEnd: number, isSameKey: boolean): void {
    const closed = this.#closed;
    assert(
      closed !== undefined,
      'a block is closed before its index entry is made (table-builder/separators)',
    );
    const lastKey = this.#closedLastKey;
    this.#addSeparator(
      closed,
      isSameKey ? lastKey : shortestSeparator(lastKey, key.subarray(keyStart, keyEnd)),
    );
    this.#closed = undefined;
  }

  #addSeparator(handle: BlockHandle, separator: Uint8Array): void {
    const writer = new ByteWriter(16);
    encodeBlockHandle(writer, handle);
    const value = writer.bytes();
    const isRepeated =
      this.#index.entryCount > 0 && compareBytes(this.#lastSeparator, separator) === 0;
    this.#index.add(separator, 0, separator.length, isRepeated, 0, VALUE, value, 0, value.length);
    this.#lastSeparator = separator;
  }

  #writeSealedFooter(footer: Footer, cipher: FileCipher): void {
    const offset = this.#writer.position + ENVELOPE_SIZE_BYTES;
    const { bytes, tag } = encodeSealedFooter(footer, cipher, offset);
    const envelope = encodeEnvelope({
      generation: cipher.generation,
      salt: cipher.salt,
      footerTag: tag,
    });
    for (const part of [envelope, bytes]) {
      this.#writer.addRaw(part.length, (target, start) => target.set(part, start));
    }
  }

  #writeFilter(): BlockHandle {
    if (this.#options.filterBitsPerKey === 0 || this.#keyCount === 0) return ABSENT_BLOCK;
    const filter = createKeyFilter(this.#keyCount, this.#options.filterBitsPerKey);
    for (let i = 0; i < this.#keyCount; i++) filter.addHash(this.#hashes[i]!); // i < keyCount
    return this.#writer.addBlock(filterBlockSize(filter), false, (target, start) =>
      encodeFilterBlock(filter, target, start),
    );
  }

  #writeBytes(bytes: Uint8Array, isCompressible: boolean): BlockHandle {
    return this.#writer.addBlock(bytes.length, isCompressible, (target, start) => {
      target.set(bytes, start);
      return start + bytes.length;
    });
  }

  #makeProperties(
    dataSizeBytes: number,
    rangeTombstoneCount: number,
    sequenceBase: number | undefined,
  ): TableProperties {
    let smallestKey = this.#smallestKey;
    let largestKey = this.#closedLastKey;
    let isLargestExclusive = false;
    let isBounded = this.#entryCount > 0;
    for (const { start, end } of this.#tombstones) {
      if (!isBounded || compareBytes(start, smallestKey) < 0) smallestKey = start;
      if (!isBounded || compareBytes(end, largestKey) > 0) {
        largestKey = end; // table-properties/bounds-cover-all
        isLargestExclusive = true;
      }
      isBounded = true;
    }
    return {
      entryCount: this.#entryCount,
      deletionCount: this.#deletionCount,
      rangeTombstoneCount,
      rawKeySizeBytes: this.#rawKeySizeBytes,
      rawValueSizeBytes: this.#rawValueSizeBytes,
      dataSizeBytes,
      dataBlockCount: this.#dataBlockCount,
      smallestSequence: this.#smallestSequence,
      largestSequence: this.#largestSequence,
      smallestKey,
      largestKey,
      isLargestExclusive,
      compression: this.#options.compression,
      engineVersion: ENGINE_VERSION,
      expiry: this.#expiries.finish(this.#entryCount, this.#deletionCount),
      sequenceBase,
    };
  }
}
