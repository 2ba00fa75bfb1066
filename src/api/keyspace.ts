/**
 * A keyspace, as its user holds it.
 *
 * Owns: the calls that read and write one keyspace: argument checks, and the default of each option. Reader, writer and
 * store do all the work. The database is a keyspace too, with more calls (database.ts).
 *
 * Suspension: as each method says; a call looks whether the database is open again after code of the caller's has run.
 */
import { keepingAlive } from '../base/liveness.ts';
import { abortedBy } from '../base/abort.ts';
import type { ExtensionProof, InclusionProof, TreeRoot } from '../merkle/proofs.ts';
import { isArray } from '../base/caller-value.ts';
import { AppendOnlyError, InvalidArgumentError } from '../base/errors.ts';
import { describe, rejected } from '../base/describe.ts';
import {
  checkChoice,
  checkSignal,
  takeOptions,
  type Taken,
  type Template,
} from '../base/options.ts';
import { hashKey } from '../bytes/hash.ts';
import { type BoundedRange, nonEmpty } from '../bytes/key-range.ts';
import type { IngestOptions, IngestReport, IngestSource } from '../engine/bulk/ingest.ts';
import type { StoreView } from '../store/contract.ts';
import type { PublishedChange } from '../txn/commit-request.ts';
import type { CheckedOperations, OwnOperations } from './batch-operation.ts';
import {
  type CompactOptions,
  type DatabaseScanOptions,
  LONG_CALL_OPTIONS,
  READ_OPTIONS,
  type ReadOptions,
  SCAN_OPTIONS,
  PUT_OPTIONS,
  type PutOptions,
  WRITE_OPTIONS,
  type Watch,
  type WriteOptions,
} from './database-options.ts';
import { INTERNAL, noConstructor, shows } from './facade.ts';
import { type Bounded, RANGE_OPTIONS, type RangeOptions } from './ranges.ts';
import { keyspaceIndex } from './index-reads.ts';
import type { LedgerRoot } from './ledgers.ts';
import { makeSecondaryIndex, type SecondaryIndex } from './secondary-index.ts';
import type { Scan } from './scan.ts';
import type { Session } from './session.ts';
import { type ReadFrom, readView } from './snapshot.ts';
import type { Space } from './space.ts';
import type { Update } from './update.ts';
import type { CommitOptions } from './writer.ts';

// Set by the class, whose private members nothing else can reach.
let construct: <K, V>(session: Session, space: Space<K, V>) => Keyspace<K, V>;
let spaceIn: (value: unknown) => Space<unknown, unknown> | undefined;

/**
 * The entries of one keyspace of a database, with encodings and options of their own. Made by `db.keyspace`; it needs no
 * closing. All keyspaces share one commit order: a transaction, a batch or a snapshot spans them. A Database is the
 * keyspace of its own keys.
 *
 * Every method fails with ClosedError after the close of the database or the drop of the keyspace, and with
 * InvalidArgumentError for an argument that is wrong; then nothing happened. One that returns a promise rejects, any
 * other throws. A key is 0 to 65,536 bytes as encoded, a value 0 to 512 MiB, a commit 1 GiB. Arguments may be reused as
 * soon as a call returns. Keys and values in bytes that a call hands out have memory of their own, which the caller may
 * keep, change or transfer. Results of the encoding `pooled` share memory: copy one before it is kept or transferred.
 *
 * Reads fail with CorruptionError for a damaged block, IoError when the system refuses, DecodingError for bytes of
 * another encoding. Writes reject with AbortedError for the signal while they wait for room, with LockTimeoutError when
 * a transaction holds a lock in the way, with IoError when there is no room on the disk and nothing was written, and
 * with DatabaseFailedError when the database takes no more writes; `outcome` of both tells whether the write may be
 * there. In a keyspace of mode `'append-only'` a write that would do more than add an entry rejects with AppendOnlyError.
 */
