/**
 * Versions for tests.
 *
 * Owns: the model of which tables exist (a plain map), random edits that fit it, and the files that such edits name.
 *
 * Suspension: whatever touches a file suspends.
 */
import { join } from 'node:path';

import { type FileNumber, fileNumber, sequenceNumber } from '../../src/base/ids.ts';
import type { TableExpiry } from '../../src/sstable/table-expiry.ts';
import type { FileMetadata, LevelFile } from '../../src/version/file-metadata.ts';
import {
  type HistoryBounds,
  LEVEL_COUNT,
  type VersionEdit,
} from '../../src/version/version-edit.ts';
import type { VersionState } from '../../src/version/version.ts';
import { fileName } from '../../src/vfs/filenames.ts';
import type { Vfs } from '../../src/vfs/vfs.ts';
import type { Random } from '../support/prng.ts';

export const DIRECTORY = '/db';

export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

export function makeFile(
  number: number,
  smallest: string,
  largest: string,
  options: Partial<FileMetadata> = {},
): FileMetadata {
  return {
    number: fileNumber(number),
    sizeBytes: 10,
    smallest: bytesOf(smallest),
    largest: bytesOf(largest),
    isLargestExclusive: false,
    smallestSequence: sequenceNumber(1),
    largestSequence: sequenceNumber(number),
    entryCount: 2,
    deletionCount: 1,
    rangeTombstoneCount: 0,
    hasSequenceBase: false,
    ...options,
  };
}

/** The specification: what there is, without order or structure. */
export interface Model {
  readonly files: Map<number, LevelFile>;
  readonly logs: Set<number>;
  readonly keptLogs: Set<number>;
  bounds: HistoryBounds;
  readonly cursors: Map<number, string>;
  flushedSequence: number;
}

export function emptyModel(): Model {
  return {
    files: new Map(),
    logs: new Set(),
    keptLogs: new Set(),
    bounds: { keepMs: 0, keepBytes: 0 },
    cursors: new Map(),
    flushedSequence: 0,
  };
}

export function copyModel(model: Model): Model {
  return {
    files: new Map(model.files),
    logs: new Set(model.logs),
    keptLogs: new Set(model.keptLogs),
    bounds: model.bounds,
    cursors: new Map(model.cursors),
    flushedSequence: model.flushedSequence,
  };
}

export function applyToModel(model: Model, edit: VersionEdit): void {
  for (const { number } of edit.removedFiles ?? []) model.files.delete(number);
  for (const added of edit.addedFiles ?? []) model.files.set(added.file.number, added);
  for (const number of edit.removedLogs ?? []) model.logs.delete(number);
  for (const number of edit.addedLogs ?? []) model.logs.add(number);
  for (const number of edit.droppedLogs ?? []) model.keptLogs.delete(number);
  for (const number of edit.keptLogs ?? []) model.keptLogs.add(number);
  model.bounds = edit.historyBounds ?? model.bounds;
  for (const { level, key } of edit.compactionCursors ?? []) {
    model.cursors.set(level, Buffer.from(key).toString('latin1'));
  }
  model.flushedSequence = edit.flushedSequence ?? model.flushedSequence;
}

/** Both sides of a comparison as the same plain text. */
export function describeModel(model: Model): string {
  return describe(
    [...model.files.values()],
    [[...model.logs], [...model.keptLogs]],
    model.bounds,
    [...model.cursors],
    model.flushedSequence,
  );
}

export function describeVersion(version: VersionState): string {
  const files = version.levels.flatMap((list, level) => list.map((file) => ({ level, file })));
  const cursors = version.compactionCursors.flatMap((key, level): [number, string][] =>
    key === undefined ? [] : [[level, Buffer.from(key).toString('latin1')]],
  );
  return describe(
    files,
    [version.liveLogs, version.keptLogs],
    version.historyBounds,
    cursors,
    version.flushedSequence,
  );
}

function describe(
  files: readonly LevelFile[],
  [logs, keptLogs]: readonly [readonly number[], readonly number[]],
  bounds: HistoryBounds,
  cursors: readonly [number, string][],
  flushedSequence: number,
): string {
  const lines = files.map(({ level, file }) => {
    const bounds = [file.smallest, file.largest].map((key) => Buffer.from(key).toString('latin1'));
    return JSON.stringify({ level, ...file, smallest: bounds[0], largest: bounds[1] });
  });
  return [
    ...lines.sort(),
    `logs ${[...logs].sort((a, b) => a - b).join(' ')}`,
    `kept ${[...keptLogs].sort((a, b) => a - b).join(' ')}`,
    `history ${bounds.keepMs} ${bounds.keepBytes}`,
    ...[...cursors].sort((a, b) => a[0] - b[0]).map(([level, key]) => `cursor ${level} ${key}`),
    `flushed ${flushedSequence}`,
  ].join('\n');
}

function keyOf(index: number): string {
  return String(index).padStart(4, '0');
}

