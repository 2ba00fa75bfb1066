/**
 * When flushes and compactions run.
 *
 * Owns: the two loops of background work, one flush and one compaction at most at a time, their installation, and their
 * retries. What a job does is in compaction/; where it runs is the JobRunner's.
 *
 * Invariants:
 *   background-work/published-first: a memtable is flushed only once everything in it is published
 *       (docs/durability.md). So a table never holds a commit that was not acknowledged as its durability asked.
 *   background-work/files-before-the-edit: a job has synced its files and their entries before the version edit that
 *       names them. The edit is durable before the files that it replaces are queued for deletion.
 *   background-work/shortage-passes: a shortage (base/shortage.ts) stops no one for good: the job is tried again, and
 *       commits and calls that wait are refused instead of held for long (join-order/before-the-try). Every other
 *       failure of a job is fatal.
 *   background-work/no-leftovers: a job that ended with its worker left what it had written. Its numbers are known, and
 *       its files go before the next try.
 *   background-work/throws-to-no-caller: an error while work is chosen, or while its end is told, is fatal too. It
 *       reaches no caller of `wake`: those are timers, promises and the middle of a commit.
 *
 * Suspension: `wake` never suspends. The loops suspend at jobs and at version edits, and read the engine's state again
 * after each.
 */
import { INVARIANTS } from '../../base/assert.ts';
import { isSlowWay } from '../../base/coin.ts';
import { AbortedError, ClosedError } from '../../base/errors.ts';
import type { BoundedRange, KeyRange } from '../../bytes/key-range.ts';
import { fileNumber, type FileNumber, type SequenceNumber } from '../../base/ids.ts';
import { backgroundTurn, type Clock, type Timer } from '../../base/clock.ts';
import type { EngineOptions } from '../../base/options.ts';
import {
  isOfEndedWorker,
  isOutOfDescriptors,
  type Shortage,
  shortageOf,
  ShortageRetry,
} from '../../base/shortage.ts';
import {
  type CompactionPlan,
  compressionOf,
  describeCompaction,
  type JobDescription,
  type JobResult,
  makeCancellation,
  outputCountMax,
  type ReservedNumbers,
} from '../../compaction/compaction.ts';
import type { JobRunner } from '../../compaction/job-runner.ts';
import type { VersionEdit } from '../../version/version-edit.ts';
import type { VersionSet } from '../../version/version-set.ts';
import type { BackgroundError } from '../state/background-error.ts';
import type { ExpiryClock } from '../state/expiry-clock.ts';
import type { Horizons } from '../state/horizons.ts';
import type { ReaderHorizon } from '../state/reader-horizon.ts';
import type { Retention } from '../state/retention.ts';
import { jobMeansOf, type JobPlace } from '../state/job-means.ts';
import type { JoinOrder } from '../state/join-order.ts';
import { CompactionTurns } from './compaction-turns.ts';
import type { Events } from '../state/events.ts';
import type { MemtableSlot } from '../state/memtable-slot.ts';
import type { KeyspaceOptionsTable } from '../state/keyspace-options-table.ts';
import type { Metrics } from '../state/metrics.ts';
import type { FlushedLogs } from './flushed-logs.ts';
import type { ObsoleteFiles } from './obsolete-files.ts';
import { Expirations } from './expirations.ts';
import { RangeReleases, uniqueFiles } from './range-releases.ts';
import type { Resources } from '../state/shared-resources.ts';

/** The parts of the engine that background work needs. */
export interface BackgroundHost {
  readonly parts: JobPlace & {
    readonly directory: string;
    readonly options: EngineOptions;
    readonly clock: Clock;
    readonly events: Events;
    readonly versions: VersionSet;
    readonly resources: Resources;
  };
  readonly keyspaceOptions: KeyspaceOptionsTable;
  readonly metrics: Metrics;
  readonly error: BackgroundError;
  readonly horizons: Horizons;
  readonly obsolete: ObsoleteFiles;
  readonly history: FlushedLogs;
  readonly joins: JoinOrder;
  readonly isClosing: boolean;
  /** True while a bulk load finds places for its tables: no compaction is planned then. */
  readonly isIngesting: boolean;
  /** Waiting for their flush, oldest first. */
  readonly immutables: readonly MemtableSlot[];
  /** What readers may still ask for. */
  readonly reading: ReaderHorizon;
  /** Undefined where old versions are not kept. */
  readonly retention: Retention | undefined;
  /** The oldest sequence that a reader may still read at; Infinity when there is none. */
  readonly oldestSequence: number;
  readonly expiryClock: ExpiryClock;
  /** What has expired by it has expired for every reader, those to come included. */
  readonly oldestWallMs: number;
  /** The oldest immutable memtable leaves the state, in the step in which its table enters it. */
  installFlush(slot: MemtableSlot): void;
  /** There is nothing to flush or to compact: a memtable that deletes much in tables may be frozen. */
  freezeForSpace(): void;
  /** The current version has lost these tables. */
  installCompaction(removed: readonly FileNumber[]): void;
  /** Commits and calls that joined before a try hear of its shortage. */
  refuseJoined(joinedCount: number, shortage: Shortage, error: unknown): void;
}

