/** The time that frames carry: what a clock may say, and what becomes of it. */
import { describe, expect, it } from 'vitest';

import { FrameClock, WALL_MS_MAX } from '../../src/log/frame-clock.ts';

/** The times of frames by a clock that says these, one after the other. */
function timesOf(said: readonly number[], last = 0): number[] {
  let index = 0;
  const clock = new FrameClock({ wallMs: () => said[index++]! });
  clock.follow(last);
  return said.map(() => clock.next());
}

describe('FrameClock', () => {
  it('never goes back (frame-clock/never-back)', () => {
    expect(timesOf([9, 5, 11, 10, 11, 12])).toEqual([9, 9, 11, 11, 11, 12]);
    expect(timesOf([9, 12, 5], 10)).toEqual([10, 12, 12]);
  });

  it('gives whole milliseconds of 48 bits, also when the clock gives none (frame-clock/fits-the-field)', () => {
    expect(timesOf([NaN, -1, -Infinity, 0.5, 1.75])).toEqual([0, 0, 0, 0, 1]);
    expect(timesOf([7, NaN, -7])).toEqual([7, 7, 7]);
    for (const far of [2 ** 48, 2 ** 53, Infinity]) {
      expect(timesOf([far, 5, NaN])).toEqual([WALL_MS_MAX, WALL_MS_MAX, WALL_MS_MAX]);
    }
  });
});
