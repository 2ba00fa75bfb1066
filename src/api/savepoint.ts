/**
 * A savepoint, as its user holds it: a point in a transaction to roll back to.
 *
 * Owns: the transaction of a savepoint, and its place in the writes of that transaction.
 *
 * Suspension: everything here is synchronous.
 */
import type { WriteMark } from '../txn/write-set.ts';
import { INTERNAL, noConstructor, shows } from './facade.ts';

/** The place of a savepoint. */
export interface SavepointPlace {
  readonly owner: object;
  readonly mark: WriteMark;
  /** The place among its pending updates; undefined when it had none. */
  readonly updateMark: number | undefined;
  /** Its index among the transaction's savepoints. */
  readonly depth: number;
}

// Set by the class, whose private members nothing else can reach.
let construct: (place: SavepointPlace) => Savepoint;
let placeIn: (value: unknown) => SavepointPlace | undefined;

/** A point to come back to with `tx.rollbackTo`. Made by `tx.savepoint()`; it needs no closing. */
export class Savepoint {
  readonly #place: SavepointPlace;

  private constructor(token: symbol, place: SavepointPlace) {
    if (token !== INTERNAL) throw noConstructor('Savepoint', 'tx.savepoint()');
    this.#place = place;
  }

  static {
    construct = (place) => new Savepoint(INTERNAL, place);
    placeIn = (value) =>
      typeof value === 'object' && value !== null && #place in value ? value.#place : undefined;
    shows(Savepoint, (savepoint) => (#place in savepoint ? {} : undefined));
  }
}

export function makeSavepoint(place: SavepointPlace): Savepoint {
  return construct(place);
}

/** The place of a savepoint; undefined for any other value. */
export function placeOf(savepoint: unknown): SavepointPlace | undefined {
  return placeIn(savepoint);
}
