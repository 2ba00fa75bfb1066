/** CompactionIterator against a model: a list of operations read at every sequence that anybody may read at. */
import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../src/bytes/bytes.ts';
import { ALL_VERSIONS, NEEDS_BLOCK, READY } from '../../src/iterator/internal-iterator.ts';
import { RangeTombstones } from '../../src/iterator/range-tombstones.ts';
import { DELETION, EXPIRING_VALUE, showsValue, VALUE } from '../../src/base/value-type.ts';
import { expiryIn, hasExpired } from '../../src/bytes/expiry.ts';
import { CompactionIterator } from '../../src/compaction/compaction-iterator.ts';
import type { KeyBounds } from '../../src/bytes/key-range.ts';
import { FileBoundsSet } from '../../src/compaction/file-bounds.ts';
import { MergingIterator } from '../../src/iterator/merging-iterator.ts';
import {
  ArrayIterator,
  compareEntries,
  type Entry,
  expiringBytes,
  showEntry,
} from '../support/array-iterator.ts';
import { currentEntry, randomKey } from '../support/iterator-contract.ts';
import { makeRandom, type Random } from '../support/prng.ts';

interface Deleted {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
  readonly sequence: number;
}

interface History {
  readonly entries: Entry[];
  readonly deletions: Deleted[];
}

const text = (key: Uint8Array): string => Buffer.from(key).toString('latin1');

/** What has expired by now has expired for every reader. */
const NOW_MS = 100;

/** The clocks of readers, those to come included. */
const READER_CLOCKS_MS = [NOW_MS, 140, 300];

function isExpired({ type, value }: Entry, wallMs: number): boolean {
  return type === EXPIRING_VALUE && hasExpired(expiryIn(value, 0, value.length), wallMs);
}

/** An entry that has expired is written as a tombstone. */
function asWritten(entry: Entry): Entry {
  return isExpired(entry, NOW_MS) ? { ...entry, type: DELETION, value: Buffer.alloc(0) } : entry;
}

/** What a reader at `readSequence` sees, with the time of what expires. */
function visibleMap(history: History, readSequence: number, wallMs: number): Map<string, string> {
  const seen = new Map<string, string>();
  const keys = new Set<string>();
  for (const each of history.entries.toSorted(compareEntries)) {
    if (each.sequence > readSequence || keys.has(text(each.key))) continue;
    keys.add(text(each.key));
    const isDeleted = history.deletions.some(
      ({ start, end, sequence }) =>
        sequence > each.sequence &&
        sequence <= readSequence &&
        compareBytes(start, each.key) <= 0 &&
        compareBytes(each.key, end) < 0,
    );
    const isShown = showsValue(each.type) && !isDeleted && !isExpired(each, wallMs);
    if (isShown) seen.set(text(each.key), text(each.value));
  }
  return seen;
}

function randomHistory(random: Random, operationCount: number): History {
  const keys = Array.from({ length: 1 + random.below(12) }, () => randomKey(random));
  const history: History = { entries: [], deletions: [] };
  for (let sequence = 1; sequence <= operationCount; sequence++) {
    const kind = random.below(10);
    if (kind === 0) {
      const [start, end] = [random.pick(keys), randomKey(random)].sort(compareBytes);
      history.deletions.push({ start: start!, end: end!, sequence });
    } else {
      const type = kind < 4 ? DELETION : kind < 7 ? EXPIRING_VALUE : VALUE;
      let value = type === VALUE ? Buffer.from(String(sequence)) : Buffer.alloc(0);
      if (type === EXPIRING_VALUE) {
        value = Buffer.from(expiringBytes(random.below(2 * NOW_MS), String(sequence)));
      }
      history.entries.push({ key: random.pick(keys), sequence, type, value });
    }
  }
  history.entries.sort(compareEntries);
  return history;
}

function between(history: History, above: number, upTo: number): History {
  const isInside = ({ sequence }: { readonly sequence: number }): boolean =>
    sequence > above && sequence <= upTo;
  return {
    entries: history.entries.filter(isInside),
    deletions: history.deletions.filter(isInside),
  };
}

function union(...parts: readonly History[]): History {
  return {
    entries: parts.flatMap(({ entries }) => entries),
    deletions: parts.flatMap(({ deletions }) => deletions),
  };
}

/** Ranges that hold all of a history, as the tables of a few levels would. */
function rangesOf({ entries, deletions }: History, random: Random): KeyBounds[] {
  const ranges: KeyBounds[] = deletions
    .filter(({ start, end }) => compareBytes(start, end) < 0)
    .map(({ start, end }) => ({ smallest: start, largest: end, isLargestExclusive: true }));
  for (let i = 0; i < entries.length;) {
    const last = Math.min(entries.length - 1, i + random.below(4));
    ranges.push({
      smallest: entries[i]!.key,
      largest: entries[last]!.key,
      isLargestExclusive: false,
    });
    i = last + 1;
  }
  return ranges;
}

