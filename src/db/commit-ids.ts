/**
 * Commits that carry an id and are applied once.
 *
 * Owns: the reserved keys that remember which ids were committed. They lie above every user key (KEY_CEILING), are part
 * of the same commit as what they stand for, and so survive, or not, together with it.
 *
 *      KEY_CEILING | 0x01 | period u32, big-endian | id        value: empty
 *
 * Time is cut into periods of the retention's length. A commit writes its id for its period and the one before; a
 * lookup asks for the periods around now; what is older is dropped by one range deletion a period.
 *
 * Invariants:
 *   H1. Two commits with one id conflict, whatever period each takes itself to be in: periods that are neighbours share
 *       a key. The loser runs again and finds the id.
 *   H2. An id is found for at least one period after its commit, as long as the clock moves back by less than one.
 *
 * Suspension: every method is synchronous.
 */
import { KEY_CEILING } from '../base/bytes.ts';
import { ByteWriter } from '../base/coding.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { hashKey } from '../base/hash.ts';
import { describe } from '../base/describe.ts';
import { VALUE } from '../base/value-type.ts';
import type { WriteSet } from '../txn/write-set.ts';

/** Persisted: what the reserved keys of this kind begin with. */
const COMMIT_ID_KIND = 1;
const ID_SIZE_BYTES_MAX = 1024;

export class CommitIds {
  readonly #retentionMs: number;
  readonly #wallMs: () => number;
  /** Periods below this are deleted already, as far as this process knows. */
  #keptFrom = 0;

  constructor(retentionMs: number, wallMs: () => number) {
    this.#retentionMs = retentionMs;
    this.#wallMs = wallMs;
  }

  /** The keys under which a committed id may be found now (H2). Throws InvalidArgumentError for what is no id. */
  keysOf(id: string): Uint8Array[] {
    const bytes = checkedId(id);
    const period = this.#period;
    return [period + 1, period, Math.max(0, period - 1)].map((each) => keyOf(each, bytes));
  }

  /** Adds the id to a transaction's writes (H1), and what drops old ones. */
  record(id: string, writes: WriteSet): void {
    const bytes = checkedId(id);
    const period = this.#period;
    const previous = Math.max(0, period - 1);
    if (previous > this.#keptFrom) {
      writes.deleteRange(startOf(0), startOf(previous));
      this.#keptFrom = previous;
    }
    for (const each of [period, previous]) {
      const key = keyOf(each, bytes);
      writes.write(VALUE, hashKey(key, 0, key.length), key, 0, key.length, key, 0, 0);
    }
  }

  get #period(): number {
    return Math.floor(this.#wallMs() / this.#retentionMs);
  }
}

function checkedId(id: unknown): Uint8Array {
  const bytes = typeof id === 'string' ? Buffer.from(id, 'utf8') : undefined;
  if (bytes !== undefined && bytes.length > 0 && bytes.length <= ID_SIZE_BYTES_MAX) return bytes;
  throw new InvalidArgumentError(
    `Commit id must be a string of 1 to ${ID_SIZE_BYTES_MAX} bytes: found=${describe(id)}`,
  );
}

function startOf(period: number): Uint8Array {
  return keyOf(period, new Uint8Array(0));
}

function keyOf(period: number, id: Uint8Array): Uint8Array {
  const writer = new ByteWriter(KEY_CEILING.length + 5 + id.length);
  writer.raw(KEY_CEILING).uint8(COMMIT_ID_KIND);
  for (const shift of [24, 16, 8, 0]) writer.uint8((period >>> shift) & 0xff);
  return writer.raw(id).finish();
}
