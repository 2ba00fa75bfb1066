/**
 * The read states of an owner, as one other thread reads them.
 *
 * Owns: which state the thread reads, the cells that keep its states, and its views. shared-states.ts has the owner's side
 * and the order of steps.
 *
 * A view takes three loads: the number of the state, the published sequence, the number again. It takes no lock, waits for
 * nothing and sends no message. When the number is another one, the thread takes the parts from its queue at once.
 *
 * Invariants:
 *   attached-states/one-state: the number is the same before and after the load of the sequence. So both belong to one
 *       state, and no compaction in that state has dropped what the sequence sees.
 *   attached-states/never-back: the sequence of a view is never below that of an earlier view of this thread.
 *   attached-states/cell-while-read: a cell names each state that a view, a place or a scan of this thread holds. The
 *       current one is named until the thread moves on, read or not.
 *   attached-states/own-slot: the thread writes to its slot from its attachment to its end and no longer, because the owner
 *       gives the slot to another thread then. Example: a close clears the slot first, and then tells the owner.
 *   attached-states/end-of-turn: a state that was current stays until the end of the turn, for the views of the turn. Of a
 *       turn without an end the last RETIRED_COUNT_MAX stay. A view that is used later throws.
 *
 * Suspension: everything here is synchronous.
 */
import { assert, AssertionError } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import { ClosedError } from '../../base/errors.ts';
import { sequenceNumber, type SequenceNumber } from '../../base/ids.ts';
import { afterTurn } from '../../base/scheduling.ts';
import type { ByteSlice } from '../../bytes/bytes.ts';
import type { LookupResult, LookupStatus } from '../../iterator/internal-iterator.ts';
import { Memtable } from '../../memtable/memtable.ts';
import type { TableCache } from '../../sstable/table-cache.ts';
import {
  compareNewestFirst,
  compareSmallest,
  type FileMetadata,
} from '../../version/file-metadata.ts';
import { emptyVersionState } from '../../version/version-builder.ts';
import { Version } from '../../version/version.ts';
import { ExpiryClock } from '../state/expiry-clock.ts';
import { Horizons } from '../state/horizons.ts';
import { MemtableSlot } from '../state/memtable-slot.ts';
import { PinList } from '../state/pin-list.ts';
import { ReadState } from '../state/read-state.ts';
import { ReadSource, ReadView } from './read-view.ts';
import type { StateParts } from './shared-states.ts';
import {
  CELL_COUNT,
  CLOSED,
  NO_STATE,
  OVERFLOW_CELL,
  type SharedWords,
  TURN_WORD,
} from './shared-words.ts';

/** States that stay in a turn without an end (attached-states/end-of-turn). */
const RETIRED_COUNT_MAX = 2;
/** No state has this number. */
const GONE = -2;
/** The owner hears of so many views at once. */
const VIEW_COUNT_STEP = 1024;

/** The parts of an attachment. */
export interface AttachedParts {
  readonly shared: SharedWords;
  readonly slot: number;
  readonly tables: TableCache;
  readonly clock: Clock;
  /** The time of the owner's newest frame. */
  readonly lastMs: number;
  /** Takes every message that waits; the parts of states come to `take`. */
  readonly drain: () => void;
}

/** A view that is not used after its state has gone (attached-states/end-of-turn). */
class AttachedView extends ReadView {
  override find(key: ByteSlice, hash: number, result: LookupResult): LookupStatus {
    this.#mustStand();
    return super.find(key, hash, result);
  }

  override findSync(key: ByteSlice, hash: number, result: LookupResult): boolean {
    this.#mustStand();
    return super.findSync(key, hash, result);
  }

  #mustStand(): void {
    assert(!this.state.isReleased, 'a view is used in its turn (attached-states/end-of-turn)');
  }
}

export class AttachedStates {
  readonly source: ReadSource;
  readonly expiryClock: ExpiryClock;
  readonly #parts: AttachedParts;
  readonly #horizons = new Horizons(sequenceNumber(0));
  /** Parts that came and that `state` does not name yet, or that were passed over. */
  readonly #queue: StateParts[] = [];
  #levels: (readonly FileMetadata[])[] = [...emptyVersionState().levels];
  #memtables = new Map<number, MemtableSlot>();
  #version: Version | undefined = undefined;
  /** Those that a state of this thread has. */
  readonly #versions = new Set<Version>();
  #number = 0;
  #baseSequence = 0;
  #relative = 0;
  #state: ReadState | undefined = undefined;
  #view: AttachedView | undefined = undefined;
  readonly #retired: ReadState[] = [];
  #isTurnScheduled = false;
  #overflowCount = 0;
  /** Sequences of open places; the least one is told to the owner. */
  readonly #places: number[] = [];
  #viewCount = 0;
  #isClosed = false;

