/**
 * Read states that other threads read.
 *
 * Owns: publishing the read state of the engine in shared words, its parts as messages, and how long each state stays.
 *
 *      owner      parts of state 8 to every thread  ->  published[8] = 0  ->  state = 8  ->  look at all cells
 *      thread     state? 8  ->  take its parts  ->  cell = 8  ->  state? still 8  ->  read
 *
 * Invariants:
 *   shared-states/parts-first: the parts of a state are in the queue of every thread before `state` names it. So a thread
 *       that sees the number finds the parts without a wait.
 *   shared-states/cell-or-number: the owner stores `state` and then looks at the cells. A thread stores its cell and then
 *       looks at `state`. Atomics have one order, so the owner sees the cell, or the thread sees the newer number and uses
 *       that. Example: the thread enters 7 while the owner publishes 8. The owner finds 7 in the cell and keeps it, or the
 *       thread finds 8 and goes on to 8.
 *   shared-states/kept-while-used: the owner holds each state that is current, or that a cell names. Memtables and files of
 *       it stay. A thread that dies gives its cells back by the end of its port.
 *   shared-states/place-or-turn: before compactions choose what no reader needs, the owner counts `turn` up and then reads
 *       the oldest places. A thread stores its place and then looks whether `turn` is as before. So the owner sees the
 *       place, or the thread takes a newer one.
 *   shared-states/end-keeps-memory: at the end states in use are forgotten and not released. So no other memtable gets the
 *       memory that a thread still reads.
 *
 * Suspension: everything here is synchronous. A timer, which keeps no process alive, looks at the cells while states wait.
 */
import { assert } from '../../base/assert.ts';
import { type LatencyStats, latencyStatsOf } from '../../base/latency.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import type { SharedMemtable } from '../../memtable/memtable.ts';
import type { FileMetadata, LevelFile } from '../../version/file-metadata.ts';
import type { Version } from '../../version/version.ts';
import type { ReadState } from '../state/read-state.ts';
import {
  CELL_COUNT,
  CLOSED,
  NO_STATE,
  OVERFLOW_CELL,
  SharedWords,
  STATE_WORD,
  THREAD_COUNT_MAX,
  TURN_WORD,
} from './shared-words.ts';

/** While states wait, their cells are looked at so often. */
const LOOK_MS = 20;

/** A memtable of a state. The same number is the same memtable. */
export interface MemtablePart extends SharedMemtable {
  readonly number: number;
}

/** The parts of a state, as the difference to the one before. Survives structured cloning. */
export interface StateParts {
  readonly number: number;
  /** The sequence that `published` of the state counts from. */
  readonly baseSequence: number;
  /** All memtables, the active one first. */
  readonly memtables: readonly MemtablePart[];
  /** True when nothing came before: `added` is everything. */
  readonly isWhole: boolean;
  readonly added: readonly LevelFile[];
  readonly removed: readonly LevelNumber[];
}

/** A table by its number, in its level. */
export interface LevelNumber {
  readonly level: number;
  readonly number: number;
}

/** Takes the parts of a state to one thread, in the turn of the call. */
export type PartsSender = (parts: StateParts) => void;

/** What one thread does, and what waits for it. */
export interface ThreadUsage {
  /** Its number among those that are attached. */
  readonly thread: number;
  /** States that are no longer current, and that the thread uses. */
  readonly waitingStateCount: number;
  /** Bytes of the memtables that only such states have. */
  readonly waitingMemtableBytes: number;
  /** Tables that only such states have. */
  readonly waitingTableCount: number;
  /** Bytes of these tables. */
  readonly waitingTableBytes: number;
  /** Views that the thread has taken, about. Those between two commits count as one. */
  readonly viewCount: number;
  /** Commits of the thread. */
  readonly commitCount: number;
  /** How long its gets took, those that were measured. */
  readonly get: LatencyStats;
  /** How long the steps of its scans took. */
  readonly scanStep: LatencyStats;
}

interface Published {
  readonly state: ReadState;
  readonly sinceMs: number;
}

