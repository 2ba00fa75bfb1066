/**
 * Errors of documents, with their codes.
 *
 * Owns: what a collection refuses, by name. Errors of the database below, such as ConflictError, pass through as they are.
 *
 * Suspension: everything here is synchronous.
 */

/**
 * The kind of a DocumentError. Stable: compare this, not the message.
 *
 * - `ID_EXISTS`: an insert brings an id that a document has.
 * - `NOT_FOUND`: a replace or a patch of a document that is not there.
 * - `INVALID_ID`: an id that is no text, is empty, or has a lone surrogate; or another id than that of the document.
 * - `INVALID_DOCUMENT`: a value that could not be read back as it was given, or an object at a path with an index.
 * - `VALIDATION`: the schema refuses a document; see ValidationError.
 * - `ASYNC_SCHEMA`: the schema answers with a promise.
 * - `INVALID_PATCH`: a patch that says nothing, says two things of one path, or names a path that there cannot be.
 * - `PATCH_MISMATCH`: a patch of a value that is not of its kind, as an increment of a text.
 * - `INVALID_QUERY`: a query with an operator or a value that there is not.
 * - `INVALID_CURSOR`: a cursor that is none.
 * - `OTHER_CURSOR`: a cursor of another query.
 * - `INVALID_OPTION`: an option of `collection`, or a declaration of an index, that is wrong.
 * - `NEWER_VERSION`: documents of a newer version of the schema.
 * - `NO_MIGRATION`: documents of an older version, and no `migrate`.
 */
export type DocumentErrorCode =
  | 'ID_EXISTS'
  | 'NOT_FOUND'
  | 'INVALID_ID'
  | 'INVALID_DOCUMENT'
  | 'VALIDATION'
  | 'ASYNC_SCHEMA'
  | 'INVALID_PATCH'
  | 'PATCH_MISMATCH'
  | 'INVALID_QUERY'
  | 'INVALID_CURSOR'
  | 'OTHER_CURSOR'
  | 'INVALID_OPTION'
  | 'NEWER_VERSION'
  | 'NO_MIGRATION';

/** What a collection refuses. Nothing was written. */
export class DocumentError extends Error {
  /** The kind of error. */
  readonly code: DocumentErrorCode;

  constructor(
    code: DocumentErrorCode,
    message: string,
    options?: {
      /** The error behind it. */
      readonly cause?: unknown;
    },
  ) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** What the schema finds wrong in a document. */
export interface DocumentIssue {
  /** The words of the schema. */
  readonly message: string;
  /** Where: `address.city`, `tags.0`; empty for the whole document. */
  readonly path: string;
}

/** A document that its schema refuses. */
export class ValidationError extends DocumentError {
  /** All that the schema has found, one at least. */
  readonly issues: readonly DocumentIssue[];

  constructor(message: string, issues: readonly DocumentIssue[]) {
    super('VALIDATION', message);
    this.issues = issues;
  }
}

/** What a value is, in few words, for a message. */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > SHOWN_LENGTH_MAX ? `${value.slice(0, 40)}...` : value);
  }
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  const { constructor } = value;
  return typeof constructor === 'function' ? `a value of ${constructor.name}` : 'an object';
}

const SHOWN_LENGTH_MAX = 60;
