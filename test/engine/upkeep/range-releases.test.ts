/** Which tables a dropped range gives back, and when. */
import { describe, expect, it } from 'vitest';
import { fileNumber, sequenceNumber } from '../../../src/base/ids.ts';
import { rangeStatsOf, RangeReleases } from '../../../src/engine/upkeep/range-releases.ts';
import type { FileMetadata } from '../../../src/version/file-metadata.ts';
import type { Version } from '../../../src/version/version.ts';

const RANGE = { start: Buffer.from('c'), end: Buffer.from('f') };

function table(number: number, bounds: string, more: Partial<FileMetadata> = {}): FileMetadata {
  const [smallest = '', largest = ''] = bounds.split('-');
  return {
    number: fileNumber(number),
    sizeBytes: 100,
    smallest: Buffer.from(smallest),
    largest: Buffer.from(largest),
    isLargestExclusive: false,
    smallestSequence: sequenceNumber(1),
    largestSequence: sequenceNumber(5),
    entryCount: 10,
    deletionCount: 0,
    rangeTombstoneCount: 0,
    hasSequenceBase: false,
    ...more,
  };
}

function host(levels: FileMetadata[][]): {
  oldestSequence: number;
  parts: { versions: { current: Version; flushedSequence: number } };
} {
  const current = { levels } as unknown as Version; // all that a release asks for
  return { oldestSequence: Infinity, parts: { versions: { current, flushedSequence: 9 } } };
}

describe('a release', () => {
  it('takes the tables that lie wholly in the range, of every level', () => {
    const engine = host([
      [table(1, 'c-c'), table(2, 'a-z'), table(3, 'b-c')],
      [table(4, 'd-f'), table(5, 'f-f'), table(6, 'd-e')],
      [table(7, 'e-f', { isLargestExclusive: true })],
    ]);
    const releases = new RangeReleases(engine);
    void releases.add(RANGE, 8);
    expect(releases.tables()).toEqual([
      { level: 0, number: 1 },
      { level: 1, number: 6 },
      { level: 2, number: 7 },
    ]);
    expect(rangeStatsOf(engine.parts.versions.current, RANGE)).toEqual({
      tableCount: 6,
      sizeBytes: 300,
      entryCount: 30,
    });
  });

  it('leaves tables with a range tombstone (range-releases/tombstones-stay)', () => {
    const releases = new RangeReleases(host([[table(1, 'c-d', { rangeTombstoneCount: 1 })]]));
    void releases.add(RANGE, 8);
    expect(releases.tables()).toEqual([]);
  });

  it('leaves tables with something younger than the drop (range-releases/older-only)', () => {
    const young = { largestSequence: sequenceNumber(9) };
    const releases = new RangeReleases(host([[table(1, 'c-d', young), table(2, 'c-d')]]));
    void releases.add(RANGE, 8);
    expect(releases.tables()).toEqual([{ level: 0, number: 2 }]);
  });

  it('waits for the readers of the time before (range-releases/readers-first)', () => {
    const engine = host([[table(1, 'c-d')]]);
    const releases = new RangeReleases(engine);
    void releases.add(RANGE, 8);
    engine.oldestSequence = 7;
    expect([releases.isDue, releases.tables()]).toEqual([false, []]);
    engine.oldestSequence = 8;
    expect([releases.isDue, releases.tables().length]).toEqual([true, 1]);
  });

  it('comes again for what was in memtables, and then is told', async () => {
    const engine = host([[table(1, 'c-d')]]);
    engine.parts.versions.flushedSequence = 7;
    const releases = new RangeReleases(engine);
    const told = releases.add(RANGE, 8);
    expect(releases.tables()).toHaveLength(1);
    releases.settle();
    expect(releases.isDue).toBe(false);
    engine.parts.versions.flushedSequence = 8;
    expect([releases.isDue, releases.tables().length]).toEqual([true, 1]);
    releases.settle();
    expect(await told).toBe(true);
    expect(releases.isDue).toBe(false);
  });

  it('is told when the database ends first', async () => {
    const releases = new RangeReleases(host([]));
    const told = releases.add(RANGE, 8);
    releases.close();
    expect(await told).toBe(false);
  });
});
