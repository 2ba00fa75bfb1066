/**
 * The engine: bytes in, bytes out.
 *
 * Owns: the parts of an open database and the few state changes that involve several of them: rotating the memtable,
 * installing what background work made, taking back refused commits, closing. Everything with a caller's types in it
 * lives above (database.ts); everything with one concern lives beside.
 *
 * Invariants:
 *   engine/state-in-one-step: `state` is replaced in one step and always describes the whole database
 *       (read-state/by-age, read-state/held-whole).
 *   engine/oldest-first: memtables are flushed oldest first, and leave the state in the step in which their table
 *       enters it.
 *   engine/reads-change-nothing: an open that is not written to, and has nothing to flush or to compact, leaves every
 *       file of a database that was closed well as it was. The first commit waits for a log and for a manifest.
 *   engine/log-with-its-table: a log is dropped by the version edit that adds the table of its last memtable, never
 *       earlier.
 *
 * Suspension: `rotate`, `retreat` and the installs are synchronous; what suspends says so.
 */
import { publishCommit } from './state/channels.ts';
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { ClosedError, DirectoryLostError } from '../base/errors.ts';
import { fileNumber, type FileNumber, type SequenceNumber } from '../base/ids.ts';
import type { EngineOptions } from '../base/options.ts';
import { type Shortage, shortageRefusal } from '../base/shortage.ts';
import type { BlockCache } from '../cache/block-cache.ts';
import type { JobRunner } from '../compaction/job-runner.ts';
import type { FrameClock } from '../log/frame-clock.ts';
import type { ArenaPool } from '../memtable/arena-pool.ts';
import { Memtable } from '../memtable/memtable.ts';
import { capacityFor } from '../memtable/room.ts';
import type { TableCache } from '../sstable/table-cache.ts';
import { LockTable } from '../txn/lock-table.ts';
import { ExpiryClock } from './state/expiry-clock.ts';
import { PastPins, PinList, PinQueue } from './state/pin-list.ts';
import { ReaderHorizon } from './state/reader-horizon.ts';
import { Retention } from './state/retention.ts';
import { SharedStates } from './read/shared-states.ts';
import { recordEnd, trimLogs } from './last-steps.ts';
import type { DatabaseKeys } from '../version/database-keys.ts';
import type { TimeMarks } from '../version/time-marks.ts';
import type { VersionSet } from '../version/version-set.ts';
import { fileName } from '../vfs/filenames.ts';
import type { Vfs, VfsLock } from '../vfs/vfs.ts';
import { BackgroundError } from './state/background-error.ts';
import { type BackgroundHost, BackgroundWork } from './upkeep/background-work.ts';
import { Horizons } from './state/horizons.ts';
import type { CommitHost } from './commit/commit-host.ts';
import { ReadSource, ReadView } from './read/read-view.ts';
import { CommitsSince } from './read/commits-since.ts';
import { Committer } from './commit/committer.ts';
import { Watchers } from './commit/watchers.ts';
import { CommitPipeline } from './commit/commit-pipeline.ts';
import { type Events, type RecoveryReport } from './state/events.ts';
import { JoinOrder } from './state/join-order.ts';
import { MemtableSlot, retreated } from './state/memtable-slot.ts';
import { LogHistory } from './history/log-history.ts';
import { Metrics } from './state/metrics.ts';
import { ObsoleteFiles } from './upkeep/obsolete-files.ts';
import { PinWatch } from './state/pin-watch.ts';
import { ReadState } from './state/read-state.ts';
import { SpareLog } from './state/spare-log.ts';
import { Scrub } from './upkeep/scrub.ts';
import { KeyspaceOptionsTable } from './state/keyspace-options-table.ts';
import type { Resources } from './state/shared-resources.ts';
import type { WriteBudgetMember } from './state/write-budget.ts';
import { WriteStall } from './commit/write-stall.ts';

