/**
 * A collection: typed documents in a keyspace.
 *
 * Owns: the opening of a collection, and its writes.
 *
 * Suspension: every method that returns a promise suspends for blocks and commits.
 */
import type {
  Database,
  Keyspace,
  KeyspaceRef,
  ReadOptions,
  Transaction,
  WriteOptions,
} from '../index.ts';
import { DocumentCodec, type Migrate, mustBeId, newer, noMigration } from './codec.ts';
import {
  openRecords,
  type Records,
  rewriteDocuments,
  type RewriteOptions,
  type RewriteReport,
} from './collection-record.ts';
import { CollectionTransaction } from './collection-transaction.ts';
import { DocumentError, shown } from './document-error.ts';
import {
  type DocumentIndex,
  isSameIndex,
  type KnownIndex,
  parseIndexes,
} from './document-index.ts';
import { DocumentReads, type ReadSource } from './document-reads.ts';
import { idExists, notFound, patchUpdate } from './document-writes.ts';
import type { Document } from './found.ts';
import type { Patch } from './patch.ts';
import { parseQuery, type Query } from './query.ts';
import { keyspaceRows, type Stored } from './rows.ts';
import type { InputOf, OutputOf, StandardSchema } from './standard-schema.ts';
import { watching } from './watching.ts';

/** Options of `collection`. */
export interface CollectionOptions<S extends StandardSchema = StandardSchema> {
  /** Checks each document that is written, without its id. It must be synchronous, and take what it has given. */
  readonly schema?: S;
  /** The version of the schema: a whole number from 1, which is the default. It only grows. */
  readonly version?: number;
  /**
   * Makes a document of an older version one of this version; what it returns passes through the schema. Synchronous, and of
   * nothing but its arguments. It runs at each read of an old document until that is written again, or `rewrite` has been.
   */
  readonly migrate?: (document: Record<string, unknown>, from: number) => object;
  /**
   * Indexes by name. One that is new, or declared otherwise, or of another version of the schema, is built in the background;
   * until then queries do without. Those that are there must be declared: without one of them the collection cannot be written.
   */
  readonly indexes?: Readonly<Record<string, DocumentIndex>>;
}

/** Options of `watch`. */
export interface WatchOptions {
  /** Ends the watch: the step that waits rejects with AbortedError. */
  readonly signal?: AbortSignal;
}

/** Whatever can give a transaction in a keyspace: a transaction. */
export interface AnyTransaction {
  /** As that of a transaction. */
  in<K, V>(keyspace: KeyspaceRef<K, V>): Transaction<K, V>;
}

interface CollectionParts {
  readonly db: Database<unknown, unknown>;
  readonly keyspace: Keyspace<string, Stored>;
  readonly codec: DocumentCodec;
  readonly records: Records;
  readonly indexes: readonly KnownIndex[];
}

/**
 * Typed documents with ids, in a keyspace of the same name. Made by `collection`; needs no closing. `T` is a document as it is
 * read, without its id, and `I` what a write takes.
 */
export class Collection<T, I = T> extends DocumentReads<T> {
  readonly #parts: CollectionParts;
  readonly #source: Pick<ReadSource, 'name' | 'indexes'>;

  /** Made by `collection`. */
  constructor(parts: unknown);
  constructor(parts: CollectionParts) {
    const { db, keyspace, indexes } = parts;
    const source = { name: keyspace.name, indexes };
    const ready = new Set<string>();
    super({
      ...source,
      get: (id: string, options?: ReadOptions) => keyspace.get(id, at(options)),
      getMany: (ids: readonly string[], options?: ReadOptions) =>
        keyspace.getMany(ids, at(options)),
      rows: (options?: ReadOptions) => keyspaceRows(db, keyspace, options?.snapshot, ready),
    });
    this.#parts = parts;
    this.#source = source;
  }

