/** Idle arenas: which stay, and for how long. */
import { describe, expect, it } from 'vitest';
import type { Arena } from '../../src/memtable/arena.ts';
import { ArenaPool } from '../../src/memtable/arena-pool.ts';
import { ManualClock } from '../support/manual-clock.ts';

const KIB = 1024;

function acquireAll(pool: ArenaPool, ...capacities: number[]): Arena[] {
  return capacities.map((capacity) => pool.acquire(capacity));
}

describe('idle arenas', () => {
  it('are used again for the same capacity, the last one first', () => {
    const pool = new ArenaPool(256 * KIB);
    const [first, second, other] = acquireAll(pool, 64 * KIB, 64 * KIB, 32 * KIB);
    for (const arena of [first!, second!, other!]) pool.release(arena);
    expect(pool.idleBytes).toBe(160 * KIB);
    const again = acquireAll(pool, 64 * KIB, 32 * KIB, 64 * KIB, 64 * KIB);
    const places = again.map((arena) => [first, second, other].indexOf(arena));
    expect(places).toEqual([1, 2, 0, -1]);
    expect(pool.idleBytes).toBe(0);
  });

  it('are bounded, and the oldest go first (arena-pool/bounded)', () => {
    const pool = new ArenaPool(0);
    pool.allow(128 * KIB);
    pool.allow(64 * KIB); // of a smaller database
    const [huge, first, second, third] = acquireAll(pool, 192 * KIB, 64 * KIB, 64 * KIB, 64 * KIB);
    for (const arena of [first!, second!, huge!, third!]) pool.release(arena);
    expect(pool.idleBytes).toBe(128 * KIB);
    const again = acquireAll(pool, 64 * KIB, 64 * KIB, 64 * KIB, 192 * KIB);
    const places = again.map((arena) => [huge, first, second, third].indexOf(arena));
    expect(places).toEqual([3, 2, -1, -1]);
  });

  it('go after 10 to 20 seconds without use (arena-pool/let-go)', () => {
    const clock = new ManualClock();
    const pool = new ArenaPool(128 * KIB, clock);
    pool.release(pool.acquire(64 * KIB));
    for (let round = 0; round < 5; round++) {
      clock.advance(9_000);
      pool.release(pool.acquire(64 * KIB));
    }
    expect(pool.idleBytes).toBe(64 * KIB);
    clock.advance(20_000);
    expect([pool.idleBytes, clock.timerCount]).toEqual([0, 0]);
  });
});
