/** What is waited out, what is fatal, and how long a wait is. */
import { describe, expect, it } from 'vitest';
import { IoError } from '../../src/base/errors.ts';
import { shortageOf, ShortageRetry } from '../../src/base/shortage.ts';
import { decodeError, encodeError } from '../../src/compaction/job-protocol.ts';
import { ManualClock } from '../support/manual-clock.ts';

function failure(code: string, syscall: string): IoError {
  return new IoError('x', { cause: Object.assign(new Error(code), { code, syscall }) });
}

describe('shortageOf()', () => {
  it.each([
    ['ENOSPC', 'write', 'space'],
    ['EDQUOT', 'open', 'space'],
    ['EMFILE', 'open', 'resource'],
    ['ENFILE', 'open', 'resource'],
    ['EAGAIN', 'open', 'resource'],
    ['ENOMEM', 'open', 'resource'],
    ['ERR_WORKER_INIT_FAILED', '', 'resource'],
    ['ERR_WORKER_OUT_OF_MEMORY', '', 'resource'],
    ['EIO', 'open', undefined],
    ['EIO', 'fsync', undefined],
    ['EMFILE', 'fsync', undefined],
    ['ENOMEM', 'fdatasync', undefined],
  ])('%s of %s is %s, here and from a worker (shortage/no-sync)', (code, syscall, expected) => {
    const error = failure(code, syscall);
    expect(shortageOf(error)).toBe(expected);
    expect(shortageOf(error.cause)).toBe(expected);
    expect(shortageOf(decodeError(structuredClone(encodeError(error))))).toBe(expected);
  });

  it('knows memory that V8 did not get, and nothing else of its class', () => {
    const error = new RangeError('Array buffer allocation failed');
    expect(shortageOf(error)).toBe('resource');
    expect(shortageOf(decodeError(encodeError(error)))).toBe('resource');
    expect(shortageOf(new RangeError('Invalid typed array length: -1'))).toBeUndefined();
    expect(shortageOf(undefined)).toBeUndefined();
  });
});

describe('ShortageRetry', () => {
  it('pauses longer and longer up to a bound, and holds for three seconds what is not space', () => {
    const clock = new ManualClock();
    const retry = new ShortageRetry(clock);
    let heldMs = 0;
    const delays: number[] = [];
    for (let advice = retry.failed('resource'); ; advice = retry.failed('resource')) {
      delays.push(advice.delayMs);
      if (!advice.isHeld) break;
      clock.advance(advice.delayMs);
      heldMs += advice.delayMs;
    }
    expect(delays).toEqual([100, 200, 400, 800, 1000, 1000, 1000]);
    expect(heldMs).toBeGreaterThanOrEqual(3000);
    retry.succeeded();
    expect(retry.failed('space')).toEqual({ delayMs: 100, isHeld: false });
  });
});
