/**
 * Commits and memtable entries for tests.
 *
 * Owns: making a batch of plain operations, and inserting an entry into a memtable.
 */
import { sliceOf } from '../../src/bytes/bytes.ts';
import { hashKey } from '../../src/bytes/hash.ts';
import { sequenceNumber } from '../../src/base/ids.ts';
import type { PointType, ValueType } from '../../src/base/value-type.ts';
import { CommitBatch } from '../../src/batch/commit-batch.ts';
import type { Memtable } from '../../src/memtable/memtable.ts';
import { Operation } from '../../src/memtable/operation.ts';

/** Type, key and value, or start and end of a range; text as Latin-1. */
export type PlainOperation = readonly [ValueType, Uint8Array | string, (Uint8Array | string)?];

function bytesOf(given: Uint8Array | string): Uint8Array {
  return typeof given === 'string' ? Buffer.from(given, 'latin1') : given;
}

export function batchOf(operations: readonly PlainOperation[]): CommitBatch {
  const batch = new CommitBatch();
  for (const [type, key, value] of operations) {
    batch.add(type, sliceOf(bytesOf(key)), sliceOf(bytesOf(value ?? '')));
  }
  return batch;
}

export interface PlainEntry {
  readonly type: PointType;
  readonly sequence: number;
  readonly key: Uint8Array;
  readonly value?: Uint8Array;
  /** Instead of the `hashKey` of the key. */
  readonly hash?: number;
}

/** Passes key and value as parts of a larger array, which is scribbled over afterwards. */
export function insertEntry(table: Memtable, entry: PlainEntry): void {
  const { key } = entry;
  const operation = new Operation();
  operation.hash = entry.hash ?? hashKey(key, 0, key.length);
  fill(operation, entry);
  table.insert(operation);
  operation.bytes.fill(0xee);
}

/** The same for an entry that the memtable may insert later. Returns the array that it refers to until then. */
export function insertEntrySoon(table: Memtable, entry: PlainEntry): Uint8Array {
  const operation = table.nextOperation();
  fill(operation, entry);
  const { bytes } = operation;
  table.insertSoon(operation);
  return bytes;
}

function fill(operation: Operation, entry: PlainEntry): void {
  const { key, value = new Uint8Array(0) } = entry;
  const bytes = Buffer.concat([Buffer.from('<<'), key, value, Buffer.from('>')]);
  operation.type = entry.type;
  operation.sequence = sequenceNumber(entry.sequence);
  operation.bytes = bytes;
  operation.keyStart = 2;
  operation.keyEnd = operation.valueStart = 2 + key.length;
  operation.valueEnd = bytes.length - 1;
}
