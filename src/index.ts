/**
 * Varve: an embedded, transactional key-value store.
 *
 * The public surface, listed name by name.
 */
import './base/runtime.ts';

export { open, type OpenOptions } from './api/open.ts';
export { attach, type AttachOptions } from './api/attach.ts';
export type { DatabaseHandle } from './threads/messages.ts';
export type { ShareOptions } from './threads/thread-host.ts';
export type { DecodedBy, EncodingFor, EncodingOption, EncodingsFor } from './api/encoding-types.ts';
export { Keyspace } from './api/keyspace.ts';
export type { ExpiryOptions } from './api/expiry-options.ts';
export type { KeyspaceRef } from './api/keyspace-ref.ts';
export type { KeyspaceMode } from './api/keyspace-checks.ts';
export type { KeyspaceOptions } from './api/keyspace-options.ts';
export type { LedgerRoot } from './api/ledgers.ts';
export type { ExtensionProof, InclusionProof, TreeRoot } from './merkle/proofs.ts';
export type { IndexInfo, KeyspaceInfo } from './api/keyspace-info.ts';
export { Database, type ResultFor, type TransactionFor } from './api/database.ts';
export type {
  CompactOptions,
  DatabaseScanOptions,
  FlushOptions,
  PutOptions,
  ReadOptions,
  RefreshOptions,
  SnapshotOptions,
  VerifyOptions,
  Watch,
  WriteOptions,
} from './api/database-options.ts';
export { SecondaryIndex } from './api/secondary-index.ts';
export type { IndexedEntry, IndexRange, IndexScanOptions } from './api/secondary-index.ts';
export { IndexScan } from './api/index-scan.ts';
export type { IndexByFunction, IndexByPaths, IndexDeclarations } from './api/index-options.ts';
export type { At } from './store/at.ts';
export { Snapshot } from './api/snapshot.ts';
export type { RunOptions } from './api/transactor.ts';
export type { ThreadUsage } from './engine/read/shared-states.ts';
export { Pool, type PoolOptions } from './api/pool.ts';
export { type PoolFunctions, servePool } from './api/serve-pool.ts';
export type { LatencyStats } from './base/latency.ts';
export type { DatabaseStats, FollowerStats, LevelStats } from './store/stats.ts';
export type { IngestOptions, IngestReport, IngestSource } from './engine/bulk/ingest.ts';
export { Archive, type ArchiveOptions } from './api/archive.ts';
export type { BackupOptions } from './api/backup.ts';
export type { ArchiveStats } from './backup/archive.ts';
export { listBackups, pruneBackups, restore, verifyBackups } from './backup/backups.ts';
export type {
  BackupCallOptions,
  BackupInfo,
  BackupTarget,
  ListBackupsOptions,
  PruneBackupsOptions,
  RestoreOptions,
  VerifyBackupsOptions,
} from './backup/backups.ts';
export type { BackupPutOptions, BackupStore, StoredObject } from './backup/backup-store.ts';
export { checkBackupStore, type CheckBackupStoreOptions } from './backup/check-store.ts';
export type { BackupReport } from './backup/make-backup.ts';
export type { BackupProgress, ProgressListener } from './backup/meter.ts';
export type { PruneReport } from './backup/prune.ts';
export type { RestoreReport } from './backup/restore.ts';
export type { BackupProblem, BackupVerifyReport } from './backup/verify-backups.ts';
export type { CheckpointOptions, CheckpointReport } from './engine/copy/checkpoint.ts';
export type { VerifyProblem, VerifyReport } from './engine/check/verify.ts';
export { migrate, type MigrateOptions } from './migrate/migrate.ts';
export type { MigratedKeyspace } from './migrate/compare.ts';
export type { MigrationDirectory, MigrationEnd } from './migrate/ends.ts';
export type { MigrationProgress, MigrationReport } from './migrate/migration-run.ts';
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
} from './engine/state/events.ts';
export { LockingTransaction } from './api/locking-transaction.ts';
export { Consumer, type ConsumerChangesOptions, type ConsumerOptions } from './api/consumer.ts';
export type { ConsumerInfo } from './engine/history/consumer-places.ts';
export { Changes } from './api/changes.ts';
export type { Change, ChangesOptions, CommitChanges } from './api/changes.ts';
export type { EncryptionOptions, KeyProvider } from './encryption/encryption-options.ts';
export type { KeyRequest } from './encryption/key-source.ts';
export type { RotateKeyReport } from './version/database-keys.ts';
export type { OnceOptions } from './api/once.ts';
export type { HistoryOptions } from './api/history-options.ts';
export type { PublishedChange } from './txn/commit-request.ts';
export { Scan } from './api/scan.ts';
export { type RowIterator, Rows, type SyncRowIterator } from './api/rows.ts';
export { Savepoint } from './api/savepoint.ts';
export { Transaction } from './api/transaction.ts';
export type {
  BatchOperation,
  CheckedOperations,
  ElementByElement,
  ExpectedOperation,
  FittingOperation,
  KeyspaceOperation,
  OwnOperation,
  OwnOperations,
} from './api/batch-operation.ts';
export type { Update } from './api/update.ts';
export type { Bounded, RangeOptions, ScanOptions } from './api/ranges.ts';
export { type BackendOpenOptions, openBackend } from './api/open-backend.ts';
export type { Isolation, TransactionMode, TransactionOptions } from './api/transaction-options.ts';
export type { Encoding, EncodingName } from './api/encoding.ts';
export type { Tuple, TupleElement } from './bytes/tuple.ts';
export type {
  BackgroundMode,
  Compression,
  Durability,
  Environment,
  TuningOptions,
} from './base/options.ts';
export type { Clock, Timer } from './base/clock.ts';
export type { DirectoryAnchor, OpenMode, Vfs, VfsFile, VfsLock, VfsOwner } from './vfs/vfs.ts';
export type {
  Backend,
  BackendCapabilities,
  BackendCommit,
  BackendGuard,
  BackendOutcome,
  BackendRange,
  BackendRow,
  BackendSnapshot,
  BackendWrite,
  Page,
  PageRequest,
  SnapshotRequest,
  WatchedCommit,
  WatchRequest,
} from './remote/backend.ts';
export { MemoryVfs } from './vfs/memory-vfs.ts';
export {
  AbortedError,
  AppendOnlyError,
  BackupError,
  ClosedError,
  ConflictError,
  ConsumerMovedError,
  HistoryGoneError,
  CorruptionError,
  DatabaseFailedError,
  DecodingError,
  DirectoryLostError,
  EncryptionKeyError,
  IncompatibleFormatError,
  InvalidArgumentError,
  IoError,
  LockedError,
  LockTimeoutError,
  NotReadyError,
  ReadOnlyError,
  StateGoneError,
  OwnerOnlyError,
  UniqueError,
  StorageError,
  TamperedError,
  UnavailableError,
  UnsupportedError,
  type BackupErrorCode,
  type CommitOutcome,
  type CorruptionErrorOptions,
  type DirectoryOwner,
  type IoErrorOptions,
  type StorageErrorOptions,
  type UnavailableErrorOptions,
} from './base/errors.ts';
