/**
 * Tells what `await` would wait for.
 *
 * Owns: that test.
 *
 * Suspension: everything here is synchronous.
 */

/** True for a promise, and for what passes for one. Throws what a getter of the caller's throws. */
export function isThenable(value: unknown): boolean {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return false;
  return typeof Reflect.get(value, 'then') === 'function';
}
