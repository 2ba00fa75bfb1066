/**
 * The Merkle trees of a database that is repaired.
 *
 * Owns: which of them are built anew: those that do not fit their entries. A tree that fits stays as it is, and so does its
 * root.
 *
 * Suspension: suspends for blocks and commits.
 */
import type { AppendOnlyRows } from '../append-only/append-only-rows.ts';
import { checkTree } from '../append-only/tree-check.ts';
import { rebuildTree } from '../append-only/tree-rebuild.ts';
import type { TreeKeys } from '../append-only/tree-records.ts';
import { CorruptionError } from '../base/errors.ts';
import type { Database } from './database.ts';
import { spaceOf } from './keyspace.ts';
import type { Session } from './session.ts';

/** Builds the trees anew that do not fit. Resolves with a note for each. */
export async function repairLedgers(
  db: Database<unknown, unknown>,
  check: () => void,
): Promise<string[]> {
  const session = spaceOf(db)?.share as Session; // the share of an open database is its session
  const notes: string[] = [];
  for (const { entry, rows } of session.keyspaces.verifiable()) {
    const { tree } = rows;
    if (tree === undefined || (await fits(session, { rows, tree }, check))) continue;
    const { size, lostCount, unplacedCount } = await rebuildTree(session.store, rows, tree, check);
    notes.push(
      `Merkle tree was built anew, so that an earlier root may be none of it: keyspace=${entry.name} ` +
        `entries=${size} lost=${lostCount} unplaced=${unplacedCount}`,
    );
  }
  return notes;
}

async function fits(
  { store, turns }: Session,
  { rows, tree }: { readonly rows: AppendOnlyRows; readonly tree: TreeKeys },
  check: () => void,
): Promise<boolean> {
  const place = store.snapshot();
  const view = place.view();
  view.hold();
  let problemCount = 0;
  try {
    await checkTree(rows, tree, { view, turns, check, report: () => problemCount++ });
  } catch (error) {
    if (!(error instanceof CorruptionError)) throw error;
    return false;
  } finally {
    view.release();
    place.close();
  }
  return problemCount === 0;
}
