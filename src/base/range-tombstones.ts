/**
 * Range tombstones of one source: a memtable or a table.
 *
 * Owns: which sequence numbers deleted which ranges of user keys, cut into disjoint fragments so that a lookup is one
 * binary search.
 *
 *      delete [b, f) at 7, then [d, h) at 9:
 *
 *      boundaries   b        d        f        h
 *      stacks       | 7      | 9 -> 7 | 9      | (none)
 *
 * Invariants:
 *   R1. Boundaries are strictly ascending, and the last one's stack is empty.
 *   R2. A stack runs from new to old. It is an immutable list, so a reader that holds one sees it unchanged.
 *   R3. Tombstones are added in any order; equal sequences over one range are added once in effect.
 *
 * Adding costs O(boundaries) for the splice and one node per fragment that the range covers; a lookup O(log n).
 *
 * Suspension: every method is synchronous. Keys given to `add` are kept: the caller hands over its copy.
 */
import { compareRanges, compareBytes } from './bytes.ts';

/** One deletion in a fragment's stack; `older` has a smaller sequence. */
export interface StackedDeletion {
  readonly sequence: number;
  readonly older: StackedDeletion | undefined;
}

/** `[start, end)` was deleted at each sequence of the stack. */
export interface TombstoneFragment {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
  readonly stack: StackedDeletion;
}

export class RangeTombstones {
  readonly #boundaries: Uint8Array[] = [];
  readonly #stacks: (StackedDeletion | undefined)[] = [];
  #newestSequence = 0;

  get isEmpty(): boolean {
    return this.#boundaries.length === 0;
  }

  /** The largest sequence ever added, 0 when empty. */
  get newestSequence(): number {
    return this.#newestSequence;
  }

  /** Deletes `[start, end)` at `sequence`. An empty range does nothing. */
  add(start: Uint8Array, end: Uint8Array, sequence: number): void {
    if (compareBytes(start, end) >= 0) return;
    const first = this.#splitAt(start);
    const last = this.#splitAt(end);
    for (let i = first; i < last; i++) this.#stacks[i] = inserted(this.#stacks[i], sequence);
    if (sequence > this.#newestSequence) this.#newestSequence = sequence;
  }

  /** The newest sequence at or below `readSequence` that deleted the key `bytes[start, end)`, or 0. */
  newestCovering(bytes: Uint8Array, start: number, end: number, readSequence: number): number {
    const index = this.#fragmentOf(bytes, start, end);
    return index < 0 ? 0 : newestAtMost(this.#stacks[index], readSequence);
  }

  /** The newest sequence that deleted any part of `[start, end)`, or 0; no `end`: up to the last key. */
  newestOverlapping(start: Uint8Array, end: Uint8Array | undefined): number {
    let newest = 0;
    for (
      let i = Math.max(0, this.#fragmentOf(start, 0, start.length));
      i < this.#boundaries.length;
      i++
    ) {
      const boundary = this.#boundaries[i]!; // i < length
      if (end !== undefined && compareBytes(boundary, end) >= 0) break;
      const next = this.#boundaries[i + 1];
      if (next === undefined || compareBytes(next, start) <= 0) continue;
      newest = Math.max(newest, this.#stacks[i]?.sequence ?? 0);
    }
    return newest;
  }

  /** Every fragment with deletions, in key order. */
  *fragments(): Generator<TombstoneFragment> {
    for (let i = 0; i + 1 < this.#boundaries.length; i++) {
      const stack = this.#stacks[i];
      if (stack === undefined) continue;
      yield { start: this.#boundaries[i]!, end: this.#boundaries[i + 1]!, stack }; // i + 1 < length
    }
  }

  /** Index of the fragment that holds the key, or -1 before the first boundary. */
  #fragmentOf(bytes: Uint8Array, start: number, end: number): number {
    let low = 0;
    let high = this.#boundaries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const boundary = this.#boundaries[middle]!; // middle < length
      if (compareRanges(boundary, 0, boundary.length, bytes, start, end) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Makes `key` a boundary, if it is none yet, and returns its index. */
  #splitAt(key: Uint8Array): number {
    const index = this.#fragmentOf(key, 0, key.length);
    if (index >= 0 && compareBytes(this.#boundaries[index]!, key) === 0) return index; // index < length
    this.#boundaries.splice(index + 1, 0, key);
    this.#stacks.splice(index + 1, 0, index < 0 ? undefined : this.#stacks[index]);
    return index + 1;
  }
}

/** The newest sequence in the stack at or below `readSequence`, or 0. */
export function newestAtMost(stack: StackedDeletion | undefined, readSequence: number): number {
  let deletion = stack;
  while (deletion !== undefined && deletion.sequence > readSequence) deletion = deletion.older;
  return deletion === undefined ? 0 : deletion.sequence;
}

function inserted(stack: StackedDeletion | undefined, sequence: number): StackedDeletion {
  if (stack === undefined || stack.sequence < sequence) return { sequence, older: stack };
  if (stack.sequence === sequence) return stack;
  return { sequence: stack.sequence, older: inserted(stack.older, sequence) };
}
