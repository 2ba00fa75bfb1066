/**
 * Salvages the blocks of a damaged table.
 *
 * Owns: opening a table of which any part may be damaged, and handing out the data blocks that are whole.
 *
 * With footer and index the place of every block is known, and a damaged one is passed over. Without them the blocks
 * are found from the start of the file: the first length at which codec and checksum fit is the length of the block.
 * That goes on up to the first damaged block, behind which nothing says where the next one begins.
 *
 *      file:   data block | data block | ... | filter | range tombstones | properties | index | footer
 *      scan:   ---------------------------->   then whatever block says of itself what it is
 *
 * Invariants:
 *   table-salvager/checked-first: a block is handed out only after its checksum and its layout were checked, entry by
 *       entry.
 *   table-salvager/damage-is-named: each damaged part is in `problems`, with its offset. This matters most for the
 *       range tombstones: without them deleted keys come back.
 *   table-salvager/stops-before-the-index: the index block, which looks like a data block, is never taken for one. The
 *       properties come before it, and the scan ends there: read as a data block's header, their first bytes name more
 *       entries than fit.
 *
 * Suspension: synchronous. A scan reads the whole file into memory and takes about 30 ns a byte.
 */
import { compareBytes } from '../bytes/bytes.ts';
import { getUint32 } from '../bytes/coding.ts';
import { crc32, maskCrc32 } from '../bytes/crc32.ts';
import { CorruptionError, IncompatibleFormatError, IoError } from '../base/errors.ts';
import { RangeTombstones } from '../iterator/range-tombstones.ts';
import type { FileCipher } from '../encryption/file-cipher.ts';
import type { FileKeys } from '../encryption/file-keys.ts';
import { readFully, type VfsFile } from '../vfs/vfs.ts';
import { Block, BlockEntry } from './block.ts';
import type { BlockHandle } from './block-handle.ts';
import { ENCRYPTED_BITS, ENVELOPE_SIZE_BYTES } from './block-encryption.ts';
import {
  CODEC_SNAPPY,
  openBlock,
  openPropertiesBlock,
  TRAILER_SIZE_BYTES,
} from './block-trailer.ts';
import { decodeFilterBlock } from './filter-block.ts';
import { dataEnd, type Footer } from './footer.ts';
import { TableIndex } from './table-index.ts';
import { decodeProperties, type TableProperties } from './table-properties.ts';
import { readEnvelope, readTail } from './table-tail.ts';
import { decodeTombstones } from './tombstone-block.ts';

/** The number of a table, and the keys of its database, where that is encrypted. */
export interface SalvageSource {
  readonly number: number;
  readonly keys: FileKeys | undefined;
}

const PLAIN_TABLE: SalvageSource = { number: 0, keys: undefined };

/** No block of any kind is shorter. */
const PAYLOAD_SIZE_BYTES_MIN = 4;

export class TableSalvager {
  readonly path: string;
  readonly sizeBytes: number;
  /** Damaged parts (table-salvager/damage-is-named). Damaged data blocks are reported by `readBlock`. */
  readonly problems: CorruptionError[] = [];
  readonly #file: VfsFile;
  readonly #entry: BlockEntry = new BlockEntry();
  readonly #places: BlockHandle[] = [];
  /** That of an encrypted table. */
  #cipher: FileCipher | undefined = undefined;
  /** Absent when the blocks were found by a scan. */
  #index: TableIndex | undefined = undefined;
  #properties: TableProperties | undefined = undefined;
  #tombstones: RangeTombstones = new RangeTombstones();
  #areTombstonesLost = false;
  /** The sequence base of the table, 0 for none, when the caller knows it. */
  readonly #knownSequence: number | undefined;