export class Keyspace<K = Uint8Array, V = Uint8Array> {
  readonly #session: Session;
  readonly #space: Space<K, V>;

  protected constructor(token: unknown, session: unknown, space: unknown);
  protected constructor(token: symbol, session: Session, space: Space<K, V>) {
    if (token !== INTERNAL) throw noConstructor(new.target.name, 'db.keyspace() or open()');
    this.#session = session;
    this.#space = space;
  }

  static {
    construct = (session, space) => new Keyspace(INTERNAL, session, space);
    // Not in a Proxy around one, nor in an object that only inherits from one.
    spaceIn = (value) =>
      typeof value === 'object' && value !== null && #space in value ? value.#space : undefined;
    shows(Keyspace, (keyspace) => (#space in keyspace ? { name: keyspace.name } : undefined));
  }

  /** Its name; `default` for the keys of the database itself. A rename changes it. */
  get name(): string {
    return this.#space.entry.name;
  }

  // Reads.

  /**
   * The value of a key, or undefined. Does not stop the event loop when a block has to be read.
   *
   * @example
   * await accounts.get('alice'); // => { balance: 100 }
   * await accounts.get('nobody'); // => undefined
   */
  get(key: K, options?: ReadOptions): Promise<V | undefined> {
    try {
      const view = this.#viewOf(options);
      const encoded = this.#space.translator.encodeKey(key);
      const hash = hashKey(encoded.bytes, encoded.start, encoded.end);
      return this.#space.reader.get(encoded, hash, view);
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * As `get`, at once; a block that is not in memory is read synchronously.
   *
   * @example
   * accounts.getSync('alice'); // => { balance: 100 }
   */
  getSync(key: K, options?: ReadOptions): V | undefined {
    const view = this.#viewOf(options);
    const encoded = this.#space.translator.encodeKey(key);
    const hash = hashKey(encoded.bytes, encoded.start, encoded.end);
    return this.#space.reader.getSync(encoded, hash, view);
  }

  /**
   * The values of several keys as of one moment, in their order; undefined for each that is absent.
   *
   * @example
   * await accounts.getMany(['alice', 'nobody']); // => [ { balance: 100 }, undefined ]
   */
  async getMany(keys: readonly K[], options?: ReadOptions): Promise<(V | undefined)[]> {
    this.#space.mustBeOpen();
    if (!isArray(keys)) {
      throw new InvalidArgumentError(`Keys must be an array: found=${describe(keys)}`);
    }
    return this.#space.reader.getMany(keys, this.#viewOf(options));
  }

  /**
   * When the entry of a key expires: milliseconds since 1970, Infinity when it does not; undefined for a key without a
   * value. Reads as `get` does.
   *
   * @example
   * await accounts.put('guest', { balance: 0 }, { expiresAt: Date.UTC(2100, 0) });
   * await accounts.expiresAt('guest'); // => 4102444800000
   * await accounts.expiresAt('alice'); // => Infinity
   */
  expiresAt(key: K, options?: ReadOptions): Promise<number | undefined> {
    try {
      const view = this.#viewOf(options);
      const encoded = this.#space.translator.encodeKey(key);
      const hash = hashKey(encoded.bytes, encoded.start, encoded.end);
      return this.#space.reader.expiresAt(encoded, hash, view);
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Whether the key has a value. Reads as `get` does.
   *
   * @example
   * await accounts.has('alice'); // => true
   */
  async has(key: K, options?: ReadOptions): Promise<boolean> {
    return (await this.get(key, options)) !== undefined;
  }

  /**
   * Entries `[key, value]` in key order, as of now; `for`, `for await`, `nextMany`, `all`. Iterate to the end, or
   * close: an open scan keeps memory and files.
   *
   * @example
   * for await (const [key, { balance }] of accounts.entries({ gte: 'a', lt: 'b' })) console.log(key, balance);
   * // => alice 100
   */
  entries(options?: DatabaseScanOptions<K>): Scan<K, [K, V]> {
    const taken = this.#takeScan(options);
    return this.#space.reader.entries(taken, () => ({ view: this.#readView(taken) }));
  }

  /**
   * As `entries`, the keys alone.
   *
   * @example
   * await accounts.keys({ reverse: true, limit: 1 }).all(); // => [ 'bob' ]
   */
  keys(options?: DatabaseScanOptions<K>): Scan<K, K> {
    const taken = this.#takeScan(options);
    return this.#space.reader.keys(taken, () => ({ view: this.#readView(taken) }));
  }

  /**
   * As `entries`, the values alone.
   *
   * @example
   * await accounts.values({ prefix: 'a' }).all(); // => [ { balance: 100 } ]
   */
  values(options?: DatabaseScanOptions<K>): Scan<K, V> {
    const taken = this.#takeScan(options);
    return this.#space.reader.values(taken, () => ({ view: this.#readView(taken) }));
  }

  /**
   * How many entries there are in the range, or in the whole keyspace: those that a scan would show. Takes the time of a
   * scan that makes no rows. Reads as a scan does.
   *
   * @example
   * await accounts.count({ prefix: 'a' }); // => 1
   */
  async count(options?: DatabaseScanOptions<K>): Promise<number> {
    return this.keys(options).count();
  }

  /**
   * A secondary index of this keyspace, to read by; `db.keyspace` declares them. Throws InvalidArgumentError when there is
   * none of that name.
   *
   * @example
   * await users.index('byCity').keys({ prefix: ['Graz'] }).all(); // => [ 'ada', 'cyd' ]
   */
  index(name: string): SecondaryIndex<K, V> {
    this.#space.mustBeOpen();
    return makeSecondaryIndex(keyspaceIndex(this.#session, this.#space, name));
  }

  /**
   * Drops an index, in one commit; its space comes back as that of a dropped keyspace. Rejects with InvalidArgumentError
   * when there is none of that name, and as a write does.
   *
   * @example
   * await users.dropIndex('byCity');
   */
  async dropIndex(name: string): Promise<void> {
    this.#space.mustBeOpen();
    this.#session.mustBeWritable();
    await keepingAlive(() => this.#session.keyspaces.dropIndex(this.#space.entry, name));
  }

  // Proofs, of a keyspace that is verifiable. They reject with InvalidArgumentError for any other.

  /**
   * The root of the Merkle tree over all entries, in the order of their commits. Keep it elsewhere: with it `varve/ledger`
   * tells later whether an entry was there, and whether anything was changed or removed since. It shows what a read shows.
   * With durability `'os'` a power cut can take the last entries, and then no later root continues one that counts them.
   *
   * @example
   * const { size, hash } = await ledger.root(); // what an auditor keeps
   */
  async root(options?: ReadOptions): Promise<LedgerRoot> {
    const view = this.#viewOf(options);
    return this.#session.ledgers.root(this.#space.entry, view);
  }

  /**
   * A proof that the entry of this key is in the keyspace, for `verifyProof` of `varve/ledger`; undefined when there is no
   * such entry. Its `root` is that of `root` with the same options. Rejects as `get` does.
   *
   * @example
   * const proof = await ledger.prove('rent');
   * verifyProof(proof, await ledger.root()).index; // => 0
   */
  async prove(key: K, options?: ReadOptions): Promise<InclusionProof | undefined> {
    const view = this.#viewOf(options).fixed();
    const own = this.#space.translator.keyBytes(key);
    return this.#session.ledgers.prove(this.#space.entry, own, view);
  }

  /**
   * A proof that nothing was changed or removed since an earlier root, for `verifyExtension` of `varve/ledger`. Rejects with
   * InvalidArgumentError for a root that is none of this keyspace: then something was, or the root is of another.
   *
   * @example
   * const yesterday = await ledger.root();
   * await ledger.put('tea', { amount: 5 });
   * const proof = await ledger.proveExtension(yesterday);
   * verifyExtension(proof, yesterday).size; // => 2
   */
  async proveExtension(from: TreeRoot, options?: ReadOptions): Promise<ExtensionProof> {
    return this.#session.ledgers.proveExtension(this.#space.entry, from, this.#viewOf(options));
  }

  // Writes. Each resolves when it is as durable as asked, and visible to every later read.

  /**
   * Writes a value, over the one that is there. An empty value is a value. With `ttlMs` or `expiresAt` the entry is
   * absent from that time on; a later put without either replaces the time too.
   *
   * @example
   * await accounts.put('carol', { balance: 0 });
   * await accounts.put('guest', { balance: 0 }, { ttlMs: 60_000 }); // absent in a minute
   */
  put(key: K, value: V, options?: PutOptions): Promise<void> {
    try {
      const space = this.#space;
      const { writer } = this.#session;
      if (options === undefined) {
        const plain = this.#commitOptions(undefined);
        return writer.put(space, key, value, space.expiryOf(undefined), plain);
      }
      space.mustBeOpen();
      this.#session.mustBeWritable();
      const taken = takeOptions('a put', options, PUT_OPTIONS);
      const { durability, signal } = taken;
      const expiresAtMs = space.expiryOf(taken);
      return writer.put(space, key, value, expiresAtMs, this.#checked({ durability, signal }));
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Deletes a key. An absent key is no error.
   *
   * @example
   * await accounts.del('alice');
   */
  del(key: K, options?: WriteOptions): Promise<void> {
    try {
      return this.#session.writer.del(this.#space, key, this.#commitOptions(options));
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Writes what `update` computes from the value of the key: `(n = 0) => n + 1`. Resolves with what was written;
   * undefined deletes the key. Nothing comes between what `update` is given and what it writes: it is run in the step
   * that gives the commit its place, on the newest value, commits on their way included. So an update conflicts with no
   * other commit. A block that is not in memory is read before that step, without stopping the event loop.
   *
   * `update` may run more than once: it must be synchronous, depend on its argument alone and have no other effect. It may
   * read the database with `getSync`. Rejects with the error that `update` throws, and with InvalidArgumentError when it
   * returns a promise or writes to this database; nothing is written then.
   *
   * @example
   * await db.update('visits', (count = 0) => count + 1); // => 4
   */
  update(key: K, update: Update<V>, options?: WriteOptions): Promise<V | undefined> {
    try {
      const commitOptions = this.#commitOptions(options);
      return this.#session.writer.update(this.#space, key, update, commitOptions);
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Deletes every key in the range with one range tombstone: O(1), however many keys there are. A bound that is there
   * must not be undefined: a variable that was forgotten deletes nothing.
   *
   * @example
   * await accounts.delRange({ gte: 'a', lt: 'b' });
   */
  delRange<R extends RangeOptions<K>>(
    range: R & Bounded<R>,
    options?: WriteOptions,
  ): Promise<void> {
    try {
      const commitOptions = this.#commitOptions(options);
      const bytes = this.#space.translator.boundedRangeOf('a range', range);
      return bytes === undefined ? Promise.resolve() : this.#delete(bytes, commitOptions);
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Deletes every key of this keyspace, with one range tombstone.
   *
   * @example
   * await accounts.clear();
   */
  clear(options?: WriteOptions): Promise<void> {
    try {
      return this.#delete(this.#space.translator.range, this.#commitOptions(options));
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Several operations as one commit: all of them or none, in their order. Each is in the keyspace that it names as
   * `in`; without one, in this keyspace. An update sees what the operations before it wrote, and otherwise the newest
   * value, as `update` does; what it throws refuses the whole batch.
   *
   * @example
   * await db.batch([
   *   { type: 'put', key: 'visits', value: 0 },
   *   { type: 'del', in: accounts, key: 'alice' },
   * ]);
   */
  batch(operations: OwnOperations<K, V>, options?: WriteOptions): Promise<void>;
  batch<const O extends readonly object[]>(
    operations: O & CheckedOperations<K, V, O>,
    options?: WriteOptions,
  ): Promise<void>;
  batch(operations: readonly unknown[], options?: WriteOptions): Promise<void> {
    try {
      const home = this.#space as Space<unknown, unknown>; // its translator checks what it is given
      return this.#session.writer.batch(home, operations, this.#commitOptions(options));
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Calls `listener` after commits have written to the range or deleted in it. One call stands for all commits since the
   * last call; it comes in a microtask after they are visible. `{}` is the whole keyspace. The listener hears that
   * something changed, and not what: `changes` tells that. An entry that expires calls no listener. Returns a function
   * that ends the watch; `using` ends it too. A watch keeps no process alive, and ends with the database. Throws
   * InvalidArgumentError.
   *
   * @example
   * using watch = accounts.watch({ prefix: 'a' }, () => console.log('changed'));
   * await accounts.put('alice', { balance: 1 });
   * // => changed
   */
  watch(range: RangeOptions<K>, listener: (change: PublishedChange) => void): Watch {
    this.#space.mustBeOpen();
    const options = takeOptions('a range', range, RANGE_OPTIONS as Template<RangeOptions<K>>);
    if (typeof listener !== 'function') {
      throw new InvalidArgumentError(`Listener must be a function: found=${describe(listener)}`);
    }
    const { start: lower, end: upper } = this.#space.translator.boundsOf(options);
    const end = this.#session.store.watch({ lower, upper }, listener);
    return Object.assign(end, { [Symbol.dispose]: end });
  }

  /**
   * Loads entries in strictly ascending order of their encoded keys (bytes, a prefix before its extensions) straight
   * into tables, past log and memtable: for loads that are large and sorted. As exact as one commit of them: when it
   * resolves they are durable and all visible, before that none is, and a crash leaves all or none. They replace what
   * was there; a transaction that began before and read or wrote one of these keys conflicts.
   *
   * A keyspace with indexes is refused, and so is one that is append-only, with AppendOnlyError. Entries expire as the
   * keyspace says, counted from the call on. There is no bound on their number; each is bounded as by `put`. Commits go on
   * meanwhile, and are held back at the end for a sync of each table: milliseconds. Rejects with InvalidArgumentError for an entry out of order, naming its
   * position from 0, with IoError when there is no space, with LockTimeoutError when a transaction holds a lock in its
   * range for 10 seconds, with AbortedError for the signal, and with what `entries` throws; nothing of it stays then.
   * With DatabaseFailedError when a sync failed, as a commit does.
   *
   * @example
   * const sorted = [['x1', { balance: 1 }], ['x2', { balance: 2 }]];
   * (await accounts.ingest(sorted)).entryCount; // => 2
   */
  async ingest(entries: IngestSource<K, V>, options?: IngestOptions): Promise<IngestReport> {
    this.#space.mustBeOpen();
    this.#session.mustBeWritable();
    const { signal } = takeOptions('ingest', options, LONG_CALL_OPTIONS);
    if (!isIterable(entries)) {
      throw new InvalidArgumentError(`Entries must be iterable: found=${describe(entries)}`);
    }
    const { translator, mustExist, entry } = this.#space;
    const guard = (): void => {
      mustExist();
      if (entry.indexed !== undefined) throw loadWithIndexes();
      if (entry.appendOnly !== undefined) throw loadOverEntries(entry.name);
    };
    guard();
    const expiresAtMs = this.#space.expiryOf(undefined);
    const encoder = {
      encodeEntry: (key: K, value: V) => translator.encodeEntry(key, value, expiresAtMs),
    };
    return this.#session.store.ingest(entries, encoder, { signal, guard });
  }

  // Upkeep.

  /**
   * Flushes, and compacts the range, or the whole keyspace, to the bottom: no tombstones, no old versions, compressed.
   * It is about what was committed before the call, and ends however much is written meanwhile.
   *
   * @example
   * await accounts.compact({ prefix: 'a' });
   */
  async compact(range?: RangeOptions<K>, options?: CompactOptions): Promise<void> {
    this.#space.mustBeOpen();
    const taken = takeOptions<RangeOptions<K>>('compact', range, RANGE_OPTIONS);
    const { signal } = takeOptions('compact', options, LONG_CALL_OPTIONS);
    const { start, end } = this.#space.translator.boundsOf(taken);
    await this.#session.store.compact({ lower: start, upper: end }, signal);
  }

  /**
   * Bytes that the entries of the range, or of the whole keyspace, take in tables: whole blocks, as compressed, with old
   * versions and tombstones. What no flush has put into tables yet counts as nothing.
   *
   * @example
   * await db.flush();
   * (await accounts.approximateSizeBytes()) > 0; // => true
   */
  approximateSizeBytes(range?: RangeOptions<K>): Promise<number> {
    try {
      this.#space.mustBeOpen();
      const taken = takeOptions<RangeOptions<K>>('a range', range, RANGE_OPTIONS);
      const bounds = nonEmpty(this.#space.translator.boundsOf(taken));
      this.#space.mustBeOpen(); // the caller's encoder may have closed it
      return Promise.resolve(
        bounds === undefined ? 0 : this.#session.store.approximateSize(bounds),
      );
    } catch (error) {
      return rejected(error);
    }
  }

  #delete(range: BoundedRange, options: CommitOptions): Promise<void> {
    return this.#session.writer.delRange(this.#space, range, options);
  }

  #viewOf(options: ReadOptions | undefined): StoreView {
    if (options === undefined) {
      this.#space.mustBeOpen();
      return this.#session.store.view();
    }
    return this.#readView(takeOptions('a read', options, READ_OPTIONS));
  }

  #takeScan(options: DatabaseScanOptions<K> | undefined): Taken<DatabaseScanOptions<K>> {
    this.#space.mustBeOpen();
    return takeOptions<DatabaseScanOptions<K>>('a scan', options, SCAN_OPTIONS);
  }

  #readView(from: ReadFrom): StoreView {
    return readView(this.#session, from, this.#space.mustBeOpen);
  }

  #commitOptions(options: WriteOptions | undefined): CommitOptions {
    this.#space.mustBeOpen();
    this.#session.mustBeWritable();
    const { writeDefaults } = this.#session;
    if (options === undefined) return writeDefaults;
    return this.#checked(takeOptions('a write', options, WRITE_OPTIONS));
  }

  #checked(taken: Taken<WriteOptions>): CommitOptions {
    const { writeDefaults } = this.#session;
    const { durability } = taken;
    const signal = checkSignal(taken.signal);
    this.#space.mustBeOpen(); // a getter among the options may have closed it
    if (signal?.aborted === true) {
      throw abortedBy(signal, 'Write was aborted before it began');
    }
    return {
      durability:
        durability === undefined
          ? writeDefaults.durability
          : checkChoice('durability', durability, ['sync', 'os']),
      signal,
    };
  }
}

export function makeKeyspace<K, V>(session: Session, space: Space<K, V>): Keyspace<K, V> {
  return construct(session, space);
}

/** The space of a keyspace of any database; undefined for any other value. */
export function spaceOf(value: unknown): Space<unknown, unknown> | undefined {
  return spaceIn(value);
}

function loadWithIndexes(): InvalidArgumentError {
  return new InvalidArgumentError(
    'Keyspace has indexes, which a bulk load does not keep: load first, or drop them before and declare them again',
  );
}

function loadOverEntries(keyspace: string): AppendOnlyError {
  return new AppendOnlyError(
    `A bulk load replaces entries unseen: write them in batches, keyspace=${keyspace} is append-only`,
    { keyspace },
  );
}

function isIterable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}
