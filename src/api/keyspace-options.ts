/**
 * Options of a keyspace.
 *
 * Owns: their public names, their checks, and the codecs that they name.
 *
 * Suspension: everything here is synchronous.
 */
import {
  checkBoolean,
  checkChoice,
  checkInteger,
  type Compression,
  COMPRESSIONS,
  takeOptions,
  type Template,
} from '../base/options.ts';
import { NEVER } from '../bytes/expiry.ts';
import { type Codec, codecOf } from './encoding.ts';
import type { EncodingOption } from './encoding-types.ts';
import { checkTtl } from './expiry-options.ts';
import { type IndexDeclarations, indexRequest } from './index-options.ts';
import type { KeyspaceMode } from './keyspace-checks.ts';
import type { KeyspaceRequest } from './keyspaces.ts';

/** Options of `db.keyspace`. */
export interface KeyspaceOptions {
  /** Default `'view'`: Uint8Array. */
  readonly keyEncoding?: EncodingOption;
  /** Default `'view'`: Uint8Array. */
  readonly valueEncoding?: EncodingOption;
  /** False: a keyspace that is missing is refused. Default true. */
  readonly createIfMissing?: boolean;
  /** How its tables are compressed; as the database's by default. */
  readonly compression?: Compression;
  /** Bits of the filters of its tables, a key; 0 (none) to 32, as the database's by default. */
  readonly filterBitsPerKey?: number;
  /**
   * How long entries live that say nothing of it, in milliseconds, from their put on; Infinity: without end, which is the
   * default. A change is for later puts.
   */
  readonly ttlMs?: number;
  /**
   * `'append-only'`: its entries are added, and never changed or removed by anything; what would is refused with
   * AppendOnlyError. It binds from the creation on: another mode is refused when the keyspace is opened again. Without it
   * the keyspace is opened as it is, and created as `'mutable'`.
   */
  readonly mode?: KeyspaceMode;
  /**
   * True: a Merkle tree is kept over its entries, from which `root` and `prove` answer. It needs mode `'append-only'`, and
   * binds as that does. Default false.
   */
  readonly verifiable?: boolean;
  /**
   * Secondary indexes, by name. One that is new is built over the rows that are there, in the background
   * (`keyspace.index(name).ready()`). One that is not named stays; `dropIndex` drops it.
   */
  readonly indexes?: IndexDeclarations;
}

const KEYSPACE_OPTIONS: Template<KeyspaceOptions> = {
  keyEncoding: undefined,
  valueEncoding: undefined,
  createIfMissing: undefined,
  compression: undefined,
  filterBitsPerKey: undefined,
  ttlMs: undefined,
  mode: undefined,
  verifiable: undefined,
  indexes: undefined,
};

const KEYSPACE_MODES: readonly KeyspaceMode[] = ['mutable', 'append-only'];

/** Throws InvalidArgumentError for an option that is wrong. */
export function keyspaceRequest(given: KeyspaceOptions | undefined): {
  readonly codecs: { readonly key: Codec<unknown>; readonly value: Codec<unknown> };
  readonly request: KeyspaceRequest;
} {
  const options = takeOptions('a keyspace', given, KEYSPACE_OPTIONS);
  const key = codecOf('keyEncoding', options.keyEncoding);
  const value = codecOf('valueEncoding', options.valueEncoding);
  const { compression, filterBitsPerKey, mode, verifiable } = options;
  const { definitions, functions } = indexRequest(options.indexes, value);
  return {
    codecs: { key, value },
    request: {
      createIfMissing: checkBoolean('createIfMissing', options.createIfMissing ?? true),
      keyEncoding: key.recordedName,
      valueEncoding: value.recordedName,
      compression:
        compression === undefined
          ? undefined
          : checkChoice('compression', compression, COMPRESSIONS),
      filterBitsPerKey:
        filterBitsPerKey === undefined
          ? undefined
          : checkInteger('filterBitsPerKey', filterBitsPerKey, 0, 32),
      ttlMs: options.ttlMs === undefined ? undefined : recordedTtl(checkTtl(options.ttlMs)),
      mode: mode === undefined ? undefined : checkChoice('mode', mode, KEYSPACE_MODES),
      isVerifiable: verifiable === undefined ? undefined : checkBoolean('verifiable', verifiable),
      indexes: definitions,
      functions,
    },
  };
}

/** The catalog, which is JSON, has 0 for a life without end. */
function recordedTtl(ttlMs: number): number {
  return ttlMs === NEVER ? 0 : ttlMs;
}