  constructor(parts: AttachedParts) {
    this.#parts = parts;
    const { clock, lastMs, tables } = parts;
    this.expiryClock = new ExpiryClock(clock, { lastMs });
    const clocks = { clock, expiryClock: this.expiryClock };
    this.source = new ReadSource(tables, this.#horizons, new PinList(), clocks, null);
  }

  /** The last sequence that a view of this thread was given. */
  get sequence(): SequenceNumber {
    return this.#horizons.published;
  }

  get version(): Version {
    return this.view().state.version;
  }

  /** Parts that came in a message. */
  take(parts: StateParts): void {
    this.#queue.push(parts);
  }

  /** What is published. Throws ClosedError after the close of the owner. */
  view(): ReadView {
    const { shared } = this.#parts;
    for (;;) {
      const number = shared.state;
      if (number !== this.#number) {
        this.#moveTo(number);
        continue;
      }
      const relative = shared.published(number);
      if (shared.state !== number) continue; // attached-states/one-state
      const view = this.#view;
      if (view !== undefined && relative === this.#relative) return view;
      return this.#newView(relative);
    }
  }

  /** The same, from now on kept for a transaction: the owner finds what was committed after it. */
  viewWithPlace(): ReadView {
    const { shared, slot } = this.#parts;
    for (;;) {
      const turn = Atomics.load(shared.words, TURN_WORD);
      const view = this.view();
      this.#places.push(view.sequence);
      shared.setOldestPlace(slot, Math.min(...this.#places));
      if (Atomics.load(shared.words, TURN_WORD) === turn) return view; // shared-states/place-or-turn
      this.endPlace(view.sequence);
    }
  }

  /** The place that a transaction has had. */
  endPlace(sequence: number): void {
    const index = this.#places.indexOf(sequence);
    if (index < 0) return;
    this.#places.splice(index, 1);
    if (this.#isClosed) return;
    const oldest = this.#places.length === 0 ? undefined : Math.min(...this.#places);
    this.#parts.shared.setOldestPlace(this.#parts.slot, oldest);
  }

  /** A view of a place that is held, by the clock of its reader. */
  viewAt(state: ReadState, sequence: number, wallMs: number): ReadView {
    return new AttachedView(this.source, state, sequenceNumber(sequence), wallMs);
  }

  /** Goes on to the newest state, so that older ones need not wait. For a turn that has just begun. */
  moveOn(): void {
    if (this.#isClosed) return;
    const { state: number } = this.#parts.shared;
    if (number > NO_STATE && number !== this.#number) this.#moveTo(number);
    this.#endTurn();
  }

  /**
   * Lets go of everything. Scans that are open end with their next block. `hasSlot`: the owner does not know of the end
   * yet. Otherwise the slot may be that of another thread already (attached-states/own-slot).
   */
  close(hasSlot: boolean): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#number = GONE;
    if (hasSlot) this.#parts.shared.clearSlot(this.#parts.slot);
    this.#endTurn();
    this.#state?.unref();
    this.#state = this.#view = undefined;
  }

  #newView(relative: number): AttachedView {
    const state = this.#state!; // the number is that of a state
    for (const { memtable } of state.slots) memtable.follow();
    this.#relative = relative;
    const sequence = sequenceNumber(this.#baseSequence + relative);
    assert(sequence >= this.#horizons.published, 'attached-states/never-back');
    this.#horizons.published = sequence;
    if (++this.#viewCount % VIEW_COUNT_STEP === 0) this.#tellCount();
    return (this.#view = new AttachedView(this.source, state, sequence, undefined));
  }

  #tellCount(): void {
    this.#parts.shared.setViewCount(this.#parts.slot, this.#viewCount);
  }

  #moveTo(number: number): void {
    if (number === CLOSED || number === NO_STATE || this.#isClosed)
      throw new ClosedError('Database is closed');
    const cell = this.#enter(number);
    if (this.#parts.shared.state !== number) {
      this.#leave(cell); // shared-states/cell-or-number
      return;
    }
    const parts = this.#partsOf(number);
    const state = this.#stateOf(parts, cell);
    this.#retire();
    this.#state = state;
    this.#view = undefined;
    this.#number = number;
    this.#baseSequence = parts.baseSequence;
  }

  /** Names a state in a cell, and returns the cell. */
  #enter(number: number): number {
    const { shared, slot } = this.#parts;
    for (let cell = 0; cell < CELL_COUNT; cell++) {
      if (cell !== OVERFLOW_CELL && shared.cell(slot, cell) !== 0) continue;
      if (cell !== OVERFLOW_CELL) shared.setCell(slot, cell, number);
      else if (this.#overflowCount++ === 0) shared.setCell(slot, cell, number); // later ones are above it
      return cell;
    }
    return OVERFLOW_CELL; // the loop has returned
  }

  #leave(cell: number): void {
    const { shared, slot } = this.#parts;
    if (this.#isClosed) return; // attached-states/own-slot
    if (cell !== OVERFLOW_CELL || --this.#overflowCount === 0) shared.setCell(slot, cell, 0);
  }

  /** The parts of a state, with the differences of those before it applied (shared-states/parts-first). */
  #partsOf(number: number): StateParts {
    this.#parts.drain();
    for (let parts = this.#queue.shift(); parts !== undefined; parts = this.#queue.shift()) {
      this.#apply(parts);
      if (parts.number === number) return parts;
    }
    throw new AssertionError('the parts come before the number (shared-states/parts-first)');
  }

  #apply({ isWhole, added, removed }: StateParts): void {
    if (!isWhole && added.length === 0 && removed.length === 0) return;
    const levels = isWhole ? [...emptyVersionState().levels] : this.#levels;
    for (const level of new Set([...removed, ...added].map((each) => each.level))) {
      const gone = new Set(removed.filter((each) => each.level === level).map((e) => e.number));
      const files = (levels[level] ?? []).filter((file) => !gone.has(file.number));
      for (const each of added) if (each.level === level) files.push(each.file);
      levels[level] = files.sort(level === 0 ? compareNewestFirst : compareSmallest);
    }
    this.#levels = levels;
    this.#version?.unref();
    this.#version = undefined;
  }

  #stateOf({ memtables }: StateParts, cell: number): ReadState {
    const before = this.#memtables;
    this.#memtables = new Map();
    for (const { number, buffer } of memtables) {
      const known = before.get(number);
      before.delete(number);
      const memtable = known ?? new MemtableSlot(Memtable.attachBeside({ buffer }), undefined, []);
      this.#memtables.set(number, memtable);
    }
    for (const slot of before.values()) slot.unref();
    if (this.#version === undefined) {
      const state = { ...emptyVersionState(), levels: [...this.#levels] };
      this.#version = new Version(state, (version) => this.#closeTables(version)).ref();
      this.#versions.add(this.#version);
    }
    return new ReadState([...this.#memtables.values()], this.#version, () => this.#leave(cell));
  }

  /** Closes the tables that no version of this thread has any more: an open descriptor would keep their space. */
  #closeTables(version: Version): void {
    this.#versions.delete(version);
    const others = [...this.#versions];
    version.levels.forEach((files, level) => {
      if (others.some((other) => other.levels[level] === files)) return;
      for (const { number } of files) {
        const isNeeded = others.some(({ levels }) =>
          levels.some((each) => each !== files && each.some((file) => file.number === number)),
        );
        if (!isNeeded) this.#parts.tables.evict(number);
      }
    });
  }

  /** Keeps attached-states/end-of-turn. */
  #retire(): void {
    if (this.#state === undefined) return;
    this.#retired.push(this.#state);
    if (this.#retired.length > RETIRED_COUNT_MAX) this.#retired.shift()?.unref();
    if (this.#isTurnScheduled) return;
    this.#isTurnScheduled = true;
    afterTurn(() => {
      this.#isTurnScheduled = false;
      this.#endTurn();
    }).unref();
  }

  #endTurn(): void {
    for (const state of this.#retired.splice(0)) state.unref();
  }
}
