/**
 * The range tombstones of a job's inputs, as the live snapshots tell them apart.
 *
 * Owns: which range tombstones a flush or a compaction keeps (compaction-iterator/tombstone-at-the-bottom), and the
 * newest of them over one key after another.
 *
 * Readers can tell only the newest tombstone of a stripe over each key. So each stripe is cut into fragments of its
 * own. A fragment is not cut where one of another stripe begins or ends. So n tombstones become at most 2n fragments.
 * Nesting and the number of snapshots change nothing about that.
 *
 * Above `retainedFrom` each sequence is a stripe of its own. There a tombstone covers nothing of its stripe, and all stay as they
 * are.
 *
 * Suspension: every method is synchronous.
 */
import { compareBytes, compareRanges } from '../bytes/bytes.ts';
import type { RangeTombstone, RangeTombstones } from '../iterator/range-tombstones.ts';
import type { FileBoundsSet } from './file-bounds.ts';

interface JudgedFragment extends RangeTombstone {
  readonly isKept: boolean;
}

/** The fragments of one stripe: disjoint, in key order. */
class Stripe {
  readonly fragments: readonly JudgedFragment[];
  /** The first that ends above the last key. */
  #index = 0;

  constructor(fragments: readonly JudgedFragment[]) {
    this.fragments = fragments;
  }

  /** The fragment over a key. Keys ascend. */
  at(key: Uint8Array, keyStart: number, keyEnd: number): JudgedFragment | undefined {
    const { fragments } = this;
    for (; this.#index < fragments.length; this.#index++) {
      const fragment = fragments[this.#index]!; // index < length
      const { start, end } = fragment;
      if (compareRanges(end, 0, end.length, key, keyStart, keyEnd) <= 0) continue;
      const isInside = compareRanges(start, 0, start.length, key, keyStart, keyEnd) <= 0;
      return isInside ? fragment : undefined;
    }
    return undefined;
  }
}

export class StripedTombstones {
  /** Only stripes with tombstones are here. */
  readonly #stripes = new Map<number, Stripe>();
  readonly #retained: readonly RangeTombstone[];

  /**
   * `snapshots` ascend; `below` is undefined for a flush, which keeps a tombstone in every stripe. `retainedFrom`: the last
   * snapshot, or Infinity.
   */
  constructor(
    tombstones: RangeTombstones,
    snapshots: readonly number[],
    below: FileBoundsSet | undefined,
    retainedFrom: number = Infinity,
  ) {
    this.#retained =
      tombstones.newestSequence > retainedFrom ? above(tombstones, retainedFrom) : [];
    let stripe = 0;
    for (let since = -1; since < retainedFrom;) {
      const first = tombstones.firstAbove(since);
      if (first === Infinity || first > retainedFrom) return;
      while (stripe < snapshots.length && snapshots[stripe]! < first) stripe++; // stripe < length
      const last = snapshots[stripe] ?? Infinity;
      const isOld = stripe === 0;
      const fragments = tombstones.fragmentsBetween(since, last).map((each) => ({
        ...each,
        isKept: !(isOld && below !== undefined && !below.overlaps(each.start, each.end)),
      }));
      this.#stripes.set(stripe, new Stripe(fragments));
      since = last;
    }
  }

  get isEmpty(): boolean {
    return this.#stripes.size === 0;
  }

  /** The newest sequence in a stripe that deleted the key, or 0. Keys ascend. */
  newestIn(stripe: number, key: Uint8Array, keyStart: number, keyEnd: number): number {
    return this.#stripes.get(stripe)?.at(key, keyStart, keyEnd)?.sequence ?? 0;
  }

  /** Whether a tombstone over the key, at or below the oldest snapshot, stays. Keys ascend. */
  isOldKeptOver(key: Uint8Array, keyStart: number, keyEnd: number): boolean {
    return this.#stripes.get(0)?.at(key, keyStart, keyEnd)?.isKept === true;
  }

  /** The kept fragments, in the order of their starts. */
  kept(): RangeTombstone[] {
    const kept: RangeTombstone[] = [...this.#retained];
    for (const { fragments } of this.#stripes.values()) {
      for (const fragment of fragments) if (fragment.isKept) kept.push(fragment);
    }
    if (this.#stripes.size > 1 || this.#retained.length > 0)
      kept.sort((a, b) => compareBytes(a.start, b.start));
    return kept;
  }
}

function above(tombstones: RangeTombstones, sequence: number): RangeTombstone[] {
  return [...tombstones.all()].filter((each) => each.sequence > sequence);
}
