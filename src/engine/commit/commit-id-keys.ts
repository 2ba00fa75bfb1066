/**
 * The reserved keys that remember commit ids.
 *
 * Owns: their bytes. They lie in the system's keyspace, so no scan shows them and no range deletion reaches them.
 *
 * Layout (normative text in docs/formats/batch.md):
 *
 *      0x00 | 0x02 | id                          value: age, eight bytes, big-endian
 *      0x00 | 0x03 | age, eight bytes | id       value: empty
 *
 * Suspension: every function here is synchronous.
 */
import type { BoundedRange } from '../../bytes/key-range.ts';
import {
  COMMIT_AGE_KIND,
  COMMIT_ID_KIND,
  SYSTEM_KEY_HEAD_SIZE_BYTES,
  systemKey,
  systemRange,
} from '../../bytes/keyspace-number.ts';
import { describe } from '../../base/describe.ts';
import { CorruptionError, InvalidArgumentError } from '../../base/errors.ts';

export const AGE_SIZE_BYTES = 8;
const ID_SIZE_BYTES_MAX = 1024;

/** The bytes of an id. Throws InvalidArgumentError for anything but text of 1 to 1,024 bytes. */
export function checkedId(id: unknown): Uint8Array {
  const bytes = typeof id === 'string' ? Buffer.from(id, 'utf8') : undefined;
  if (bytes !== undefined && bytes.length > 0 && bytes.length <= ID_SIZE_BYTES_MAX) return bytes;
  throw new InvalidArgumentError(
    `Commit id must be a string of 1 to ${ID_SIZE_BYTES_MAX} bytes: found=${describe(id)}`,
  );
}

/** Where an id is looked up. */
export function idKeyOf(id: Uint8Array): Uint8Array {
  return systemKey(COMMIT_ID_KIND, id);
}

/** Where ids lie in the order of their ages. */
export function ageKeyOf(ageMs: number, id: Uint8Array): Uint8Array {
  return systemKey(COMMIT_AGE_KIND, ageBytes(ageMs), id);
}

/** All age keys. */
export const AGE_KEYS: BoundedRange = systemRange(COMMIT_AGE_KIND);

export function ageBytes(ageMs: number): Uint8Array {
  const bytes = new Uint8Array(AGE_SIZE_BYTES);
  let rest = ageMs;
  for (let i = AGE_SIZE_BYTES - 1; i >= 0; i--) {
    bytes[i] = rest % 0x100;
    rest = Math.floor(rest / 0x100);
  }
  return bytes;
}

/** The age in eight bytes. Throws CorruptionError for bytes that `ageBytes` does not write. */
export function ageIn(bytes: Uint8Array): number {
  let ageMs = 0;
  for (const byte of bytes) ageMs = ageMs * 0x100 + byte;
  if (bytes.length === AGE_SIZE_BYTES && Number.isSafeInteger(ageMs)) return ageMs;
  throw new CorruptionError('Age of a commit id is malformed');
}

/** Age and id in `key[start, end)`, an age key. */
export function parseAgeKey(
  key: Uint8Array,
  start: number,
  end: number,
): { ageMs: number; id: Uint8Array } {
  const bytes = key.slice(start + SYSTEM_KEY_HEAD_SIZE_BYTES, end);
  return {
    ageMs: ageIn(bytes.subarray(0, AGE_SIZE_BYTES)),
    id: bytes.subarray(AGE_SIZE_BYTES),
  };
}
