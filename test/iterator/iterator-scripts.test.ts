/** Iterators over the scripts in testdata/iterator (support/scripts.ts); UPDATE=1 rewrites the answers. */
import { describe } from 'vitest';
import { compareBytes } from '../../src/bytes/bytes.ts';
import { ConcatenatingIterator } from '../../src/iterator/concatenating-iterator.ts';
import {
  ALL_VERSIONS,
  type InternalIterator,
  READY,
  type StepResult,
} from '../../src/iterator/internal-iterator.ts';
import { MergingIterator } from '../../src/iterator/merging-iterator.ts';
import { type RangeTombstone, RangeTombstones } from '../../src/iterator/range-tombstones.ts';
import { ShadowedIterator } from '../../src/iterator/shadowed-iterator.ts';
import { TombstoneCursor } from '../../src/iterator/tombstone-cursor.ts';
import { VisibleIterator } from '../../src/iterator/visible-iterator.ts';
import { ArrayIterator, compareEntries, type Entry, showEntry } from '../support/array-iterator.ts';
import { currentEntry, settleSync } from '../support/iterator-contract.ts';
import { makeRandom } from '../support/prng.ts';
import {
  bytesOf,
  type Command,
  type Interpreter,
  parseEntries,
  runScripts,
  showRange,
} from '../support/scripts.ts';

interface Source {
  readonly entries: readonly Entry[];
  readonly ranges: readonly RangeTombstone[];
}

const random = makeRandom(1);
const over = (entries: readonly Entry[], at: number, isCached = false): ArrayIterator =>
  new ArrayIterator(entries.toSorted(compareEntries), at, isCached ? undefined : random);

function listOf(ranges: readonly RangeTombstone[]): RangeTombstones {
  const list = new RangeTombstones();
  for (const { start, end, sequence } of ranges) list.add(start, end, sequence);
  return list;
}

function cursorOver(sources: readonly Source[], readSequence: number): TombstoneCursor | undefined {
  return TombstoneCursor.over(
    sources.map(({ ranges }) => ({ tombstones: listOf(ranges), readSequence })),
  );
}

/** Each source behind the range tombstones of those before it, as a scan opens them. */
function shadowed(sources: readonly Source[], at: number, isCached = false): InternalIterator[] {
  return sources.map(({ entries }, index) => {
    const shadows = cursorOver(sources.slice(0, index), at);
    const source = over(entries, at, isCached);
    return shadows === undefined ? source : new ShadowedIterator(source, shadows);
  });
}

/** The sources as the runs of a level. */
function concatenated(sources: readonly Source[], at: number): ConcatenatingIterator {
  const bounds = sources.map(({ entries, ranges }) => {
    const keys = entries.map(({ key }) => key).concat(ranges.map(({ start }) => start));
    const ends = ranges.map(({ end }) => end);
    const largestKey = entries
      .map(({ key }) => key)
      .sort(compareBytes)
      .at(-1);
    const largest = [...(largestKey === undefined ? [] : [largestKey]), ...ends]
      .sort(compareBytes)
      .at(-1)!; // a run holds something
    return {
      smallest: keys.sort(compareBytes)[0]!,
      largest,
      isLargestExclusive: largestKey === undefined || compareBytes(largest, largestKey) > 0,
    };
  });
  return new ConcatenatingIterator({
    count: sources.length,
    smallest: (index) => bounds[index]!.smallest, // below the count, here and below
    largest: (index) => bounds[index]!.largest,
    isLargestExclusive: (index) => bounds[index]!.isLargestExclusive,
    open: (index) => over(sources[index]!.entries, at),
  });
}

function makeIterator(sources: readonly Source[], { name, settings }: Command): InternalIterator {
  const at = settings.has('at') ? Number(settings.get('at')) : ALL_VERSIONS;
  const mode = at === ALL_VERSIONS ? 'all' : 'newest';
  const key = (bound: string): Uint8Array | undefined =>
    settings.has(bound) ? bytesOf(settings.get(bound)!) : undefined; // it has
  switch (name) {
    case 'merge':
      return new MergingIterator(
        sources.map(({ entries }) => over(entries, at)),
        mode,
      );
    case 'concatenate':
      return concatenated(sources, at);
    case 'shadow':
      return shadowed(sources, at, settings.has('cached')).at(-1)!; // one source at least
    case 'scan':
      return new VisibleIterator(
        new MergingIterator(shadowed(sources, at), mode),
        cursorOver(sources, at),
        { lower: key('lower'), upper: key('upper'), wallMs: 0 },
      );
    default:
      throw new Error(`Unknown command: ${name}`);
  }
}

/** Moves of one line: `first`, `last`, `>=b`, `<b`, `next`, `prev`, and `...` for all that is left. */
function follow(iterator: InternalIterator, line: string): string {
  const shown: string[] = [];
  let isForward = true;
  const take = (result: StepResult): boolean => {
    const isReady = settleSync(iterator, result) === READY;
    shown.push(isReady ? showEntry(currentEntry(iterator)) : '.');
    return isReady;
  };
  const step = (): boolean => take(isForward ? iterator.next() : iterator.prev());
  for (const move of line.split(' ')) {
    if (move === '...') while (step());
    else if (move === 'next' || move === 'prev') take(iterator[move]());
    else {
      isForward = move === 'first' || move.startsWith('>=');
      if (move === 'first') take(iterator.seekFirst());
      else if (move === 'last') take(iterator.seekLast());
      else if (isForward) take(iterator.seekAtLeast(bytesOf(move.slice(2))));
      else take(iterator.seekBelow(bytesOf(move.slice(1))));
    }
  }
  return shown.join(' ');
}

function makeInterpreter(): Interpreter {
  let sources: Source[] = [];
  return (command) => {
    const { name, settings, lines } = command;
    const number = (setting: string, otherwise: number): number =>
      Number(settings.get(setting) ?? otherwise);
    if (name === 'sources') {
      sources = lines.map((line) => parseEntries(line === '-' ? [] : line.split(' ')));
      return '';
    }
    const list = listOf(sources.flatMap(({ ranges }) => ranges));
    if (name === 'fragments') {
      return list
        .fragmentsBetween(number('since', 0), number('to', Infinity))
        .map(showRange)
        .join(' ');
    }
    if (name === 'covering') {
      const cursor = cursorOver(sources, number('at', Infinity));
      const ask = (key: Uint8Array): number[] => [
        cursor?.newestCovering(key, 0, key.length) ?? 0,
        list.newestCovering(key, 0, key.length, number('at', Infinity)),
      ];
      return lines
        .flatMap((line) => line.split(' '))
        .map((key) => `${key}:${[...new Set(ask(bytesOf(key)))].join('!=')}`)
        .join(' ');
    }
    return lines.map((line) => follow(makeIterator(sources, command), line)).join('\n');
  };
}

describe('iterator scripts', () => runScripts('iterator', makeInterpreter));
