/**
 * Failures that go away by themselves.
 *
 * Owns: the one classification of failures into those that are waited out and those that are fatal, and how long a wait
 * is.
 *
 *      space       the disk, the quota or the largest file is full: goes away when somebody frees space
 *      resource    no descriptor, memory or thread: goes away when somebody gives one back
 *      undefined   everything else: fatal for writes
 *
 * Invariants:
 *   shortage/nothing-done: the call that failed has done nothing, so that it may be made again.
 *   shortage/no-sync: a sync that failed for lack of a resource is no shortage. The system may have dropped the bytes
 *       that it was asked to write, and the next sync would not say so.
 *
 * Suspension: every function here is synchronous.
 */
import type { Clock } from './clock.ts';
import { IoError, systemCodeOf } from './errors.ts';

export type Shortage = 'space' | 'resource';

/** A job worker that ended, for whatever reason: its job is whole in the files and memory it read from. */
export const WORKER_ENDED_CODE = 'ERR_WORKER_ENDED';

const SPACE_CODES: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const DESCRIPTOR_CODES: ReadonlySet<string | undefined> = new Set(['EMFILE', 'ENFILE']);
const RESOURCE_CODES: ReadonlySet<string | undefined> = new Set([
  ...DESCRIPTOR_CODES,
  'EAGAIN',
  'ENOMEM',
  'ENOBUFS',
  'ERR_MEMORY_ALLOCATION_FAILED',
  'ERR_WORKER_INIT_FAILED',
  'ERR_WORKER_OUT_OF_MEMORY',
  WORKER_ENDED_CODE,
]);
/** The names of syncs: the system's, and those of files that are not the system's. */
const SYNC_CALLS: ReadonlySet<unknown> = new Set(['fsync', 'fdatasync', 'sync', 'syncDirectory']);
/** V8 gives it no code. */
const NO_MEMORY_MESSAGE = 'Array buffer allocation failed';

/** The kind of shortage that `error` tells of; undefined for every other error. */
export function shortageOf(error: unknown): Shortage | undefined {
  if (isOutOfSpace(error)) return 'space';
  if (isOutOfMemory(error)) return 'resource';
  const cause = error instanceof IoError ? error.cause : error;
  const isShort = RESOURCE_CODES.has(systemCodeOf(cause)) && !isOfSync(cause);
  return isShort ? 'resource' : undefined;
}

export function isOutOfSpace(error: unknown): boolean {
  return SPACE_CODES.has(codeOf(error));
}

/** True when closing a file would help. */
export function isOutOfDescriptors(error: unknown): boolean {
  return DESCRIPTOR_CODES.has(codeOf(error));
}

/** True when the worker that ran a job is gone, and could not remove the files of the job. */
export function isOfEndedWorker(error: unknown): boolean {
  return codeOf(error)?.startsWith('ERR_WORKER_') ?? false;
}

/** In words, for a message. */
export function describeShortage(shortage: Shortage): string {
  return shortage === 'space' ? 'No space left' : 'Out of descriptors, memory or threads';
}

function codeOf(error: unknown): string | undefined {
  return error instanceof IoError ? error.systemCode : systemCodeOf(error);
}

/** By its name: an error that crossed threads keeps no class. */
function isOutOfMemory(error: unknown): boolean {
  return (
    error instanceof Error && error.name === 'RangeError' && error.message === NO_MEMORY_MESSAGE
  );
}

/** shortage/no-sync. */
function isOfSync(cause: unknown): boolean {
  if (typeof cause !== 'object' || cause === null || !('syscall' in cause)) return false;
  return SYNC_CALLS.has(cause.syscall);
}

const RETRY_MS_MIN = 100;
/** Looking for space costs a write; looking for a descriptor costs nothing. */
const RETRY_MS_MAX: Readonly<Record<Shortage, number>> = { space: 5000, resource: 1000 };
/** Space comes back when a person does something, a descriptor often in the same second. */
const HOLD_MS: Readonly<Record<Shortage, number>> = { space: 0, resource: 3000 };

/** Advice after a failure: how long to pause, and whether callers go on waiting. */
export interface RetryAdvice {
  readonly delayMs: number;
  /** True while callers that wait for the work go on waiting; false when they are refused with the error. */
  readonly isHeld: boolean;
}

/** Tries of one kind of work that meet a shortage: longer and longer pauses, and when patience ends. */
export class ShortageRetry {
  readonly #clock: Clock;
  readonly #delayMsMax: number;
  #delayMs = RETRY_MS_MIN;
  /** When the first of the failures came that no success has followed. */
  #sinceMs: number | undefined = undefined;

  constructor(clock: Clock, delayMsMax: number = Infinity) {
    this.#clock = clock;
    this.#delayMsMax = delayMsMax;
  }

  failed(shortage: Shortage): RetryAdvice {
    const now = this.#clock.nowMs();
    this.#sinceMs ??= now;
    const delayMs = Math.min(this.#delayMs, this.#delayMsMax, RETRY_MS_MAX[shortage]);
    this.#delayMs = delayMs * 2;
    return { delayMs, isHeld: now - this.#sinceMs < HOLD_MS[shortage] };
  }

  succeeded(): void {
    this.#delayMs = RETRY_MS_MIN;
    this.#sinceMs = undefined;
  }
}

/** The error of a call that a shortage has ended: `what` says what became of it. `path` where `error` names none. */
export function shortageRefusal(
  shortage: Shortage,
  what: string,
  error: unknown,
  path?: string,
): IoError {
  const isIo = error instanceof IoError;
  const place = path ?? (isIo ? error.path : undefined);
  return new IoError(`${describeShortage(shortage)}: ${what}`, {
    cause: isIo ? error.cause : error,
    ...(place === undefined ? {} : { path: place }),
  });
}
