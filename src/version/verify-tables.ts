/**
 * Table files, read in full.
 *
 * Owns: every check of one table: it is there with the right size, every block has its checksum, entries are sorted, within
 * their separators and known to the filter, counts and bounds are those of the properties, and the properties are those of
 * the manifest.
 *
 * The file is opened anew, past the caches: what is asked is what the disk would give now.
 *
 * Suspension: suspends about every quarter of a megabyte; nothing is kept across but the open file.
 */
import { isSameExpiry } from '../sstable/table-expiry.ts';
import { equalBytes } from '../bytes/bytes.ts';
import { nextTurn } from '../base/clock.ts';
import { CorruptionError, IoError } from '../base/errors.ts';
import type { FileNumber } from '../base/ids.ts';
import type { TableProperties } from '../sstable/table-properties.ts';
import { TableReader } from '../sstable/table-reader.ts';
import { TableSalvager } from '../sstable/table-salvager.ts';
import type { TableVerifier } from '../sstable/table-verifier.ts';
import type { FileMetadata } from './file-metadata.ts';
import { keysOf } from '../vfs/keyed-vfs.ts';
import type { Vfs, VfsFile } from '../vfs/vfs.ts';
import { ProblemList } from './verify-report.ts';

const BYTES_PER_TURN = 256 * 1024;

/** Called about every quarter of a megabyte; what it throws ends the check. */
export type BetweenBlocks = () => Promise<void> | void;

export interface TableToVerify {
  readonly number: FileNumber;
  readonly path: string;
  /** Its record in the manifest; undefined when there is no manifest. */
  readonly metadata: FileMetadata | undefined;
}

/** Adds what is wrong to `list`. Resolves with the number of entries of a sound table, else 0. */
export async function verifyTableFile(
  vfs: Vfs,
  table: TableToVerify,
  list: ProblemList,
  check: BetweenBlocks,
): Promise<number> {
  const { path, number, metadata } = table;
  const own = new ProblemList();
  const file = own.attempt(path, () => openTable(vfs, path));
  if (file !== undefined) {
    const reader = own.attempt(path, () => {
      if (metadata !== undefined) checkSize(file, metadata);
      return TableReader.open(file, number, undefined, keysOf(vfs));
    });
    try {
      if (reader === undefined) await verifyParts(vfs, table, own, check);
      else await verifyBlocks(reader, metadata, path, own, check);
    } finally {
      if (reader === undefined) file.closeSync();
      else reader.close();
    }
  }
  list.addAll(own.problems);
  return own.problems.length === 0 ? (metadata?.entryCount ?? 0) : 0;
}

function openTable(vfs: Vfs, path: string): VfsFile {
  try {
    return vfs.open(path, 'read');
  } catch (error) {
    if (!(error instanceof IoError) || error.systemCode !== 'ENOENT') throw error;
    throw new CorruptionError('Table is missing', { file: path, cause: error });
  }
}

function checkSize(file: VfsFile, metadata: FileMetadata): void {
  const size = file.sizeSync();
  if (size === metadata.sizeBytes) return;
  throw new CorruptionError(
    `Table has the wrong size: size=${size} expected=${metadata.sizeBytes}`,
    { file: file.path },
  );
}

async function verifyBlocks(
  reader: TableReader,
  metadata: FileMetadata | undefined,
  path: string,
  list: ProblemList,
  check: BetweenBlocks,
): Promise<void> {
  if (metadata !== undefined) {
    list.attempt(path, () => checkMetadata(metadata, reader.properties, path));
  }
  const verifier: TableVerifier = reader.verifier();
  const before = list.problems.length;
  let sizeBytes = 0;
  for (let i = 0; i < verifier.blockCount; i++) {
    list.attempt(path, () => verifier.verifyBlock(i));
    sizeBytes += verifier.blockSizeBytes(i);
    if (sizeBytes < BYTES_PER_TURN) continue;
    sizeBytes = 0;
    await nextTurn();
    await check();
  }
  if (list.problems.length === before) list.attempt(path, () => verifier.verifyWhole());
  await nextTurn();
  await check();
}

/** A table that cannot be opened: every part and block that is damaged, beside the first. */
async function verifyParts(
  vfs: Vfs,
  { path, number }: TableToVerify,
  list: ProblemList,
  check: BetweenBlocks,
): Promise<void> {
  const source = { number, keys: keysOf(vfs) };
  const file = list.attempt(path, () => vfs.open(path, 'read'));
  if (file === undefined) return;
  const known = new Set(list.problems.map(({ message }) => message));
  const found = new ProblemList();
  try {
    // Undefined for a table of a newer engine, which cannot be looked into any further.
    const salvager = found.attempt(path, () => new TableSalvager(file, undefined, source));
    for (const problem of salvager?.problems ?? []) found.add(problem, path);
    for (let i = 0; salvager !== undefined && i < salvager.blockCount; i++) {
      found.attempt(path, () => salvager.readBlock(i));
      if (i % 64 === 63) await nextTurn();
      await check();
    }
  } finally {
    file.closeSync();
  }
  list.addAll(found.problems.filter(({ message }) => !known.has(message)));
}

function checkMetadata(file: FileMetadata, properties: TableProperties, path: string): void {
  const isEqual =
    equalBytes(file.smallest, properties.smallestKey) &&
    equalBytes(file.largest, properties.largestKey) &&
    file.isLargestExclusive === properties.isLargestExclusive &&
    file.hasSequenceBase === (properties.sequenceBase !== undefined) &&
    file.entryCount === properties.entryCount &&
    file.deletionCount === properties.deletionCount &&
    file.rangeTombstoneCount === properties.rangeTombstoneCount &&
    isSameExpiry(file.expiry, properties.expiry) &&
    file.smallestSequence === properties.smallestSequence &&
    file.largestSequence === properties.largestSequence;
  if (isEqual) return;
  throw new CorruptionError('Table is not the one that the manifest describes', { file: path });
}
