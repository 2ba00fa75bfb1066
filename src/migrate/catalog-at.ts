/**
 * The keyspaces of a database at one place of its commits, and whether another end can hold them.
 *
 * Owns: which keyspaces move, and the refusal of what the target has no room for. A keyspace in which another copy keeps its
 * place does not move.
 *
 * Suspension: what reads suspends; `digestOf` and `mustBeHeld` are synchronous.
 */
import { createHash } from 'node:crypto';
import { type CatalogRecord, CATALOG_RANGE, decodeRecord, numberIn } from '../api/catalog.ts';
import { DEFAULT_NAME } from '../api/keyspace-checks.ts';
import { type KeyspaceInfo, keyspaceInfoOf } from '../api/keyspace-info.ts';
import { InvalidArgumentError, NotReadyError, UnsupportedError } from '../base/errors.ts';
import { copyRange, describeKey } from '../bytes/bytes.ts';
import { EXPIRY_SIZE_BYTES } from '../bytes/expiry.ts';
import {
  DEFAULT_KEYSPACE,
  KEYSPACE_HEAD_SIZE_BYTES_MAX,
  SYSTEM_KEYSPACE,
} from '../bytes/keyspace-number.ts';
import type { BackendCapabilities } from '../remote/backend.ts';
import { TYPE_SIZE_BYTES } from '../remote/remote-records.ts';
import { eachEntry, type WalkContext } from '../txn/view-reads.ts';
import { transferKeyspaceOf, type TransferKeyspace } from './keyspace-copy.ts';
import { PLACE_KEYSPACE, PLACE_SIZE_BYTES_MAX } from './place.ts';
import { eachRow } from './rows.ts';

/** Where an import keeps its place (cli/transfer/items.ts). */
const IMPORT_KEYSPACE = 'varve.import';

/** A keyspace, with its number in this database. */
export interface KnownKeyspace {
  readonly number: number;
  readonly record: CatalogRecord;
}

const NO_TABLES = { tableCount: 0, sizeBytes: 0, entryCount: 0 };

/** All keyspaces that are there, the database's own keys first, then by number. */
export async function catalogAt(context: WalkContext): Promise<readonly KnownKeyspace[]> {
  const found: KnownKeyspace[] = [{ number: DEFAULT_KEYSPACE, record: { name: DEFAULT_NAME } }];
  await eachEntry(CATALOG_RANGE, context, (cursor) => {
    const number = numberIn(copyRange(cursor.key, cursor.keyStart, cursor.keyEnd));
    if (number === SYSTEM_KEYSPACE) return;
    const value = copyRange(cursor.value, cursor.valueStart, cursor.valueEnd);
    const record = decodeRecord(number, value);
    if (record.isDropped !== true && record.name !== IMPORT_KEYSPACE)
      found.push({ number, record });
  });
  return found;
}

/** Changes with any of the keyspaces. */
export function digestOf(catalog: readonly KnownKeyspace[]): string {
  return createHash('sha256').update(JSON.stringify(catalog)).digest('hex');
}

export function infoOf({ number, record }: KnownKeyspace): KeyspaceInfo {
  return keyspaceInfoOf(number, record, () => NO_TABLES);
}

/** What of a keyspace moves beside its entries. */
export function copyOf(keyspace: KnownKeyspace): TransferKeyspace {
  return transferKeyspaceOf(infoOf(keyspace));
}

/**
 * Throws for what cannot move, and names it: InvalidArgumentError for a source that is a target itself, NotReadyError for
 * an index that is being built, UnsupportedError for what servers do not hold.
 */
export function mustBeHeld(
  catalog: readonly KnownKeyspace[],
  limits: BackendCapabilities | undefined,
): void {
  for (const { record } of catalog) {
    if (record.name === PLACE_KEYSPACE) {
      throw new InvalidArgumentError(
        'Source is the target of a migration that did not end: finish that one first',
      );
    }
    for (const [index, { isBuilding }] of Object.entries(record.indexes ?? {})) {
      if (isBuilding !== true) continue;
      throw new NotReadyError(
        `Index of the source is still being built: keyspace=${record.name} index=${index}; wait for ` +
          'ready(), or drop it',
      );
    }
  }
  if (limits === undefined) return;
  const appendOnly = catalog.filter(({ record }) => record.mode === 'append-only');
  if (appendOnly.length === 0) return;
  throw new UnsupportedError(
    `Append-only keyspaces need a database in a directory, and cannot move to servers: keyspaces=` +
      appendOnly.map(({ record }) => record.name).join(','),
  );
}

/** Rejects with UnsupportedError for the first entry that is too large for the servers. */
export async function mustFit(
  catalog: readonly KnownKeyspace[],
  limits: BackendCapabilities,
  context: WalkContext,
): Promise<void> {
  for (const { number, record } of catalog) {
    await eachRow(number, context, ({ key, value }) => tooLarge(record.name, key, value, limits));
  }
}

/** Throws UnsupportedError for an entry that is too large. */
export function tooLarge(
  keyspace: string,
  key: Uint8Array,
  value: Uint8Array,
  limits: BackendCapabilities,
): void {
  const keySize = key.length + KEYSPACE_HEAD_SIZE_BYTES_MAX;
  const valueSize = value.length + TYPE_SIZE_BYTES + EXPIRY_SIZE_BYTES;
  const commitSize = keySize + valueSize + keySize * 2 + PLACE_SIZE_BYTES_MAX;
  const found = [
    ['key', keySize, limits.keySizeBytesMax],
    ['value', valueSize, limits.valueSizeBytesMax],
    ['commit', commitSize, limits.commitSizeBytesMax],
  ] as const;
  for (const [what, size, max] of found) {
    if (size <= max) continue;
    throw new UnsupportedError(
      `Entry is too large for the target: keyspace=${keyspace} key=${describeKey(key)} ${what} size=${size} max=${max}`,
    );
  }
}
