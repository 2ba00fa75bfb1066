/**
 * The plan of a compaction, and the description of a job that a worker thread can run.
 *
 * Owns: the types that pass between the picker, the database and the jobs, and how a plan becomes a description.
 *
 * Invariants:
 *   job/cloneable: descriptions and results survive structured cloning: records, numbers, byte arrays and shared
 *       memory only.
 *   job/inputs-are-whole: inputs of level 0 come newest first, those of other levels in key order. A job holds every
 *       table of level 0 that is older than one of its inputs and overlaps it, and every table of the output level that
 *       overlaps.
 *
 * Suspension: every function here is synchronous.
 */
import type { FileNumber } from '../base/ids.ts';
import { doBoundsOverlap, hullOf, overlappingInOrder, type KeyBounds } from '../bytes/key-range.ts';
import type { Compression } from '../base/options.ts';
import type { SharedMemtable } from '../memtable/memtable.ts';
import type { TableBuilderOptions } from '../sstable/table-builder.ts';
import type { FileMetadata } from '../version/file-metadata.ts';
import type { KeyMaterial } from '../encryption/file-keys.ts';
import type { DirectoryAnchor } from '../vfs/vfs.ts';

/**
 * `reclaim`: tables with much that no reader needs, `merge`: small tables, both when there is little else to do.
 * `manual`: `compact()` was called.
 */
export type CompactionReason = 'level0-count' | 'level-size' | 'reclaim' | 'merge' | 'manual';

/** The tables of each level, as a version holds them: level 0 newest first, the others in key order. */
export type Levels = readonly (readonly FileMetadata[])[];

export interface CompactionPlan {
  readonly reason: CompactionReason;
  readonly level: number;
  /** `level` + 1, or `level` itself when tables at the bottom are rewritten in place. */
  readonly outputLevel: number;
  /** Tables of `level`; never empty (job/inputs-are-whole). */
  readonly inputs: readonly FileMetadata[];
  /** Tables of `outputLevel`, when that is another level. */
  readonly overlapping: readonly FileMetadata[];
  /** Tables of the level after the output, which outputs should not overlap too much of. */
  readonly grandparents: readonly FileMetadata[];
  /** The inputs move as they are: a version edit, and no job. */
  readonly isTrivialMove: boolean;
  /** Where the next compaction of `level` begins, to be recorded beside the edit; undefined for level 0. */
  readonly cursor: Uint8Array | undefined;
}

/** File numbers set aside for a job: [first, first + count). Unused ones are simply skipped. */
export interface ReservedNumbers {
  readonly first: FileNumber;
  readonly count: number;
}

export interface SizedBounds extends KeyBounds {
  readonly sizeBytes: number;
}

/** What readers may ask for: the rest can be dropped. */
export interface JobReaders {
  /** Live read sequences, ascending. */
  readonly snapshots: readonly number[];
  /** True when each sequence above the last of them may be read too. */
  readonly isRetaining: boolean;
  /** What has expired by this time has expired for every reader. */
  readonly expiredMs: number;
}

export function readersOf({ snapshots, isRetaining, expiredMs }: JobReaders): JobReaders {
  return { snapshots, isRetaining, expiredMs };
}

interface JobDescriptionBase extends JobReaders {
  readonly directory: string;
  /** By which a worker finds the directory that the database has locked. */
  readonly anchor?: DirectoryAnchor;
  /** The keys of an encrypted database. */
  readonly keys?: KeyMaterial | undefined;
  readonly tableOptions: TableBuilderOptions;
  /** The keyspaces whose tables differ from that. */
  readonly keyspaces: readonly KeyspaceTableOptions[];
  readonly outputNumbers: ReservedNumbers;
  /** One word of shared memory: nonzero asks the job to stop with AbortedError. */
  readonly cancellation: Int32Array;
}

/** How the tables of one keyspace differ. A table that several share follows the first. */
export interface KeyspaceTableOptions extends Partial<
  Pick<TableBuilderOptions, 'compression' | 'filterBitsPerKey'>
> {
  readonly number: number;
}

export interface FlushDescription extends JobDescriptionBase {
  readonly kind: 'flush';
  readonly memtable: SharedMemtable;
}

export interface CompactionDescription extends JobDescriptionBase {
  readonly kind: 'compaction';
  readonly level: number;
  readonly inputs: readonly FileMetadata[];
  readonly outputLevel: number;
  readonly overlapping: readonly FileMetadata[];
  readonly targetFileSizeBytes: number;
  /** Where a keyspace ends, an output of this size ends too. */
  readonly keyspaceCutSizeBytes: number;
  readonly grandparents: readonly SizedBounds[];
  readonly grandparentSizeBytesMax: number;
  /** Bounds of every table in the levels after the output level that overlaps the inputs. */
  readonly boundsBelow: readonly KeyBounds[];
}

