/**
 * Entries for the page: of a keyspace and of an index, a page at a time, and one entry with all there is to know of it.
 *
 * Owns: the cursors. That of a keyspace is the last key. That of an index is its last values, and how many entries with
 * these values were shown, since a row is found by values that other rows have too.
 *
 * Invariants:
 *   studio-entries/each-once: pages that follow each other show each entry once, while nothing is written.
 *   studio-entries/bounded: an answer has at most PAGE_COUNT_MAX entries, and the beginnings of their values.
 *
 * Suspension: every function suspends for its reads.
 */
import type { CommitChanges } from '../api/changes.ts';
import type { Database } from '../api/database.ts';
import type { Keyspace } from '../api/keyspace.ts';
import type { RangeOptions } from '../api/ranges.ts';
import type { IndexedEntry, IndexRange } from '../api/secondary-index.ts';
import { bufferOf, compareBytes } from '../bytes/bytes.ts';
import { decodeTuple, type TupleElement, TupleEncoder, tuplePrefixEnd } from '../bytes/tuple.ts';
import { historyStart } from '../inspect/history-start.ts';
import { UsageError } from '../programs/outcome.ts';
import { type BytesForm, type Forms, formsIn, parseBytes } from '../text/text-form.ts';
import { elementsToJson, parseTuple } from '../text/tuple-form.ts';
import { bytesOfId, idOf, type Shown, shownBytes, shownValue } from './shown.ts';

export type BytesKeyspace = Keyspace<Uint8Array, Uint8Array>;
export type BytesDatabase = Database<Uint8Array, Uint8Array>;

/** A keyspace, and how its entries are written. */
export interface OpenKeyspace {
  readonly keyspace: BytesKeyspace;
  readonly forms: Forms;
}

export interface ShownEntry {
  /** The key, for addresses. */
  readonly id: string;
  readonly key: Shown;
  readonly value: Shown;
  /** The values of the index by which it was found. */
  readonly values?: unknown[];
}

export interface EntryPage {
  readonly entries: readonly ShownEntry[];
  /** The cursor of the next page; absent at the end. */
  readonly next?: string;
}

export const PAGE_COUNT_MAX = 200;
const PAGE_COUNT = 50;
/** Of a value in a list. */
const BEGINNING_SIZE_BYTES = 400;
/** Of a value that is looked at by itself. */
const VALUE_SIZE_BYTES_MAX = 256 * 1024;
const KEY_SIZE_BYTES_MAX = 64 * 1024;

/** Commits that a search for versions reads, at most: it ends in a second or so. */
const SEARCHED_COMMIT_COUNT_MAX = 200_000;
/** Versions of a key that are shown, the newest ones. */
const VERSION_COUNT_MAX = 50;

/** Throws InvalidArgumentError when there is none of that name, and UsageError for an unknown form. */
export async function openKeyspace(
  db: BytesDatabase,
  name: string,
  asked: string | null,
): Promise<OpenKeyspace> {
  const keyspace = name === db.name ? db : await db.keyspace(name, { createIfMissing: false });
  const info = (await db.keyspaces()).find((each) => each.name === name);
  const recorded = { keyEncoding: info?.keyEncoding, valueEncoding: info?.valueEncoding };
  return { keyspace, forms: formsIn(recorded, formOf(asked)) };
}

function formOf(asked: string | null): BytesForm {
  if (asked === null || asked === '' || asked === 'utf8') return 'utf8';
  if (asked === 'hex' || asked === 'base64') return asked;
  throw new UsageError(`Form must be utf8, hex or base64: found=${asked}`);
}

function countOf(query: URLSearchParams): number {
  const text = query.get('limit');
  const count = text === null ? PAGE_COUNT : Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= PAGE_COUNT_MAX) return count;
  throw new UsageError(`Limit must be from 1 to ${PAGE_COUNT_MAX}: found=${text}`);
}

/** By `prefix`, `after`, `reverse` and `limit` of the query. */
export async function pageOfEntries(
  { keyspace, forms }: OpenKeyspace,
  query: URLSearchParams,
): Promise<EntryPage> {
  const count = countOf(query);
  const reverse = query.get('reverse') === '1';
  const range = { ...prefixRange(query.get('prefix') ?? '', forms), ...afterRange(query, reverse) };
  const entries: ShownEntry[] = [];
  for await (const [key, value] of keyspace.entries({ ...range, reverse, limit: count + 1 })) {
    entries.push(shownEntry(key, value, forms));
  }
  if (entries.length <= count) return { entries };
  entries.length = count; // one more was read to learn whether there is one
  return { entries, next: entries[count - 1]!.id }; // count is at least 1
}

function prefixRange(text: string, { key }: Forms): RangeOptions<Uint8Array> {
  if (text === '') return {};
  const prefix = parseBytes(text, key);
  return key === 'tuple' ? { gte: prefix, lt: tuplePrefixEnd(prefix) } : { prefix };
}

function afterRange(query: URLSearchParams, reverse: boolean): RangeOptions<Uint8Array> {
  const after = query.get('after');
  if (after === null) return {};
  return reverse ? { lt: bytesOfId(after) } : { gt: bytesOfId(after) };
}

function shownEntry(key: Uint8Array, value: Uint8Array, forms: Forms): ShownEntry {
  return {
    id: idOf(key),
    key: shownBytes(key, forms.key, BEGINNING_SIZE_BYTES),
    value: shownBytes(value, forms.value, BEGINNING_SIZE_BYTES),
  };
}

