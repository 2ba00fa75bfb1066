/**
 * Reads of one place in the commit order by whoever keeps or checks what lies beside the entries of a keyspace: its indexes,
 * and the Merkle tree of a ledger.
 *
 * Owns: the loops over entries of a range, and lookups of whole keys. Values are copies.
 *
 * Suspension: `eachEntry` suspends for blocks, and for a turn of the event loop now and then; `lotOf` for blocks; `valueAt`
 * never: it reads a block that is not in memory within the call.
 */
import type { TurnBudget } from '../base/turn-budget.ts';
import { copyRange, sliceOf } from '../bytes/bytes.ts';
import { hashKey } from '../bytes/hash.ts';
import type { BoundedRange } from '../bytes/key-range.ts';
import {
  FOUND,
  type InternalIterator,
  LookupResult,
  NEEDS_BLOCK,
  READY,
} from '../iterator/internal-iterator.ts';
import type { TurnView } from './late-operations.ts';

/** The value of a key, a copy; undefined when there is none. `result` is overwritten. */
export function valueAt(
  view: Pick<TurnView, 'findSync'>,
  key: Uint8Array,
  result: LookupResult = new LookupResult(),
): Uint8Array | undefined {
  if (!view.findSync(sliceOf(key), hashKey(key, 0, key.length), result)) return undefined;
  return valueIn(result);
}

/** The same: at once when it is in memory, and a promise when a block has to be read. `key` stays as it is. */
export function valueNowOrLater(
  view: Pick<TurnView, 'find' | 'findLater'>,
  key: Uint8Array,
  result: LookupResult = new LookupResult(),
): Uint8Array | undefined | Promise<Uint8Array | undefined> {
  const hash = hashKey(key, 0, key.length);
  const status = view.find(sliceOf(key), hash, result);
  if (status === NEEDS_BLOCK) return view.findLater(key, hash, valueIn);
  return status === FOUND ? valueIn(result) : undefined;
}

/** What a walk over entries needs. */
export interface WalkContext {
  /** Held by the caller. */
  readonly view: Pick<TurnView, 'scan'>;
  readonly turns: TurnBudget;
  /** Called after each turn of the event loop; throws to end the walk. */
  readonly check: () => void;
}

/** Hands each entry of a range to `take`, and waits for what that returns. */
export async function eachEntry(
  { start, end }: BoundedRange,
  { view, turns, check }: WalkContext,
  take: (cursor: InternalIterator) => Promise<void> | undefined | void,
): Promise<void> {
  const { cursor, close } = view.scan({ lower: start, upper: end });
  try {
    for (let status = cursor.seekAtLeast(start); ; status = cursor.next()) {
      while (status === NEEDS_BLOCK) {
        await cursor.load();
        status = cursor.resume();
      }
      if (status !== READY) return;
      const waiting = take(cursor);
      if (waiting !== undefined) await waiting;
      if (!turns.spend()) continue;
      await turns.turn();
      check();
    }
  } finally {
    close();
  }
}

/** What `row` makes of the first entries of a range, up to `countMax` of them; fewer only at the end. */
export async function lotOf<T>(
  view: Pick<TurnView, 'scan'>,
  { start, end }: BoundedRange,
  countMax: number,
  row: (cursor: InternalIterator) => T,
): Promise<T[]> {
  const lot: T[] = [];
  const { cursor, close } = view.scan({ lower: start, upper: end });
  try {
    let status = cursor.seekAtLeast(start);
    while (lot.length < countMax) {
      while (status === NEEDS_BLOCK) {
        await cursor.load();
        status = cursor.resume();
      }
      if (status !== READY) break;
      lot.push(row(cursor));
      status = cursor.next();
    }
    return lot;
  } finally {
    close();
  }
}

function valueIn({ value, valueStart, valueEnd }: LookupResult): Uint8Array {
  return copyRange(value, valueStart, valueEnd);
}
