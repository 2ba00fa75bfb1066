/**
 * A new database out of the sound parts of a damaged one.
 *
 * Owns: the order of a repair, the choice of the newest entry of each key, and the new directory.
 *
 *      lock the source -> survey -> look at every table -> read the logs
 *           -> merge by key, newest first -> new database in `<target>.partial` -> verify it -> rename to `target`
 *
 * Invariants:
 *   repair/source-is-only-read: the source is only read, but for its lock. Lost data stays as lost, or as recoverable,
 *       as it was.
 *   repair/newest-entry: for each key the entry with the largest sequence is taken, unless it deletes the key, or a
 *       newer range tombstone covers it. With a believed manifest this is what the database answered, where nothing is
 *       lost.
 *   repair/whole-or-absent: a directory of the name `target` exists only when it is complete, verified and durable.
 *
 * Without a manifest the tables that compactions left behind count as well. An entry that was compacted to the bottom
 * has sequence 0, and a deletion that was may be gone: older values and deleted keys may then come back. The report
 * says so.
 *
 * Suspension: suspends at every batch, and between files.
 */
import { dirname, join, resolve } from 'node:path';

import { compareBytes } from '../bytes/bytes.ts';
import { keyspaceOf, SYSTEM_KEYSPACE } from '../bytes/keyspace-number.ts';
import { nextTurn } from '../base/clock.ts';
import { CorruptionError, InvalidArgumentError } from '../base/errors.ts';
import { SEQUENCE_NUMBER_MAX } from '../base/ids.ts';
import { describe } from '../base/describe.ts';
import { takeOptions, type Template } from '../base/options.ts';
import { RangeTombstones } from '../iterator/range-tombstones.ts';
import { EXPIRING_VALUE, type PointType, showsValue } from '../base/value-type.ts';
import { EXPIRY_SIZE_BYTES, expiryIn } from '../bytes/expiry.ts';
import { type EncryptionOptions, keySourceOf } from '../encryption/encryption-options.ts';
import type { Database } from '../api/database.ts';
import { type StopCheck, stopCheckOf } from '../engine/state/long-calls.ts';
import { open, openForRepair, type OpenOptions } from '../api/open.ts';
import { repairLedgers } from '../api/repair-ledgers.ts';
import type { RecordedEncodings } from '../engine/recovery/recorded-encodings.ts';
import { unlockedVfs } from '../version/database-keys.ts';
import { mustNotBeForeign } from '../version/foreign-database.ts';
import { RepairedIndexes } from './repaired-indexes.ts';
import type { BatchOperation } from '../api/batch-operation.ts';
import { makeDurableDirectory } from '../vfs/durable-directory.ts';
import { isInside, mustNotBeFileName } from '../vfs/nesting.ts';
import { fileName } from '../vfs/filenames.ts';
import { NodeVfs } from '../vfs/node-vfs.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { RepairRecord, type RepairReport } from './repair-report.ts';
import { SalvagedLogs } from './salvaged-logs.ts';
import { type EntrySource, examineTable, runsOf, TableRun } from './salvaged-tables.ts';
import { type Survey, surveyDirectory, withDirectoryLocked } from './survey.ts';

/** The options of `repair`. */
export interface RepairOptions {
  /** Where files live; the operating system's by default. */
  readonly vfs?: Vfs;
  /** The key of an encrypted database, which the new one gets too. */
  readonly encryption?: EncryptionOptions;
  /** Ends the call with AbortedError, and removes the files of the new database. */
  readonly signal?: AbortSignal;
}

const REPAIR_OPTIONS: Template<RepairOptions> = {
  vfs: undefined,
  encryption: undefined,
  signal: undefined,
};
const BATCH_SIZE_BYTES = 1024 * 1024;
const BATCH_COUNT_MAX = 4096;

/**
 * Writes the sound parts of the database `source` into a new database in `target`, a directory that is absent or
 * empty. Resolves with a report of the saved entries and the losses. A report with losses is still a success.
 *
 * Rejects with LockedError when the source is open. InvalidArgumentError: there is no source, or the target is taken.
 * IncompatibleFormatError: a newer engine wrote the source. EncryptionKeyError: it needs another key. IoError or DatabaseFailedError: the target cannot be
 * written. Then there is no target.
 *
 * @example
 * const { losses } = await repair('./damaged', './repaired');
 * losses; // => []
 */
