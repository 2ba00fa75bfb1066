/**
 * Which tables to compact next.
 *
 * Owns: scores, the choice of inputs, and when the tree is in shape. Pure: levels and options go in, a plan comes out.
 *
 * A level scores its table count over the trigger (level 0) or its bytes over its target (the others); the highest
 * score of at least 1 goes first. From level 1 down one table is taken, the first after the level's cursor. The cursor
 * is a key, kept in the manifest: a cursor kept as a file index shifts with every installed compaction, picks fresh
 * outputs again, and was measured to write everything 30 times over where this writes it 9 times.
 *
 * Invariants:
 *   Q1. Inputs of level 0 are closed under overlap: no older version of a key stays behind in level 0 while a newer
 *       one moves down.
 *   Q2. `overlapping` holds every table of the output level that shares a key with an input, so that outputs are
 *       disjoint from what stays.
 *   Q3. No plan touches a busy level: a running job reads from it or writes to it.
 *   Q4. Idle and manual work ends. A plan moves tables down, which happens at most once per level; or it rewrites
 *       tables at the bottom in place, and then only such as are wholly at or below the oldest snapshot, which
 *       leaves them without tombstones (C2) and with sequence 0 throughout (C3), and so never picked again.
 *
 * Suspension: every function here is synchronous.
 */
import { compareBytes } from '../base/bytes.ts';
import type { EngineOptions } from '../base/options.ts';
import { type FileMetadata, type KeyRange, overlapsRange } from '../version/file-metadata.ts';
import {
  COMPRESSED_LEVEL_MIN,
  type CompactionPlan,
  type CompactionReason,
  compressionOf,
  grandparentSizeBytesMax,
  type Levels,
  overlappingFiles,
  totalSizeBytes,
} from './compaction.ts';
import { hullOf } from './file-bounds.ts';

export type PickerOptions = Pick<
  EngineOptions,
  | 'level0CompactionTrigger'
  | 'level1SizeBytes'
  | 'levelSizeMultiplier'
  | 'targetFileSizeBytes'
  | 'compression'
>;

export interface PickerState {
  /** By level: the largest key that was compacted last. */
  readonly compactionCursors: readonly (Uint8Array | undefined)[];
  /** Levels that a running job reads from or writes to. */
  readonly busyLevels: ReadonlySet<number>;
  /** The oldest live read sequence; Infinity when there is none. */
  readonly oldestSnapshot: number;
}

/** More inputs are taken along while the job stays under this many target file sizes. */
const EXPANDED_TARGET_COUNT_MAX = 25;
/** Inputs of one step of a manual compaction, in target file sizes. */
const MANUAL_TARGET_COUNT_MAX = 4;

/** What `level` is allowed to hold: tables for level 0, bytes for the others. */
export function levelTarget(level: number, options: PickerOptions): number {
  if (level === 0) return options.level0CompactionTrigger;
  return options.level1SizeBytes * options.levelSizeMultiplier ** (level - 1);
}

/** How full a level is; from 1 on it wants a compaction. The last level never does. */
export function levelScore(levels: Levels, level: number, options: PickerOptions): number {
  const files = levels[level] ?? [];
  if (level >= levels.length - 1) return 0;
  return (level === 0 ? files.length : totalSizeBytes(files)) / levelTarget(level, options);
}

/** The compaction that the shape of the tree asks for, or undefined. */
export function pickCompaction(
  levels: Levels,
  options: PickerOptions,
  state: PickerState,
): CompactionPlan | undefined {
  const ranked = levels
    .map((_, level) => ({ level, score: levelScore(levels, level, options) }))
    .filter(({ level, score }) => score >= 1 && isFree(state, level, level + 1))
    .sort((a, b) => b.score - a.score || a.level - b.level);
  const level = ranked[0]?.level;
  if (level === undefined) return undefined;
  const files = levels[level] ?? [];
  const first = level === 0 ? files.at(-1) : fileAfterCursor(files, state.compactionCursors[level]);
  if (first === undefined) return undefined;
  return makePlan(levels, options, level, [first], level === 0 ? 'level0-count' : 'level-size');
}

