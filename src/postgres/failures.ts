/**
 * What an error of the server or of the connection means.
 *
 * Owns: the classes of errors that this entry tells apart, by their SQLSTATE. An error without one comes from the
 * connection: nobody knows what became of the statements on their way.
 *
 * Suspension: every function here is synchronous.
 */

/** Serialization failure, deadlock, a number that another commit took first: all roll back, and the next try may succeed. */
const AGAIN: readonly string[] = ['40001', '40P01', '23505'];
/** Login, rights, and databases that are not there: no later try changes that. */
const HOPELESS = /^(?:28|3D|42501|0A|22|42)/;
/** The server ends, or has lost a statement; 25006: it is a standby by now. */
const LOST = /^(?:08|57P|58|40003|25006|XX)/;
const TOO_LARGE = /^(?:54|22001)/;

/** The SQLSTATE of a server's error; undefined for any other. */
export function stateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('severity' in error)) return undefined; // of the system, such as EPIPE
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'string' ? code : undefined;
}

/** The transaction is rolled back, and may be sent again as it is. */
export function isRepeatable(error: unknown): boolean {
  return AGAIN.includes(stateOf(error) ?? '');
}

/** The connection is of no use any more; a commit on its way may be there all the same. */
export function isLoss(error: unknown): boolean {
  const state = stateOf(error);
  return state === undefined || LOST.test(state);
}

/** No server will ever take it. */
export function isHopeless(error: unknown): boolean {
  return HOPELESS.test(stateOf(error) ?? '');
}

/** A statement is beyond a limit of the server. */
export function isTooLarge(error: unknown): boolean {
  return TOO_LARGE.test(stateOf(error) ?? '');
}

/** The object that a statement names is not there. */
export function isUndefined(error: unknown): boolean {
  return ['42P01', '3F000'].includes(stateOf(error) ?? '');
}
