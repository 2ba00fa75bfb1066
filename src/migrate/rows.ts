/**
 * The entries of a keyspace at one place of the commits of a database.
 *
 * Owns: the way from the rows of a store to keys as their user has encoded them, values and times. Entries of a verifiable
 * keyspace come in the order in which they were added, so that the copy has the same root.
 *
 * Suspension: everything here suspends for blocks.
 */
import type { AppendOnlyRows } from '../append-only/append-only-rows.ts';
import { keyInLeaf } from '../append-only/tree-records.ts';
import { CorruptionError } from '../base/errors.ts';
import { EXPIRING_VALUE } from '../base/value-type.ts';
import { copyRange, describeKey, keySuccessor } from '../bytes/bytes.ts';
import { EXPIRY_SIZE_BYTES, expiryIn, NEVER } from '../bytes/expiry.ts';
import type { BoundedRange } from '../bytes/key-range.ts';
import { keyspaceHead, keyspaceRange } from '../bytes/keyspace-number.ts';
import { type InternalIterator, NEEDS_BLOCK, READY } from '../iterator/internal-iterator.ts';
import type { StoreView } from '../store/contract.ts';
import { eachEntry, lotOf, valueNowOrLater, type WalkContext } from '../txn/view-reads.ts';
import type { TransferEntry } from './tally.ts';

/** How much moves together. */
export interface LotSizes {
  /** Entries of a lot. */
  readonly countMax: number;
  /** Bytes of keys and values after which a lot ends. It has one entry at least, if there is any. */
  readonly sizeBytes: number;
  /** Lots that are copied from one snapshot. */
  readonly perRound: number;
}

export const LOT_SIZES: LotSizes = { countMax: 500, sizeBytes: 1024 * 1024, perRound: 20 };

/** Entries that are read together. */
export interface Lot {
  readonly entries: readonly TransferEntry[];
  /** True: nothing follows. */
  readonly isLast: boolean;
}

/** Hands each entry of a keyspace to `take`. */
export function eachRow(
  number: number,
  context: WalkContext,
  take: (entry: TransferEntry) => void,
): Promise<void> {
  const headSize = keyspaceHead(number).length;
  return eachEntry(keyspaceRange(number), context, (cursor) => take(entryAt(cursor, headSize)));
}

/** The entries behind a key, in the order of keys; undefined: from the first one on. */
export async function lotAfter(
  view: StoreView,
  number: number,
  after: Uint8Array | undefined,
  sizes: LotSizes,
): Promise<Lot> {
  const head = keyspaceHead(number);
  const { start, end } = keyspaceRange(number);
  const from = after === undefined ? start : keySuccessor(Buffer.concat([head, after]));
  return sizedLot(view, { start: from, end }, head.length, sizes);
}

async function sizedLot(
  view: StoreView,
  { start, end }: BoundedRange,
  headSize: number,
  sizes: LotSizes,
): Promise<Lot> {
  const entries: TransferEntry[] = [];
  let sizeBytes = 0;
  const { cursor, close } = view.scan({ lower: start, upper: end });
  try {
    let status = cursor.seekAtLeast(start);
    for (;;) {
      while (status === NEEDS_BLOCK) {
        await cursor.load();
        status = cursor.resume();
      }
      if (status !== READY) return { entries, isLast: true };
      const entry = entryAt(cursor, headSize);
      entries.push(entry);
      sizeBytes += entry.key.length + entry.value.length;
      if (entries.length >= sizes.countMax || sizeBytes >= sizes.sizeBytes) {
        return { entries, isLast: false };
      }
      status = cursor.next();
    }
  } finally {
    close();
  }
}

/** The entries of a verifiable keyspace behind the first `leafCount`, in the order in which they were added. */
export async function lotInOrder(
  view: StoreView,
  rows: AppendOnlyRows,
  leafCount: number,
  sizes: LotSizes,
): Promise<Lot> {
  const { tree } = rows;
  if (tree === undefined) return { entries: [], isLast: true };
  const range = { start: tree.node(0, leafCount), end: tree.leaves.end };
  const keys = await lotOf(view, range, sizes.countMax, ({ value, valueStart, valueEnd }) =>
    keyInLeaf(copyRange(value, valueStart, valueEnd)),
  );
  const entries: TransferEntry[] = [];
  let sizeBytes = 0;
  for (const key of keys) {
    const value = await valueNowOrLater(view, rows.treeKeyOf(key));
    if (value === undefined) {
      throw new CorruptionError(`Entry of a Merkle tree is missing: key=${describeKey(key)}`);
    }
    entries.push({ key, value, expiresAt: NEVER });
    sizeBytes += key.length + value.length;
    if (sizeBytes >= sizes.sizeBytes && entries.length < keys.length) {
      return { entries, isLast: false };
    }
  }
  return { entries, isLast: keys.length < sizes.countMax };
}

function entryAt(cursor: InternalIterator, headSize: number): TransferEntry {
  const { key, keyStart, keyEnd, value, valueStart, valueEnd } = cursor;
  const isExpiring = cursor.type === EXPIRING_VALUE;
  return {
    key: copyRange(key, keyStart + headSize, keyEnd),
    value: copyRange(value, valueStart, valueEnd),
    // What a view shows of an entry that expires begins behind its time.
    expiresAt: isExpiring ? expiryIn(value, valueStart - EXPIRY_SIZE_BYTES, valueEnd) : NEVER,
  };
}
