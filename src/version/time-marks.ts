/**
 * The time index: which sequence the database had reached at which time.
 *
 * Owns: marks in the order of commits, and what a time or a sequence is by them.
 *
 *      time        9:00:00.000   9:00:00.007   9:00:02.500
 *      sequence    120           131           140              at 9:00:01 the database was at 131
 *
 * Invariants:
 *   time-marks/ascending: times never go back, and sequences ascend. A mark of the same time takes the place of the last one.
 *   time-marks/exact-on-the-grid: while there are few marks, every time is exact. Beyond MARK_COUNT_MAX old marks are thinned
 *       to the last one of each cell of a grid. A time on that grid, such as a whole second, is still exact. Any other says what
 *       was so at the mark before it.
 *   time-marks/bounded: there are never more than MARK_COUNT_MAX marks.
 *
 * Suspension: every method is synchronous.
 */

/** One place in the commit order, and when it was reached: milliseconds since 1970. */
export interface TimeMark {
  readonly sequence: number;
  readonly wallMs: number;
}

/** 4 MiB of memory, and a megabyte of the manifest. */
export const MARK_COUNT_MAX = 262_144;
/** The newest marks, which are never thinned: half of them. */
const EXACT_COUNT = MARK_COUNT_MAX / 2;
/** Thinning that leaves more than this would soon come again. */
const THINNED_COUNT_MAX = (MARK_COUNT_MAX / 4) * 3;
/** Each is a multiple of the one before, so what was thinned stays exact on the next grid. A day has a whole number of each. */
const GRIDS_MS: readonly number[] = [10, 100, 1000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000];

/** Words of a mark: its time, its sequence. */
const WORDS = 2;
const CAPACITY_MIN = 64;

export class TimeMarks {
  #words: Float64Array;
  #count: number;

  constructor(words: Float64Array = new Float64Array(0), count = 0) {
    this.#words = words;
    this.#count = count;
  }

  get count(): number {
    return this.#count;
  }

  get last(): TimeMark | undefined {
    return this.#count === 0 ? undefined : this.#at(this.#count - 1);
  }

  copy(): TimeMarks {
    return new TimeMarks(this.#words.slice(0, this.#count * WORDS), this.#count);
  }

  /** A mark that is not above the last one is passed over; an earlier time counts as that of the last one. */
  add(sequence: number, wallMs: number): void {
    const { last } = this;
    if (last !== undefined && sequence <= last.sequence) return;
    if (last !== undefined && wallMs <= last.wallMs) {
      this.#words[this.#count * WORDS - 1] = sequence;
      return;
    }
    if (this.#count === MARK_COUNT_MAX) this.#thin();
    const at = this.#count * WORDS;
    if (at === this.#words.length) {
      const grown = new Float64Array(Math.max(CAPACITY_MIN, at * 2));
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[at] = wallMs;
    this.#words[at + 1] = sequence;
    this.#count++;
  }

  /** The newest mark at or before a time. */
  before(wallMs: number): TimeMark | undefined {
    const index = this.#countUntil(0, wallMs + 1) - 1;
    return index < 0 ? undefined : this.#at(index);
  }

  /** The first mark at or above a sequence: by then the database had reached it. */
  reaching(sequence: number): TimeMark | undefined {
    const index = this.#countUntil(1, sequence);
    return index < this.#count ? this.#at(index) : undefined;
  }

  /** The marks above one sequence, up to another. */
  between(sequence: number, last: number): TimeMark[] {
    const marks: TimeMark[] = [];
    const end = this.#countUntil(1, last + 1);
    for (let i = this.#countUntil(1, sequence + 1); i < end; i++) marks.push(this.#at(i));
    return marks;
  }

  /** Forgets the marks up to a sequence. */
  dropThrough(sequence: number): void {
    const from = this.#countUntil(1, sequence + 1);
    if (from === 0) return;
    this.#words.copyWithin(0, from * WORDS, this.#count * WORDS);
    this.#count -= from;
  }

  #at(index: number): TimeMark {
    const at = index * WORDS; // below 2 * count, so both words are there
    return { wallMs: this.#words[at]!, sequence: this.#words[at + 1]! };
  }

  /** How many marks are below `bound` in one of their words (time-marks/ascending). */
  #countUntil(word: number, bound: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#words[middle * WORDS + word]! < bound)
        low = middle + 1; // middle < count
      else high = middle;
    }
    return low;
  }

  /** Keeps time-marks/bounded and time-marks/exact-on-the-grid, with the finest grid that makes room. */
  #thin(): void {
    for (const gridMs of GRIDS_MS) {
      const isLast = gridMs === GRIDS_MS.at(-1);
      const kept = this.#thinned(gridMs);
      if (kept.count <= THINNED_COUNT_MAX || isLast) {
        this.#words = kept.words;
        this.#count = kept.count;
        return;
      }
    }
  }

  /** The last old mark of each cell, whose end belongs to it, and all new ones. */
  #thinned(gridMs: number): { readonly words: Float64Array; readonly count: number } {
    const words = new Float64Array(this.#words.length);
    let count = 0;
    for (let i = 0; i < this.#count; i++) {
      const { wallMs, sequence } = this.#at(i);
      const isOld = i < this.#count - EXACT_COUNT;
      const isSameCell =
        isOld && Math.ceil(this.#at(i + 1).wallMs / gridMs) === Math.ceil(wallMs / gridMs); // new ones follow
      if (isSameCell) continue;
      words[count * WORDS] = wallMs;
      words[count * WORDS + 1] = sequence;
      count++;
    }
    return { words, count };
  }
}
