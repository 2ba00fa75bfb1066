/**
 * The database, as its user holds it.
 *
 * Owns: the calls about the whole: keyspaces, transactions, upkeep, events, the end. Its own keys are a keyspace
 * (keyspace.ts). The session holds what the keyspaces share.
 *
 * Suspension: as each method says.
 */
import { abortedBy } from '../base/abort.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { ALL_KEYS } from '../bytes/key-range.ts';
import { EMPTY_BYTES } from '../bytes/bytes.ts';
import { WHOLE_TREE } from '../bytes/keyspace-number.ts';
import { keepingAlive } from '../base/liveness.ts';
import { describe, rejected } from '../base/describe.ts';
import { takeOptions, type Template } from '../base/options.ts';
import type { DatabaseHandle } from '../threads/messages.ts';
import { checkCacheShare, type ShareOptions } from '../threads/thread-host.ts';
import { type Archive, ARCHIVE_OPTIONS, type ArchiveOptions, startArchive } from './archive.ts';
import { placeOf } from '../store/at.ts';
import { BACKUP_OPTIONS, type BackupOptions, makeBackup } from './backup.ts';
import { makePool, type Pool, POOL_OPTIONS, type PoolOptions } from './pool.ts';
import { type Changes, CHANGES_OPTIONS, type ChangesOptions, makeChanges } from './changes.ts';
import { type Consumer, type ConsumerOptions, dropConsumer, openConsumer } from './consumer.ts';
import type { Codec } from './encoding.ts';
import type { LockingTransaction } from './locking-transaction.ts';
import {
  type CompactOptions,
  type FlushOptions,
  LONG_CALL_OPTIONS,
  type RefreshOptions,
  SNAPSHOT_OPTIONS,
  type SnapshotOptions,
  type VerifyOptions,
} from './database-options.ts';
import type { DecodedBy, EncodingOption, EncodingsFor } from './encoding-types.ts';
import { INTERNAL, noConstructor, shows } from './facade.ts';
import { Keyspace, makeKeyspace, spaceOf } from './keyspace.ts';
import { type KeyspaceOptions, keyspaceRequest } from './keyspace-options.ts';
import type { KeyspaceInfo } from './keyspace-info.ts';
import { nextEvent, ONCE_OPTIONS, OnceListeners, type OnceOptions } from './once.ts';
import type { RangeOptions } from './ranges.ts';
import type { TransactionOptions } from './transaction-options.ts';
import type { Transaction } from './transaction.ts';
import { callerKeyOf } from '../encryption/key-source.ts';
import type { RotateKeyReport } from '../version/database-keys.ts';
import type { BackupTarget } from '../backup/backups.ts';
import type { BackupReport } from '../backup/make-backup.ts';
import type { CheckpointOptions, CheckpointReport } from '../engine/copy/checkpoint.ts';
import type { ConsumerInfo } from '../engine/history/consumer-places.ts';
import type { RecordedEncodings } from '../engine/recovery/recorded-encodings.ts';
import type { Store } from '../store/contract.ts';
import type { DatabaseStats } from '../store/stats.ts';
import type { StoreUpkeep } from '../store/upkeep.ts';
import type { EventListener, EventMap, EventName } from '../engine/state/events.ts';
import { Session } from './session.ts';
import { makeSnapshot, type Snapshot } from './snapshot.ts';
import { Space } from './space.ts';
import type { RunOptions } from './transactor.ts';
import type { VerifyReport } from '../engine/check/verify.ts';

/** The transaction that a body gets. */
export type TransactionFor<K, V, O> = O extends { readonly mode: 'pessimistic' }
  ? LockingTransaction<K, V>
  : Transaction<K, V>;

/** The result of `transaction`: undefined when a commitId was applied before, and the body not run. */
export type ResultFor<T, O> = O extends { readonly commitId: string } ? T | undefined : T;

/** The parts of a database. */
export interface DatabaseParts<K, V> {
  readonly store: Store & StoreUpkeep;
  readonly keyCodec: Codec<K>;
  readonly valueCodec: Codec<V>;
  /** True for the target of a repair, whose keys are those of the tree, as it finds them. */
  readonly isRaw: boolean;
}

const SHARE_OPTIONS: Template<ShareOptions> = { blockCacheSizeBytes: undefined };

// Set by the class, whose private members nothing else can reach.
let construct: <K, V>(parts: DatabaseParts<K, V>) => Database<K, V>;

