/**
 * Decides which entries survive a flush or a compaction.
 *
 * Owns: the rules for dropping entries and range tombstones, and for renumbering, given the live snapshots.
 *
 * The live read sequences, ascending, cut the commit order into stripes: stripe i holds the sequences above snapshot
 * i - 1, up to and including snapshot i; the last stripe has no end. No reader sees into the middle of a stripe. So
 * of several versions of a key in one stripe, readers can see only the newest.
 *
 *      snapshots            4             9
 *      sequences   1 2 3 4 | 5 6 7 8 9 | 10 11 ...
 *      stripe         0    |     1     |    2
 *
 * Where old versions are retained, the last live sequence is the oldest that may still be asked for (engine/state/retention.ts).
 * A reader may come for any sequence above it, so each of them is a stripe of its own:
 *
 *      snapshots            4             9 = retained from
 *      sequences   1 2 3 4 | 5 6 7 8 9 | 10 | 11 | ...
 *      stripe         0    |     1     |  2 |  3 | ...
 *
 * Readers that begin while a job runs need no stripe. They read at or above everything that the inputs hold, because
 * a memtable is flushed only once all of it is published.
 *
 * "At the bottom" means that no level below the output can hold the key (FileBoundsSet); levels above hold newer
 * entries only, and of level 0 the job has every table that overlaps.
 *
 * Invariants:
 *   compaction-iterator/newest-of-a-stripe: a version is dropped when a newer version of its key, or a range tombstone
 *       over it, lies in its own stripe. A reader that could see the version sees the newer one. For example with
 *       snapshots at 4 and 9, `a@7` is dropped beside `a@8`. The newer one may be dropped as well: what dropped it (a
 *       newer one again, or compaction-iterator/tombstone-at-the-bottom) also hides the older version.
 *   compaction-iterator/tombstone-at-the-bottom: a tombstone is dropped when it is at the bottom and at or below the
 *       oldest snapshot (stripe 0). Every reader sees it, and what it hides is in this job and dropped by
 *       compaction-iterator/newest-of-a-stripe. A range tombstone needs all of its range at the bottom. Where several
 *       of one stripe overlap, the newest over each key is kept (striped-tombstones.ts).
 *   compaction-iterator/zero-at-the-bottom: a value at the bottom and at or below the oldest snapshot takes sequence
 *       0, which compresses best: every reader sees it, and nothing older is left. It keeps its sequence where a kept
 *       range tombstone older than the value covers its key: that tombstone is above sequence 0 and would hide the
 *       value. A kept tombstone newer than the value hides it before and after from the same readers. Tombstones in
 *       tables above are newer than the value, those in other tables of the output level do not cover its key, and
 *       below there are none.
 *   compaction-iterator/retained-stay: above the last live sequence nothing is dropped where old versions are retained, not
 *       even what a range tombstone covers.
 *   compaction-iterator/conflicts-stay-seen: for conflict detection, an entry above the oldest snapshot is never
 *       renumbered. The newest entry of a key, tombstone or not, is never dropped while it is above the oldest
 *       snapshot, even where a range tombstone covers it. The newest deletion of each kept range above the oldest
 *       snapshot is kept too.
 *   compaction-iterator/expired-is-deleted: an entry that has expired for every reader, those to come included, counts as
 *       a tombstone, and is written as one where it must stay. So nothing older of its key comes back.
 *   compaction-iterator/order-stays: entries come out in the order in which they went in: by user key, then from new
 *       to old.
 *
 * Suspension: only `load` suspends.
 */
import { copyInto, equalRanges } from '../bytes/bytes.ts';
import { expiryIn, hasExpired } from '../bytes/expiry.ts';
import { type SequenceNumber, SEQUENCE_NUMBER_ZERO } from '../base/ids.ts';
import { type InternalIterator, READY, type StepResult } from '../iterator/internal-iterator.ts';
import type { RangeTombstone, RangeTombstones } from '../iterator/range-tombstones.ts';
import { DELETION, EXPIRING_VALUE, type PointType } from '../base/value-type.ts';
import type { JobReaders } from './compaction.ts';
import type { FileBoundsSet } from './file-bounds.ts';
import { StripedTombstones } from './striped-tombstones.ts';

