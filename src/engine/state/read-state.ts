/**
 * The state that a reader reads: the memtables and the version, pinned as one.
 *
 * Owns: that a reader never sees a memtable without the version that goes with it. A state is immutable; the
 * database replaces its current one in one step when a memtable is frozen, flushed or rebuilt, and when a compaction is
 * installed.
 *
 * Invariants:
 *   read-state/by-age: sources are ordered by age: for any user key, everything in an earlier memtable is newer than
 *       everything in a later one, and than everything in the version.
 *   read-state/held-whole: while a state is referenced, its memtables keep their memory and its version keeps its
 *       files.
 */
import { assert } from '../../base/assert.ts';
import type { Version } from '../../version/version.ts';
import type { MemtableSlot } from './memtable-slot.ts';

export class ReadState {
  /** The active one first, then the immutable ones from new to old. */
  readonly slots: readonly MemtableSlot[];
  readonly version: Version;
  #refCount = 1;
  readonly #onReleased: (() => void) | undefined;

  /** Takes its own references; the creator holds the first one of the state. `onReleased` is called when the last goes. */
  constructor(slots: readonly MemtableSlot[], version: Version, onReleased?: () => void) {
    this.slots = slots;
    this.version = version;
    this.#onReleased = onReleased;
    for (const slot of slots) slot.ref();
    version.ref();
  }

  get isReleased(): boolean {
    return this.#refCount === 0;
  }

  ref(): void {
    assert(this.#refCount > 0, 'read-state/held-whole: a released read state is not pinned again');
    this.#refCount++;
  }

  unref(): void {
    assert(this.#refCount > 0, 'read-state/held-whole: a read state is released once');
    this.#refCount--;
    if (this.#refCount > 0) return;
    for (const slot of this.slots) slot.unref();
    this.version.unref();
    this.#onReleased?.();
  }
}
