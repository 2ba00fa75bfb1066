/**
 * What the errors of etcd mean.
 *
 * Owns: which errors another try may mend, which of them leave the outcome of a commit open, and which are answers. etcd tells
 * them apart by text alone in places.
 *
 * Suspension: everything here is synchronous.
 */
import { InvalidArgumentError, StateGoneError, UnavailableError } from '../index.ts';

/** Status codes of gRPC. */
const CANCELLED = 1;
const UNKNOWN = 2;
const INVALID_ARGUMENT = 3;
const DEADLINE_EXCEEDED = 4;
const RESOURCE_EXHAUSTED = 8;
const OUT_OF_RANGE = 11;
const INTERNAL = 13;
const UNAVAILABLE = 14;

/** An error of a call, as the gRPC package gives it. */
export interface CallError {
  readonly code?: number;
  readonly details?: string;
}

export type Failure =
  /** Another member, or another try, may answer. The call may have been carried out. */
  | 'try-again'
  /** The member has not come to the revision yet: another may have. */
  | 'lags'
  /** The revision is compacted away. */
  | 'compacted'
  /** The request is larger than the servers take. */
  | 'too-large'
  | 'other';

export function failureOf(error: unknown): Failure {
  const { code, details = '' } = error as CallError;
  if (code === OUT_OF_RANGE && details.includes('future revision')) return 'lags';
  if (code === OUT_OF_RANGE && details.includes('compacted')) return 'compacted';
  if (code === INVALID_ARGUMENT && /too (?:large|many)/.test(details)) return 'too-large';
  // A message above a limit of gRPC itself; with 'space' or 'requests' etcd is full or behind.
  if (code === RESOURCE_EXHAUSTED && details.includes('message larger')) return 'too-large';
  if (code === RESOURCE_EXHAUSTED && details.includes('too many requests')) return 'try-again';
  if (code === UNAVAILABLE || code === DEADLINE_EXCEEDED || code === CANCELLED) return 'try-again';
  if (code === INTERNAL) return 'try-again'; // a stream that broke
  // A member that lost its leader on the way says so in words.
  if (code === UNKNOWN && /context deadline exceeded|context canceled/.test(details)) {
    return 'try-again';
  }
  return 'other';
}

/** The error for the caller. */
export function errorOf(error: unknown, what: string): Error {
  switch (failureOf(error)) {
    case 'compacted':
      return new StateGoneError(
        'Servers do not keep this state any longer: take a new snapshot, or let them compact later (--auto-compaction-retention)',
        { cause: error },
      );
    case 'too-large':
      return new InvalidArgumentError(
        `Request is larger than the servers take, raise --max-txn-ops and --max-request-bytes there and txnOperationCountMax and requestSizeBytesMax here: ${detailsOf(error)}`,
        { cause: error },
      );
    case 'try-again':
    case 'lags':
      return unavailable(error, what, 'not-applied');
    default:
      return new UnavailableError(`Servers have refused a ${what}: ${detailsOf(error)}`, {
        cause: error,
      });
  }
}

export function unavailable(
  error: unknown,
  what: string,
  outcome: 'not-applied' | 'unknown',
): UnavailableError {
  return new UnavailableError(
    `No member of the cluster has answered a ${what} in time, see whether a majority runs: ${detailsOf(error)}`,
    { cause: error, outcome },
  );
}

function detailsOf(error: unknown): string {
  const { details } = error as CallError;
  return details ?? (error instanceof Error ? error.message : String(error));
}
