/**
 * What the errors of FoundationDB mean.
 *
 * Owns: which of its numbers leave the outcome of a commit open, which say that nothing was applied, and which are answers.
 *
 * Invariants:
 *   foundationdb-failures/open-unless-known: an error of a commit leaves its outcome open, unless the number is one that says
 *       otherwise. So a number of a later version is asked about, and never taken for a loss.
 *
 * Suspension: everything here is synchronous.
 */

export type Failure =
  /** Another commit has changed what this one depends on. Nothing was applied. */
  | 'conflict'
  /** The state is older than the servers keep. Nothing was applied. */
  | 'too-old'
  /** Nothing was applied, and another try may succeed. */
  | 'again'
  /** Larger than the servers take. Nothing was applied. */
  | 'too-large'
  /** The client or the servers refuse the call, and will do so again. Nothing was applied. */
  | 'refused'
  /** A commit may have been applied, or may be later. */
  | 'open';

const TRANSACTION_TOO_OLD = 1007;
const NOT_COMMITTED = 1020;
const TRANSACTION_TIMED_OUT = 1031;

/**
 * A version that the server has not come to, a server that is behind, a locked database; proxies without memory; throttled
 * transactions.
 */
const AGAIN: readonly number[] = [1009, 1037, 1038, 1042, 1051, 1078, 1213, 1223];
/** The transaction, a key, a value. */
const TOO_LARGE: readonly number[] = [2101, 2102, 2103];
/** Calls that are wrong, a version of the interface that is unknown, a cluster file that is none. */
const REFUSED_MIN = 2000;
const REFUSED_MAX = 2999;
/** There is no cluster file, or one that cannot be read. */
const NO_CLUSTER_FILE: readonly number[] = [1515, 2104];

/** The number of an error of FoundationDB; undefined for any other. */
export function codeOf(error: unknown): number | undefined {
  const { code } = error as { code?: unknown };
  return error instanceof Error && typeof code === 'number' ? code : undefined;
}

/** foundationdb-failures/open-unless-known. */
export function failureOf(error: unknown): Failure {
  const code = codeOf(error) ?? 0;
  if (code === NOT_COMMITTED) return 'conflict';
  if (code === TRANSACTION_TOO_OLD) return 'too-old';
  if (AGAIN.includes(code)) return 'again';
  if (TOO_LARGE.includes(code)) return 'too-large';
  if (code >= REFUSED_MIN && code <= REFUSED_MAX) return 'refused';
  if (NO_CLUSTER_FILE.includes(code)) return 'refused';
  return 'open';
}

export function isTimeout(error: unknown): boolean {
  return codeOf(error) === TRANSACTION_TIMED_OUT;
}

/** For messages. */
export function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `code=${codeOf(error) ?? 'none'} reason=${message}`;
}
