/**
 * Which hashes a proof is made of.
 *
 * Owns: the shape of a Merkle tree of any size, and the paths of RFC 9162, sections 2.1.3.1 and 2.1.4.1. A hash of a proof
 * is that of a range of entries. It is given as the complete subtrees that the range is made of, which a ledger stores.
 *
 * Suspension: every function here is synchronous.
 */
import type { NodePlace } from './frontier.ts';

/** The complete subtrees that make up a range of entries, the largest first. */
export type Cover = readonly NodePlace[];

/** The ranges of the path from the entry at `index` to the root of `size` entries, from below; `index` is below `size`. */
export function inclusionCovers(index: number, size: number): Cover[] {
  const covers: Cover[] = [];
  addInclusion(index, 0, size, covers);
  return covers;
}

function addInclusion(index: number, start: number, size: number, covers: Cover[]): void {
  if (size === 1) return;
  const left = leftSizeOf(size);
  if (index < left) {
    addInclusion(index, start, left, covers);
    covers.push(coverOf(start + left, size - left));
  } else {
    addInclusion(index - left, start + left, size - left, covers);
    covers.push(coverOf(start, left));
  }
}

/**
 * The ranges of the proof that a tree of `size` entries extends one of `from`; 0 < `from` < `size`. Of an older tree that is
 * one complete subtree the hash is among them: RFC 9162 leaves it out, since its verifier has it.
 */
export function extensionCovers(from: number, size: number): Cover[] {
  const covers: Cover[] = [];
  addExtension(from, 0, size, covers);
  return covers;
}

function addExtension(from: number, start: number, size: number, covers: Cover[]): void {
  if (from === size) {
    covers.push(coverOf(start, size));
    return;
  }
  const left = leftSizeOf(size);
  if (from <= left) {
    addExtension(from, start, left, covers);
    covers.push(coverOf(start + left, size - left));
  } else {
    addExtension(from - left, start + left, size - left, covers);
    covers.push(coverOf(start, left));
  }
}

/** The complete subtrees of `size` entries from `start` on, which is a multiple of the largest of them. */
export function coverOf(start: number, size: number): Cover {
  const cover: NodePlace[] = [];
  let at = start;
  let rest = size;
  while (rest > 0) {
    let level = 0;
    let width = 1;
    while (width * 2 <= rest) {
      width *= 2;
      level++;
    }
    cover.push({ level, index: at / width });
    at += width;
    rest -= width;
  }
  return cover;
}

/** The entries left of the root: the largest power of two below `size`, which is 2 or more. */
function leftSizeOf(size: number): number {
  let left = 1;
  while (left * 2 < size) left *= 2;
  return left;
}
