/**
 * The lock table: locks of pessimistic transactions.
 *
 * Owns: which owner holds which keys and ranges exclusively, which requests wait, and how a wait ends: granted, timed
 * out, aborted, or broken because it would never end.
 *
 * The table grants a request, which names keys and ranges, whole or not at all: a waiter holds nothing new. An owner
 * keeps its locks until it releases all of them. A commit without locks of its own (a plain put, an optimistic
 * transaction) takes them here for the moment of its commit. It need not while the table is empty.
 *
 * Invariants:
 *   lock-table/exclusive: no two owners hold overlapping locks.
 *   lock-table/fair: first come first served. A request waits behind earlier requests that it overlaps, except those
 *       whose owner waits, directly or through others, for its own owner. So queueing alone stops no owner for good.
 *       Example: A holds z, B waits for k and z. A request of C for k waits behind B; a request of A for k passes B.
 *   lock-table/circles-broken: a circle of owners that wait for each other's held locks is found when it closes. The
 *       owner in it with the least to lose gets a ConflictError, and keeps its locks until it releases them.
 *   lock-table/bounded-wait: every wait ends after a time. The table cannot see every circle: a body may await a write
 *       of its own database to a key that its transaction has locked.
 *
 * Looking for overlaps is linear in the ranges that are held and waited for, and O(1) in the keys. A release looks once
 * at every request that waits.
 *
 * Suspension: only the promise of `acquire` is waited for; everything else is synchronous.
 */
import type { Clock } from '../base/clock.ts';
import { isInRange, isAround, doRangesOverlap, type BoundedRange } from '../bytes/key-range.ts';
import { abortedBy, whenAborted } from '../base/abort.ts';
import { ClosedError, ConflictError, LockTimeoutError } from '../base/errors.ts';
import { hold, letGo } from '../base/liveness.ts';
import { LockQueue, nameOf, NamedRequest, Waiter } from './lock-queue.ts';
import type { LockOwner, LockRequest } from './lock-request.ts';

/** Default lock timeout. There must be one: the holder of the lock may be waiting for this caller. */
export const LOCK_TIMEOUT_MS_DEFAULT = 10_000;

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

interface HeldRange {
  readonly owner: LockOwner;
  readonly range: BoundedRange;
}

interface HeldKeys {
  readonly keys: Uint8Array[];
  readonly names: string[];
}

export class LockTable {
  readonly #clock: Clock;
  readonly #keys = new Map<string, LockOwner>();
  #ranges: HeldRange[] = [];
  readonly #keysOf = new Map<LockOwner, HeldKeys>();
  readonly #queue = new LockQueue();
  #waitCount = 0;
  #deadlockCount = 0;
  #timeoutCount = 0;
  #closedBy: Error | undefined = undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when the owner holds a lock on the key, or on a range around it. */
  isHeldBy(owner: LockOwner, key: Uint8Array): boolean {
    return (
      this.#keys.get(nameOf(key)) === owner ||
      this.#ranges.some((held) => held.owner === owner && isInRange(held.range, key))
    );
  }

  /** True when one of the owner's range locks holds all of the range. */
  isRangeHeldBy(owner: LockOwner, range: BoundedRange): boolean {
    return this.#ranges.some((held) => held.owner === owner && isAround(held.range, range));
  }

  /** True when no lock is held or waited for: commits need not ask. */
  get isEmpty(): boolean {
    return this.#keys.size === 0 && this.#ranges.length === 0 && this.#queue.size === 0;
  }

  get statistics(): {
    heldKeyCount: number;
    heldRangeCount: number;
    waiterCount: number;
    waitCount: number;
    deadlockCount: number;
    timeoutCount: number;
  } {
    return {
      heldKeyCount: this.#keys.size,
      heldRangeCount: this.#ranges.length,
      waiterCount: this.#queue.size,
      waitCount: this.#waitCount,
      deadlockCount: this.#deadlockCount,
      timeoutCount: this.#timeoutCount,
    };
  }

  /** Grants at once if nothing stands in the way; false changes nothing. */
  tryAcquire(owner: LockOwner, request: LockRequest): boolean {
    return this.#tryAcquire(owner, new NamedRequest(request));
  }

  #tryAcquire(owner: LockOwner, request: NamedRequest): boolean {
    if (!this.#isGrantable(owner, request, Infinity)) return false;
    this.#hold(owner, request);
    return true;
  }