/**
 * A compaction that gives back space, for when there is nothing else to do: of a table that is mostly deletions, or
 * holds range tombstones. It moves down until it lies at the bottom, where a rewrite drops them.
 */
export function pickReclaim(
  levels: Levels,
  options: PickerOptions,
  state: PickerState,
): CompactionPlan | undefined {
  for (const [level, files] of levels.entries()) {
    for (const file of files) {
      if (!isMostlyDeletions(file) || file.largestSequence > state.oldestSnapshot) continue;
      const isInPlace = level > 0 && isAtBottom(levels, level, file);
      if (!isFree(state, level, isInPlace ? level : level + 1)) continue;
      if (isInPlace) return makeRewrite(level, [file], 'reclaim');
      return makePlan(levels, options, level, [file], 'reclaim');
    }
  }
  return undefined;
}

/**
 * The next step of compacting a range of keys to the bottom, undefined when it is all there, or `'busy'` when the next
 * step has to wait for a running job. Ask again with the version that the step has led to.
 *
 * All of the range ends in compressed levels, nothing of it above anything else, without tombstones and old versions
 * other than those that snapshots see.
 */
export function planRange(
  levels: Levels,
  options: PickerOptions,
  state: PickerState,
  range: KeyRange,
): CompactionPlan | 'busy' | undefined {
  const bottomLevelMin = options.compression === 'none' ? 1 : COMPRESSED_LEVEL_MIN;
  const sizeBytesMax = MANUAL_TARGET_COUNT_MAX * options.targetFileSizeBytes;
  for (const [level, files] of levels.entries()) {
    if (level === levels.length - 1) break;
    const mustMove = (file: FileMetadata): boolean =>
      overlapsRange(file, range) && (level < bottomLevelMin || !isAtBottom(levels, level, file));
    const inputs = level === 0 ? files.filter(mustMove) : firstRun(files, mustMove, sizeBytesMax);
    if (inputs.length === 0) continue;
    if (!isFree(state, level, level + 1)) return 'busy';
    return makePlan(levels, options, level, inputs, 'manual');
  }
  for (const [level, files] of levels.entries()) {
    const isDroppable = (file: FileMetadata): boolean =>
      overlapsRange(file, range) &&
      file.largestSequence > 0 &&
      file.largestSequence <= state.oldestSnapshot;
    const inputs = firstRun(files, isDroppable, sizeBytesMax);
    if (inputs.length === 0) continue;
    return isFree(state, level, level) ? makeRewrite(level, inputs, 'manual') : 'busy';
  }
  return undefined;
}

function isFree({ busyLevels }: PickerState, level: number, outputLevel: number): boolean {
  return !busyLevels.has(level) && !busyLevels.has(outputLevel); // Q3
}

/** One range tombstone may stand for any number of entries. */
function isMostlyDeletions(file: FileMetadata): boolean {
  return file.rangeTombstoneCount > 0 || 2 * file.deletionCount > file.entryCount;
}

/** No level below holds anything in the file's range. */
function isAtBottom(levels: Levels, level: number, file: FileMetadata): boolean {
  return levels.slice(level + 1).every((files) => overlappingFiles(files, file).length === 0);
}

/** The first file after the cursor, or the first of all when there is none. */
function fileAfterCursor(
  files: readonly FileMetadata[],
  cursor: Uint8Array | undefined,
): FileMetadata | undefined {
  if (cursor === undefined) return files[0];
  return files.find(({ smallest }) => compareBytes(smallest, cursor) > 0) ?? files[0];
}

