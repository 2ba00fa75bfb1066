/**
 * A delta between two versions, and its bytes in the manifest.
 *
 * Owns: VersionEdit and its encoding.
 *
 * Layout (normative text and a worked example in docs/formats/manifest.md):
 *
 *      edit:   record | record | ...
 *      record: varint tag | varint length | body
 *
 * Invariants:
 *   version-edit/absent-is-unchanged: records that are absent leave what they describe as it was.
 *   version-edit/unknown-tag-refused: a tag that this engine does not know is IncompatibleFormatError naming it,
 *       because the engine that wrote it relies on it.
 *   version-edit/read-to-the-end: a body is read to its last byte. Bytes that are left over, or missing, are
 *       CorruptionError.
 *
 * Suspension: every function here is synchronous. A decoded edit keeps no reference to the bytes it came from.
 */
import { ByteReader, ByteWriter } from '../bytes/coding.ts';
import { CorruptionError, IncompatibleFormatError } from '../base/errors.ts';
import {
  type FileNumber,
  fileNumber,
  SEQUENCE_NUMBER_MAX,
  type SequenceNumber,
  isFileNumber,
  sequenceNumber,
} from '../base/ids.ts';
import { getTableExpiry, isPossibleExpiry, putTableExpiry } from '../sstable/table-expiry.ts';
import { WALL_MS_MAX } from '../log/frame-clock.ts';
import { type FileMetadata, hasValidBounds, type LevelFile } from './file-metadata.ts';
import type { TimeMark } from './time-marks.ts';

/** Levels 0 to 6. Persisted through the level numbers in edits: never make it smaller. */
export const LEVEL_COUNT = 7;

/** The format of the files of a database as a whole. Persisted. Any other is refused; 1 was never released. */
export const ENGINE_FORMAT = 2;

export interface RemovedFile {
  readonly level: number;
  readonly number: FileNumber;
}

/** Where the next compaction of a level begins to look: after the tables that end at or below `key`. */
export interface CompactionCursor {
  readonly level: number;
  readonly key: Uint8Array;
}

export interface VersionEdit {
  /** Names the database; in the first edit of every manifest and in no other. */
  readonly databaseId?: string;
  /** As `databaseId`. */
  readonly engineFormat?: number;
  /** No file has or had this number, or a larger one. Filled in by the version set. */
  readonly nextFileNumber?: FileNumber;
  /** Every operation at or below it is in tables. */
  readonly flushedSequence?: SequenceNumber;
  /** Tables and logs hold every operation up to it; recorded by a close. */
  readonly closedSequence?: SequenceNumber;
  readonly removedFiles?: readonly RemovedFile[];
  readonly addedFiles?: readonly LevelFile[];
  readonly removedLogs?: readonly FileNumber[];
  /** Logs that recovery must find and replay. */
  readonly addedLogs?: readonly FileNumber[];
  readonly compactionCursors?: readonly CompactionCursor[];
  /** Logs that recovery no longer needs, and that stay for the history. */
  readonly keptLogs?: readonly FileNumber[];
  /** Kept logs that go. */
  readonly droppedLogs?: readonly FileNumber[];
  /** How much history is kept from now on. */
  readonly historyBounds?: HistoryBounds;
  /** For how long old versions are kept from now on; 0: they are not. */
  readonly versionRetentionMs?: number;
  /** No state before it can be read any more. */
  readonly retainedFrom?: TimeMark;
  /** When the database reached which sequence, after what is recorded; ascending (time-marks.ts). */
  readonly timeMarks?: readonly TimeMark[];
  /** The name of the encoding that keys have from now on; see ADR 0027. */
  readonly keyEncoding?: string;
  readonly valueEncoding?: string;
}

/** How much of the logs stays after their operations are in tables. Both are 0 where no history is kept. */
export interface HistoryBounds {
  readonly keepMs: number;
  readonly keepBytes: number;
}

/** Persisted. Never renumber; append only. */
const TAG_DATABASE_ID = 1;
const TAG_ENGINE_FORMAT = 2;
const TAG_NEXT_FILE_NUMBER = 3;
const TAG_FLUSHED_SEQUENCE = 4;
const TAG_ADDED_FILE = 5;
const TAG_REMOVED_FILE = 6;
const TAG_ADDED_LOG = 7;
const TAG_REMOVED_LOG = 8;
const TAG_COMPACTION_CURSOR = 9;
const TAG_KEY_ENCODING = 10;
const TAG_VALUE_ENCODING = 11;
const TAG_CLOSED_SEQUENCE = 12;
const TAG_KEPT_LOG = 13;
const TAG_DROPPED_LOG = 14;
const TAG_HISTORY_BOUNDS = 15;
const TAG_VERSION_RETENTION = 16;
const TAG_RETAINED_FROM = 17;
const TAG_TIME_MARKS = 18;

