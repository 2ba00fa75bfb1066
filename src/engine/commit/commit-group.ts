/**
 * A commit group: the commits that share a frame of the log, a write and a sync.
 *
 * Owns: the state of a group from its first commit until it is published, and the promise that all its commits wait
 * for.
 *
 * Suspension: everything here is synchronous.
 */
import { sequenceAfter, type SequenceNumber } from '../../base/ids.ts';
import type { FrameBuilder } from '../../log/frame-builder.ts';
import type { MemtableSlot } from '../state/memtable-slot.ts';

export class CommitGroup {
  readonly frame: FrameBuilder;
  readonly slot: MemtableSlot;
  readonly firstSequence: SequenceNumber;
  lastSequence: SequenceNumber;
  commitCount = 0;
  needsSync = false;
  hasRangeDeletion = false;
  readonly promise: Promise<void>;
  resolve!: () => void;
  reject!: (error: unknown) => void;

  constructor(frame: FrameBuilder, slot: MemtableSlot, lastSequence: SequenceNumber) {
    this.frame = frame;
    this.slot = slot;
    this.firstSequence = sequenceAfter(lastSequence, 1);
    this.lastSequence = lastSequence;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}
