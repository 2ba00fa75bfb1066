/**
 * Locks of pessimistic transactions.
 *
 * Owns: who holds which keys and ranges exclusively, who waits for what, and how waits end: granted, timed out, aborted,
 * or broken because they would never end.
 *
 * A request names keys and ranges and is granted whole or not at all, so that a waiter holds nothing new. An owner keeps
 * what it was granted until it releases everything. Whoever commits without locks of its own (a plain put, an
 * optimistic transaction) takes them here for the moment of its commit, when anybody holds locks at all.
 *
 * Invariants:
 *   K1. No two owners hold overlapping locks.
 *   K2. First come first served: a request waits behind earlier ones that it overlaps, except those that themselves
 *       wait, directly or through others, for its owner. Queueing alone can therefore never stop anybody for good.
 *   K3. A circle of owners that wait for each other's held locks is found when it closes. The owner in it with the
 *       least to lose is told by a ConflictError and keeps its locks until it releases them.
 *   K4. Every wait is bounded by a time: a body that awaits a write of its own database, to a key that its transaction
 *       has locked, is a circle that nobody sees.
 *
 * Looking for overlaps is linear in the ranges held and in the requests that wait, and O(1) in the keys held.
 *
 * Suspension: only the promise of `acquire` is waited for; everything else is synchronous.
 */
import { bufferOf, compareBytes } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { AbortedError, ClosedError, ConflictError, LockTimeoutError } from '../base/errors.ts';

/** How long anybody waits for locks who does not say otherwise: whoever holds them may be waiting for him. */
export const LOCK_TIMEOUT_MS_DEFAULT = 10_000;

/** `[start, end)`; an absent end is open. */
export interface LockRange {
  readonly start: Uint8Array;
  readonly end: Uint8Array | undefined;
}

export interface LockRequest {
  readonly keys: readonly Uint8Array[];
  readonly ranges: readonly LockRange[];
}

export interface LockOwner {
  /** What would be lost if it had to start again; Infinity for one that cannot. */
  readonly cost: number;
}

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

interface Waiter {
  readonly owner: LockOwner;
  readonly request: LockRequest;
  readonly grant: () => void;
  readonly reject: (error: Error) => void;
}

interface HeldRange {
  readonly owner: LockOwner;
  readonly range: LockRange;
}

/** Map keys: each byte one character. */
function nameOf(key: Uint8Array): string {
  return bufferOf(key).toString('latin1');
}

export class LockTable {
  readonly #clock: Clock;
  readonly #keys = new Map<string, LockOwner>();
  #ranges: HeldRange[] = [];
  readonly #keysOf = new Map<LockOwner, Uint8Array[]>();
  #waiters: Waiter[] = [];
  #waitCount = 0;
  #deadlockCount = 0;
  #timeoutCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when the owner holds a lock on the key, or on a range around it. */
  isHeldBy(owner: LockOwner, key: Uint8Array): boolean {
    return (
      this.#keys.get(nameOf(key)) === owner ||
      this.#ranges.some((held) => held.owner === owner && isInside(key, held.range))
    );
  }

  /** True when one of the owner's range locks holds all of the range. */
  isRangeHeldBy(owner: LockOwner, range: LockRange): boolean {
    return this.#ranges.some((held) => held.owner === owner && isAround(held.range, range));
  }

