/**
 * The range-tombstone block: the fragments of base/range-tombstones.ts as stored.
 *
 * Layout (all integers varints; normative text in docs/formats/table.md):
 *
 *      | fragmentCount | fragments |
 *      fragment = | start: length, bytes | end: length, bytes | stackCount | newest sequence | differences |
 *
 * A stack goes from new to old, each sequence after the first as its difference to the one before, at least 1.
 *
 * Invariants:
 *   G1. Fragments are disjoint, not empty, and ascend.
 *
 * Suspension: every function here is synchronous.
 */
import { compareBytes, copyRange } from '../base/bytes.ts';
import { ByteReader, ByteWriter } from '../base/coding.ts';
import { CorruptionError } from '../base/errors.ts';
import { SEQUENCE_NUMBER_MAX } from '../base/ids.ts';
import { RangeTombstones, type StackedDeletion } from '../base/range-tombstones.ts';

export function encodeTombstones(tombstones: RangeTombstones): Uint8Array {
  const fragments = [...tombstones.fragments()];
  const writer = new ByteWriter().varint(fragments.length);
  for (const { start, end, stack } of fragments) {
    const sequences = sequencesOf(stack);
    writer.lengthPrefixed(start).lengthPrefixed(end).varint(sequences.length);
    let previous = 0;
    for (const sequence of sequences) {
      writer.varint(previous === 0 ? sequence : previous - sequence);
      previous = sequence;
    }
  }
  return writer.finish();
}

/** Every sequence of a stack, from new to old. */
export function sequencesOf(stack: StackedDeletion): number[] {
  const sequences: number[] = [];
  for (let at: StackedDeletion | undefined = stack; at !== undefined; at = at.older) {
    sequences.push(at.sequence);
  }
  return sequences;
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
  let previousEnd: Uint8Array | undefined;
  // Each round takes bytes from the payload or throws, whatever the count says.
  for (let count = reader.varint(); count > 0; count--) {
    const start = copyOf(reader.lengthPrefixed());
    const end = copyOf(reader.lengthPrefixed());
    if (compareBytes(start, end) >= 0) return undefined; // G1
    if (previousEnd !== undefined && compareBytes(previousEnd, start) > 0) return undefined; // G1
    previousEnd = end;
    if (!readStack(reader, tombstones, start, end)) return undefined;
  }
  return reader.remaining === 0 && !tombstones.isEmpty ? tombstones : undefined;
}

function readStack(
  reader: ByteReader,
  tombstones: RangeTombstones,
  start: Uint8Array,
  end: Uint8Array,
): boolean {
  const count = reader.varint();
  if (count === 0) return false;
  const sequences: number[] = [];
  let sequence = 0;
  for (let i = 0; i < count; i++) {
    const stored = reader.varint();
    sequence = i === 0 ? stored : sequence - stored;
    if (stored === 0 || sequence < 1 || sequence > SEQUENCE_NUMBER_MAX) return false;
    sequences.push(sequence);
  }
  // From old to new: each then goes to the head of the stack at once.
  for (const each of sequences.reverse()) tombstones.add(start, end, each);
  return true;
}

function copyOf(bytes: Uint8Array): Uint8Array {
  return copyRange(bytes, 0, bytes.length);
}
