/**
 * Entries of a LevelDB directory and of an LMDB environment.
 *
 * Owns: how each is opened, what its keys and values are in bytes, and the last key as a position. Both engines keep
 * their keys in the order of their bytes.
 *
 * LMDB is opened for reading alone. LevelDB has no such mode: opening recovers its log, as any open of it does.
 *
 * Suspension: the streams suspend for each chunk.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import { equalBytes } from '../../bytes/bytes.ts';
import { type Tuple, TupleEncoder } from '../../bytes/tuple.ts';
import { UsageError } from '../../programs/outcome.ts';
import {
  type ImportSource,
  keyspaceSaid,
  loadPackage,
  type SaidOfEntries,
} from './import-source.ts';
import { CHUNK_COUNT_MAX, EntryChunk, type PlacedItem, type Position } from './items.ts';

interface LevelPackage {
  readonly ClassicLevel: new (path: string, options: object) => LevelDatabase;
}

interface LevelDatabase {
  open(): Promise<void>;
  close(): Promise<void>;
  iterator(range: object): AsyncIterable<[Uint8Array, Uint8Array]>;
}

/** The entries of a directory of `level` or `classic-level`. */
export async function levelSource(path: string, said: SaidOfEntries): Promise<ImportSource> {
  mustExist(path);
  const { ClassicLevel } = await loadPackage<LevelPackage>('classic-level', '--from level');
  const options = { createIfMissing: false, keyEncoding: 'view', valueEncoding: 'view' };
  const db = new ClassicLevel(path, options);
  await opened('LevelDB', path, () => db.open());
  const { into, keys = 'bytes', values = 'bytes' } = said;
  return {
    name: path,
    fingerprint: `level:${resolve(path)}`,
    hasEnds: false,
    keyspaces: [keyspaceSaid(into, keys, values)],
    items: (from) => placed(db.iterator(from === undefined ? {} : { gt: keyAt(from) })),
    close: () => db.close(),
  };
}

interface LmdbPackage {
  open(options: object): LmdbDatabase;
  bufferToKeyValue(bytes: Uint8Array): unknown;
}

interface LmdbDatabase {
  openDB(options: object): LmdbDatabase;
  getRange(range: object): Iterable<{ readonly key: Uint8Array; readonly value: unknown }>;
  close(): Promise<void>;
}

/** The entries of one database in an LMDB environment, which `--table` names; of its root without. */
export async function lmdbSource(path: string, said: SaidOfEntries): Promise<ImportSource> {
  mustExist(path);
  const [table, ...others] = said.tables;
  if (others.length > 0) throw new UsageError('--from lmdb takes one --table at a time');
  const lmdb = await loadPackage<LmdbPackage>('lmdb', '--from lmdb');
  const { into, keys = 'bytes', values = 'bytes' } = said;
  const options = { keyEncoding: 'binary', encoding: values === 'json' ? 'msgpack' : 'binary' };
  const root = await opened('LMDB', path, () =>
    lmdb.open({ path, readOnly: true, maxDbs: 64, ...options }),
  );
  const db =
    table === undefined
      ? root
      : await opened('LMDB', path, () => root.openDB({ name: table, ...options }));
  const tuples = new TupleEncoder();
  const keyOf = (key: Uint8Array): Uint8Array => {
    if (keys === 'bytes') return key;
    const value = lmdb.bufferToKeyValue(key);
    if (keys === 'text') return Buffer.from(mustBeText(value), 'utf8');
    return Uint8Array.from(tuples.encode((Array.isArray(value) ? value : [value]) as Tuple));
  };
  const valueOf = (value: unknown): Uint8Array =>
    values === 'json' ? Buffer.from(JSON.stringify(value), 'utf8') : (value as Uint8Array);
  return {
    name: path,
    fingerprint: `lmdb:${resolve(path)}:${table ?? ''}`,
    hasEnds: false,
    keyspaces: [keyspaceSaid(into, keys, values)],
    items: (from) => placed(lmdbEntries(db, from), keyOf, valueOf),
    close: () => root.close(),
  };
}

/** All entries, by ranges of bounded length: an open range would hold back the pages of newer commits. */
function* lmdbEntries(db: LmdbDatabase, from: Position): Generator<[Uint8Array, unknown]> {
  let last = from === undefined ? undefined : keyAt(from);
  for (;;) {
    let count = 0;
    const start = last === undefined ? {} : { start: last };
    const previous = last;
    for (const { key, value } of db.getRange({ ...start, limit: CHUNK_COUNT_MAX })) {
      count++;
      if (previous !== undefined && equalBytes(previous, key)) continue;
      last = Uint8Array.from(key);
      yield [last, value];
    }
    if (count < CHUNK_COUNT_MAX) return;
  }
}

function mustBeText(key: unknown): string {
  if (typeof key === 'string') return key;
  throw new UsageError('A key of the source is no text: use --keys tuple, or --keys bytes');
}

/** Chunks of entries, with their last key as the position. */
async function* placed<V>(
  entries: AsyncIterable<[Uint8Array, V]> | Iterable<[Uint8Array, V]>,
  keyOf: (key: Uint8Array) => Uint8Array = (key) => key,
  valueOf: (value: V) => Uint8Array = (value) => value as Uint8Array,
): AsyncGenerator<PlacedItem, void> {
  const chunk = new EntryChunk();
  let last: Uint8Array | undefined;
  for await (const [key, value] of entries) {
    chunk.add({ key: keyOf(key), value: valueOf(value), expiresAt: Infinity });
    last = key;
    if (chunk.isFull) yield { item: chunk.take(), position: positionOf(last) };
  }
  if (last !== undefined && !chunk.isEmpty) {
    yield { item: chunk.take(), position: positionOf(last) };
  }
}

const positionOf = (key: Uint8Array): Position => Buffer.from(key).toString('base64');

function keyAt(position: Position): Uint8Array {
  return Buffer.from(String(position), 'base64');
}

export function mustExist(path: string): void {
  if (!existsSync(path)) throw new UsageError(`No such file or directory: '${path}'`);
}

/** What an engine refuses with has its own classes: it becomes a message of this command. */
export async function opened<T>(
  product: string,
  path: string,
  open: () => T | Promise<T>,
): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? `${message}: ${cause.message}` : message;
    throw new UsageError(
      `${product} does not open this as one of its databases: '${path}': ${reason}`,
    );
  }
}
