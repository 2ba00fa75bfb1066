/**
 * Varve: an embedded, transactional key-value store.
 *
 * The public surface, listed name by name.
 */
import './base/runtime.ts';

export {
  open,
  type DecodedBy,
  type EncodingFor,
  type EncodingOption,
  type EncodingsFor,
  type OpenOptions,
} from './db/open.ts';
export {
  Database,
  type DatabaseScanOptions,
  type ReadOptions,
  type ResultFor,
  type TransactionFor,
  type VerifyOptions,
  type WriteOptions,
} from './db/database.ts';
export { Snapshot } from './db/snapshot.ts';
export type { RunOptions } from './db/transactor.ts';
export type { DatabaseStats, LevelStats } from './db/stats.ts';
export type { IngestOptions, IngestReport, IngestSource } from './db/ingest.ts';
export type { CheckpointOptions, CheckpointReport } from './db/checkpoint.ts';
export type { VerifyProblem, VerifyReport } from './db/verify.ts';
export { repair, type RepairOptions } from './inspect/repair.ts';
export type { RepairLoss, RepairLossKind, RepairReport } from './inspect/repair-report.ts';
export { verifyDirectory, type VerifyDirectoryOptions } from './inspect/verify-directory.ts';
export type {
  EventListener,
  EventMap,
  EventName,
  EventObserver,
  RecoveryReport,
  StallReason,
} from './db/events.ts';
export { LockingTransaction } from './txn/locking-transaction.ts';
export { Scan } from './iterator/scan.ts';
export {
  Savepoint,
  Transaction,
  type BatchOperation,
  type Bounded,
  type Isolation,
  type RangeOptions,
  type ScanOptions,
  type TransactionMode,
  type TransactionOptions,
} from './txn/transaction.ts';
export type { Encoding, EncodingName } from './base/encoding.ts';
export type {
  BackgroundMode,
  Compression,
  Durability,
  Environment,
  TuningOptions,
} from './base/options.ts';
export type { Clock, Timer } from './base/clock.ts';
export type { Vfs, VfsFile, VfsLock, OpenMode } from './vfs/vfs.ts';
export { MemoryVfs } from './vfs/memory-vfs.ts';
export {
  AbortedError,
  ClosedError,
  ConflictError,
  CorruptionError,
  DatabaseFailedError,
  DecodingError,
  DirectoryLostError,
  IncompatibleFormatError,
  InvalidArgumentError,
  IoError,
  LockedError,
  LockTimeoutError,
  StorageError,
  type CommitOutcome,
  type DirectoryOwner,
} from './base/errors.ts';
