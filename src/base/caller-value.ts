/**
 * Tells the kind of a caller's value without running code of the caller.
 *
 * Owns: the tests by brand: the runtime marks bytes, errors and plain objects when it makes them. The tests read
 * these marks, and no prototype or property that the caller can set. So values of another realm (a vm context, jest,
 * jsdom) count. A subclass, an own property or a Proxy cannot pretend to be another kind.
 *
 * Invariants:
 *   caller-value/intrinsic: length, buffer and offset of a view are read by the getters that the runtime had when this
 *       module was loaded.
 *   caller-value/no-throw: no function here throws, whatever it is given, unless its comment says so.
 *
 * Suspension: every function here is synchronous and keeps no reference to its arguments.
 */
import { types } from 'node:util';

const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array.prototype) as object;

type Getter<T> = (this: unknown) => T;

function getterOf<T>(owner: object, name: string | symbol): Getter<T> {
  const found = Object.getOwnPropertyDescriptor(owner, name)!; // every runtime has it
  return Reflect.get(found, 'get') as Getter<T>;
}

const tagOf = getterOf<string | undefined>(TYPED_ARRAY, Symbol.toStringTag);
const lengthGetter = getterOf<number>(TYPED_ARRAY, 'length');
const bufferGetter = getterOf<ArrayBufferLike>(TYPED_ARRAY, 'buffer');
const offsetGetter = getterOf<number>(TYPED_ARRAY, 'byteOffset');
const keysOf = Reflect.get(TYPED_ARRAY, 'keys') as (this: unknown) => unknown;
const { isSharedArrayBuffer } = types;

const dateGetter = Reflect.get<Date, 'getTime'>(new Date(0), 'getTime');

/** The time of a Date, of any realm and any subclass. No method of the caller's runs. NaN for an invalid date. */
export function timeOf(date: Date): number {
  return dateGetter.call(date);
}

/** True for a Uint8Array of any realm and any subclass, Buffer included; false for a Proxy around one. */
export function isBytes(value: unknown): value is Uint8Array {
  return tagOf.call(value) === 'Uint8Array';
}

/** How many bytes a view has now, whatever its `length` says; 0 when its memory is gone. */
export function byteCountOf(view: Uint8Array): number {
  return lengthGetter.call(view);
}

/** True when the view's memory was transferred away, or has shrunk below the view. */
export function isGone(view: Uint8Array): boolean {
  if (byteCountOf(view) > 0) return false;
  try {
    keysOf.call(view); // refuses, as every method does, a view without memory; an empty one has some
    return false;
  } catch {
    return true;
  }
}

/** True when another thread may write the bytes during a call. */
export function isShared(view: Uint8Array): boolean {
  return isSharedArrayBuffer(bufferGetter.call(view));
}

/** The same bytes under a Uint8Array of this realm, which no property of the caller's hides. */
export function plainView(view: Uint8Array, length: number): Uint8Array {
  return new Uint8Array(bufferGetter.call(view), offsetGetter.call(view), length);
}

/** True for an Error of any realm. */
export function isError(value: unknown): value is Error {
  if (types.isNativeError(value)) return true;
  try {
    return value instanceof Error;
  } catch {
    return false; // a Proxy that answers no question
  }
}

/** True for an object without a class: one that `{}` makes, in any realm, or one without a prototype. */
export function isPlain(value: object): boolean {
  const prototype = prototypeOf(value);
  return prototype === null || isRoot(prototype);
}

/** True for the prototype that a realm gives to every object. */
export function isRoot(prototype: object): boolean {
  return prototype === OBJECT_PROTOTYPE || prototypeOf(prototype) === null;
}

const OBJECT_PROTOTYPE = Object.prototype;

/** Null also for a Proxy that does not tell. */
export function prototypeOf(value: object): object | null {
  try {
    return Object.getPrototypeOf(value) as object | null;
  } catch {
    return null;
  }
}

export function isArray(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false; // a revoked Proxy
  }
}
