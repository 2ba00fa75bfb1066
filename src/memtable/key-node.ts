/**
 * The records that the memtable stores for a user key and for each write to it.
 *
 * Owns: the records in the arena, and comparing keys with them.
 *
 * Layout (words, then bytes padded to a word; see arena.ts for offsets):
 *
 *      key node         | newest | key length | hash | key ...
 *      version          | relative sequence | older | value length | value type | value ...
 *      range tombstone  | relative sequence | older | start length | end length | start ... | end ...
 *
 * A user key has one key node. The hash slot and the skiplist leaf both point to it. A later write to the key appends a
 * version and swaps `newest`. `older` leads to the version before, 0 at the end.
 *
 * Invariants:
 *   key-node/never-changes: the words and bytes of a published key node or version never change. The one exception is
 *       `newest`, which only moves to newer versions.
 *   key-node/new-to-old: a chain runs from new to old, so relative sequences strictly fall along `older`. Example:
 *       after writes at 3, 5 and 9 a reader at 7 passes 9 and stops at 5.
 *   key-node/aligned-values: a value begins at a multiple of eight bytes. V8 copies to and from shared memory eight
 *       bytes at a time when both sides are aligned, 63 ns for a kilobyte. Otherwise it copies byte by byte, 312 ns.
 *
 * Suspension: every function here is synchronous and keeps no reference to its arguments.
 */
import { compareRanges, copyRange, equalRanges } from '../bytes/bytes.ts';
import { sequenceAfter, type SequenceNumber } from '../base/ids.ts';
import { mustBePointType, type PointType } from '../base/value-type.ts';
import type { Arena } from './arena.ts';
import type { Operation } from './operation.ts';

export const NEWEST = 0;
export const KEY_LENGTH = 1;
export const KEY_HASH = 2;
export const KEY_NODE_LENGTH = 3;

export const RELATIVE = 0;
export const OLDER = 1;
export const VALUE_LENGTH = 2;
export const VALUE_TYPE = 3;
export const VERSION_LENGTH = 4;

export const START_LENGTH = 2;
export const END_LENGTH = 3;
export const TOMBSTONE_LENGTH = 4;

/** Words of an operation beside its bytes: a key node, its version, two paddings below a word, one of a word. */
export const OPERATION_LENGTH_MAX: number = KEY_NODE_LENGTH + VERSION_LENGTH + 3;

/** Words for `size` bytes. */
export function wordCount(size: number): number {
  return Math.ceil(size / 4);
}

export function keyStartOf(node: number): number {
  return (node + KEY_NODE_LENGTH) * 4;
}

/** A view of the key of `node`. */
export function keyOfNode(arena: Arena, node: number): Uint8Array {
  const start = keyStartOf(node);
  return arena.bytes.subarray(start, start + arena.words[node + KEY_LENGTH]!); // node is in the arena
}

/** Orders `key[start, end)` against the key of `node`. */
export function compareWithNode(
  arena: Arena,
  node: number,
  key: Uint8Array,
  start: number,
  end: number,
): number {
  return compareBehind(arena, node, key, start, end, 0);
}

/** Up to this many bytes a loop finds the first difference. Behind them the system compares; its call takes 150 ns. */
const LOOP_LENGTH_MAX = 128;
const STRETCH_LENGTH = 4096;

/** As `compareWithNode`, where the first `shared` bytes of both keys are known to be equal. */
export function compareBehind(
  arena: Arena,
  node: number,
  key: Uint8Array,
  start: number,
  end: number,
  shared: number,
): number {
  const { bytes } = arena;
  const nodeStart = keyStartOf(node);
  const length = end - start;
  const nodeLength = arena.words[node + KEY_LENGTH]!; // node is in the arena
  const limit = length < nodeLength ? length : nodeLength;
  const loopEnd = limit - shared > LOOP_LENGTH_MAX ? shared + LOOP_LENGTH_MAX : limit;
  for (let i = shared; i < loopEnd; i++) {
    const difference = key[start + i]! - bytes[nodeStart + i]!; // i is within both keys
    if (difference !== 0) return difference;
  }
  if (loopEnd >= limit) return length - nodeLength;
  const nodeEnd = nodeStart + nodeLength;
  return compareRanges(key, start + loopEnd, end, bytes, nodeStart + loopEnd, nodeEnd);
}

/** How many leading bytes `key[start, end)` and the key of `node` share. */
export function sharedWithNode(
  arena: Arena,
  node: number,
  key: Uint8Array,
  start: number,
  end: number,
): number {
  const { bytes } = arena;
  const nodeStart = keyStartOf(node);
  const length = end - start;
  const nodeLength = arena.words[node + KEY_LENGTH]!; // node is in the arena
  const limit = length < nodeLength ? length : nodeLength;
  const loopEnd = limit < LOOP_LENGTH_MAX ? limit : LOOP_LENGTH_MAX;
  let shared = 0;
  while (shared < loopEnd && key[start + shared] === bytes[nodeStart + shared]) shared++;
  if (shared < LOOP_LENGTH_MAX) return shared;
  for (; shared + STRETCH_LENGTH <= limit; shared += STRETCH_LENGTH) {
    if (!equalRanges(bytes, nodeStart + shared, key, start + shared, STRETCH_LENGTH)) break;
  }
  while (shared < limit && key[start + shared] === bytes[nodeStart + shared]) shared++;
  return shared;
}

