/**
 * A snapshot, as its user holds it: a pinned view of the database that never changes.
 *
 * Owns: the database of a snapshot, and that its place is given back once.
 *
 * Suspension: everything here is synchronous.
 */
import { describe } from '../base/describe.ts';
import { ClosedError, InvalidArgumentError } from '../base/errors.ts';
import type { Store, StoreSnapshot, StoreView } from '../store/contract.ts';
import { placeOf } from '../store/at.ts';
import { INTERNAL, noConstructor, shows } from './facade.ts';

// Set by the class, whose private members nothing else can reach.
let construct: (owner: object, place: StoreSnapshot) => Snapshot;
let viewOf: (value: unknown, owner: object) => StoreView;

/**
 * A view of the database that later writes do not change.
 *
 * Made by `db.snapshot()`, of the newest state or of a past one, passed as `{ snapshot }` to reads of the same database. Close it: until then the database
 * keeps the versions that it sees.
 */
export class Snapshot {
  /** The database that made it; no other takes it. */
  readonly #owner: object;
  readonly #place: StoreSnapshot;
  #isClosed = false;

  private constructor(token: symbol, owner: object, place: StoreSnapshot) {
    if (token !== INTERNAL) throw noConstructor('Snapshot', 'db.snapshot()');
    this.#owner = owner;
    this.#place = place;
  }

  static {
    construct = (owner, place) => new Snapshot(INTERNAL, owner, place);
    viewOf = (value, owner) => {
      // Not a Proxy around one, nor an object that only inherits from one.
      const isOne = typeof value === 'object' && value !== null && #isClosed in value;
      if (!isOne || value.#owner !== owner) throw notOwned(value);
      if (value.#isClosed) throw new ClosedError('Snapshot is closed');
      return value.#place.view();
    };
    shows(Snapshot, (snapshot) =>
      #isClosed in snapshot ? { isClosed: snapshot.#isClosed } : undefined,
    );
  }

  /**
   * The last commit that it sees, as `db.changes` numbers them: `changes({ since: snapshot.sequence })` goes on from here.
   */
  get sequence(): number {
    return this.#place.sequence;
  }

  /** True after `close`. Closing the database leaves it as it is. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Lets go of the view. Idempotent. Reads that name the snapshot throw ClosedError from now on.
   *
   * @example
   * const snapshot = db.snapshot();
   * await accounts.count({ snapshot }); // => 2
   * snapshot.close();
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#place.close();
  }

  /** As `close`; for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** As `close`; for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}

/** A snapshot of `owner`, which closes the place at its end. */
export function makeSnapshot(owner: object, place: StoreSnapshot): Snapshot {
  return construct(owner, place);
}

/**
 * The view of a snapshot. Throws InvalidArgumentError for anything but a snapshot that `owner` made, and ClosedError
 * for a closed one.
 */
export function snapshotView(snapshot: unknown, owner: object): StoreView {
  return viewOf(snapshot, owner);
}

/** What a read names to read from; nothing for the newest state. */
export interface ReadFrom {
  readonly snapshot: unknown;
  readonly at: unknown;
}

export const NEWEST: ReadFrom = { snapshot: undefined, at: undefined };

/** The session, as reads need it. */
export interface ReadOwner {
  readonly store: Pick<Store, 'view' | 'viewAt'>;
}

/**
 * The view of one read in this turn. `mustBeOpen` is called after the last code of the caller's. Throws as `snapshotView`
 * and `Store.viewAt` do, and InvalidArgumentError for both options at once.
 */
export function readView(
  owner: ReadOwner,
  { snapshot, at }: ReadFrom,
  mustBeOpen: () => void,
): StoreView {
  const place = at === undefined ? undefined : placeOf(at);
  mustBeOpen();
  if (place === undefined) {
    return snapshot === undefined ? owner.store.view() : snapshotView(snapshot, owner);
  }
  if (snapshot !== undefined) {
    throw new InvalidArgumentError('A read has snapshot or at: both are given');
  }
  return owner.store.viewAt(place);
}

function notOwned(found: unknown): InvalidArgumentError {
  return new InvalidArgumentError(
    `Option snapshot must be a snapshot of this database: found=${describe(found)}`,
  );
}
