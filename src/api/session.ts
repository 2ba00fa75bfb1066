/**
 * The session of an open database: what its keyspaces share.
 *
 * Owns: the store, the keyspaces by number, the writer and the transactor, and the end of life: after `close` every call
 * says so.
 *
 * Suspension: `close` suspends; everything else is synchronous.
 */
import { CATALOG_RANGE } from './catalog.ts';
import { SharedCatalog } from './shared-catalog.ts';
import { describe } from '../base/describe.ts';
import { ClosedError, InvalidArgumentError } from '../base/errors.ts';
import { readOnly } from './read-only.ts';
import type { Latencies } from '../base/latency.ts';
import { TurnBudget } from '../base/turn-budget.ts';
import { copyRange } from '../bytes/bytes.ts';
import { DEFAULT_KEYSPACE, splitTreeKey } from '../bytes/keyspace-number.ts';
import type { ArchiveLoop } from '../backup/archive.ts';
import type { Store } from '../store/contract.ts';
import type { DatabaseStats } from '../store/stats.ts';
import type { StoreUpkeep } from '../store/upkeep.ts';
import type { IndexMaintenance } from '../indexes/index-maintenance.ts';
import { closeArchives } from './archive.ts';
import type { DatabaseHandle } from '../threads/messages.ts';
import { ThreadHost } from '../threads/thread-host.ts';
import type { ThreadPool } from '../threads/thread-pool.ts';
import type { LateOperations } from '../txn/late-operations.ts';
import { Indexing } from './indexing.ts';
import { Keyspaces } from './keyspaces.ts';
import { Ledgers } from './ledgers.ts';
import { endScans } from './reader.ts';
import type { Scan } from './scan.ts';
import type { Space, SpaceShare } from './space.ts';
import type { KeyspaceLookup, UserKey } from './transaction-core.ts';
import { Transactor } from './transactor.ts';
import { type CommitOptions, Writer } from './writer.ts';

/** The space of a keyspace of any database; undefined for any other value. */
export type SpaceLookup = (value: unknown) => Space<unknown, unknown> | undefined;

export class Session implements SpaceShare, KeyspaceLookup {
  readonly store: Store & StoreUpkeep;
  readonly turns: TurnBudget;
  readonly latencies: Latencies;
  readonly scans: Set<Scan<never, unknown>> = new Set();
  readonly writer: Writer;
  readonly transactor: Transactor;
  readonly keyspaces: Keyspaces;
  readonly indexing: Indexing;
  readonly ledgers: Ledgers;
  readonly writeDefaults: CommitOptions;
  readonly archives: Set<ArchiveLoop> = new Set();
  readonly pools: Set<ThreadPool> = new Set();
  readonly #spaceIn: SpaceLookup;
  /** Undefined before the first handle for another thread. */
  #threads: ThreadHost | undefined = undefined;
  #isOpen = true;

  /** Throws as the reading of the catalog does. */
  constructor(store: Store & StoreUpkeep, spaceIn: SpaceLookup) {
    this.store = store;
    this.#spaceIn = spaceIn;
    this.latencies = store.latencies;
    this.turns = new TurnBudget(store.clock);
    this.keyspaces = new Keyspaces(store);
    this.indexing = new Indexing(store, this.keyspaces);
    this.ledgers = new Ledgers(this, this.indexing.maintenance);
    this.writer = new Writer(store, this, this.turns);
    this.transactor = new Transactor(store, this.writer, this);
    if (store.isReadOnly) {
      const { start, end } = CATALOG_RANGE; // first of all watchers, so that they find what there is
      store.watch({ lower: start, upper: end }, () => this.keyspaces.reload());
    }
    store.keeper?.onChanged(() => this.keyspaces.reread());
    store.catalogCopy?.onChanged(() => this.keyspaces.reread());
    this.writeDefaults = { durability: store.durability, signal: undefined };
  }

  get maintenance(): IndexMaintenance {
    return this.indexing.maintenance;
  }

  get keeping(): LateOperations {
    return this.ledgers.keeping;
  }

  get wallMs(): number {
    return this.store.wallMs;
  }

  /** Throws ReadOnlyError for a database that writes nothing. */
  mustBeWritable(): void {
    if (this.store.isReadOnly) throw readOnly();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  mustBeOpen(): void {
    if (!this.#isOpen)
      throw new ClosedError('Database is closed; await its calls before you close it');
  }

  spaceOf(keyspace: unknown): Space<unknown, unknown> {
    const space = this.#spaceIn(keyspace);
    if (space !== undefined && space.share === this) return space;
    throw new InvalidArgumentError(
      `Expected a keyspace of this database: found=${describe(keyspace)}`,
    );
  }

  userKeyOf(key: Uint8Array): UserKey {
    const { keyspace, userKey } = splitTreeKey(key);
    const entry = this.keyspaces.entryOf(keyspace);
    return {
      bytes: copyRange(userKey, 0, userKey.length),
      key: entry?.space?.translator.describedKey(key),
      keyspaceName: keyspace === DEFAULT_KEYSPACE ? '' : (entry?.name ?? `#${keyspace}`),
    };
  }

  /** A handle for one other thread. Throws as `Database.share` documents. */
  share(blockCacheSizeBytes: number | undefined): DatabaseHandle {
    this.mustBeOpen();
    if (this.#threads === undefined) {
      const access = this.store.threadAccess();
      const catalog = new SharedCatalog(this);
      this.#threads = new ThreadHost({ store: this.store, access, catalog });
      const { start, end } = CATALOG_RANGE;
      this.store.watch({ lower: start, upper: end }, () => this.#threads?.tellCatalog());
    }
    return this.#threads.share(blockCacheSizeBytes);
  }

  /** Handles for other threads that were made and are not closed. */
  get threadCount(): number {
    return this.#threads?.count ?? 0;
  }

  stats(): DatabaseStats {
    return this.store.stats(this.transactor.usage, this.scans.size);
  }

  /** No call begins after this one; those that wait are refused. */
  refuse(): void {
    this.#isOpen = false;
  }

  async close(): Promise<void> {
    this.store.refuseCommits();
    this.transactor.close();
    for (const pool of this.pools) void pool.close(); // a call that runs ends by itself: nobody waits for it
    await closeArchives(this);
    await this.store.endLongCalls();
    await this.indexing.close();
    endScans(this.scans);
    await this.store.close();
    await this.#threads?.close();
  }
}
