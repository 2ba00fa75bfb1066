/**
 * The lock table: exclusion, order, and that every wait ends.
 */
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { TREE_END } from '../../src/bytes/keyspace-number.ts';
import type { StorageError } from '../../src/base/errors.ts';
import type { LockOwner, LockRequest } from '../../src/txn/lock-request.ts';
import { LockTable } from '../../src/txn/lock-table.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { makeRandom } from '../support/prng.ts';

const WAIT = { timeoutMs: 10_000, signal: undefined };

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

function keys(...names: string[]): LockRequest {
  return { keys: names.map(bytes), ranges: [] };
}

function range(start: string, end?: string): LockRequest {
  return {
    keys: [],
    ranges: [{ start: bytes(start), end: end === undefined ? TREE_END : bytes(end) }],
  };
}

function owner(cost = 1): LockOwner {
  return { cost };
}

/** Lets every promise that can settle do so. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

describe('LockTable', () => {
  it('excludes overlapping keys and ranges, and lets disjoint ones pass (lock-table/exclusive)', () => {
    const locks = new LockTable(systemClock);
    const [a, b] = [owner(), owner()];
    expect(locks.tryAcquire(a, keys('b'))).toBe(true);
    expect(locks.tryAcquire(b, keys('b'))).toBe(false);
    expect(locks.tryAcquire(b, range('a', 'c'))).toBe(false);
    expect(locks.tryAcquire(b, range('a'))).toBe(false);
    expect(locks.tryAcquire(b, range('a', 'b'))).toBe(true);
    expect(locks.tryAcquire(a, keys('a'))).toBe(false);
    expect(locks.tryAcquire(a, keys('b'))).toBe(true); // its own, again
    locks.release(b);
    expect(locks.tryAcquire(a, keys('a'))).toBe(true);
    locks.release(a);
    expect(locks.isEmpty).toBe(true);
  });

  it('grants first come first served (lock-table/fair)', async () => {
    const locks = new LockTable(systemClock);
    const order: number[] = [];
    const holder = owner();
    locks.tryAcquire(holder, keys('k'));
    const waiters = [1, 2, 3].map((id) => {
      const each = owner();
      return locks.acquire(each, id === 2 ? range('a', 'z') : keys('k'), WAIT).then(() => {
        order.push(id);
        locks.release(each);
      });
    });
    locks.release(holder);
    await Promise.all(waiters);
    expect(order).toEqual([1, 2, 3]);
    expect(locks.isEmpty).toBe(true);
  });

  it('refuses what is free when an earlier waiter wants it as well (lock-table/fair)', async () => {
    const locks = new LockTable(systemClock);
    const [holder, waiter, late] = [owner(), owner(), owner()];
    locks.tryAcquire(holder, keys('z'));
    const waiting = locks.acquire(waiter, keys('k', 'z'), WAIT);
    expect(locks.tryAcquire(late, keys('k'))).toBe(false);
    expect(locks.tryAcquire(late, range('j', 'l'))).toBe(false);
    expect(locks.tryAcquire(late, keys('j'))).toBe(true); // free, and no waiter wants it
    locks.release(holder);
    await waiting;
    expect(locks.isHeldBy(waiter, bytes('k'))).toBe(true);
    locks.release(waiter);
    expect(locks.tryAcquire(late, keys('k'))).toBe(true);
  });

  it('lets an owner past a waiter that waits for that owner (lock-table/fair)', async () => {
    const locks = new LockTable(systemClock);
    const [first, second] = [owner(), owner(Infinity)];
    locks.tryAcquire(first, keys('a'));
    const waiting = locks.acquire(second, keys('a', 'b'), WAIT);
    await locks.acquire(first, keys('b'), WAIT); // queued behind `second` it would wait for ever
    locks.release(first);
    await waiting;
    locks.release(second);
    expect(locks.isEmpty).toBe(true);
  });

  it('breaks a deadlock by telling the owner with the least to lose (lock-table/circles-broken)', async () => {
    const locks = new LockTable(systemClock);
    const [dear, cheap] = [owner(10), owner(1)];
    locks.tryAcquire(dear, keys('a'));
    locks.tryAcquire(cheap, keys('b'));
    const cheapWait = locks.acquire(cheap, keys('a'), WAIT);
    const dearWait = locks.acquire(dear, range('b', 'c'), WAIT);
    await expect(cheapWait).rejects.toMatchObject({ code: 'CONFLICT' });
    locks.release(cheap);
    await dearWait;
    expect(locks.statistics).toMatchObject({ deadlockCount: 1, waiterCount: 0 });
  });

  it('ends a wait by time, by signal, and by the end of its owner, and keeps nothing of it (lock-table/bounded-wait)', async () => {
    const clock = new ManualClock();
    const locks = new LockTable(clock);
    const holder = owner();
    locks.tryAcquire(holder, keys('k'));
    const late = locks.acquire(owner(), keys('k'), { timeoutMs: 100, signal: undefined });
    const aborter = new AbortController();
    const aborted = locks.acquire(owner(), keys('k'), { timeoutMs: 1000, signal: aborter.signal });
    const ended = owner();
    const closed = locks.acquire(ended, keys('k'), WAIT);
    const outcomes = Promise.allSettled([late, aborted, closed]);
    clock.advance(100);
    aborter.abort();
    locks.release(ended);
    const codes = (await outcomes).map((each) =>
      each.status === 'rejected' ? (each.reason as StorageError).code : 'granted',
    );
    expect(codes).toEqual(['LOCK_TIMEOUT', 'ABORTED', 'CLOSED']);
    locks.release(holder);
    expect(locks.isEmpty).toBe(true);
  });

  it('never grants an overlap and never leaves a wait that could not end (lock-queue/orders-ascend, lock-queue/found-both-ways)', async () => {
    for (let seed = 1; seed <= 150; seed++) await simulate(seed);
  });
});

interface Actor {
  readonly lock: LockOwner & { cost: number };
  held: LockRequest[];
  isWaiting: boolean;
}

function overlaps(a: LockRequest, b: LockRequest): boolean {
  const spans = (request: LockRequest): [string, string][] => [
    ...request.keys.map((key): [string, string] => [String(key), `${String(key)}\0`]),
    ...request.ranges.map(({ start, end }): [string, string] => [String(start), String(end)]),
  ];
  return spans(a).some(([from, to]) => spans(b).some(([start, end]) => from < end && start < to));
}

/** Actors take locks at random and end at random; those told of a deadlock let go. */
async function simulate(seed: number): Promise<void> {
  const random = makeRandom(seed);
  const locks = new LockTable(systemClock);
  const letter = (): string => 'abcdef'[random.below(6)]!; // below 6
  const actors: Actor[] = [];
  const end = (actor: Actor): void => {
    actor.held = [];
    locks.release(actor.lock);
  };
  for (let i = 0; i < 5; i++) {
    actors.push({ lock: { cost: random.below(10) }, held: [], isWaiting: false });
  }
  for (let step = 0; step < 60; step++) {
    const actor = random.pick(actors);
    if (!actor.isWaiting && random.chance(0.7)) {
      const names = Array.from({ length: 1 + random.below(2) }, letter);
      const [low, high] = [letter(), letter()].sort();
      const request = random.chance(0.3) && low !== high ? range(low!, high) : keys(...names); // two letters
      actor.isWaiting = true;
      void locks.acquire(actor.lock, request, WAIT).then(
        () => {
          actor.isWaiting = false;
          actor.held.push(request);
        },
        () => {
          actor.isWaiting = false;
          end(actor);
        },
      );
    } else if (!actor.isWaiting) {
      end(actor);
    }
    await settle();
    for (const one of actors) {
      for (const other of actors) {
        if (one === other) continue;
        const isShared = one.held.some((a) => other.held.some((b) => overlaps(a, b)));
        expect(isShared, `seed=${seed} step=${step}`).toBe(false);
      }
    }
  }
  for (let round = 0; round < actors.length; round++) {
    for (const actor of actors) if (!actor.isWaiting) end(actor);
    await settle();
  }
  for (const actor of actors) {
    expect(actor.isWaiting, `seed=${seed}: a wait did not end`).toBe(false);
    end(actor);
  }
  await settle();
  expect(locks.isEmpty, `seed=${seed}`).toBe(true);
}