/** Bytes of the name of an encoding. */
export const ENCODING_NAME_SIZE_BYTES_MAX = 255;

/** Bits of the flags in an added file. Persisted. */
const FLAG_LARGEST_EXCLUSIVE = 1;
const FLAG_SEQUENCE_BASE = 2;
const FLAG_EXPIRY = 4;
const FLAG_IDENTITY = 8;
const KNOWN_FLAGS = FLAG_LARGEST_EXCLUSIVE | FLAG_SEQUENCE_BASE | FLAG_EXPIRY | FLAG_IDENTITY;

/** Bytes of the identity of a table. */
const IDENTITY_SIZE_BYTES = 16;

export function encodeVersionEdit(edit: VersionEdit): Uint8Array {
  const target = new ByteWriter();
  const body = new ByteWriter(64);
  const record = (tag: number, write: () => void): void => {
    body.reset();
    write();
    target.varint(tag).lengthPrefixed(body.bytes());
  };
  const { databaseId, engineFormat, nextFileNumber, flushedSequence } = edit;
  if (databaseId !== undefined) {
    record(TAG_DATABASE_ID, () => body.raw(Buffer.from(databaseId, 'utf8')));
  }
  if (engineFormat !== undefined) record(TAG_ENGINE_FORMAT, () => body.varint(engineFormat));
  if (nextFileNumber !== undefined) record(TAG_NEXT_FILE_NUMBER, () => body.varint(nextFileNumber));
  if (flushedSequence !== undefined) {
    record(TAG_FLUSHED_SEQUENCE, () => body.varint(flushedSequence));
  }
  for (const { level, number } of edit.removedFiles ?? []) {
    record(TAG_REMOVED_FILE, () => body.varint(level).varint(number));
  }
  for (const added of edit.addedFiles ?? []) record(TAG_ADDED_FILE, () => putFile(body, added));
  for (const number of edit.removedLogs ?? []) record(TAG_REMOVED_LOG, () => body.varint(number));
  for (const number of edit.addedLogs ?? []) record(TAG_ADDED_LOG, () => body.varint(number));
  for (const { level, key } of edit.compactionCursors ?? []) {
    record(TAG_COMPACTION_CURSOR, () => body.varint(level).lengthPrefixed(key));
  }
  for (const number of edit.droppedLogs ?? []) record(TAG_DROPPED_LOG, () => body.varint(number));
  for (const number of edit.keptLogs ?? []) record(TAG_KEPT_LOG, () => body.varint(number));
  const { keyEncoding, valueEncoding, closedSequence, historyBounds } = edit;
  if (keyEncoding !== undefined) {
    record(TAG_KEY_ENCODING, () => body.raw(Buffer.from(keyEncoding, 'utf8')));
  }
  if (valueEncoding !== undefined) {
    record(TAG_VALUE_ENCODING, () => body.raw(Buffer.from(valueEncoding, 'utf8')));
  }
  if (closedSequence !== undefined) record(TAG_CLOSED_SEQUENCE, () => body.varint(closedSequence));
  if (historyBounds !== undefined) {
    const { keepMs, keepBytes } = historyBounds;
    record(TAG_HISTORY_BOUNDS, () => body.varint(keepMs).varint(keepBytes));
  }
  const { versionRetentionMs, retainedFrom, timeMarks = [] } = edit;
  if (versionRetentionMs !== undefined) {
    record(TAG_VERSION_RETENTION, () => body.varint(versionRetentionMs));
  }
  if (retainedFrom !== undefined) record(TAG_RETAINED_FROM, () => putMarks(body, [retainedFrom]));
  if (timeMarks.length > 0) record(TAG_TIME_MARKS, () => putMarks(body, timeMarks));
  return target.finish();
}

/** Each as its distance from the one before. */
function putMarks(body: ByteWriter, marks: readonly TimeMark[]): void {
  let last: TimeMark = { wallMs: 0, sequence: 0 };
  for (const mark of marks) {
    body.varint(mark.wallMs - last.wallMs).varint(mark.sequence - last.sequence);
    last = mark;
  }
}

