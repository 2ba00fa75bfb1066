/**
 * The admission of commits: whether a commit may begin now, and the line of those that may not.
 *
 * Owns: the question, what it depends on (room in the memtable, a log, the length of level 0), and the slow-down of
 * commits that are let through one by one.
 *
 * Waiting commits are admitted first come first served; a commit never overtakes one that waits.
 *
 * Suspension: everything here is synchronous, up to the promise that `wait` returns.
 */
import type { Clock } from '../../base/clock.ts';
import type { StorageError } from '../../base/errors.ts';
import type { BackgroundError } from '../state/background-error.ts';
import type { Metrics } from '../state/metrics.ts';
import type { CommitHost } from './commit-host.ts';
import { CommitLine, type WaitingCommit } from './commit-line.ts';

export class Admission {
  readonly #host: CommitHost;
  readonly #metrics: Metrics;
  readonly #error: BackgroundError;
  readonly #clock: Clock;
  readonly #waiting: CommitLine;
  #isSlowdownTimed = false;
  /** True while a waiting commit is let in: its code may call back, and no other commit begins within it. */
  #isAdmitting = false;

  constructor(host: CommitHost, metrics: Metrics, error: BackgroundError, clock: Clock) {
    this.#host = host;
    this.#metrics = metrics;
    this.#error = error;
    this.#clock = clock;
    this.#waiting = new CommitLine(host.joins);
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** True when a commit of that size may begin now. Throws when no commit may ever begin again. */
  admits(operationCount: number, sizeBytes: number): boolean {
    if (this.#error.isFailed) throw this.#error.toError('not-applied');
    if (this.#waiting.isInTheWay) return false;
    if (this.#host.slowdownMs(sizeBytes) > 0) return false;
    return this.#hasRoom(operationCount, sizeBytes, false);
  }

  /**
   * True when a commit that was admitted has room now that its size is known. False also when no commit may begin any
   * more, which `wait` tells.
   */
  stillAdmits(operationCount: number, sizeBytes: number): boolean {
    if (this.#error.isFailed || this.#waiting.isClosed) return false;
    return this.#hasRoom(operationCount, sizeBytes, false);
  }

  /** Puts a commit that was not admitted in the line. `run` commits it later, in one turn. */
  wait(
    operationCount: number,
    sizeBytes: number,
    signal: AbortSignal | undefined,
    run: () => Promise<void>,
  ): Promise<void> {
    const commit = { operationCount, sizeBytes, run };
    const done = this.#waiting.join(commit, signal, () => this.admitWaiting());
    this.admitWaiting();
    if (this.#waiting.length > 0) this.#host.onStalled();
    return done;
  }

  /** Admits waiting commits as far as there is room. The host calls it when a reason to wait has gone. */
  admitWaiting(): void {
    if (this.#isAdmitting) return; // called from within a commit: the loop that runs it goes on
    this.#isAdmitting = true;
    try {
      if (!this.#admitInOrder()) return;
    } finally {
      this.#isAdmitting = false;
    }
    this.#host.onResumed(); // its listeners may commit
  }

  /** True when none is left. */
  #admitInOrder(): boolean {
    for (let first = this.#waiting.first; first !== undefined; first = this.#waiting.first) {
      if (this.#error.isFailed) {
        this.refuseWaiting(this.#error.toError('not-applied'), Infinity, false);
        continue;
      }
      try {
        if (!this.#isPastSlowdown(first)) return false;
        if (!this.#hasRoom(first.operationCount, first.sizeBytes)) return false;
        this.#waiting.leave(first);
        first.resolve(first.run());
      } catch (error) {
        this.#waiting.leave(first); // `rotate` throws when there is no memory for a memtable
        first.reject(error);
      }
    }
    return true;
  }

  /**
   * Rejects every commit that waits: on close, or after a fatal error. In a shortage only those up to a number
   * (join-order/before-the-try). `isLast`: later commits are rejected too (commit-pipeline/none-after-close).
   */
  refuseWaiting(error: StorageError, joinedCount: number, isLast: boolean): void {
    if (isLast) this.#waiting.close(error);
    this.#waiting.rejectJoined(joinedCount, error);
    this.admitWaiting(); // a smaller one may be first now
  }

  #hasRoom(operationCount: number, sizeBytes: number, isInLine = true): boolean {
    if (this.#host.stallReason() !== undefined) return false;
    const { memtable, writer } = this.#host.activeSlot;
    if (writer !== undefined && memtable.hasRoom(operationCount, sizeBytes)) return true;
    // A commit joins the line before it starts a try to make a log (join-order/before-the-try).
    if (!isInLine && !this.#host.isNextLogMade) return false;
    return this.#host.rotate(operationCount, sizeBytes);
  }

  #isPastSlowdown(commit: WaitingCommit): boolean {
    if (commit.isSlowed) return true;
    const delayMs = this.#host.slowdownMs(commit.sizeBytes);
    if (delayMs <= 0) return true;
    if (!this.#isSlowdownTimed) {
      this.#isSlowdownTimed = true;
      this.#metrics.slowdownCount++;
      this.#clock.schedule(delayMs, () => {
        this.#isSlowdownTimed = false;
        commit.isSlowed = true;
        this.admitWaiting();
      });
    }
    return false;
  }
}
