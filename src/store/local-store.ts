/**
 * The local store: the embedded engine as a store.
 *
 * Owns: the way from the contract to the engine, pins of places, calls that go on for long, and watchers.
 *
 * Suspension: as the contract says.
 */
import { randomUUID } from 'node:crypto';
import type { CommitBatch } from '../batch/commit-batch.ts';
import type { OneOperation } from '../batch/operation-encoder.ts';
import type { BoundedRange, KeyRange } from '../bytes/key-range.ts';
import type { KeyObject } from 'node:crypto';
import type { Latencies } from '../base/latency.ts';
import type { Clock } from '../base/clock.ts';
import { assert } from '../base/assert.ts';
import { EncryptionKeyError, InvalidArgumentError } from '../base/errors.ts';
import { fileNumber, sequenceNumber } from '../base/ids.ts';
import { keepingAlive } from '../base/liveness.ts';
import type { Durability } from '../base/options.ts';
import {
  type EntryEncoder,
  Ingester,
  type IngestReport,
  type IngestSource,
} from '../engine/bulk/ingest.ts';
import { type VerifyReport, verifyDatabase } from '../engine/check/verify.ts';
import { CommitIds } from '../engine/commit/commit-ids.ts';
import type { Look } from '../engine/commit/watchers.ts';
import type { RotateKeyReport } from '../version/database-keys.ts';
import { Capture } from '../engine/copy/capture.ts';
import { type CheckpointReport, makeCheckpoint } from '../engine/copy/checkpoint.ts';
import type { Engine } from '../engine/engine.ts';
import {
  CommitStream,
  type LoggedCommit,
  type StreamStart,
  startAt,
} from '../engine/history/commit-stream.ts';
import { type ConsumerInfo, consumerInfosOf } from '../engine/history/consumer-places.ts';
import { type LogPiece, LogTail } from '../engine/history/log-tail.ts';
import type { RecordedEncodings } from '../engine/recovery/recorded-encodings.ts';
import { openEngine, type OpenRequest } from '../engine/recovery/recovery.ts';
import { approximateSizeOf } from '../engine/read/approximate-size.ts';
import { openScan } from '../engine/read/read-path.ts';
import {
  type EventListener,
  type EventName,
  type EventObserver,
  Events,
} from '../engine/state/events.ts';
import { logExtentsOf } from '../engine/state/log-extents.ts';
import { LongCalls, type StopCheck, stopCheckOf } from '../engine/state/long-calls.ts';
import { type PastPlace, placeAt } from '../engine/state/past.ts';
import { Pin, type PinKind, type PinList } from '../engine/state/pin-list.ts';
import type { KeyspaceStorage } from '../engine/state/keyspace-options-table.ts';
import { type RangeStats, rangeStatsOf } from '../engine/upkeep/range-releases.ts';
import type { CommitRequest, PublishedChange, WriteConditions } from '../txn/commit-request.ts';
import type { CommitIdRecord, Store, StoreLocks, StoreSnapshot, StoreView } from './contract.ts';
import { type DatabaseStats, statsOf, type TransactionUsage } from './stats.ts';
import { SharedLookups } from '../sstable/shared-lookups.ts';
import type { TimeMark } from '../version/time-marks.ts';
import { isHistoryKept } from '../version/version.ts';
import type { Vfs } from '../vfs/vfs.ts';
import type { ThreadAccess } from './thread-access.ts';
import type { CommitFeed, IngestCall, LogFeed, StoreUpkeep } from './upkeep.ts';

/** A thread has its own descriptors: an eighth of what the owner may have, and as many as a small process needs. */
const THREAD_DESCRIPTOR_PART = 8;
const THREAD_DESCRIPTOR_COUNT_MIN = 16;
/** A thread borrows a quarter of the block cache that the owner still has, unless it is told otherwise. */
const THREAD_BLOCKS_PART = 4;

/** Where and how a store is opened. */
export interface StoreRequest extends Omit<OpenRequest, 'events'> {
  /** Hears every event, the recovery of this open included. */
  readonly onEvent?: EventObserver | undefined;
}

/** Opens the database in a directory; rejects as `open` documents. */
export async function openLocalStore({ onEvent, ...request }: StoreRequest): Promise<LocalStore> {
  return new LocalStore(
    await openEngine({ ...request, events: new Events(onEvent, request.directory) }),
  );
}

