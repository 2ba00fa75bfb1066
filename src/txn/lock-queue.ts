/**
 * The lock queue: requests that wait for locks, in the order in which they came.
 *
 * Owns: the queue, and two ways into it that spare a search of all: by owner, and by key.
 *
 * Invariants:
 *   lock-queue/orders-ascend: orders ascend along the queue, and a waiter keeps its order when others leave.
 *   lock-queue/found-both-ways: a waiter is in `#byOwner` and, for each of its keys, in `#byName`, exactly while it is
 *       in the queue.
 *
 * Suspension: everything here is synchronous.
 */
import { bufferOf } from '../bytes/bytes.ts';
import { doRangesOverlap, isInRange, type BoundedRange } from '../bytes/key-range.ts';
import type { LockOwner, LockRequest } from './lock-request.ts';

/** A request and, computed once, the names of its keys. */
export class NamedRequest {
  readonly keys: readonly Uint8Array[];
  readonly names: readonly string[];
  readonly ranges: readonly BoundedRange[];

  constructor({ keys, ranges }: LockRequest) {
    this.keys = keys;
    this.names = keys.map(nameOf);
    this.ranges = ranges;
  }
}

export class Waiter {
  readonly owner: LockOwner;
  readonly request: NamedRequest;
  readonly grant: () => void;
  readonly reject: (error: Error) => void;
  /** Its place among all that ever waited; 0 before it is in the queue. */
  order = 0;

  constructor(
    owner: LockOwner,
    request: NamedRequest,
    grant: () => void,
    reject: (error: Error) => void,
  ) {
    this.owner = owner;
    this.request = request;
    this.grant = grant;
    this.reject = reject;
  }
}

const NOBODY: ReadonlySet<Waiter> = new Set();

export class LockQueue {
  readonly #waiters = new Set<Waiter>();
  readonly #byOwner = new Map<LockOwner, Set<Waiter>>();
  readonly #byName = new Map<string, Set<Waiter>>();
  /** Waiters for ranges, and perhaps for keys as well. */
  readonly #ranged = new Set<Waiter>();
  #lastOrder = 0;

  get size(): number {
    return this.#waiters.size;
  }

  /** Waiters in their order. The iterator passes over a waiter that leaves meanwhile, and sees one that comes. */
  [Symbol.iterator](): Iterator<Waiter> {
    return this.#waiters.values();
  }

  has(waiter: Waiter): boolean {
    return this.#waiters.has(waiter);
  }

  of(owner: LockOwner): ReadonlySet<Waiter> {
    return this.#byOwner.get(owner) ?? NOBODY;
  }

  push(waiter: Waiter): void {
    waiter.order = ++this.#lastOrder;
    this.#waiters.add(waiter);
    addTo(this.#byOwner, waiter.owner, waiter);
    for (const name of waiter.request.names) addTo(this.#byName, name, waiter);
    if (waiter.request.ranges.length > 0) this.#ranged.add(waiter);
  }

  remove(waiter: Waiter): void {
    if (!this.#waiters.delete(waiter)) return;
    removeFrom(this.#byOwner, waiter.owner, waiter);
    for (const name of waiter.request.names) removeFrom(this.#byName, name, waiter);
    this.#ranged.delete(waiter);
  }

  /** Empties the queue. */
  drain(): Waiter[] {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    this.#byOwner.clear();
    this.#byName.clear();
    this.#ranged.clear();
    return waiters;
  }

  /** Waiters of other owners that came before `order` and overlap the request; some more than once. */
  *ahead(owner: LockOwner, request: NamedRequest, order: number): Generator<Waiter> {
    const isAhead = (other: Waiter): boolean => other.order < order && other.owner !== owner;
    for (const name of request.names) {
      for (const other of this.#byName.get(name) ?? NOBODY) if (isAhead(other)) yield other;
    }
    for (const other of this.#ranged) {
      if (isAhead(other) && doRangesMeet(other.request, request)) yield other;
    }
    if (request.ranges.length === 0) return;
    for (const other of this.#waiters) {
      if (isAhead(other) && doKeysMeet(other.request, request.ranges)) yield other;
    }
  }
}

/** Map keys: each byte one character. */
export function nameOf(key: Uint8Array): string {
  return bufferOf(key).toString('latin1');
}

function doRangesMeet({ ranges }: NamedRequest, other: NamedRequest): boolean {
  return ranges.some(
    (range) =>
      other.keys.some((key) => isInRange(range, key)) ||
      other.ranges.some((each) => doRangesOverlap(range, each)),
  );
}

function doKeysMeet({ keys }: NamedRequest, ranges: readonly BoundedRange[]): boolean {
  return keys.some((key) => ranges.some((range) => isInRange(range, key)));
}

function addTo<K>(map: Map<K, Set<Waiter>>, key: K, waiter: Waiter): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([waiter]));
  else set.add(waiter);
}

function removeFrom<K>(map: Map<K, Set<Waiter>>, key: K, waiter: Waiter): void {
  const set = map.get(key);
  set?.delete(waiter);
  if (set?.size === 0) map.delete(key);
}
