/**
 * The contract of InternalIterator as a suite: run it over every implementation.
 *
 * Owns: seeded entry sets, and what every seek and step must show of them, by a sorted array.
 *
 *     describeInternalIterator('MemtableIterator', (entries, readSequence) => iteratorOver(entries, readSequence));
 */
import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../src/bytes/bytes.ts';
import {
  ALL_VERSIONS,
  EXHAUSTED,
  type InternalIterator,
  NEEDS_BLOCK,
  READY,
  type StepResult,
} from '../../src/iterator/internal-iterator.ts';
import { DELETION, VALUE } from '../../src/base/value-type.ts';
import { compareEntries, type Entry, showEntry, visibleEntries } from './array-iterator.ts';
import { makeRandom, type Random } from './prng.ts';

/** `sorted` is in order of (user key, sequence from new to old) without equal pairs; sequences start at 1. */
export type MakeIterator = (
  sorted: readonly Entry[],
  readSequence: number,
  random: Random,
) => InternalIterator;

export interface ContractOptions {
  /** False for a cursor that only shows the newest entries. Default true. */
  readonly hasAllVersions?: boolean;
  /** False for a cursor made for ALL_VERSIONS alone. Default true. */
  readonly hasReadSequences?: boolean;
  readonly entryCountMax?: number;
  readonly runs?: number;
  /** Makes at most so many entries, sorted; sequences start at 1. Default `randomEntries`. */
  readonly makeEntries?: (random: Random, countMax: number) => Entry[];
}

/** Finishes a seek or step: loads, by turns with and without waiting, until the cursor stands or is at its end. */
export async function settle(
  iterator: InternalIterator,
  result: StepResult,
  random?: Random,
): Promise<StepResult> {
  let status = result;
  while (status === NEEDS_BLOCK) {
    if (random?.chance(0.5)) await iterator.load();
    else iterator.loadSync();
    status = iterator.resume();
  }
  return status;
}

export function settleSync(iterator: InternalIterator, result: StepResult): StepResult {
  let status = result;
  while (status === NEEDS_BLOCK) {
    iterator.loadSync();
    status = iterator.resume();
  }
  return status;
}

/** The entry that a cursor shows. */
export type EntryFields = Omit<
  InternalIterator,
  | 'seekFirst'
  | 'seekAtLeast'
  | 'seekLast'
  | 'seekBelow'
  | 'next'
  | 'prev'
  | 'load'
  | 'loadSync'
  | 'resume'
>;

/** A copy of the entry that the cursor stands on. */
export function currentEntry(iterator: EntryFields): Entry {
  return {
    key: iterator.key.slice(iterator.keyStart, iterator.keyEnd),
    sequence: iterator.sequence,
    type: iterator.type,
    value: iterator.value.slice(iterator.valueStart, iterator.valueEnd),
  };
}

/** Everything from a seek's result to the end, in the direction of `step`. */
export async function collect(
  iterator: InternalIterator,
  first: StepResult,
  step: 'next' | 'prev',
  random?: Random,
): Promise<Entry[]> {
  const found: Entry[] = [];
  let status = await settle(iterator, first, random);
  while (status === READY) {
    found.push(currentEntry(iterator));
    status = await settle(iterator, iterator[step](), random);
  }
  expect(status).toBe(EXHAUSTED);
  return found;
}

const ALPHABET = [0x00, 0x61, 0x62, 0xff];

export function randomKey(random: Random): Uint8Array {
  const prefix = random.chance(0.5) ? [0x6b, 0x65, 0x79] : [];
  const length = random.chance(0.05) ? 60 : random.below(5);
  return Uint8Array.from([...prefix, ...Array.from({ length }, () => random.pick(ALPHABET))]);
}

/** Sorted, with several versions of many keys. */
export function randomEntries(random: Random, countMax: number): Entry[] {
  const keys = Array.from({ length: 1 + random.below(countMax) }, () => randomKey(random));
  const count = random.chance(0.1) ? 0 : random.below(countMax + 1);
  const entries: Entry[] = Array.from({ length: count }, (_, index) => {
    const type = random.chance(0.25) ? DELETION : VALUE;
    const value = type === DELETION ? new Uint8Array(0) : random.bytes(random.below(6));
    return { key: random.pick(keys), sequence: index + 1, type, value };
  });
  return entries.sort(compareEntries);
}

/** Sorted, in runs of equal length and sequence, which a table may store as equal records, with others among them. */
export function equalRuns(random: Random, countMax: number): Entry[] {
  const keyLength = 3 + random.below(8);
  const valueLength = random.below(4);
  const count = 4 + random.below(countMax - 3);
  const otherPart = random.pick([0, 0, 0.03, 0.1]);
  const entries = new Map<string, Entry>();
  for (let i = 0; i < count; i++) {
    const isOther = random.chance(otherPart);
    const length = isOther ? random.below(12) : keyLength;
    const key = Uint8Array.from({ length }, () => random.pick(ALPHABET));
    const type = isOther && random.chance(0.5) ? DELETION : VALUE;
    const value = random.bytes(type === DELETION ? 0 : isOther ? random.below(6) : valueLength);
    const sequence = isOther ? 1 + random.below(count) : 1;
    entries.set(key.join(), { key, sequence, type, value });
  }
  return [...entries.values()].sort(compareEntries);
}

