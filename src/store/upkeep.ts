/**
 * Store upkeep: the work of a store in files of this machine, beside the contract.
 *
 * Owns: the list of its calls: files, tables, statistics and events. A store elsewhere has none of these.
 *
 * Suspension: a call that returns no promise is done in the same turn.
 */
import type { KeyObject } from 'node:crypto';
import type { Latencies } from '../base/latency.ts';
import type { BoundedRange, KeyRange } from '../bytes/key-range.ts';
import type { EntryEncoder, IngestReport, IngestSource } from '../engine/bulk/ingest.ts';
import type { VerifyReport } from '../engine/check/verify.ts';
import type { Capture } from '../engine/copy/capture.ts';
import type { CheckpointReport } from '../engine/copy/checkpoint.ts';
import type { LoggedCommit, StreamStart } from '../engine/history/commit-stream.ts';
import type { ConsumerInfo } from '../engine/history/consumer-places.ts';
import type { LogPiece, LogTail } from '../engine/history/log-tail.ts';
import type { RecordedEncodings } from '../engine/recovery/recorded-encodings.ts';
import type { EventListener, EventName } from '../engine/state/events.ts';
import type { StopCheck } from '../engine/state/long-calls.ts';
import type { KeyspaceStorage } from '../engine/state/keyspace-options-table.ts';
import type { RangeStats } from '../engine/upkeep/range-releases.ts';
import type { RotateKeyReport } from '../version/database-keys.ts';
import type { Vfs } from '../vfs/vfs.ts';
import type { DatabaseStats, TransactionUsage } from './stats.ts';
import type { ThreadAccess } from './thread-access.ts';

/** How an ingest ends early. */
export interface IngestCall {
  readonly signal: AbortSignal | undefined;
  /** Called before the entries get their place; what it throws refuses them. */
  readonly guard: () => void;
}

/** A place in the commit order from which commits are read, one after the other. Calls do not overlap. */
export interface CommitFeed {
  /**
   * The next commit that is durable. Waits for one to come when it follows; otherwise undefined when everything that was
   * published was shown. Its bytes stay as they are until the next call. Rejects with HistoryGoneError, AbortedError,
   * ClosedError, and what reading logs rejects with.
   */
  next(isFollowing: boolean, signal: AbortSignal | undefined): Promise<LoggedCommit | undefined>;
  /** Idempotent. */
  close(): void;
}

/** The logs from one place on, as raw bytes. Calls do not overlap. */
export interface LogFeed {
  /**
   * The next piece; undefined when everything that was published before the call was given. Rejects as `CommitFeed`.
   */
  next(sizeBytesMax: number, signal: AbortSignal | undefined): Promise<LogPiece | undefined>;
  readonly tail: LogTail;
  /** Idempotent. */
  close(): void;
}

export interface StoreUpkeep {
  /** Drawn when this store was opened: what two stores with one of these have written is of one history. */
  readonly incarnation: string;
  /** The directory, as an absolute path. */
  readonly location: string;
  /** The generation of keys that new files are written with; undefined for a plain database. */
  readonly keyGeneration: string | undefined;
  /** How long operations take; who does one notes it. */
  readonly latencies: Latencies;
  /** The encodings of the database's own keys and values, as they are recorded. */
  readonly encodings: RecordedEncodings;
  /** Shows everything that was published before the call, by whoever writes. */
  refresh(signal: AbortSignal | undefined): Promise<void>;
  flush(signal: AbortSignal | undefined): Promise<void>;
  /** Flushes, and compacts the range to the bottom. */
  compact(range: KeyRange, signal: AbortSignal | undefined): Promise<void>;
  verify(signal: AbortSignal | undefined): Promise<VerifyReport>;
  checkpoint(directory: string, signal: AbortSignal | undefined): Promise<CheckpointReport>;
  /** Rejects with EncryptionKeyError for a plain database. */
  rotateKey(callerKey: KeyObject): Promise<RotateKeyReport>;
  ingest<K, V>(
    entries: IngestSource<K, V>,
    encoder: EntryEncoder<K, V>,
    options: IngestCall,
  ): Promise<IngestReport>;
  /** What was committed after the start; undefined: what will be. Throws InvalidArgumentError for one in the future. */
  commits(start: StreamStart | undefined): CommitFeed;
  /** Whether logs stay after their operations are in tables. */
  readonly isHistoryKept: boolean;
  /** The named consumers, and how far each is behind. */
  consumers(): Promise<ConsumerInfo[]>;
  /**
   * Holds the files of this moment still while `use` copies them. `check` throws when the call must end, and `ended` is
   * aborted then.
   */
  capture<T>(
    what: string,
    signal: AbortSignal | undefined,
    use: (capture: Capture, check: StopCheck, ended: AbortSignal) => Promise<T>,
  ): Promise<T>;
  /** What was written to the logs, and will be. It holds them until it is closed. */
  logs(): LogFeed;
  /** How far commits have come. */
  readonly horizons: {
    readonly assigned: number;
    readonly published: number;
    readonly durable: number;
  };
  /** The oldest log that recovery would need; undefined while there is none. */
  readonly oldestLog: number | undefined;
  readonly databaseId: string;
  /** Where files live. */
  readonly vfs: Vfs;
  /** How tables of a keyspace differ from those of the database, from now on. */
  setKeyspaceOptions(number: number, options: KeyspaceStorage): void;
  /**
   * Gives the tables of a range back, unread, as soon as no reader needs them. A synced range deletion hides all of it,
   * and nothing is written to it any more. Resolves with true then, with false at the close, which comes first.
   */
  releaseRange(range: BoundedRange): Promise<boolean>;
  rangeStats(range: BoundedRange): RangeStats;
  /** Bytes of tables that the entries of a range take, about. Throws CorruptionError or IoError of a table. */
  approximateSize(range: BoundedRange): number;
  /** What other threads need. Throws InvalidArgumentError where the files are in memory, and OwnerOnlyError in a thread. */
  threadAccess(): ThreadAccess;
  stats(transactions: TransactionUsage, scanCount: number): DatabaseStats;
  on<N extends EventName>(name: N, listener: EventListener<N>): void;
  off<N extends EventName>(name: N, listener: EventListener<N>): void;
  /** Ends the calls above that are under way. */
  endLongCalls(): Promise<void>;
}
