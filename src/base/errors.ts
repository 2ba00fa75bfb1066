/**
 * Every error the engine throws on purpose.
 *
 * Owns: the taxonomy and its stable `code`s. Messages are for people and may change; codes may not.
 *
 * A class exists only where a caller would act differently. "Not found" is `undefined`, never an error.
 */

/** Tells a caller about a commit whose promise was rejected: it was not applied, or may have been. */
export type CommitOutcome = 'not-applied' | 'unknown';

/** The options of every error of this library. */
export interface StorageErrorOptions {
  /** The error behind it. */
  readonly cause?: unknown;
}

/** The base of every error below. Compare `code`, which also works across copies of the package. */
export abstract class StorageError extends Error {
  /** The kind of error. Stable: compare this, not the message. */
  abstract readonly code: string;

  constructor(message: string, options?: StorageErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The call or an option is wrong. Nothing happened. */
export class InvalidArgumentError extends StorageError {
  readonly code = 'INVALID_ARGUMENT';
}

/** The database, transaction, snapshot or iterator is already closed. */
export class ClosedError extends StorageError {
  readonly code = 'CLOSED';
}

/** The process that has a directory open, as its LOCK file says. */
export interface DirectoryOwner {
  /** The number of the process, as its own container counts. */
  readonly pid: number;
  /** The name of its machine or container; empty when an older version took the lock. */
  readonly hostname: string;
  /** When it took the directory; undefined when an older version did. */
  readonly since: Date | undefined;
  /** The directory as the owner sees it, links resolved. */
  readonly path: string;
  /** False when it cannot be told from here whether the owner still runs. */
  readonly isKnownAlive: boolean;
}

/**
 * What a stream of changes asks for, or comes to, is not in the logs any more: read the state anew, and begin again from
 * there. Nothing else is wrong.
 */
export class HistoryGoneError extends StorageError {
  readonly code = 'HISTORY_GONE';
  /** The first sequence that the history still has; undefined when it has none. */
  readonly oldestSequence: number | undefined;

  constructor(message: string, oldestSequence?: number, options?: StorageErrorOptions) {
    super(message, options);
    this.oldestSequence = oldestSequence;
  }
}

/** A database that was opened to read only was told to change something. Nothing happened. */
export class ReadOnlyError extends StorageError {
  readonly code = 'READ_ONLY';
}

/**
 * The state that is read is gone. Of a read-only database: the writer has compacted a file of it away, and there were too
 * many to hold all of them open, or the directory holds another history by now. `db.refresh()`, or a new open, shows a newer
 * state. Of a database on a backend: the snapshot or transaction is older than what the servers keep. A new one shows a newer
 * state.
 */
export class StateGoneError extends StorageError {
  readonly code = 'STATE_GONE';
}

/** What is wrong with a backup, or with the store that it is in. Stable: compare these. */
export type BackupErrorCode =
  | 'BACKUP_NOT_FOUND'
  | 'BACKUP_EXISTS'
  | 'BACKUP_DAMAGED'
  | 'BACKUP_GAP'
  | 'BACKUP_STORE'
  | 'BACKUP_SUPERSEDED';

/** A backup cannot be made, read or restored. The `code` says why, `object` which part of the store it is about. */
export class BackupError extends StorageError {
  readonly code: BackupErrorCode;
  /** The name of the object in the store; undefined when it is about no single one. */
  readonly object: string | undefined;

  constructor(
    code: BackupErrorCode,
    message: string,
    object?: string,
    options?: StorageErrorOptions,
  ) {
    super(object === undefined ? message : `${message}: object=${object}`, options);
    this.code = code;
    this.object = object;
  }
}

/** Another process, or another handle of this one, has the directory open. */
export class LockedError extends StorageError {
  readonly code = 'LOCKED';
  /** Undefined when the other one has not written its name yet, or has removed it already. */
  readonly owner: DirectoryOwner | undefined;

  constructor(message: string, owner?: DirectoryOwner, options?: StorageErrorOptions) {
    super(message, options);
    this.owner = owner;
  }
}

/**
 * The directory of an open database was removed, replaced or taken over. The database writes and deletes nothing in
 * it any more. Acknowledged commits are in the files that it opened, wherever they are now.
 */
export class DirectoryLostError extends StorageError {
  readonly code = 'DIRECTORY_LOST';
  /** The directory that was opened. */
  readonly path: string;

  constructor(message: string, path: string, options?: StorageErrorOptions) {
    super(message, options);
    this.path = path;
  }
}

/** An AbortSignal ended the call before it took effect. `cause` is the signal's reason. */
export class AbortedError extends StorageError {
  readonly code = 'ABORTED';
}

/** A commit lost validation: another commit came first. Nothing was written; run it again. */
export class ConflictError extends StorageError {
  readonly code = 'CONFLICT';
  /** The key that another commit wrote, as `keyEncoding` decodes it; undefined when it is not known. */
  readonly key: unknown;
  /** The same in bytes; a copy. */
  readonly keyBytes: Uint8Array | undefined;

  constructor(message: string, keyBytes?: Uint8Array, key: unknown = keyBytes) {
    super(message);
    this.key = key;
    this.keyBytes = keyBytes;
  }
}

/** A write would give two rows of a unique index the same values. Nothing was written. */
export class UniqueError extends StorageError {
  readonly code = 'UNIQUE';
  /** The name of the index. */
  readonly index: string;
  /** The values that both rows have. */
  readonly values: readonly unknown[];
  /** The key of the other row, as `keyEncoding` decodes it; undefined when it cannot be decoded. */
  readonly key: unknown;
  /** The same in bytes; a copy. */
  readonly keyBytes: Uint8Array;

  constructor(
    message: string,
    found: {
      readonly index: string;
      readonly values: readonly unknown[];
      readonly keyBytes: Uint8Array;
      readonly key: unknown;
    },
  ) {
    super(message);
    this.index = found.index;
    this.values = found.values;
    this.key = found.key;
    this.keyBytes = found.keyBytes;
  }
}

/**
 * A write would change or remove an entry of an append-only keyspace, or the keyspace itself. Nothing was written. Add an
 * entry with a key of its own instead.
 */
export class AppendOnlyError extends StorageError {
  readonly code = 'APPEND_ONLY';
  /** The name of the keyspace. */
  readonly keyspace: string;
  /** The key of the entry, as `keyEncoding` decodes it; undefined when it is about no single one, or cannot be decoded. */
  readonly key: unknown;
  /** The same in bytes, a copy; undefined when it is about no single one. */
  readonly keyBytes: Uint8Array | undefined;

  constructor(
    message: string,
    found: {
      readonly keyspace: string;
      readonly keyBytes?: Uint8Array | undefined;
      readonly key?: unknown;
    },
  ) {
    super(message);
    this.keyspace = found.keyspace;
    this.key = found.key;
    this.keyBytes = found.keyBytes;
  }
}

/** An index is read that is not built yet, or whose build has failed: the `cause` tells. */
export class NotReadyError extends StorageError {
  readonly code = 'NOT_READY';
}

/**
 * A database that a worker thread has attached to was asked for what the thread that opened it does. Call it there.
 * Nothing happened.
 */
export class OwnerOnlyError extends StorageError {
  readonly code = 'OWNER_ONLY';
}

/**
 * The backend that a database stands on cannot do what was asked, or not in this way. Nothing happened. The message says
 * what to call instead, where there is something.
 */
export class UnsupportedError extends StorageError {
  readonly code = 'UNSUPPORTED';
}

/** The options of an UnavailableError. */
export interface UnavailableErrorOptions extends StorageErrorOptions {
  /** Default `'not-applied'`. */
  readonly outcome?: CommitOutcome;
}

/** No server of a backend answered in time, or none has a majority behind it. The call may be made again. */
export class UnavailableError extends StorageError {
  readonly code = 'UNAVAILABLE';
  /** For a rejected commit: whether the servers may have applied it. */
  readonly outcome: CommitOutcome;

  constructor(message: string, options: UnavailableErrorOptions = {}) {
    super(message, options);
    this.outcome = options.outcome ?? 'not-applied';
  }
}

/** A lock was not free within the time that the transaction was willing to wait. */
export class LockTimeoutError extends StorageError {
  readonly code = 'LOCK_TIMEOUT';
}

/** Stored bytes are none that the database's encoding can decode: they are whole, and of another encoding. */
export class DecodingError extends StorageError {
  readonly code = 'DECODING';
  /** The key of the entry, in bytes; a copy. */
  readonly keyBytes: Uint8Array;

  constructor(message: string, keyBytes: Uint8Array, options?: StorageErrorOptions) {
    super(message, options);
    this.keyBytes = keyBytes;
  }
}

/** The options of an IoError. */
export interface IoErrorOptions extends StorageErrorOptions {
  /** The file that the operation was about. */
  readonly path?: string;
  /** Default `'not-applied'`. */
  readonly outcome?: CommitOutcome;
}

/** The operating system refused. `cause` is its error; `path` names the file. */
export class IoError extends StorageError {
  readonly code = 'IO_ERROR';
  /** The file that the operation was about, when there is one. */
  readonly path: string | undefined;
  /** For a rejected commit: whether it may have reached the disk. */
  readonly outcome: CommitOutcome;

  constructor(message: string, options: IoErrorOptions = {}) {
    super(message, options);
    this.path = options.path;
    this.outcome = options.outcome ?? 'not-applied';
  }

  /** The system's own code, such as `ENOSPC`, when the cause carries one. */
  get systemCode(): string | undefined {
    return systemCodeOf(this.cause);
  }
}

/** The options of a CorruptionError. */
export interface CorruptionErrorOptions extends StorageErrorOptions {
  /** The path of the damaged file. */
  readonly file?: string;
  /** Where in the file, in bytes from its start. */
  readonly offset?: number;
}

/** Stored bytes break the format. Restore, or salvage with `varve repair`. */
export class CorruptionError extends StorageError {
  readonly code: 'CORRUPTION' | 'TAMPERED' = 'CORRUPTION';
  /** The path of the damaged file, when it is known. */
  readonly file: string | undefined;
  /** Byte offset in `file` of the unit that failed. */
  readonly offset: number | undefined;

  constructor(message: string, options: CorruptionErrorOptions = {}) {
    const place =
      (options.file === undefined ? '' : ` file=${options.file}`) +
      (options.offset === undefined ? '' : ` offset=${options.offset}`);
    super(place === '' ? message : `${message}:${place}`, options);
    this.file = options.file;
    this.offset = options.offset;
  }
}

/**
 * Stored bytes of an encrypted database are whole, and not those that the database wrote at that place: they were
 * changed, moved, or brought from elsewhere. Restore, and find out who can write to the files.
 */
export class TamperedError extends CorruptionError {
  override readonly code = 'TAMPERED';
}

/**
 * The key of an encrypted database is missing or is another one, or the database is not encrypted. Nothing happened:
 * open it with the right key.
 */
export class EncryptionKeyError extends StorageError {
  readonly code = 'ENCRYPTION_KEY';
}

/** Written by a newer engine, by one that was never released, or with options that this one does not have. */
export class IncompatibleFormatError extends StorageError {
  readonly code = 'INCOMPATIBLE_FORMAT';
}

/** An earlier fatal error, the `cause`, stopped writes. Reads go on; close and reopen to recover. */
export class DatabaseFailedError extends StorageError {
  readonly code = 'FAILED';
  /** For a rejected commit: `unknown` when its bytes were on the way to the disk as the error struck. */
  readonly outcome: CommitOutcome;

  constructor(message: string, outcome: CommitOutcome, options?: StorageErrorOptions) {
    super(message, options);
    this.outcome = outcome;
  }
}

/** The `code` property of a Node.js system error, or undefined. */
export function systemCodeOf(error: unknown): string | undefined {
  try {
    if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
    return typeof error.code === 'string' ? error.code : undefined;
  } catch {
    return undefined; // a proxy or a getter that throws: no error of the system
  }
}
