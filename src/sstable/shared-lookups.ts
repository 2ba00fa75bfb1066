/**
 * The indexes and filters of tables that the threads of a process share.
 *
 * Owns: which memory has those of a table. The first thread that opens the table copies both into shared memory, and tells
 * the others through the owner of the database.
 *
 *      thread 1   opens table 7, sends its copy   ->  owner   has none: keeps it, tells thread 2
 *      thread 2   has opened table 7 as well      ->  owner   has one: answers with that of thread 1, which thread 2 takes
 *
 * Invariants:
 *   shared-lookups/first-stays: the owner keeps the first copy that comes for a table. A thread that has another one takes
 *       that of the owner when it hears of it, in its next turn at the latest. So in the end each table has one copy.
 *   shared-lookups/checked-once: the thread that read the file has checked what it copied. Other threads do not check it again.
 *   shared-lookups/bounded: as many copies are kept as tables may be open. The oldest goes first.
 *
 * Suspension: everything here is synchronous.
 */
import type { UnpackedIndex } from './table-index.ts';

/** The index and the filter of a table. In shared memory a structured clone of them is the same memory. */
export interface LookupParts {
  readonly fileNumber: number;
  readonly index: UnpackedIndex;
  readonly filter: { readonly bits: Uint8Array; readonly probeCount: number } | undefined;
}

export type PartsListener = (parts: LookupParts) => void;

export class SharedLookups {
  readonly #countMax: number;
  readonly #parts = new Map<number, LookupParts>();
  readonly #listeners = new Set<PartsListener>();

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  /** Every copy that is kept. */
  get all(): LookupParts[] {
    return [...this.#parts.values()];
  }

  find(fileNumber: number): LookupParts | undefined {
    return this.#parts.get(fileNumber);
  }

  /** `listener` hears of each copy that is added, until the call that is returned. */
  onAdded(listener: PartsListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Keeps the copy unless its table has one, and tells every listener but `from`. Returns the copy that the table has from
   * now on (shared-lookups/first-stays).
   */
  add(parts: LookupParts, from?: PartsListener): LookupParts {
    const known = this.#parts.get(parts.fileNumber);
    if (known !== undefined) return known;
    this.replace(parts);
    for (const listener of this.#listeners) if (listener !== from) listener(parts);
    return parts;
  }

  /** Keeps the copy as that of its table. No listener hears of it. */
  replace(parts: LookupParts): void {
    const { fileNumber } = parts;
    this.#parts.delete(fileNumber);
    this.#parts.set(fileNumber, parts);
    if (this.#parts.size <= this.#countMax) return; // shared-lookups/bounded
    for (const first of this.#parts.keys()) {
      this.#parts.delete(first);
      return;
    }
  }

  /** The table goes. */
  forget(fileNumber: number): void {
    this.#parts.delete(fileNumber);
  }
}

/** A copy in shared memory, in one piece. */
export function sharedParts({ fileNumber, index, filter }: LookupParts): LookupParts {
  const { payload, starts, his, los } = index;
  const bits = filter?.bits ?? new Uint8Array();
  const arrays = [starts, his, los, payload, bits]; // the wider elements first: each array begins where it may
  const memory = new SharedArrayBuffer(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let end = 0;
  const placeOf = ({ byteLength }: ArrayBufferView): number => {
    end += byteLength;
    return end - byteLength;
  };
  const shared = {
    starts: new Float64Array(memory, placeOf(starts), starts.length),
    his: new Int32Array(memory, placeOf(his), his.length),
    los: new Int32Array(memory, placeOf(los), los.length),
    payload: new Uint8Array(memory, placeOf(payload), payload.length),
  };
  shared.starts.set(starts);
  shared.his.set(his);
  shared.los.set(los);
  shared.payload.set(payload);
  const sharedBits = new Uint8Array(memory, placeOf(bits), bits.length);
  sharedBits.set(bits);
  return {
    fileNumber,
    index: shared,
    filter: filter && { bits: sharedBits, probeCount: filter.probeCount },
  };
}
