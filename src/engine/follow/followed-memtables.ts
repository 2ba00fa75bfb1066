/**
 * The memtables of a follower.
 *
 * Owns: the commits that are in logs and not in tables, in memory, and when they may go.
 *
 *      log 7 (flushed)      log 9               log 12
 *      [  1 ..  40 ]        [ 41 .. 90 ]        [ 91 ..         the writer's memtables are one a log
 *      [  1 .. 40,  41 .. 60 ]  [ 61 .. 90,  91 ..              a follower's need not be
 *
 * Invariants:
 *   followed-memtables/no-hole: memtables hold every operation from the first that they hold on. So the newest operation on a
 *       key is in them or, when it is older than all of them, in the tables. After a hole `jump` begins anew, and what was
 *       there before goes with the version that has it in tables.
 *   followed-memtables/flushed-whole: a memtable goes when all that it holds is in tables. One that a flush of the writer ends
 *       within stays, and says the same as the tables do.
 *
 * Suspension: every method but `order` is synchronous.
 */
import { nextTurn } from '../../base/clock.ts';
import { sequenceNumber } from '../../base/ids.ts';
import { BatchReader } from '../../batch/batch-reader.ts';
import type { LogFrame } from '../../log/log-window.ts';
import type { ArenaPool } from '../../memtable/arena-pool.ts';
import { Memtable } from '../../memtable/memtable.ts';
import { capacityFor } from '../../memtable/room.ts';
import { MemtableSlot } from '../state/memtable-slot.ts';

/** With the log a memtable ends too if it uses more than this part of its memory: then it can go with the log. */
const FREEZE_SIZE_PART_MIN = 1 / 8;

export class FollowedMemtables {
  readonly #capacityBytes: number;
  readonly #arenas: ArenaPool;
  readonly #reader = new BatchReader();
  /** Oldest first; the last one takes what comes, unless it is frozen. */
  #slots: MemtableSlot[] = [];
  #isFrozen = true;
  /** True until the first reader may come: keys are then put in order all at once. */
  #isLoading = true;

  constructor(capacityBytes: number, arenas: ArenaPool) {
    this.#capacityBytes = capacityBytes;
    this.#arenas = arenas;
  }

  /** From new to old, as a read state takes them. Another array after each change of the list. */
  get byAge(): readonly MemtableSlot[] {
    return this.#slots.toReversed();
  }

  /**
   * Takes the operations of a frame. Those up to `flushed`, which are in tables, are left out where nothing is before them
   * (followed-memtables/no-hole). True when the list has changed.
   */
  add(frame: LogFrame, flushed: number): boolean {
    const before = this.#slots.length;
    const reader = this.#reader;
    reader.reset(frame);
    const passed = this.#isFrozen ? flushed : 0;
    try {
      while (reader.next()) {
        if (reader.sequence > passed) this.#memtableFor(reader).insertFrom(reader);
      }
    } finally {
      this.#slots.at(-1)?.memtable.settle(); // while the bytes of the frame are there
    }
    return this.#slots.length !== before;
  }

  /** The log ends here. */
  logEnded(): void {
    const memtable = this.#slots.at(-1)?.memtable;
    if (memtable === undefined) return;
    this.#isFrozen ||= memtable.sizeBytes > memtable.capacityBytes * FREEZE_SIZE_PART_MIN;
  }

  /** What comes next does not follow what is there (followed-memtables/no-hole). */
  jump(): void {
    this.#isFrozen = true;
  }

  /** Lets memtables go (followed-memtables/flushed-whole). The states that read them keep them. */
  dropFlushed(flushed: number): void {
    const isFlushed = ({ memtable }: MemtableSlot): boolean => memtable.lastSequence <= flushed;
    const active = this.#slots.at(-1);
    if (active !== undefined && isFlushed(active)) this.#isFrozen = true;
    const dropped = this.#slots.filter(isFlushed);
    this.#slots = this.#slots.filter((slot) => !isFlushed(slot));
    for (const slot of dropped) slot.unref();
  }

  /** What was there at the open has been read. */
  async order(): Promise<void> {
    for (const { memtable } of this.#slots) {
      const steps = memtable.order();
      while (steps.next().done !== true) await nextTurn();
    }
    this.#isLoading = false;
  }

  close(): void {
    for (const slot of this.#slots.splice(0)) slot.unref();
  }

  /** For the operation at which the reader stands: a new one when the last is full. */
  #memtableFor({ sequence, sizeBytes }: BatchReader): Memtable {
    const last = this.#slots.at(-1)?.memtable;
    if (!this.#isFrozen && last?.hasRoom(1, sizeBytes) === true) return last;
    last?.settle();
    const memtable = Memtable.create({
      capacityBytes: Math.max(this.#capacityBytes, capacityFor(1, sizeBytes)),
      baseSequence: sequenceNumber(sequence - 1),
      pool: this.#arenas,
      isUnordered: this.#isLoading,
    });
    this.#slots.push(new MemtableSlot(memtable, undefined, []));
    this.#isFrozen = false;
    return memtable;
  }
}
