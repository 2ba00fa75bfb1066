/**
 * The frontier of a growing Merkle tree: its complete subtrees, the largest first.
 *
 * Owns: what an entry at the end adds: its own hash, and the hash of each subtree that it completes.
 *
 * Example: a tree of six entries has a subtree of four and one of two. The seventh entry adds a subtree of one. The eighth
 * completes one of two, then one of four, then one of eight, which is the frontier from then on.
 *
 * Invariants:
 *   frontier/amortised: n entries complete fewer than n subtrees of two or more. So an entry costs less than two hashes in
 *       the mean, and the logarithm of n at worst.
 *
 * Suspension: every method is synchronous.
 */
import { nodeHashOf, treeHashOf } from './tree-hash.ts';

/** A complete subtree: the 2^level entries from index * 2^level on. */
export interface NodePlace {
  readonly level: number;
  readonly index: number;
}

export class Frontier {
  /** How many entries the tree has. */
  size: number;
  readonly #peaks: Uint8Array[];

  /** `peaks`: the hashes of the complete subtrees of a tree of `size` entries; they are copied. */
  constructor(size: number, peaks: readonly Uint8Array[]) {
    this.size = size;
    this.#peaks = [...peaks];
  }

  get peaks(): readonly Uint8Array[] {
    return this.#peaks;
  }

  /** The hash of the whole tree. */
  get treeHash(): Uint8Array {
    return treeHashOf(this.#peaks);
  }

  /** Adds an entry, and hands each subtree that it completes to `onNode`, its own hash first, which is kept. */
  append(
    leafHash: Uint8Array,
    onNode: (level: number, index: number, hash: Uint8Array) => void,
  ): void {
    let hash = leafHash;
    let level = 0;
    let index = this.size;
    onNode(level, index, hash);
    while (index % 2 === 1) {
      hash = nodeHashOf(this.#peaks.pop()!, hash); // an odd index has a complete subtree to its left
      index = (index - 1) / 2;
      level++;
      onNode(level, index, hash);
    }
    this.#peaks.push(hash);
    this.size++;
  }
}

/** How many complete subtrees the frontier of a tree of `size` entries has: the ones among its binary digits. */
export function peakCountOf(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

/** How many complete subtrees a tree of `size` entries has in all, single entries included. */
export function nodeCountOf(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest;
  return count;
}
