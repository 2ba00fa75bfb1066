/**
 * The read-only store: the directory of a database, that another process may write, as a store.
 *
 * Owns: the way from the contract to the follower, and the refusal of everything that writes: there is no part of an
 * engine behind it that could.
 *
 * Invariants:
 *   read-only-store/refused-by-name: every call that would change the database fails with ReadOnlyError, and has done nothing.
 *   read-only-store/place-keeps-its-state: a snapshot keeps the memtables and tables of its moment. The compactions of the
 *       writer know nothing of it, so a newer version may lack what it sees.
 *
 * Suspension: as the contract says.
 */
import { randomUUID } from 'node:crypto';
import type { CommitBatch } from '../batch/commit-batch.ts';
import type { Clock } from '../base/clock.ts';
import { ReadOnlyError } from '../base/errors.ts';
import { sequenceNumber } from '../base/ids.ts';
import { Latencies } from '../base/latency.ts';
import { keepingAlive } from '../base/liveness.ts';
import type { Durability } from '../base/options.ts';
import type { BoundedRange, KeyRange } from '../bytes/key-range.ts';
import type { IngestReport } from '../engine/bulk/ingest.ts';
import type { VerifyReport } from '../engine/check/verify.ts';
import { CommitIds } from '../engine/commit/commit-ids.ts';
import type { Look } from '../engine/commit/watchers.ts';
import type { CheckpointReport } from '../engine/copy/checkpoint.ts';
import { type FollowRequest, Follower } from '../engine/follow/follower.ts';
import { verifyFollower } from '../engine/follow/verify-follower.ts';
import {
  CommitStream,
  type LoggedCommit,
  type StreamStart,
  startAt,
} from '../engine/history/commit-stream.ts';
import {
  type ConsumerInfo,
  consumerInfosOf,
  consumersIn,
} from '../engine/history/consumer-places.ts';
import { approximateSizeOf } from '../engine/read/approximate-size.ts';
import { openScan } from '../engine/read/read-path.ts';
import { ReadView } from '../engine/read/read-view.ts';
import type { RecordedEncodings } from '../engine/recovery/recorded-encodings.ts';
import {
  type EventListener,
  type EventName,
  type EventObserver,
  Events,
} from '../engine/state/events.ts';
import { LongCalls, type StopCheck } from '../engine/state/long-calls.ts';
import { type PastPlace, placeAt } from '../engine/state/past.ts';
import { Pin } from '../engine/state/pin-list.ts';
import type { ReadState } from '../engine/state/read-state.ts';
import { type RangeStats, rangeStatsOf } from '../engine/upkeep/range-releases.ts';
import type { RotateKeyReport } from '../version/database-keys.ts';
import type { PublishedChange } from '../txn/commit-request.ts';
import type { CommitIdRecord, Store, StoreLocks, StoreSnapshot, StoreView } from './contract.ts';
import { followerStatsOf } from './follower-stats.ts';
import type { DatabaseStats, TransactionUsage } from './stats.ts';
import type { TimeMark } from '../version/time-marks.ts';
import { isHistoryKept } from '../version/version.ts';
import type { Vfs } from '../vfs/vfs.ts';
import type { ThreadAccess } from './thread-access.ts';
import type { CommitFeed, LogFeed, StoreUpkeep } from './upkeep.ts';

/** Where and how a read-only store is opened. */
export interface ReadOnlyRequest extends Omit<FollowRequest, 'events'> {
  /** Hears every event. */
  readonly onEvent?: EventObserver | undefined;
}

/** Opens the database in a directory to read it; rejects as `open` documents. */
export async function openReadOnlyStore({
  onEvent,
  ...request
}: ReadOnlyRequest): Promise<ReadOnlyStore> {
  return new ReadOnlyStore(await Follower.open({ ...request, events: new Events(onEvent) }));
}

export class ReadOnlyStore implements Store, StoreUpkeep {
  readonly isReadOnly: boolean = true;
  readonly isInTurn: boolean = true;
  readonly isRemote: boolean = false;
  readonly keeper: undefined;
  readonly catalogCopy: undefined = undefined;
  readonly commitOperationCountMax: number = Infinity;
  readonly latencies: Latencies = new Latencies();
  readonly incarnation: string = randomUUID();
  /** No file is written, and no log is kept. */
  readonly keyGeneration: undefined;
  readonly oldestLog: undefined;
  readonly clock: Clock;
  readonly durability: Durability;
  readonly transactionSizeBytesMax: number;
  readonly locks: StoreLocks;
  readonly #follower: Follower;
  readonly #commitIds: CommitIds;
  readonly #longCalls: LongCalls = new LongCalls();
  readonly #streams: Set<CommitStream> = new Set();
  #closing: Promise<void> | undefined = undefined;

