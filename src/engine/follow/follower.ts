/**
 * A database that another process may write, as a reader sees it.
 *
 * Owns: the state that its readers read, and keeping it up with the directory. It has the parts of an engine that read, and
 * none that write: no lock, no log, no manifest of its own, no background work.
 *
 *      CURRENT, manifest -> version -> its tables held open --+
 *      live logs -> frames -> memtables ----------------------+--> read state, in one step
 *
 * Invariants:
 *   follower/prefix: what is shown is at any time a prefix of the commit order, in whole commits, that only grows. It is what
 *       readers of the writer see or have seen, or what recovery would give where nobody writes (followed-logs/published-only).
 *   follower/state-in-one-step: a version is shown together with the memtables that go with it, once their logs were read.
 *   follower/held-tables: the tables of every state that is read stay readable after the writer has removed their names, as many
 *       as the process may hold open. Deeper levels are held last, since they live longest.
 *   follower/writes-nothing: all files are opened through a Vfs that refuses to write (read-only-vfs/writes-nothing).
 *
 * Suspension: `open`, `refresh` and `close` suspend; a look at the directory suspends, one at a time. Everything else is
 * synchronous.
 */
import { Mutex } from 'async-mutex';
import { abortedBy } from '../../base/abort.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import {
  ClosedError,
  CorruptionError,
  InvalidArgumentError,
  IoError,
  StateGoneError,
} from '../../base/errors.ts';
import { type FileNumber, sequenceNumber, type SequenceNumber } from '../../base/ids.ts';
import type { EngineOptions, Environment } from '../../base/options.ts';
import { BatchReader } from '../../batch/batch-reader.ts';
import { endsEarly } from '../../log/log-chain.ts';
import { FrameClock } from '../../log/frame-clock.ts';
import type { LogFrame } from '../../log/log-window.ts';
import { TableCache } from '../../sstable/table-cache.ts';
import { findDatabase } from '../../version/database-directory.ts';
import type { RecoveredState } from '../../version/version-set.ts';
import { keyedVfs, keysOf } from '../../vfs/keyed-vfs.ts';
import { frugalVfs } from '../../vfs/open-files.ts';
import { readOnlyVfs } from '../../vfs/read-only-vfs.ts';
import type { Vfs } from '../../vfs/vfs.ts';
import { Watchers } from '../commit/watchers.ts';
import { ReadSource, ReadView } from '../read/read-view.ts';
import { encodingsToRecord, type RecordedEncodings } from '../recovery/recorded-encodings.ts';
import type { Events, RecoveryReport } from '../state/events.ts';
import { ExpiryClock } from '../state/expiry-clock.ts';
import { TimeMarks } from '../../version/time-marks.ts';
import type { Version } from '../../version/version.ts';
import { Horizons } from '../state/horizons.ts';
import type { Reach } from '../state/past.ts';
import { PinList } from '../state/pin-list.ts';
import { ReadState } from '../state/read-state.ts';
import { openResources, type Resources } from '../state/shared-resources.ts';
import { FollowedHistory } from './followed-history.ts';
import { FollowedLogs } from './followed-logs.ts';
import { FollowedMemtables } from './followed-memtables.ts';
import { FollowedVersions } from './followed-versions.ts';
import { ManifestWatch } from './manifest-watch.ts';

export interface FollowRequest {
  readonly directory: string;
  readonly vfs: Vfs;
  readonly options: EngineOptions;
  readonly environment: Environment;
  readonly events: Events;
  /** What the caller reads with; nothing when absent. */
  readonly encodings: RecordedEncodings | undefined;
  /** True: it looks at the directory by itself, again and again. */
  readonly isFollowing: boolean;
}

/** Each round follows a change of the manifest that the writer has made meanwhile. */
const ROUND_COUNT_MAX = 100;
/** The next look after one that has found something. */
const LOOK_DELAY_MS_MIN = 5;
/** The next look after many that found nothing. */
const LOOK_DELAY_MS_MAX = 40;
/** After an error that may pass. */
const RETRY_DELAY_MS = 1000;
/** A refresh waits so long for a commit that is on its way to the disk. */
const HELD_WAIT_MS_MAX = 1000;
const HELD_WAIT_STEP_MS = 1;

