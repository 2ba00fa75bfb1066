/**
 * Chooses the tables to compact next.
 *
 * Owns: scores, the choice of inputs, and when the tree is in shape. Pure: levels and options go in, a plan comes out.
 *
 * A level scores its table count over the trigger (level 0) or its bytes over its target (the others); the highest
 * score of at least 1 goes first. From level 1 down one table is taken, the first after the level's cursor. The
 * cursor is a key, kept in the manifest. A cursor kept as a file index shifts with every installed compaction and
 * picks fresh outputs again: it wrote everything 30 times over, where this one writes it 9 times.
 *
 * Invariants:
 *   compaction-picker/closed-level-0: inputs of level 0 are closed under overlap: no older version of a key stays
 *       behind in level 0 while a newer one moves down.
 *   compaction-picker/overlapping-is-whole: `overlapping` holds every table of the output level that shares a key
 *       with an input, so that outputs are disjoint from the tables that stay.
 *   compaction-picker/no-busy-level: no plan touches a busy level: a running job reads from it or writes to it.
 *   compaction-picker/ends: idle and manual work ends. A plan moves tables down, which happens at most once per
 *       level; or it makes fewer tables of small ones (small-tables/ends); or it rewrites tables at the bottom in
 *       place. It rewrites only tables that are wholly at or below the oldest snapshot and, where it is for what has
 *       expired, that lose half of their entries by it. They end without tombstones
 *       (compaction-iterator/tombstone-at-the-bottom), with sequence 0 throughout
 *       (compaction-iterator/zero-at-the-bottom) and with one version of each key, and so are never picked again.
 *
 * Suspension: every function here is synchronous.
 */
import { compareBytes } from '../bytes/bytes.ts';
import { hullOf } from '../bytes/key-range.ts';
import type { EngineOptions } from '../base/options.ts';
import type { FileMetadata } from '../version/file-metadata.ts';
import {
  type CompactionPlan,
  type CompactionReason,
  compressionOf,
  grandparentSizeBytesMax,
  type Levels,
  overlappingFiles,
  totalSizeBytes,
} from './compaction.ts';
import { digestOf } from './level-digest.ts';
import { isFragmented, isSmall, mergeable, smallNeighbours } from './small-tables.ts';

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
  /** What has expired by this time has expired for every reader. */
  readonly expiredMs: number;
}

/** More inputs are taken along while the job stays under this many target file sizes. */
const EXPANDED_TARGET_COUNT_MAX = 25;
/** In level 0 the picker looks at this many of the oldest tables: each look costs a search for overlap. */
const NEIGHBOUR_COUNT_MAX = 64;

/** The limit of `level`: tables for level 0, bytes for the others. */
export function levelTarget(level: number, options: PickerOptions): number {
  if (level === 0) return options.level0CompactionTrigger;
  return options.level1SizeBytes * options.levelSizeMultiplier ** (level - 1);
}

