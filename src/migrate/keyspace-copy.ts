/**
 * A keyspace as it moves from one database to another.
 *
 * Owns: what of a keyspace moves beside its entries, and how it is made again. An index by a function is code, and stays
 * behind.
 *
 * Suspension: what makes or opens a keyspace suspends; the rest is synchronous.
 */
import type { Database } from '../api/database.ts';
import type { EncodingOption } from '../api/encoding-types.ts';
import type { IndexDeclarations } from '../api/index-options.ts';
import type { Keyspace } from '../api/keyspace.ts';
import type { KeyspaceInfo } from '../api/keyspace-info.ts';

/** An index by paths. One by a function is code, and stays behind. */
export interface TransferIndex {
  readonly name: string;
  readonly on: readonly string[];
  readonly unique: boolean;
}

/** A keyspace with what is recorded of it. What is undefined is not recorded. */
export interface TransferKeyspace {
  readonly name: string;
  readonly keyEncoding?: string | undefined;
  readonly valueEncoding?: string | undefined;
  readonly compression?: 'snappy' | 'none' | undefined;
  readonly filterBitsPerKey?: number | undefined;
  readonly ttlMs?: number | undefined;
  /** Absent for a keyspace that is written as usual. */
  readonly mode?: 'append-only' | undefined;
  readonly verifiable?: true | undefined;
  readonly indexes?: readonly TransferIndex[];
  /** Names of indexes by functions, which the program declares again. */
  readonly functionIndexes?: readonly string[];
}

/** What a catalog writes before the name of an encoding that only the program has. */
const OWN_PREFIX = 'custom:';
const BUILT_IN = ['utf8', 'json', 'tuple'];

export function transferKeyspaceOf(info: KeyspaceInfo): TransferKeyspace {
  const { name, keyEncoding, valueEncoding, compression, filterBitsPerKey, ttlMs } = info;
  const indexes: TransferIndex[] = [];
  const functionIndexes: string[] = [];
  for (const index of info.indexes) {
    if (index.on === undefined) functionIndexes.push(index.name);
    else indexes.push({ name: index.name, on: index.on, unique: index.isUnique });
  }
  return {
    name,
    ...(keyEncoding === undefined ? {} : { keyEncoding }),
    ...(valueEncoding === undefined ? {} : { valueEncoding }),
    ...(compression === undefined ? {} : { compression }),
    ...(filterBitsPerKey === undefined ? {} : { filterBitsPerKey }),
    ...(ttlMs === Infinity ? {} : { ttlMs }),
    ...(info.mode === 'append-only' ? { mode: info.mode } : {}),
    ...(info.isVerifiable ? { verifiable: true } : {}),
    ...(indexes.length === 0 ? {} : { indexes }),
    ...(functionIndexes.length === 0 ? {} : { functionIndexes }),
  };
}

/** The encoding of a name that is recorded. One that only the program has is recorded by its name alone. */
export function encodingNamed(name: string | undefined): EncodingOption {
  if (name === undefined) return 'view';
  if (BUILT_IN.includes(name)) return name as EncodingOption;
  if (!name.startsWith(OWN_PREFIX)) return name as EncodingOption; // of a newer version: it is refused
  const same = (bytes: unknown): Uint8Array => bytes as Uint8Array;
  return { name: name.slice(OWN_PREFIX.length), encode: same, decode: same };
}

/** A handle of bytes; the database itself for its own keys. */
export async function bytesKeyspace(db: Database, name: string): Promise<Keyspace> {
  return name === db.name ? db : db.keyspace(name, { createIfMissing: false });
}

/** Creates it with what is recorded of it, or opens it. The handle is one of bytes. */
export async function makeKeyspace(db: Database, keyspace: TransferKeyspace): Promise<Keyspace> {
  const { name, compression, filterBitsPerKey, ttlMs, mode, verifiable } = keyspace;
  if (name === db.name) return db;
  await db.keyspace(name, {
    keyEncoding: encodingNamed(keyspace.keyEncoding),
    valueEncoding: encodingNamed(keyspace.valueEncoding),
    indexes: declarationsOf(keyspace),
    ...(compression === undefined ? {} : { compression }),
    ...(filterBitsPerKey === undefined ? {} : { filterBitsPerKey }),
    ...(ttlMs === undefined ? {} : { ttlMs }),
    ...(mode === undefined ? {} : { mode }),
    ...(verifiable === undefined ? {} : { verifiable }),
  });
  return bytesKeyspace(db, name);
}

/** An index by paths reads values: it needs an encoding that the command has. */
function declarationsOf({ indexes = [], valueEncoding }: TransferKeyspace): IndexDeclarations {
  if (valueEncoding === undefined || !BUILT_IN.includes(valueEncoding)) return {};
  return Object.fromEntries(indexes.map(({ name, on, unique }) => [name, { on, unique }]));
}

export function undeclaredIndexes(keyspace: TransferKeyspace): string[] {
  const { name, indexes = [], functionIndexes = [] } = keyspace;
  const declared = Object.keys(declarationsOf(keyspace));
  const others = indexes.map((index) => index.name).filter((each) => !declared.includes(each));
  return [...others, ...functionIndexes].map((index) => `${name}.${index}`);
}