/** Whether two tables share a key, the slow and plain way. Keys are four digits; ranges end between them. */
function sharesKey(a: FileMetadata, b: FileMetadata): boolean {
  const end = (file: FileMetadata) =>
    Buffer.from(file.largest).toString() + (file.isLargestExclusive ? '' : '.');
  const start = (file: FileMetadata) => Buffer.from(file.smallest).toString();
  return start(a) < end(b) && start(b) < end(a);
}

/** Of a table with so many entries, one of which is a tombstone (table-expiry/times-in-order). */
function randomExpiry(random: Random, entryCount: number): TableExpiry {
  const earliestMs = random.below(2 ** 16) * random.pick([1, 2 ** 24, 2 ** 31]);
  const mostlyMs = earliestMs + random.below(random.pick([1, 1000, 2 ** 32]));
  return {
    count: random.chance(0.5) ? entryCount - 1 : 1,
    earliestMs,
    mostlyMs: random.chance(0.5) ? mostlyMs : 0,
    latestMs: mostlyMs + random.below(random.pick([1, 1000, 2 ** 32])),
  };
}

/** A table that fits into the level of the model, or undefined when the dice gave one that does not. */
export function randomFile(
  random: Random,
  model: Model,
  level: number,
  number: number,
): FileMetadata | undefined {
  const from = random.below(900);
  const isLargestExclusive = random.chance(0.3);
  const to = from + (isLargestExclusive ? 1 : 0) + random.below(random.chance(0.2) ? 200 : 20);
  const smallestSequence = sequenceNumber(1 + random.below(1000));
  const entryCount = random.below(2 ** 31) * 1000;
  const file = makeFile(number, keyOf(from), keyOf(to), {
    sizeBytes: 1 + random.below(50),
    isLargestExclusive,
    smallestSequence,
    largestSequence: sequenceNumber(smallestSequence + random.below(100)),
    entryCount,
    rangeTombstoneCount: isLargestExclusive ? 1 : 0,
    expiry: entryCount > 0 && random.chance(0.4) ? randomExpiry(random, entryCount) : undefined,
  });
  const others = [...model.files.values()].filter((other) => other.level === level);
  const isFree = level === 0 || !others.some((other) => sharesKey(other.file, file));
  return isFree ? file : undefined;
}

/** An edit that fits the model; it may be empty. */
export function randomEdit(random: Random, model: Model, newNumber: () => FileNumber): VersionEdit {
  const next = copyModel(model);
  const removedFiles = [...model.files.values()]
    .filter(() => random.chance(0.15))
    .map(({ level, file }) => ({ level, number: file.number }));
  for (const { number } of removedFiles) next.files.delete(number);
  const addedFiles: LevelFile[] = [];
  for (let i = random.below(4); i > 0; i--) {
    const level = random.below(LEVEL_COUNT);
    const moved = removedFiles.find(({ number }) => !next.files.has(number));
    const original = moved === undefined ? undefined : model.files.get(moved.number)?.file;
    const isMove = original !== undefined && level === 0 && random.chance(0.5);
    const file = isMove ? original : randomFile(random, next, level, newNumber());
    if (file === undefined) continue;
    addedFiles.push({ level, file });
    next.files.set(file.number, { level, file });
  }
  const removedLogs = [...model.logs].filter(() => random.chance(0.3)).map(fileNumber);
  return {
    removedFiles,
    addedFiles,
    removedLogs,
    keptLogs: removedLogs.filter(() => random.chance(0.6)),
    droppedLogs: [...model.keptLogs].filter(() => random.chance(0.3)).map(fileNumber),
    ...(random.chance(0.2)
      ? {
          historyBounds: { keepMs: random.below(2 ** 31), keepBytes: random.below(2 ** 31) * 1000 },
        }
      : {}),
    addedLogs: random.chance(0.4) ? [newNumber()] : [],
    compactionCursors: random.chance(0.3)
      ? [{ level: random.below(LEVEL_COUNT), key: random.bytes(random.below(4)) }]
      : [],
    ...(random.chance(0.4)
      ? { flushedSequence: sequenceNumber(model.flushedSequence + random.below(50)) }
      : {}),
  };
}

/**
 * Creates and syncs the files that an edit adds, and the directory: what `apply` expects of its caller
 * (version-set/files-before-the-edit).
 */
export async function createFiles(vfs: Vfs, edit: VersionEdit): Promise<void> {
  const paths: [string, number][] = [
    ...(edit.addedFiles ?? []).map(({ file }): [string, number] => [
      join(DIRECTORY, fileName('table', file.number)),
      file.sizeBytes,
    ]),
    ...(edit.addedLogs ?? []).map((number): [string, number] => [
      join(DIRECTORY, fileName('log', number)),
      32,
    ]),
  ];
  for (const [path, size] of paths) {
    if (vfs.exists(path)) continue; // a move
    const file = vfs.open(path, 'create');
    file.writeSync(new Uint8Array(size).fill(0xee), 0, size, 0);
    await file.sync();
    file.closeSync();
  }
  if (paths.length > 0) await vfs.syncDirectory(DIRECTORY);
}
