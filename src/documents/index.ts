/**
 * `varve/documents`: collections of typed documents over a Varve database.
 *
 * The public surface of this entry, listed name by name.
 */
export {
  type AnyTransaction,
  Collection,
  collection,
  type CollectionOptions,
  type WatchOptions,
} from './collection.ts';
export type { RewriteOptions, RewriteReport } from './collection-record.ts';
export { CollectionTransaction } from './collection-transaction.ts';
export {
  DocumentError,
  type DocumentErrorCode,
  type DocumentIssue,
  ValidationError,
} from './document-error.ts';
export type { DocumentIndex } from './document-index.ts';
export { type DocumentReadOptions, DocumentReads, type FindOptions } from './document-reads.ts';
export { type Document, type Explanation, Found, type Page } from './found.ts';
export type { Direction, OrderBy } from './order.ts';
export type { Patch } from './patch.ts';
export type { Query } from './query.ts';
export type {
  InputOf,
  OutputOf,
  StandardIssue,
  StandardResult,
  StandardSchema,
} from './standard-schema.ts';
export type { FieldCondition, Operators, Where } from './where.ts';
