/**
 * The entries of a database, for an export.
 *
 * Owns: that all of it is as of one snapshot, and when each entry expires.
 *
 * Invariants:
 *   database-source/one-moment: keyspaces are read at one snapshot, whatever is written meanwhile.
 *
 * Suspension: the stream suspends for blocks, as a scan does.
 */
import { randomUUID } from 'node:crypto';

import type { Snapshot } from '../../api/snapshot.ts';
import { bytesKeyspace, transferKeyspaceOf } from '../../migrate/keyspace-copy.ts';
import { Tally, type TransferEntry } from '../../migrate/tally.ts';
import type { BytesDatabase, BytesKeyspace } from '../open-database.ts';
import { UsageError } from '../../programs/outcome.ts';
import {
  EntryChunk,
  IMPORT_KEYSPACE,
  type TransferHeader,
  type TransferItem,
  TRANSFER_VERSION,
} from './items.ts';

/** A keyspace that is whole in an export. */
export interface ExportedKeyspace {
  readonly name: string;
  readonly entryCount: number;
  readonly checksum: string;
}

/** How far an export has come. */
export interface ExportPlace {
  /** Keyspaces that are whole. */
  readonly done: readonly ExportedKeyspace[];
  /** Entries of these. */
  readonly doneCount: number;
  /** The keyspace that is begun, what was written of it, and its last key; undefined between two. */
  readonly begun:
    | { readonly name: string; readonly tally: Tally; readonly lastKey: Uint8Array | undefined }
    | undefined;
}

export const AT_THE_BEGINNING: ExportPlace = { done: [], doneCount: 0, begun: undefined };

/** The header of an export of all keyspaces, or of one, as of `snapshot`. Throws UsageError when there is none of that name. */
export async function headerOf(
  db: BytesDatabase,
  snapshot: Snapshot,
  only: string | undefined,
): Promise<TransferHeader> {
  const infos = (await db.keyspaces()).filter(({ name }) => name !== IMPORT_KEYSPACE);
  const chosen = only === undefined ? infos : infos.filter(({ name }) => name === only);
  if (chosen.length === 0) throw new UsageError(`No such keyspace: '${only}'`);
  return {
    version: TRANSFER_VERSION,
    id: randomUUID(),
    databaseId: db.stats().databaseId,
    sequence: snapshot.sequence,
    keyspaces: chosen.map(transferKeyspaceOf),
  };
}

/** Everything after the header, from `place` on, as of `snapshot`. */
export async function* exportItems(
  db: BytesDatabase,
  snapshot: Snapshot,
  header: TransferHeader,
  place: ExportPlace,
): AsyncGenerator<TransferItem, void> {
  let entryCount = place.doneCount;
  for (const keyspace of header.keyspaces) {
    const { name } = keyspace;
    if (place.done.some((each) => each.name === name)) continue;
    const isBegun = place.begun?.name === name;
    const tally = isBegun ? place.begun.tally : new Tally();
    if (!isBegun) yield { kind: 'keyspace', keyspace };
    const handle = await bytesKeyspace(db, name);
    const after = isBegun ? place.begun.lastKey : undefined;
    for await (const entries of chunksOf(handle, snapshot, after)) {
      for (const entry of entries) tally.add(entry);
      yield { kind: 'entries', entries };
    }
    entryCount += tally.count;
    yield { kind: 'end', name, entryCount: tally.count, checksum: tally.checksum };
  }
  yield { kind: 'done', keyspaceCount: header.keyspaces.length, entryCount };
}

/** The entries as of a snapshot, in chunks of bounded size; those after a key. */
export async function* chunksOf(
  keyspace: BytesKeyspace,
  snapshot: Snapshot,
  after?: Uint8Array,
): AsyncGenerator<readonly TransferEntry[], void> {
  const chunk = new EntryChunk();
  const range = after === undefined ? {} : { gt: after };
  for await (const [key, value] of keyspace.entries({ ...range, snapshot })) {
    chunk.add({ key, value, expiresAt: Infinity });
    if (chunk.isFull) yield withExpiry(chunk.takeEntries(), keyspace, snapshot);
  }
  if (!chunk.isEmpty) yield withExpiry(chunk.takeEntries(), keyspace, snapshot);
}

/** A scan does not tell when entries expire. One that has expired since the scan met it is left out. */
async function withExpiry(
  entries: readonly TransferEntry[],
  keyspace: BytesKeyspace,
  snapshot: Snapshot,
): Promise<readonly TransferEntry[]> {
  const times = await Promise.all(entries.map(({ key }) => keyspace.expiresAt(key, { snapshot })));
  return entries.flatMap(({ key, value }, index) => {
    const expiresAt = times[index];
    return expiresAt === undefined ? [] : [{ key, value, expiresAt }];
  });
}

/** The tally of a keyspace as it is now. */
export async function tallyOf(db: BytesDatabase, name: string): Promise<Tally> {
  const tally = new Tally();
  const snapshot = db.snapshot();
  try {
    for await (const entries of chunksOf(await bytesKeyspace(db, name), snapshot)) {
      for (const entry of entries) tally.add(entry);
    }
  } finally {
    snapshot.close();
  }
  return tally;
}
