/**
 * The properties of a table: what it states about itself.
 *
 * Owns: the properties block: counts, sizes, bounds, and the sequence base.
 *
 * Layout (all integers varints; normative text in docs/formats/table.md):
 *
 *      | entryCount | deletionCount | rangeTombstoneCount | rawKeySizeBytes | rawValueSizeBytes |
 *      | dataSizeBytes | dataBlockCount | smallestSequence | largestSequence | flags u8 | codec u8 |
 *      | smallestKey, largestKey, engineVersion: length and bytes |
 *      | expiry, with flag 4 (table-expiry.ts) | sequenceBase u64, with flag 2 |
 *
 * Invariants:
 *   table-properties/bounds-cover-all: the bounds cover entries and range tombstones. The upper bound is exclusive
 *       only when a range tombstone reaches beyond every entry. `largestKey` is then that tombstone's end, and no
 *       entry of the table has it.
 *   table-properties/not-empty: a table holds at least one entry or range tombstone, so that bounds exist.
 *   table-properties/base-stands-last: a sequence base has a fixed size and stands last. It is 0 until the table gets
 *       its place in the commit order, and no version has such a table. Writing it then changes nothing else of the
 *       table. A table with a sequence base has no range tombstones.
 *
 * Suspension: every function here is synchronous.
 */
import { compareBytes, copyRange } from '../bytes/bytes.ts';
import { ByteReader, ByteWriter } from '../bytes/coding.ts';
import { CorruptionError, IncompatibleFormatError } from '../base/errors.ts';
import { SEQUENCE_NUMBER_MAX } from '../base/ids.ts';
import type { Compression } from '../base/options.ts';
import {
  getTableExpiry,
  isPossibleExpiry,
  putTableExpiry,
  type TableExpiry,
} from './table-expiry.ts';
import { CODEC_NONE, CODEC_SNAPPY } from './block-trailer.ts';

/** The release that writes these tables, for people who read dumps; a test holds it against package.json. */
export const ENGINE_VERSION = '0.1.0';

/** Flags. Persisted. */
const IS_LARGEST_EXCLUSIVE = 1;
const HAS_SEQUENCE_BASE = 2;
const HAS_EXPIRY = 4;
const KNOWN_FLAGS = IS_LARGEST_EXCLUSIVE | HAS_SEQUENCE_BASE | HAS_EXPIRY;

export interface TableProperties {
  /** Entries, tombstones included, range tombstones not. */
  readonly entryCount: number;
  readonly deletionCount: number;
  /** Pairs of a fragment and a sequence. */
  readonly rangeTombstoneCount: number;
  readonly rawKeySizeBytes: number;
  readonly rawValueSizeBytes: number;
  /** Bytes of the data blocks as stored, trailers included. */
  readonly dataSizeBytes: number;
  readonly dataBlockCount: number;
  /** With the sequence base, if there is one. */
  readonly smallestSequence: number;
  readonly largestSequence: number;
  readonly smallestKey: Uint8Array;
  readonly largestKey: Uint8Array;
  /** Keeps table-properties/bounds-cover-all. */
  readonly isLargestExclusive: boolean;
  /** The codec that data blocks were offered to; the trailer of each says whether it was used. */
  readonly compression: Compression;
  /** The version of the engine that wrote the table. */
  readonly engineVersion: string;
  /** Undefined when no entry expires. */
  readonly expiry: TableExpiry | undefined;
  /**
   * Added to every sequence that the table stores; 0 while the table has no place in the commit order
   * (table-properties/base-stands-last).
   */
  readonly sequenceBase: number | undefined;
}