function putFile(body: ByteWriter, { level, file }: LevelFile): void {
  body
    .varint(level)
    .varint(file.number)
    .varint(file.sizeBytes)
    .uint8(
      (file.isLargestExclusive ? FLAG_LARGEST_EXCLUSIVE : 0) |
        (file.hasSequenceBase ? FLAG_SEQUENCE_BASE : 0) |
        (file.expiry === undefined ? 0 : FLAG_EXPIRY) |
        (file.identity === undefined ? 0 : FLAG_IDENTITY),
    )
    .lengthPrefixed(file.smallest)
    .lengthPrefixed(file.largest)
    .varint(file.smallestSequence)
    .varint(file.largestSequence)
    .varint(file.entryCount)
    .varint(file.deletionCount)
    .varint(file.rangeTombstoneCount);
  if (file.expiry !== undefined) putTableExpiry(body, file.expiry);
  if (file.identity !== undefined) body.raw(Buffer.from(file.identity, 'hex'));
}

/** The edit while its records are read. */
interface EditDraft {
  databaseId?: string;
  engineFormat?: number;
  nextFileNumber?: FileNumber;
  flushedSequence?: SequenceNumber;
  removedFiles?: RemovedFile[];
  addedFiles?: LevelFile[];
  removedLogs?: FileNumber[];
  addedLogs?: FileNumber[];
  compactionCursors?: CompactionCursor[];
  keyEncoding?: string;
  valueEncoding?: string;
  closedSequence?: SequenceNumber;
  keptLogs?: FileNumber[];
  droppedLogs?: FileNumber[];
  historyBounds?: HistoryBounds;
  versionRetentionMs?: number;
  retainedFrom?: TimeMark;
  timeMarks?: TimeMark[];
}

/**
 * Throws CorruptionError (version-edit/read-to-the-end) or IncompatibleFormatError
 * (version-edit/unknown-tag-refused).
 */
export function decodeVersionEdit(bytes: Uint8Array): VersionEdit {
  const source = new ByteReader(bytes);
  const draft: EditDraft = {};
  while (source.remaining > 0) {
    const tag = source.varint();
    const body = new ByteReader(source.lengthPrefixed());
    decodeRecord(tag, body, draft);
    if (body.remaining > 0)
      throw new CorruptionError(`Version edit record is too long: tag=${tag}`);
  }
  return draft;
}

function decodeRecord(tag: number, body: ByteReader, draft: EditDraft): void {
  switch (tag) {
    case TAG_DATABASE_ID:
      refuseRepetition(tag, draft.databaseId);
      draft.databaseId = Buffer.from(body.raw(body.remaining)).toString('utf8');
      return;
    case TAG_ENGINE_FORMAT:
      refuseRepetition(tag, draft.engineFormat);
      draft.engineFormat = body.varint();
      return;
    case TAG_NEXT_FILE_NUMBER:
      refuseRepetition(tag, draft.nextFileNumber);
      draft.nextFileNumber = getFileNumber(body);
      return;
    case TAG_FLUSHED_SEQUENCE:
      refuseRepetition(tag, draft.flushedSequence);
      draft.flushedSequence = getSequence(body);
      return;
    case TAG_ADDED_FILE:
      (draft.addedFiles ??= []).push(getFile(body));
      return;
    case TAG_REMOVED_FILE:
      (draft.removedFiles ??= []).push({ level: getLevel(body), number: getFileNumber(body) });
      return;
    case TAG_ADDED_LOG:
      (draft.addedLogs ??= []).push(getFileNumber(body));
      return;
    case TAG_REMOVED_LOG:
      (draft.removedLogs ??= []).push(getFileNumber(body));
      return;
    case TAG_COMPACTION_CURSOR:
      (draft.compactionCursors ??= []).push({ level: getLevel(body), key: getKey(body) });
      return;
    case TAG_KEY_ENCODING:
      refuseRepetition(tag, draft.keyEncoding);
      draft.keyEncoding = getEncodingName(body);
      return;
    case TAG_VALUE_ENCODING:
      refuseRepetition(tag, draft.valueEncoding);
      draft.valueEncoding = getEncodingName(body);
      return;
    case TAG_CLOSED_SEQUENCE:
      refuseRepetition(tag, draft.closedSequence);
      draft.closedSequence = getSequence(body);
      return;
    case TAG_KEPT_LOG:
      (draft.keptLogs ??= []).push(getFileNumber(body));
      return;
    case TAG_DROPPED_LOG:
      (draft.droppedLogs ??= []).push(getFileNumber(body));
      return;
    case TAG_HISTORY_BOUNDS:
      refuseRepetition(tag, draft.historyBounds);
      draft.historyBounds = { keepMs: body.varint(), keepBytes: body.varint() };
      return;
    default:
      decodeRetention(tag, body, draft);
  }
}