export class Follower {
  readonly directory: string;
  readonly vfs: Vfs;
  readonly options: EngineOptions;
  readonly clock: Clock;
  readonly events: Events;
  readonly resources: Resources;
  readonly tables: TableCache;
  readonly horizons: Horizons = new Horizons(sequenceNumber(0));
  readonly expiryClock: ExpiryClock;
  /** For the start of streams (engine/history/commit-stream.ts). */
  readonly frameClock: FrameClock;
  readonly reads: ReadSource;
  readonly watchers: Watchers = new Watchers();
  readonly readers: PinList = new PinList();
  readonly snapshots: PinList = new PinList();
  readonly history: FollowedHistory;
  readonly isFollowing: boolean;
  /** Why it does not follow any more; undefined while it does. */
  failure: unknown = undefined;
  lookCount = 0;
  versionCount = 0;
  readonly #manifest: ManifestWatch;
  readonly #versions: FollowedVersions;
  readonly #logs: FollowedLogs;
  readonly #memtables: FollowedMemtables;
  readonly #mutex = new Mutex();
  readonly #reader = new BatchReader();
  readonly #openedAtMs: number;
  #state: ReadState;
  #view: ReadView | undefined = undefined;
  /** True from frames that do not follow what is shown until the version that explains them is shown. */
  #isJumping = true;
  /** Of the version that is shown, and of the frames after it; undefined where old versions are not kept. */
  #marks: TimeMarks | undefined = undefined;
  /** The last sequence to show then. */
  #jumpedTo = 0;
  #recovery: RecoveryReport | undefined = undefined;
  /** True when the newest manifest could not be taken over: it is read again. */
  #isUnread = false;
  /** When the last look began. */
  #lookedAtMs: number;
  /** Everything that was published by then is shown. */
  #caughtUpAtMs: number;
  #timer: Timer | undefined = undefined;
  #isClosed = false;

