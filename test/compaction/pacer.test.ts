/** A job gives its thread back: what a pause waits for. */
import { describe, expect, it } from 'vitest';
import { AbortedError } from '../../src/base/errors.ts';
import { INLINE_PACE, Pacer } from '../../src/compaction/pacer.ts';
import { ManualClock } from '../support/manual-clock.ts';

function makePacer(): {
  readonly pacer: Pacer;
  readonly cancellation: Int32Array;
  readonly steps: string[];
  readonly ends: (() => void)[];
} {
  const steps: string[] = [];
  const ends: (() => void)[] = [];
  const cancellation = new Int32Array(1);
  const gate = (name: string): Promise<void> => {
    steps.push(name);
    return new Promise((resolve) => ends.push(resolve));
  };
  const pacer = new Pacer({
    clock: new ManualClock(),
    pace: INLINE_PACE,
    cancellation,
    turn: () => gate('turn'),
    moreUrgent: () => gate('urgent'),
  });
  return { pacer, cancellation, steps, ends };
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await Promise.resolve();
};

describe('Pacer', () => {
  it('pauses until the event loop has turned, and then until more urgent jobs have ended', async () => {
    const { pacer, steps, ends } = makePacer();
    const pause = pacer.pause().then(() => steps.push('on'));
    await settle();
    expect(steps).toEqual(['turn']);
    ends[0]!(); // one gate, and then two
    await settle();
    expect(steps).toEqual(['turn', 'urgent']);
    ends[1]!();
    await pause;
    expect(steps).toEqual(['turn', 'urgent', 'on']);
  });

  it('notices after a pause that the job was cancelled meanwhile (pacer/notices-a-cancel)', async () => {
    const { pacer, cancellation, ends } = makePacer();
    const pause = pacer.pause();
    cancellation[0] = 1;
    ends[0]!(); // asked for by now
    await settle();
    ends[1]!();
    await expect(pause).rejects.toThrow(AbortedError);
  });
});