  constructor(follower: Follower) {
    const { options, clock } = follower;
    this.clock = clock;
    this.durability = options.durability;
    this.transactionSizeBytesMax = options.transactionSizeBytesMax;
    this.#follower = follower;
    this.locks = {
      areHeld: true,
      acquire: () => Promise.reject(refusal('Locks cannot be taken')),
      isHeldBy: () => false,
      isRangeHeldBy: () => false,
      writtenSince: () => undefined,
      release: () => undefined,
    };
    this.#commitIds = new CommitIds({
      clock,
      horizons: follower.horizons,
      retentionMs: options.commitIdRetentionMs,
      viewAt: (sequence) => follower.viewAt(sequenceNumber(sequence)),
      scan: (bounds) =>
        openScan(follower.viewAt(follower.horizons.published), follower.tables, bounds),
    });
  }

  get wallMs(): number {
    return this.#follower.expiryClock.now();
  }

  get horizons(): StoreUpkeep['horizons'] {
    return this.#follower.horizons;
  }

  get databaseId(): string {
    return this.#follower.databaseId;
  }

  get vfs(): Vfs {
    return this.#follower.vfs;
  }

  get location(): string {
    return this.#follower.directory;
  }

  get encodings(): RecordedEncodings {
    const { keyEncoding: key, valueEncoding: value } = this.#follower.state.version;
    return { key, value };
  }

  view(): StoreView {
    const follower = this.#follower;
    return follower.viewAt(follower.horizons.published);
  }

  viewAt(at: PastPlace): StoreView {
    const { sequence, wallMs } = this.#placeAt(at);
    return this.#follower.viewAt(sequenceNumber(sequence), wallMs);
  }

  snapshot(at?: PastPlace): StoreSnapshot {
    return new Place('snapshot', this.#follower, at && this.#placeAt(at));
  }

  /** The writer keeps versions for the tables that it names: what is shown has what it says. */
  #placeAt(at: PastPlace): TimeMark {
    const { reach, horizons } = this.#follower;
    const now = { sequence: horizons.published, wallMs: this.wallMs };
    const { sequence, wallMs } = placeAt(at, reach, now);
    return { sequence: Math.min(sequence, now.sequence), wallMs }; // a mark may be of a frame that is not shown yet
  }

  begin(): StoreSnapshot {
    return new Place('transaction', this.#follower);
  }

  published(): undefined {
    return undefined; // what has a place here is shown
  }

  hasCommitted(id: string): boolean {
    return this.#commitIds.has(id, this.#follower.horizons.published);
  }

  watch(range: KeyRange, listener: (change: PublishedChange) => void): () => void {
    return this.#follower.watchers.add(range, listener);
  }

  // Refusals: read-only-store/refused-by-name.

  batch(): CommitBatch {
    throw refusal('Nothing can be written');
  }

  commit(): Promise<void> {
    return Promise.reject(refusal('Nothing can be written'));
  }

  commitOne(): Promise<void> {
    return Promise.reject(refusal('Nothing can be written'));
  }

  commitIdRecord(): CommitIdRecord {
    throw refusal('Nothing can be committed');
  }

  noteRetry(): void {
    // No transaction loses.
  }

  refuseCommits(): void {
    // There are none.
  }

  flush(): Promise<void> {
    return Promise.reject(refusal('Nothing can be flushed'));
  }

  compact(): Promise<void> {
    return Promise.reject(refusal('Nothing can be compacted'));
  }

  checkpoint(): Promise<CheckpointReport> {
    return Promise.reject(refusal('No checkpoint can be made'));
  }

  /** A copy is made by the process that holds the files still. */
  capture(what: string): Promise<never> {
    return Promise.reject(refusal(`${what} cannot be made here`));
  }

  logs(): LogFeed {
    throw refusal('Logs cannot be held');
  }

  threadAccess(): ThreadAccess {
    throw refusal('Database cannot be shared');
  }

  rotateKey(): Promise<RotateKeyReport> {
    return Promise.reject(refusal('No key can be rotated'));
  }

  ingest(): Promise<IngestReport> {
    return Promise.reject(refusal('Nothing can be loaded'));
  }

  setKeyspaceOptions(): void {
    // They are about tables that are written.
  }

  /** The writer gives tables back. */
  releaseRange(): Promise<boolean> {
    return Promise.resolve(false);
  }

  // Upkeep that reads.

  refresh(signal: AbortSignal | undefined): Promise<void> {
    return this.#longCalls.run('Refresh', signal, (_check, ended) => this.#follower.refresh(ended));
  }

  async verify(signal: AbortSignal | undefined): Promise<VerifyReport> {
    const { readers, horizons } = this.#follower;
    const pin = new Pin('verify', horizons.published, this.clock.nowMs());
    readers.add(pin);
    try {
      return await this.#longCalls.run('Verification', signal, (check) =>
        verifyFollower(this.#follower, check),
      );
    } finally {
      readers.remove(pin);
    }
  }

  commits(start: StreamStart | undefined): CommitFeed {
    const follower = this.#follower;
    const { vfs, frameClock, horizons, history } = follower;
    const stream = new CommitStream(
      { parts: { vfs, versions: { frameClock } }, horizons, history },
      startAt(start, horizons.published),
    );
    this.#streams.add(stream);
    return {
      next: (isFollowing, signal) =>
        this.#longCalls.run('Stream of changes', signal, (check, ended) =>
          this.#nextCommit(stream, isFollowing, check, ended),
        ),
      close: () => {
        this.#streams.delete(stream);
        stream.close();
      },
    };
  }

  #nextCommit(
    stream: CommitStream,
    isFollowing: boolean,
    check: StopCheck,
    ended: AbortSignal,
  ): Promise<LoggedCommit | undefined> {
    const look = async (): Promise<Look<LoggedCommit>> => ({
      value: await stream.next(),
      isEnd: !isFollowing,
    });
    return this.#follower.watchers.untilMoved(look, { check, ended });
  }

  get isHistoryKept(): boolean {
    return isHistoryKept(this.#follower.state.version);
  }

  consumers(): Promise<ConsumerInfo[]> {
    const { history, vfs, horizons } = this.#follower;
    const { published } = horizons;
    const places = consumersIn(this.#follower.viewAt(published));
    return consumerInfosOf(places, history, vfs, published);
  }

  rangeStats(range: BoundedRange): RangeStats {
    return rangeStatsOf(this.#follower.state.version, range);
  }

  approximateSize(range: BoundedRange): number {
    const { state, tables } = this.#follower;
    return approximateSizeOf(state.version, tables, range);
  }

  stats(transactions: TransactionUsage, scanCount: number): DatabaseStats {
    return followerStatsOf(this.#follower, this.latencies, transactions, scanCount);
  }

  on<N extends EventName>(name: N, listener: EventListener<N>): void {
    this.#follower.events.on(name, listener);
  }

  off<N extends EventName>(name: N, listener: EventListener<N>): void {
    this.#follower.events.off(name, listener);
  }

  endLongCalls(): Promise<void> {
    return this.#longCalls.close();
  }

  close(): Promise<void> {
    return (this.#closing ??= keepingAlive(() => this.#close()));
  }

  async #close(): Promise<void> {
    await this.endLongCalls();
    for (const stream of this.#streams) stream.close();
    await this.#follower.reads.settled();
    await this.#follower.close();
    this.#follower.events.emit('closed', {});
  }
}

/** Keeps read-only-store/place-keeps-its-state. */
class Place extends Pin implements StoreSnapshot {
  readonly #follower: Follower;
  readonly #state: ReadState;

  constructor(kind: 'snapshot' | 'transaction', follower: Follower, past?: TimeMark) {
    const { horizons, clock, expiryClock } = follower;
    const { sequence, wallMs } = past ?? {
      sequence: horizons.published,
      wallMs: expiryClock.now(),
    };
    super(kind, sequence, clock.nowMs(), wallMs);
    this.#follower = follower;
    this.#state = follower.state;
    this.#state.ref();
    follower.snapshots.add(this);
  }

  view(): StoreView {
    return new ReadView(
      this.#follower.reads,
      this.#state,
      sequenceNumber(this.sequence),
      this.wallMs,
    );
  }

  advance(): void {
    // Only for a place from which a commit is made.
  }

  close(): void {
    if (!this.isPinned) return;
    this.#follower.snapshots.remove(this);
    this.#state.unref();
  }
}

function refusal(what: string): ReadOnlyError {
  return new ReadOnlyError(
    `${what}: the database was opened with readOnly or follow (write in the one process that opens it without)`,
  );
}