  /**
   * Waits for the whole request. Rejects with ConflictError when this owner was chosen to break a deadlock
   * (lock-table/circles-broken), with LockTimeoutError, or with AbortedError; nothing of the request is held then.
   */
  acquire(owner: LockOwner, request: LockRequest, options: WaitOptions): Promise<void> {
    if (this.#closedBy !== undefined) return Promise.reject(this.#closedBy);
    if (options.signal?.aborted === true) {
      return Promise.reject(abortedBy(options.signal, 'Lock was not waited for'));
    }
    const named = new NamedRequest(request);
    if (this.#tryAcquire(owner, named)) return Promise.resolve();
    this.#waitCount++;
    return new Promise((resolve, reject) => {
      const stopListening = whenAborted(options.signal, () =>
        this.#giveUp(waiter, abortedBy(options.signal, 'Wait for a lock was aborted')),
      );
      const settled = (): void => {
        letGo();
        timer.cancel();
        stopListening();
      };
      const grant = (): void => {
        settled();
        resolve();
      };
      const refuse = (error: Error): void => {
        settled();
        reject(error);
      };
      const waiter = new Waiter(owner, named, grant, refuse);
      const { timeoutMs } = options;
      const timer = this.#clock.schedule(timeoutMs, () => {
        this.#timeoutCount++;
        this.#giveUp(
          waiter,
          new LockTimeoutError(`Lock was not free in time: timeoutMs=${timeoutMs}`),
        );
      });
      this.#queue.push(waiter);
      hold();
      this.#breakDeadlocks(owner);
      this.#grantWaiters(); // the owner that is now waited for may pass (lock-table/fair)
    });
  }

  /** Gives back everything that the owner holds, ends its waits with ClosedError, and grants what that makes free. */
  release(owner: LockOwner): void {
    for (const waiter of [...this.#queue.of(owner)]) {
      this.#queue.remove(waiter);
      waiter.reject(new ClosedError('Transaction has ended'));
    }
    for (const name of this.#keysOf.get(owner)?.names ?? []) this.#keys.delete(name);
    this.#keysOf.delete(owner);
    if (this.#ranges.length > 0) {
      this.#ranges = this.#ranges.filter((held) => held.owner !== owner);
    }
    this.#grantWaiters();
  }

  /** Ends every wait with this error, and refuses those that come. */
  close(error: Error): void {
    this.#closedBy = error;
    for (const waiter of this.#queue.drain()) waiter.reject(error);
  }

  #hold(owner: LockOwner, { keys, names, ranges }: NamedRequest): void {
    let held = this.#keysOf.get(owner);
    if (held === undefined) this.#keysOf.set(owner, (held = { keys: [], names: [] }));
    for (const [index, name] of names.entries()) {
      if (this.#keys.has(name)) continue; // the owner holds it already: the request was grantable
      this.#keys.set(name, owner);
      held.keys.push(keys[index]!); // a name for each key
      held.names.push(name);
    }
    for (const range of ranges) this.#ranges.push({ owner, range });
  }

  /** Keeps lock-table/exclusive and lock-table/fair; the waiters before `order` are the earlier ones. */
  #isGrantable(owner: LockOwner, request: NamedRequest, order: number): boolean {
    for (const blocker of this.#holdersInTheWay(owner, request)) {
      if (blocker !== owner) return false;
    }
    for (const earlier of this.#queue.ahead(owner, request, order)) {
      if (!this.#waitsFor(earlier.owner, owner, new Set())) return false;
    }
    return true;
  }

  /** Other owners of locks that overlap the request. */
  *#holdersInTheWay(owner: LockOwner, { keys, names, ranges }: NamedRequest): Generator<LockOwner> {
    for (const name of names) {
      const holder = this.#keys.get(name);
      if (holder !== undefined && holder !== owner) yield holder;
    }
    for (const held of this.#ranges) {
      if (held.owner === owner) continue;
      if (keys.some((key) => isInRange(held.range, key))) yield held.owner;
      if (ranges.some((range) => doRangesOverlap(held.range, range))) yield held.owner;
    }
    if (ranges.length === 0) return;
    for (const [holder, held] of this.#keysOf) {
      if (holder === owner) continue;
      if (held.keys.some((key) => ranges.some((range) => isInRange(range, key)))) yield holder;
    }
  }

  /** Whether `from` waits, directly or through others, by locks or by queueing, for `target`. */
  #waitsFor(from: LockOwner, target: LockOwner, seen: Set<LockOwner>): boolean {
    if (seen.has(from)) return false;
    seen.add(from);
    for (const { request, order } of this.#queue.of(from)) {
      for (const holder of this.#holdersInTheWay(from, request)) {
        if (holder === target || this.#waitsFor(holder, target, seen)) return true;
      }
      for (const { owner } of this.#queue.ahead(from, request, order)) {
        if (owner === target || this.#waitsFor(owner, target, seen)) return true;
      }
    }
    return false;
  }

  /** Breaks circles through `owner` until there is none (lock-table/circles-broken). */
  #breakDeadlocks(owner: LockOwner): void {
    for (
      let circle = this.#circleThrough(owner);
      circle !== undefined;
      circle = this.#circleThrough(owner)
    ) {
      const victim = circle.reduce((least, each) => (each.cost < least.cost ? each : least));
      const [waiter] = this.#queue.of(victim);
      if (waiter === undefined || victim.cost === Infinity) return;
      this.#deadlockCount++;
      this.#giveUp(waiter, new ConflictError('Deadlock: this transaction was chosen to break it'));
    }
  }

  /** Owners that wait for each other's held locks, `owner` among them; undefined when there is no such circle. */
  #circleThrough(owner: LockOwner): LockOwner[] | undefined {
    const seen = new Set<LockOwner>();
    const search = (from: LockOwner, path: LockOwner[]): LockOwner[] | undefined => {
      if (seen.has(from)) return undefined;
      seen.add(from);
      for (const { request } of this.#queue.of(from)) {
        for (const holder of this.#holdersInTheWay(from, request)) {
          if (holder === owner) return [...path, from];
          const circle = search(holder, [...path, from]);
          if (circle !== undefined) return circle;
        }
      }
      return undefined;
    };
    return search(owner, []);
  }

  #giveUp(waiter: Waiter, error: Error): void {
    if (!this.#queue.has(waiter)) return;
    this.#queue.remove(waiter);
    waiter.reject(error);
    this.#grantWaiters(); // a request may have queued behind it
  }

  #grantWaiters(): void {
    while (this.#grantFirst()); // a grant may have changed which owner waits for which
  }

  /** Grants the first request that can be; false when there is none. */
  #grantFirst(): boolean {
    for (const waiter of this.#queue) {
      if (!this.#isGrantable(waiter.owner, waiter.request, waiter.order)) continue;
      this.#queue.remove(waiter);
      this.#hold(waiter.owner, waiter.request);
      waiter.grant();
      return true;
    }
    return false;
  }
}
