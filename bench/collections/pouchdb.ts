/**
 * The users in PouchDB over leveldb, its fastest store on disk, with indexes of pouchdb-find, and a view for the tags.
 *
 * It checks no uniqueness, syncs no commit, and brings an index up to date at the next query of it. So a query of each is made
 * after the inserts, and its time is a row of its own.
 */
import { loadPeer } from '../adapters/peer-package.ts';
import { RANGE_LIMIT, type Side, type Stored } from './users.ts';

type Document = Omit<Stored, 'id'> & { readonly _id: string; readonly _rev?: string };

interface Rows {
  readonly rows: readonly { readonly doc: unknown }[];
}

interface Pouch {
  bulkDocs(documents: readonly Document[]): Promise<readonly { readonly error?: unknown }[]>;
  put(document: object): Promise<unknown>;
  get(id: string): Promise<Document>;
  find(request: object): Promise<{ readonly docs: readonly unknown[] }>;
  createIndex(request: object): Promise<unknown>;
  query(view: string, options: object): Promise<Rows>;
  close(): Promise<void>;
}

interface PouchConstructor {
  new (path: string): Pouch;
  plugin(plugin: unknown): void;
}

const TAGS_VIEW = {
  _id: '_design/tags',
  views: { tags: { map: 'function (doc) { doc.tags.forEach(function (tag) { emit(tag); }); }' } },
};

export async function openPouchDb(directory: string): Promise<Side> {
  const PouchDB = loadPeer<PouchConstructor>('pouchdb');
  PouchDB.plugin(loadPeer('pouchdb-find'));
  const db = new PouchDB(`${directory}/pouch`);
  await db.createIndex({ index: { fields: ['email'] } });
  await db.createIndex({ index: { fields: ['country', 'age'] } });
  await db.put(TAGS_VIEW);
  const byEmail = async (email: string): Promise<unknown> =>
    (await db.find({ selector: { email }, limit: 1 })).docs[0];
  const range = async (country: string, age: number): Promise<readonly unknown[]> => {
    const selector = { country, age: { $gte: age } };
    return (await db.find({ selector, sort: ['country', 'age'], limit: RANGE_LIMIT })).docs;
  };
  const byTag = async (tag: string): Promise<readonly unknown[]> =>
    (await db.query('tags/tags', { key: tag, include_docs: true })).rows.map(({ doc }) => doc);
  return {
    isAsynchronous: true,
    isDurable: false,
    insert: async (users) => {
      const documents = users.map(({ id, ...user }) => ({ _id: id, ...user }));
      const results = await db.bulkDocs(documents);
      const failed = results.find(({ error }) => error !== undefined);
      if (failed !== undefined)
        throw new Error(`PouchDB refused a document: ${String(failed.error)}`);
    },
    index: async () => {
      await byEmail('');
      await range('', 0);
      await byTag('');
    },
    get: async (id) => {
      try {
        return await db.get(id);
      } catch (error) {
        if ((error as { readonly status?: number }).status === 404) return undefined;
        throw error;
      }
    },
    byEmail,
    range,
    byTag,
    increment: async (id) => {
      const document = await db.get(id);
      await db.put({ ...document, visits: document.visits + 1 });
    },
    close: () => db.close(),
  };
}
