/**
 * A snapshot, as its user holds it: a pinned view of the database that never changes.
 *
 * Owns: the database of a snapshot, and that its place is given back once.
 *
 * Invariants:
 *   snapshot/held-place: the place is given back when the snapshot is closed and no call of a pool holds it. So a thread in
 *       the middle of a call goes on reading at it.
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
let hold: (value: unknown, owner: object) => HeldSnapshot | undefined;

/** The place of a snapshot, held beside its user. */
export interface HeldSnapshot {
  readonly sequence: number;
  /** Its clock: milliseconds since 1970. */
  readonly wallMs: number;
  /** Once. */
  release(): void;
}

/**
 * A view of the database that later writes do not change.
 *
 * Made by `db.snapshot()`, of the newest state or of a past one, passed as `{ snapshot }` to reads of the same database, or
 * as an argument to a call of its pool. Close it: until then the database keeps the versions that it sees.
 */
export class Snapshot {
  /** The database that made it; no other takes it. */
  readonly #owner: object;
  readonly #place: StoreSnapshot;
  #isClosed = false;
  #holderCount = 0;

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
      value.#mustBeOpen();
      return value.#place.view();
    };
    hold = (value, owner) => {
      if (typeof value !== 'object' || value === null || !(#isClosed in value)) return undefined;
      if (value.#owner !== owner) throw ofAnother();
      value.#mustBeOpen();
      return value.#hold();
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
    this.#giveBack();
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

  #mustBeOpen(): void {
    if (this.#isClosed) throw new ClosedError('Snapshot is closed');
  }

  #hold(): HeldSnapshot {
    const { sequence, wallMs } = this.#place;
    this.#holderCount++;
    return {
      sequence,
      wallMs,
      release: () => {
        this.#holderCount--;
        this.#giveBack();
      },
    };
  }

  /** Keeps snapshot/held-place. */
  #giveBack(): void {
    if (this.#isClosed && this.#holderCount === 0) this.#place.close();
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

/**
 * Holds the place of a snapshot until `release`, also when its user closes it before; undefined for what is no snapshot.
 * Throws InvalidArgumentError for one of another owner, and ClosedError for a closed one.
 */
export function holdSnapshot(value: unknown, owner: object): HeldSnapshot | undefined {
  return hold(value, owner);
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

function ofAnother(): InvalidArgumentError {
  return new InvalidArgumentError(
    'Snapshot is one of another database: take it with snapshot() of the database that has the pool',
  );
}

function notOwned(found: unknown): InvalidArgumentError {
  return new InvalidArgumentError(
    `Option snapshot must be a snapshot of this database: found=${describe(found)}`,
  );
}
