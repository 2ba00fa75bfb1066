/** The picker over the tables in testdata/picker; UPDATE=1 rewrites the expectations. */
import { describe, expect, it } from 'vitest';
import { fileNumber, sequenceNumber } from '../../src/base/ids.ts';
import type { CompactionPlan } from '../../src/compaction/compaction.ts';
import { outputCountMax } from '../../src/compaction/compaction.ts';
import {
  levelScore,
  levelTarget,
  pickCompaction,
  type PickerOptions,
  type PickerState,
  pickMerge,
  pickReclaim,
} from '../../src/compaction/compaction-picker.ts';
import { RangeCompaction } from '../../src/compaction/range-compaction.ts';
import type { FileMetadata } from '../../src/version/file-metadata.ts';
import { type Command, runScripts } from '../support/scripts.ts';

const LEVEL_COUNT = 7;

const OPTIONS: PickerOptions = {
  level0CompactionTrigger: 4,
  level1SizeBytes: 100,
  levelSizeMultiplier: 10,
  targetFileSizeBytes: 10,
  compression: 'snappy',
};

function parseFile(text: string): FileMetadata {
  const match = /^(\d+)\[(\w+)-(\w+)([\])])(?::(\d+))?([dr]?)(?:@(\d+))?$/.exec(text);
  if (match === null) throw new Error(`Not a table: ${text}`);
  const [, number, smallest, largest, bracket, size, flag, sequence] = match;
  return {
    number: fileNumber(Number(number)),
    sizeBytes: Number(size ?? 10),
    smallest: Buffer.from(smallest!),
    largest: Buffer.from(largest!),
    isLargestExclusive: bracket === ')',
    smallestSequence: sequenceNumber(0),
    largestSequence: sequenceNumber(Number(sequence ?? 5)),
    entryCount: 10,
    deletionCount: flag === 'd' ? 6 : 5,
    rangeTombstoneCount: flag === 'r' ? 1 : 0,
    hasSequenceBase: false,
  };
}

function run({ name, settings: given, lines }: Command): string {
  const bytesOf = (name: string): Uint8Array | undefined => {
    const text = given.get(name);
    return text === undefined ? undefined : Buffer.from(text);
  };
  const levels: FileMetadata[][] = Array.from({ length: LEVEL_COUNT }, () => []);
  for (const line of lines) {
    const [head, ...files] = line.split(' ');
    levels[Number(head!.slice(1, -1))]!.push(...files.map(parseFile));
  }
  const state: PickerState = {
    compactionCursors: levels.map((_, level) => bytesOf(`cursor${level}`)),
    busyLevels: new Set(given.has('busy') ? [Number(given.get('busy'))] : []),
    expiredMs: 0,
    oldestSnapshot: given.has('oldest') ? Number(given.get('oldest')) : Infinity,
  };
  switch (name) {
    case 'pick':
      return show(pickCompaction(levels, OPTIONS, state));
    case 'merge':
      return show(pickMerge(levels, OPTIONS, state));
    case 'reclaim':
      return show(pickReclaim(levels, OPTIONS, state));
    case 'manual': {
      const range = { lower: bytesOf('lower'), upper: bytesOf('upper') };
      return show(new RangeCompaction(range, Infinity).next(levels, OPTIONS, state));
    }
    default:
      throw new Error(`Unknown command: ${name}`);
  }
}

function show(plan: CompactionPlan | 'busy' | undefined): string {
  if (plan === undefined) return 'nothing';
  if (plan === 'busy') return 'busy';
  const numbers = (files: readonly FileMetadata[]): string =>
    files.map(({ number }) => number).join(' ');
  const lines = [
    `${plan.reason}${plan.isTrivialMove ? ' move' : ''}: L${plan.level} -> L${plan.outputLevel}`,
    `inputs: ${numbers(plan.inputs)}`,
  ];
  if (plan.overlapping.length > 0) lines.push(`overlapping: ${numbers(plan.overlapping)}`);
  if (plan.grandparents.length > 0) lines.push(`grandparents: ${numbers(plan.grandparents)}`);
  if (plan.cursor !== undefined) lines.push(`cursor: ${Buffer.from(plan.cursor).toString()}`);
  return lines.join('\n');
}

describe('the picker', () => {
  runScripts('picker', () => run);

  it('targets grow by the multiplier, and scores are relative to them', () => {
    expect([0, 1, 2, 3].map((level) => levelTarget(level, OPTIONS))).toEqual([4, 100, 1000, 10000]);
    const levels = [[], [parseFile('1[a-b]:150')], []];
    expect(levelScore(levels, 1, OPTIONS)).toBe(1.5);
    expect(levelScore(levels, 2, OPTIONS), 'the last level').toBe(0);
  });

  it('sets aside at least one number per output of the target size', () => {
    const inputs = [parseFile('1[a-b]:95'), parseFile('2[c-d]:5')];
    const plan: CompactionPlan = {
      reason: 'manual',
      level: 1,
      outputLevel: 2,
      inputs,
      overlapping: [],
      grandparents: [parseFile('3[a-z]:1000')],
      isTrivialMove: false,
      cursor: undefined,
    };
    expect(outputCountMax(plan, 10)).toBe(2 + 50 + 10);
  });
});
