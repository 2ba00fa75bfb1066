/**
 * An InternalIterator over a sorted array: the simplest implementation of the contract, and the model for the others.
 *
 * Owns: entries as test data, their order, and a cursor over them that says NEEDS_BLOCK as often as a test wants.
 */
import { compareBytes } from '../../src/bytes/bytes.ts';
import { sequenceNumber, type SequenceNumber } from '../../src/base/ids.ts';
import {
  ALL_VERSIONS,
  EXHAUSTED,
  type InternalIterator,
  NEEDS_BLOCK,
  READY,
  type StepResult,
} from '../../src/iterator/internal-iterator.ts';
import { DELETION, EXPIRING_VALUE, type PointType, VALUE } from '../../src/base/value-type.ts';
import { EXPIRY_SIZE_BYTES, putExpiry } from '../../src/bytes/expiry.ts';
import type { Random } from './prng.ts';

export interface Entry {
  readonly key: Uint8Array;
  readonly sequence: number;
  readonly type: PointType;
  readonly value: Uint8Array;
}

/** `text` becomes key and value bytes; no value makes a tombstone. */
export function entry(key: string, sequence: number, value?: string): Entry {
  const type = value === undefined ? DELETION : VALUE;
  return { key: Buffer.from(key), sequence, type, value: Buffer.from(value ?? '') };
}

/** The bytes behind the key of an entry that expires. */
export function expiringBytes(expiresAtMs: number, value: string): Uint8Array {
  const bytes = Buffer.concat([Buffer.alloc(EXPIRY_SIZE_BYTES), Buffer.from(value, 'latin1')]);
  putExpiry(bytes, 0, expiresAtMs);
  return bytes;
}

/** As `entry`, of one that expires. */
export function expiringEntry(
  key: string,
  sequence: number,
  expiresAtMs: number,
  value: string,
): Entry {
  const bytes = expiringBytes(expiresAtMs, value);
  return { key: Buffer.from(key), sequence, type: EXPIRING_VALUE, value: bytes };
}

/** `a@7=x`, a tombstone `a@9!`. */
export function showEntry({ key, sequence, type, value }: Entry): string {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
  return `${text(key)}@${sequence}${type === DELETION ? '!' : `=${text(value)}`}`;
}

/** By user key, and from new to old. */
export function compareEntries(a: Entry, b: Entry): number {
  return compareBytes(a.key, b.key) || b.sequence - a.sequence;
}

/** The entries that a cursor at `readSequence` shows, of sorted ones. */
export function visibleEntries(sorted: readonly Entry[], readSequence: number): Entry[] {
  if (readSequence === ALL_VERSIONS) return [...sorted];
  const shown: Entry[] = [];
  for (const each of sorted) {
    if (each.sequence > readSequence) continue;
    const last = shown.at(-1);
    if (last === undefined || compareBytes(last.key, each.key) !== 0) shown.push(each);
  }
  return shown;
}

const POISON = new Uint8Array(0);

export class ArrayIterator implements InternalIterator {
  key: Uint8Array = POISON;
  keyStart = 0;
  keyEnd = 0;
  sequence: SequenceNumber = sequenceNumber(0);
  type: PointType = DELETION;
  value: Uint8Array = POISON;
  valueStart = 0;
  valueEnd = 0;

  readonly #entries: readonly Entry[];
  readonly #random: Random | undefined;
  #index = -1;
  #isWaiting = false;
  #isLoaded = false;
  #isForward = true;
  /**
   * Reused for every entry and overwritten by every call, so that a reader that keeps the bytes too long fails
   * (iterator/entry-stays).
   */
  readonly #scratch = new Uint8Array(256);

  /** With `random`, one call in three answers NEEDS_BLOCK first. */
  constructor(sorted: readonly Entry[], readSequence: number, random?: Random) {
    this.#entries = visibleEntries(sorted, readSequence);
    this.#random = random;
  }

  seekFirst(): StepResult {
    return this.#moveTo(0, true);
  }

  seekAtLeast(key: Uint8Array): StepResult {
    const index = this.#entries.findIndex((each) => compareBytes(each.key, key) >= 0);
    return this.#moveTo(index < 0 ? this.#entries.length : index, true);
  }

  seekLast(): StepResult {
    return this.#moveTo(this.#entries.length - 1, false);
  }

  seekBelow(key: Uint8Array): StepResult {
    return this.#moveTo(
      this.#entries.findLastIndex((each) => compareBytes(each.key, key) < 0),
      false,
    );
  }

  next(): StepResult {
    if (!this.#isForward) throw new Error('next after a backward seek');
    return this.#moveTo(this.#index + 1, true);
  }

  prev(): StepResult {
    if (this.#isForward) throw new Error('prev after a forward seek');
    return this.#moveTo(this.#index - 1, false);
  }

  async load(): Promise<void> {
    await Promise.resolve();
    this.loadSync();
  }

  loadSync(): void {
    if (!this.#isWaiting) throw new Error('load without NEEDS_BLOCK');
    this.#isLoaded = true;
  }

  resume(): StepResult {
    if (!this.#isLoaded) throw new Error('resume without load');
    return this.#show();
  }

  #moveTo(index: number, isForward: boolean): StepResult {
    this.#isForward = isForward;
    this.#index = index;
    return this.#show();
  }

  #show(): StepResult {
    this.#isWaiting = false;
    this.#isLoaded = false;
    this.#scratch.fill(0xee);
    if (this.#random?.chance(1 / 3)) {
      this.#isWaiting = true;
      return NEEDS_BLOCK;
    }
    const each = this.#entries[this.#index];
    if (each === undefined) return EXHAUSTED;
    const isLong = each.key.length > 200;
    this.key = isLong ? each.key : this.#scratch;
    this.keyStart = isLong ? 0 : 7;
    this.keyEnd = this.keyStart + each.key.length;
    if (!isLong) this.#scratch.set(each.key, 7);
    this.sequence = sequenceNumber(each.sequence);
    this.type = each.type;
    this.value = each.value;
    this.valueStart = 0;
    this.valueEnd = each.value.length;
    return READY;
  }
}
