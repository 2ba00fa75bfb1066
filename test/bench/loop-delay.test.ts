/** How the delay of the event loop is told from what a timer saw. */
import { describe, expect, it } from 'vitest';
import { delayReport } from '../../bench/harness/loop-delay.ts';

describe('the delay of the event loop', () => {
  it('is weighted by the tasks that would have come: one long stop is more than one sample (D2)', () => {
    const delaysMs = [...new Array<number>(99).fill(0), 1000];
    const { p50Ms, p99Ms, maxMs, turnCount } = delayReport(delaysMs);
    expect(turnCount).toBe(100);
    expect(maxMs).toBe(1000);
    expect(p99Ms).toBeGreaterThan(980);
    expect(p50Ms).toBeGreaterThan(440);
  });

  it('is nothing where no turn came late', () => {
    const { p50Ms, maxMs } = delayReport([0, 0, 0]);
    expect([p50Ms, maxMs]).toEqual([0, 0]);
  });
});