  /**
   * The file stays the caller's. `knownSequence` is the sequence base that the manifest knows, 0 for a table without
   * one; undefined where no manifest can be asked. Throws IncompatibleFormatError for a table of another format; damage
   * is in `problems`.
   */
  constructor(
    file: VfsFile,
    knownSequence?: number,
    { number, keys }: SalvageSource = PLAIN_TABLE,
  ) {
    this.#knownSequence = knownSequence;
    this.path = file.path;
    this.sizeBytes = file.sizeSync();
    this.#file = file;
    const { path, sizeBytes } = this;
    const read = (offset: number, length: number): Uint8Array => this.#read(offset, length);
    const source = { path, number, sizeBytes, keys, read };
    if (keys !== undefined) {
      this.#cipher = this.#try(() => readEnvelope(source, keys).cipher);
      if (this.#cipher === undefined) {
        this.#areTombstonesLost = true; // nothing opens without it
        return;
      }
    }
    const footer = this.#try(() => readTail(source).footer);
    if (footer !== undefined) this.#readParts(footer);
    if (this.#index === undefined) this.#try(() => this.#scan());
    if (this.#properties === undefined) return;
    this.#areTombstonesLost ||=
      this.#properties.rangeTombstoneCount > 0 && this.#tombstones.isEmpty;
  }

  /** Data blocks whose place is known. */
  get blockCount(): number {
    return this.#places.length;
  }

  get properties(): TableProperties | undefined {
    return this.#properties;
  }

  /** True for a table that was written and has no place in the commit order: nothing in it was ever committed. */
  get isUnsequenced(): boolean {
    return this.#properties?.sequenceBase === 0;
  }

  /**
   * True when the table may have had one sequence for all entries, and nothing tells it any more: entries that are
   * stored at sequence 0 come before everything else.
   */
  get isSequenceLost(): boolean {
    const isKnown = this.#properties !== undefined || this.#knownSequence !== undefined;
    return !isKnown && this.blockCount > 0;
  }

  /** Those that could be read. */
  get rangeTombstones(): RangeTombstones {
    return this.#tombstones;
  }

  /** True when there were range tombstones that cannot be read, or may have been. */
  get areTombstonesLost(): boolean {
    return this.#areTombstonesLost;
  }

  /** File offset of block `index`, which is below `blockCount`. */
  blockOffset(index: number): number {
    return this.#places[index]!.offset; // index < blockCount
  }

  /** At or above every key of the block; undefined when the index is lost. */
  separator(index: number): Uint8Array | undefined {
    return this.#index?.separator(index);
  }

  /** Throws CorruptionError for a damaged block (table-salvager/checked-first). */
  readBlock(index: number): Block {
    const { offset, length } = this.#places[index]!; // index < blockCount
    return this.#checked(this.#open({ offset, length }), offset);
  }

  #readParts(footer: Footer): void {
    const { path } = this;
    const { offset, length } = footer.properties;
    this.#properties = this.#try(() => {
      const bytes = this.#read(offset, length + TRAILER_SIZE_BYTES);
      return decodeProperties(this.#openProperties(bytes, { offset, length }), path, offset);
    });
    this.#try(() => {
      if (footer.filter.length === 0) return;
      decodeFilterBlock(this.#open(footer.filter), path, footer.filter.offset);
    });
    const { rangeTombstones } = footer;
    if (rangeTombstones.length > 0) {
      const read = this.#try(() =>
        decodeTombstones(this.#open(rangeTombstones), path, rangeTombstones.offset),
      );
      if (read === undefined) this.#areTombstonesLost = true;
      else this.#tombstones = read;
    }
    const index = this.#try(
      () => new TableIndex(this.#open(footer.index), dataEnd(footer), path, footer.index.offset),
    );
    if (index === undefined) return;
    this.#index = index;
    for (let i = 0; i < index.blockCount; i++) {
      this.#places.push({ offset: index.blockOffset(i), length: index.blockLength(i) });
    }
  }

  /** Finds data blocks one after the other, and the blocks after them. */
  #scan(): void {
    // With the properties at hand the parts behind the data were read from their places.
    const isDataOnly = this.#properties !== undefined;
    const end = this.sizeBytes - (this.#cipher === undefined ? 0 : ENVELOPE_SIZE_BYTES);
    const bytes = this.#read(0, this.#properties?.dataSizeBytes ?? end);
    let offset = 0;
    let previousKey: Uint8Array | undefined;
    let isInData = true;
    while (offset < bytes.length) {
      const length = sealedLength(bytes, offset, this.#cipher === undefined ? 0 : ENCRYPTED_BITS);
      if (length === undefined) {
        this.#areTombstonesLost ||= !isDataOnly && this.#tombstones.isEmpty;
        const message = 'Blocks behind this one cannot be found without the index';
        this.problems.push(new CorruptionError(message, { file: this.path, offset }));
        return;
      }
      if (isInData) {
        const last = this.#lastKeyOf(bytes, { offset, length }, previousKey);
        if (last === undefined) isInData = false;
        else {
          previousKey = last;
          this.#places.push({ offset, length });
        }
      }
      if (!isInData && this.#readScannedPart(bytes, { offset, length })) return;
      offset += length + TRAILER_SIZE_BYTES;
    }
  }

  /** The last key of a data block that goes on after `previousKey`; undefined when it is no such block. */
  #lastKeyOf(
    bytes: Uint8Array,
    { offset, length }: BlockHandle,
    previousKey: Uint8Array | undefined,
  ): Uint8Array | undefined {
    try {
      const stored = bytes.subarray(offset);
      const payload = openBlock(stored, length, this.path, offset, this.#cipher);
      const block = this.#checked(payload, offset);
      if (previousKey !== undefined && compareBytes(previousKey, block.keyAt(0)) > 0) {
        return undefined;
      }
      return block.keyAt(block.entryCount - 1);
    } catch (error) {
      if (isNoSuchBlock(error)) return undefined;
      throw error;
    }
  }

  /** Takes a block after the data by its kind; true at the properties, behind which no block is of use. */
  #readScannedPart(bytes: Uint8Array, { offset, length }: BlockHandle): boolean {
    const { path } = this;
    const stored = bytes.subarray(offset);
    const isProperties = isDecodable(() => {
      const payload = this.#openProperties(stored, { offset, length });
      this.#properties = decodeProperties(payload, path, offset);
    });
    if (isProperties) return true;
    const payload = openBlock(stored, length, path, offset, this.#cipher);
    if (isDecodable(() => decodeFilterBlock(payload, path, offset))) return false;
    isDecodable(() => (this.#tombstones = decodeTombstones(payload, path, offset)));
    return false;
  }

  /** Keeps table-salvager/checked-first. */
  #checked(payload: Uint8Array, fileOffset: number): Block {
    const sequenceBase = this.#properties?.sequenceBase ?? this.#knownSequence ?? 0;
    const block = Block.of(payload, this.path, fileOffset, sequenceBase);
    if (block.entryCount === 0) throw block.corruption('Data block is empty');
    let offset = block.recordsStart;
    let previous: Uint8Array | undefined;
    for (let i = 0; i < block.entryCount; i++) {
      if (block.recordOffset(i) !== offset) throw block.corruption('Record offset is wrong');
      block.decode(offset, this.#entry);
      offset = this.#entry.valueEnd;
      const key = block.keyAt(i);
      if (previous !== undefined && compareBytes(previous, key) > 0) {
        throw block.corruption('Entries are not sorted');
      }
      previous = key;
    }
    if (offset !== block.end) throw block.corruption('Bytes follow the last record');
    return block;
  }

  #open({ offset, length }: BlockHandle): Uint8Array {
    const bytes = this.#read(offset, length + TRAILER_SIZE_BYTES);
    return openBlock(bytes, length, this.path, offset, this.#cipher);
  }

  #openProperties(bytes: Uint8Array, { offset, length }: BlockHandle): Uint8Array {
    return openPropertiesBlock(bytes, length, this.path, offset, this.#cipher);
  }

  /** Bytes that the system cannot read are damage like any other: the rest of the file may be sound. */
  #read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    try {
      return bytes.subarray(0, readFully(this.#file, bytes, 0, length, offset));
    } catch (cause) {
      if (!(cause instanceof IoError)) throw cause;
      throw new CorruptionError('Bytes cannot be read', { file: this.path, offset, cause });
    }
  }

  /** Undefined, and a problem, when `read` finds damage. */
  #try<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof CorruptionError)) throw error;
      this.problems.push(error);
      return undefined;
    }
  }
}

/** False for bytes that are something else. */
function isDecodable(decode: () => unknown): boolean {
  try {
    decode();
    return true;
  } catch (error) {
    if (isNoSuchBlock(error)) return false;
    throw error;
  }
}

/** A block of one kind, decoded as another, breaks the layout or has unknown flags. */
function isNoSuchBlock(error: unknown): boolean {
  return error instanceof CorruptionError || error instanceof IncompatibleFormatError;
}

/**
 * The length of the payload that begins at `start`: the first at which the codec is known and the checksum fits. A
 * wrong one fits by chance once in 2^32 lengths, and its layout is checked afterwards.
 */
function sealedLength(bytes: Uint8Array, start: number, transformBits: number): number | undefined {
  let crc = 0;
  const last = bytes.length - TRAILER_SIZE_BYTES;
  for (let end = start; end <= last; end++) {
    crc = crc32(bytes, end, end + 1, crc); // now over payload and codec, if the payload ends here
    const codec = bytes[end]! - transformBits; // end < length
    const isPossible = codec >= 0 && codec <= CODEC_SNAPPY && end - start >= PAYLOAD_SIZE_BYTES_MIN;
    if (isPossible && maskCrc32(crc) === getUint32(bytes, end + 1)) return end - start;
  }
  return undefined;
}