function decodeRetention(tag: number, body: ByteReader, draft: EditDraft): void {
  switch (tag) {
    case TAG_VERSION_RETENTION:
      refuseRepetition(tag, draft.versionRetentionMs);
      draft.versionRetentionMs = body.varint();
      return;
    case TAG_RETAINED_FROM:
      refuseRepetition(tag, draft.retainedFrom);
      draft.retainedFrom = getMark(body, { wallMs: 0, sequence: 0 });
      return;
    case TAG_TIME_MARKS:
      refuseRepetition(tag, draft.timeMarks);
      draft.timeMarks = getMarks(body);
      return;
    default:
      throw new IncompatibleFormatError(`Unknown record in the manifest: tag=${tag}`); // version-edit/unknown-tag-refused
  }
}

function getMarks(body: ByteReader): TimeMark[] {
  const marks: TimeMark[] = [];
  while (body.remaining > 0) marks.push(getMark(body, marks.at(-1) ?? { wallMs: 0, sequence: 0 }));
  return marks;
}

function getMark(body: ByteReader, last: TimeMark): TimeMark {
  const wallMs = last.wallMs + body.varint();
  const sequence = last.sequence + body.varint();
  if (wallMs <= WALL_MS_MAX && sequence <= SEQUENCE_NUMBER_MAX) return { wallMs, sequence };
  throw new CorruptionError(`Time mark is out of range: sequence=${sequence} time=${wallMs}`);
}

function getFile(body: ByteReader): LevelFile {
  const level = getLevel(body);
  const number = getFileNumber(body);
  const sizeBytes = body.varint();
  const flags = body.uint8();
  if ((flags & ~KNOWN_FLAGS) !== 0) {
    throw new IncompatibleFormatError(`Unknown flag of a table in the manifest: flags=${flags}`);
  }
  const file: FileMetadata = {
    number,
    sizeBytes,
    smallest: getKey(body),
    largest: getKey(body),
    isLargestExclusive: (flags & FLAG_LARGEST_EXCLUSIVE) !== 0,
    smallestSequence: getSequence(body),
    largestSequence: getSequence(body),
    entryCount: body.varint(),
    deletionCount: body.varint(),
    rangeTombstoneCount: body.varint(),
    hasSequenceBase: (flags & FLAG_SEQUENCE_BASE) !== 0,
    expiry: (flags & FLAG_EXPIRY) === 0 ? undefined : getTableExpiry(body),
    identity: (flags & FLAG_IDENTITY) === 0 ? undefined : getIdentity(body),
  };
  const { entryCount, deletionCount, expiry } = file;
  if (!hasValidBounds(file)) {
    throw new CorruptionError(`Table has impossible bounds: number=${number}`);
  }
  if (expiry !== undefined && !isPossibleExpiry(expiry, entryCount - deletionCount)) {
    throw new CorruptionError(`Table has an impossible expiry: number=${number}`);
  }
  return { level, file };
}

function getIdentity(body: ByteReader): string {
  return Buffer.from(body.raw(IDENTITY_SIZE_BYTES)).toString('hex');
}

function getLevel(body: ByteReader): number {
  const level = body.varint();
  if (level >= LEVEL_COUNT) throw new CorruptionError(`Level does not exist: level=${level}`);
  return level;
}

function getFileNumber(body: ByteReader): FileNumber {
  const number = body.varint();
  if (!isFileNumber(number)) {
    throw new CorruptionError(`File number is out of range: number=${number}`);
  }
  return fileNumber(number);
}

function getSequence(body: ByteReader): SequenceNumber {
  const sequence = body.varint();
  if (sequence > SEQUENCE_NUMBER_MAX) {
    throw new CorruptionError(`Sequence number is out of range: sequence=${sequence}`);
  }
  return sequenceNumber(sequence);
}

function getEncodingName(body: ByteReader): string {
  const size = body.remaining;
  if (size === 0 || size > ENCODING_NAME_SIZE_BYTES_MAX) {
    throw new CorruptionError(`Name of an encoding has an impossible size: size=${size}`);
  }
  return Buffer.from(body.raw(size)).toString('utf8');
}

/** A copy: versions outlive the buffer that the manifest was read into. */
function getKey(body: ByteReader): Uint8Array {
  return body.lengthPrefixed().slice();
}

function refuseRepetition(tag: number, value: unknown): void {
  if (value !== undefined) throw new CorruptionError(`Version edit repeats a record: tag=${tag}`);
}