export async function repair(
  source: string,
  target: string,
  given?: RepairOptions,
): Promise<RepairReport> {
  for (const path of [source, target]) {
    if (typeof path === 'string' && path !== '' && !path.includes('\0')) continue;
    throw new InvalidArgumentError(`Directory must be a path: found=${describe(path)}`);
  }
  const options = takeOptions('repair', given, REPAIR_OPTIONS);
  const { encryption, vfs = new NodeVfs() } = options;
  const keySource = keySourceOf(encryption);
  const from = resolve(source);
  const to = resolve(target);
  const partial = `${to}.partial`;
  checkTarget(vfs, from, to, partial);
  const check = stopCheckOf('Repair', options.signal);
  return withDirectoryLocked(vfs, from, async (lockDamage) => {
    const files = await unlockedVfs(vfs, from, keySource);
    const survey = await surveyDirectory(files, from);
    const record = new RepairRecord();
    if (lockDamage !== undefined) record.note(`Read without a lock: ${lockDamage.message}`);
    const sources = await openSources(files, survey, record, check);
    try {
      const { keyEncoding: key, valueEncoding: value } = survey.manifest?.version ?? {};
      const target = { from, partial, encryption };
      const encodings = { key, value };
      const entryCount = await writeTarget(vfs, target, sources, record, check, encodings);
      install(vfs, partial, to);
      return record.report(from, to, survey.manifest?.path, entryCount);
    } finally {
      for (const each of sources.entries) each.close();
    }
  });
}

function checkTarget(vfs: Vfs, from: string, to: string, partial: string): void {
  mustNotBeFileName(to);
  if (isInside(vfs, from, to)) {
    throw new InvalidArgumentError(`Target lies in the database to be repaired: path=${to}`);
  }
  if (vfs.exists(to)) {
    if (!vfs.isDirectory(to)) {
      throw new InvalidArgumentError(`Path is not a directory: path=${to}`);
    }
    const [found] = vfs.list(to);
    if (found !== undefined) {
      mustNotBeForeign(vfs, to);
      throw new InvalidArgumentError(`Directory is not empty: path=${to} file=${found}`);
    }
  }
  if (vfs.exists(partial)) {
    throw new InvalidArgumentError(`An earlier repair was cut short: remove path=${partial}`);
  }
}

interface Sources {
  readonly entries: readonly EntrySource[];
  readonly tombstones: RangeTombstones;
}

async function openSources(
  vfs: Vfs,
  survey: Survey,
  record: RepairRecord,
  check: StopCheck,
): Promise<Sources> {
  const { directory } = survey;
  const version = survey.manifest?.version;
  noteManifest(survey, record);
  const tombstones = new RangeTombstones();
  const tables =
    version === undefined
      ? survey.tables.map((number) => ({ number, metadata: undefined }))
      : version.levels.flat().map((metadata) => ({ number: metadata.number, metadata }));
  const known = [];
  for (const { number, metadata } of tables) {
    check();
    const path = join(directory, fileName('table', number));
    const table = examineTable(vfs, { number, path, metadata }, tombstones, record);
    if (table !== undefined) known.push(table);
    await nextTurn();
  }
  const logs = new SalvagedLogs(vfs, version?.flushedSequence, tombstones, record);
  for (const number of version?.liveLogs ?? survey.logs) {
    await logs.read(number, join(directory, fileName('log', number)), check);
  }
  if (version !== undefined && version.keptLogs.length > 0) {
    record.note(`History is not copied: logs=${version.keptLogs.length}`);
  }
  logs.mustReach(version?.closedSequence ?? 0);
  const runs = runsOf(known).map((run) => new TableRun(vfs, run, record));
  return { entries: [...runs, logs.source()], tombstones };
}

function noteManifest({ manifest, problems, directory }: Survey, record: RepairRecord): void {
  for (const { message } of problems.problems) record.note(message);
  if (manifest !== undefined) return;
  const message =
    'No manifest can be believed: all tables and logs were taken, ' +
    'and deleted keys or older values may be back';
  record.lose({ kind: 'manifest', file: join(directory, fileName('current')), message });
}

interface RepairTarget {
  readonly from: string;
  readonly partial: string;
  readonly encryption: EncryptionOptions | undefined;
}

/** Writes and verifies the new database. On failure nothing of it stays. Resolves with the number of keys. */
async function writeTarget(
  vfs: Vfs,
  { from, partial, encryption }: RepairTarget,
  sources: Sources,
  record: RepairRecord,
  check: StopCheck,
  encodings: RecordedEncodings,
): Promise<number> {
  makeDurableDirectory(vfs, partial);
  try {
    vfs.limitAccess(partial, from);
    const options = {
      vfs,
      errorIfExists: true,
      durability: 'os',
      ...(encryption !== undefined && { encryption }),
    } as const;
    const db = await openForRepair(partial, options, encodings);
    const indexes = new RepairedIndexes();
    let entryCount: number;
    try {
      const written = await writeNewest(db, sources, indexes, check);
      for (const name of indexes.names) {
        record.note(`Index is built anew when its keyspace is opened: index=${name}`);
      }
      entryCount = written.entryCount;
      const expected = entryCount + written.systemCount;
      await db.flush();
      const report = await db.verify();
      if (!report.isSound || report.entryCount !== expected) {
        throw new CorruptionError(
          `The new database is not what was written to it: found=${report.entryCount} expected=${expected}`,
          { file: partial, cause: report.problems },
        );
      }
    } finally {
      await db.close();
    }
    if (indexes.trees.size > 0) await checkLedgers(partial, options, record, check);
    return entryCount;
  } catch (error) {
    discard(vfs, partial);
    throw error;
  }
}

