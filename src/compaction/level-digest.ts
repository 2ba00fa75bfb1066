/**
 * The facts about a level that planning needs, found once.
 *
 * Owns: the size of a level, the tables of it that a rewrite would make smaller, and its runs of small tables.
 *
 * A version hands on the arrays of the levels that an edit does not touch (version-builder/untouched-levels-shared).
 * So the facts stay with the array: a plan after an edit looks only at the tables of the levels that the edit
 * changed.
 *
 * Suspension: every function here is synchronous.
 */
import type { TableExpiry } from '../sstable/table-expiry.ts';
import type { FileMetadata } from '../version/file-metadata.ts';
import { totalSizeBytes } from './compaction.ts';
import { smallRuns } from './small-tables.ts';

export interface ExpiringFile extends FileMetadata {
  readonly expiry: TableExpiry;
}

export interface LevelDigest {
  readonly sizeBytes: number;
  /** Tables whose entries are mostly needed by no reader once the oldest pin allows it, in the level's order. */
  readonly reclaimable: readonly FileMetadata[];
  /** The other tables that are so once enough has expired, in the level's order. */
  readonly expiring: readonly ExpiringFile[];
  /** Runs of neighbouring small tables, long enough to be merged. */
  readonly smallRuns: readonly (readonly FileMetadata[])[];
  readonly targetFileSizeBytes: number;
}

const digests = new WeakMap<readonly FileMetadata[], LevelDigest>();

export function digestOf(files: readonly FileMetadata[], targetFileSizeBytes: number): LevelDigest {
  const known = digests.get(files);
  if (known?.targetFileSizeBytes === targetFileSizeBytes) return known;
  const digest = {
    sizeBytes: totalSizeBytes(files),
    reclaimable: files.filter(isReclaimable),
    expiring: files.filter(isExpiring).filter((file) => !isReclaimable(file)),
    smallRuns: smallRuns(files, targetFileSizeBytes),
    targetFileSizeBytes,
  };
  digests.set(files, digest);
  return digest;
}

function isExpiring(file: FileMetadata): file is ExpiringFile {
  return file.expiry !== undefined && file.expiry.mostlyMs > 0;
}

/** From this part of the entries on, versions that were kept for a reader make a rewrite worth it when it has gone. */
const SUPERSEDED_PART = 1 / 4;

/** One range tombstone may stand for any number of entries. */
function isReclaimable(file: FileMetadata): boolean {
  if (file.rangeTombstoneCount > 0 || 2 * file.deletionCount > file.entryCount) return true;
  const { supersededCount = 0 } = file;
  return supersededCount > 0 && supersededCount >= file.entryCount * SUPERSEDED_PART;
}
