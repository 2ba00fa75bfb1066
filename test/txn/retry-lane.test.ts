/** The lane that transactions retry in: one ticket, first come first served, and no wait without end. */
import { describe, expect, it } from 'vitest';
import { RetryLane } from '../../src/txn/retry-lane.ts';
import { ManualClock } from '../support/manual-clock.ts';

const WAIT_MAX_MS = 100;

/** What each of several waiters got: undefined while it waits. */
function watch(lane: RetryLane, count: number): (boolean | undefined)[] {
  const outcomes: (boolean | undefined)[] = Array.from({ length: count }, () => undefined);
  for (let i = 0; i < count; i++)
    void lane.acquire().then((hasTicket) => (outcomes[i] = hasTicket));
  return outcomes;
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('RetryLane', () => {
  it('gives the ticket at once when no transaction holds it, and again after its release', async () => {
    const lane = new RetryLane(new ManualClock(), WAIT_MAX_MS);
    for (let i = 0; i < 3; i++) {
      expect(await lane.acquire()).toBe(true);
      lane.release();
    }
    expect(lane.waiterCount).toBe(0);
  });

  it('has one holder, and hands the ticket over in the order of arrival (retry-lane/one-holder)', async () => {
    const lane = new RetryLane(new ManualClock(), WAIT_MAX_MS);
    const outcomes = watch(lane, 200);
    for (let holder = 0; holder < 200; holder++) {
      await settle();
      expect(outcomes.filter((outcome) => outcome !== undefined)).toHaveLength(holder + 1);
      expect(outcomes[holder]).toBe(true);
      lane.release();
    }
    expect(await lane.acquire()).toBe(true);
  });

  it('lets a waiter go on without the ticket after the longest wait (retry-lane/bounded-wait)', async () => {
    const clock = new ManualClock();
    const lane = new RetryLane(clock, WAIT_MAX_MS);
    await lane.acquire();
    const early = watch(lane, 2);
    clock.advance(60);
    const late = watch(lane, 1);
    clock.advance(39);
    await settle();
    expect([...early, ...late]).toEqual([undefined, undefined, undefined]);
    clock.advance(1);
    await settle();
    expect([...early, ...late]).toEqual([false, false, undefined]);
    clock.advance(100);
    await settle();
    expect(late).toEqual([false]);
    expect(lane.waiterCount).toBe(0);
    expect(clock.timerCount).toBe(0);
  });

  it('gives the ticket to a waiter, not to those whose wait has ended, and then stops its timer (retry-lane/timer-while-waiting)', async () => {
    const clock = new ManualClock();
    const lane = new RetryLane(clock, WAIT_MAX_MS);
    await lane.acquire();
    const gone = watch(lane, 1);
    clock.advance(80);
    const waiting = watch(lane, 1);
    clock.advance(20);
    await settle();
    expect([gone, waiting]).toEqual([[false], [undefined]]);
    lane.release();
    await settle();
    expect(waiting).toEqual([true]);
    expect(clock.timerCount).toBe(0);
    lane.release();
    expect(await lane.acquire()).toBe(true);
  });

  it('bounds every wait, however long the line has been in use', async () => {
    const clock = new ManualClock();
    const lane = new RetryLane(clock, WAIT_MAX_MS);
    await lane.acquire();
    for (let round = 0; round < 50; round++) {
      const outcomes = watch(lane, 3);
      lane.release(); // to the first of them
      clock.advance(2 * WAIT_MAX_MS);
      await settle();
      expect(outcomes).toEqual([true, false, false]);
    }
  });
});
