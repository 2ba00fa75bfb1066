/**
 * Listening to a caller's AbortSignal.
 *
 * Owns: the listener of a wait for an abort, and the error of that wait. A signal may be of another realm or another
 * library. The engine relies on its methods alone, and an error of theirs harms only the call that was given the
 * signal.
 *
 * Suspension: every function here is synchronous.
 */
import { AbortedError } from './errors.ts';

/**
 * Calls back once when the signal is aborted. The function returned ends that: a signal may outlive many calls, and
 * none leaves its listener behind. Throws what the signal throws.
 */
export function whenAborted(signal: AbortSignal | undefined, onAbort: () => void): () => void {
  if (signal === undefined) return () => undefined;
  signal.addEventListener('abort', onAbort, { once: true });
  return () => {
    try {
      signal.removeEventListener('abort', onAbort);
    } catch {
      // It keeps a listener that does nothing any more.
    }
  };
}

/** The error of a call that its signal ended; the signal's reason, of whatever kind, is the cause. */
export function abortedBy(signal: AbortSignal | undefined, message: string): AbortedError {
  let reason: unknown;
  try {
    reason = signal?.reason;
  } catch {
    // A reason that cannot be read is none.
  }
  return new AbortedError(message, { cause: reason });
}
