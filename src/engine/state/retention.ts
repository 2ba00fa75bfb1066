/**
 * How far back the database can be read.
 *
 * Owns: a place that trails the clock by `versionRetentionMs`. Flushes and compactions drop nothing that is seen from there on.
 *
 *      sequences    1 .. 4        5 .. 90                     91 ..
 *                   gone        | every state can be read  |  what is written now
 *                               from                       published
 *
 * What a power cut leaves: the place by which a job has dropped versions is in the same edit as its tables. Marks of commits that
 * are in tables are in the manifest; those of the others come from the frames of their logs. So after a crash all that can be
 * read is what has its versions, at its time.
 *
 * Invariants:
 *   retention/never-back: `from` only moves on. No place before it is given out.
 *   retention/recorded-with-the-drop: an edit that takes versions away records a `from` that is not before that of its job.
 *   retention/flushed-is-marked: the edit that adds a table of a memtable records the marks of its commits.
 *   retention/nothing-when-off: a database without it has none of this object, and no mark.
 *
 * Suspension: every method is synchronous.
 */
import type { Clock, Timer } from '../../base/clock.ts';
import type { TimeMark, TimeMarks } from '../../version/time-marks.ts';
import type { VersionEdit } from '../../version/version-edit.ts';
import type { Version, VersionRetention } from '../../version/version.ts';
import type { ExpiryClock } from './expiry-clock.ts';

/** The parts of the engine that the retention needs. */
export interface RetentionHost {
  readonly clock: Clock;
  readonly expiryClock: Pick<ExpiryClock, 'now'>;
  readonly versions: { readonly current: Version };
  /** Less is kept than before: what was held back may be due. */
  onMoved(): void;
}

/** The place moves on by itself so many times within the time that is kept, */
const STEP_DIVISOR = 16;
/** and within these bounds. */
const STEP_MS_MIN = 100;
const STEP_MS_MAX = 600_000;

export class Retention {
  readonly keepMs: number;
  readonly marks: TimeMarks;
  readonly #host: RetentionHost;
  #from: TimeMark;
  #timer: Timer | undefined = undefined;

  /** `marks`: those of the version, and of the logs after it. */
  constructor(host: RetentionHost, { keepMs, from }: VersionRetention, marks: TimeMarks) {
    this.#host = host;
    this.keepMs = keepMs;
    this.marks = marks;
    this.#from = from;
    marks.dropThrough(from.sequence);
    this.advance();
  }

  /** The oldest place that can be read. */
  get from(): TimeMark {
    return this.#from;
  }

  /** Begins to move on by itself: what is not written to gives old versions back too. */
  start(): void {
    const stepMs = Math.min(STEP_MS_MAX, Math.max(STEP_MS_MIN, this.keepMs / STEP_DIVISOR));
    this.#timer = this.#host.clock.schedule(stepMs, () => {
      this.advance();
      this.#host.onMoved(); // a job or a read may have moved it
      this.start();
    });
  }

  close(): void {
    this.#timer?.cancel();
  }

  /** Commits up to a sequence are visible, by a frame of that time. */
  note(sequence: number, wallMs: number): void {
    this.marks.add(sequence, wallMs);
  }

  /** Follows the clock (retention/never-back). */
  advance(): void {
    const wallMs = this.#host.expiryClock.now() - this.keepMs;
    if (wallMs <= this.#from.wallMs) return;
    const { sequence } = this.marks.before(wallMs) ?? this.#from;
    this.#from = { sequence, wallMs };
    this.marks.dropThrough(sequence);
  }

  /**
   * What an edit records, after which everything up to `flushedSequence` is in tables (retention/recorded-with-the-drop,
   * retention/flushed-is-marked). A crash may take back what is above it, so no more than that counts as dropped. `loaded`: a
   * bulk load, which is in no frame.
   */
  record(flushedSequence: number, loaded: readonly TimeMark[] = []): VersionEdit {
    const recorded = this.#host.versions.current.retention;
    if (recorded === undefined) return {};
    const sequence = Math.min(this.#from.sequence, flushedSequence);
    const { wallMs } = this.#from;
    const isNew = sequence > recorded.from.sequence || wallMs > recorded.from.wallMs;
    const after = Math.max(sequence, recorded.marks.last?.sequence ?? recorded.from.sequence);
    return {
      ...(isNew && { retainedFrom: { sequence, wallMs } }),
      timeMarks: [...this.marks.between(after, flushedSequence), ...loaded],
    };
  }
}