export class SharedStates {
  readonly shared: SharedWords = new SharedWords();
  readonly #clock: Clock;
  readonly #onPlaceMoved: () => void;
  /** By number, ascending: the current one and those that wait for readers. */
  readonly #states = new Map<number, Published>();
  readonly #senders = new Map<number, PartsSender>();
  readonly #commitCounts = new Map<number, number>();
  readonly #memtableNumbers = new WeakMap<object, number>();
  #memtableCount = 0;
  #number = 0;
  #baseSequence = 0;
  #timer: Timer | undefined = undefined;
  #oldestPlace = Infinity;
  #swapCount = 0;
  #isClosed = false;

  /** `onPlaceMoved`: the oldest place of all threads has moved on. */
  constructor(clock: Clock, onPlaceMoved: () => void) {
    this.#clock = clock;
    this.#onPlaceMoved = onPlaceMoved;
  }

  get threadCount(): number {
    return this.#senders.size;
  }

  /** States that were published. */
  get swapCount(): number {
    return this.#swapCount;
  }

  /** States that are no longer current and not released yet. */
  get waitingCount(): number {
    return Math.max(0, this.#states.size - 1);
  }

  /** A slot for one more thread; -1 when there is none. */
  freeSlot(): number {
    for (let slot = 0; slot < THREAD_COUNT_MAX; slot++) if (!this.#senders.has(slot)) return slot;
    return -1;
  }

  /** From now on the sender takes every state to the thread, this one first. */
  attach(slot: number, sender: PartsSender, current: ReadState, published: number): void {
    assert(!this.#senders.has(slot), 'a slot has one thread');
    this.shared.clearSlot(slot);
    this.#commitCounts.delete(slot);
    if (this.#senders.size === 0) {
      this.#senders.set(slot, sender);
      this.publish(current, published); // nothing was published while nobody read
      return;
    }
    sender(this.#partsOf(this.#number, current, undefined));
    this.#senders.set(slot, sender);
  }

  /** The thread reads no more. Idempotent. */
  detach(slot: number): void {
    if (!this.#senders.delete(slot)) return;
    this.shared.clearSlot(slot);
    // A thread that attaches later has no parts of this state.
    if (this.#senders.size === 0) Atomics.store(this.shared.words, STATE_WORD, NO_STATE);
    this.collect();
    this.#lookAtPlaces();
  }

  /** Publishes a state, and what readers see of it. */
  publish(state: ReadState, published: number): void {
    if (this.#senders.size === 0 || this.#isClosed) return;
    const before = this.#states.get(this.#number)?.state;
    const number = this.#number + 1;
    state.ref();
    this.#states.set(number, { state, sinceMs: this.#clock.nowMs() });
    this.#number = number;
    this.#baseSequence = published;
    this.#swapCount++;
    const parts = this.#partsOf(number, state, before?.version);
    for (const sender of this.#senders.values()) sender(parts); // shared-states/parts-first
    this.shared.publish(number, 0);
    Atomics.store(this.shared.words, STATE_WORD, number);
    this.collect(); // shared-states/cell-or-number
  }

  /** Readers see commits up to this one. */
  published(sequence: number): void {
    if (this.#senders.size > 0) this.shared.publish(this.#number, sequence - this.#baseSequence);
  }

  /** Releases the states that no cell names any more. */
  collect(): void {
    if (this.#isClosed) return;
    const used = this.#usedStates();
    const isRead = this.#senders.size > 0;
    for (const [number, { state }] of this.#states) {
      if ((isRead && number === this.#number) || used.has(number)) continue;
      this.#states.delete(number);
      state.unref();
    }
    if (this.waitingCount > 0) this.#watch();
  }

  /** The sequences at which transactions of other threads read (shared-states/place-or-turn). */
  places(): number[] {
    Atomics.add(this.shared.words, TURN_WORD, 1);
    const places: number[] = [];
    for (const slot of this.#senders.keys()) {
      const place = this.shared.oldestPlace(slot);
      if (place !== undefined) places.push(place);
    }
    if (places.length > 0) this.#watch();
    return places.sort((a, b) => a - b);
  }

  noteCommit(slot: number): void {
    this.#commitCounts.set(slot, (this.#commitCounts.get(slot) ?? 0) + 1);
  }

  /** What waits for each thread. */
  usage(): ThreadUsage[] {
    this.collect();
    const current = this.#states.get(this.#number)?.state;
    return [...this.#senders.keys()].map((slot) => {
      const waiting = [...this.#statesOf(slot)]
        .filter((number) => number !== this.#number)
        .map((number) => this.#states.get(number)?.state)
        .filter((state) => state !== undefined);
      const numbers = this.shared.readNumbers(slot);
      return {
        thread: slot,
        ...sizesOf(waiting, current),
        viewCount: this.shared.viewCount(slot),
        commitCount: this.#commitCounts.get(slot) ?? 0,
        get: latencyStatsOf(numbers.get),
        scanStep: latencyStatsOf(numbers.scanStep),
      };
    });
  }

  /** No thread reads from now on; those in the middle of a read end it (shared-states/end-keeps-memory). */
  close(): void {
    if (this.#isClosed) return;
    Atomics.store(this.shared.words, STATE_WORD, CLOSED);
    this.#timer?.cancel();
    const used = this.#usedStates();
    for (const [number, { state }] of this.#states) if (!used.has(number)) state.unref();
    this.#isClosed = true;
    this.#states.clear();
    this.#senders.clear();
  }

  #watch(): void {
    this.#timer ??= this.#clock.schedule(LOOK_MS, () => {
      this.#timer = undefined;
      this.collect();
      this.#lookAtPlaces();
    });
  }

  #lookAtPlaces(): void {
    if (this.#isClosed) return;
    const oldest = this.places()[0] ?? Infinity;
    const hasMoved = oldest > this.#oldestPlace;
    this.#oldestPlace = oldest;
    if (hasMoved) this.#onPlaceMoved();
  }

  #usedStates(): Set<number> {
    const used = new Set<number>();
    for (const slot of this.#senders.keys()) {
      for (const number of this.#statesOf(slot)) used.add(number);
    }
    return used;
  }

  *#statesOf(slot: number): Generator<number> {
    for (let cell = 0; cell < CELL_COUNT; cell++) {
      const named = this.shared.cell(slot, cell);
      if (named === 0) continue;
      if (cell !== OVERFLOW_CELL) yield named;
      else for (const number of this.#states.keys()) if (number >= named) yield number;
    }
  }

  #partsOf(number: number, state: ReadState, before: Version | undefined): StateParts {
    const { added, removed } = differenceOf(before, state.version);
    const memtables = state.slots.map(({ memtable }) => ({
      number: this.#numberOf(memtable),
      ...memtable.shareBeside(),
    }));
    const isWhole = before === undefined;
    return { number, baseSequence: this.#baseSequence, memtables, isWhole, added, removed };
  }

  #numberOf(memtable: object): number {
    let number = this.#memtableNumbers.get(memtable);
    if (number === undefined) this.#memtableNumbers.set(memtable, (number = ++this.#memtableCount));
    return number;
  }
}

/** Levels that both versions share are one array (version-builder/untouched-levels-shared), and are not looked at. */
function differenceOf(
  before: Version | undefined,
  after: Version,
): Pick<StateParts, 'added' | 'removed'> {
  const added: LevelFile[] = [];
  const removed: LevelNumber[] = [];
  after.levels.forEach((files, level) => {
    const old = before?.levels[level] ?? [];
    if (old === files) return;
    const oldNumbers = new Set<number>(old.map(({ number }) => number));
    const newNumbers = new Set<number>(files.map(({ number }) => number));
    for (const file of files) if (!oldNumbers.has(file.number)) added.push({ level, file });
    for (const { number } of old) if (!newNumbers.has(number)) removed.push({ level, number });
  });
  return { added, removed };
}

function sizesOf(
  waiting: readonly ReadState[],
  current: ReadState | undefined,
): Omit<ThreadUsage, 'thread' | 'viewCount' | 'commitCount' | 'get' | 'scanStep'> {
  const memtables = new Set(waiting.flatMap(({ slots }) => slots.map(({ memtable }) => memtable)));
  const files = new Set<FileMetadata>(waiting.flatMap(({ version }) => version.levels.flat()));
  for (const { memtable } of current?.slots ?? []) memtables.delete(memtable);
  for (const file of current?.version.levels.flat() ?? []) files.delete(file);
  return {
    waitingStateCount: waiting.length,
    waitingMemtableBytes: [...memtables].reduce((sum, each) => sum + each.capacityBytes, 0),
    waitingTableCount: files.size,
    waitingTableBytes: [...files].reduce((sum, each) => sum + each.sizeBytes, 0),
  };
}