/** The parts that recovery hands over: an open directory, and the memory that the logs rebuilt. */
export interface EngineParts {
  readonly directory: string;
  readonly vfs: Vfs;
  readonly lock: VfsLock;
  /** Those of an encrypted database; its `vfs` carries them. */
  readonly keys: DatabaseKeys | undefined;
  readonly options: EngineOptions;
  readonly clock: Clock;
  readonly events: Events;
  readonly versions: VersionSet;
  readonly tables: TableCache;
  readonly blocks: BlockCache;
  readonly arenas: ArenaPool;
  readonly resources: Resources;
  readonly runner: JobRunner;
  /** Takes writes. */
  readonly active: MemtableSlot;
  /** Recovered and full; oldest first. */
  readonly immutables: readonly MemtableSlot[];
  /** Logs that hold nothing which is not in tables: the edit that names the first new log drops them. */
  readonly emptyLogs: readonly FileNumber[];
  /** Those of them that stay for the history. */
  readonly keptLogs: readonly FileNumber[];
  readonly lastSequence: SequenceNumber;
  /** When the database reached which sequence, logs included; undefined where old versions are not kept. */
  readonly timeMarks: TimeMarks | undefined;
  readonly recovery: RecoveryReport;
}

/** The sequence that a bulk load gets, and when. */
export interface LoadPlace {
  readonly sequence: SequenceNumber;
  readonly wallMs: number;
}

/** From this part of a memtable on its flush is near: a job worker takes a tenth of a second to start. */
const FLUSH_NEAR_PART = 1 / 2;

/**
 * Range deletions that cover tables of so many bytes are flushed, so that the space comes back without further
 * writes.
 */
const DELETED_SIZE_BYTES_MIN = 1024 * 1024;

export class Engine implements CommitHost, BackgroundHost, WriteBudgetMember {
  readonly parts: EngineParts;
  readonly metrics: Metrics = new Metrics();
  readonly error: BackgroundError;
  readonly frameClock: FrameClock;
  readonly expiryClock: ExpiryClock;
  readonly horizons: Horizons;
  readonly pipeline: CommitPipeline;
  readonly committer: Committer;
  readonly background: BackgroundWork;
  readonly obsolete: ObsoleteFiles;
  readonly history: LogHistory;
  readonly scrub: Scrub;
  readonly pinWatch: PinWatch;
  /** Pinned at the published horizon, by snapshots and read-only transactions. */
  readonly snapshots: PinQueue = new PinQueue(() => this.background.onPinMoved());
  /** Pinned at the assigned horizon, by transactions that may write. */
  readonly transactions: PinQueue = new PinQueue(() => this.background.onPinMoved());
  /** Pinned at places of the past. */
  readonly pastSnapshots: PastPins = new PastPins(() => this.background.onPinMoved());
  readonly reading: ReaderHorizon = new ReaderHorizon(this);
  /** Undefined where old versions are not kept. */
  readonly retention: Retention | undefined;
  /** Scans and long calls, which pin memtables and tables rather than a sequence. */
  readonly readers: PinList = new PinList();
  readonly locks: LockTable;
  /** Numbers commits and calls that wait. */
  readonly joins: JoinOrder = new JoinOrder();
  readonly #stall: WriteStall;
  readonly watchers: Watchers = new Watchers();
  readonly keyspaceOptions: KeyspaceOptionsTable = new KeyspaceOptionsTable();
  /** What views read with. */
  readonly reads: ReadSource;
  #state: ReadState;
  /** The last view of `#state`. */
  #view: ReadView | undefined = undefined;
  #active: MemtableSlot;
  /** Oldest first. */
  readonly #immutables: MemtableSlot[];
  readonly #spareLog: SpareLog;
  /** Undefined before the first thread. */
  #shared: SharedStates | undefined = undefined;
  #stalledSinceMs: number | undefined = undefined;
  #isIngesting = false;
  #isClosing = false;
  /** Bytes of tables that range deletions of the active memtable cover, as far as it matters. */
  #deletedSizeBytes = 0;

