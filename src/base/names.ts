/**
 * Names that are recorded: of keyspaces, of indexes, of what they refer to.
 *
 * Owns: which text may be one.
 *
 * Suspension: everything here is synchronous.
 */
const NAME_LENGTH_MAX = 200;
/** Text that UTF-8 cannot hold. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** A name is 1 to 200 characters of text. */
export function isName(name: unknown): name is string {
  return isText(name) && name.length <= NAME_LENGTH_MAX;
}

/** Text that is not empty and that UTF-8 can hold. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && !LONE_SURROGATE.test(value);
}