export type JobDescription = FlushDescription | CompactionDescription;

export interface JobResult {
  /** Synced, with their directory entries, in key order. Empty when nothing survived. */
  readonly outputs: readonly FileMetadata[];
  readonly readSizeBytes: number;
  readonly writtenSizeBytes: number;
  readonly readEntryCount: number;
  readonly writtenEntryCount: number;
}

export interface JobProgress {
  readonly readEntryCount: number;
  readonly writtenSizeBytes: number;
}

/** Bytes of the level after the output that one output may overlap, in target file sizes. */
const GRANDPARENT_TARGET_COUNT_MAX = 10;
/** A table ends where its keyspace ends, unless it is smaller than this part of the target size. */
const KEYSPACE_CUT_DIVISOR = 4;
/** The first level whose tables are compressed. */
export const COMPRESSED_LEVEL_MIN = 2;

export function compressionOf(level: number, compression: Compression): Compression {
  return level < COMPRESSED_LEVEL_MIN ? 'none' : compression;
}

export function grandparentSizeBytesMax(targetFileSizeBytes: number): number {
  return GRANDPARENT_TARGET_COUNT_MAX * targetFileSizeBytes;
}

export function totalSizeBytes(files: readonly FileMetadata[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** The tables of a level that share a key with the range, in its order. */
export function overlappingFiles(
  levels: Levels,
  level: number,
  range: KeyBounds | undefined,
): FileMetadata[] {
  const files = levels[level] ?? [];
  if (level > 0) return overlappingInOrder(files, range);
  return range === undefined ? [] : files.filter((file) => doBoundsOverlap(file, range));
}

/**
 * How many file numbers to set aside for a plan. An output is cut at its target size, at the grandparent limit, or
 * where a keyspace ends and it has a quarter of the target size. Five times the target size and once the limit is more
 * than can happen, unless data grows by rewriting. When the numbers run out, the last output only grows.
 */
export function outputCountMax(plan: CompactionPlan, targetFileSizeBytes: number): number {
  const inputSizeBytes = totalSizeBytes(plan.inputs) + totalSizeBytes(plan.overlapping);
  const overlap = totalSizeBytes(plan.grandparents) / grandparentSizeBytesMax(targetFileSizeBytes);
  const bySize = (1 + KEYSPACE_CUT_DIVISOR) * Math.ceil(inputSizeBytes / targetFileSizeBytes);
  return 2 + bySize + Math.ceil(overlap);
}

export interface CompactionSettings extends JobReaders {
  readonly directory: string;
  readonly blockSizeBytes: number;
  /** The codec of levels from COMPRESSED_LEVEL_MIN down. */
  readonly compression: Compression;
  readonly filterBitsPerKey: number;
  readonly targetFileSizeBytes: number;
  readonly outputNumbers: ReservedNumbers;
  readonly keyspaces: readonly KeyspaceTableOptions[];
  readonly cancellation: Int32Array;
}

/** The facts that the job needs from `levels`, the version that the plan was made from. */
export function describeCompaction(
  plan: CompactionPlan,
  levels: Levels,
  settings: CompactionSettings,
): CompactionDescription {
  const { level, inputs, outputLevel, overlapping } = plan;
  const { directory, blockSizeBytes, filterBitsPerKey, targetFileSizeBytes } = settings;
  const hull = hullOf([...inputs, ...overlapping]);
  const below = levels.slice(outputLevel + 1).flatMap((files) => overlappingInOrder(files, hull));
  return {
    kind: 'compaction',
    directory,
    tableOptions: {
      blockSizeBytes,
      filterBitsPerKey,
      compression: compressionOf(outputLevel, settings.compression),
    },
    ...readersOf(settings),
    outputNumbers: settings.outputNumbers,
    keyspaces: settings.keyspaces,
    cancellation: settings.cancellation,
    level,
    inputs,
    outputLevel,
    overlapping,
    targetFileSizeBytes,
    keyspaceCutSizeBytes: Math.ceil(targetFileSizeBytes / KEYSPACE_CUT_DIVISOR),
    grandparents: plan.grandparents.map((file) => ({
      ...boundsOf(file),
      sizeBytes: file.sizeBytes,
    })),
    grandparentSizeBytesMax: grandparentSizeBytesMax(targetFileSizeBytes),
    boundsBelow: below.map(boundsOf),
  };
}

function boundsOf({ smallest, largest, isLargestExclusive }: KeyBounds): KeyBounds {
  return { smallest, largest, isLargestExclusive };
}

/** A flag for one job. */
export function makeCancellation(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}

/** Asks the job to stop, from any thread. It ends with AbortedError, or normally when it was about to end. */
export function cancelJob({ cancellation }: JobDescription): void {
  Atomics.store(cancellation, 0, 1);
}
