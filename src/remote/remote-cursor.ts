/**
 * Cursors over the rows of a backend.
 *
 * Owns: which page a step needs next, and how rows look to the iterators above: the overlay of a transaction and the drop of
 * what has expired are those of every store.
 *
 * A page is small at first and larger when the scan goes on: most scans end soon.
 *
 * Suspension: only `load` suspends.
 */
import { type SequenceNumber, SEQUENCE_NUMBER_ZERO } from '../base/ids.ts';
import { DELETION, type PointType } from '../base/value-type.ts';
import { compareBytes, EMPTY_BYTES, keySuccessor } from '../bytes/bytes.ts';
import type { KeyRange } from '../bytes/key-range.ts';
import {
  EXHAUSTED,
  type InternalIterator,
  NEEDS_BLOCK,
  READY,
  type StepResult,
} from '../iterator/internal-iterator.ts';
import { MergingIterator } from '../iterator/merging-iterator.ts';
import type { Overlay } from '../iterator/overlay.ts';
import { TombstoneCursor } from '../iterator/tombstone-cursor.ts';
import { VisibleIterator } from '../iterator/visible-iterator.ts';
import type { BackendRow, Page, PageRequest } from './backend.ts';
import { TYPE_SIZE_BYTES, typeOf } from './remote-records.ts';
import type { RemoteState } from './remote-state.ts';

const ROW_COUNT_FIRST = 32;
const ROW_COUNT_MAX = 1024;
const PAGE_SIZE_BYTES = 1024 * 1024;
/** Rows of the backend have sequence 0. Own range deletions hide them: they are shown half a step above. */
const ABOVE_ROWS = 0.5;

/** Rows in memory, in their order, as one page after the other. */
abstract class RowCursor implements InternalIterator {
  readonly sequence: SequenceNumber = SEQUENCE_NUMBER_ZERO;
  protected rows: readonly BackendRow[] = [];
  protected index = 0;

  get key(): Uint8Array {
    return this.rows[this.index]!.key; // after READY, here and below
  }
  get keyStart(): number {
    return 0;
  }
  get keyEnd(): number {
    return this.key.length;
  }
  get type(): PointType {
    const row = this.rows[this.index];
    return row === undefined ? DELETION : typeOf(row.value, row.key);
  }
  get value(): Uint8Array {
    return this.rows[this.index]!.value;
  }
  get valueStart(): number {
    return TYPE_SIZE_BYTES;
  }
  get valueEnd(): number {
    return this.value.length;
  }

  seekFirst(): StepResult {
    return this.seekAtLeast(EMPTY_BYTES);
  }

  abstract seekAtLeast(key: Uint8Array): StepResult;
  abstract seekLast(): StepResult;
  abstract seekBelow(key: Uint8Array): StepResult;
  abstract next(): StepResult;
  abstract prev(): StepResult;
  abstract load(): Promise<void>;
  abstract loadSync(): void;
  abstract resume(): StepResult;
}

/** The rows of a state in a range. */
export class PageCursor extends RowCursor {
  readonly #state: RemoteState;
  readonly #lower: Uint8Array;
  readonly #upper: Uint8Array | undefined;
  #isReverse = false;
  #hasMore = false;
  #rowCount = ROW_COUNT_FIRST;
  #wanted: PageRequest | undefined = undefined;

  constructor(state: RemoteState, { lower, upper }: KeyRange) {
    super();
    this.#state = state;
    this.#lower = lower ?? EMPTY_BYTES;
    this.#upper = upper;
  }

  seekAtLeast(key: Uint8Array): StepResult {
    this.#isReverse = false;
    const start = compareBytes(key, this.#lower) > 0 ? key : this.#lower;
    return this.#want(start.slice(), this.#upper);
  }

  seekLast(): StepResult {
    this.#isReverse = true;
    return this.#want(this.#lower, this.#upper);
  }

  seekBelow(key: Uint8Array): StepResult {
    this.#isReverse = true;
    const upper = this.#upper;
    const end = upper !== undefined && compareBytes(upper, key) < 0 ? upper : key.slice();
    return this.#want(this.#lower, end);
  }

  next(): StepResult {
    return this.#step();
  }

  prev(): StepResult {
    return this.#step();
  }

  async load(): Promise<void> {
    const wanted = this.#wanted;
    if (wanted === undefined) return;
    this.#take(await this.#state.page(wanted));
  }

  loadSync(): void {
    const wanted = this.#wanted;
    if (wanted === undefined) return;
    this.#take(this.#state.pageOf(wanted) ?? this.#state.missPage(wanted));
  }

  resume(): StepResult {
    return this.rows.length === 0 ? EXHAUSTED : READY;
  }

  #step(): StepResult {
    const last = this.rows[this.index];
    this.index++;
    if (this.index < this.rows.length) return READY;
    if (!this.#hasMore || last === undefined) return EXHAUSTED;
    this.#rowCount = Math.min(ROW_COUNT_MAX, 2 * this.#rowCount);
    if (this.#isReverse) return this.#want(this.#lower, last.key);
    return this.#want(keySuccessor(last.key), this.#upper);
  }

  #want(start: Uint8Array, end: Uint8Array | undefined): StepResult {
    this.rows = [];
    if (end !== undefined && compareBytes(start, end) >= 0) return EXHAUSTED;
    const rowCountMax = this.#rowCount;
    this.#wanted = {
      start,
      end,
      isReverse: this.#isReverse,
      rowCountMax,
      sizeBytesMax: PAGE_SIZE_BYTES,
    };
    return NEEDS_BLOCK;
  }

  #take({ rows, hasMore }: Page): void {
    this.#wanted = undefined;
    this.rows = rows;
    this.#hasMore = hasMore;
    this.index = 0;
  }
}

/** Rows that are all in memory, in the order of keys. */
export class ListCursor extends RowCursor {
  constructor(rows: readonly BackendRow[]) {
    super();
    this.rows = rows;
  }

  seekAtLeast(key: Uint8Array): StepResult {
    return this.#at(this.rows.findIndex((row) => compareBytes(row.key, key) >= 0));
  }

  seekLast(): StepResult {
    return this.#at(this.rows.length - 1);
  }

  seekBelow(key: Uint8Array): StepResult {
    return this.#at(this.rows.findLastIndex((row) => compareBytes(row.key, key) < 0));
  }

  next(): StepResult {
    return this.#at(this.index + 1);
  }

  prev(): StepResult {
    return this.#at(this.index - 1);
  }

  load(): Promise<void> {
    return Promise.resolve();
  }

  loadSync(): void {
    // Everything is in memory.
  }

  resume(): StepResult {
    return READY;
  }

  #at(index: number): StepResult {
    this.index = index;
    return index >= 0 && index < this.rows.length ? READY : EXHAUSTED;
  }
}

/** The rows that a reader with this clock sees, with the overlay before them. */
export function visible(
  rows: InternalIterator,
  { lower, upper }: KeyRange,
  wallMs: number,
  overlay: Overlay | undefined,
): InternalIterator {
  if (overlay === undefined) {
    return new VisibleIterator(rows, undefined, { lower, upper, wallMs });
  }
  const { source, tombstones } = overlay;
  const merged = new MergingIterator([source, rows], 'newest');
  const deletions =
    tombstones &&
    TombstoneCursor.over([
      { tombstones, readSequence: tombstones.newestSequence, shownAs: ABOVE_ROWS },
    ]);
  return new VisibleIterator(merged, deletions, { lower, upper, wallMs });
}
