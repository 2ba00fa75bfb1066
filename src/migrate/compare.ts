/**
 * The comparison at the end of a migration.
 *
 * Owns: that both ends are read again, each at one place: counts and checksums of every keyspace, the roots of ledgers, and
 * the indexes of the target against their rows.
 *
 * Suspension: suspends for blocks.
 */
import { AppendOnlyRows } from '../append-only/append-only-rows.ts';
import { equalBytes } from '../bytes/bytes.ts';
import type { StoreView } from '../store/contract.ts';
import { valueNowOrLater, type WalkContext } from '../txn/view-reads.ts';
import type { KnownKeyspace } from './catalog-at.ts';
import { eachRow } from './rows.ts';
import { Tally } from './tally.ts';

/** A keyspace that was moved, at both ends. */
export interface MigratedKeyspace {
  /** `default` for the keys of the database itself. */
  readonly name: string;
  /** Entries of the source. */
  readonly entryCount: number;
  /** Their checksum, as `varve export` tells it: sixteen hexadecimal digits. */
  readonly checksum: string;
  /** Entries of the target. */
  readonly targetEntryCount: number;
  /** Their checksum. */
  readonly targetChecksum: string;
  /** False when counts, checksums or the roots of a ledger differ. What has expired meanwhile does not count. */
  readonly isEqual: boolean;
}

/** One end of the comparison. */
export interface ComparedEnd {
  readonly view: StoreView;
  readonly catalog: readonly KnownKeyspace[];
}

export async function compareEnds(
  source: ComparedEnd,
  target: ComparedEnd,
  context: Omit<WalkContext, 'view'> & { readonly nowMs: () => number },
): Promise<MigratedKeyspace[]> {
  const compared: MigratedKeyspace[] = [];
  for (const keyspace of source.catalog) {
    const { name } = keyspace.record;
    const other = target.catalog.find(({ record }) => record.name === name);
    const ours = await tallyAt(source.view, keyspace.number, context);
    const theirs =
      other === undefined ? new Tally() : await tallyAt(target.view, other.number, context);
    const isEqual =
      other !== undefined &&
      ours.matches(theirs, context.nowMs()) &&
      (await haveSameRoot([source.view, keyspace], [target.view, other]));
    compared.push({
      name,
      entryCount: ours.count,
      checksum: ours.checksum,
      targetEntryCount: theirs.count,
      targetChecksum: theirs.checksum,
      isEqual,
    });
  }
  return compared;
}

async function tallyAt(
  view: StoreView,
  number: number,
  context: Omit<WalkContext, 'view'>,
): Promise<Tally> {
  const tally = new Tally();
  await eachRow(number, { ...context, view }, (entry) => tally.add(entry));
  return tally;
}

async function haveSameRoot(
  ...ends: readonly (readonly [StoreView, KnownKeyspace])[]
): Promise<boolean> {
  const [ours, theirs] = await Promise.all(ends.map(([view, keyspace]) => rootAt(view, keyspace)));
  if (ours === undefined || theirs === undefined) return ours === theirs;
  return equalBytes(ours, theirs);
}

async function rootAt(
  view: StoreView,
  { number, record }: KnownKeyspace,
): Promise<Uint8Array | undefined> {
  const { tree } = new AppendOnlyRows(number, record.tree);
  return tree && valueNowOrLater(view, tree.head);
}
