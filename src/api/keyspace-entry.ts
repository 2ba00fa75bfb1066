/**
 * The entry of a keyspace, as its record in the catalog says.
 *
 * Owns: how a record becomes what the handles of a keyspace share, its indexes among that, and what a commit adds when an
 * index comes or goes.
 *
 * Suspension: everything here is synchronous.
 */
import { AppendOnlyRows } from '../append-only/append-only-rows.ts';
import { DELETION, RANGE_DELETION, VALUE } from '../base/value-type.ts';
import type { CommitBatch } from '../batch/commit-batch.ts';
import { EMPTY_SLICE, sliceOf } from '../bytes/bytes.ts';
import { NEVER } from '../bytes/expiry.ts';
import { keyspaceRange } from '../bytes/keyspace-number.ts';
import { buildKey } from '../indexes/index-build.ts';
import { type IndexDefinition, type IndexRecords, mustBeSame } from '../indexes/index-record.ts';
import {
  IndexedRows,
  type IndexFunction,
  LiveIndex,
  type RowDecoder,
} from '../indexes/live-index.ts';
import { type CatalogRecord, catalogKey, encodeRecord } from './catalog.ts';
import { isBuiltIn, recordedCodec } from './encoding.ts';
import { type KeyspaceEntry, placeOf } from './space.ts';
import { Translator } from './translator.ts';

type RecordedNames = { readonly [N in 'keyEncoding' | 'valueEncoding']?: string | undefined };

/** What the handles of a keyspace share, by its record. */
export function newEntry(number: number, record: CatalogRecord): KeyspaceEntry {
  const { name, isDropped = false } = record;
  const entry: KeyspaceEntry = {
    number,
    name,
    isDropped,
    ttlMs: lifeOf(record),
    indexed: undefined,
    appendOnly: record.mode === undefined ? undefined : new AppendOnlyRows(number, record.tree),
    space: undefined,
  };
  setIndexes(entry, record);
  return entry;
}

/** What the catalog keeps of an index whose tables are not gone yet. */
export const DROPPED_INDEX: CatalogRecord = { name: 'index', isDropped: true };

/** Adds that an index is dropped, with all its entries. */
export function hideIndex(batch: CommitBatch, number: number): void {
  const { start, end } = keyspaceRange(number);
  batch.add(VALUE, sliceOf(catalogKey(number)), sliceOf(encodeRecord(DROPPED_INDEX)));
  batch.add(RANGE_DELETION, sliceOf(start), sliceOf(end));
  batch.add(DELETION, sliceOf(buildKey(number)), EMPTY_SLICE);
}

/** The indexes that writes to the keyspace keep from now on; those that stay go on as they are. */
export function setIndexes(
  entry: KeyspaceEntry,
  record: CatalogRecord,
  functions: ReadonlyMap<string, IndexFunction> = new Map(),
): void {
  const before = entry.indexed;
  const indexes = Object.entries(record.indexes ?? {}).map(([name, index]) => {
    const known = before?.get(name);
    if (known?.number !== index.number) {
      return new LiveIndex(name, index, functions.get(name));
    }
    known.isBuilding = index.isBuilding === true;
    return known;
  });
  if (indexes.length === 0) entry.indexed = undefined;
  else if (before === undefined) {
    const translator = entry.space?.translator;
    const isAsRecorded = translator?.valueEncoding === record.valueEncoding;
    const decoder = isAsRecorded ? translator : recordedDecoder(entry.number, record);
    entry.indexed = new IndexedRows(entry.number, indexes, decoder);
  } else before.indexes = indexes;
}

/** Indexes that another process has built since are read by what comes after the commit at `sequence`, or with it. */
export function markReady(
  { indexed }: KeyspaceEntry,
  readyBefore: ReadonlySet<LiveIndex>,
  sequence: number,
): void {
  for (const index of indexed?.indexes ?? []) {
    if (!index.isBuilding && !readyBefore.has(index)) index.readyAt = sequence;
  }
}

/** The records with those that are asked for and not there yet, which get numbers. Throws InvalidArgumentError. */
export function numbered(
  recorded: IndexRecords,
  asked: Readonly<Record<string, IndexDefinition>>,
  firstNumber: number,
  isBuilding: boolean,
): { readonly records: IndexRecords; readonly nextNumber: number } {
  const records = new Map(Object.entries(recorded)); // a name may be that of an inherited property
  let nextNumber = firstNumber;
  for (const [name, definition] of Object.entries(asked)) {
    const known = records.get(name);
    if (known !== undefined) mustBeSame(name, known, definition);
    else {
      const number = nextNumber++;
      records.set(name, { ...definition, number, ...(isBuilding && { isBuilding }) });
    }
  }
  return { records: Object.fromEntries(records), nextNumber };
}

export function withIndexes(indexes: IndexRecords): Pick<CatalogRecord, 'indexes'> {
  return Object.keys(indexes).length === 0 ? {} : { indexes };
}

/** How rows are decoded by the record alone; undefined for an encoding of the program's own. */
function recordedDecoder(number: number, record: CatalogRecord): RowDecoder | undefined {
  return isBuiltIn(record.valueEncoding) ? recordedTranslator(number, record) : undefined;
}

/** A translator by the record alone: of bytes for an encoding of the program's own, and for none. */
export function recordedTranslator(
  number: number,
  { keyEncoding, valueEncoding }: RecordedNames,
): Translator<unknown, unknown> {
  const codecs = { key: recordedCodec(keyEncoding), value: recordedCodec(valueEncoding) };
  return new Translator(codecs.key, codecs.value, placeOf(number), () => undefined);
}

/** How long entries live that say nothing of it: milliseconds, or NEVER. */
export function lifeOf({ ttlMs = 0 }: CatalogRecord): number {
  return ttlMs === 0 ? NEVER : ttlMs;
}