  /**
   * This collection in a transaction. Throws as `tx.in` does.
   *
   * @example
   * await db.transaction(async (tx) => {
   *   await notes.in(tx).delete('a');
   *   await notes.in(tx).insert({ id: 'c', day: 3 });
   *   return notes.in(tx).count();
   * }); // => 2
   */
  in(tx: AnyTransaction): CollectionTransaction<T, I> {
    const { keyspace, codec } = this.#parts;
    const source = this.#source;
    return new CollectionTransaction<T, I>({ tx: tx.in(keyspace), codec, source });
  }

  /**
   * Adds a document, and gives its id: the one that it brings as `id`, or a new one (UUID version 7, so that later ones come
   * later in the order of ids). Rejects with a DocumentError: `ID_EXISTS`, `INVALID_ID`, `INVALID_DOCUMENT`, `VALIDATION`;
   * with UniqueError; and as a put does.
   *
   * @example
   * const id = await notes.insert({ day: 3, text: 'three' }); // an id of its own
   * await notes.insert({ id: 'd', day: 4, text: 'four' }); // => 'd'
   */
  async insert(document: I & { readonly id?: string }, options?: WriteOptions): Promise<string> {
    const [id] = await this.insertMany([document], options);
    return id!; // one was given
  }

  /**
   * Adds documents in one commit: all of them or none. Gives their ids, in order. Rejects as `insert` does.
   *
   * @example
   * await notes.insertMany([{ id: 'd', day: 4 }, { id: 'e', day: 5 }]); // => [ 'd', 'e' ]
   */
  async insertMany(
    documents: readonly (I & { readonly id?: string })[],
    options?: WriteOptions,
  ): Promise<string[]> {
    const { keyspace, codec } = this.#parts;
    const encoded = documents.map((document) => ({
      ...codec.encoded(document, undefined),
      isNew: (document as { readonly id?: unknown }).id === undefined,
    }));
    const [first] = encoded;
    if (encoded.length === 1 && first?.isNew === true) {
      await keyspace.put(first.id, first.document, options);
      return [first.id];
    }
    const operations = encoded.map(({ id: key, document: value, isNew }) => {
      if (isNew) return { type: 'put', key, value } as const;
      const update = (current: Stored | undefined): Stored => {
        if (current !== undefined) throw idExists(this.name, key);
        return value;
      };
      return { type: 'update', key, update } as const;
    });
    await keyspace.batch(operations, options);
    return encoded.map(({ id }) => id);
  }

  /**
   * Puts another document in the place of the one that has this id. Rejects with a DocumentError: `NOT_FOUND` when there is
   * none; and as `insert` does.
   *
   * @example
   * await notes.replace('a', { day: 1, text: 'another' });
   */
  async replace(
    id: string,
    document: I & { readonly id?: string },
    options?: WriteOptions,
  ): Promise<void> {
    const { keyspace, codec } = this.#parts;
    const { document: encoded } = codec.encoded(document, mustBeId(id));
    const update = (current: Stored | undefined): Stored => {
      if (current === undefined) throw notFound(this.name, id);
      return encoded;
    };
    await keyspace.update(id, update, options);
  }

  /**
   * Changes fields of a document, and gives it as it is then. Nothing comes between what the patch reads and what it writes,
   * so patches never conflict: neither of different fields, nor increments of the same. The patched document passes through
   * the schema. Rejects with a DocumentError: `NOT_FOUND`, `INVALID_PATCH`, `PATCH_MISMATCH`, `VALIDATION`; with UniqueError;
   * and as an update does.
   *
   * @example
   * const { day } = await notes.patch('a', { set: { text: 'changed' }, increment: { day: 1 } });
   * day; // => 2
   */
  async patch(id: string, patch: Patch<T>, options?: WriteOptions): Promise<Document<T>> {
    const { keyspace, codec } = this.#parts;
    const update = patchUpdate(codec, this.name, mustBeId(id), patch);
    const patched = await keyspace.update(id, update, options);
    return patched as unknown as Document<T>; // it deletes nothing
  }