/** What a damage took from entries and from their Merkle tree need not agree: then the tree is built anew. */
async function checkLedgers(
  partial: string,
  { errorIfExists: _, ...options }: OpenOptions,
  record: RepairRecord,
  check: StopCheck,
): Promise<void> {
  const db = await open(partial, options);
  try {
    const notes = await repairLedgers(db, check);
    for (const note of notes) record.note(note);
    if (notes.length === 0) return;
    await db.flush();
    const { problems } = await db.verify();
    if (problems.length === 0) return;
    throw new CorruptionError('Merkle trees of the new database do not fit', {
      file: partial,
      cause: problems,
    });
  } finally {
    await db.close();
  }
}

/** How many keys a repair has written: those of users, and those of the system's keyspace and of Merkle trees. */
interface Written {
  readonly entryCount: number;
  readonly systemCount: number;
}

/** Keeps repair/newest-entry. */
async function writeNewest(
  db: Database,
  sources: Sources,
  indexes: RepairedIndexes,
  check: StopCheck,
): Promise<Written> {
  const { tombstones } = sources;
  let live = sources.entries.filter((source) => source.next());
  let batch: BatchOperation<Uint8Array, Uint8Array>[] = [];
  let sizeBytes = 0;
  let entryCount = 0;
  let systemCount = 0;
  const write = async (): Promise<void> => {
    check();
    await db.batch(batch);
    batch = [];
    sizeBytes = 0;
  };
  while (live.length > 0) {
    const { key, sequence, type, value: found } = newestOfSmallest(live);
    const deletedAt = tombstones.newestCovering(key, 0, key.length, SEQUENCE_NUMBER_MAX);
    const isThere = showsValue(type) && deletedAt <= sequence;
    const value = isThere ? indexes.take(key, found) : undefined;
    if (value !== undefined) {
      batch.push(putOf(key, type, value));
      sizeBytes += key.length + value.length;
      const keyspace = keyspaceOf(key);
      if (keyspace === SYSTEM_KEYSPACE || indexes.trees.has(keyspace)) systemCount++;
      else entryCount++;
      if (sizeBytes >= BATCH_SIZE_BYTES || batch.length >= BATCH_COUNT_MAX) await write();
    }
    live = live.filter((source) => passes(source, key));
  }
  if (batch.length > 0) await write();
  return { entryCount, systemCount };
}

/** An entry as it was: what has expired, or will, keeps its time. */
function putOf(
  key: Uint8Array,
  type: PointType,
  value: Uint8Array,
): BatchOperation<Uint8Array, Uint8Array> {
  if (type !== EXPIRING_VALUE) return { type: 'put', key, value };
  const expiresAt = expiryIn(value, 0, value.length);
  return { type: 'put', key, value: value.subarray(EXPIRY_SIZE_BYTES), expiresAt };
}

/** The newest entry of the smallest key. A copy of the cursor's fields, which its next step changes. */
function newestOfSmallest(
  live: readonly EntrySource[],
): Pick<EntrySource, 'key' | 'sequence' | 'type' | 'value'> {
  let best = live[0]!; // the caller has one
  for (const source of live) {
    const order = compareBytes(source.key, best.key);
    const isNewer =
      source.sequence > best.sequence ||
      (source.sequence === best.sequence && source.age > best.age);
    if (order < 0 || (order === 0 && isNewer)) best = source;
  }
  const { key, sequence, type, value } = best;
  return { key, sequence, type, value };
}

/** Steps past every entry of `key`; false at the end. */
function passes(source: EntrySource, key: Uint8Array): boolean {
  while (compareBytes(source.key, key) === 0) if (!source.next()) return false;
  return true;
}

/** Keeps repair/whole-or-absent. */
function install(vfs: Vfs, partial: string, to: string): void {
  try {
    if (vfs.exists(to)) vfs.removeDirectory(to);
    vfs.rename(partial, to);
  } catch (error) {
    discard(vfs, partial);
    throw error;
  }
  vfs.syncDirectorySync(dirname(to));
}

/** Best effort: the error that led here is the one to report, and the name says that it is no whole database. */
function discard(vfs: Vfs, partial: string): void {
  try {
    for (const name of vfs.list(partial)) vfs.unlink(join(partial, name));
    vfs.removeDirectory(partial);
  } catch {
    // A directory that stays is in the way of the next repair alone, which names it.
  }
}