export class LocalStore implements Store, StoreUpkeep {
  readonly isReadOnly: boolean = false;
  readonly clock: Clock;
  readonly incarnation: string = randomUUID();
  readonly durability: Durability;
  readonly latencies: Latencies;
  readonly transactionSizeBytesMax: number;
  readonly locks: StoreLocks;
  readonly isInTurn: boolean = true;
  readonly isRemote: boolean = false;
  readonly keeper: undefined = undefined;
  readonly catalogCopy: undefined = undefined;
  readonly commitOperationCountMax: number = Infinity;
  readonly #engine: Engine;
  readonly #commitIds: CommitIds;
  readonly #longCalls: LongCalls = new LongCalls();
  readonly #ingester: Ingester;
  /** Streams of commits and tails of logs. */
  readonly #streams = new Set<{ close(): void }>();
  #closing: Promise<void> | undefined = undefined;

  constructor(engine: Engine) {
    const { options, clock } = engine.parts;
    this.clock = clock;
    this.durability = options.durability;
    this.transactionSizeBytesMax = options.transactionSizeBytesMax;
    this.#engine = engine;
    this.latencies = engine.metrics.latencies;
    const { locks, committer } = engine;
    this.locks = {
      areHeld: true,
      acquire: (owner, request, limits) => {
        committer.mustNotBeInStep();
        return locks.acquire(owner, request, limits);
      },
      isHeldBy: (owner, key) => locks.isHeldBy(owner, key),
      isRangeHeldBy: (owner, range) => locks.isRangeHeldBy(owner, range),
      writtenSince: (request, sequence) => committer.writtenSince(request, sequence),
      release: (owner) => locks.release(owner),
    };
    this.#commitIds = new CommitIds({
      clock,
      horizons: engine.horizons,
      retentionMs: options.commitIdRetentionMs,
      viewAt: (sequence) => engine.viewAt(sequenceNumber(sequence)),
      scan: (bounds) =>
        openScan(engine.viewAt(engine.horizons.assigned), engine.parts.tables, bounds),
    });
    this.#ingester = new Ingester(engine);
  }

  get wallMs(): number {
    return this.#engine.expiryClock.now();
  }

  get location(): string {
    return this.#engine.parts.directory;
  }

  get encodings(): RecordedEncodings {
    const { keyEncoding: key, valueEncoding: value } = this.#engine.parts.versions.current;
    return { key, value };
  }

  view(): StoreView {
    const engine = this.#engine;
    return engine.viewAt(engine.horizons.published);
  }

  viewAt(at: PastPlace): StoreView {
    const { sequence, wallMs } = this.#placeAt(at);
    return this.#engine.viewAt(sequenceNumber(sequence), wallMs);
  }

  snapshot(at?: PastPlace): StoreSnapshot {
    const { horizons, snapshots, pastSnapshots } = this.#engine;
    if (at === undefined) {
      return new Place('snapshot', horizons.published, this.#engine, snapshots);
    }
    const { sequence, wallMs } = this.#placeAt(at);
    return new Place('snapshot', sequence, this.#engine, pastSnapshots, wallMs);
  }

  #placeAt(at: PastPlace): TimeMark {
    const { retention, horizons } = this.#engine;
    retention?.advance();
    return placeAt(at, retention, { sequence: horizons.published, wallMs: this.wallMs });
  }

  begin(kind: 'read-only' | 'writing'): StoreSnapshot {
    const { horizons, snapshots, transactions } = this.#engine;
    return kind === 'read-only'
      ? new Place('transaction', horizons.published, this.#engine, snapshots)
      : new Place('transaction', horizons.assigned, this.#engine, transactions);
  }

  batch(): CommitBatch {
    return this.#engine.committer.batch();
  }

  commit(request: CommitRequest): Promise<void> {
    const { committer } = this.#engine;
    const { commit } = this.latencies;
    return commit.takes()
      ? commit.timeLater(() => committer.commit(request))
      : committer.commit(request);
  }

  commitOne(operation: OneOperation, conditions: WriteConditions): Promise<void> {
    const { committer } = this.#engine;
    const { commit } = this.latencies;
    return commit.takes()
      ? commit.timeLater(() => committer.commitOne(operation, conditions))
      : committer.commitOne(operation, conditions);
  }

  published(sequence: number): Promise<void> | undefined {
    const { pipeline, horizons } = this.#engine;
    return sequence > horizons.published ? pipeline.published() : undefined;
  }

  commitIdRecord(id: string): CommitIdRecord {
    return this.#commitIds.recordOf(id);
  }

  hasCommitted(id: string): boolean {
    return this.#commitIds.has(id, this.#engine.horizons.published);
  }

  noteRetry(): void {
    this.#engine.metrics.transactionRetryCount++;
  }

  watch(range: KeyRange, listener: (change: PublishedChange) => void): () => void {
    return this.#engine.watchers.add(range, listener);
  }

  refuseCommits(): void {
    this.#engine.refuseCommits();
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.refuseCommits();
    await this.endLongCalls();
    for (const stream of this.#streams) stream.close();
    await this.#engine.reads.settled();
    await this.#engine.close();
  }

  // Upkeep.

  /** Nobody else writes. */
  refresh(): Promise<void> {
    return Promise.resolve();
  }

  flush(signal: AbortSignal | undefined): Promise<void> {
    return this.#flush('Flush', signal);
  }

  async compact(range: KeyRange, signal: AbortSignal | undefined): Promise<void> {
    await this.#flush('Compaction', signal);
    await keepingAlive(() => this.#engine.background.compactRange(range, signal));
  }

  async #flush(what: string, signal: AbortSignal | undefined): Promise<void> {
    const check = stopCheckOf(what, signal);
    check();
    const lookAgain = (): void => this.#engine.background.changed();
    signal?.addEventListener('abort', lookAgain);
    try {
      await keepingAlive(() => this.#engine.flush(check));
    } finally {
      signal?.removeEventListener('abort', lookAgain);
    }
  }

  verify(signal: AbortSignal | undefined): Promise<VerifyReport> {
    return this.#reading('verify', 'Verification', signal, (check) =>
      verifyDatabase(this.#engine, check),
    );
  }

  checkpoint(directory: string, signal: AbortSignal | undefined): Promise<CheckpointReport> {
    return this.#reading('checkpoint', 'Checkpoint', signal, (check) =>
      makeCheckpoint(this.#engine, directory, check),
    );
  }

  get keyGeneration(): string | undefined {
    return this.#engine.parts.keys?.currentName;
  }

  rotateKey(callerKey: KeyObject): Promise<RotateKeyReport> {
    return this.#longCalls.run('Rotation of the key', undefined, () => {
      const { keys, directory, lock } = this.#engine.parts;
      if (keys === undefined) {
        throw new EncryptionKeyError(`Database is not encrypted: path=${directory}`);
      }
      lock.mustHold?.();
      return keys.rotate(callerKey);
    });
  }

  ingest<K, V>(
    entries: IngestSource<K, V>,
    encoder: EntryEncoder<K, V>,
    { signal, guard }: IngestCall,
  ): Promise<IngestReport> {
    return this.#longCalls.run('Ingest', signal, (checkStop, ended) => {
      const check = (): void => {
        checkStop();
        guard();
      };
      return this.#ingester.run(entries, encoder, { check, signal: ended });
    });
  }

  commits(start: StreamStart | undefined): CommitFeed {
    const from = startAt(start, this.#engine.horizons.published);
    const stream = new CommitStream(this.#engine, from);
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

  get isHistoryKept(): boolean {
    return isHistoryKept(this.#engine.parts.versions.current);
  }

  consumers(): Promise<ConsumerInfo[]> {
    const { history, parts, horizons } = this.#engine;
    return consumerInfosOf(history.consumers(), history, parts.vfs, horizons.published);
  }

  get horizons(): StoreUpkeep['horizons'] {
    return this.#engine.horizons;
  }

  get oldestLog(): number | undefined {
    return logExtentsOf(this.#engine.state)[0]?.number;
  }

  get databaseId(): string {
    return this.#engine.parts.versions.databaseId;
  }

  get vfs(): Vfs {
    return this.#engine.parts.vfs;
  }

  capture<T>(
    what: string,
    signal: AbortSignal | undefined,
    use: (capture: Capture, check: StopCheck, ended: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return this.#reading('checkpoint', what, signal, async (check, ended) => {
      const capture = new Capture(this.#engine);
      try {
        return await use(capture, check, ended);
      } finally {
        capture.close();
      }
    });
  }

  logs(): LogFeed {
    const tail = new LogTail(this.#engine);
    this.#streams.add(tail);
    return {
      tail,
      next: (sizeBytesMax, signal) => {
        const { published } = this.#engine.horizons;
        const next = async (): Promise<Look<LogPiece>> => {
          const isEnd = this.#engine.horizons.durable >= published; // before the look: it finds what is durable by now
          return { value: await tail.next(sizeBytesMax), isEnd };
        };
        return this.#longCalls.run('Archive', signal, (check, ended) =>
          this.#advance(next, check, ended),
        );
      },
      close: () => {
        this.#streams.delete(tail);
        tail.close();
      },
    };
  }

  #nextCommit(
    stream: CommitStream,
    isFollowing: boolean,
    check: StopCheck,
    ended: AbortSignal,
  ): Promise<LoggedCommit | undefined> {
    const { horizons } = this.#engine;
    const next = async (): Promise<Look<LoggedCommit>> => {
      const value = await stream.next();
      return { value, isEnd: !isFollowing && horizons.durable >= horizons.published };
    };
    return this.#advance(next, check, ended);
  }

  /** What `look` finds, waiting until it finds something or says that this is the end. */
  #advance<T>(
    look: () => Promise<Look<T>>,
    check: StopCheck,
    ended: AbortSignal,
  ): Promise<T | undefined> {
    const { watchers, error, horizons, history } = this.#engine;
    return watchers.untilMoved(look, {
      check: () => {
        check();
        if (error.isFailed) throw error.toError('not-applied');
      },
      ended,
      onWait: () => {
        if (horizons.durable < horizons.published) history.syncSoon();
      },
    });
  }

  setKeyspaceOptions(number: number, options: KeyspaceStorage): void {
    this.#engine.keyspaceOptions.set(number, options);
  }

  releaseRange(range: BoundedRange): Promise<boolean> {
    const { background, horizons } = this.#engine;
    return background.releaseRange(range, horizons.published);
  }

  rangeStats(range: BoundedRange): RangeStats {
    return rangeStatsOf(this.#engine.parts.versions.current, range);
  }

  approximateSize(range: BoundedRange): number {
    const { versions, tables } = this.#engine.parts;
    return approximateSizeOf(versions.current, tables, range);
  }

  threadAccess(): ThreadAccess {
    const { parts } = this.#engine;
    if (!parts.vfs.isNodeFileSystem) {
      throw new InvalidArgumentError(
        'Database cannot be shared: its files are not those of the operating system, and other threads cannot open them',
      );
    }
    const { options, directory, blocks, tables, versions } = parts;
    const lookups = new SharedLookups(options.openTableCountMax);
    tables.shareLookups(lookups);
    return {
      states: this.#engine.mustShare(),
      lookups,
      hasTable: (number) => versions.liveFileNumbers().has(fileNumber(number)),
      settings: (slot, blockCacheSizeBytes, hasCatalog) => ({
        hasCatalog,
        words: this.#engine.mustShare().shared.buffer,
        slot,
        location: directory,
        encodings: this.encodings,
        durability: this.durability,
        transactionSizeBytesMax: this.transactionSizeBytesMax,
        commitIdRetentionMs: options.commitIdRetentionMs,
        lastMs: this.wallMs,
        openTableCountMax: options.openTableCountMax,
        descriptorCountMax: Math.max(
          THREAD_DESCRIPTOR_COUNT_MIN,
          Math.floor(parts.resources.files.countMax / THREAD_DESCRIPTOR_PART),
        ),
        blockCacheSizeBytes,
        keys: parts.keys && { generations: parts.keys.fileKeys.material.generations },
      }),
      attach: (slot, sender) => {
        const { state, horizons } = this.#engine;
        this.#engine.mustShare().attach(slot, sender, state, horizons.published);
      },
      lendBlocks: (sizeBytes) =>
        blocks.lend(sizeBytes ?? Math.floor(blocks.capacityBytes / THREAD_BLOCKS_PART)),
      takeBackBlocks: (sizeBytes) => blocks.takeBack(sizeBytes),
    };
  }

  stats(transactions: TransactionUsage, scanCount: number): DatabaseStats {
    return statsOf(this.#engine, transactions, scanCount);
  }

  on<N extends EventName>(name: N, listener: EventListener<N>): void {
    this.#engine.parts.events.on(name, listener);
  }

  off<N extends EventName>(name: N, listener: EventListener<N>): void {
    this.#engine.parts.events.off(name, listener);
  }

  endLongCalls(): Promise<void> {
    return this.#longCalls.close();
  }

  /** A long call that keeps the tables of its moment, and is reported as a scan is. */
  async #reading<T>(
    kind: PinKind,
    what: string,
    signal: AbortSignal | undefined,
    call: (check: StopCheck, ended: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { readers, horizons } = this.#engine;
    const pin = new Pin(kind, horizons.published, this.clock.nowMs());
    readers.add(pin);
    try {
      return await this.#longCalls.run(what, signal, call);
    } finally {
      readers.remove(pin);
    }
  }
}

/** A pin that knows where it is listed. */
class Place extends Pin implements StoreSnapshot {
  readonly #engine: Engine;
  readonly #queue: PinList;

  constructor(
    kind: 'snapshot' | 'transaction',
    sequence: number,
    engine: Engine,
    queue: PinList,
    wallMs: number = engine.expiryClock.now(),
  ) {
    super(kind, sequence, engine.parts.clock.nowMs(), wallMs);
    this.#engine = engine;
    this.#queue = queue;
    queue.add(this);
  }

  view(): StoreView {
    return this.#engine.viewAt(sequenceNumber(this.sequence), this.wallMs);
  }

  advance(): void {
    const { transactions, horizons, expiryClock } = this.#engine;
    assert(this.#queue === transactions, 'a place at what is published stays there');
    if (!this.isDoomed) transactions.advance(this, horizons.assigned, expiryClock.now());
  }

  close(): void {
    this.#queue.remove(this);
  }
}
