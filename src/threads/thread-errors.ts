/**
 * Errors on their way between threads.
 *
 * Owns: which properties of an error are sent, and making the same class of them again.
 *
 * Suspension: every function here is synchronous.
 */
import {
  AbortedError,
  AppendOnlyError,
  ClosedError,
  ConflictError,
  CorruptionError,
  DatabaseFailedError,
  DecodingError,
  DirectoryLostError,
  EncryptionKeyError,
  HistoryGoneError,
  IncompatibleFormatError,
  InvalidArgumentError,
  IoError,
  LockTimeoutError,
  NotReadyError,
  OwnerOnlyError,
  TamperedError,
  UniqueError,
} from '../base/errors.ts';
import { AssertionError } from '../base/assert.ts';

/** An error as a message. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Its own properties, as far as they can be sent. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause: SentError | undefined;
}

const CAUSE_DEPTH_MAX = 8;
/** Properties that every error has, or that are sent by themselves. */
const APART: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause']);

type Maker = (message: string, fields: Readonly<Record<string, unknown>>) => Error;

const MAKERS: Readonly<Record<string, Maker>> = {
  AbortedError: (message) => new AbortedError(message),
  AppendOnlyError: (message) => new AppendOnlyError(message, { keyspace: '' }),
  AssertionError: (message) => new AssertionError(message),
  ClosedError: (message) => new ClosedError(message),
  ConflictError: (message) => new ConflictError(message),
  CorruptionError: (message) => new CorruptionError(message),
  DatabaseFailedError: (message) => new DatabaseFailedError(message, 'unknown'),
  DecodingError: (message) => new DecodingError(message, new Uint8Array()),
  DirectoryLostError: (message) => new DirectoryLostError(message, ''),
  HistoryGoneError: (message) => new HistoryGoneError(message),
  IncompatibleFormatError: (message) => new IncompatibleFormatError(message),
  InvalidArgumentError: (message) => new InvalidArgumentError(message),
  IoError: (message) => new IoError(message),
  LockTimeoutError: (message) => new LockTimeoutError(message),
  NotReadyError: (message) => new NotReadyError(message),
  OwnerOnlyError: (message) => new OwnerOnlyError(message),
  EncryptionKeyError: (message) => new EncryptionKeyError(message),
  TamperedError: (message) => new TamperedError(message),
  UniqueError: (message) =>
    new UniqueError(message, { index: '', values: [], keyBytes: new Uint8Array(), key: undefined }),
};

export function encodeError(error: unknown, depth = 0): SentError {
  if (!(error instanceof Error)) {
    return {
      name: 'Error',
      message: String(error),
      stack: undefined,
      fields: {},
      cause: undefined,
    };
  }
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(error)) {
    if (!APART.has(name) && isSendable(value)) fields[name] = value;
  }
  const hasCause = error.cause !== undefined && depth < CAUSE_DEPTH_MAX;
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    fields,
    cause: hasCause ? encodeError(error.cause, depth + 1) : undefined,
  };
}

export function decodeError(sent: SentError): Error {
  const { name, message, fields, stack, cause } = sent;
  const make = Object.hasOwn(MAKERS, name) ? MAKERS[name] : undefined;
  const error = make?.(message, fields) ?? new Error(message);
  if (make === undefined) error.name = name;
  Object.assign(error, fields);
  if (cause !== undefined) {
    Object.defineProperty(error, 'cause', {
      value: decodeError(cause),
      configurable: true,
      writable: true,
    });
  }
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** Plain values, bytes, and arrays of them: a decoded key may be anything, and then only its bytes are sent. */
function isSendable(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isSendable);
  if (typeof value === 'object' && value !== null) return value instanceof Uint8Array;
  return typeof value !== 'function' && typeof value !== 'symbol';
}