/**
 * An open database. Made by `open`. One per directory: keep it, share it, close it once. It is the keyspace of its own
 * keys (Keyspace), and has others beside (`keyspace`).
 *
 * In the examples of the reference `db` is an open database with keys of text and values of JSON. `accounts`, `users` and
 * `ledger` are keyspaces of it; `users` has indexes, and `ledger` is append-only and verifiable.
 *
 * Every method but `on`, `once` with a listener, `off`, `rollback` and `close` fails with ClosedError after `close`, and with
 * InvalidArgumentError for an argument that is wrong; then nothing happened. Keyspace says what reads and writes fail
 * with, and how large keys and values may be.
 */
export class Database<K = Uint8Array, V = Uint8Array> extends Keyspace<K, V> {
  readonly #session: Session;
  readonly #space: Space<K, V>;
  readonly #encodings: RecordedEncodings;
  readonly #onceListeners: OnceListeners;
  #closing: Promise<void> | undefined = undefined;

  private constructor(token: symbol, parts: DatabaseParts<K, V>) {
    if (token !== INTERNAL) throw noConstructor('Database', 'open()');
    const { store, keyCodec, valueCodec, isRaw } = parts;
    const session = new Session(store, spaceOf);
    const { own: entry } = session.keyspaces;
    const codecs = { key: keyCodec, value: valueCodec };
    const space = isRaw
      ? new Space(entry, session, codecs, { head: EMPTY_BYTES, range: WHOLE_TREE })
      : new Space(entry, session, codecs);
    super(token, session, space);
    this.#session = session;
    this.#space = space;
    this.#onceListeners = new OnceListeners(store);
    this.#encodings = { key: keyCodec.recordedName, value: valueCodec.recordedName };
  }

  static {
    construct = (parts) => new Database(INTERNAL, parts);
    shows(Database, (db) =>
      #session in db ? { location: db.location, isOpen: db.isOpen } : undefined,
    );
  }

  /** The directory it lives in, as an absolute path. */
  get location(): string {
    return this.#session.store.location;
  }

  /** False from the call of `close` on. */
  get isOpen(): boolean {
    return this.#session.isOpen;
  }

  /** True when it was opened with `readOnly` or `follow`: what would write fails with ReadOnlyError. */
  get isReadOnly(): boolean {
    return this.#session.store.isReadOnly;
  }

  /** True when it lies on servers: `getSync`, and scans in a `for` loop, are refused there with UnsupportedError. */
  get isRemote(): boolean {
    return this.#session.store.isRemote;
  }

  /**
   * Shows everything that the writer, in whatever process, had acknowledged or published before the call. A database that
   * was opened with `readOnly` moves on by this alone; one with `follow` is hurried. One that writes resolves at once.
   *
   * Rejects with StateGoneError when the writer has lost commits that were shown, DirectoryLostError when another database
   * lies there now, CorruptionError or IoError. What was shown before is shown on.
   *
   * @example
   * await db.refresh(); // of a reader: from here on it shows what the writer had acknowledged
   */
  async refresh(options?: RefreshOptions): Promise<void> {
    this.#session.mustBeOpen();
    const { signal } = takeOptions('refresh', options, LONG_CALL_OPTIONS);
    await this.#session.store.refresh(signal);
  }

  // Keyspaces.

  /**
   * The keyspace of that name, which is created when it is missing: entries of their own, with encodings and options of
   * their own, in the one commit order of this database. Its encodings bind as those of the database do. Opening it again
   * gives another handle of the same; an option that is given anew counts from then on, for tables written later.
   *
   * A name is 1 to 200 characters. Rejects with InvalidArgumentError for a bad name or option, for another encoding
   * than that of the entries, and for another mode; with IncompatibleFormatError for what a newer version has recorded; and as a write does.
   *
   * @example
   * const accounts = await db.keyspace('accounts', { keyEncoding: 'utf8', valueEncoding: 'json' });
   */
  keyspace<const KE extends EncodingOption = 'view', const VE extends EncodingOption = 'view'>(
    name: string,
    options?: KeyspaceOptions & { readonly keyEncoding?: KE; readonly valueEncoding?: VE },
  ): Promise<Keyspace<DecodedBy<KE>, DecodedBy<VE>>>;
  keyspace<K2, V2>(
    name: string,
    options: KeyspaceOptions & EncodingsFor<K2, V2>,
  ): Promise<Keyspace<K2, V2>>;
  async keyspace(name: string, options?: KeyspaceOptions): Promise<Keyspace<unknown, unknown>> {
    const session = this.#session;
    session.mustBeOpen();
    const { codecs, request } = keyspaceRequest(options);
    const entry = await keepingAlive(() => session.keyspaces.open(name, request));
    session.mustBeOpen();
    const space = new Space(entry, session, codecs);
    session.indexing.attach(space, request.functions);
    return makeKeyspace(session, space);
  }

