/**
 * The messages between the database's thread and its job worker.
 *
 * Owns: the messages, and how an error crosses: structured cloning keeps message and stack of an Error, but neither its
 * class nor its fields.
 *
 * Invariants:
 *   job-protocol/errors-cross-whole: `decodeError(encodeError(error))` is of the same class as every error that a job
 *       throws on purpose. It has the same message, code, file, offset, path and outcome, and a cause that keeps the
 *       system's code.
 *   job-protocol/encoding-never-throws: `encodeError` takes any thrown value. It never throws, and its result can be
 *       cloned.
 *       A job whose error has no answer would wait for ever.
 *
 * Suspension: every function here is synchronous.
 */
import { AssertionError } from '../base/assert.ts';
import {
  AbortedError,
  type CommitOutcome,
  CorruptionError,
  DirectoryLostError,
  EncryptionKeyError,
  IncompatibleFormatError,
  InvalidArgumentError,
  IoError,
  TamperedError,
} from '../base/errors.ts';
import type { CheckedTable, JobDescription, JobProgress, JobResult } from './compaction.ts';

export interface RunMessage {
  readonly id: number;
  readonly job: JobDescription;
}

export type WorkerMessage =
  | { readonly kind: 'progress'; readonly id: number; readonly progress: JobProgress }
  | { readonly kind: 'done'; readonly id: number; readonly result: JobResult | CheckedTable }
  | { readonly kind: 'failed'; readonly id: number; readonly error: ErrorRecord };

export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** The code of a StorageError, or of the system's error. */
  readonly code: string | undefined;
  readonly errno: number | undefined;
  readonly syscall: string | undefined;
  readonly path: string | undefined;
  readonly file: string | undefined;
  readonly offset: number | undefined;
  readonly outcome: CommitOutcome | undefined;
  readonly cause: ErrorRecord | undefined;
}

/** Causes of causes beyond this are cut off. */
const CAUSE_DEPTH_MAX = 4;

/** Keeps job-protocol/encoding-never-throws. */
export function encodeError(error: unknown, depth = 0): ErrorRecord {
  try {
    return recordOf(error, depth);
  } catch {
    // A property or its text cannot be had: an object without prototype, a getter that throws.
    return recordOf(new Error(`A job threw what cannot be read: type=${typeof error}`), depth);
  }
}

function recordOf(error: unknown, depth: number): ErrorRecord {
  const fields: Record<string, unknown> =
    typeof error === 'object' && error !== null ? { ...error } : {};
  const text = (name: string): string | undefined => {
    const value = fields[name];
    return typeof value === 'string' ? value : undefined;
  };
  const number = (name: string): number | undefined => {
    const value = fields[name];
    return typeof value === 'number' ? value : undefined;
  };
  const isError = error instanceof Error;
  const cause = isError && error.cause !== undefined && depth < CAUSE_DEPTH_MAX;
  return {
    name: isError ? textOf(error.name) : 'Error',
    message: isError ? textOf(error.message) : String(error),
    stack: isError && error.stack !== undefined ? textOf(error.stack) : undefined,
    code: text('code'),
    errno: number('errno'),
    syscall: text('syscall'),
    path: text('path'),
    file: text('file'),
    offset: number('offset'),
    outcome: error instanceof IoError ? error.outcome : undefined,
    cause: cause ? encodeError(error.cause, depth + 1) : undefined,
  };
}

/** The text of a field that is text by its type, and may be anything: a value that cannot be cloned cannot be sent. */
function textOf(field: unknown): string {
  return String(field);
}

export function decodeError(record: ErrorRecord): Error {
  const error = rebuilt(record);
  error.message = record.message; // CorruptionError has put its place into it already
  if (record.stack !== undefined) error.stack = record.stack;
  return error;
}

function rebuilt(record: ErrorRecord): Error {
  const { message, code, path, file, offset, outcome } = record;
  const options = record.cause === undefined ? {} : { cause: decodeError(record.cause) };
  switch (record.name) {
    case 'IoError':
      return new IoError(message, {
        ...options,
        ...(path === undefined ? {} : { path }),
        ...(outcome === undefined ? {} : { outcome }),
      });
    case 'CorruptionError':
    case 'TamperedError': {
      const place = {
        ...options,
        ...(file === undefined ? {} : { file }),
        ...(offset === undefined ? {} : { offset }),
      };
      const isTampered = record.name === 'TamperedError';
      return isTampered ? new TamperedError(message, place) : new CorruptionError(message, place);
    }
    case 'EncryptionKeyError':
      return new EncryptionKeyError(message, options);
    case 'IncompatibleFormatError':
      return new IncompatibleFormatError(message, options);
    case 'DirectoryLostError':
      return new DirectoryLostError(message, path ?? '', options);
    case 'InvalidArgumentError':
      return new InvalidArgumentError(message, options);
    case 'AbortedError':
      return new AbortedError(message, options);
    case 'AssertionError':
      return new AssertionError(message, options);
    default: {
      const error = new Error(message, options);
      error.name = record.name;
      const { errno, syscall } = record;
      for (const [name, value] of Object.entries({ code, errno, syscall, path })) {
        if (value !== undefined) Object.defineProperty(error, name, { value, enumerable: true });
      }
      return error;
    }
  }
}
