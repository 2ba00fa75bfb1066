/**
 * Assertions.
 *
 * Owns: `assert` (cheap, always on), `unreachable`, and the INVARIANTS switch for costly checks.
 *
 * A failed assertion is a bug in the engine, never a caller's mistake: callers get an InvalidArgumentError.
 */
import { describe } from './describe.ts';

/** Costly checks run when VARVE_INVARIANTS=1, as in every test. */
export const INVARIANTS: boolean = process.env['VARVE_INVARIANTS'] === '1';

/** A broken invariant. The engine's outer boundary turns it into a failed database. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** `message` is a literal that cites the invariant; build no strings on the passing path. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Closes a switch over a union: adding a member without a case fails to compile. */
export function unreachable(value: never): never {
  throw new AssertionError(`Unreachable value: ${describe(value)}`);
}