/** By `prefix`, an array of JSON, and `after`, `reverse`, `limit` of the query. */
export async function pageOfIndex(
  { keyspace, forms }: OpenKeyspace,
  name: string,
  query: URLSearchParams,
): Promise<EntryPage> {
  const count = countOf(query);
  const reverse = query.get('reverse') === '1';
  const cursor = indexCursor(query.get('after'));
  const prefix = query.get('prefix') ?? '';
  const within: IndexRange = prefix === '' ? {} : { prefix: elementsOf(parseTuple(prefix)) };
  const from = cursor === undefined ? {} : { [reverse ? 'lte' : 'gte']: cursor.values };
  const found: IndexedEntry<Uint8Array, Uint8Array>[] = [];
  let skipped = 0;
  for await (const entry of keyspace.index(name).entries({ ...within, ...from, reverse })) {
    if (cursor !== undefined && skipped < cursor.shownCount) {
      skipped++;
      continue;
    }
    found.push(entry);
    if (found.length > count) break;
  }
  const entries = found.slice(0, count).map(({ key, value, values }) => ({
    ...shownEntry(key, value, forms),
    values: elementsToJson(values),
  }));
  if (found.length <= count) return { entries };
  return { entries, next: nextIndexCursor(found.slice(0, count), cursor) };
}

interface IndexCursor {
  readonly values: readonly TupleElement[];
  /** Entries with these values that were shown. */
  readonly shownCount: number;
}

function indexCursor(text: string | null): IndexCursor | undefined {
  if (text === null) return undefined;
  const [, id, digits] = /^([\w-]*)\.(\d{1,12})$/.exec(text) ?? [];
  if (id === undefined) throw new UsageError('Not a cursor of an index');
  return { values: elementsOf(bytesOfId(id)), shownCount: Number(digits) };
}

function nextIndexCursor(
  shown: readonly IndexedEntry<Uint8Array, Uint8Array>[],
  before: IndexCursor | undefined,
): string {
  const encoder = new TupleEncoder();
  const encode = (values: readonly TupleElement[]): Uint8Array =>
    Uint8Array.from(encoder.encode(values));
  const last = encode(shown.at(-1)!.values); // a page that has a next one is not empty
  const isLast = (values: readonly TupleElement[]): boolean =>
    compareBytes(encode(values), last) === 0;
  const ownCount = shown.filter(({ values }) => isLast(values)).length;
  const beforeCount = before !== undefined && isLast(before.values) ? before.shownCount : 0;
  return `${idOf(last)}.${ownCount + beforeCount}`;
}

function elementsOf(bytes: Uint8Array): TupleElement[] {
  try {
    return decodeTuple(bytes, 0, bytes.length);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError('Not a cursor of an index');
    throw error;
  }
}

/** Undefined for a key without a value. */
export async function oneEntry(
  { keyspace, forms }: OpenKeyspace,
  key: Uint8Array,
): Promise<object | undefined> {
  const value = await keyspace.get(key);
  if (value === undefined) return undefined;
  const expiresAt = await keyspace.expiresAt(key);
  return {
    id: idOf(key),
    key: shownBytes(key, forms.key, KEY_SIZE_BYTES_MAX),
    keyHex: bufferOf(key.subarray(0, KEY_SIZE_BYTES_MAX)).toString('hex'),
    value: shownBytes(value, forms.value, VALUE_SIZE_BYTES_MAX),
    ...(expiresAt === undefined || !Number.isFinite(expiresAt) ? {} : { expiresAt }),
  };
}

/** What the history still has of a key, newest first; and whether that is all of the history. */
export async function versionsOf(
  db: BytesDatabase,
  { keyspace, forms }: OpenKeyspace,
  key: Uint8Array,
): Promise<object> {
  const wanted = shownBytes(key, forms.key, KEY_SIZE_BYTES_MAX).text;
  const versions: object[] = [];
  const since = await historyStart(db);
  let commitCount = 0;
  for await (const commit of db.changes({ since, follow: false, in: keyspace })) {
    if (++commitCount > SEARCHED_COMMIT_COUNT_MAX) break;
    versions.push(...versionsIn(commit, key, wanted));
    if (versions.length > VERSION_COUNT_MAX) versions.shift();
  }
  return {
    versions: versions.reverse(),
    isWhole: commitCount <= SEARCHED_COMMIT_COUNT_MAX,
    since,
  };
}

function versionsIn(
  { sequence, time, operations }: CommitChanges,
  key: Uint8Array,
  wanted: string,
): object[] {
  return operations.flatMap((change): object[] => {
    if (change.type === 'delRange') {
      const { type, gteBytes, ltBytes } = change;
      const isAbove = gteBytes === undefined || compareBytes(key, gteBytes) >= 0;
      const isBelow = ltBytes === undefined || compareBytes(key, ltBytes) < 0;
      return isAbove && isBelow ? [{ sequence, time, type }] : [];
    }
    if (shownValue(change.key, KEY_SIZE_BYTES_MAX).text !== wanted) return [];
    const { type } = change;
    if (change.type === 'del') return [{ sequence, time, type }];
    return [{ sequence, time, type, value: shownValue(change.value, BEGINNING_SIZE_BYTES) }];
  });
}
