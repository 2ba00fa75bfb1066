/**
 * The tree for the page: its levels with their tables, and the logs.
 *
 * Owns: the keys that bound a table, each by the name and the encoding of its keyspace.
 *
 * Suspension: `treeOf` suspends for the manifest and the catalog.
 */
import { spaceOf } from '../api/keyspace.ts';
import { splitTreeKey, SYSTEM_KEYSPACE } from '../bytes/keyspace-number.ts';
import type { Tree } from '../inspect/read-tree.ts';
import type { FileMetadata } from '../version/file-metadata.ts';
import { type BytesDatabase, openKeyspace } from './entries.ts';
import { type Shown, shownBytes } from './shown.ts';
import type { TextForm } from '../text/text-form.ts';

/** Tables of one level that are sent; the page says how many more there are. */
const TABLE_COUNT_MAX = 400;
const KEY_SIZE_BYTES_MAX = 120;

interface NamedKeyspace {
  readonly name: string;
  readonly form: TextForm;
}

export interface ShownBound {
  readonly keyspace: string;
  readonly key: Shown;
}

export async function treeOf(db: BytesDatabase, { version, logs }: Tree): Promise<object> {
  const names = await keyspaceNames(db);
  const levels = version.levels.map((files, level) => ({
    level,
    tableCount: files.length,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    entryCount: files.reduce((sum, file) => sum + file.entryCount, 0),
    deletionCount: files.reduce((sum, file) => sum + file.deletionCount, 0),
    tables: files.slice(0, TABLE_COUNT_MAX).map((file) => tableOf(file, names)),
  }));
  return { levels, logs, sizeBytes: version.sizeBytes, tableCount: version.fileCount };
}

function tableOf(file: FileMetadata, names: ReadonlyMap<number, NamedKeyspace>): object {
  return {
    number: file.number,
    sizeBytes: file.sizeBytes,
    entryCount: file.entryCount,
    deletionCount: file.deletionCount,
    rangeTombstoneCount: file.rangeTombstoneCount,
    smallestSequence: file.smallestSequence,
    largestSequence: file.largestSequence,
    first: boundOf(file.smallest, names),
    last: boundOf(file.largest, names),
    isLastExclusive: file.isLargestExclusive,
  };
}

function boundOf(treeKey: Uint8Array, names: ReadonlyMap<number, NamedKeyspace>): ShownBound {
  const { keyspace, userKey } = splitTreeKey(treeKey);
  const named = names.get(keyspace);
  const form = named?.form ?? (keyspace === SYSTEM_KEYSPACE ? 'hex' : 'utf8');
  const name = named?.name ?? (keyspace === SYSTEM_KEYSPACE ? 'system' : `#${keyspace}`);
  return { keyspace: name, key: shownBytes(userKey, form, KEY_SIZE_BYTES_MAX) };
}

/** By the numbers with which their keys begin. An index has a number too, and no name here. */
async function keyspaceNames(db: BytesDatabase): Promise<Map<number, NamedKeyspace>> {
  const names = new Map<number, NamedKeyspace>();
  for (const { name } of await db.keyspaces()) {
    const { keyspace, forms } = await openKeyspace(db, name, null);
    const space = spaceOf(keyspace);
    if (space !== undefined) names.set(space.entry.number, { name, form: forms.key });
  }
  return names;
}
