/**
 * Compacting a range of keys to the bottom, a step at a time, beside everything else that goes on.
 *
 * Owns: which tables are still to be moved or rewritten for one call, and how it ends.
 *
 * The call is about what was in tables when it was made: entries up to `sequenceMax`. It sweeps the levels once from
 * above: each table of a level that may hold such an entry goes one level down, in key order. Then it sweeps them once
 * more and rewrites, where they lie, tables at the bottom with something left to drop, small ones, and stale ones. When it is
 * through, all of the range that was there lies in compressed levels, nothing of it above anything else, without
 * tombstones and old versions other than those that snapshots see.
 *
 * Invariants:
 *   range-compaction/ends: a sweep goes through a level once and never turns back, so it ends however fast tables are
 *       added. What others put behind it is newer than the call: entries of the call lie below it, or ahead, since entries
 *       move down and keep their keys.
 *
 * Suspension: every method is synchronous. `next` may be asked again at any time; `advance` follows the installation.
 */
import { keySuccessor } from '../bytes/bytes.ts';
import {
  firstNotBelow,
  hullOf,
  type KeyRange,
  overlapsRange,
  startsAbove,
} from '../bytes/key-range.ts';
import type { FileMetadata } from '../version/file-metadata.ts';
import { COMPRESSED_LEVEL_MIN, type CompactionPlan, type Levels } from './compaction.ts';
import {
  isAtBottom,
  isFree,
  makePlan,
  makeRewrite,
  type PickerOptions,
  type PickerState,
} from './compaction-picker.ts';
import { isPiece } from './small-tables.ts';

/** Inputs of one step, in target file sizes. */
const STEP_TARGET_COUNT_MAX = 4;

type Sweep = 'down' | 'in-place' | 'done';

export class RangeCompaction {
  readonly #range: KeyRange;
  readonly #sequenceMax: number;
  readonly #isStale: (file: FileMetadata) => boolean;
  #sweep: Sweep = 'down';
  #level = 0;
  /** Of the level: everything below this key has been dealt with. */
  #lower: Uint8Array | undefined;

  /**
   * Entries above `sequenceMax` are no concern of the call's. Tables for which `isStale` says so are written anew,
   * whatever is in them.
   */
  constructor(
    range: KeyRange,
    sequenceMax: number,
    isStale: (file: FileMetadata) => boolean = () => false,
  ) {
    this.#range = range;
    this.#sequenceMax = sequenceMax;
    this.#lower = range.lower;
    this.#isStale = isStale;
  }

  /** The next step, undefined when the call has ended, or `'busy'` when the step has to wait for a running job. */
  next(
    levels: Levels,
    options: PickerOptions,
    state: PickerState,
  ): CompactionPlan | 'busy' | undefined {
    while (this.#sweep !== 'done') {
      const isDown = this.#sweep === 'down';
      const inputs = isDown
        ? this.#moving(levels, options)
        : this.#rewriting(levels, options, state);
      if (inputs.length > 0) {
        const outputLevel = isDown ? this.#level + 1 : this.#level;
        if (!isFree(state, this.#level, outputLevel)) return 'busy';
        return isDown
          ? makePlan(levels, options, this.#level, inputs, 'manual')
          : makeRewrite(this.#level, inputs, 'manual');
      }
      this.#enterNextLevel(levels.length);
    }
    return undefined;
  }

  /** The plan that `next` gave has been installed. The sweep may have seen that, and be through with the level. */
  advance({ level, outputLevel, inputs }: CompactionPlan): void {
    const sweep = outputLevel === level ? 'in-place' : 'down';
    if (level !== this.#level || sweep !== this.#sweep) return;
    const hull = hullOf(inputs);
    if (level === 0 || hull === undefined) return; // level 0 has no order by key; its tables of the call only get fewer
    this.#lower = hull.isLargestExclusive ? hull.largest : keySuccessor(hull.largest);
  }

  #enterNextLevel(levelCount: number): void {
    this.#lower = this.#range.lower;
    this.#level++;
    if (this.#sweep === 'down' && this.#level < levelCount - 1) return;
    if (this.#sweep === 'in-place' && this.#level < levelCount) return;
    this.#sweep = this.#sweep === 'down' ? 'in-place' : 'done';
    this.#level = 1;
  }

  #moving(levels: Levels, options: PickerOptions): readonly FileMetadata[] {
    const level = this.#level;
    const files = levels[level] ?? [];
    if (level === 0) return files.filter((file) => this.#isConcerned(file));
    const bottomLevelMin = options.compression === 'none' ? 1 : COMPRESSED_LEVEL_MIN;
    return this.#firstRun(
      files,
      (file) => level < bottomLevelMin || !isAtBottom(levels, level, file),
      options,
    );
  }

  #rewriting(
    levels: Levels,
    options: PickerOptions,
    { oldestSnapshot, expiredMs }: PickerState,
  ): readonly FileMetadata[] {
    const files = levels[this.#level] ?? [];
    const isDroppable = ({ largestSequence, expiry }: FileMetadata): boolean =>
      largestSequence <= oldestSnapshot &&
      (largestSequence > 0 || (expiry !== undefined && expiry.earliestMs <= expiredMs));
    const isWanted = (file: FileMetadata, index: number): boolean =>
      (isDroppable(file) ||
        isPiece(files, index, options.targetFileSizeBytes) ||
        this.#isStale(file)) &&
      isAtBottom(levels, this.#level, file);
    return this.#firstRun(files, isWanted, options);
  }

  /** A table without any entry of the call's is left where it is. */
  #isConcerned(file: FileMetadata): boolean {
    if (file.smallestSequence > this.#sequenceMax) return false;
    return overlapsRange(file, { lower: this.#lower, upper: this.#range.upper });
  }

  /** The first tables of what is left that are wanted and stand next to each other, up to a size. */
  #firstRun(
    files: readonly FileMetadata[],
    isWanted: (file: FileMetadata, index: number) => boolean,
    { targetFileSizeBytes }: PickerOptions,
  ): readonly FileMetadata[] {
    const run: FileMetadata[] = [];
    let sizeBytes = 0;
    let index = this.#lower === undefined ? 0 : firstNotBelow(files, this.#lower);
    for (; index < files.length; index++) {
      const file = files[index]!; // index < length
      if (startsAbove(file, this.#range)) break;
      if (!this.#isConcerned(file) || !isWanted(file, index)) {
        if (run.length > 0) break;
        continue;
      }
      sizeBytes += file.sizeBytes;
      if (run.length > 0 && sizeBytes > STEP_TARGET_COUNT_MAX * targetFileSizeBytes) break;
      run.push(file);
    }
    return run;
  }
}