/** True when `key[start, end)` is the key of `node`. */
export function isKeyOfNode(
  arena: Arena,
  node: number,
  key: Uint8Array,
  start: number,
  end: number,
): boolean {
  const length = end - start;
  if (arena.words[node + KEY_LENGTH] !== length) return false;
  return equalRanges(arena.bytes, keyStartOf(node), key, start, length);
}

/** The newest version of a key at or below `readRelative`, or 0. */
export function visibleVersion(words: Int32Array, node: number, readRelative: number): number {
  let version = words[node]!; // node is in the arena, and so is every version below
  while (version !== 0 && words[version]! > readRelative) version = words[version + OLDER]!;
  return version;
}

/** Writes a key node and its first version beside each other; nothing points to them yet. */
export function writeKeyNode(
  arena: Arena,
  hash: number,
  key: Uint8Array,
  start: number,
  end: number,
): number {
  const node = arena.allocateRecord(KEY_NODE_LENGTH + wordCount(end - start));
  const words = arena.words;
  words[node + NEWEST] = 0;
  words[node + KEY_LENGTH] = end - start;
  words[node + KEY_HASH] = hash;
  arena.copyIn(node + KEY_NODE_LENGTH, key, start, end);
  return node;
}

/** Writes a version in front of `older`; the caller publishes it. */
export function writeVersion(
  arena: Arena,
  relative: number,
  older: number,
  type: PointType,
  value: Uint8Array,
  start: number,
  end: number,
): number {
  const version = arena.allocateEvenRecord(VERSION_LENGTH + wordCount(end - start));
  const words = arena.words;
  words[version + RELATIVE] = relative;
  words[version + OLDER] = older;
  words[version + VALUE_LENGTH] = end - start;
  words[version + VALUE_TYPE] = type;
  arena.copyIn(version + VERSION_LENGTH, value, start, end);
  return version;
}

/** Fills `operation` with a version of a key, but for its sequence. The bytes are the arena's. */
export function readVersion(
  { words, bytes }: Arena,
  node: number,
  version: number,
  operation: Operation,
): void {
  const keyStart = keyStartOf(node); // node and version are in the arena
  const valueStart = (version + VERSION_LENGTH) * 4;
  operation.type = mustBePointType(words[version + VALUE_TYPE]!);
  operation.hash = words[node + KEY_HASH]!;
  operation.bytes = bytes;
  operation.keyStart = keyStart;
  operation.keyEnd = keyStart + words[node + KEY_LENGTH]!;
  operation.valueStart = valueStart;
  operation.valueEnd = valueStart + words[version + VALUE_LENGTH]!;
}

/** Writes a range tombstone in front of `older`; the caller publishes it. */
export function writeTombstone(
  arena: Arena,
  relative: number,
  older: number,
  startKey: Uint8Array,
  endKey: Uint8Array,
): number {
  const startLength = wordCount(startKey.length);
  const length = TOMBSTONE_LENGTH + startLength + wordCount(endKey.length);
  const tombstone = arena.allocateRecord(length);
  const words = arena.words;
  words[tombstone + RELATIVE] = relative;
  words[tombstone + OLDER] = older;
  words[tombstone + START_LENGTH] = startKey.length;
  words[tombstone + END_LENGTH] = endKey.length;
  const at = tombstone + TOMBSTONE_LENGTH;
  arena.bytes.set(startKey, at * 4);
  arena.bytes.set(endKey, (at + startLength) * 4);
  return tombstone;
}

/** A range deletion as it was written; copies. */
export interface WrittenTombstone {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
  readonly sequence: SequenceNumber;
}

/** The range tombstones from `newest` on to older ones, down to `until`, which is not among them; 0 for all. */
export function* tombstonesOf(
  { words, bytes }: Arena,
  baseSequence: SequenceNumber,
  newest: number,
  until: number,
): Generator<WrittenTombstone> {
  for (let at = newest; at !== until; at = words[at + OLDER]!) {
    const startLength = words[at + START_LENGTH]!; // a tombstone is in the arena
    const endLength = words[at + END_LENGTH]!;
    const start = (at + TOMBSTONE_LENGTH) * 4;
    const end = start + wordCount(startLength) * 4;
    yield {
      start: copyRange(bytes, start, start + startLength),
      end: copyRange(bytes, end, end + endLength),
      sequence: sequenceAfter(baseSequence, words[at + RELATIVE]!),
    };
  }
}
