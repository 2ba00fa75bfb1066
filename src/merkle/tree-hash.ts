/**
 * The hashes of a Merkle tree over entries, as RFC 9162 has them.
 *
 * Owns: the hash of an entry, of an inner node and of a whole tree.
 *
 * Layout (normative text and a worked example in docs/formats/ledger.md):
 *
 *      entry      SHA-256 of 00 | key length u32 big-endian | key | value length u32 big-endian | value
 *      node       SHA-256 of 01 | hash of the left subtree | hash of the right one
 *      no entry   SHA-256 of nothing
 *      root       SHA-256 of 02 | size u64 big-endian | hash of the tree
 *
 * Invariants:
 *   tree-hash/one-meaning: no two pairs of key and value give the same bytes to hash, because both lengths stand before what
 *       they count. No entry is read as a node, because the first byte tells them apart.
 *   tree-hash/size-bound: a root tells how many entries it is over. RFC 9162 leaves that to a signature: there a tree of seven
 *       entries may pass for one of eight, and an entry for another's place.
 *
 * Suspension: every function here is synchronous and keeps no reference to its arguments.
 */
import { createHash, hash } from 'node:crypto';

export const HASH_SIZE_BYTES = 32;

const LEAF_PREFIX = 0;
const NODE_PREFIX = 1;
const ROOT_PREFIX = 2;
const SIZE_SIZE_BYTES = 8;
const LENGTH_SIZE_BYTES = 4;
const LEAF_HEAD_SIZE_BYTES = 1 + LENGTH_SIZE_BYTES;
/** A larger entry is hashed in parts: a copy of it would cost more than the calls. */
const ONE_CALL_SIZE_BYTES_MAX = 16 * 1024;

/** The hash of an entry: `key[keyStart, keyEnd)` as its user has encoded it, and its value in the same way. */
export function leafHashOf(
  key: Uint8Array,
  [keyStart, keyEnd]: readonly [number, number],
  value: Uint8Array,
  [valueStart, valueEnd]: readonly [number, number],
): Uint8Array {
  const keySize = keyEnd - keyStart;
  const valueSize = valueEnd - valueStart;
  const size = LEAF_HEAD_SIZE_BYTES + keySize + LENGTH_SIZE_BYTES + valueSize;
  if (size <= ONE_CALL_SIZE_BYTES_MAX) {
    const bytes = new Uint8Array(size);
    bytes[0] = LEAF_PREFIX;
    putLength(bytes, 1, keySize);
    bytes.set(key.subarray(keyStart, keyEnd), LEAF_HEAD_SIZE_BYTES);
    putLength(bytes, LEAF_HEAD_SIZE_BYTES + keySize, valueSize);
    bytes.set(value.subarray(valueStart, valueEnd), size - valueSize);
    return hash('sha256', bytes, 'buffer');
  }
  const head = new Uint8Array(LEAF_HEAD_SIZE_BYTES);
  head[0] = LEAF_PREFIX;
  putLength(head, 1, keySize);
  const length = new Uint8Array(LENGTH_SIZE_BYTES);
  putLength(length, 0, valueSize);
  return createHash('sha256')
    .update(head)
    .update(key.subarray(keyStart, keyEnd))
    .update(length)
    .update(value.subarray(valueStart, valueEnd))
    .digest();
}

/** The hash of a node over two subtrees. */
export function nodeHashOf(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + 2 * HASH_SIZE_BYTES);
  bytes[0] = NODE_PREFIX;
  bytes.set(left, 1);
  bytes.set(right, 1 + HASH_SIZE_BYTES);
  return hash('sha256', bytes, 'buffer');
}

/** The hash of a tree that is made of these complete subtrees, the largest first; of no entry when there is none. */
export function treeHashOf(peaks: readonly Uint8Array[]): Uint8Array {
  const last = peaks.at(-1);
  if (last === undefined) return hash('sha256', new Uint8Array(0), 'buffer');
  return peaks.slice(0, -1).reduceRight((right, left) => nodeHashOf(left, right), last);
}

/** The hash of a root over `size` entries, whose tree has the hash `treeHash` (tree-hash/size-bound). */
export function rootHashOf(size: number, treeHash: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + SIZE_SIZE_BYTES + HASH_SIZE_BYTES);
  bytes[0] = ROOT_PREFIX;
  putLength(bytes, 1, Math.floor(size / 2 ** 32));
  putLength(bytes, 1 + LENGTH_SIZE_BYTES, size % 2 ** 32);
  bytes.set(treeHash, 1 + SIZE_SIZE_BYTES);
  return hash('sha256', bytes, 'buffer');
}

function putLength(target: Uint8Array, at: number, length: number): void {
  target[at] = length >>> 24;
  target[at + 1] = length >>> 16;
  target[at + 2] = length >>> 8;
  target[at + 3] = length;
}
