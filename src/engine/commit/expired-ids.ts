/**
 * Expired ids: commit ids whose time is over.
 *
 * Owns: the search for them in the order of their ages, and a short list of those found that no commit removes yet.
 *
 * Invariants:
 *   expired-ids/never-a-new-one: an id is removed only when, in the step that numbers the removing commit, its record
 *       is still the one that was found. An id that was committed again since loses its old age key alone.
 *   expired-ids/no-step-twice: a search goes on where the last one ended, and starts only when the oldest id that it
 *       left has been over for an eighth of the retention. So it steps over no tombstone that it has made, and over few
 *       keys in vain. It goes back to the start only after a commit that removed ids was refused.
 *
 * Suspension: everything here is synchronous; a block that is not in memory is read synchronously.
 */
import { keySuccessor } from '../../bytes/bytes.ts';
import { AGE_KEYS, ageKeyOf, idKeyOf } from './commit-id-keys.ts';

/** Ids that one search lists at most: a block or two of keys. */
const FOUND_COUNT_MAX = 64;
/** Part of the retention for which the oldest id has been over when a search starts. */
const SEARCH_DELAY_PART = 1 / 8;
/** Operations that remove an id: one for its record, one for its age key. */
const REMOVAL_OPERATION_COUNT = 2;

export interface AgedId {
  readonly ageMs: number;
  readonly id: Uint8Array;
}

/** Reads the newest state, commits in flight included. */
export interface IdIndex {
  /** Calls back for the age keys from `lower` on, in their order, until that returns false. */
  visitFrom(lower: Uint8Array, visit: (found: AgedId) => boolean): void;
  /** The age in the record under an id's key; undefined when there is none. */
  recordedMs(idKey: Uint8Array): number | undefined;
}

/** Operations and bytes that a commit may add for removals. */
export interface Allowance {
  readonly operationCount: number;
  readonly sizeBytes: number;
}

interface Found extends AgedId {
  readonly idKey: Uint8Array;
  readonly ageKey: Uint8Array;
  readonly sizeBytes: number;
}

export class ExpiredIds {
  readonly #index: IdIndex;
  readonly #retentionMs: number;
  #found: Found[] = [];
  #place: Uint8Array = AGE_KEYS.start;
  /** No age key from `#place` on is older. */
  #oldestMs = 0;

  constructor(index: IdIndex, retentionMs: number) {
    this.#index = index;
    this.#retentionMs = retentionMs;
  }

  /** The allowance for removing all ids that have expired now, at most `idCountMax`. */
  allowance(idCountMax: number, nowMs: number): Allowance {
    if (this.#found.length === 0) this.#search(nowMs);
    const count = Math.min(idCountMax, this.#found.length);
    let sizeBytes = 0;
    for (let i = 0; i < count; i++) sizeBytes += this.#found[i]!.sizeBytes; // i < length
    return { operationCount: REMOVAL_OPERATION_COUNT * count, sizeBytes };
  }

  // ATOMIC(expired-ids/never-a-new-one): called in the step that numbers the commit.
  /**
   * The keys of the first ids, to be deleted, as far as the allowance goes. Commits that waited together have
   * allowances for the same ids: the later ones take the next ids.
   */
  take({ operationCount, sizeBytes }: Allowance, nowMs: number): Uint8Array[] {
    const keys: Uint8Array[] = [];
    let takenBytes = 0;
    while (keys.length + REMOVAL_OPERATION_COUNT <= operationCount) {
      if (this.#found.length === 0) this.#search(nowMs);
      const first = this.#found[0];
      if (first === undefined) break;
      takenBytes += first.sizeBytes;
      if (takenBytes > sizeBytes) break;
      this.#found.shift(); // the list is short
      keys.push(first.ageKey);
      if (this.#index.recordedMs(first.idKey) === first.ageMs) keys.push(first.idKey);
    }
    return keys;
  }
  // END ATOMIC

  /** A commit that was to remove ids was refused: they are searched for again. */
  startOver(): void {
    this.#found = [];
    this.#place = AGE_KEYS.start;
    this.#oldestMs = 0;
  }

  #search(nowMs: number): void {
    const limitMs = nowMs - this.#retentionMs;
    if (limitMs < this.#oldestMs + this.#retentionMs * SEARCH_DELAY_PART) return;
    let oldestMs = nowMs; // when none is left: the next is no older
    this.#index.visitFrom(this.#place, ({ ageMs, id }) => {
      if (ageMs >= limitMs || this.#found.length === FOUND_COUNT_MAX) {
        oldestMs = ageMs;
        return false;
      }
      const [idKey, ageKey] = [idKeyOf(id), ageKeyOf(ageMs, id)];
      this.#found.push({ ageMs, id, idKey, ageKey, sizeBytes: idKey.length + ageKey.length });
      return true;
    });
    this.#oldestMs = oldestMs;
    const last = this.#found.at(-1);
    if (last !== undefined) this.#place = keySuccessor(last.ageKey);
  }
}