/** With `isRetaining` there is a snapshot (compaction-iterator/retained-stay). */
export interface CompactionIteratorOptions extends JobReaders {
  /** The bounds of the levels below the output; undefined: never at the bottom (a flush). */
  readonly below: FileBoundsSet | undefined;
}

/** `source` shows all versions; `tombstones` holds the range tombstones of all inputs. One pass, forward, which stops at
 * every entry of the source: `isKept` tells which to write. */
export class CompactionIterator {
  readonly #source: InternalIterator;
  readonly #snapshots: readonly number[];
  /** Above it each sequence is a stripe of its own; Infinity where old versions are not retained. */
  readonly #retainedFrom: number;
  /** Infinity without snapshots: then every entry is old. */
  readonly #oldestSnapshot: number;
  readonly #below: FileBoundsSet | undefined;
  readonly #expiredMs: number;
  readonly #tombstones: StripedTombstones;

  /** The user key that was met last, whether it was kept or not. */
  #lastKey = new Uint8Array(64);
  #lastKeyLength = -1;
  /** The stripe of the version of that key that was met last. */
  #lastStripe = 0;

  /** The sequence that the current entry is written with: its own, or 0 (compaction-iterator/zero-at-the-bottom). */
  #sequence: SequenceNumber = SEQUENCE_NUMBER_ZERO;
  #type: PointType = DELETION;
  #isKept = false;
  #isFirstOfKey = false;
  #isSuperseded = false;
  #hasShownKey = false;
  #readCount = 0;