  private constructor(request: FollowRequest, resources: Resources) {
    const { directory, options, environment } = request;
    this.directory = directory;
    this.options = options;
    this.clock = environment.clock;
    this.events = request.events;
    this.resources = resources;
    this.isFollowing = request.isFollowing;
    this.#openedAtMs = this.#lookedAtMs = this.#caughtUpAtMs = this.clock.nowMs();
    const readOnly = readOnlyVfs(frugalVfs(request.vfs, resources.files));
    const vfs = keyedVfs(readOnly, keysOf(request.vfs));
    this.frameClock = new FrameClock(this.clock);
    this.expiryClock = new ExpiryClock(this.clock, this.frameClock);
    this.#versions = new FollowedVersions(vfs, directory, resources.files.countMax, (number) =>
      this.tables.evict(number),
    );
    this.vfs = this.#versions.vfs;
    this.tables = new TableCache({
      vfs: this.vfs,
      directory,
      blockCache: resources.blocks,
      openTableCountMax: options.openTableCountMax,
      files: resources.files,
    });
    const clocks = { clock: this.clock, expiryClock: this.expiryClock };
    this.reads = new ReadSource(this.tables, this.horizons, this.readers, clocks);
    this.#manifest = new ManifestWatch(vfs, directory);
    this.#memtables = new FollowedMemtables(options.memtableSizeBytes, resources.arenas);
    this.#logs = new FollowedLogs(vfs, directory, {
      take: (frame) => this.#take(frame),
      logEnded: () => this.#memtables.logEnded(),
      jump: () => this.#jump(),
    });
    this.history = new FollowedHistory({
      vfs,
      directory,
      version: this.#versions,
      endOf: (number) => this.#logs.endOf(number),
    });
    this.#state = new ReadState([], this.#versions.current);
  }

  /** Reads what is there. Throws as `open` documents. */
  static async open(request: FollowRequest): Promise<Follower> {
    const resources = openResources(request.options, request.vfs, request.environment.clock);
    let follower: Follower | undefined;
    try {
      follower = new Follower(request, resources);
      await follower.#start(request.encodings);
      return follower;
    } catch (error) {
      if (follower === undefined) resources.close();
      else await follower.close();
      throw error;
    }
  }

  get state(): ReadState {
    return this.#state;
  }

  /** How far back what is shown can be read. */
  get reach(): Reach {
    const from = this.#state.version.retention?.from;
    return from && this.#marks && { from, marks: this.#marks };
  }

  get databaseId(): string {
    return this.#manifest.databaseId;
  }

  /** True when the table stays readable, whatever the writer does. */
  isHeld(number: FileNumber): boolean {
    return this.#versions.isHeld(number);
  }

  /** Where the frames of a log end that were read, as FollowedLogs tells. */
  endOf(number: number): number | undefined {
    return this.#logs.endOf(number);
  }

  /** Bytes of tables that only older states need. */
  pinnedSizeBytes(): number {
    return this.#versions.pinnedSizeBytes();
  }

  get heldTableCount(): number {
    return this.#versions.heldCount;
  }

  /** Operations that were read and are not shown yet. */
  get behindCount(): number {
    return Math.max(0, this.#logs.reached - this.horizons.published);
  }

  /** All that was published so long ago is shown. */
  get behindMs(): number {
    return this.clock.nowMs() - this.#caughtUpAtMs;
  }

  /** What the open found. */
  get recovery(): RecoveryReport {
    const { published } = this.horizons;
    return (
      this.#recovery ?? {
        isNew: false,
        durationMs: 0,
        logCount: 0,
        logBytes: 0,
        commitCount: 0,
        operationCount: 0,
        cutBytes: 0,
        orphanCount: 0,
        lastSequence: published,
      }
    );
  }

  /** As the engine's. */
  viewAt(sequence: SequenceNumber, fixedMs?: number): ReadView {
    const last = this.#view;
    if (last?.sequence === sequence && last.fixedMs === fixedMs) return last;
    return (this.#view = new ReadView(this.reads, this.#state, sequence, fixedMs));
  }

  /**
   * Shows everything that was published before the call. Throws AbortedError, ClosedError, and what a look throws. A commit
   * that its writer does not get to the disk within a second is not waited for.
   */
  async refresh(signal?: AbortSignal): Promise<void> {
    await this.#look();
    const target = this.#logs.reached;
    const deadlineMs = this.clock.nowMs() + HELD_WAIT_MS_MAX;
    while (this.horizons.published < target) {
      if (this.#isClosed) throw new ClosedError('Database is closed');
      if (signal?.aborted === true) throw abortedBy(signal, 'Refresh was aborted');
      if (this.clock.nowMs() >= deadlineMs) return;
      await new Promise<void>((resolve) => this.clock.schedule(HELD_WAIT_STEP_MS, resolve));
      await this.#look();
    }
  }

  /** Idempotent. Waits for a look that is under way; views are not used any more. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#mutex.runExclusive(() => {
      this.#logs.close();
      this.tables.close();
      this.#memtables.close();
      this.#state.unref();
      this.#versions.close();
      this.resources.close();
    });
  }

  async #start(encodings: RecordedEncodings | undefined): Promise<void> {
    if ((await findDatabase(this.vfs, this.directory)) === 'new') {
      throw new InvalidArgumentError(`Database does not exist: path=${this.directory}`);
    }
    await this.refresh();
    await this.#memtables.order();
    const { version } = this.#state;
    const { reached } = this.#logs;
    const isEmpty = version.fileCount === 0 && reached === 0;
    encodingsToRecord(version, encodings, isEmpty);
    if (reached < version.closedSequence) {
      const message = endsEarly(reached, version.closedSequence);
      throw new CorruptionError(message, { file: this.directory });
    }
    this.#recovery = {
      ...this.recovery,
      durationMs: this.clock.nowMs() - this.#openedAtMs,
      logCount: version.liveLogs.length,
      operationCount: reached - version.flushedSequence,
    };
    this.events.emit('recovered', this.#recovery);
    if (this.isFollowing) this.#lookLater(LOOK_DELAY_MS_MIN);
  }

  #lookLater(delayMs: number): void {
    if (this.#isClosed) return;
    this.#timer = this.clock.schedule(delayMs, () => void this.#follow(delayMs));
  }

  async #follow(delayMs: number): Promise<void> {
    const before = this.horizons.published;
    try {
      await this.#look();
      const isNew = this.horizons.published > before;
      this.#lookLater(isNew ? LOOK_DELAY_MS_MIN : Math.min(2 * delayMs, LOOK_DELAY_MS_MAX));
    } catch (error) {
      if (this.#isClosed) return;
      if (error instanceof IoError) {
        this.events.emit('background-retry', { error, delayMs: RETRY_DELAY_MS });
        this.#lookLater(RETRY_DELAY_MS);
        return;
      }
      this.failure = error;
      this.events.emit('failed', { error });
    }
  }

  /** One look at the directory: everything that is there is read, and shown as far as it is published. */
  #look(): Promise<void> {
    return this.#mutex.runExclusive(async () => {
      if (this.#isClosed) throw new ClosedError('Database is closed');
      const startMs = this.clock.nowMs();
      const held = this.#logs.heldSequence;
      if (this.#isUnread) this.#manifest.forget();
      this.#isUnread = false;
      for (let round = 1; ; round++) {
        const missing = await this.#readOnce();
        if (missing === undefined && !this.#manifest.hasChanged()) break;
        if (missing !== undefined && !this.#manifest.hasChanged()) throw missing;
        if (round >= ROUND_COUNT_MAX)
          throw missing ?? new StateGoneError('Directory keeps changing');
      }
      this.lookCount++;
      if (this.#logs.heldSequence !== undefined) await this.#settle(held);
      if (this.#noteDurable()) this.watchers.moved();
      if (this.behindCount === 0) this.#caughtUpAtMs = startMs;
      else if (this.#logs.heldSequence !== held) this.#caughtUpAtMs = this.#lookedAtMs; // what was held back then is shown
      this.#lookedAtMs = startMs;
    });
  }

  /** Returns what is missing unless a newer manifest explains it. */
  async #readOnce(): Promise<Error | undefined> {
    const found = await this.#manifest.look();
    if (found !== undefined) {
      const missing = this.#adopt(found);
      if (missing !== undefined) return missing;
    }
    const missing = await this.#logs.read(this.#versions.newest);
    if (missing !== undefined) return missing;
    this.#install();
    return undefined;
  }

  #adopt({ state, wallMs }: RecoveredState): Error | undefined {
    this.frameClock.follow(wallMs);
    try {
      this.#versions.adopt(state);
      return undefined;
    } catch (error) {
      this.#isUnread = true;
      if (error instanceof CorruptionError) return error;
      throw error;
    }
  }

  /** A commit may be held back that no sync will come for: its writer was killed (followed-logs/published-only). */
  async #settle(heldBefore: number | undefined): Promise<void> {
    const isFirstLook = this.lookCount === 1;
    if (this.vfs.owner === undefined) return;
    if (!isFirstLook && this.#logs.heldSequence !== heldBefore) return; // most are synced by the next look
    this.#logs.settle(await this.vfs.owner(this.directory));
  }

  #take(frame: LogFrame): void {
    this.frameClock.follow(frame.wallMs);
    const { flushedSequence } = this.#versions.newest;
    const isListChanged = this.#memtables.add(frame, flushedSequence);
    const last = frame.firstSequence + frame.operationCount - 1;
    if (this.#versions.newest.retention !== undefined) {
      (this.#marks ??= new TimeMarks()).add(last, frame.wallMs);
    }
    if (this.#isJumping) {
      this.#jumpedTo = last;
      return;
    }
    if (last <= this.horizons.published) return; // in tables, and shown
    if (isListChanged) this.#replaceState();
    this.#publish(last);
    if (this.watchers.isEmpty) return;
    this.#reader.reset(frame);
    this.watchers.published(this.#reader, last);
  }

  #jump(): void {
    this.#memtables.jump();
    this.#isJumping = true;
  }

  /** Shows the newest version, whose logs were read (follower/state-in-one-step). */
  #install(): void {
    const { newest, current } = this.#versions;
    const { published } = this.horizons;
    const isJump = this.#isJumping || newest.flushedSequence > published;
    if (newest !== current) {
      this.#memtables.dropFlushed(newest.flushedSequence);
      this.#versions.install();
      this.#takeMarks(newest);
      this.#replaceState();
      this.versionCount++;
      this.history.trim();
    } else if (this.#isJumping) {
      this.#replaceState();
    }
    if (!isJump) return;
    this.#publish(Math.max(published, newest.flushedSequence, this.#jumpedTo));
    this.#isJumping = false;
    this.watchers.skipped(this.horizons.published);
  }

  #takeMarks({ retention }: Version): void {
    const read = this.#marks;
    this.#marks = retention?.marks.copy();
    if (retention === undefined || read === undefined) return;
    for (const { sequence, wallMs } of read.between(retention.from.sequence, Infinity)) {
      this.#marks?.add(sequence, wallMs);
    }
  }

  #publish(sequence: number): void {
    const { horizons } = this;
    horizons.assigned = horizons.published = sequenceNumber(sequence);
    this.#noteDurable();
    this.#view = undefined;
  }

  /** True when more is known to survive a power cut. */
  #noteDurable(): boolean {
    const { horizons } = this;
    const stated = Math.max(this.#logs.durable, this.#versions.newest.flushedSequence);
    const durable = Math.min(horizons.published, Math.max(horizons.durable, stated));
    if (durable === horizons.durable) return false;
    horizons.durable = sequenceNumber(durable);
    return true;
  }

  #replaceState(): void {
    const previous = this.#state;
    this.#view = undefined;
    this.#state = new ReadState(this.#memtables.byAge, this.#versions.current);
    previous.unref();
  }
}