/** How full a level is; from 1 on it wants a compaction. The last level never does. */
export function levelScore(levels: Levels, level: number, options: PickerOptions): number {
  const files = levels[level] ?? [];
  if (level >= levels.length - 1) return 0;
  const size = level === 0 ? files.length : digestOf(files, options.targetFileSizeBytes).sizeBytes;
  return size / levelTarget(level, options);
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
 * A compaction that gives back space, for times with nothing else to do. It takes a table that is mostly deletions,
 * holds range tombstones, was left with versions for a reader that has gone, or has mostly expired. It moves down until it
 * lies at the bottom, where a rewrite drops them.
 */
export function pickReclaim(
  levels: Levels,
  options: PickerOptions,
  state: PickerState,
): CompactionPlan | undefined {
  for (const [level, files] of levels.entries()) {
    const { reclaimable, expiring } = digestOf(files, options.targetFileSizeBytes);
    const expired = expiring.filter(({ expiry }) => expiry.mostlyMs <= state.expiredMs);
    for (const file of [...reclaimable, ...expired]) {
      if (file.largestSequence > state.oldestSnapshot) continue;
      const isInPlace = level > 0 && isAtBottom(levels, level, file);
      if (!isFree(state, level, isInPlace ? level : level + 1)) continue;
      if (isInPlace) return makeRewrite(level, [file], 'reclaim');
      return makePlan(levels, options, level, [file], 'reclaim');
    }
  }
  return undefined;
}

/** Where the oldest snapshot has to be for `pickReclaim` to find more than it does now; Infinity: nowhere. */
export function reclaimableFrom(
  levels: Levels,
  options: PickerOptions,
  oldestSnapshot: number,
): number {
  let sequence = Infinity;
  for (const files of levels) {
    const { reclaimable, expiring } = digestOf(files, options.targetFileSizeBytes);
    for (const { largestSequence } of [...reclaimable, ...expiring]) {
      if (largestSequence > oldestSnapshot) sequence = Math.min(sequence, largestSequence);
    }
  }
  return sequence;
}

/** When `pickReclaim` finds more than it does by the clock `expiredMs`; Infinity: never. */
export function expiringFrom(levels: Levels, options: PickerOptions, expiredMs: number): number {
  let nextMs = Infinity;
  for (const files of levels) {
    for (const { expiry } of digestOf(files, options.targetFileSizeBytes).expiring) {
      if (expiry.mostlyMs > expiredMs) nextMs = Math.min(nextMs, expiry.mostlyMs);
    }
  }
  return nextMs;
}

/** Small tables that stand next to each other become one, where they lie; for when there is nothing else to do. */
export function pickMerge(
  levels: Levels,
  options: PickerOptions,
  state: PickerState,
): CompactionPlan | undefined {
  const { targetFileSizeBytes } = options;
  for (let level = 1; level < levels.length; level++) {
    if (!isFree(state, level, level)) continue;
    for (const run of digestOf(levels[level] ?? [], targetFileSizeBytes).smallRuns) {
      const inputs = mergeable(run, levels[level + 1] ?? [], targetFileSizeBytes);
      if (inputs !== undefined) return makeRewrite(level, inputs, 'merge');
    }
  }
  return undefined;
}

/** Keeps compaction-picker/no-busy-level. */
export function isFree({ busyLevels }: PickerState, level: number, outputLevel: number): boolean {
  return !busyLevels.has(level) && !busyLevels.has(outputLevel);
}

/** No level below holds anything in the file's range. */
export function isAtBottom(levels: Levels, level: number, file: FileMetadata): boolean {
  for (let below = level + 1; below < levels.length; below++) {
    if (overlappingFiles(levels, below, file).length > 0) return false;
  }
  return true;
}

/** The first file after the cursor, or the first of all when there is none. */
function fileAfterCursor(
  files: readonly FileMetadata[],
  cursor: Uint8Array | undefined,
): FileMetadata | undefined {
  if (cursor === undefined) return files[0];
  return files.find(({ smallest }) => compareBytes(smallest, cursor) > 0) ?? files[0];
}

/** The same tables again, at the same level, without entries that only take space there. */
export function makeRewrite(
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

/** A step down of `chosen`, with the tables that have to, or may as well, come along. */
export function makePlan(
  levels: Levels,
  options: PickerOptions,
  level: number,
  chosen: readonly FileMetadata[],
  reason: CompactionReason,
): CompactionPlan {
  const outputLevel = level + 1;
  const { targetFileSizeBytes } = options;
  let inputs = withLevelOverlap(levels, level, chosen);
  const overlapping = overlappingFiles(levels, outputLevel, hullOf(inputs)); // compaction-picker/overlapping-is-whole
  inputs =
    overlapping.length > 0
      ? expanded(levels, level, inputs, overlapping, targetFileSizeBytes)
      : withSmallNeighbours(levels, level, inputs, targetFileSizeBytes);
  const hull = hullOf([...inputs, ...overlapping]);
  const grandparents = overlappingFiles(levels, outputLevel + 1, hull);
  const sizeBytesMax = grandparentSizeBytesMax(targetFileSizeBytes);
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
      !isFragmented(inputs, targetFileSizeBytes) &&
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

/**
 * compaction-picker/closed-level-0: in level 0, everything that overlaps, and what overlaps that; other levels are
 * disjoint already.
 */
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
      for (const file of overlappingFiles(levels, 0, each)) taken.add(file);
  }
  return files.filter((file) => taken.has(file));
}

/**
 * Small tables beside a small one that would move as it is: together they become one table, for nothing more than their
 * own bytes. Of level 0 any that leave the step without overlap.
 */
function withSmallNeighbours(
  levels: Levels,
  level: number,
  inputs: readonly FileMetadata[],
  targetFileSizeBytes: number,
): readonly FileMetadata[] {
  const isFitting = (files: readonly FileMetadata[]): boolean =>
    files.every((file) => isSmall(file, targetFileSizeBytes)) &&
    totalSizeBytes(files) <= targetFileSizeBytes &&
    overlappingFiles(levels, level + 1, hullOf(files)).length === 0;
  const [first] = inputs;
  if (first === undefined || !isFitting(inputs)) return inputs;
  const files = levels[level] ?? [];
  if (level > 0) return inputs.length > 1 ? inputs : smallNeighbours(files, first, isFitting);
  let taken = inputs;
  for (const file of files.slice(-NEIGHBOUR_COUNT_MAX).reverse()) {
    if (taken.includes(file) || !isSmall(file, targetFileSizeBytes)) continue;
    const more = withLevelOverlap(levels, 0, [...taken, file]);
    if (isFitting(more)) taken = more;
  }
  return taken;
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
  const more = withLevelOverlap(levels, level, overlappingFiles(levels, level, hull));
  if (more.length === inputs.length) return inputs;
  const count = overlappingFiles(levels, level + 1, hullOf(more)).length;
  const sizeBytes = totalSizeBytes(more) + totalSizeBytes(overlapping);
  const isCheap = sizeBytes <= EXPANDED_TARGET_COUNT_MAX * targetFileSizeBytes;
  return count === overlapping.length && isCheap ? more : inputs;
}
