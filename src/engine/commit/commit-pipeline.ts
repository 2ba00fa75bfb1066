/**
 * The commit pipeline: group commit.
 *
 * Owns: the order of commits, from the step that gives them their sequence numbers to their acknowledgement.
 *
 *      batch (a value)               collecting group: log frame + memtable, in one turn, no await
 *              |
 *         group frame -> write -> fdatasync (when any commit in it asked) -> publish -> acknowledge
 *
 * The next group collects while one group is on its way to the disk; there are no timers. A group that wants a sync
 * starts at the next tick, any other in a microtask. sync-policy.ts has the policy: how long a group collects, and how
 * it is synced. Before a sync by a call the group waits for a turn of the loop, because ticks and microtasks that each
 * end in a call would never let the loop turn.
 *
 * Invariants:
 *   commit-pipeline/one-order: sequence numbers, bytes in the log and entries in the memtable have one order, because
 *       `commit` makes all three without an await. A bulk load takes a number and nothing else here (`passOver`).
 *   commit-pipeline/settled-first: a memtable inserts what waits of a group before the group is written and published.
 *       Other threads read what is published, and cannot make the memtable do so.
 *   commit-pipeline/published-in-order: `published` moves in commit order. It passes a group only after the group was
 *       written, and synced if any of its commits asked. Example: an `os` commit behind a `sync` commit waits for it.
 *   commit-pipeline/log-by-log: a group belongs to one log: the log of the memtable that holds its entries. The first
 *       group of a log is written only after the log before it was cut to its frames and synced.
 *   commit-pipeline/every-promise-settles: a commit is published, refused in a shortage (nothing of it remains), or
 *       rejected as failed with an outcome.
 *   commit-pipeline/no-write-after-failure: nothing is written again after a failed sync, or after a write that failed
 *       for any reason but a shortage (docs/durability.md).
 *   commit-pipeline/loop-turns: the event loop turns under callers that await one `os` commit after the other. These
 *       never leave the microtasks by themselves, so after TURN_OPERATION_COUNT_MAX operations the next group waits
 *       for a turn.
 *   commit-pipeline/whole-commits: no frame holds half a commit, because nothing could be recovered from it. The frame
 *       has memory for a whole commit before it takes the first byte. Any later error in `commit` stops the database
 *       before the group is written.
 *   commit-pipeline/throws-to-no-caller: an error in a tick, a timer or a promise of the pipeline stops the database.
 *       The database then rejects every waiting call, and the error never reaches the process.
 *   commit-pipeline/none-after-close: no commit begins once `close` was called. So the groups in the queue are the
 *       last.
 *
 * Suspension: `commit` is synchronous up to the promise that it returns. `published`, `drain` and `finish` suspend.
 */
import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import { sequenceAfter, type SequenceNumber } from '../../base/ids.ts';
import type { Durability } from '../../base/options.ts';
import { afterTurn, atNextTick, inMicrotask } from '../../base/scheduling.ts';
import { type Shortage, shortageOf, shortageRefusal } from '../../base/shortage.ts';
import type { StorageError } from '../../base/errors.ts';
import { RANGE_DELETION } from '../../base/value-type.ts';
import { BatchReader } from '../../batch/batch-reader.ts';
import type { CommitBatch } from '../../batch/commit-batch.ts';
import type { OneOperation } from '../../batch/operation-encoder.ts';
import type { FrameBuilder } from '../../log/frame-builder.ts';
import { FramePool } from '../../log/frame-pool.ts';
import { FRAME_HEADER_SIZE_BYTES } from '../../log/frame-format.ts';
import type { LogWriter } from '../../log/log-writer.ts';
import type { Operation } from '../../memtable/operation.ts';
import type { BackgroundError } from '../state/background-error.ts';
import { Admission } from './admission.ts';
import { CommitGroup } from './commit-group.ts';
import type { CommitHost } from './commit-host.ts';
import type { Horizons } from '../state/horizons.ts';
import { hearsCommits } from '../state/channels.ts';
import type { Metrics } from '../state/metrics.ts';
import { SyncPolicy } from './sync-policy.ts';