export function encodeProperties(properties: TableProperties): Uint8Array {
  const { sequenceBase, expiry } = properties;
  const base = sequenceBase ?? 0;
  const writer = new ByteWriter()
    .varint(properties.entryCount)
    .varint(properties.deletionCount)
    .varint(properties.rangeTombstoneCount)
    .varint(properties.rawKeySizeBytes)
    .varint(properties.rawValueSizeBytes)
    .varint(properties.dataSizeBytes)
    .varint(properties.dataBlockCount)
    .varint(properties.smallestSequence - base)
    .varint(properties.largestSequence - base)
    .uint8(
      (properties.isLargestExclusive ? IS_LARGEST_EXCLUSIVE : 0) |
        (sequenceBase === undefined ? 0 : HAS_SEQUENCE_BASE) |
        (expiry === undefined ? 0 : HAS_EXPIRY),
    )
    .uint8(properties.compression === 'snappy' ? CODEC_SNAPPY : CODEC_NONE)
    .lengthPrefixed(properties.smallestKey)
    .lengthPrefixed(properties.largestKey)
    .text(properties.engineVersion);
  if (expiry !== undefined) putTableExpiry(writer, expiry);
  if (sequenceBase !== undefined) writer.uint64(sequenceBase); // table-properties/base-stands-last
  return writer.finish();
}

/**
 * The properties in a verified payload. Throws CorruptionError when they break the layout or contradict each other, and
 * IncompatibleFormatError for a flag or a codec that this engine does not know.
 */
export function decodeProperties(
  payload: Uint8Array,
  path: string,
  offset: number,
): TableProperties {
  let properties: TableProperties | undefined;
  let cause: unknown;
  try {
    properties = readProperties(payload, path);
  } catch (error) {
    if (!(error instanceof CorruptionError)) throw error;
    cause = error;
  }
  if (properties === undefined || !isConsistent(properties)) {
    throw new CorruptionError('Properties block breaks its layout', { file: path, offset, cause });
  }
  return properties;
}

function readProperties(payload: Uint8Array, path: string): TableProperties | undefined {
  const reader = new ByteReader(payload);
  const counts = {
    entryCount: reader.varint(),
    deletionCount: reader.varint(),
    rangeTombstoneCount: reader.varint(),
    rawKeySizeBytes: reader.varint(),
    rawValueSizeBytes: reader.varint(),
    dataSizeBytes: reader.varint(),
    dataBlockCount: reader.varint(),
    smallestSequence: reader.varint(),
    largestSequence: reader.varint(),
  };
  const flags = reader.uint8();
  const codec = reader.uint8();
  const smallestKey = copyOf(reader.lengthPrefixed());
  const largestKey = copyOf(reader.lengthPrefixed());
  const engineVersion = reader.text();
  if ((flags & ~KNOWN_FLAGS) !== 0 || codec > CODEC_SNAPPY) {
    throw new IncompatibleFormatError(
      `Table has an unknown flag or codec: file=${path} flags=${flags} codec=${codec}`,
    );
  }
  const expiry = (flags & HAS_EXPIRY) === 0 ? undefined : getTableExpiry(reader);
  const sequenceBase = (flags & HAS_SEQUENCE_BASE) === 0 ? undefined : reader.uint64();
  if (reader.remaining > 0) return undefined;
  return {
    ...counts,
    smallestSequence: counts.smallestSequence + (sequenceBase ?? 0),
    largestSequence: counts.largestSequence + (sequenceBase ?? 0),
    smallestKey,
    largestKey,
    isLargestExclusive: (flags & IS_LARGEST_EXCLUSIVE) !== 0,
    compression: codec === CODEC_SNAPPY ? 'snappy' : 'none',
    engineVersion,
    expiry,
    sequenceBase,
  };
}

function isConsistent(properties: TableProperties): boolean {
  const { entryCount, deletionCount, expiry } = properties;
  const boundOrder = compareBytes(properties.smallestKey, properties.largestKey);
  return (
    properties.entryCount + properties.rangeTombstoneCount > 0 && // table-properties/not-empty
    properties.deletionCount <= properties.entryCount &&
    properties.dataBlockCount <= properties.entryCount &&
    properties.dataBlockCount > 0 === properties.entryCount > 0 &&
    properties.smallestSequence <= properties.largestSequence &&
    properties.largestSequence <= SEQUENCE_NUMBER_MAX &&
    (properties.isLargestExclusive ? boundOrder < 0 : boundOrder <= 0) &&
    (expiry === undefined || isPossibleExpiry(expiry, entryCount - deletionCount)) &&
    (properties.sequenceBase === undefined || properties.rangeTombstoneCount === 0)
  );
}

/** Kept for as long as the table is open: a view would keep the whole payload. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return copyRange(bytes, 0, bytes.length);
}
