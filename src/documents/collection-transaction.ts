/**
 * A collection in a transaction.
 *
 * Owns: writes of documents that are part of a transaction's commit.
 *
 * Invariants:
 *   collection-transaction/patch-is-late: a patch is applied when the transaction commits, to what the document is then. So
 *       it reads nothing, and conflicts with no write of another. All other writes read the document, and conflict.
 *
 * Suspension: insert, replace and delete suspend for the document that they look for.
 */
import type { Transaction } from '../index.ts';
import { type DocumentCodec, mustBeId } from './codec.ts';
import { idExists, notFound, patchUpdate } from './document-writes.ts';
import { DocumentReads, type ReadSource } from './document-reads.ts';
import type { Patch } from './patch.ts';
import { type Stored, transactionRows } from './rows.ts';

export interface TransactionSource {
  readonly tx: Transaction<string, Stored>;
  readonly codec: DocumentCodec;
  readonly source: Pick<ReadSource, 'name' | 'indexes'>;
}

/** A collection as a transaction sees it: its snapshot with its own writes over it. Made by `collection.in(tx)`. */
export class CollectionTransaction<T, I = T> extends DocumentReads<T> {
  readonly #tx: Transaction<string, Stored>;
  readonly #codec: DocumentCodec;

  /** Made by `collection.in(tx)`. */
  constructor(source: unknown);
  constructor({ tx, codec, source }: TransactionSource) {
    super({
      ...source,
      get: (id: string) => tx.get(id),
      getMany: (ids: readonly string[]) => tx.getMany(ids),
      rows: () => transactionRows(tx),
    });
    this.#tx = tx;
    this.#codec = codec;
  }

  /**
   * Adds a document, and gives its id. Rejects as that of the collection does, for what this transaction sees.
   *
   * @example
   * await db.transaction((tx) => notes.in(tx).insert({ id: 'c', day: 3 })); // => 'c'
   */
  async insert(document: I & { readonly id?: string }): Promise<string> {
    const { id, document: encoded } = this.#codec.encoded(document, undefined);
    if ((await this.#tx.get(id)) !== undefined) throw idExists(this.name, id);
    this.#tx.put(id, encoded);
    return id;
  }

  /**
   * Puts another document in the place of the one that has this id. Rejects as that of the collection does.
   *
   * @example
   * await db.transaction((tx) => notes.in(tx).replace('a', { day: 7 }));
   */
  async replace(id: string, document: I & { readonly id?: string }): Promise<void> {
    const { document: encoded } = this.#codec.encoded(document, mustBeId(id));
    if ((await this.#tx.get(id)) === undefined) throw notFound(this.name, id);
    this.#tx.put(id, encoded);
  }

  /**
   * Changes fields at the commit, of the document as it is then. So a patch conflicts with no other write. What the
   * transaction has read before, to decide on the patch, is checked at the level `serializable` alone; at `snapshot` replace
   * the document instead, which conflicts. A read after the patch shows it, and makes it a write that conflicts. On servers
   * it is applied at the snapshot, and so conflicts with later writes. Where it cannot be applied the commit rejects with the
   * DocumentError that the patch of a collection rejects with. Rejects with `INVALID_PATCH` at once.
   *
   * @example
   * await db.transaction((tx) => notes.in(tx).patch('a', { unset: ['text'] }));
   * await notes.get('a'); // => { day: 1, id: 'a' }
   */
  patch(id: string, patch: Patch<T>): Promise<void> {
    return new Promise((resolve) => {
      this.#tx.update(id, patchUpdate(this.#codec, this.name, mustBeId(id), patch));
      resolve();
    });
  }

  /**
   * Deletes a document; tells whether there was one.
   *
   * @example
   * await db.transaction((tx) => notes.in(tx).delete('a')); // => true
   */
  async delete(id: string): Promise<boolean> {
    const isThere = (await this.#tx.get(mustBeId(id))) !== undefined;
    if (isThere) this.#tx.del(id);
    return isThere;
  }
}