  /**
   * Deletes a document; tells whether there was one. Rejects as an update does.
   *
   * @example
   * await notes.delete('a'); // => true
   * await notes.delete('a'); // => false
   */
  async delete(id: string, options?: WriteOptions): Promise<boolean> {
    let isThere = false;
    const update = (current: Stored | undefined): undefined => {
      isThere = current !== undefined; // the last run counts
    };
    await this.#parts.keyspace.update(mustBeId(id), update, options);
    return isThere;
  }

  /**
   * The result of a query, and each later one that differs: `for await (const users of collection.watch(query))`. Commits that
   * come while the loop is busy are one result. A result is whole, so give a limit where many documents match. Throws as
   * `find` does; a step rejects with ClosedError after the database was closed.
   *
   * @example
   * for await (const found of notes.watch({ where: { day: 1 } })) {
   *   console.log(found.map(({ id }) => id));
   *   break; // otherwise it shows the result again after each change
   * }
   * // => [ 'a' ]
   */
  watch(
    query: Query<T> = {},
    options: WatchOptions = {},
  ): AsyncGenerator<Document<T>[], undefined> {
    const { db, keyspace } = this.#parts;
    parseQuery(this.name, query as Query<never>); // throws at once
    const watched = {
      run: () => this.find(query).all(),
      onCommit: (listener: () => void) => keyspace.watch({}, listener),
      onClose: (listener: () => void) => {
        db.on('closed', listener);
        return () => void db.off('closed', listener);
      },
    };
    return watching(watched, options.signal) as AsyncGenerator<Document<T>[], undefined>;
  }

  /**
   * Writes all documents of older versions of the schema as they are read, in lots, while others read and write. It goes on
   * where an earlier one was killed or aborted. Rejects with AbortedError, with DecodingError for a document that cannot be
   * migrated, and as a batch does.
   *
   * @example
   * const { examinedCount } = await notes.rewrite(); // after a new version of the schema
   * examinedCount; // => 2
   */
  async rewrite(options: RewriteOptions = {}): Promise<RewriteReport> {
    const { db, keyspace, codec, records } = this.#parts;
    const bytes = await db.keyspace(this.name);
    return rewriteDocuments(
      { name: this.name, codec, records, documents: keyspace, bytes },
      options,
    );
  }

  /**
   * Resolves when all indexes are built. Rejects with UniqueError when two documents have the values of a unique one.
   *
   * @example
   * await notes.ready();
   */
  async ready(): Promise<void> {
    const { keyspace, indexes } = this.#parts;
    await Promise.all(indexes.map(({ name }) => keyspace.index(name).ready()));
  }

  /**
   * Drops an index, of those that are declared or of others. Rejects with InvalidArgumentError when there is none.
   *
   * @example
   * await notes.dropIndex('byDay');
   */
  async dropIndex(name: string): Promise<void> {
    const { keyspace, indexes } = this.#parts;
    await keyspace.dropIndex(name);
    const known = indexes as KnownIndex[];
    const at = known.findIndex((index) => index.name === name);
    if (at >= 0) known.splice(at, 1);
  }
}

/**
 * Opens a collection of a database, and creates it when it is missing. Types follow from the schema, or are named:
 * `collection<User>(db, 'users')`. Opened again with another version, or with other indexes, it takes the place of the earlier
 * object, which must not be used any more. Rejects with a DocumentError: `NEWER_VERSION`, `NO_MIGRATION`, `INVALID_OPTION`;
 * with InvalidArgumentError when the keyspace of that name is none of documents; and as `db.keyspace` does.
 *
 * @example
 * const users = await collection(db, 'people', { indexes: { byEmail: { on: ['email'], unique: true } } });
 * await users.insert({ id: 'ada', email: 'ada@x' }); // => 'ada'
 */