  constructor(parts: EngineParts) {
    this.parts = parts;
    const { options, clock, versions } = parts;
    this.#active = parts.active;
    this.#immutables = [...parts.immutables];
    this.#state = new ReadState(this.#slotsByAge(), versions.current);
    this.locks = new LockTable(clock);
    this.#spareLog = new SpareLog(parts, {
      isOver: () => this.#isClosing || this.error.isFailed,
      joinedCount: () => this.joins.count,
      isAwaited: () => this.pipeline.admission.waitingCount > 0 || this.background.waitingCount > 0,
      onMade: () => {
        this.background.changed();
        this.background.wake();
        this.pipeline.admission.admitWaiting();
      },
      refuseJoined: (count, shortage, error) => this.refuseJoined(count, shortage, error),
      onFailed: (error) => {
        this.background.changed();
        this.error.fail(error);
      },
      isObsolete: (number) => this.obsolete.add('log', number),
      isUnused: (number) => {
        this.history.onUnused(number);
        this.obsolete.add('log', number);
      },
    });
    this.#stall = new WriteStall(options);
    this.error = new BackgroundError((error) => this.#onFailed(error));
    this.frameClock = versions.frameClock;
    this.expiryClock = new ExpiryClock(clock, this.frameClock);
    this.horizons = new Horizons(parts.lastSequence);
    this.retention = this.#retentionOf(parts);
    this.reads = new ReadSource(parts.tables, this.horizons, this.readers, {
      clock,
      expiryClock: this.expiryClock,
    });
    this.pipeline = new CommitPipeline(
      this,
      this.horizons,
      parts.active.writer,
      this.metrics,
      this.error,
      clock,
    );
    this.committer = new Committer(this);
    this.obsolete = new ObsoleteFiles({
      vfs: parts.vfs,
      directory: parts.directory,
      isOwned: () => this.#isOwned(),
      isNeeded: (kind, number, liveTables) => {
        if (kind === 'manifest') return versions.manifestNumber === number;
        if (kind === 'table') return liveTables.has(number);
        return this.pipeline.writerNumber === number || this.history.isHeld(number);
      },
      liveTables: () => versions.liveFileNumbers(),
      forget: (kind, number) => {
        if (kind === 'table') parts.tables.evict(number);
      },
    });
    this.history = new LogHistory(this);
    this.background = new BackgroundWork(this, parts.runner);
    this.scrub = new Scrub(this);
    if (parts.resources.writes !== undefined) parts.resources.writes.member = this;
    this.background.wake();
    this.scrub.start();
    this.pinWatch = new PinWatch(this);
    this.pinWatch.start();
    this.retention?.start();
  }

  get state(): ReadState {
    return this.#state;
  }

  get sharedStates(): SharedStates | undefined {
    return this.#shared;
  }

  mustShare(): SharedStates {
    const onPlaceMoved = (): void => this.background.onPinMoved();
    return (this.#shared ??= new SharedStates(this.parts.clock, onPlaceMoved));
  }

  get activeSlot(): MemtableSlot {
    return this.#active;
  }

  /**
   * What a sequence sees, as a value: by that clock or, without one, by that of each read. The last one is kept, since
   * reads ask for it again and again.
   */
  viewAt(sequence: SequenceNumber, fixedMs?: number): ReadView {
    const last = this.#view;
    if (last?.sequence === sequence && last.fixedMs === fixedMs) return last;
    return (this.#view = new ReadView(this.reads, this.#state, sequence, fixedMs));
  }

  /** What was committed after a sequence; for one validation, in one turn. */
  commitsSince(sequence: number): CommitsSince {
    return new CommitsSince(this.#state, this.parts.tables, sequence, this.metrics);
  }

  /** Waiting for their flush, oldest first. */
  get immutables(): readonly MemtableSlot[] {
    return this.#immutables;
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  get isNextLogMade(): boolean {
    return this.#spareLog.isMade;
  }

  get isIngesting(): boolean {
    return this.#isIngesting;
  }

  get oldestSequence(): number {
    return this.reading.oldestSequence;
  }

  get oldestWallMs(): number {
    return this.reading.oldestWallMs;
  }

  pathOf(kind: 'log' | 'table', number: number): string {
    return `${this.parts.directory}/${fileName(kind, number)}`;
  }

  // The pipeline's host.

  stallReason(): 'ingest' | 'level0' | undefined {
    if (this.#isIngesting) return 'ingest';
    if (this.#stall.isStopped(this.#level0Count)) return 'level0';
    return undefined;
  }

  slowdownMs(sizeBytes: number): number {
    return this.#stall.slowdownMs(sizeBytes, this.#level0Count, this.parts.clock);
  }

  rotate(operationCount: number, sizeBytes: number): boolean {
    const { options } = this.parts;
    const isRecovered = this.#active.writer === undefined && operationCount > 0;
    const mayGoOn = isRecovered && this.#active.memtable.hasRoom(operationCount, sizeBytes);
    if (!mayGoOn && this.#immutables.length >= options.immutableMemtableCountMax) return false;
    if (!this.#spareLog.isMade) {
      this.#spareLog.prepare();
      return false;
    }
    if (mayGoOn) {
      this.#active.takeLog(this.#spareLog.take());
      return true;
    }
    const memtable = this.#newMemtable(
      Math.max(options.memtableSizeBytes, capacityFor(operationCount, sizeBytes)),
    );
    const log = this.#spareLog.take();
    this.#deletedSizeBytes = 0;
    this.#immutables.push(this.#active);
    this.#active = new MemtableSlot(memtable, log, [fileNumber(log.number)]);
    this.#replaceState();
    this.background.wake();
    return true;
  }

  /** As a full memtable does; other databases need the memory. */
  freezeEarly(): boolean {
    if (this.#isClosing || this.error.isFailed || this.#active.memtable.isEmpty) return false;
    return this.rotate(0, 0);
  }

  retreat(sequence: SequenceNumber): void {
    for (const pin of this.transactions.pins()) if (pin.sequence > sequence) pin.isDoomed = true;
    this.transactions.clamp(sequence);
    this.#active = retreated(this.#active, sequence, this.parts.arenas);
    this.#immutables.forEach((slot, index) => {
      this.#immutables[index] = retreated(slot, sequence, this.parts.arenas);
    });
    this.#replaceState();
  }

  announce(sequence: SequenceNumber, commitCount: number, operationCount: number): void {
    const { directory: location } = this.parts;
    publishCommit({ location, sequence, commitCount, operationCount });
  }

  onGroupBegun(): void {
    this.#spareLog.prepare();
    const { sizeBytes, capacityBytes } = this.#active.memtable;
    this.parts.resources.writes?.note(sizeBytes);
    if (sizeBytes >= capacityBytes * FLUSH_NEAR_PART) this.parts.runner.prepare();
  }

  tellPublished(sequence: SequenceNumber, wallMs: number): void {
    this.retention?.note(sequence, wallMs);
    this.#shared?.published(sequence);
  }

  onPublished(): void {
    this.background.wake();
  }

  onRangeDeleted(start: Uint8Array, end: Uint8Array): void {
    const missing = DELETED_SIZE_BYTES_MIN - this.#deletedSizeBytes;
    if (missing <= 0) return;
    this.#deletedSizeBytes += this.#state.version.sizeBytesWithin(start, end, missing);
  }

  onShortage(shortage: Shortage, error: unknown): void {
    if (shortage === 'space') this.metrics.outOfSpaceCount++;
    else this.metrics.outOfResourcesCount++;
    this.parts.events.emit(shortage === 'space' ? 'out-of-space' : 'out-of-resources', { error });
  }

  onLogSwitched(): void {
    this.obsolete.collect();
    this.watchers.moved();
  }

  onStalled(): void {
    if (this.#stalledSinceMs !== undefined) return;
    if (this.#active.writer === undefined && this.stallReason() === undefined) return; // the first log is being made
    this.#stalledSinceMs = this.parts.clock.nowMs();
    this.metrics.stallCount++;
    const reason = this.stallReason() ?? (this.#spareLog.isMade ? 'memtables' : ('log' as const));
    this.parts.events.emit('stalled', { reason });
  }

  onResumed(): void {
    if (this.#stalledSinceMs === undefined) return;
    const stalledMs = this.parts.clock.nowMs() - this.#stalledSinceMs;
    this.#stalledSinceMs = undefined;
    this.metrics.stallMsTotal += stalledMs;
    this.parts.events.emit('resumed', { stalledMs });
  }

  // Called by background work.

  /** Freezes a memtable whose flush lets a compaction free much space. Called when the background has nothing to do. */
  freezeForSpace(): void {
    if (this.#deletedSizeBytes >= DELETED_SIZE_BYTES_MIN && !this.#isIngesting) this.rotate(0, 0);
  }

  /** The oldest immutable memtable became a table, or was empty: it leaves the state with the version that has it. */
  installFlush(slot: MemtableSlot): void {
    assert(this.#immutables[0] === slot, 'engine/oldest-first: memtables are flushed oldest first');
    this.#immutables.shift();
    this.#replaceState();
    slot.unref();
    const { keptLogs } = this.parts.versions.current;
    for (const number of slot.logNumbers) {
      if (!keptLogs.includes(number)) this.obsolete.add('log', number);
    }
    this.obsolete.collect();
    this.pipeline.admission.admitWaiting();
  }

  installCompaction(removed: readonly FileNumber[]): void {
    this.#replaceState();
    for (const number of removed) this.obsolete.add('table', number);
    this.obsolete.collect();
    this.pipeline.admission.admitWaiting();
  }

  // Called by a bulk load (ingest.ts).

  /**
   * Holds commits back, and compactions that have not begun, until `endIngest`. Resolves when everything committed is
   * in tables, so that the next sequence is free to be given to tables, and the log that takes the next commit is
   * empty.
   */
  async beginIngest(check: () => void): Promise<void> {
    assert(!this.#isIngesting, 'one bulk load at a time is given its place');
    this.#isIngesting = true;
    const number = this.joins.next();
    await this.pipeline.drain();
    const goOn = async (isDone: () => boolean): Promise<void> => {
      for (;;) {
        if (this.error.isFailed) throw this.error.toError('not-applied');
        check();
        if (isDone()) return;
        this.background.wake();
        await this.background.nextChange(number);
      }
    };
    // Every log that was written, be it with a mark alone: what comes next leaves out a sequence.
    await goOn(() => this.#isUnwritten(this.#active) || this.rotate(0, 0));
    await goOn(() => this.#immutables.length === 0);
  }

  /** In the step in which the version with the tables became current. */
  installIngest({ sequence, wallMs }: LoadPlace, firstKey: Uint8Array, lastKey: Uint8Array): void {
    this.pipeline.passOver(sequence);
    this.retention?.note(sequence, wallMs);
    this.#replaceState();
    this.watchers.loaded(firstKey, lastKey, sequence);
  }

  endIngest(): void {
    this.#isIngesting = false;
    this.background.wake();
    this.pipeline.admission.admitWaiting();
  }

  #isUnwritten({ memtable, writer }: MemtableSlot): boolean {
    return memtable.isEmpty && writer?.isUnwritten !== false;
  }

  /**
   * A try met a shortage that lasts. Commits and calls that joined before it do not wait for the end of the shortage
   * (join-order/before-the-try).
   */
  refuseJoined(joinedCount: number, shortage: Shortage, error: unknown): void {
    this.onShortage(shortage, error);
    const refusal = shortageRefusal(shortage, 'the commit was not applied', error);
    this.pipeline.admission.refuseWaiting(refusal, joinedCount, false);
    const callRefusal = shortageRefusal(shortage, 'it is tried again later', error);
    this.background.refuseJoined(joinedCount, callRefusal);
  }

  // Life.

  /**
   * Freezes the active memtable, unless it is empty, and resolves when all that was written before is in tables.
   * `check` throws when no call waits for it any more.
   */
  async flush(check: () => void = () => undefined): Promise<void> {
    const { horizons } = this;
    const target = horizons.assigned;
    const number = this.joins.next();
    while (!this.#active.memtable.isEmpty && this.#active.memtable.firstSequence <= target) {
      if (this.error.isFailed) throw this.error.toError('not-applied');
      if (this.#isClosing) throw new ClosedError('Database is closed');
      check();
      if (this.rotate(0, 0)) break;
      await this.background.nextChange(number);
    }
    await this.background.flushedThrough(target, number, check);
  }

  /** The first step of a close: no commit begins, and none waits, for a lock or for room. Those in groups go on. */
  refuseCommits(): void {
    const closed = new ClosedError('Database is closed');
    this.locks.close(closed);
    this.pipeline.admission.refuseWaiting(closed, Infinity, true);
  }

  async close(): Promise<void> {
    this.refuseCommits();
    this.#isClosing = true;
    this.#shared?.close();
    const { parts } = this;
    try {
      await this.scrub.close();
      this.pinWatch.close();
      this.retention?.close();
      await this.pipeline.drain();
      await this.background.close();
      await this.#spareLog.settled;
      await this.pipeline.finish();
      if (!this.error.isFailed) await recordEnd(parts.versions, this.horizons.published);
      if (!this.error.isFailed) trimLogs([this.#active.writer, this.#spareLog]);
    } finally {
      this.pipeline.close();
      this.obsolete.collect();
      await this.obsolete.settled();
      this.#active.writer?.close();
      this.#spareLog.close();
      parts.tables.close();
      try {
        await parts.versions.close();
      } finally {
        // Whatever failed, as on a full disk: the directory is given back.
        this.#state.unref();
        if (!this.error.isFailed) for (const slot of this.#slotsByAge()) slot.unref();
        parts.resources.close();
        await parts.lock.release();
        parts.events.emit('closed', {});
      }
    }
  }

  #retentionOf({ clock, versions, timeMarks }: EngineParts): Retention | undefined {
    const { retention } = versions.current;
    if (retention === undefined || timeMarks === undefined) return undefined;
    const { expiryClock } = this;
    const onMoved = (): void => this.background.onPinMoved();
    return new Retention({ clock, expiryClock, versions, onMoved }, retention, timeMarks);
  }

  #newMemtable(capacityBytes: number): Memtable {
    return Memtable.create({
      capacityBytes,
      baseSequence: this.horizons.assigned,
      pool: this.parts.arenas,
    });
  }

  #slotsByAge(): MemtableSlot[] {
    return [this.#active, ...this.#immutables.toReversed()];
  }

  #replaceState(): void {
    const previous = this.#state;
    this.#view = undefined;
    this.#state = new ReadState(this.#slotsByAge(), this.parts.versions.current);
    this.#shared?.publish(this.#state, this.horizons.published);
    previous.unref();
    this.background.changed();
  }

  /** False, and fatal, when another database was laid over this one. */
  #isOwned(): boolean {
    try {
      this.parts.versions.mustBeCurrent();
      return true;
    } catch (error) {
      if (error instanceof DirectoryLostError) this.error.fail(error);
      return false;
    }
  }

  get #level0Count(): number {
    return this.#state.version.levels[0]!.length; // levels are LEVEL_COUNT long
  }

  #onFailed(error: unknown): void {
    this.pipeline.abandon();
    this.background.changed();
    this.parts.events.emit('failed', { error });
  }
}
