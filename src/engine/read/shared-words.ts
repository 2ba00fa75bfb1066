/**
 * The words that the threads of a database share.
 *
 * Owns: their layout, and the places of one thread among them. shared-states.ts writes for the owner, and
 * attached-states.ts for the thread that reads.
 *
 * Layout (32-bit words, read and written with Atomics):
 *
 *      | state | turn | .. | published[64] | slot of thread 0 | slot of thread 1 | ...
 *      slot:   | cells[64] | oldest place, 64 bits | reads, 64 bits | .. | numbers of gets | numbers of scan steps |
 *
 * `state` is the number of the published read state, 0 while no thread is attached, -1 after the close. `published[n mod 64]` is the
 * last sequence that readers of state n see, relative to the base of that state. So a reader that finds the same state
 * before and after it has a sequence of that state. A cell of a slot names a state that its thread uses; 0: none. The
 * last cell means that state and all after it. The oldest place is the sequence at which the oldest open transaction of
 * the thread reads, plus one; 0: none. `turn` counts the looks that the owner takes at these places. The numbers are those
 * of two histograms (base/latency.ts), as floats, which the thread alone writes. They are the exception to the rule above:
 * what reads them wants no order.
 *
 * Suspension: everything here is synchronous.
 */

import { LATENCY_LENGTH, type ReadNumbers } from '../../base/latency.ts';

export const STATE_WORD = 0;
export const TURN_WORD = 1;
const PUBLISHED_WORDS = 16;
const PUBLISHED_COUNT = 64;
const SLOTS_START = 128;
const SLOT_LENGTH = 256;
export const CELL_COUNT = 64;
/** In 64-bit words, from the start of a slot. */
const PLACE_OFFSET = 32;
const READS_OFFSET = 33;
const GET_OFFSET = 40;
const SCAN_STEP_OFFSET: number = GET_OFFSET + LATENCY_LENGTH;

/** Threads that can be attached at once. */
export const THREAD_COUNT_MAX = 64;
/** The number while no thread is attached. */
export const NO_STATE = 0;
/** The number of the state after the close. */
export const CLOSED = -1;
/** The cell that stands for its state and all after it. */
export const OVERFLOW_CELL: number = CELL_COUNT - 1;

export class SharedWords {
  readonly buffer: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly #longs: BigInt64Array;

  constructor(
    buffer: SharedArrayBuffer = new SharedArrayBuffer(
      4 * (SLOTS_START + THREAD_COUNT_MAX * SLOT_LENGTH),
    ),
  ) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer);
    this.#longs = new BigInt64Array(buffer);
  }

  get state(): number {
    return Atomics.load(this.words, STATE_WORD);
  }

  /** The last sequence of a state that readers see, relative to its base. */
  published(state: number): number {
    return Atomics.load(this.words, publishedWord(state));
  }

  publish(state: number, relative: number): void {
    Atomics.store(this.words, publishedWord(state), relative);
  }

  /** The state that a cell names; 0: none. */
  cell(slot: number, cell: number): number {
    return Atomics.load(this.words, cellWord(slot, cell));
  }

  setCell(slot: number, cell: number, state: number): void {
    Atomics.store(this.words, cellWord(slot, cell), state);
  }

  /** Sequence of the oldest place of a thread; undefined: it has none. */
  oldestPlace(slot: number): number | undefined {
    const place = Number(Atomics.load(this.#longs, longOf(slot) + PLACE_OFFSET));
    return place === 0 ? undefined : place - 1;
  }

  setOldestPlace(slot: number, sequence: number | undefined): void {
    const place = sequence === undefined ? 0n : BigInt(sequence + 1);
    Atomics.store(this.#longs, longOf(slot) + PLACE_OFFSET, place);
  }

  /** The count of views that a thread has taken; told from time to time. */
  viewCount(slot: number): number {
    return Number(Atomics.load(this.#longs, longOf(slot) + READS_OFFSET));
  }

  setViewCount(slot: number, count: number): void {
    Atomics.store(this.#longs, longOf(slot) + READS_OFFSET, BigInt(count));
  }

  /** The numbers of the reads of a thread. */
  readNumbers(slot: number): ReadNumbers {
    const numbersAt = (offset: number): Float64Array =>
      new Float64Array(this.buffer, 8 * (longOf(slot) + offset), LATENCY_LENGTH);
    return { get: numbersAt(GET_OFFSET), scanStep: numbersAt(SCAN_STEP_OFFSET) };
  }

  /** Empties a slot for its next thread. */
  clearSlot(slot: number): void {
    for (let cell = 0; cell < CELL_COUNT; cell++) this.setCell(slot, cell, 0);
    this.setOldestPlace(slot, undefined);
    this.setViewCount(slot, 0);
    const { get, scanStep } = this.readNumbers(slot);
    get.fill(0);
    scanStep.fill(0);
  }
}

function publishedWord(state: number): number {
  return PUBLISHED_WORDS + (state & (PUBLISHED_COUNT - 1));
}

function cellWord(slot: number, cell: number): number {
  return SLOTS_START + slot * SLOT_LENGTH + cell;
}

function longOf(slot: number): number {
  return (SLOTS_START + slot * SLOT_LENGTH) / 2;
}
