/**
 * Keeps the number of small tables down.
 *
 * Owns: which tables are small, which of them stand next to each other, and when that is enough to merge them.
 *
 * A program that flushes often, or ingests little at a time, makes tables far below the target size. Where nothing
 * overlaps they would move down as they are and stay for ever: each costs a file, an open handle, and a place in every
 * edit of the manifest. They are merged where they lie, a run of neighbours at a time.
 *
 * Invariants:
 *   small-tables/doubles: a merge makes a table of at least twice the size of its largest input. So an entry is
 *       rewritten at most log2(SMALL_DIVISOR) times less often than its table has to double to be no longer small, and not
 *       at all once it lies in a table of that size: a load in memtables of an eighth of the target size costs nothing.
 *   small-tables/ends: a merge makes fewer tables than it takes. Its inputs have the target size together at most, and
 *       overlap too little of the level below for an output to be cut.
 *
 * Suspension: every function here is synchronous.
 */
import type { FileMetadata } from '../version/file-metadata.ts';
import { hullOf, overlappingInOrder } from '../bytes/key-range.ts';
import { grandparentSizeBytesMax, totalSizeBytes } from './compaction.ts';

/** A table is small below this part of the target size. */
const SMALL_DIVISOR = 8;
/** Fewer neighbours than these are let be: together with the doubling they bound how often an entry is rewritten. */
export const MERGE_COUNT_MIN = 8;

export function isSmall({ sizeBytes }: FileMetadata, targetFileSizeBytes: number): boolean {
  return sizeBytes * SMALL_DIVISOR < targetFileSizeBytes;
}

/** Whether two small tables stand next to each other. */
export function isFragmented(files: readonly FileMetadata[], targetFileSizeBytes: number): boolean {
  return files.some((_, index) => isPiece(files, index, targetFileSizeBytes));
}

/** Whether the table is small and so is one next to it. */
export function isPiece(
  files: readonly FileMetadata[],
  index: number,
  targetFileSizeBytes: number,
): boolean {
  const isSmallAt = (at: number): boolean => {
    const file = files[at];
    return file !== undefined && isSmall(file, targetFileSizeBytes);
  };
  return isSmallAt(index) && (isSmallAt(index - 1) || isSmallAt(index + 1));
}

/** The longest runs of neighbouring small tables that are worth a look, each of the target size at most. */
export function smallRuns(
  files: readonly FileMetadata[],
  targetFileSizeBytes: number,
): FileMetadata[][] {
  const runs: FileMetadata[][] = [];
  let run: FileMetadata[] = [];
  let sizeBytes = 0;
  const end = (): void => {
    if (run.length >= MERGE_COUNT_MIN) runs.push(run);
    run = [];
    sizeBytes = 0;
  };
  for (const file of files) {
    const isNext = isSmall(file, targetFileSizeBytes);
    if (!isNext || sizeBytes + file.sizeBytes > targetFileSizeBytes) end();
    if (!isNext) continue;
    run.push(file);
    sizeBytes += file.sizeBytes;
  }
  end();
  return runs;
}

/** The part of a run that is to be merged now; `below` is the level after theirs. */
export function mergeable(
  run: readonly FileMetadata[],
  below: readonly FileMetadata[],
  targetFileSizeBytes: number,
): readonly FileMetadata[] | undefined {
  if (run.length < MERGE_COUNT_MIN) return undefined;
  const largest = run.reduce((a, b) => (b.sizeBytes > a.sizeBytes ? b : a));
  const hasDoubled = 2 * largest.sizeBytes <= totalSizeBytes(run);
  if (hasDoubled) {
    const overlap = totalSizeBytes(overlappingInOrder(below, hullOf(run)));
    if (overlap <= grandparentSizeBytesMax(targetFileSizeBytes)) return run;
  }
  const middle = hasDoubled ? run.length >> 1 : run.indexOf(largest);
  return (
    mergeable(run.slice(0, middle), below, targetFileSizeBytes) ??
    mergeable(run.slice(hasDoubled ? middle : middle + 1), below, targetFileSizeBytes)
  );
}

/** The run of small tables of a sorted level around `file`, of the target size at most. */
export function smallNeighbours(
  files: readonly FileMetadata[],
  file: FileMetadata,
  isFitting: (run: readonly FileMetadata[]) => boolean,
): readonly FileMetadata[] {
  const index = files.indexOf(file);
  let from = index;
  let to = index + 1;
  while (to < files.length && isFitting(files.slice(from, to + 1))) to++;
  while (from > 0 && isFitting(files.slice(from - 1, to))) from--;
  return files.slice(from, to);
}
