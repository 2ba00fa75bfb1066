/**
 * Facades: the classes whose objects a user holds: Database, Transaction, Snapshot, Scan, Savepoint.
 *
 * Owns: the guard of their constructors, and the text that `console.log` shows of them.
 *
 * A facade publishes the calls of its user, and nothing else. Its state is in private fields. A static block gives the
 * other modules of this folder access to that state, as functions of the module that declares the class.
 *
 * Invariants:
 *   facade/made-by-us: only this library can construct one. A constructor called by a program throws.
 *   facade/shows-little: `util.inspect` shows a few plain values, never the engine, keys or stored data.
 *
 * Suspension: every function is synchronous.
 */
import { inspect, type InspectOptions } from 'node:util';
import { InvalidArgumentError } from '../base/errors.ts';

/** The first argument of every guarded constructor. No program has it. */
export const INTERNAL: unique symbol = Symbol('varve.internal');

/** The error for a constructor that a program called; `maker` is the call that makes such an object. */
export function noConstructor(name: string, maker: string): InvalidArgumentError {
  return new InvalidArgumentError(`${name} has no public constructor: use ${maker}`);
}

/**
 * Sets what `util.inspect` shows of the objects of a class. `stateOf` returns undefined for an object without its
 * private fields: one that only inherits from the class, or a Proxy.
 */
export function shows<T extends object>(
  type: { readonly name: string; readonly prototype: T },
  stateOf: (facade: T) => object | undefined,
): void {
  Object.defineProperty(type.prototype, inspect.custom, {
    configurable: true,
    writable: true,
    value(this: T, depth: number, options: InspectOptions): string {
      const state = stateOf(this);
      if (state === undefined || depth < 0) return `[${type.name}]`;
      return `${type.name} ${inspect(state, options)}`;
    },
  });
}
