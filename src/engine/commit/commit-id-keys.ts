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
import { EMPTY_BYTES } from '../../bytes/bytes.ts';
import { keyspaceHead, SYSTEM_KEYSPACE } from '../../bytes/keyspace-number.ts';
import { describe } from '../../base/describe.ts';
import { CorruptionError, InvalidArgumentError } from '../../base/errors.ts';

/** Persisted. Never renumber; append only. 1 is the catalog of keyspaces. */
const ID_KIND = 2;
const AGE_KIND = 3;

export const AGE_SIZE_BYTES = 8;
const ID_SIZE_BYTES_MAX = 1024;
const SYSTEM_HEAD: Uint8Array = keyspaceHead(SYSTEM_KEYSPACE);
const HEAD_SIZE_BYTES: number = SYSTEM_HEAD.length + 1;

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
  return reservedKey(ID_KIND, EMPTY_BYTES, id);
}

/** Where ids lie in the order of their ages. */
export function ageKeyOf(ageMs: number, id: Uint8Array): Uint8Array {
  return reservedKey(AGE_KIND, ageBytes(ageMs), id);
}

/** The bounds of all age keys: lower inclusive, upper exclusive. */
export const AGE_KEYS_LOWER: Uint8Array = reservedKey(AGE_KIND, EMPTY_BYTES, EMPTY_BYTES);
export const AGE_KEYS_UPPER: Uint8Array = reservedKey(AGE_KIND + 1, EMPTY_BYTES, EMPTY_BYTES);

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
  const bytes = key.slice(start + HEAD_SIZE_BYTES, end);
  return {
    ageMs: ageIn(bytes.subarray(0, AGE_SIZE_BYTES)),
    id: bytes.subarray(AGE_SIZE_BYTES),
  };
}

function reservedKey(kind: number, age: Uint8Array, id: Uint8Array): Uint8Array {
  const key = new Uint8Array(HEAD_SIZE_BYTES + age.length + id.length);
  key.set(SYSTEM_HEAD);
  key[SYSTEM_HEAD.length] = kind;
  key.set(age, HEAD_SIZE_BYTES);
  key.set(id, HEAD_SIZE_BYTES + age.length);
  return key;
}