  constructor(
    source: InternalIterator,
    tombstones: RangeTombstones,
    options: CompactionIteratorOptions,
  ) {
    this.#source = source;
    this.#snapshots = options.snapshots;
    this.#retainedFrom = options.isRetaining ? options.snapshots.at(-1)! : Infinity; // there is one
    this.#oldestSnapshot = options.snapshots[0] ?? Infinity;
    this.#below = options.below;
    this.#expiredMs = options.expiredMs;
    this.#tombstones = new StripedTombstones(
      tombstones,
      options.snapshots,
      options.below,
      this.#retainedFrom,
    );
  }

  get key(): Uint8Array {
    return this.#source.key;
  }
  get keyStart(): number {
    return this.#source.keyStart;
  }
  get keyEnd(): number {
    return this.#source.keyEnd;
  }
  get sequence(): SequenceNumber {
    return this.#sequence;
  }
  /** Its own, or DELETION (compaction-iterator/expired-is-deleted). */
  get type(): PointType {
    return this.#type;
  }
  get value(): Uint8Array {
    return this.#source.value;
  }
  get valueStart(): number {
    return this.#source.valueStart;
  }
  get valueEnd(): number {
    return this.#type === DELETION ? this.#source.valueStart : this.#source.valueEnd;
  }
  /** Bytes of key and value. */
  get sizeBytes(): number {
    const source = this.#source;
    return source.keyEnd - source.keyStart + (source.valueEnd - source.valueStart);
  }
  /** False: the entry is not to be written, and only its size is of interest. */
  get isKept(): boolean {
    return this.#isKept;
  }
  /** Whether this is the first surviving entry of its user key: a place where an output may be cut. */
  get isFirstOfKey(): boolean {
    return this.#isFirstOfKey;
  }
  /** Whether only a live reader keeps the entry: there is a newer one of its key. */
  get isSuperseded(): boolean {
    return this.#isSuperseded;
  }
  /** Entries read from the source so far. */
  get readCount(): number {
    return this.#readCount;
  }

  start(): StepResult {
    return this.#judge(this.#source.seekFirst());
  }

  next(): StepResult {
    return this.#judge(this.#source.next());
  }

  load(): Promise<void> {
    return this.#source.load();
  }

  loadSync(): void {
    this.#source.loadSync();
  }

  resume(): StepResult {
    return this.#judge(this.#source.resume());
  }

  /** The range tombstones that survive, in the order of their starts; those of one stripe are disjoint. */
  keptTombstones(): RangeTombstone[] {
    return this.#tombstones.kept();
  }

  /** One entry at a time, so that a job can pause in the middle of a long stretch of dropped ones. */
  #judge(status: StepResult): StepResult {
    if (status === READY) {
      this.#readCount++;
      this.#isKept = this.#judgeEntry();
    }
    return status;
  }

  /** Judges the entry under the source, and numbers it. */
  #judgeEntry(): boolean {
    const source = this.#source;
    const { key, keyStart, keyEnd, sequence } = source;
    const type = source.type === EXPIRING_VALUE ? this.#typeByTime() : source.type;
    this.#type = type;
    const isNewest = this.#enterKey(key, keyStart, keyEnd);
    const stripe = this.#stripeOf(sequence);
    if (!isNewest && stripe === this.#lastStripe) return false; // compaction-iterator/newest-of-a-stripe
    this.#lastStripe = stripe;

    const isOld = sequence <= this.#oldestSnapshot;
    const tombstones = this.#tombstones;
    if (!tombstones.isEmpty && !(isNewest && !isOld)) {
      const deleted = tombstones.newestIn(stripe, key, keyStart, keyEnd);
      if (deleted > sequence) return false; // compaction-iterator/newest-of-a-stripe, unless compaction-iterator/conflicts-stay-seen keeps it
    }

    this.#sequence = sequence;
    if (isOld && this.#below !== undefined && !this.#below.holdsKey(key, keyStart, keyEnd)) {
      if (type === DELETION) return false; // compaction-iterator/tombstone-at-the-bottom
      // A kept tombstone of stripe 0 over the key is older than the value, by compaction-iterator/newest-of-a-stripe.
      const isUnderKept = !tombstones.isEmpty && tombstones.isOldKeptOver(key, keyStart, keyEnd);
      if (!isUnderKept) this.#sequence = SEQUENCE_NUMBER_ZERO; // compaction-iterator/zero-at-the-bottom
    }
    this.#isSuperseded = !isNewest;
    this.#isFirstOfKey = !this.#hasShownKey;
    this.#hasShownKey = true;
    return true;
  }

  /** Keeps compaction-iterator/expired-is-deleted. */
  #typeByTime(): PointType {
    const { value, valueStart, valueEnd } = this.#source;
    return hasExpired(expiryIn(value, valueStart, valueEnd), this.#expiredMs)
      ? DELETION
      : EXPIRING_VALUE;
  }

  /** Remembers the key; true when it is another than the last one. */
  #enterKey(key: Uint8Array, keyStart: number, keyEnd: number): boolean {
    const length = keyEnd - keyStart;
    if (length === this.#lastKeyLength && equalRanges(key, keyStart, this.#lastKey, 0, length)) {
      return false;
    }
    if (length > this.#lastKey.length) this.#lastKey = new Uint8Array(2 * length);
    copyInto(this.#lastKey, 0, key, keyStart, keyEnd);
    this.#lastKeyLength = length;
    this.#hasShownKey = false;
    return true;
  }

  /** The index of the first snapshot at or above `sequence`; their count, or more, when there is none. */
  #stripeOf(sequence: number): number {
    const snapshots = this.#snapshots;
    const aboveCount = sequence - this.#retainedFrom;
    if (aboveCount > 0) return snapshots.length - 1 + aboveCount;
    let low = 0;
    let high = snapshots.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (snapshots[middle]! < sequence)
        low = middle + 1; // middle < length
      else high = middle;
    }
    return low;
  }
}