/** A frame this large is closed, so that one sync does not wait for an endless group. */
const GROUP_SIZE_BYTES_MAX = 4 * 1024 * 1024;
/** Some 100 us of single puts, 20 times that before they are compiled; a turn of an idle loop costs 1 to 3 us. */
const TURN_OPERATION_COUNT_MAX = 64;

interface LogEnding {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class CommitPipeline {
  readonly horizons: Horizons;
  readonly admission: Admission;
  readonly #host: CommitHost;
  readonly #metrics: Metrics;
  readonly #error: BackgroundError;
  readonly #clock: Clock;
  /** Groups in commit order; the last one may still collect. */
  readonly #queue: CommitGroup[] = [];
  readonly #frames = new FramePool();
  readonly #policy = new SyncPolicy();
  /** The group that is being synced. */
  #inFlight: CommitGroup | undefined = undefined;
  readonly #reader = new BatchReader();
  /** Filled for each frame. */
  readonly #stamp = {
    fileNumber: 0,
    firstSequence: 0,
    durableSequence: 0,
    wallMs: 0,
    isPublished: false,
  };
  #isScheduled = false;
  #operationsThisTurn = 0;
  /** True while a group is being synced or a log is being finished. */
  #isBusy = false;
  /** The log that takes frames; undefined before the first commit after an open. */
  #writer: LogWriter | undefined;
  /** The durable sequence that the log itself states. */
  #markedSequence: number;
  #isMarkScheduled = false;
  #onIdle: (() => void)[] = [];
  /** Flushes that wait for the end of the log of their memtable. */
  #endings: LogEnding[] = [];
  #isClosed = false;

  constructor(
    host: CommitHost,
    horizons: Horizons,
    writer: LogWriter | undefined,
    metrics: Metrics,
    error: BackgroundError,
    clock: Clock,
  ) {
    this.#host = host;
    this.admission = new Admission(host, metrics, error, clock);
    this.horizons = horizons;
    this.#writer = writer;
    this.#metrics = metrics;
    this.#error = error;
    this.#clock = clock;
    this.#markedSequence = horizons.durable;
  }

  /** The log that is open for writing; undefined after `close`. */
  get writerNumber(): number | undefined {
    return this.#isClosed ? undefined : this.#writer?.number;
  }

  // ATOMIC(commit-pipeline/one-order): a commit is logged, numbered and inserted without a suspension.
  /**
   * Puts a commit in the order; the promise is its group's. The batch, which has operations, was admitted in the same
   * turn and is not needed afterwards. Throws RangeError where there is no memory for it, and then nothing has
   * happened.
   */
  commit(batch: CommitBatch, durability: Durability): Promise<void> {
    const collecting = this.#collectingGroup();
    const frame = this.#frameOf(collecting);
    const start = frame.append(batch); // commit-pipeline/whole-commits
    const group = collecting ?? this.#startGroup(frame);
    try {
      this.#insert(group, start, batch.operationCount);
    } catch (error) {
      throw this.#failed(error);
    }
    return this.#placed(group, durability);
  }

  /** As `commit`, of one operation, which is encoded where it is logged from. */
  commitOne(operation: OneOperation, durability: Durability): Promise<void> {
    const collecting = this.#collectingGroup();
    const frame = this.#frameOf(collecting);
    const { memtable } = this.#host.activeSlot;
    const placed = memtable.nextOperation();
    frame.appendOne(operation, placed); // commit-pipeline/whole-commits
    const group = collecting ?? this.#startGroup(frame);
    placed.sequence = sequenceAfter(group.lastSequence, 1);
    try {
      memtable.insertSoon(placed);
      this.#noteInserted(group, placed);
    } catch (error) {
      throw this.#failed(error);
    }
    return this.#placed(group, durability);
  }

