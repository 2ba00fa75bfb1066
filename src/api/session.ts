/**
 * The session of an open database: what its keyspaces share.
 *
 * Owns: the store, the keyspaces by number, the writer and the transactor, and the end of life: after `close` every call
 * says so.
 *
 * Suspension: `close` suspends; everything else is synchronous.
 */
import { describe } from '../base/describe.ts';
import { ClosedError, InvalidArgumentError } from '../base/errors.ts';
import { TurnBudget } from '../base/turn-budget.ts';
import { keyspaceOf } from '../bytes/keyspace-number.ts';
import type { Store } from '../store/contract.ts';
import type { DatabaseStats } from '../store/stats.ts';
import type { StoreUpkeep } from '../store/upkeep.ts';
import { Keyspaces } from './keyspaces.ts';
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
  readonly scans: Set<Scan<never, unknown>> = new Set();
  readonly writer: Writer;
  readonly transactor: Transactor;
  readonly keyspaces: Keyspaces;
  readonly writeDefaults: CommitOptions;
  /** The newest space of each keyspace that was opened: it knows how to decode keys. */
  readonly #spaces = new Map<number, Space<unknown, unknown>>();
  readonly #spaceIn: SpaceLookup;
  #isOpen = true;

  /** Throws as the reading of the catalog does. */
  constructor(store: Store & StoreUpkeep, spaceIn: SpaceLookup) {
    this.store = store;
    this.#spaceIn = spaceIn;
    this.turns = new TurnBudget(store.clock);
    this.keyspaces = new Keyspaces(store);
    this.writer = new Writer(store, this, this.turns);
    this.transactor = new Transactor(store, this.writer, this);
    this.writeDefaults = { durability: store.durability, signal: undefined };
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  mustBeOpen(): void {
    if (!this.#isOpen) throw new ClosedError('Database is closed');
  }

  /** A space was made: keys of its keyspace can be decoded. */
  remember(space: Space<unknown, unknown>): void {
    this.#spaces.set(space.entry.number, space);
  }

  spaceOf(keyspace: unknown): Space<unknown, unknown> {
    const space = this.#spaceIn(keyspace);
    if (space !== undefined && space.share === this) return space;
    throw new InvalidArgumentError(
      `Expected a keyspace of this database: found=${describe(keyspace)}`,
    );
  }

  userKeyOf(key: Uint8Array): UserKey {
    const translator = this.#spaces.get(keyspaceOf(key))?.translator;
    return {
      bytes: translator?.userKey(key) ?? key,
      key: translator?.describedKey(key),
      keyspaceName: this.keyspaces.nameOf(key),
    };
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
    await this.store.endLongCalls();
    endScans(this.scans);
    await this.store.close();
  }
}
