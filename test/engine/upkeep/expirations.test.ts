/** Which tables go because they have wholly expired. */
import { expect, it } from 'vitest';
import { sequenceNumber } from '../../../src/base/ids.ts';
import { Expirations } from '../../../src/engine/upkeep/expirations.ts';
import type { FileMetadata } from '../../../src/version/file-metadata.ts';
import { emptyVersionState } from '../../../src/version/version-builder.ts';
import { Version } from '../../../src/version/version.ts';
import { makeFile } from '../../version/version-fixture.ts';

/** A table with 10 entries, all of which have expired at `latestMs`. */
function expiring(number: number, from: string, to: string, latestMs: number): FileMetadata {
  return makeFile(number, from, to, {
    entryCount: 10,
    deletionCount: 0,
    largestSequence: sequenceNumber(number),
    smallestSequence: sequenceNumber(number),
    expiry: { count: 10, earliestMs: 1, mostlyMs: latestMs, latestMs },
  });
}

function hostOf(levels: readonly (readonly FileMetadata[])[]) {
  const all = emptyVersionState().levels.map((none, level) => levels[level] ?? none);
  return {
    parts: { versions: { current: new Version({ ...emptyVersionState(), levels: all }) } },
    oldestSequence: Infinity,
    oldestWallMs: 0,
  };
}

it('a table goes when all of it has expired, and no older one shows through (expirations/nothing-below)', () => {
  const host = hostOf([
    [expiring(9, 'a', 'c', 50), expiring(8, 'b', 'd', 70), makeFile(7, 'x', 'z')],
    [expiring(5, 'a', 'b', 60), expiring(6, 'x', 'y', 10)],
    [expiring(3, 'a', 'b', 65), makeFile(4, 'm', 'n')],
  ]);
  const expirations = new Expirations(host);
  const goneAt = (wallMs: number): number[] => {
    host.oldestWallMs = wallMs;
    return expirations.tables().map(({ number }) => number);
  };
  expect(expirations.nextMs).toBe(10);
  expect(goneAt(9)).toEqual([]);
  expect(goneAt(10)).toEqual([6]);
  expect(goneAt(60)).toEqual([6]); // 5 has 3 below it, 9 has 5 and 8
  expect(goneAt(65)).toEqual([3, 6, 5]);
  expect(goneAt(70)).toEqual([3, 6, 5, 8, 9]);
  expect(expirations.nextMs).toBe(Infinity);
});

it('a table stays for a reader whose clock or sequence is earlier (expirations/readers-first)', () => {
  const host = hostOf([[], [expiring(5, 'a', 'b', 60)]]);
  const expirations = new Expirations(host);
  host.oldestWallMs = 60;
  host.oldestSequence = 4;
  expect(expirations.tables()).toEqual([]);
  host.oldestSequence = 5;
  host.oldestWallMs = 59;
  expect(expirations.tables()).toEqual([]);
  expect(expirations.isDue).toBe(false);
  host.oldestWallMs = 60;
  expect(expirations.isDue).toBe(true);
  expect(expirations.tables()).toEqual([{ level: 1, number: 5 }]);
});

it('a table with anything else stays, and asking again looks at no table (expirations/constant)', () => {
  const mixed = { ...expiring(5, 'a', 'b', 60), entryCount: 11 };
  const ranged = { ...expiring(6, 'c', 'd', 60), rangeTombstoneCount: 1 };
  const deleting = { ...expiring(7, 'e', 'f', 60), entryCount: 12, deletionCount: 2 };
  const host = hostOf([[], [mixed, ranged, deleting]]);
  const { current } = host.parts.versions;
  const { levels } = current;
  let lookCount = 0;
  Object.defineProperty(current, 'levels', { get: () => (lookCount++, levels) });
  const expirations = new Expirations(host);
  expect(expirations.isDue).toBe(false);
  expect(lookCount).toBe(1);
  expect([expirations.nextMs, expirations.isDue]).toEqual([60, false]);
  expect(lookCount).toBe(1);
  host.oldestWallMs = 99;
  expect(expirations.isDue).toBe(true);
  expect(expirations.tables().map(({ number }) => number)).toEqual([7]);
});