/** The longest rest before time alone makes work: the clock of the system may be set meanwhile. */
const TIMER_MS_MAX = 600_000;

interface ChangeWaiter {
  readonly number: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class BackgroundWork {
  readonly #engine: BackgroundHost;
  readonly #runner: JobRunner;
  readonly #turns: CompactionTurns;
  #isFlushing = false;
  #isCompacting = false;
  /** Levels that the running compaction reads from or writes to. */
  #busyLevels: ReadonlySet<number> = new Set();
  #outputLevel: number | undefined = undefined;
  readonly #running = new Set<JobDescription>();
  readonly #loops = new Set<Promise<void>>();
  #changeWaiters: ChangeWaiter[] = [];
  readonly #retry: ShortageRetry;
  readonly #releases: RangeReleases;
  readonly #expirations: Expirations;
  /** Wakes when time alone makes work. */
  #timer: Timer | undefined = undefined;
  /** True between a failure in a shortage and the next try. */
  #isResting = false;

  constructor(engine: BackgroundHost, runner: JobRunner) {
    this.#engine = engine;
    this.#runner = runner;
    this.#retry = new ShortageRetry(engine.parts.clock);
    this.#turns = new CompactionTurns(engine);
    this.#releases = new RangeReleases(engine);
    this.#expirations = new Expirations(engine);
  }

  /**
   * Starts what there is to do. Called after every change that may make work, and cheap however many tables and pins
   * there are (compaction-turns/constant).
   */
  wake(): void {
    if (this.#engine.isClosing || this.#engine.error.isFailed || this.#isResting) return;
    this.#guarded(() => this.#startWhatIsDue());
  }

  #startWhatIsDue(): void {
    if (!this.#isFlushing && this.#nextFlush() !== undefined) {
      this.#isFlushing = true;
      this.#start(() => this.#flushLoop());
    }
    if (!this.#isCompacting && this.#mayRelease) this.#startRelease();
    if (!this.#isCompacting && this.#turns.mayHaveWork) this.#startCompaction();
    if (!this.#isFlushing && !this.#isCompacting) this.#engine.freezeForSpace();
    this.#setTimer();
  }

  #setTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const nextMs = Math.min(this.#expirations.nextMs, this.#turns.wakeMs);
    const engine = this.#engine;
    const delayMs = Math.max(0, nextMs - engine.expiryClock.now());
    // What holds it back wakes when it ends. What is due and not held back came due since it was looked for.
    const isHeld = this.#isCompacting || engine.isIngesting || engine.oldestWallMs < nextMs;
    if (nextMs === Infinity || (delayMs === 0 && isHeld)) return;
    this.#timer = engine.parts.clock.schedule(Math.min(delayMs, TIMER_MS_MAX), () => {
      this.#timer = undefined;
      this.wake();
    });
  }

  /** No bulk load finds its places meanwhile, since both look at the same version. */
  get #mayRelease(): boolean {
    return !this.#engine.isIngesting && (this.#releases.isDue || this.#expirations.isDue);
  }