export async function collection<S extends StandardSchema>(
  db: Database<unknown, unknown>,
  name: string,
  options: CollectionOptions<S> & { readonly schema: S },
): Promise<Collection<OutputOf<S>, InputOf<S>>>;
export async function collection<T extends object = Record<string, unknown>>(
  db: Database<unknown, unknown>,
  name: string,
  options?: CollectionOptions,
): Promise<Collection<T>>;
export async function collection(
  db: Database<unknown, unknown>,
  name: string,
  options: CollectionOptions = {},
): Promise<Collection<unknown>> {
  if (typeof (db as Partial<typeof db> | undefined)?.keyspace !== 'function') {
    throw wrong(`Database of a collection must be open: await open(...) first: found=${shown(db)}`);
  }
  if (typeof name !== 'string' || name === '') {
    throw wrong(`Name of a collection must be text, and not empty: found=${shown(name)}`);
  }
  const { schema, version, migrate, indexes: declared } = checkOptions(options);
  const indexes = parseIndexes(declared, version);
  const codec = new DocumentCodec(version, schema, migrate);
  const info = (await db.keyspaces()).find((each) => each.name === name);
  const records = await openRecords(db);
  const encodings = { keyEncoding: 'utf8', valueEncoding: codec.encoding } as const;
  if (info === undefined) {
    await records.put(name, { version });
  } else {
    const keyspace = await db.keyspace<string, Stored>(name, encodings);
    await raiseVersion(records, keyspace, codec, migrate !== undefined);
    for (const index of indexes) {
      if (isSameIndex(index, info.indexes) === false) await keyspace.dropIndex(index.name);
    }
  }
  const byName = Object.fromEntries(indexes.map((index) => [index.name, index.declared]));
  const keyspace = await db.keyspace<string, Stored>(name, { ...encodings, indexes: byName });
  return new Collection<unknown>({ db, keyspace, codec, records, indexes });
}

/** Options of a find have more, which a get does not know. */
function at(options: ReadOptions | undefined): ReadOptions | undefined {
  return options?.snapshot === undefined ? undefined : { snapshot: options.snapshot };
}

interface CheckedOptions {
  readonly schema: StandardSchema | undefined;
  readonly version: number;
  readonly migrate: Migrate | undefined;
  readonly indexes: CollectionOptions['indexes'];
}

const OPTION_NAMES: ReadonlySet<string> = new Set(['schema', 'version', 'migrate', 'indexes']);

function checkOptions(options: CollectionOptions): CheckedOptions {
  const unknown = Object.keys(options).find((name) => !OPTION_NAMES.has(name));
  if (unknown !== undefined) throw wrong(`Collection has no such option: found=${unknown}`);
  const { schema, version = 1, migrate, indexes } = options;
  if (!(Number.isSafeInteger(version) && version >= 1)) {
    throw wrong(`Option version must be a whole number from 1: found=${shown(version)}`);
  }
  if (migrate !== undefined && typeof migrate !== 'function') {
    throw wrong(`Option migrate must be a function: found=${shown(migrate)}`);
  }
  if (schema !== undefined && typeof schema['~standard']?.validate !== 'function') {
    throw wrong(`Option schema must have the interface of Standard Schema: found=${shown(schema)}`);
  }
  return { schema, version, migrate, indexes };
}

function wrong(message: string): DocumentError {
  return new DocumentError('INVALID_OPTION', message);
}

/** Keeps collection-record/version-first. */
async function raiseVersion(
  records: Records,
  keyspace: Keyspace<string, Stored>,
  { version }: DocumentCodec,
  hasMigration: boolean,
): Promise<void> {
  const found = (await records.get(keyspace.name))?.version;
  if (found === version) return;
  if (found !== undefined && (await keyspace.keys({ limit: 1 }).all()).length > 0) {
    if (found > version) throw newer(found, version);
    if (!hasMigration) throw noMigration(found, version);
  }
  await records.put(keyspace.name, { version });
}
