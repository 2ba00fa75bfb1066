/**
 * A place in the past: which state of the database a caller asks for by time or by sequence.
 *
 * Owns: how both become a sequence and a clock, and the refusal of what is gone or not there yet.
 *
 * Invariants:
 *   past/as-of-then: what is asked for by a time is the newest state that was written at or before it, and what had expired by
 *       that time is absent. A sequence is read by the clock of the moment in which it was reached.
 *   past/whole-or-refused: a place is read as it was, or refused with HistoryGoneError that names the oldest one.
 *
 * Suspension: everything here is synchronous.
 */
import { HistoryGoneError, InvalidArgumentError } from '../../base/errors.ts';
import type { TimeMark } from '../../version/time-marks.ts';
import type { VersionRetention } from '../../version/version.ts';

/** Milliseconds since 1970, or a sequence. */
export type PastPlace = { readonly wallMs: number } | { readonly sequence: number };

/** What can be read: undefined where old versions are not kept. */
export type Reach = Pick<VersionRetention, 'from' | 'marks'> | undefined;

/** Throws InvalidArgumentError for the future, and HistoryGoneError. `now`: what is published, and the clock. */
export function placeAt(asked: PastPlace, reach: Reach, now: TimeMark): TimeMark {
  if ('sequence' in asked) return placeOfSequence(asked.sequence, reach, now);
  const { wallMs } = asked;
  if (wallMs > now.wallMs) {
    throw new InvalidArgumentError(
      `Time is in the future: at=${textOf(wallMs)} now=${textOf(now.wallMs)}`,
    );
  }
  const oldest = reach?.from ?? now;
  if (wallMs < oldest.wallMs) throw goneBefore(`at=${textOf(wallMs)}`, reach, oldest);
  const mark = reach?.marks.before(wallMs);
  return { sequence: Math.max(mark?.sequence ?? 0, oldest.sequence), wallMs };
}

function placeOfSequence(sequence: number, reach: Reach, now: TimeMark): TimeMark {
  if (sequence > now.sequence) {
    throw new InvalidArgumentError(
      `Sequence is in the future: at=${sequence} newest=${now.sequence}`,
    );
  }
  const oldest = reach?.from ?? now;
  if (sequence < oldest.sequence) throw goneBefore(`at=${sequence}`, reach, oldest);
  if (sequence === oldest.sequence) return oldest;
  const reachedMs = reach?.marks.reaching(sequence)?.wallMs ?? now.wallMs;
  return { sequence, wallMs: Math.max(reachedMs, oldest.wallMs) };
}

function goneBefore(asked: string, reach: Reach, oldest: TimeMark): HistoryGoneError {
  const advice = reach === undefined ? ' (open the database with versionRetentionMs)' : '';
  return new HistoryGoneError(
    `Old versions are gone: ${asked} oldest=${oldest.sequence} from=${textOf(oldest.wallMs)}${advice}`,
    oldest.sequence,
  );
}

function textOf(wallMs: number): string {
  return new Date(wallMs).toISOString(); // 48 bits of milliseconds are a date
}