/** Runs the iterator over a history cut into sources by age. */
function compact(
  inputs: History,
  snapshots: readonly number[],
  below: readonly KeyBounds[] | undefined,
  random: Random,
): History {
  const middle = inputs.entries.length === 0 ? 0 : random.pick(inputs.entries).sequence;
  const parts = [between(inputs, middle, Infinity), between(inputs, -1, middle)];
  const source = new MergingIterator(
    parts.map(({ entries }) => new ArrayIterator(entries, ALL_VERSIONS, random)),
    'all',
  );
  const tombstones = new RangeTombstones();
  for (const { start, end, sequence } of inputs.deletions) tombstones.add(start, end, sequence);
  const iterator = new CompactionIterator(source, tombstones, {
    snapshots,
    isRetaining: false,
    below: below === undefined ? undefined : new FileBoundsSet(below),
    expiredMs: NOW_MS,
  });
  const output: History = { entries: [], deletions: [] };
  const finish = (result: number): number => {
    let status = result;
    while (status === NEEDS_BLOCK) {
      iterator.loadSync();
      status = iterator.resume();
    }
    return status;
  };
  for (let status = finish(iterator.start()); status === READY; status = finish(iterator.next())) {
    if (!iterator.isKept) continue;
    const current = { ...currentEntry(iterator), sequence: iterator.sequence };
    const last = output.entries.at(-1);
    const isFirst = last === undefined || compareBytes(last.key, current.key) !== 0;
    expect(iterator.isFirstOfKey).toBe(isFirst);
    if (last !== undefined)
      expect(compareEntries(last, current), 'compaction-iterator/order-stays').toBeLessThan(0);
    output.entries.push(current);
  }
  expect(iterator.readCount).toBe(inputs.entries.length);
  for (const { start, end, sequence } of iterator.keptTombstones()) {
    output.deletions.push({ start, end, sequence });
  }
  return output;
}

function randomSnapshots(random: Random, sequenceMax: number): number[] {
  const count = random.chance(0.4) ? 0 : random.below(5);
  const all = Array.from({ length: count }, () => random.below(sequenceMax + 1));
  return [...new Set(all)].sort((a, b) => a - b);
}

const stripeOf = (snapshots: readonly number[], sequence: number): number =>
  snapshots.filter((snapshot) => snapshot < sequence).length;

interface Case {
  readonly above: History;
  readonly inputs: History;
  readonly older: History;
  readonly snapshots: readonly number[];
  readonly output: History;
  readonly isFlush: boolean;
  readonly inputsEnd: number;
}

function eachCase(runs: number, check: (each: Case) => void): void {
  for (let seed = 1; seed <= runs; seed++) {
    const random = makeRandom(seed);
    const count = random.below(60);
    const history = randomHistory(random, count);
    const olderEnd = random.chance(0.4) ? 0 : random.below(count + 1);
    const inputsEnd = olderEnd + random.below(count - olderEnd + 1);
    const older = between(history, 0, olderEnd);
    const inputs = between(history, olderEnd, inputsEnd);
    const above = between(history, inputsEnd, Infinity);
    const snapshots = randomSnapshots(random, count);
    const isFlush = random.chance(0.2);
    const below = isFlush ? undefined : rangesOf(older, random);
    try {
      const output = compact(inputs, snapshots, below, random);
      check({ above, inputs, older, snapshots, output, isFlush, inputsEnd });
    } catch (error) {
      throw new Error(`seed=${seed}`, { cause: error });
    }
  }
}

