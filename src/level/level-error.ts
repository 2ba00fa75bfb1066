/**
 * Errors with the codes that users of Level compare.
 *
 * Owns: which `LEVEL_*` code stands for which code of Varve.
 *
 * Invariants:
 *   level-error/cause-kept: an error of Varve stays whole as the `cause`, so its own code, file and outcome can be read.
 *   level-error/by-code: an error is told by its `code`, not by its class. A program that imports Varve and requires it
 *       too has two sets of classes.
 *
 * Suspension: everything here is synchronous, but for `leveled`, which waits for its promise alone.
 */

/** An error of Level: `code` begins with `LEVEL_`, and `cause` is the error of Varve behind it, if there is one. */
export class LevelError extends Error {
  /** One of the codes of Level: `LEVEL_LOCKED`, `LEVEL_CORRUPTION` and others. Compare this, not the message. */
  readonly code: string;

  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = code === 'LEVEL_ABORTED' ? 'AbortError' : 'LevelError';
    this.code = code;
  }
}

/** The first ones are those of LevelDB. Users of Level know no others, but a `code` that tells more harms none of them. */
const LEVEL_CODES: Readonly<Record<string, string>> = {
  LOCKED: 'LEVEL_LOCKED',
  CORRUPTION: 'LEVEL_CORRUPTION',
  IO_ERROR: 'LEVEL_IO_ERROR',
  DIRECTORY_LOST: 'LEVEL_IO_ERROR',
  CLOSED: 'LEVEL_DATABASE_NOT_OPEN',
  ABORTED: 'LEVEL_ABORTED',
  INCOMPATIBLE_FORMAT: 'LEVEL_NOT_SUPPORTED',
  DECODING: 'LEVEL_DECODE_ERROR',
  INVALID_ARGUMENT: 'LEVEL_INVALID_ARGUMENT',
  LOCK_TIMEOUT: 'LEVEL_LOCK_TIMEOUT',
  CONFLICT: 'LEVEL_CONFLICT',
  UNIQUE: 'LEVEL_UNIQUE',
  APPEND_ONLY: 'LEVEL_APPEND_ONLY',
  NOT_READY: 'LEVEL_NOT_READY',
  CONSUMER_MOVED: 'LEVEL_CONSUMER_MOVED',
  HISTORY_GONE: 'LEVEL_HISTORY_GONE',
  TAMPERED: 'LEVEL_CORRUPTION',
  ENCRYPTION_KEY: 'LEVEL_ENCRYPTION_KEY',
  READ_ONLY: 'LEVEL_READ_ONLY',
  STATE_GONE: 'LEVEL_STATE_GONE',
  OWNER_ONLY: 'LEVEL_OWNER_ONLY',
  UNSUPPORTED: 'LEVEL_NOT_SUPPORTED',
  UNAVAILABLE: 'LEVEL_IO_ERROR',
};

/** Those of BackupError begin so; they are known by what follows. */
const BACKUP_PREFIX = 'BACKUP_';

/** What Level is told of an error: one of Varve becomes the `cause` of a LevelError, any other stays as it is. */
export function levelError(error: unknown): unknown {
  if (error instanceof LevelError || !(error instanceof Error)) return error;
  const code = levelCodeOf(error);
  return code === undefined ? error : new LevelError(code, error.message, { cause: error });
}

/** A database that has failed is told by the error that stopped it. */
function levelCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code !== 'string') return undefined;
  if (code.startsWith(BACKUP_PREFIX)) return `LEVEL_${code}`;
  if (code === 'FAILED') return levelCodeOf(error.cause) ?? 'LEVEL_IO_ERROR';
  return Object.hasOwn(LEVEL_CODES, code) ? LEVEL_CODES[code] : undefined;
}

/** The same promise, with errors as Level has them. */
export async function leveled<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw levelError(error);
  }
}

/** The error of a read that its signal has ended. */
export function abortedBy(signal: AbortSignal): LevelError {
  return new LevelError('LEVEL_ABORTED', 'Operation has been aborted', { cause: signal.reason });
}
