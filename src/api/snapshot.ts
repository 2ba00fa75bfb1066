/**
 * A snapshot, as its user holds it: a pinned view of the database that never changes.
 *
 * Owns: whose it is, and that its pin is given back once.
 *
 * Suspension: everything here is synchronous.
 */
import { describe } from '../base/describe.ts';
import { ClosedError, InvalidArgumentError } from '../base/errors.ts';
import { Pin } from '../engine/state/pin-list.ts';
import { INTERNAL, noConstructor, shows } from './facade.ts';

/** Where pins of snapshots are listed. */
export interface SnapshotList {
  add(pin: Pin): void;
  remove(pin: Pin): void;
}

// Set by the class, whose private members nothing else can reach.
let construct: (owner: object, pin: Pin, list: SnapshotList) => Snapshot;
let sequenceOf: (value: unknown, owner: object) => number;

/**
 * A view of the database that later writes do not change.
 *
 * Made by `db.snapshot()`, passed as `{ snapshot }` to reads of the same database. Close it: until then the database keeps
 * the versions that it sees.
 */
export class Snapshot {
  /** The database that made it; no other takes it. */
  readonly #owner: object;
  readonly #pin: Pin;
  readonly #list: SnapshotList;
  #isClosed = false;

  private constructor(token: symbol, owner: object, pin: Pin, list: SnapshotList) {
    if (token !== INTERNAL) throw noConstructor('Snapshot', 'db.snapshot()');
    this.#owner = owner;
    this.#pin = pin;
    this.#list = list;
    list.add(pin);
  }

  static {
    construct = (owner, pin, list) => new Snapshot(INTERNAL, owner, pin, list);
    sequenceOf = (value, owner) => {
      // Not a Proxy around one, nor an object that only inherits from one.
      const isOne = typeof value === 'object' && value !== null && #isClosed in value;
      if (!isOne || value.#owner !== owner) throw notOwned(value);
      if (value.#isClosed) throw new ClosedError('Snapshot is closed');
      return value.#pin.sequence;
    };
    shows(Snapshot, (snapshot) =>
      #isClosed in snapshot ? { isClosed: snapshot.#isClosed } : undefined,
    );
  }

  /** True after `close`. Closing the database leaves it as it is. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Lets go of the view. Idempotent. Reads that name the snapshot throw ClosedError from now on. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#list.remove(this.#pin);
  }

  /** As `close`; for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** A snapshot of `owner` that sees what is published at `sequence`. */
export function makeSnapshot(
  owner: object,
  sequence: number,
  pinnedAtMs: number,
  list: SnapshotList,
): Snapshot {
  return construct(owner, new Pin('snapshot', sequence, pinnedAtMs), list);
}

/**
 * What a snapshot sees. Throws InvalidArgumentError for anything but a snapshot that `owner` made, and ClosedError for one
 * that is closed.
 */
export function snapshotSequence(snapshot: unknown, owner: object): number {
  return sequenceOf(snapshot, owner);
}

function notOwned(found: unknown): InvalidArgumentError {
  return new InvalidArgumentError(
    `Option snapshot must be a snapshot of this database: found=${describe(found)}`,
  );
}
