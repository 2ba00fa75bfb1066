/**
 * One system call, and how its failure is told.
 *
 * Owns: the form of an IoError of the file system: the operation, the path, for two paths the other one, and the system's
 * code.
 *
 * Suspension: every function here is synchronous.
 */
import { IoError, systemCodeOf } from '../base/errors.ts';

/** The error of a call that the system refused (node-vfs/wrapped-once). */
export function wrapError(
  cause: unknown,
  operation: string,
  path: string,
  target?: string,
): IoError {
  const code = systemCodeOf(cause) ?? 'unknown';
  const to = target === undefined ? '' : ` target=${target}`;
  return new IoError(`Cannot ${operation}: path=${path}${to} code=${code}`, { path, cause });
}

/** Runs one system call and wraps its failure. */
export function attempt<T>(operation: string, path: string, call: () => T, target?: string): T {
  try {
    return call();
  } catch (cause) {
    throw wrapError(cause, operation, path, target);
  }
}
