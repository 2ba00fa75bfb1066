/**
 * What a shell is in the middle of: the keyspace in use, and the transaction that runs.
 *
 * Owns: which reader and writer a statement gets.
 *
 * Invariants:
 *   shell-session/in-transaction: while a transaction runs, every read and write of a statement is in it.
 *   shell-session/commit-ends: a commit ends the transaction, also when it is refused.
 *
 * Suspension: `use` suspends for the catalog, `commit` for the commit.
 */
import type { IndexInfo, KeyspaceInfo } from '../../api/keyspace-info.ts';
import type { Transaction } from '../../api/transaction.ts';
import { UsageError } from '../../programs/outcome.ts';
import type { Forms } from '../../text/text-form.ts';
import { type BytesDatabase, type BytesKeyspace, formsOf } from '../open-database.ts';

export type BytesTransaction = Transaction<Uint8Array, Uint8Array>;

export class ShellSession {
  readonly db: BytesDatabase;
  #keyspace: BytesKeyspace;
  #forms: Forms;
  #transaction: BytesTransaction | undefined = undefined;

  private constructor(db: BytesDatabase, forms: Forms) {
    this.db = db;
    this.#keyspace = db;
    this.#forms = forms;
  }

  static async begin(db: BytesDatabase): Promise<ShellSession> {
    return new ShellSession(db, await formsOf(db, {}));
  }

  get forms(): Forms {
    return this.#forms;
  }

  get keyspace(): BytesKeyspace {
    return this.#keyspace;
  }

  get isInTransaction(): boolean {
    return this.#transaction !== undefined;
  }

  /** shell-session/in-transaction. */
  get target(): BytesKeyspace | BytesTransaction {
    return this.#transaction?.in(this.#keyspace) ?? this.#keyspace;
  }

  async use(name: string): Promise<void> {
    const { db } = this;
    const isOwn = name === db.name;
    const keyspace = isOwn ? db : await db.keyspace(name, { createIfMissing: false });
    this.#forms = await formsOf(db, isOwn ? {} : { keyspace: name });
    this.#keyspace = keyspace;
  }

  async info(): Promise<KeyspaceInfo | undefined> {
    return (await this.db.keyspaces()).find(({ name }) => name === this.#keyspace.name);
  }

  async indexes(): Promise<readonly IndexInfo[]> {
    return (await this.info())?.indexes ?? [];
  }

  beginTransaction(): void {
    if (this.#transaction !== undefined)
      throw new UsageError('A transaction runs: commit or rollback');
    this.#transaction = this.db.begin();
  }

  async commit(): Promise<void> {
    const transaction = this.#mustRun();
    this.#transaction = undefined; // shell-session/commit-ends
    await transaction.commit();
  }

  rollback(): void {
    this.#mustRun().rollback();
    this.#transaction = undefined;
  }

  #mustRun(): BytesTransaction {
    if (this.#transaction !== undefined) return this.#transaction;
    throw new UsageError('No transaction runs: begin one');
  }
}
