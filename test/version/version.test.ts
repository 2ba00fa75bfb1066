/** Lookups in a version against the plain list of its tables, and what a builder accepts. */
import { describe, expect, it } from 'vitest';

import { compareBytes, describeKey } from '../../src/bytes/bytes.ts';
import { fileNumber, sequenceNumber } from '../../src/base/ids.ts';
import type { KeyRange } from '../../src/bytes/key-range.ts';
import type { FileMetadata } from '../../src/version/file-metadata.ts';
import { emptyVersionState, VersionBuilder } from '../../src/version/version-builder.ts';
import { LEVEL_COUNT, type VersionEdit } from '../../src/version/version-edit.ts';
import { Version, type VersionState } from '../../src/version/version.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import {
  applyToModel,
  bytesOf,
  describeModel,
  describeVersion,
  emptyModel,
  makeFile,
  randomEdit,
  type Model,
} from './version-fixture.ts';

function build(base: VersionState, ...edits: VersionEdit[]): Version {
  const builder = new VersionBuilder(base, (message) => new Error(message));
  for (const edit of edits) builder.apply(edit);
  return new Version(builder.build());
}

function buildRandom(random: Random, editCount: number): { model: Model; version: Version } {
  const model = emptyModel();
  let number = 1;
  let version = new Version(emptyVersionState());
  for (let i = 0; i < editCount; i++) {
    const edit = randomEdit(random, model, () => fileNumber(number++));
    applyToModel(model, edit);
    version = build(version, edit);
  }
  return { model, version };
}

/** The definition of file-metadata/bounds-cover-all, word for word. */
function holds(file: FileMetadata, key: Uint8Array): boolean {
  const order = compareBytes(key, file.largest);
  return (
    compareBytes(key, file.smallest) >= 0 && (file.isLargestExclusive ? order < 0 : order <= 0)
  );
}

/** Every key that can tell two bounds apart: the bounds of the fixture are four digits. */
const PROBES = Array.from({ length: 1200 }, (_, i) => bytesOf(String(i).padStart(4, '0'))).concat(
  ['', '01', '01055', '0500.', '~'].map(bytesOf),
);

/** Bounds of tables make the hard cases, so half of the range's bounds are such. */
function randomRange(random: Random, files: readonly FileMetadata[]): KeyRange {
  const bounds = files.flatMap((file) => [file.smallest, file.largest]);
  const pick = (): Uint8Array =>
    random.pick(random.chance(0.5) && bounds.length > 0 ? bounds : PROBES);
  return {
    lower: random.chance(0.2) ? undefined : pick(),
    upper: random.chance(0.2) ? undefined : pick(),
  };
}

function isInRange(key: Uint8Array, { lower, upper }: KeyRange): boolean {
  if (lower !== undefined && compareBytes(key, lower) < 0) return false;
  return upper === undefined || compareBytes(key, upper) < 0;
}

describe('Version', () => {
  it('finds by key and by range what a scan of all tables finds (version/level-0-newest-first, version/levels-disjoint)', () => {
    // Plain comparisons and one expectation at the end: an expectation per probe would take most of the time.
    const wrong: string[] = [];
    for (let seed = 1; seed <= 12; seed++) {
      const random = makeRandom(seed);
      const { version } = buildRandom(random, 30);
      for (let level = 0; level < LEVEL_COUNT; level++) {
        const files = version.files(level);
        for (const key of level === 0 ? [] : PROBES) {
          const expected = files.filter((file) => holds(file, key));
          const padded = Buffer.concat([Buffer.from('x'), key, Buffer.from('y')]);
          const isRight =
            expected.length <= 1 &&
            version.fileFor(level, key) === expected[0] &&
            version.fileFor(level, padded, 1, padded.length - 1) === expected[0];
          if (!isRight) wrong.push(`seed=${seed} level=${level} key=${describeKey(key)}`);
        }
        for (let i = 0; i < 20; i++) {
          const range = randomRange(random, files);
          const keys = PROBES.filter((key) => isInRange(key, range));
          if (keys.length === 0) continue; // an empty range may touch a table or not
          const expected = files.filter((file) => keys.some((key) => holds(file, key)));
          expect(version.overlapping(level, range), `seed=${seed} level=${level}`).toEqual(
            expected,
          );
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('keeps level 0 from new to old and adds up its sizes (version/level-0-newest-first)', () => {
    const files = [
      makeFile(3, 'a', 'z', { largestSequence: sequenceNumber(50) }),
      makeFile(9, 'a', 'b', { largestSequence: sequenceNumber(20) }),
      makeFile(5, 'c', 'd', { largestSequence: sequenceNumber(50), sizeBytes: 7 }),
    ];
    const added = files.map((file) => ({ level: 0, file }));
    const version = build(emptyVersionState(), { addedFiles: added });
    expect(version.files(0).map((file) => file.number)).toEqual([5, 3, 9]);
    expect([version.levelSizeBytes(0), version.sizeBytes, version.fileCount]).toEqual([27, 27, 3]);
    expect(version.checkConsistency()).toBeUndefined();
    const reversed = { ...emptyVersionState(), levels: [version.files(0).toReversed()] };
    const levels = [...reversed.levels, ...emptyVersionState().levels.slice(1)];
    expect(new Version({ ...reversed, levels }).checkConsistency()).toContain('out of order');
  });

  it('calls back once, when the last reference goes (version/never-changes)', () => {
    const released: Version[] = [];
    const version = new Version(emptyVersionState(), (which) => released.push(which));
    version.ref();
    version.ref().unref();
    expect(released).toEqual([]);
    version.unref();
    expect(released).toEqual([version]);
    expect(() => version.ref()).toThrow('version/never-changes');
    expect(() => version.unref()).toThrow('version/never-changes');
  });
});

describe('VersionBuilder', () => {
  it('gives what the model gives, one edit at a time or all at once (version-builder/removals-first, version-builder/result-is-checked, version-edit/absent-is-unchanged)', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = makeRandom(seed);
      const model = emptyModel();
      const edits: VersionEdit[] = [];
      let number = 1;
      let version = new Version(emptyVersionState());
      for (let i = 0; i < 20; i++) {
        const edit = randomEdit(random, model, () => fileNumber(number++));
        edits.push(edit);
        applyToModel(model, edit);
        version = build(version, edit);
        expect(describeVersion(version), `seed=${seed} edit=${i}`).toBe(describeModel(model));
      }
      const atOnce = build(emptyVersionState(), ...edits);
      expect(describeVersion(atOnce), `seed=${seed}`).toBe(describeModel(model));
    }
  });

  it('keeps the array of a level that no edit touched (version-builder/untouched-levels-shared)', () => {
    const base = build(emptyVersionState(), {
      addedFiles: [
        { level: 1, file: makeFile(1, 'a', 'b') },
        { level: 2, file: makeFile(2, 'a', 'b') },
      ],
    });
    const next = build(base, { removedFiles: [{ level: 1, number: fileNumber(1) }] });
    expect(next.files(2)).toBe(base.files(2));
    expect(next.files(1)).toEqual([]);
    expect(base.files(1).length).toBe(1);
  });
});
