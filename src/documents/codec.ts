/**
 * The documents of one collection, as its schema has them.
 *
 * Owns: what is done to a document before it is stored, and after it was read: ids, the schema, versions and migration.
 *
 * Invariants:
 *   codec/current: what is read is of the current version of the schema. An older document passes through `migrate` and the
 *       schema, each time it is read, until it is written again.
 *   codec/at-the-call: a document is encoded when the call is made. What becomes of the caller's object later is not stored.
 *
 * Suspension: everything here is synchronous, and may run code of the caller's.
 */
import { v7 } from 'uuid';
import type { Encoding } from '../index.ts';
import { decodeDocument, encodeDocument } from './document-encoding.ts';
import { DocumentError, shown } from './document-error.ts';
import type { Stored } from './rows.ts';
import { type StandardSchema, validated } from './standard-schema.ts';
import { hasLoneSurrogate, isPlainObject } from './values.ts';

/** Makes a document of an older version one of the current version, or of a later one that it knows. */
export type Migrate = (document: Record<string, unknown>, from: number) => object;

/** The name that binds a keyspace to the encoding (document-encoding.ts). */
const ENCODING_NAME = 'varve-document';

/** A document that is encoded already. */
class EncodedDocument {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

export class DocumentCodec {
  readonly version: number;
  readonly encoding: Encoding<Stored>;
  readonly #schema: StandardSchema | undefined;
  readonly #migrate: Migrate | undefined;

  constructor(version: number, schema: StandardSchema | undefined, migrate: Migrate | undefined) {
    this.version = version;
    this.#schema = schema;
    this.#migrate = migrate;
    this.encoding = {
      name: ENCODING_NAME,
      encode: (document: unknown) =>
        document instanceof EncodedDocument ? document.bytes : encodeDocument(document, version),
      decode: (bytes) => this.#decoded(bytes, 0, bytes.length),
      decodeIn: (bytes, start, end) => this.#decoded(bytes, start, end),
    };
  }

  /**
   * A document as the schema gives it, encoded, for a put; `id` is the one that it must have, undefined for its own or a new
   * one. Throws a DocumentError.
   */
  encoded(
    given: unknown,
    id: string | undefined,
  ): { readonly id: string; readonly document: Stored } {
    if (!isPlainObject(given)) {
      throw new DocumentError(
        'INVALID_DOCUMENT',
        `Document must be an object: found=${shown(given)}`,
      );
    }
    const { id: own, ...rest } = given;
    if (id !== undefined && own !== undefined && own !== id) {
      throw new DocumentError(
        'INVALID_ID',
        `Document has another id than the call: document=${shown(own)} call=${shown(id)}`,
      );
    }
    const chosen = id ?? own;
    const checked = chosen === undefined ? v7() : mustBeId(chosen);
    const bytes = encodeDocument(this.checked(checked, rest), this.version);
    return { id: checked, document: new EncodedDocument(bytes) as unknown as Stored };
  }

  /** The fields as the schema gives them, with the id. Throws a DocumentError. */
  checked(id: string, fields: Readonly<Record<string, unknown>>): Stored {
    if (this.#schema === undefined) return { ...fields, id };
    const value = validated(this.#schema, fields);
    if (isPlainObject(value)) return { ...value, id };
    throw new DocumentError('INVALID_DOCUMENT', `Schema gives no object: found=${shown(value)}`);
  }

  #decoded(bytes: Uint8Array, start: number, end: number): Stored {
    const { version, document } = decodeDocument(bytes, start, end);
    if (version === this.version) return document as Stored; // as it was encoded
    const { id, ...fields } = document as Stored;
    if (version > this.version) throw newer(version, this.version);
    if (this.#migrate === undefined) throw noMigration(version, this.version);
    const { id: _, ...migrated } = this.#migrate({ ...fields, id }, version) as Record<
      string,
      unknown
    >;
    return this.checked(id, migrated);
  }
}

export function newer(found: number, version: number): DocumentError {
  return new DocumentError(
    'NEWER_VERSION',
    `Documents are of a newer version of the schema: found=${found} version=${version}`,
  );
}

export function noMigration(found: number, version: number): DocumentError {
  return new DocumentError(
    'NO_MIGRATION',
    `Documents are of an older version of the schema, give migrate: found=${found} version=${version}`,
  );
}

/** Throws a DocumentError for what is no id. */
export function mustBeId(id: unknown): string {
  if (typeof id === 'string' && id !== '' && !hasLoneSurrogate(id)) return id;
  throw new DocumentError('INVALID_ID', `Id must be text, and not empty: found=${shown(id)}`);
}
