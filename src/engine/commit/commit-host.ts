/**
 * The engine as the commit pipeline sees it.
 *
 * Owns: the few functions that the pipeline calls.
 *
 * Suspension: every function is synchronous.
 */
import type { SequenceNumber } from '../../base/ids.ts';
import type { Shortage } from '../../base/shortage.ts';
import type { JoinOrder } from '../state/join-order.ts';
import type { FrameClock } from '../../log/frame-clock.ts';
import type { MemtableSlot } from '../state/memtable-slot.ts';
import type { Watchers } from './watchers.ts';

/** The parts of the engine that the pipeline needs. */
export interface CommitHost {
  /** Numbers those that wait. */
  readonly joins: JoinOrder;
  /** Hear of published commits. */
  readonly watchers: Watchers;
  /** Gives frames their time. */
  readonly frameClock: FrameClock;
  /** The slot that takes writes now. */
  readonly activeSlot: MemtableSlot;
  /** False when `rotate` would have to wait for a log, and would start a try to make one. */
  readonly isNextLogMade: boolean;
  /** Why commits must wait, or undefined when they need not. */
  stallReason(): string | undefined;
  /** Milliseconds by which a commit of that size is slowed; 0 when level 0 is short. */
  slowdownMs(sizeBytes: number): number;
  /**
   * Gives the active slot a log and room for the commit: a recovered memtable with room gets its first log, any other
   * is frozen and a new one made. False when that must wait, in which case the host calls `admitWaiting` later.
   */
  rotate(operationCount: number, sizeBytes: number): boolean;
  /** Entries above `sequence` were taken back: drop them from every memtable. */
  retreat(sequence: SequenceNumber): void;
  /** A range deletion was numbered; its keys are only lent. */
  onRangeDeleted(start: Uint8Array, end: Uint8Array): void;
  /** A commit is about to be put in a new group. */
  onGroupBegun(): void;
  /** Tells the channel of commits of a group that is visible. */
  announce(sequence: SequenceNumber, commitCount: number, operationCount: number): void;
  /** `published` has moved on, by a frame of that time: tells readers in other threads, and the time index. */
  tellPublished(sequence: SequenceNumber, wallMs: number): void;
  /** `published` has passed entries of a frozen memtable, or a range deletion. */
  onPublished(): void;
  onShortage(shortage: Shortage, error: unknown): void;
  /** The log before is no longer open. */
  onLogSwitched(): void;
  /** The first commit waits, and none waits any more. Both may be called again in the same state. */
  onStalled(): void;
  onResumed(): void;
}