  /**
   * What keyspaces there are, this database's own keys (`default`) first, then by name.
   *
   * @example
   * (await db.keyspaces()).map(({ name }) => name); // => [ 'default', 'accounts', 'ledger', 'users' ]
   */
  keyspaces(): Promise<KeyspaceInfo[]> {
    try {
      this.#session.mustBeOpen();
      // Those of this open may not be recorded yet; an open by bytes asks for none.
      const { key, value } = this.#session.store.encodings;
      const { key: keyEncoding = key, value: valueEncoding = value } = this.#encodings;
      return Promise.resolve(this.#session.keyspaces.list({ keyEncoding, valueEncoding }));
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Drops a keyspace with all its entries, in one commit; nothing of it is read for that. Its tables go as soon as no
   * reader needs them. From then on its handles throw ClosedError, and so does the commit of a transaction that took part
   * in it. A keyspace of that name that is created later begins empty. Rejects with InvalidArgumentError when there is
   * none, with AppendOnlyError for one that is append-only, and as a write does.
   *
   * @example
   * await db.dropKeyspace('users');
   */
  async dropKeyspace(name: string): Promise<void> {
    this.#session.mustBeOpen();
    this.#session.mustBeWritable();
    await keepingAlive(() => this.#session.keyspaces.drop(name));
  }

  /**
   * Gives a keyspace another name. Its handles go on. Rejects with InvalidArgumentError when there is none, or one `to`; with
   * AppendOnlyError for one that is append-only, since auditors know it by its name.
   *
   * @example
   * await db.renameKeyspace('users', 'members');
   */
  async renameKeyspace(from: string, to: string): Promise<void> {
    this.#session.mustBeOpen();
    this.#session.mustBeWritable();
    await keepingAlive(() => this.#session.keyspaces.rename(from, to));
  }

  /**
   * A view that does not change. Close it: until then the versions that it sees are kept. With `at` it shows a state of the
   * past, within the option `versionRetentionMs` of `open`: what was written at or before `{ time }`, or up to the commit with
   * `{ sequence }`, less what had expired by then.
   *
   * Throws HistoryGoneError, which names the oldest state, where it is not kept any more; InvalidArgumentError for a state in
   * the future; OwnerOnlyError for one of the past in a thread that has attached itself.
   *
   * @example
   * using before = db.snapshot();
   * await accounts.put('alice', { balance: 0 });
   * await accounts.get('alice', { snapshot: before }); // => { balance: 100 }
   *
   * using earlier = db.snapshot({ at: { sequence: before.sequence } }); // the past, by a sequence or a time
   */
  snapshot(options?: SnapshotOptions): Snapshot {
    this.#session.mustBeOpen();
    const { at } = takeOptions('snapshot', options, SNAPSHOT_OPTIONS);
    const place = at === undefined ? undefined : placeOf(at);
    this.#session.mustBeOpen(); // a getter among the options may have closed it
    return makeSnapshot(this.#session, this.#session.store.snapshot(place));
  }

  // Transactions.

  /**
   * Runs `body` with a transaction: commits when it returns, rolls back when it throws, and runs it again when
   * another commit came first, at most `retryCountMax` times; then it rejects with the last ConflictError. `body` must
   * have no effects but through its transaction.
   *
   * A body that returns no promise reads with `getSync` and commits in the turn of the call: nothing comes between. It is
   * serializable, and is run again only when its commit had to wait for room or for a lock. A block that is not in
   * memory is read by a call; `await db.getMany(keys)` before it reads blocks ahead.
   *
   * @example
   * await db.transaction((tx) => {
   *   const { balance } = tx.in(accounts).getSync('alice');
   *   if (balance < 30) throw new RangeError('insufficient funds');
   *   tx.in(accounts).put('alice', { balance: balance - 30 });
   * });
   */
  transaction<T>(
    body: (tx: LockingTransaction<K, V>) => T | Promise<T>,
    options: RunOptions & { readonly mode: 'pessimistic'; readonly commitId?: never },
  ): Promise<T>;
  transaction<T, const O extends RunOptions = RunOptions>(
    body: (tx: TransactionFor<K, V, O>) => T | Promise<T>,
    options?: O,
  ): Promise<ResultFor<T, O>>;
  transaction<T>(
    body: (tx: never) => T | Promise<T>,
    options?: RunOptions,
  ): Promise<T | undefined> {
    // With mode pessimistic the transactor makes locking ones, and only a commitId leaves the result out.
    const run = body as (tx: Transaction<K, V>) => T | Promise<T>;
    try {
      this.#session.mustBeOpen();
      return this.#session.transactor.run(this.#space, run, options);
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Whether a transaction with this `commitId` was applied, within `commitIdRetentionMs`. 1 to 1,024 bytes of text.
   *
   * @example
   * await db.transaction((tx) => tx.put('paid', true), { commitId: 'invoice-7' });
   * await db.hasCommitted('invoice-7'); // => true
   */
  hasCommitted(commitId: string): Promise<boolean> {
    try {
      this.#session.mustBeOpen();
      const known = this.#session.transactor.hasCommitted(commitId);
      return typeof known === 'boolean' ? this.#session.turns.answer(known) : known;
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * The explicit form: end it with `commit` or `rollback`.
   *
   * @example
   * const tx = db.begin({ isolation: 'serializable' });
   * tx.put('visits', (await tx.get('visits')) + 1);
   * await tx.commit();
   */
  begin(options: TransactionOptions & { readonly mode: 'pessimistic' }): LockingTransaction<K, V>;
  begin(options?: TransactionOptions): Transaction<K, V>;
  begin(options?: TransactionOptions): Transaction<K, V> {
    this.#session.mustBeOpen();
    return this.#session.transactor.begin(this.#space, options);
  }

  /**
   * The value of a key as the transaction sees it, its own writes included.
   *
   * @example
   * const tx = db.begin();
   * await db.getTx(tx, 'visits'); // => 3
   * db.rollback(tx);
   */
  async getTx(tx: Transaction<K, V>, key: K): Promise<V | undefined> {
    return this.#session.transactor.mustOwn(tx).get(key);
  }

  /**
   * Writes in the transaction; nothing is visible outside before its commit.
   *
   * @example
   * const tx = db.begin();
   * db.putTx(tx, 'visits', 4);
   * await db.commit(tx);
   */
  putTx(tx: Transaction<K, V>, key: K, value: V): void {
    this.#session.transactor.mustOwn(tx).put(key, value);
  }

  /**
   * Deletes a key in the transaction.
   *
   * @example
   * const tx = db.begin();
   * db.delTx(tx, 'visits');
   * await db.commit(tx);
   */
  delTx(tx: Transaction<K, V>, key: K): void {
    this.#session.transactor.mustOwn(tx).del(key);
  }

  /**
   * Commits the transaction, and ends it in any case. Rejects with ConflictError, and has written nothing, when a key
   * that it wrote was committed by others since; if it is serializable, also one that it read. See
   * `Transaction.commit`.
   *
   * @example
   * const tx = db.begin();
   * db.putTx(tx, 'visits', 4);
   * await db.commit(tx).catch((error) => console.log(error.code)); // CONFLICT when another was first
   */
  commit(tx: Transaction<K, V>): Promise<void> {
    try {
      this.#session.mustBeOpen();
      return this.#session.transactor.mustOwn(tx).commit();
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Forgets every write of the transaction and ends it. Idempotent; does nothing after a commit.
   *
   * @example
   * const tx = db.begin();
   * db.putTx(tx, 'visits', 4);
   * db.rollback(tx);
   * await db.get('visits'); // => 3
   */
  rollback(tx: Transaction<K, V>): void {
    this.#session.transactor.mustOwn(tx).rollback();
  }

  // History.

  /**
   * The commits of the database as a stream: whole, in their order, without a gap, and only once they survive a power cut.
   * It reads the logs, those that wait for their flush and those that the option `history` of `open` keeps. Throws
   * InvalidArgumentError for a bad option, and for a sequence in the future.
   *
   * @example
   * const since = db.stats().sequence.published;
   * await accounts.put('carol', { balance: 5 });
   * for await (const { operations } of db.changes({ since, follow: false })) {
   *   for (const change of operations) console.log(change.type, change.keyspace);
   * }
   * // => put accounts
   */
  changes(options?: ChangesOptions): Changes {
    this.#session.mustBeOpen();
    return makeChanges(this.#session, takeOptions('changes', options, CHANGES_OPTIONS));
  }

  /**
   * A named consumer: a reader of `changes` whose place the database keeps, made when it is missing. Logs that it has not
   * acknowledged stay for it, up to `holdBytes`. Needs the option `history` of `open`.
   *
   * A name is 1 to 200 characters. Rejects with InvalidArgumentError for a bad name or option, for a new one in a database
   * without history and for a start in the future; and as a write does. OwnerOnlyError in a thread that has attached itself.
   *
   * @example
   * const mails = await db.consumer('mails', { since: 0 });
   * for await (const { sequence, operations } of mails.changes({ in: accounts, follow: false })) {
   *   await db.transaction((tx) => {
   *     for (const { key } of operations) tx.put(`mail:${key}`, 'welcome');
   *     mails.ackIn(tx, sequence);
   *   });
   * }
   * await db.keys({ prefix: 'mail:' }).all(); // => [ 'mail:alice', 'mail:bob' ]
   */
  async consumer(name: string, options?: ConsumerOptions): Promise<Consumer> {
    this.#session.mustBeOpen();
    return keepingAlive(() => openConsumer(this.#session, name, options));
  }

  /**
   * The named consumers, by their names, with how far each is behind. Rejects as a read does.
   *
   * @example
   * await db.consumer('mails');
   * (await db.consumers()).map(({ name, isGone }) => [name, isGone]); // => [ [ 'mails', false ] ]
   */
  async consumers(): Promise<ConsumerInfo[]> {
    this.#session.mustBeOpen();
    return this.#session.store.consumers();
  }

  /**
   * Forgets a consumer and its place: no log stays for it. Rejects with InvalidArgumentError when there is none.
   *
   * @example
   * await db.consumer('mails');
   * await db.dropConsumer('mails');
   */
  async dropConsumer(name: string): Promise<void> {
    this.#session.mustBeOpen();
    await keepingAlive(() => dropConsumer(this.#session, name));
  }

  // Threads.

  /**
   * A handle by which one other thread of this process uses the database: post it with `[handle.port]` as the list of what
   * is transferred, and give it to `attach` of `varve/worker` there. Each thread needs a handle of its own. The thread has
   * its own block cache, which is taken from that of this one until the thread ends.
   *
   * Throws InvalidArgumentError for a bad option, for more than 64 threads, and where the files are not those of the
   * operating system; OwnerOnlyError in a thread that has attached itself.
   *
   * @example
   * const handle = db.share(); // for the thread of the example of `attach`
   * const worker = new Worker('./worker.js', { workerData: { handle }, transferList: [handle.port] });
   * const [total] = await once(worker, 'message');
   * total; // => 120
   */
  share(options?: ShareOptions): DatabaseHandle {
    const { blockCacheSizeBytes } = takeOptions('share', options, SHARE_OPTIONS);
    checkCacheShare(blockCacheSizeBytes);
    return this.#session.share(blockCacheSizeBytes);
  }

  /**
   * Threads that run functions of a module over this database, for scans and analytics beside this thread. The module is a
   * URL or a path; it calls `servePool` of `varve/worker` with its functions.
   *
   * Throws as `share` does, and InvalidArgumentError for what is no module.
   *
   * @example
   * const pool = db.pool('./reports.js', { threads: 2 }); // the module of the example of `servePool`
   * await pool.run('total', 'accounts'); // => 120
   * await pool.close();
   */
  pool(module: URL | string, options?: PoolOptions): Pool {
    this.#session.mustBeOpen();
    return makePool(this.#session, module, takeOptions('pool', options, POOL_OPTIONS));
  }

  // Upkeep.

  /**
   * Writes everything committed so far into tables. Ends however much is written meanwhile.
   *
   * @example
   * await db.flush();
   */
  async flush(options?: FlushOptions): Promise<void> {
    this.#session.mustBeOpen();
    const { signal } = takeOptions('flush', options, LONG_CALL_OPTIONS);
    await this.#session.store.flush(signal);
  }

  /**
   * Flushes, and compacts the range of its own keys, or all keyspaces, to the bottom: no tombstones, no old versions,
   * compressed. It is about what was committed before the call, and ends however much is written meanwhile.
   *
   * @example
   * await db.compact(); // all keyspaces
   * await db.compact({ prefix: 'log:' }, { signal: AbortSignal.timeout(60_000) });
   */
  override async compact(range?: RangeOptions<K>, options?: CompactOptions): Promise<void> {
    if (range !== undefined) return super.compact(range, options);
    this.#session.mustBeOpen();
    const { signal } = takeOptions('compact', options, LONG_CALL_OPTIONS);
    await this.#session.store.compact(ALL_KEYS, signal);
  }

  /**
   * Counters, sizes and the recovery report; a plain object.
   *
   * @example
   * const { sequence, levels, databaseId } = db.stats();
   */
  stats(): DatabaseStats {
    this.#session.mustBeOpen();
    return this.#session.stats();
  }

  /**
   * Reads and checks every byte: tables, logs, manifest, and how they fit together; and each index and each Merkle tree
   * against its rows, both ways. Resolves with everything that it
   * found, damage included; changes nothing.
   *
   * @example
   * const { problems } = await db.verify();
   * problems; // => []
   */
  async verify(options?: VerifyOptions): Promise<VerifyReport> {
    this.#session.mustBeOpen();
    const { signal } = takeOptions('verify', options, LONG_CALL_OPTIONS);
    const { store, indexing, ledgers, turns } = this.#session;
    const check = (): void => {
      this.#session.mustBeOpen();
      if (signal?.aborted === true) throw abortedBy(signal, 'Verification was aborted');
    };
    return keepingAlive(async () => {
      const report = await indexing.verified(await store.verify(signal), turns, check);
      return ledgers.verified(report, check);
    });
  }

  /**
   * Makes a copy in a directory that is absent or empty, while writes go on: every commit acknowledged before the call,
   * whole commits only. Tables are linked, so that they take no room of their own on the same file system. The copy is
   * a database by itself, to be opened, moved or sent away. Rejects, and removes what it made, when anything fails.
   *
   * @example
   * await db.checkpoint('./copy');
   * const copy = await open('./copy', { keyEncoding: 'utf8', valueEncoding: 'json' });
   * await copy.get('visits'); // => 3
   * await copy.close();
   */
  async checkpoint(directory: string, options?: CheckpointOptions): Promise<CheckpointReport> {
    this.#session.mustBeOpen();
    if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
      throw new InvalidArgumentError(`Directory must be a path: found=${describe(directory)}`);
    }
    const { signal } = takeOptions('checkpoint', options, LONG_CALL_OPTIONS);
    return this.#session.store.checkpoint(directory, signal);
  }

  /**
   * Seals the key ring of an encrypted database with `newKey`, 32 bytes, and gives new files a new database key. When it
   * resolves, `newKey` alone opens the database. Until then a crash leaves either key, never none. Files that are there
   * keep their database key until a compaction rewrites them; the next rotation after that drops it.
   *
   * Rejects with EncryptionKeyError, for a plain database or what is no key, with InvalidArgumentError while an archive
   * runs or other threads are attached, or IoError.
   *
   * @example
   * const vault = await open('./vault', { encryption: { key: randomBytes(32) } });
   * const newKey = randomBytes(32);
   * (await vault.rotateKey(newKey)).generationCount; // => 2
   * await vault.close();
   */
  async rotateKey(newKey: Uint8Array): Promise<RotateKeyReport> {
    this.#session.mustBeOpen();
    const callerKey = callerKeyOf(newKey);
    if (this.#session.archives.size > 0) {
      throw new InvalidArgumentError(
        'Key cannot be rotated while an archive runs: close it, rotate, and begin it again',
      );
    }
    if (this.#session.threadCount > 0) {
      throw new InvalidArgumentError(
        'Key cannot be rotated while other threads are attached: close the database in them, and share it again',
      );
    }
    return keepingAlive(() => this.#session.store.rotateKey(callerKey));
  }

  /**
   * Makes a backup in a store or a directory, while writes go on: every commit acknowledged before the call, whole commits
   * only. What the store has already is not moved again. The backup counts once all of it is durable there; when anything
   * fails before that, there is none. `restore` puts it back.
   *
   * Rejects with CorruptionError for a table or log that is damaged, BackupError (BACKUP_EXISTS for a name that is taken,
   * BACKUP_STORE for what a store throws, BACKUP_SUPERSEDED when it slept for so long that a prune took it for killed),
   * AbortedError, ClosedError or IoError.
   *
   * @example
   * const { name, bytesNew } = await db.backup('./backups', { bytesPerSecond: 50_000_000 });
   */
  async backup(target: BackupTarget, options?: BackupOptions): Promise<BackupReport> {
    this.#session.mustBeOpen();
    return makeBackup(this.#session, target, takeOptions('backup', options, BACKUP_OPTIONS));
  }

  /**
   * Ships the logs to a store or a directory while they grow, so that a machine that is lost loses seconds: `restore` goes
   * to any commit or time that was shipped. It begins with a backup unless the store has one that it can go on from.
   * Resolves when everything committed before the call can be restored; from then on it goes on by itself, and tries again
   * what fails (`stats().error`). The close of the database ships what is left.
   *
   * Rejects as `backup` does, when its first shipment fails.
   *
   * @example
   * const archive = await db.archive('./backups', { intervalMs: 1000 });
   * await accounts.put('alice', { balance: 70 });
   * await archive.ship(); // now, and not within the second
   * archive.stats().lagMs; // => 0
   */
  async archive(target: BackupTarget, options?: ArchiveOptions): Promise<Archive> {
    this.#session.mustBeOpen();
    return startArchive(this.#session, target, takeOptions('archive', options, ARCHIVE_OPTIONS));
  }

  /**
   * Calls `listener` at each event of this name, until `off` with the same function. Throws InvalidArgumentError for a
   * name that no event has. Works before and after `close`.
   *
   * @example
   * db.on('flush-finished', ({ entryCount }) => console.log(entryCount > 0));
   * await db.flush();
   * // => true
   */
  on<N extends EventName>(name: N, listener: EventListener<N>): this {
    this.#session.store.on(name, listener);
    return this;
  }

  /** As `on`, for the next event alone. */
  once<N extends EventName>(name: N, listener: EventListener<N>): this;
  /**
   * Resolves with the next event of this name. Rejects with ClosedError when the database is closed first, or was before,
   * and with AbortedError.
   *
   * @example
   * const flushed = db.once('flush-finished', { signal: AbortSignal.timeout(60_000) });
   * await db.flush();
   * (await flushed).entryCount > 0; // => true
   */
  once<N extends EventName>(name: N, options?: OnceOptions): Promise<EventMap[N]>;
  once<N extends EventName>(
    name: N,
    given?: EventListener<N> | OnceOptions,
  ): this | Promise<EventMap[N]> {
    if (typeof given === 'function') {
      this.#onceListeners.add(name, given);
      return this;
    }
    return this.#nextEvent(name, given);
  }

  async #nextEvent<N extends EventName>(name: N, options?: OnceOptions): Promise<EventMap[N]> {
    this.#session.mustBeOpen();
    const { signal } = takeOptions('once', options, ONCE_OPTIONS);
    return keepingAlive(() => nextEvent(this.#session.store, name, signal));
  }

  /**
   * Ends what `on` or `once` with the same name and function began; otherwise does nothing.
   *
   * @example
   * const listener = ({ sizeBytes }) => console.log(sizeBytes);
   * db.on('flush-finished', listener);
   * db.off('flush-finished', listener);
   * await db.flush();
   */
  off<N extends EventName>(name: N, listener: EventListener<N>): this {
    this.#session.store.off(name, listener);
    this.#onceListeners.remove(name, listener);
    return this;
  }

  /**
   * Ends everything: waits for commits that have begun, refuses those that wait, rolls back transactions, ends scans,
   * makes the log durable and gives the directory back. Calling it again waits for the same end.
   *
   * No body of a transaction begins after the call. The next call of a running body throws ClosedError, and its
   * `transaction` rejects with it. A body may close the database itself: its transaction is rolled back with the
   * others.
   *
   * @example
   * await db.close();
   */
  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    this.#closing = new Promise((resolve) => {
      this.#session.refuse(); // before all else: listeners may call us from within
      resolve(keepingAlive(() => this.#session.close()));
    });
    return this.#closing;
  }

  /** As `close`; for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The database over an open store, which is closed when the catalog of keyspaces cannot be read. */
export async function makeDatabase<K, V>(parts: DatabaseParts<K, V>): Promise<Database<K, V>> {
  try {
    return construct(parts);
  } catch (error) {
    await parts.store.close();
    throw error;
  }
}