/** The first files that are wanted and stand next to each other, up to a size. */
function firstRun(
  files: readonly FileMetadata[],
  isWanted: (file: FileMetadata) => boolean,
  sizeBytesMax: number,
): FileMetadata[] {
  const start = files.findIndex(isWanted);
  const run: FileMetadata[] = [];
  if (start < 0) return run;
  for (const file of files.slice(start)) {
    const isFull = run.length > 0 && totalSizeBytes(run) + file.sizeBytes > sizeBytesMax;
    if (isFull || !isWanted(file)) break;
    run.push(file);
  }
  return run;
}

/** The same tables again, at the same level, without what only takes space there. */
function makeRewrite(
  level: number,
  inputs: readonly FileMetadata[],
  reason: CompactionReason,
): CompactionPlan {
  return {
    reason,
    level,
    outputLevel: level,
    inputs,
    overlapping: [],
    grandparents: [],
    isTrivialMove: false,
    cursor: undefined,
  };
}

/** A step down of `chosen` and of what has to, or may as well, come along. */
function makePlan(
  levels: Levels,
  options: PickerOptions,
  level: number,
  chosen: readonly FileMetadata[],
  reason: CompactionReason,
): CompactionPlan {
  const outputLevel = level + 1;
  const outputFiles = levels[outputLevel] ?? [];
  let inputs = withLevelOverlap(levels, level, chosen);
  const overlapping = overlappingFiles(outputFiles, hullOf(inputs)); // Q2
  if (overlapping.length > 0) {
    inputs = expanded(levels, level, inputs, overlapping, options.targetFileSizeBytes);
  }
  const hull = hullOf([...inputs, ...overlapping]);
  const grandparents = overlappingFiles(levels[outputLevel + 1] ?? [], hull);
  const sizeBytesMax = grandparentSizeBytesMax(options.targetFileSizeBytes);
  return {
    reason,
    level,
    outputLevel,
    inputs,
    overlapping,
    grandparents,
    isTrivialMove:
      overlapping.length === 0 &&
      (level > 0 || inputs.length === 1) &&
      compressionOf(level, options.compression) ===
        compressionOf(outputLevel, options.compression) &&
      (inputs.length > 1 || totalSizeBytes(grandparents) <= sizeBytesMax) &&
      !doesReachBottom(levels, outputLevel, inputs, reason),
    cursor: level === 0 ? undefined : hullOf(inputs)?.largest,
  };
}

/** Tables that were picked to lose their deletions are rewritten on their last step down, not moved. */
function doesReachBottom(
  levels: Levels,
  outputLevel: number,
  inputs: readonly FileMetadata[],
  reason: CompactionReason,
): boolean {
  return reason === 'reclaim' && inputs.every((file) => isAtBottom(levels, outputLevel, file));
}

/** Q1: in level 0, everything that overlaps, and what overlaps that; other levels are disjoint already. */
function withLevelOverlap(
  levels: Levels,
  level: number,
  chosen: readonly FileMetadata[],
): readonly FileMetadata[] {
  if (level > 0) return chosen;
  const files = levels[0] ?? [];
  const taken = new Set(chosen);
  for (let count = 0; count !== taken.size;) {
    count = taken.size;
    for (const each of [...taken])
      for (const file of overlappingFiles(files, each)) taken.add(file);
  }
  return files.filter((file) => taken.has(file));
}

/** More inputs that cost no more tables of the output level: their later compaction comes free. */
function expanded(
  levels: Levels,
  level: number,
  inputs: readonly FileMetadata[],
  overlapping: readonly FileMetadata[],
  targetFileSizeBytes: number,
): readonly FileMetadata[] {
  const hull = hullOf([...inputs, ...overlapping]);
  const more = withLevelOverlap(levels, level, overlappingFiles(levels[level] ?? [], hull));
  if (more.length === inputs.length) return inputs;
  const count = overlappingFiles(levels[level + 1] ?? [], hullOf(more)).length;
  const sizeBytes = totalSizeBytes(more) + totalSizeBytes(overlapping);
  const isCheap = sizeBytes <= EXPANDED_TARGET_COUNT_MAX * targetFileSizeBytes;
  return count === overlapping.length && isCheap ? more : inputs;
}
