/**
 * A memtable with the logs that hold the same writes.
 *
 * Owns: which logs may go when the memtable has become a table, and how long its memory stays. The database needs it
 * as long as it is active or waits for its flush; every read state and job that pinned it needs it, too.
 */
import { assert } from '../../base/assert.ts';
import { type FileNumber, fileNumber, type SequenceNumber } from '../../base/ids.ts';
import type { LogWriter } from '../../log/log-writer.ts';
import type { ArenaPool } from '../../memtable/arena-pool.ts';
import { copyThrough } from '../../memtable/copy-through.ts';
import type { Memtable } from '../../memtable/memtable.ts';

export class MemtableSlot {
  readonly memtable: Memtable;
  #writer: LogWriter | undefined;
  #logNumbers: readonly FileNumber[];
  /** References: one of the database, one of each read state, one of a flush at work. */
  #refCount = 1;

  constructor(
    memtable: Memtable,
    writer: LogWriter | undefined,
    logNumbers: readonly FileNumber[],
  ) {
    this.memtable = memtable;
    this.#writer = writer;
    this.#logNumbers = logNumbers;
  }

  /** Takes this memtable's commits; undefined for a recovered memtable that was not written since. */
  get writer(): LogWriter | undefined {
    return this.#writer;
  }

  /** Ascending. More than one after recovery, when several logs fed one memtable. */
  get logNumbers(): readonly FileNumber[] {
    return this.#logNumbers;
  }

  /** From now on commits of a recovered memtable go to this log. */
  takeLog(writer: LogWriter): void {
    assert(this.#writer === undefined, 'a memtable keeps its log');
    this.#writer = writer;
    this.#logNumbers = [...this.#logNumbers, fileNumber(writer.number)];
  }

  ref(): void {
    assert(this.#refCount > 0, 'a released memtable is not pinned again');
    this.#refCount++;
  }

  unref(): void {
    assert(this.#refCount > 0, 'a memtable is released once');
    this.#refCount--;
    if (this.#refCount === 0) this.memtable.release();
  }
}

/** The slot without what is above the sequence: itself when there is nothing, or one in its place. */
export function retreated(
  slot: MemtableSlot,
  sequence: SequenceNumber,
  arenas: ArenaPool,
): MemtableSlot {
  if (slot.memtable.lastSequence <= sequence) return slot;
  const memtable = copyThrough(slot.memtable, sequence, arenas);
  slot.unref();
  return new MemtableSlot(memtable, slot.writer, slot.logNumbers);
}
