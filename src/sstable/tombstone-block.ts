/**
 * The range-tombstone block: range tombstones as stored.
 *
 * Layout (all integers varints; normative text in docs/formats/table.md):
 *
 *      | rangeCount | ranges |
 *      range = | start: length, bytes | end: length, bytes | sequenceCount | newest sequence | differences |
 *
 * Sequences go from new to old, each after the first as its difference to the one before, at least 1.
 *
 * Invariants:
 *   tombstone-block/ranges-ascend: ranges are not empty, and ascend by start and then by end. They may overlap.
 *
 * Suspension: every function here is synchronous.
 */
import { compareBytes, equalBytes } from '../bytes/bytes.ts';
import type { BoundedRange } from '../bytes/key-range.ts';
import { ByteReader, ByteWriter } from '../bytes/coding.ts';
import { CorruptionError } from '../base/errors.ts';
import { SEQUENCE_NUMBER_MAX } from '../base/ids.ts';
import { type RangeTombstone, RangeTombstones } from '../iterator/range-tombstones.ts';

/** A range and every sequence that deleted it, from new to old. */
interface StoredRange extends BoundedRange {
  readonly sequences: number[];
}

/** The encoded block, and the facts that the table states about it. */
export interface EncodedTombstones {
  readonly payload: Uint8Array;
  /** Pairs of a range and a sequence. */
  readonly count: number;
}

/** Range tombstones in any order; at least one. The array is sorted in place. */
export function encodeTombstones(tombstones: RangeTombstone[]): EncodedTombstones {
  tombstones.sort(
    (a, b) =>
      compareBytes(a.start, b.start) || compareBytes(a.end, b.end) || b.sequence - a.sequence,
  );
  const ranges: StoredRange[] = [];
  let count = 0;
  for (const { start, end, sequence } of tombstones) {
    const last = ranges.at(-1);
    if (last !== undefined && equalBytes(last.start, start) && equalBytes(last.end, end)) {
      if (last.sequences.at(-1) === sequence) continue;
      last.sequences.push(sequence);
    } else {
      ranges.push({ start, end, sequences: [sequence] });
    }
    count++;
  }
  return { payload: encodeRanges(ranges), count };
}

function encodeRanges(ranges: readonly StoredRange[]): Uint8Array {
  const writer = new ByteWriter().varint(ranges.length);
  for (const { start, end, sequences } of ranges) {
    writer.lengthPrefixed(start).lengthPrefixed(end).varint(sequences.length);
    let previous = 0;
    for (const sequence of sequences) {
      writer.varint(previous === 0 ? sequence : previous - sequence);
      previous = sequence;
    }
  }
  return writer.finish();
}

/** The tombstones in a verified payload, in memory of their own. */
export function decodeTombstones(
  payload: Uint8Array,
  path: string,
  offset: number,
): RangeTombstones {
  let tombstones: RangeTombstones | undefined;
  let cause: unknown;
  try {
    tombstones = readTombstones(payload);
  } catch (error) {
    if (!(error instanceof CorruptionError)) throw error;
    cause = error;
  }
  if (tombstones === undefined) {
    throw new CorruptionError('Range-tombstone block breaks its layout', {
      file: path,
      offset,
      cause,
    });
  }
  return tombstones;
}

function readTombstones(payload: Uint8Array): RangeTombstones | undefined {
  const tombstones = new RangeTombstones();
  const reader = new ByteReader(payload);
  let last: BoundedRange | undefined;
  // Each round takes bytes from the payload or throws, whatever the count says.
  for (let count = reader.varint(); count > 0; count--) {
    const start = reader.lengthPrefixed();
    const end = reader.lengthPrefixed();
    if (compareBytes(start, end) >= 0) return undefined; // tombstone-block/ranges-ascend
    if (last !== undefined) {
      const order = compareBytes(last.start, start) || compareBytes(last.end, end);
      if (order >= 0) return undefined; // tombstone-block/ranges-ascend
    }
    last = { start, end };
    if (!readSequences(reader, tombstones, start, end)) return undefined;
  }
  return reader.remaining === 0 && !tombstones.isEmpty ? tombstones : undefined;
}

function readSequences(
  reader: ByteReader,
  tombstones: RangeTombstones,
  start: Uint8Array,
  end: Uint8Array,
): boolean {
  const count = reader.varint();
  if (count === 0) return false;
  let sequence = 0;
  for (let i = 0; i < count; i++) {
    const stored = reader.varint();
    sequence = i === 0 ? stored : sequence - stored;
    if (stored === 0 || sequence < 1 || sequence > SEQUENCE_NUMBER_MAX) return false;
    tombstones.add(start, end, sequence);
  }
  return true;
}