  /** In the place of a compaction: no compaction reads the tables that go. */
  #startRelease(): void {
    this.#isCompacting = true;
    this.#start(() => this.#releaseTables());
  }

  async #releaseTables(): Promise<void> {
    const joinedCount = this.#engine.joins.count;
    try {
      const removedFiles = uniqueFiles([...this.#releases.tables(), ...this.#expirations.tables()]);
      if (removedFiles.length > 0) {
        await this.#apply({ removedFiles }, [], () =>
          this.#engine.installCompaction(removedFiles.map(({ number }) => number)),
        );
      }
      this.#releases.settle();
      this.#retry.succeeded();
    } catch (error) {
      this.#onFailure(error, joinedCount);
    } finally {
      this.#isCompacting = false;
    }
  }

  #startCompaction(): void {
    const plan = this.#turns.next();
    if (plan === undefined) {
      this.#turns.settle(this.#busyLevels);
      return;
    }
    this.#isCompacting = true;
    this.#start(() => this.#compactionLoop(plan));
  }

  /** The oldest pin has gone or moved: what it held back may be due, without any write (pin-list/end-is-told). */
  onPinMoved(): void {
    if (this.#isCompacting) return;
    if (this.#mayRelease || this.#turns.mayHaveWork) this.wake();
  }

  /** The level that the running compaction writes to: what it writes may lie in any gap of that level. */
  get outputLevel(): number | undefined {
    return this.#outputLevel;
  }

  /** The engine's state has changed: calls that wait look again. */
  changed(): void {
    if (this.#changeWaiters.length === 0) return;
    for (const { resolve } of this.#changeWaiters.splice(0)) resolve();
  }

  /**
   * Resolves when the engine's state has changed; rejects when what it waits for met a shortage
   * (background-work/shortage-passes). A call waits for change after change with one number (join-order/next-try).
   */
  nextChange(number: number): Promise<void> {
    return new Promise((resolve, reject) => this.#changeWaiters.push({ number, resolve, reject }));
  }

  /** Calls that wait: flushes and manual compactions. */
  get waitingCount(): number {
    return this.#changeWaiters.length + this.#turns.callCount;
  }

  /** Keeps background-work/shortage-passes for calls. */
  refuseJoined(joinedCount: number, error: unknown): void {
    const waiters = this.#changeWaiters;
    this.#changeWaiters = waiters.filter(({ number }) => number > joinedCount);
    for (const { number, reject } of waiters) if (number <= joinedCount) reject(error);
    this.#turns.rejectJoined(joinedCount, error);
  }

  /**
   * Resolves when no frozen memtable holds anything at or below `sequence`. Rejects when that cannot come. `number`:
   * of the call's joining.
   */
  async flushedThrough(
    sequence: number,
    number: number,
    check: () => void = () => undefined,
  ): Promise<void> {
    for (;;) {
      const oldest = this.#engine.immutables[0];
      if (oldest === undefined || oldest.memtable.firstSequence > sequence) return;
      this.#mustGoOn();
      check();
      this.wake();
      await this.nextChange(number);
    }
  }

  /** Compacts what tables hold of a range now to the bottom, while writes go on. Ends early for the signal. */
  compactRange(range: KeyRange, signal: AbortSignal | undefined): Promise<void> {
    const done = this.#turns.add(range, this.#engine.joins.next(), signal);
    this.wake();
    this.#settleCalls();
    return done;
  }

  /**
   * Gives the tables of a range back that a durable tombstone up to `sequence` hides. Resolves with false when the
   * database ends first.
   */
  releaseRange(range: BoundedRange, sequence: number): Promise<boolean> {
    const released = this.#releases.add(range, sequence);
    this.wake();
    return released;
  }

  /** Cancels what runs and waits for it to end. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    for (const job of this.#running) this.#runner.cancel(job);
    this.changed();
    await Promise.all(this.#loops);
    this.#turns.rejectAll(new ClosedError('Database is closed'));
    this.#releases.close();
    await this.#runner.close();
  }

  #start(loop: () => Promise<void>): void {
    const running = loop()
      .catch((error: unknown) => this.#engine.error.fail(error)) // background-work/throws-to-no-caller
      .then(() => {
        this.#loops.delete(running);
        this.changed();
        this.#guarded(() => this.#settleCalls());
        this.wake();
      });
    this.#loops.add(running);
  }

  /** Keeps background-work/throws-to-no-caller. */
  #guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#engine.error.fail(error);
    }
  }

  /** Calls that cannot go on are told, finished ones resolve. */
  #settleCalls(): void {
    const { error, isClosing } = this.#engine;
    if (error.isFailed) this.#turns.rejectAll(error.toError('not-applied'));
    else if (isClosing) this.#turns.rejectAll(new ClosedError('Database is closed'));
    else this.#turns.settle(this.#busyLevels);
  }

  // Flushes.

  /** Keeps background-work/published-first. */
  #nextFlush(): MemtableSlot | undefined {
    const slot = this.#engine.immutables[0];
    if (slot === undefined) return undefined;
    return slot.memtable.lastSequence <= this.#engine.horizons.published ? slot : undefined;
  }

  async #flushLoop(): Promise<void> {
    let joinedCount = 0;
    try {
      for (let slot = this.#nextFlush(); slot !== undefined; slot = this.#nextFlush()) {
        if (!this.#canGoOn()) break;
        joinedCount = this.#engine.joins.count;
        const unordered = this.#engine.immutables.find(({ memtable }) => !memtable.isOrdered);
        if (unordered === undefined) await this.#flush(slot);
        else await this.#order(unordered);
        this.#retry.succeeded();
        if (unordered === undefined) await this.#engine.history.trim();
      }
    } catch (error) {
      this.#onFailure(error, joinedCount);
    } finally {
      this.#isFlushing = false;
    }
  }

  /**
   * Recovery leaves full memtables without order. All get it before the first flush, and a few milliseconds at a time:
   * a scan that needs it meanwhile stops the event loop for the rest.
   */
  async #order(slot: MemtableSlot): Promise<void> {
    slot.ref();
    try {
      const steps = slot.memtable.order();
      for (;;) {
        await backgroundTurn(); // before the first step too: a caller that waits for the open is served first
        if (!this.#canGoOn() || steps.next().done === true) break;
      }
    } finally {
      slot.unref();
    }
  }

  async #flush(slot: MemtableSlot): Promise<void> {
    const engine = this.#engine;
    const { parts, metrics } = engine;
    const startMs = parts.clock.nowMs();
    slot.ref();
    try {
      const keptLogs = await engine.history.retire(slot);
      const result = slot.memtable.isEmpty
        ? undefined
        : await this.#run({
            kind: 'flush',
            directory: parts.directory,
            tableOptions: this.#tableOptions(0),
            ...engine.reading.forJob(),
            outputNumbers: this.#reserve(1),
            keyspaces: engine.keyspaceOptions.ofLevel(0),
            cancellation: makeCancellation(),
            memtable: slot.memtable.shared(),
          });
      const outputs = result?.outputs ?? [];
      await this.#apply(
        {
          addedFiles: outputs.map((file) => ({ level: 0, file })),
          removedLogs: slot.logNumbers,
          keptLogs,
          flushedSequence: this.#flushedThrough(slot),
        },
        outputs.map((file) => file.number),
        () => engine.installFlush(slot),
      );
      const [table] = outputs;
      if (table === undefined || result === undefined) return;
      const durationMs = parts.clock.nowMs() - startMs;
      metrics.noteFlush(result.writtenSizeBytes, durationMs);
      parts.events.emit('flush-finished', {
        fileNumber: table.number,
        sizeBytes: table.sizeBytes,
        entryCount: table.entryCount,
        durationMs,
      });
    } finally {
      slot.unref();
    }
  }

  /** An empty memtable may be older than a bulk load. No bulk load ends while memtables wait for their flush. */
  #flushedThrough({ memtable }: MemtableSlot): SequenceNumber {
    const { flushedSequence } = this.#engine.parts.versions;
    return memtable.lastSequence > flushedSequence ? memtable.lastSequence : flushedSequence;
  }

  // Compactions.

  async #compactionLoop(first: CompactionPlan): Promise<void> {
    let joinedCount = 0;
    try {
      for (let plan: CompactionPlan | undefined = first; plan !== undefined;) {
        joinedCount = this.#engine.joins.count;
        this.#busyLevels = new Set([plan.level, plan.outputLevel]);
        this.#outputLevel = plan.outputLevel;
        try {
          await this.#compact(plan);
        } finally {
          this.#busyLevels = new Set();
          this.#outputLevel = undefined;
        }
        this.#retry.succeeded();
        this.#turns.installed(plan);
        this.#settleCalls();
        plan = this.#canGoOn() ? this.#turns.next() : undefined;
      }
    } catch (error) {
      this.#onFailure(error, joinedCount);
    } finally {
      this.#isCompacting = false;
    }
  }

  async #compact(plan: CompactionPlan): Promise<void> {
    const engine = this.#engine;
    const { parts, metrics } = engine;
    const { options, versions } = parts;
    const startMs = parts.clock.nowMs();
    const isMove = plan.isTrivialMove && !(INVARIANTS && isSlowWay('trivial-move'));
    const result = isMove
      ? undefined
      : await this.#run(
          describeCompaction(plan, versions.current.levels, {
            directory: parts.directory,
            blockSizeBytes: options.blockSizeBytes,
            compression: options.compression,
            filterBitsPerKey: options.filterBitsPerKey,
            targetFileSizeBytes: this.#targetFileSizeBytes,
            ...engine.reading.forJob(),
            outputNumbers: this.#reserve(outputCountMax(plan, this.#targetFileSizeBytes)),
            keyspaces: engine.keyspaceOptions.ofLevel(plan.outputLevel),
            cancellation: makeCancellation(),
          }),
        );
    const outputs = result === undefined ? plan.inputs : result.outputs;
    const removedFiles = [
      ...plan.inputs.map((file) => ({ level: plan.level, number: file.number })),
      ...plan.overlapping.map((file) => ({ level: plan.outputLevel, number: file.number })),
    ];
    await this.#apply(
      {
        addedFiles: outputs.map((file) => ({ level: plan.outputLevel, file })),
        removedFiles,
        ...(plan.cursor === undefined
          ? {}
          : { compactionCursors: [{ level: plan.level, key: plan.cursor }] }),
      },
      result === undefined ? [] : outputs.map((file) => file.number),
      () =>
        engine.installCompaction(
          result === undefined ? [] : removedFiles.map(({ number }) => number),
        ),
    );
    const durationMs = parts.clock.nowMs() - startMs;
    metrics.noteCompaction(result, durationMs);
    parts.events.emit('compaction-finished', {
      level: plan.level,
      outputLevel: plan.outputLevel,
      inputCount: removedFiles.length,
      outputCount: outputs.length,
      bytesRead: result?.readSizeBytes ?? 0,
      bytesWritten: result?.writtenSizeBytes ?? 0,
      durationMs,
      isTrivialMove: isMove,
    });
  }

  // Both.

  get #targetFileSizeBytes(): number {
    const { targetFileSizeBytes } = this.#engine.parts.options;
    return Math.min(targetFileSizeBytes, this.#runner.targetFileSizeBytesMax);
  }

  #tableOptions(level: number): JobDescription['tableOptions'] {
    const { blockSizeBytes, filterBitsPerKey, compression } = this.#engine.parts.options;
    return { blockSizeBytes, filterBitsPerKey, compression: compressionOf(level, compression) };
  }

  #reserve(count: number): ReservedNumbers {
    const { versions } = this.#engine.parts;
    const first = versions.newFileNumber();
    for (let i = 1; i < count; i++) versions.newFileNumber();
    return { first, count };
  }

  async #run(description: JobDescription): Promise<JobResult> {
    const job = { ...description, ...jobMeansOf(this.#engine.parts) };
    this.#running.add(job);
    try {
      return await this.#runner.run(job);
    } catch (error) {
      if (isOfEndedWorker(error)) this.#engine.obsolete.addLeftovers(job.outputNumbers);
      throw error;
    } finally {
      this.#running.delete(job);
    }
  }

  /**
   * Keeps background-work/files-before-the-edit. A refused edit leaves the job's outputs as files that nothing names;
   * one whose sync failed may be in the manifest all the same, so its outputs stay, and the next open can tell.
   */
  async #apply(
    edit: VersionEdit,
    outputs: readonly FileNumber[],
    onInstalled: () => void,
  ): Promise<void> {
    const { retention, parts } = this.#engine;
    const reached = edit.flushedSequence ?? parts.versions.flushedSequence;
    try {
      await parts.versions.apply({ ...edit, ...retention?.record(reached) }, onInstalled);
    } catch (error) {
      if (this.#engine.parts.versions.failure === undefined) {
        for (const number of outputs) this.#engine.obsolete.add('table', fileNumber(number));
      }
      throw error;
    }
  }

  /** Keeps background-work/shortage-passes. */
  #onFailure(error: unknown, joinedCount: number): void {
    const engine = this.#engine;
    if (engine.isClosing && (error instanceof AbortedError || error instanceof ClosedError)) return;
    const shortage = shortageOf(error);
    if (shortage === undefined || engine.parts.versions.failure !== undefined) {
      engine.error.fail(error);
      return;
    }
    engine.obsolete.collect();
    if (isOutOfDescriptors(error)) engine.parts.resources.files.releaseIdle(); // a worker cannot take them
    const { delayMs, isHeld } = this.#retry.failed(shortage);
    const wasResting = this.#isResting;
    this.#isResting = true; // a refusal may let a later commit wake this
    if (!isHeld) engine.refuseJoined(joinedCount, shortage, error);
    if (wasResting) return;
    engine.metrics.backgroundRetryCount++;
    engine.parts.events.emit('background-retry', { error, delayMs });
    engine.parts.clock.schedule(delayMs, () => {
      this.#isResting = false;
      this.wake();
    });
  }

  #canGoOn(): boolean {
    return !this.#engine.isClosing && !this.#engine.error.isFailed && !this.#isResting;
  }

  #mustGoOn(): void {
    if (this.#engine.error.isFailed) throw this.#engine.error.toError('not-applied');
    if (this.#engine.isClosing) throw new ClosedError('Database is closed');
  }
}
