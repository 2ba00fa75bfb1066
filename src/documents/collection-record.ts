/**
 * What is recorded of a collection besides its documents.
 *
 * Owns: the keyspace of these records, and the rewrite of documents of older versions.
 *
 *      'users' -> { "version": 3, "rewritten": { "version": 3, "after": "id of the last document", "isDone": false } }
 *
 * Invariants:
 *   collection-record/version-first: the record names a version before a document of it is written. So a program with an older
 *       version is refused when it opens the collection, and writes nothing.
 *   collection-record/resumed: a lot of rewritten documents and the record of how far the rewrite has come are one commit. A
 *       kill costs no lot that was written.
 *   collection-record/newest: a document is rewritten in the step of the commit, from what it is then. So a rewrite loses no
 *       write of others.
 *
 * Suspension: every function suspends for blocks and commits.
 */
import type { BatchOperation, Database, Keyspace } from '../index.ts';
import { AbortedError } from '../index.ts';
import type { DocumentCodec } from './codec.ts';
import { versionOf } from './document-encoding.ts';
import type { Stored } from './rows.ts';

export interface CollectionRecord {
  readonly version: number;
  readonly rewritten?: {
    readonly version: number;
    /** The last id that it has come to; empty before the first. */
    readonly after: string;
    readonly isDone: boolean;
  };
}

/** The keyspace of the records of all collections of a database, by name. */
const RECORDS_NAME = 'varve.documents';

export type Records = Keyspace<string, CollectionRecord>;

export function openRecords(db: Database<unknown, unknown>): Promise<Records> {
  return db.keyspace<string, CollectionRecord>(RECORDS_NAME, {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
  });
}

/** Options of `rewrite`. */
export interface RewriteOptions {
  /** Ends it between two lots; what was rewritten stays so. */
  readonly signal?: AbortSignal;
  /** Called after each lot, with the counts so far. */
  readonly onProgress?: (report: RewriteReport) => void;
}

/** What a rewrite has done. */
export interface RewriteReport {
  /** Documents that it has looked at. */
  readonly examinedCount: number;
  /** Documents of older versions that it has written again. */
  readonly rewrittenCount: number;
}

/** Documents of one commit. */
const LOT_COUNT = 256;

export interface RewriteTarget {
  readonly name: string;
  readonly codec: DocumentCodec;
  readonly records: Records;
  readonly documents: Keyspace<string, Stored>;
  /** The same keyspace as bytes, in which the version of each document can be read. */
  readonly bytes: Keyspace;
}

export async function rewriteDocuments(
  { name, codec, records, documents, bytes }: RewriteTarget,
  { signal, onProgress }: RewriteOptions,
): Promise<RewriteReport> {
  const { version } = codec;
  const recorded = (await records.get(name))?.rewritten;
  let { after, isDone } = recorded?.version === version ? recorded : { after: '', isDone: false };
  const report = { examinedCount: 0, rewrittenCount: 0 };
  while (!isDone) {
    if (signal?.aborted === true) {
      throw new AbortedError('Rewrite was aborted', { cause: signal.reason });
    }
    const lot = await bytes.entries({ gt: Buffer.from(after), limit: LOT_COUNT }).all();
    const old = lot.filter(([, value]) => versionOf(value) < version);
    const ids = old.map(([key]) => Buffer.from(key).toString());
    const last = lot.at(-1);
    if (last !== undefined) after = Buffer.from(last[0]).toString();
    isDone = lot.length < LOT_COUNT;
    const value: CollectionRecord = { version, rewritten: { version, after, isDone } };
    await documents.batch<readonly object[]>([
      ...ids.map((key): BatchOperation<string, Stored> => ({
        type: 'update',
        key,
        update: (current) => current, // decoded as migrated, and encoded anew
      })),
      { type: 'put', in: records, key: name, value },
    ] as never);
    report.examinedCount += lot.length;
    report.rewrittenCount += ids.length;
    onProgress?.({ ...report });
  }
  return report;
}
