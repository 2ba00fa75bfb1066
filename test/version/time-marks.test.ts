/** The time index: marks, their lookups, and how old ones are thinned. */
import { describe, expect, it } from 'vitest';
import { sequenceNumber } from '../../src/base/ids.ts';
import { MARK_COUNT_MAX, type TimeMark, TimeMarks } from '../../src/version/time-marks.ts';
import { emptyVersionState, VersionBuilder } from '../../src/version/version-builder.ts';
import type { VersionEdit } from '../../src/version/version-edit.ts';
import type { VersionRetention, VersionState } from '../../src/version/version.ts';
import { makeRandom } from '../support/prng.ts';

function listOf(marks: TimeMarks): TimeMark[] {
  return marks.between(0, Infinity);
}

describe('time marks', () => {
  it('answer as a plain list does (time-marks/ascending)', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = makeRandom(seed);
      const marks = new TimeMarks();
      let model: TimeMark[] = [];
      for (let i = 0; i < 60; i++) {
        const last = model.at(-1) ?? { sequence: 0, wallMs: 0 };
        const sequence = last.sequence + random.below(4) - 1;
        const wallMs = last.wallMs + random.below(4) - 1;
        marks.add(sequence, wallMs);
        if (model.length === 0) model.push({ sequence, wallMs });
        else if (sequence > last.sequence && wallMs <= last.wallMs) {
          model[model.length - 1] = { sequence, wallMs: last.wallMs };
        } else if (sequence > last.sequence) model.push({ sequence, wallMs });
        if (random.chance(0.05)) {
          const through = random.below(sequence + 2);
          marks.dropThrough(through);
          model = model.filter((mark) => mark.sequence > through);
        }
        expect(
          listOf(marks).filter((mark) => mark.sequence > 0),
          `seed=${seed}`,
        ).toEqual(model.filter((mark) => mark.sequence > 0));
        const place = random.below(70) - 2;
        expect(marks.before(place)).toEqual(model.findLast((mark) => mark.wallMs <= place));
        expect(marks.reaching(place)).toEqual(model.find((mark) => mark.sequence >= place));
        expect(marks.last).toEqual(model.at(-1));
        expect(listOf(marks.copy())).toEqual(listOf(marks));
      }
    }
  });

  it('stay within their number, and are exact where they are new and on the grid (time-marks/bounded, time-marks/exact-on-the-grid)', () => {
    const marks = new TimeMarks();
    const stepMs = 7;
    const count = 3 * MARK_COUNT_MAX;
    for (let i = 1; i <= count; i++) {
      marks.add(i, i * stepMs);
      if (i % 50_000 === 0) expect(marks.count).toBeLessThanOrEqual(MARK_COUNT_MAX);
    }
    const exact = (wallMs: number): number => Math.floor(wallMs / stepMs);
    const random = makeRandom(1);
    for (let i = 0; i < 2000; i++) {
      const newMs = (count - random.below(MARK_COUNT_MAX / 4)) * stepMs;
      expect(marks.before(newMs)?.sequence).toBe(exact(newMs));
      const gridMs = 100 * (1 + random.below((count * stepMs) / 100 - 1)); // the grid that was enough
      expect(marks.before(gridMs)?.sequence).toBe(exact(gridMs));
      const anyMs = stepMs * 20 + random.below((count - 20) * stepMs);
      const found = marks.before(anyMs)!.sequence; // above the first
      expect(found).toBeLessThanOrEqual(exact(anyMs));
      expect(found).toBeGreaterThanOrEqual(exact(anyMs - 100));
    }
  });
});

function builtFrom(base: VersionState, ...edits: VersionEdit[]): VersionState {
  const builder = new VersionBuilder(base, (message) => new Error(message));
  for (const edit of edits) builder.apply(edit);
  return builder.build();
}

function textOf(retention: VersionRetention | undefined): string {
  if (retention === undefined) return 'off';
  const { keepMs, from, marks } = retention;
  const list = [from, ...listOf(marks)].map(({ sequence, wallMs }) => `${sequence}@${wallMs}`);
  return `${keepMs}: ${list.join(' ')}`;
}

describe('a version that keeps old versions', () => {
  const on = { versionRetentionMs: 50, retainedFrom: { sequence: 3, wallMs: 30 } };

  it('has what edits say, in whatever order two that were made together come (version-builder/reach-never-back)', () => {
    const timeMarks = [
      { sequence: 4, wallMs: 40 },
      { sequence: 7, wallMs: 70 },
    ];
    const base = builtFrom(emptyVersionState(), on, { timeMarks });
    expect(textOf(base.retention)).toBe('50: 3@30 4@40 7@70');
    const flush = {
      retainedFrom: { sequence: 6, wallMs: 65 },
      timeMarks: [{ sequence: 9, wallMs: 90 }],
    };
    const compaction = { retainedFrom: { sequence: 5, wallMs: 66 } };
    const both = '50: 6@66 7@70 9@90';
    expect(textOf(builtFrom(base, flush, compaction).retention)).toBe(both);
    expect(textOf(builtFrom(base, compaction, flush).retention)).toBe(both);
    expect(textOf(builtFrom(base, { timeMarks }).retention)).toBe('50: 3@30 4@40 7@70');
    expect(textOf(builtFrom(base, { versionRetentionMs: 9 }).retention)).toBe('9: 3@30 4@40 7@70');
    expect(textOf(builtFrom(base, { flushedSequence: sequenceNumber(1) }).retention)).toBe(
      textOf(base.retention),
    );
  });

  it('forgets all when it ends, and begins at a place', () => {
    const base = builtFrom(emptyVersionState(), on);
    expect(textOf(builtFrom(base, { versionRetentionMs: 0 }).retention)).toBe('off');
    const empty = emptyVersionState();
    expect(() => builtFrom(empty, { versionRetentionMs: 5 })).toThrow(/from no place/);
    expect(() => builtFrom(empty, { timeMarks: [{ sequence: 1, wallMs: 1 }] })).toThrow(/not kept/);
    expect(() => builtFrom(empty, { retainedFrom: { sequence: 1, wallMs: 1 } })).toThrow(
      /not kept/,
    );
  });
});