  /** Where a commit is encoded: a new frame is no group's yet, since the commit may not fit into memory. */
  #frameOf(collecting: CommitGroup | undefined): FrameBuilder {
    return collecting?.frame ?? this.#frames.take();
  }

  /** Stops the database: a part of a commit is in the memtable or in the frame (commit-pipeline/whole-commits). */
  #failed(error: unknown): StorageError {
    this.#error.fail(error);
    return this.#error.toError('not-applied');
  }

  /** Counts a commit whose operations are numbered. */
  #placed(group: CommitGroup, durability: Durability): Promise<void> {
    group.needsSync ||= durability === 'sync';
    group.commitCount++;
    this.horizons.assigned = group.lastSequence;
    this.#schedule(group.needsSync);
    // Start now: commits later in this turn go to the other cohort.
    if (this.#policy.isHalf(group.commitCount) && !this.#isBusy) this.#pump();
    return group.promise;
  }

  /** Reads the operations back from the frame: copies from many small arrays cost twice as much as from one. */
  #insert(group: CommitGroup, start: number, operationCount: number): void {
    const reader = this.#reader;
    const { bytes, length } = group.frame;
    reader.resetTo(bytes, start, length, group.lastSequence + 1, operationCount);
    while (reader.next()) this.#noteInserted(group, group.slot.memtable.insertFrom(reader));
  }

  #noteInserted(group: CommitGroup, operation: Operation): void {
    group.lastSequence = operation.sequence;
    if (operation.type !== RANGE_DELETION) return;
    const { bytes, keyStart, keyEnd, valueStart, valueEnd } = operation;
    group.hasRangeDeletion = true;
    const end = bytes.subarray(valueStart, valueEnd);
    this.#host.onRangeDeleted(bytes.subarray(keyStart, keyEnd), end);
  }
  // END ATOMIC

  /** Resolves when every commit that has begun is published; rejects as they do. */
  async published(): Promise<void> {
    const last = this.#queue[this.#queue.length - 1] ?? this.#inFlight;
    if (last !== undefined) await last.promise;
    if (this.#error.isFailed) throw this.#error.toError('not-applied');
  }

  /** Resolves when every commit that has begun is published or rejected. */
  async drain(): Promise<void> {
    if (this.#queue.length === 0 && !this.#isBusy) return;
    await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /**
   * Counts a sequence that went to a bulk load, past the log. The load is durable by itself and just became visible.
   * The host has held every commit back, and all commits before it are in tables. So no log has a hole.
   */
  passOver(sequence: SequenceNumber): void {
    const { horizons } = this;
    assert(this.#queue.length === 0 && !this.#isBusy, 'a sequence is passed over between groups');
    assert(sequence === horizons.assigned + 1, 'no holes (commit-pipeline/one-order)');
    horizons.assigned = sequence;
    horizons.published = sequence;
    horizons.durable = sequence;
  }

  /**
   * Begins to sync what is published, for those who show only what is durable; its end moves the watchers. Nothing while
   * a group is on its way: that has the same end.
   */
  makeDurable(): void {
    const writer = this.#writer;
    const { published, durable } = this.horizons;
    if (writer === undefined || durable >= published) return;
    if (this.#isBusy || this.#isClosed || this.#error.isFailed) return;
    this.#isBusy = true; // so nothing is published meanwhile
    writer.sync().then(
      () => {
        this.#isBusy = false;
        this.horizons.durable = published;
        this.#host.watchers.moved();
        this.#pump();
      },
      (error: unknown) => {
        this.#isBusy = false;
        this.#error.fail(error); // commit-pipeline/no-write-after-failure
        this.#becomeIdle();
      },
    );
  }

  /**
   * Resolves when the log of a frozen memtable is cut to its frames and synced, and gets none any more, be it a mark. All
   * of its commits are published. Rejects when that cannot be; after a shortage it may be called again.
   */
  async endLog(number: number): Promise<void> {
    if (this.#writer?.number !== number) return; // commit-pipeline/log-by-log
    await new Promise<void>((resolve, reject) => {
      this.#endings.push({ resolve, reject });
      if (this.#queue.length === 0) this.#becomeIdle(); // what is on its way, or waits, comes to the end of the log by itself
    });
  }

  /** After `drain`: makes everything durable and cuts the log to its frames. Nothing is committed after this. */
  async finish(): Promise<void> {
    assert(this.#queue.length === 0, 'drain() is first (commit-pipeline/every-promise-settles)');
    const writer = this.#writer;
    if (this.#error.isFailed || writer === undefined) return;
    const startMs = this.#clock.nowMs();
    await writer.sync();
    this.#metrics.noteSync(this.#clock.nowMs() - startMs);
    this.horizons.durable = this.horizons.published;
    if (writer.isBroken) return; // half a mark is at the end; the frames before it are whole and synced
    this.#mark();
    try {
      await writer.finish();
    } catch (error) {
      // No room for the cut: the frames are synced, and the next open cuts the rest.
      if (writer.isBroken || shortageOf(error) === undefined) throw error;
    }
  }

  /** Gives the file back; after `finish`, or without it after a failure. */
  close(): void {
    this.#isClosed = true;
    this.#writer?.close();
  }

  /** Rejects everything that has not been written. The caller has recorded the fatal error. */
  abandon(): void {
    for (const group of this.#queue.splice(0)) {
      group.reject(this.#error.toError('not-applied'));
    }
    this.admission.refuseWaiting(this.#error.toError('not-applied'), Infinity, false);
    this.#becomeIdle();
  }

  /** The group that another commit may join, if any. */
  #collectingGroup(): CommitGroup | undefined {
    const last = this.#queue[this.#queue.length - 1];
    if (last === undefined || last.slot !== this.#host.activeSlot) return undefined;
    return last.frame.length < GROUP_SIZE_BYTES_MAX ? last : undefined;
  }

  #startGroup(frame: FrameBuilder): CommitGroup {
    const group = new CommitGroup(frame, this.#host.activeSlot, this.horizons.assigned);
    this.#queue.push(group);
    this.#host.onGroupBegun();
    return group;
  }

  #schedule(needsSync: boolean): void {
    if (this.#isScheduled || this.#isBusy) return;
    this.#isScheduled = true;
    if (needsSync) {
      if (this.#policy.mayCall) afterTurn(this.#pump);
      else atNextTick(this.#pump);
    } else if (this.#operationsThisTurn < TURN_OPERATION_COUNT_MAX) {
      inMicrotask(this.#pump);
    } else {
      afterTurn(this.#pump); // commit-pipeline/loop-turns
    }
  }

  /**
   * Counts the operations that microtasks have written since the event loop last turned (commit-pipeline/loop-turns).
   */
  #countThisTurn(operationCount: number): void {
    if (this.#operationsThisTurn === 0) afterTurn(() => (this.#operationsThisTurn = 0));
    this.#operationsThisTurn += operationCount;
  }

  /** Writes group after group until one has to be waited for. */
  readonly #pump = (): void => {
    this.#isScheduled = false;
    let group: CommitGroup | undefined;
    try {
      while (!this.#isBusy) {
        group = this.#queue[0];
        if (group === undefined || this.#error.isFailed) break;
        const writer = group.slot.writer!; // a commit begins in a slot with a log
        if (this.#writer !== undefined && writer !== this.#writer) {
          this.#switchLog(this.#writer, writer);
          break;
        }
        this.#writer = writer;
        group.slot.memtable.settle(); // commit-pipeline/settled-first
        this.#queue.shift();
        this.#write(group, writer);
      }
    } catch (error) {
      this.#stop(error, group);
    }
    if (!this.#isBusy && this.#queue.length === 0) this.#becomeIdle();
  };

  /**
   * Keeps commit-pipeline/throws-to-no-caller. The outcome of the group is unknown: it may be published, or on the
   * disk, or neither.
   */
  #stop(error: unknown, group: CommitGroup | undefined): void {
    this.#error.fail(error);
    group?.reject(this.#error.toError('unknown'));
  }

  #write(group: CommitGroup, writer: LogWriter): void {
    const length = this.#seal(group.frame, writer, group.firstSequence, !group.needsSync);
    try {
      writer.append(group.frame.bytes, length, group.needsSync);
    } catch (error) {
      this.#onWriteFailure(group, writer, error);
      return;
    }
    this.#metrics.groupCount++;
    this.#metrics.logBytesWritten += length;
    this.#markedSequence = this.horizons.durable;
    if (!group.needsSync) {
      this.#countThisTurn(group.frame.operationCount);
      this.#publish(group);
      return;
    }
    const startMs = this.#clock.nowMs();
    const isAlone = this.#queue.length === 0 && !writer.isSyncingBehind;
    if (this.#policy.starts(group.commitCount, isAlone, startMs)) {
      this.#syncByCall(group, writer, startMs);
    } else {
      this.#syncInPool(group, writer, startMs);
    }
  }

  #seal(frame: FrameBuilder, writer: LogWriter, first: number, isPublished: boolean): number {
    const stamp = this.#stamp;
    stamp.fileNumber = writer.number;
    stamp.firstSequence = first;
    stamp.durableSequence = this.horizons.durable;
    stamp.wallMs = this.#host.frameClock.next();
    stamp.isPublished = isPublished; // in the step that writes it: nobody reads in between
    return frame.seal(stamp);
  }

  #syncInPool(group: CommitGroup, writer: LogWriter, startMs: number): void {
    const idleStartMs = this.#idleMs();
    const synced = writer.sync();
    this.#isBusy = true;
    this.#inFlight = group;
    synced.then(
      () => {
        this.#isBusy = false;
        this.#inFlight = undefined;
        try {
          this.#onSynced(group, startMs, idleStartMs);
          // With one cohort, the callers that were just acknowledged join the commits that wait.
          if (this.#queue.length > 0 && !this.#policy.isSplit) this.#schedule(true);
          else this.#pump();
          this.#scheduleMark();
        } catch (error) {
          this.#stop(error, group);
          this.#becomeIdle();
        }
      },
      (error: unknown) => {
        this.#isBusy = false;
        this.#inFlight = undefined;
        this.#onSyncFailure(group, error);
      },
    );
  }

  #syncByCall(group: CommitGroup, writer: LogWriter, startMs: number): void {
    try {
      writer.syncSync();
    } catch (error) {
      this.#onSyncFailure(group, error);
      return;
    }
    this.#onSynced(group, startMs);
    this.#scheduleMark();
  }

  /** `idleStartMs`: how long the event loop had been idle when a sync in the pool began; undefined for a call. */
  #onSynced(group: CommitGroup, startMs: number, idleStartMs?: number): void {
    const nowMs = this.#clock.nowMs();
    const elapsedMs = nowMs - startMs;
    if (idleStartMs === undefined) {
      this.#policy.syncedByCall(group.commitCount, elapsedMs, nowMs);
    } else {
      const idleMs = this.#idleMs() - idleStartMs;
      this.#policy.syncedInPool(group.commitCount, elapsedMs, idleMs, nowMs);
    }
    this.#metrics.noteSync(elapsedMs);
    this.horizons.durable = group.lastSequence;
    this.#publish(group);
  }

  #idleMs(): number {
    return this.#clock.loopIdleMs?.() ?? 0;
  }

  #onSyncFailure(group: CommitGroup, error: unknown): void {
    this.#error.fail(error); // commit-pipeline/no-write-after-failure; the host abandons the queue
    group.reject(this.#error.toError('unknown'));
    this.#becomeIdle(); // after an earlier failure `fail` does nothing, and `drain` would wait for ever
  }

  #publish(group: CommitGroup): void {
    this.horizons.published = group.lastSequence;
    this.#host.tellPublished(group.lastSequence, group.frame.wallMs);
    this.#metrics.commitCount += group.commitCount;
    this.#metrics.operationCount += group.frame.operationCount;
    if (hearsCommits()) {
      this.#host.announce(group.lastSequence, group.commitCount, group.frame.operationCount);
    }
    if (!this.#host.watchers.isEmpty) this.#tellWatchers(group);
    this.#frames.release(group.frame);
    group.resolve();
    if (group.hasRangeDeletion || group.slot !== this.#host.activeSlot) this.#host.onPublished();
  }

  #tellWatchers({ frame, firstSequence, lastSequence }: CommitGroup): void {
    const { bytes, length, operationCount } = frame;
    this.#reader.resetTo(bytes, FRAME_HEADER_SIZE_BYTES, length, firstSequence, operationCount);
    this.#host.watchers.published(this.#reader, lastSequence);
  }

  /**
   * Ends the log before, then goes on with the next (commit-pipeline/log-by-log). A power cut in between leaves a whole
   * log and an empty one.
   */
  #switchLog(previous: LogWriter, next: LogWriter): void {
    const finished = previous.finish();
    this.#isBusy = true;
    finished
      .then(() => {
        previous.close();
        this.#isBusy = false;
        this.horizons.durable = this.horizons.published;
        this.#writer = next;
        this.#host.onLogSwitched();
        for (const { resolve } of this.#endings.splice(0)) resolve();
        this.#pump();
      })
      .catch((error: unknown) => {
        this.#isBusy = false;
        const shortage = previous.isBroken ? undefined : shortageOf(error);
        for (const { reject } of this.#endings.splice(0)) reject(error);
        // No room to end the log before: these commits are refused, and the next commit tries again.
        if (shortage !== undefined) this.#refuse(this.#queue.splice(0), shortage, error, previous);
        else this.#error.fail(error); // commit-pipeline/no-write-after-failure
        this.#becomeIdle();
      });
  }

  /** False when the database has failed: nothing is written any more. */
  #endLogs(): boolean {
    if (this.#error.isFailed) {
      for (const { reject } of this.#endings.splice(0)) reject(this.#error.toError('not-applied'));
      return false;
    }
    this.#switchLog(this.#writer!, this.#host.activeSlot.writer!); // a memtable is frozen for one with a log
    return true;
  }

  /**
   * A shortage takes back every commit that has begun and is not written (commit-pipeline/every-promise-settles). Any
   * other error is fatal (commit-pipeline/no-write-after-failure).
   */
  #onWriteFailure(group: CommitGroup, writer: LogWriter, error: unknown): void {
    const rejected = [group, ...this.#queue.splice(0)];
    const shortage = shortageOf(error);
    if (shortage === undefined || writer.isBroken) {
      this.#error.fail(error);
      group.reject(this.#error.toError('unknown'));
      for (const later of rejected.slice(1)) later.reject(this.#error.toError('not-applied'));
      return;
    }
    this.#refuse(rejected, shortage, error, writer);
  }

  /** Takes back groups whose frames are not in the log. */
  #refuse(
    groups: readonly CommitGroup[],
    shortage: Shortage,
    error: unknown,
    writer: LogWriter,
  ): void {
    this.horizons.assigned = this.horizons.published;
    this.#host.retreat(this.horizons.published);
    this.#host.onShortage(shortage, error);
    for (const refused of groups) {
      this.#frames.release(refused.frame);
      refused.reject(shortageRefusal(shortage, 'the commit was not applied', error, writer.path));
    }
  }

  /** Writes a mark when the pipeline stays idle for a turn: the mark proves that the last group is durable. */
  #scheduleMark(): void {
    if (this.#isMarkScheduled || this.#queue.length > 0 || this.#isBusy) return;
    this.#isMarkScheduled = true;
    afterTurn(() => {
      this.#isMarkScheduled = false;
      if (this.#queue.length === 0 && !this.#isBusy && !this.#error.isFailed) this.#mark();
    });
  }

  #mark(): void {
    const writer = this.#writer;
    const { durable, published } = this.horizons;
    if (this.#markedSequence >= durable || published !== durable) return;
    if (writer === undefined || writer.isBroken) return;
    const frame = this.#frames.take();
    try {
      const length = this.#seal(frame, writer, published + 1, false);
      writer.append(frame.bytes, length);
      this.#markedSequence = durable;
    } catch {
      // Commits do not need the mark: it only tells recovery more. A log that has failed says so at the next group.
    }
    this.#frames.release(frame);
  }

  /** Tells `drain` that the queue is empty. Waits for a sync under way, since the log must not be closed under it. */
  #becomeIdle(): void {
    if (this.#isBusy) return;
    if (this.#endings.length > 0 && this.#endLogs()) return;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}