  /** True when nobody holds or waits for anything: commits need not ask. */
  get isEmpty(): boolean {
    return this.#keys.size === 0 && this.#ranges.length === 0 && this.#waiters.length === 0;
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
      waiterCount: this.#waiters.length,
      waitCount: this.#waitCount,
      deadlockCount: this.#deadlockCount,
      timeoutCount: this.#timeoutCount,
    };
  }

  /** Grants at once if nothing stands in the way; false changes nothing. */
  tryAcquire(owner: LockOwner, request: LockRequest): boolean {
    if (!this.#isGrantable(owner, request, this.#waiters.length)) return false;
    this.#hold(owner, request);
    return true;
  }

  /**
   * Waits for the whole request. Rejects with ConflictError when this owner was chosen to break a deadlock (K3), with
   * LockTimeoutError, or with AbortedError; nothing of the request is held then.
   */
  acquire(owner: LockOwner, request: LockRequest, options: WaitOptions): Promise<void> {
    if (options.signal?.aborted === true) {
      return Promise.reject(
        new AbortedError('Lock was not waited for', { cause: options.signal.reason }),
      );
    }
    if (this.tryAcquire(owner, request)) return Promise.resolve();
    this.#waitCount++;
    return new Promise((resolve, reject) => {
      const onAbort = (): void =>
        this.#giveUp(
          waiter,
          new AbortedError('Wait for a lock was aborted', { cause: options.signal?.reason }),
        );
      const settled = (): void => {
        timer.cancel();
        options.signal?.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        owner,
        request,
        grant: () => {
          settled();
          resolve();
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      const { timeoutMs } = options;
      const timer = this.#clock.schedule(timeoutMs, () => {
        this.#timeoutCount++;
        this.#giveUp(
          waiter,
          new LockTimeoutError(`Lock was not free in time: timeoutMs=${timeoutMs}`),
        );
      });
      options.signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
      this.#breakDeadlocks(owner);
      this.#grantWaiters(); // one that is now waited for may pass (K2)
    });
  }

  /** Gives back everything that the owner holds, ends its waits with ClosedError, and grants what that makes free. */
  release(owner: LockOwner): void {
    for (const waiter of this.#waiters.filter((each) => each.owner === owner)) {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      waiter.reject(new ClosedError('Transaction has ended'));
    }
    for (const key of this.#keysOf.get(owner) ?? []) this.#keys.delete(nameOf(key));
    this.#keysOf.delete(owner);
    if (this.#ranges.length > 0) {
      this.#ranges = this.#ranges.filter((held) => held.owner !== owner);
    }
    this.#grantWaiters();
  }

  /** Ends every wait, as on close. */
  rejectAll(error: Error): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.reject(error);
  }

  #hold(owner: LockOwner, { keys, ranges }: LockRequest): void {
    let held = this.#keysOf.get(owner);
    if (held === undefined) this.#keysOf.set(owner, (held = []));
    for (const key of keys) {
      const name = nameOf(key);
      if (this.#keys.has(name)) continue; // its own: the request was grantable
      this.#keys.set(name, owner);
      held.push(key);
    }
    for (const range of ranges) this.#ranges.push({ owner, range });
  }

  /** K1 and K2, with the waiters before `position` in the queue as the earlier ones. */
  #isGrantable(owner: LockOwner, request: LockRequest, position: number): boolean {
    for (const blocker of this.#holdersInTheWay(owner, request)) {
      if (blocker !== owner) return false;
    }
    for (const earlier of this.#waiters.slice(0, position)) {
      if (earlier.owner === owner || !doOverlap(earlier.request, request)) continue;
      if (!this.#waitsFor(earlier.owner, owner, new Set())) return false;
    }
    return true;
  }

  /** Other owners of locks that overlap the request. */
  *#holdersInTheWay(owner: LockOwner, { keys, ranges }: LockRequest): Generator<LockOwner> {
    for (const key of keys) {
      const holder = this.#keys.get(nameOf(key));
      if (holder !== undefined && holder !== owner) yield holder;
      for (const held of this.#ranges) {
        if (held.owner !== owner && isInside(key, held.range)) yield held.owner;
      }
    }
    for (const range of ranges) {
      for (const held of this.#ranges) {
        if (held.owner !== owner && areOverlapping(held.range, range)) yield held.owner;
      }
      for (const [holder, heldKeys] of this.#keysOf) {
        if (holder !== owner && heldKeys.some((key) => isInside(key, range))) yield holder;
      }
    }
  }

  /** Whether `from` waits, directly or through others, by locks or by queueing, for `target`. */
  #waitsFor(from: LockOwner, target: LockOwner, seen: Set<LockOwner>): boolean {
    if (seen.has(from)) return false;
    seen.add(from);
    for (const [position, waiter] of this.#waiters.entries()) {
      if (waiter.owner !== from) continue;
      for (const holder of this.#holdersInTheWay(from, waiter.request)) {
        if (holder === target || this.#waitsFor(holder, target, seen)) return true;
      }
      for (const earlier of this.#waiters.slice(0, position)) {
        if (earlier.owner === from || !doOverlap(earlier.request, waiter.request)) continue;
        if (earlier.owner === target || this.#waitsFor(earlier.owner, target, seen)) return true;
      }
    }
    return false;
  }

  /** K3: breaks circles through `owner` until there is none. */
  #breakDeadlocks(owner: LockOwner): void {
    for (
      let circle = this.#circleThrough(owner);
      circle !== undefined;
      circle = this.#circleThrough(owner)
    ) {
      const victim = circle.reduce((least, each) => (each.cost < least.cost ? each : least));
      const waiter = this.#waiters.find((each) => each.owner === victim);
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
      for (const waiter of this.#waiters) {
        if (waiter.owner !== from) continue;
        for (const holder of this.#holdersInTheWay(from, waiter.request)) {
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
    const index = this.#waiters.indexOf(waiter);
    if (index < 0) return;
    this.#waiters.splice(index, 1);
    waiter.reject(error);
    this.#grantWaiters(); // somebody may have queued behind it
  }

  #grantWaiters(): void {
    for (let position = 0; position < this.#waiters.length;) {
      const waiter = this.#waiters[position]!; // position < length
      if (this.#isGrantable(waiter.owner, waiter.request, position)) {
        this.#waiters.splice(position, 1);
        this.#hold(waiter.owner, waiter.request);
        waiter.grant();
        position = 0; // one that was let past may have changed who waits for whom
      } else {
        position++;
      }
    }
  }
}

function isInside(key: Uint8Array, { start, end }: LockRange): boolean {
  return compareBytes(key, start) >= 0 && (end === undefined || compareBytes(key, end) < 0);
}

function isAround(outer: LockRange, inner: LockRange): boolean {
  if (compareBytes(inner.start, outer.start) < 0) return false;
  if (outer.end === undefined) return true;
  return inner.end !== undefined && compareBytes(inner.end, outer.end) <= 0;
}

function areOverlapping(a: LockRange, b: LockRange): boolean {
  return (
    (b.end === undefined || compareBytes(a.start, b.end) < 0) &&
    (a.end === undefined || compareBytes(b.start, a.end) < 0)
  );
}

function doOverlap(a: LockRequest, b: LockRequest): boolean {
  return (
    a.keys.some(
      (key) =>
        b.keys.some((other) => compareBytes(key, other) === 0) ||
        b.ranges.some((range) => isInside(key, range)),
    ) ||
    a.ranges.some(
      (range) =>
        b.keys.some((key) => isInside(key, range)) ||
        b.ranges.some((other) => areOverlapping(range, other)),
    )
  );
}