const show = (entries: readonly Entry[]): string[] => entries.map(showEntry);

export function describeInternalIterator(
  name: string,
  make: MakeIterator,
  options: ContractOptions = {},
): void {
  const { hasAllVersions = true, hasReadSequences = true } = options;
  const { entryCountMax = 80, runs = 30, makeEntries = randomEntries } = options;

  async function eachCase(
    check: (iterator: InternalIterator, shown: Entry[], random: Random) => Promise<void>,
    readSequences: (random: Random, count: number) => number,
  ): Promise<void> {
    for (let seed = 1; seed <= runs; seed++) {
      const random = makeRandom(seed);
      const sorted = makeEntries(random, entryCountMax);
      const readSequence = readSequences(random, sorted.length);
      const iterator = make(sorted, readSequence, random);
      try {
        await check(iterator, visibleEntries(sorted, readSequence), random);
      } catch (error) {
        throw new Error(`seed=${seed} readSequence=${readSequence}`, { cause: error });
      }
    }
  }

  const someSequence = (random: Random, count: number): number => random.below(count + 2);

  if (hasReadSequences)
    describe(`${name} at a read sequence`, () => {
      it('shows each user key once, forward and backward', async () => {
        await eachCase(async (iterator, shown, random) => {
          const forward = await collect(iterator, iterator.seekFirst(), 'next', random);
          expect(show(forward)).toEqual(show(shown));
          const backward = await collect(iterator, iterator.seekLast(), 'prev', random);
          expect(show(backward)).toEqual(show(shown.toReversed()));
        }, someSequence);
      });

      it('seekAtLeast stands on the smallest key at or above the target', async () => {
        await eachCase(async (iterator, shown, random) => {
          for (const target of targets(shown, random)) {
            const found = await collect(iterator, iterator.seekAtLeast(target), 'next', random);
            expect(show(found)).toEqual(
              show(shown.filter(({ key }) => compareBytes(key, target) >= 0)),
            );
          }
        }, someSequence);
      });

      it('seekBelow stands on the largest key below the target', async () => {
        await eachCase(async (iterator, shown, random) => {
          for (const target of targets(shown, random)) {
            const found = await collect(iterator, iterator.seekBelow(target), 'prev', random);
            const expected = shown.filter(({ key }) => compareBytes(key, target) < 0).toReversed();
            expect(show(found)).toEqual(show(expected));
          }
        }, someSequence);
      });

      it('starts over at every seek, in either direction, also when a block was missing', async () => {
        await eachCase(async (iterator, shown, random) => {
          for (let i = 0; i < 20; i++) await checkSomeMoves(iterator, shown, random);
        }, someSequence);
      });
    });

  if (hasAllVersions)
    describe(`${name} over all versions`, () => {
      it('shows every entry by key and from new to old', async () => {
        await eachCase(
          async (iterator, shown, random) => {
            const found = await collect(iterator, iterator.seekFirst(), 'next', random);
            expect(show(found)).toEqual(show(shown));
            for (const target of targets(shown, random)) {
              const rest = await collect(iterator, iterator.seekAtLeast(target), 'next', random);
              expect(show(rest)).toEqual(
                show(shown.filter(({ key }) => compareBytes(key, target) >= 0)),
              );
            }
          },
          () => ALL_VERSIONS,
        );
      });
    });
}

/** Keys that are there, their neighbours, and random ones. */
function targets(shown: readonly Entry[], random: Random): Uint8Array[] {
  const found: Uint8Array[] = [new Uint8Array(0), Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff)];
  for (let i = 0; i < 4; i++) {
    found.push(randomKey(random));
    if (shown.length === 0) continue;
    const { key } = random.pick(shown);
    found.push(key, Uint8Array.from([...key, 0]), key.subarray(0, key.length >>> 1));
  }
  return found;
}

/** One seek and a few steps, left wherever they end, at times before the last block was loaded. */
async function checkSomeMoves(
  iterator: InternalIterator,
  shown: readonly Entry[],
  random: Random,
): Promise<void> {
  const target = random.pick(targets(shown, random));
  const isForward = random.chance(0.5);
  const expected = isForward
    ? shown.filter(({ key }) => compareBytes(key, target) >= 0)
    : shown.filter(({ key }) => compareBytes(key, target) < 0).toReversed();
  const first = isForward ? iterator.seekAtLeast(target) : iterator.seekBelow(target);
  if (random.chance(0.2)) return;
  let status = await settle(iterator, first, random);
  for (let i = 0; i <= random.below(6); i++) {
    const each = expected[i];
    expect(status).toBe(each === undefined ? EXHAUSTED : READY);
    if (each === undefined) return;
    expect(showEntry(currentEntry(iterator))).toBe(showEntry(each));
    const next = isForward ? iterator.next() : iterator.prev();
    if (random.chance(0.1)) return;
    status = await settle(iterator, next, random);
  }
}