describe('CompactionIterator', () => {
  it('leaves what every snapshot and every later reader sees as it was (compaction-iterator/newest-of-a-stripe, compaction-iterator/tombstone-at-the-bottom, compaction-iterator/zero-at-the-bottom)', () => {
    eachCase(3000, ({ above, inputs, older, snapshots, output, inputsEnd }) => {
      const later = [inputsEnd, inputsEnd + 3, Infinity];
      for (const readSequence of [...snapshots, ...later]) {
        // A snapshot below inputsEnd that is not listed does not exist.
        for (const wallMs of READER_CLOCKS_MS) {
          const before = visibleMap(union(above, inputs, older), readSequence, wallMs);
          const after = visibleMap(union(above, output, older), readSequence, wallMs);
          expect(after, `readSequence=${readSequence} wallMs=${wallMs}`).toEqual(before);
        }
      }
    });
  });

  it('keeps one value per key at sequence 0 and no tombstone at the bottom without snapshots (compaction-iterator/tombstone-at-the-bottom, compaction-iterator/zero-at-the-bottom)', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = makeRandom(seed);
      const inputs = randomHistory(random, random.below(60));
      const output = compact(inputs, [], [], random);
      const visible = visibleMap(inputs, Infinity, NOW_MS);
      const expected = [...visible].sort(([a], [b]) => (a < b ? -1 : 1));
      expect(output.deletions, `seed=${seed}`).toEqual([]);
      expect(
        output.entries.map((each) => [text(each.key), text(each.value)]),
        `seed=${seed}`,
      ).toEqual(expected);
      const areValues = output.entries.every(
        ({ sequence, type }) => sequence === 0 && showsValue(type),
      );
      expect(areValues).toBe(true);
    }
  });

  it('keeps at most one version of a key, and one deletion of a range, per stripe (compaction-iterator/newest-of-a-stripe)', () => {
    eachCase(500, ({ snapshots, output }) => {
      const seen = new Set<string>();
      for (const { key, sequence } of output.entries) {
        const place = `${text(key)}/${stripeOf(snapshots, sequence)}`;
        expect(seen.has(place), place).toBe(false);
        seen.add(place);
      }
      const ends = new Map<number, string>();
      for (const { start, end, sequence } of output.deletions) {
        const stripe = stripeOf(snapshots, sequence);
        expect(text(start) >= (ends.get(stripe) ?? ''), `range ${text(start)}/${stripe}`).toBe(
          true,
        );
        ends.set(stripe, text(end));
      }
    });
  });

  it('neither renumbers nor drops the newest entry of a key above the oldest snapshot (compaction-iterator/conflicts-stay-seen)', () => {
    eachCase(500, ({ inputs, snapshots, output }) => {
      const oldest = snapshots[0] ?? Infinity;
      const kept = new Set(output.entries.map(showEntry));
      const keys = new Set<string>();
      for (const each of inputs.entries) {
        const isNewest = !keys.has(text(each.key));
        keys.add(text(each.key));
        if (isNewest && each.sequence > oldest) {
          expect(kept.has(showEntry(asWritten(each)))).toBe(true);
        }
      }
      for (const each of output.entries) {
        if (each.sequence === 0) continue;
        expect(inputs.entries.map(asWritten).map(showEntry)).toContain(showEntry(each));
      }
    });
  });

  it('writes nothing that has expired for every reader, and what hides older entries as a tombstone (compaction-iterator/expired-is-deleted)', () => {
    let hiddenCount = 0;
    eachCase(500, ({ inputs, older, output }) => {
      expect(output.entries.filter((each) => isExpired(each, NOW_MS))).toEqual([]);
      const kept = visibleMap(union(output, older), Infinity, NOW_MS);
      for (const { key } of inputs.entries.filter((each) => isExpired(each, NOW_MS))) {
        const isHidden =
          !kept.has(text(key)) && older.entries.some((each) => text(each.key) === text(key));
        if (isHidden) hiddenCount++;
      }
    });
    expect(hiddenCount).toBeGreaterThan(100);
  });

  it('never drops the last tombstone and never renumbers in a flush', () => {
    eachCase(300, ({ inputs, output, isFlush }) => {
      if (!isFlush) return;
      expect(output.entries.every(({ sequence }) => sequence > 0)).toBe(true);
      for (const { start, end } of inputs.deletions) {
        const isKept = output.deletions.some((each) => compareBytes(each.start, start) <= 0);
        if (compareBytes(start, end) < 0) expect(isKept).toBe(true);
      }
    });
  });
});

describe('FileBoundsSet', () => {
  it('answers as a search of the single ranges does (file-bounds/joined, file-bounds/never-a-false-no)', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = makeRandom(seed);
      const ranges = Array.from({ length: random.below(8) }, (): KeyBounds => {
        const [smallest, largest] = [randomKey(random), randomKey(random)].sort(compareBytes);
        const isEmpty = compareBytes(smallest!, largest!) === 0;
        return {
          smallest: smallest!,
          largest: largest!,
          isLargestExclusive: !isEmpty && random.chance(0.5),
        };
      });
      const set = new FileBoundsSet(ranges);
      const keys = Array.from({ length: 20 }, () => randomKey(random)).sort(compareBytes);
      const endsBefore = ({ largest, isLargestExclusive }: KeyBounds, key: Uint8Array): boolean =>
        isLargestExclusive ? compareBytes(largest, key) <= 0 : compareBytes(largest, key) < 0;
      for (const key of keys) {
        const isHeld = ranges.some(
          (each) => compareBytes(each.smallest, key) <= 0 && !endsBefore(each, key),
        );
        expect(set.holdsKey(key, 0, key.length), `seed=${seed} key=${text(key)}`).toBe(isHeld);
        const end = random.pick(keys);
        if (compareBytes(key, end) >= 0) continue;
        const doesOverlap = ranges.some(
          (each) => compareBytes(each.smallest, end) < 0 && !endsBefore(each, key),
        );
        expect(set.overlaps(key, end), `seed=${seed}`).toBe(doesOverlap);
      }
    }
  });
});
