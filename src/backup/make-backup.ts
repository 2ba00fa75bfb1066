/**
 * Making a backup.
 *
 * Owns: the order of its steps, and which content is moved.
 *
 *      lease -> what objects are there? -> which tables did the last backup have? -> check and move what is missing
 *            -> record -> lease still there?
 *
 * What a kill, a power cut or a failing store leaves: a lease, and objects that no record refers to. The next prune removes
 * both. Until the record is put, no backup of this call is seen.
 *
 * Invariants:
 *   make-backup/record-last: the record is put when every object that it refers to is in the store, whole. So a backup that
 *       is seen can be restored.
 *   make-backup/by-content: an object is named by the hash of its content. One that is in the store with its size is not
 *       moved again, whoever put it.
 *   make-backup/known-by-identity: a table is not even read when the last backup of the database has one with the same
 *       identity. Numbers and sizes do not count: two copies of a database give them out alike.
 *   make-backup/source-checked: a table that is read is checked, every block, and so are the logs. A database that is
 *       damaged ends the backup with CorruptionError. A damaged table does not get a place among sound ones.
 *   make-backup/same-bytes: what is moved is what was checked and hashed: a table is read once, into memory (check-job.ts). What
 *       is too large for that, and logs, are hashed again on their way. A file that gives other bytes the second time ends
 *       the backup, and leaves no object.
 *
 * Tables are read, checked and hashed by a job, in a worker where the database has one: commits go on beside it.
 *
 * Suspension: suspends between chunks of 256 KiB, for jobs, for reads, for the store and for its rate.
 */
import { createHash, randomUUID } from 'node:crypto';

import { BackupError, CorruptionError } from '../base/errors.ts';
import { nextTurn } from '../base/clock.ts';
import type { CheckedTable } from '../compaction/compaction.ts';
import type { Capture } from '../engine/copy/capture.ts';
import type { FileMetadata } from '../version/file-metadata.ts';
import { fileName } from '../vfs/filenames.ts';
import { readFullyAsync, type VfsFile } from '../vfs/vfs.ts';
import type { StoreCalls } from './backup-store.ts';
import {
  BACKUPS,
  type BackupKey,
  compareBackups,
  hashIn,
  objectName,
  OBJECTS,
  parseRecordName,
  recordName,
} from './layout.ts';
import { Lease } from './lease.ts';
import type { Meter } from './meter.ts';
import { readBackup } from './read-backup.ts';
import {
  type BackupFile,
  type BackupRecord,
  encodeRecord,
  type FilePart,
  sha256Of,
} from './record.ts';

/** The report of a finished backup. */
export interface BackupReport {
  /** The name by which it is restored. */
  readonly name: string;
  /** The last operation in it. */
  readonly sequence: number;
  /** No commit in it is newer. */
  readonly time: Date;
  /** Files of the database in it. */
  readonly files: number;
  /** Those of which the store lacked something. */
  readonly filesNew: number;
  /** Bytes of all files. */
  readonly bytes: number;
  /** Those that were moved. */
  readonly bytesNew: number;
}

const CHUNK_SIZE_BYTES = 256 * 1024;
/** Logs grow from one backup to the next: they are stored in parts, of which all but the last stay the same. */
const LOG_PART_SIZE_BYTES = 4 * 1024 * 1024;

/** Where a backup comes from. */
export interface BackupSource {
  readonly capture: Capture;
  readonly incarnation: string;
}

/** A file of the capture, before it is in the store. */
interface SourceFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly partSizeBytes: number;
  readonly table?: FileMetadata;
  /** Runs `use` with the reading end. */
  open<T>(use: (read: ReadAt) => Promise<T>): Promise<T>;
}

type ReadAt = (target: Uint8Array, position: number) => Promise<void>;

export class BackupMaker {
  readonly #source: BackupSource;
  readonly #store: StoreCalls;
  readonly #meter: Meter;
  readonly #lease: Lease;
  /** Sizes of the objects in the store, by hash. */
  #present: Map<string, number> = new Map();
  #filesNew = 0;
  #bytesNew = 0;

  constructor(source: BackupSource, store: StoreCalls, meter: Meter) {
    this.#source = source;
    this.#store = store;
    this.#meter = meter;
    this.#lease = new Lease('backup', store, meter);
  }

  async run(givenName: string | undefined): Promise<BackupReport> {
    const madeMs = this.#meter.clock.wallMs();
    const name = givenName ?? defaultName(madeMs);
    await this.#mustBeFree(name);
    await this.#lease.put();
    try {
      await this.#lease.waitForPrunes();
      return await this.#make(name, madeMs);
    } finally {
      await this.#lease.drop();
    }
  }

  async #mustBeFree(name: string): Promise<void> {
    for (const stored of (await this.#store.list(BACKUPS)).keys()) {
      if (parseRecordName(stored)?.name !== name) continue;
      throw new BackupError(
        'BACKUP_EXISTS',
        `Store has a backup of this name: name=${name}`,
        stored,
      );
    }
  }

  async #make(name: string, madeMs: number): Promise<BackupReport> {
    const { capture, incarnation } = this.#source;
    const { databaseId: database } = capture;
    for (const [stored, sizeBytes] of await this.#store.list(OBJECTS)) {
      const hash = hashIn(stored);
      if (hash !== undefined) this.#present.set(hash, sizeBytes);
    }
    const known = await this.#knownTables(database);
    const sequence = await this.#checkLogs();
    const sources = await this.#sources();
    this.#meter.begin(
      'moving',
      sources.length,
      sources.reduce((sum, file) => sum + file.sizeBytes, 0),
    );
    const files: BackupFile[] = [];
    for (const file of sources) files.push(await this.#storeFile(file, known));
    const record: BackupRecord = {
      name,
      database,
      incarnation,
      madeMs,
      timeMs: capture.wallMs,
      sequence,
      flushedSequence: capture.version.flushedSequence,
      files,
      ...(capture.keyGeneration === undefined ? {} : { keyGeneration: capture.keyGeneration }),
    };
    await this.#putRecord(record);
    const bytes = sources.reduce((sum, file) => sum + file.sizeBytes, 0);
    return {
      name,
      sequence,
      time: new Date(record.timeMs),
      files: files.length,
      filesNew: this.#filesNew,
      bytes,
      bytesNew: this.#bytesNew,
    };
  }

  /** Keeps make-backup/record-last and lease/fenced. */
  async #putRecord(record: BackupRecord): Promise<void> {
    await this.#lease.mustStand();
    await this.#mustBeFree(record.name);
    const stored = recordName(record);
    await this.#store.putBytes(stored, encodeRecord('backup', record));
    try {
      await this.#lease.mustStand();
    } catch (error) {
      if (error instanceof BackupError && error.code === 'BACKUP_SUPERSEDED') {
        await this.#store.delete(stored);
      }
      throw error;
    }
  }

  /** Parts of the tables of the last backup, by identity (make-backup/known-by-identity). */
  async #knownTables(database: string): Promise<Map<string, readonly FilePart[]>> {
    const known = new Map<string, readonly FilePart[]>();
    const keys: BackupKey[] = [];
    for (const stored of (await this.#store.list(`${BACKUPS}${database}/`)).keys()) {
      const key = parseRecordName(stored);
      if (key !== undefined) keys.push(key);
    }
    const newest = keys.sort(compareBackups).at(-1);
    if (newest === undefined) return known;
    try {
      for (const { identity, parts } of (await readBackup(this.#store, newest)).files) {
        if (identity !== undefined) known.set(identity, parts);
      }
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'BACKUP_DAMAGED') throw error;
      known.clear(); // then every table is read
    }
    return known;
  }

  /** Keeps make-backup/source-checked, of logs. */
  async #checkLogs(): Promise<number> {
    const { capture } = this.#source;
    this.#meter.begin('checking', capture.logs.length, 0);
    return capture.lastSequence(this.#meter.check.bind(this.#meter));
  }

  async #sources(): Promise<SourceFile[]> {
    const { capture } = this.#source;
    const tables = capture.version.levels.flat().map((table): SourceFile => {
      const path = capture.tablePath(table.number);
      return {
        name: fileName('table', table.number),
        sizeBytes: table.sizeBytes,
        partSizeBytes: Infinity,
        table,
        open: async (use) => {
          const file = capture.vfs.open(path, 'read');
          try {
            return await use(readerOf(file));
          } finally {
            file.closeSync();
          }
        },
      };
    });
    const logs = capture.logs.map(({ number, file, sizeBytes }): SourceFile => ({
      name: fileName('log', number),
      sizeBytes,
      partSizeBytes: LOG_PART_SIZE_BYTES,
      open: (use) => use(readerOf(file)),
    }));
    const { number, bytes } = await capture.manifest();
    const manifest = sourceOf(fileName('manifest', number), bytes);
    const ring = capture.keyRing();
    const rings = ring === undefined ? [] : [sourceOf(fileName('keyRing'), ring)];
    return [...tables, ...logs, ...rings, manifest];
  }

  /** Stores what is missing of a file. */
  async #storeFile(
    file: SourceFile,
    known: ReadonlyMap<string, readonly FilePart[]>,
  ): Promise<BackupFile> {
    this.#meter.check();
    await this.#lease.renew();
    const { name, sizeBytes, table } = file;
    const identity = table?.identity;
    const knownParts = identity === undefined ? undefined : known.get(identity);
    if (knownParts !== undefined && this.#hasAll(knownParts, sizeBytes)) {
      this.#meter.done(sizeBytes, 1);
      return { name, parts: knownParts, ...(identity === undefined ? {} : { identity }) };
    }
    const checked = table === undefined ? undefined : await this.#checkTable(table);
    if (checked !== undefined) {
      const part = { hash: checked.hash, sizeBytes };
      await this.#storeTable(part, file, checked.bytes);
      this.#meter.done(0, 1);
      return { name, parts: [part], ...(identity === undefined ? {} : { identity }) };
    }
    const parts = await file.open(async (read) => {
      const made: FilePart[] = [];
      for (let start = 0; start < sizeBytes || made.length === 0; start += file.partSizeBytes) {
        made.push(
          await this.#storePart(read, start, Math.min(file.partSizeBytes, sizeBytes - start)),
        );
      }
      return made;
    });
    this.#meter.done(0, 1);
    return { name, parts };
  }

  /** `bytes` are those that were checked and hashed; a large table is read again (make-backup/same-bytes). */
  async #storeTable(
    part: FilePart,
    file: SourceFile,
    bytes: Uint8Array | undefined,
  ): Promise<void> {
    if (bytes !== undefined) {
      await this.#putMissing(part, () => this.#metered(pieces(bytes)));
      return;
    }
    await file.open((read) =>
      this.#putMissing(part, () => this.#checked(part, chunksOf(read, 0, part.sizeBytes))),
    );
  }

  #hasAll(parts: readonly FilePart[], sizeBytes: number): boolean {
    const isThere = ({ hash, sizeBytes: size }: FilePart): boolean =>
      this.#present.get(hash) === size;
    return (
      parts.every(isThere) && parts.reduce((sum, part) => sum + part.sizeBytes, 0) === sizeBytes
    );
  }

  /** Keeps make-backup/source-checked, of tables. */
  async #checkTable(table: FileMetadata): Promise<CheckedTable> {
    const { capture } = this.#source;
    const checked = await capture.check(table, this.#meter.signal);
    const { problem } = checked;
    if (problem === undefined) return checked;
    const path = capture.tablePath(table.number);
    const place = problem.offset === undefined ? {} : { offset: problem.offset };
    throw new CorruptionError(`Table is damaged, and no backup of it is made: ${problem.message}`, {
      file: path,
      ...place,
    });
  }

  async #storePart(read: ReadAt, start: number, sizeBytes: number): Promise<FilePart> {
    const isSmall = sizeBytes <= LOG_PART_SIZE_BYTES;
    if (isSmall) {
      const bytes = new Uint8Array(sizeBytes);
      await read(bytes, start);
      const hash = sha256Of(bytes);
      const part = { hash, sizeBytes };
      await this.#putMissing(part, () => this.#metered(pieces(bytes)));
      return part;
    }
    const hasher = createHash('sha256');
    for await (const chunk of chunksOf(read, start, sizeBytes)) {
      hasher.update(chunk);
      this.#meter.check();
    }
    const part = { hash: hasher.digest('hex'), sizeBytes };
    await this.#putMissing(part, () => this.#checked(part, chunksOf(read, start, sizeBytes)));
    return part;
  }

  /** Keeps make-backup/by-content and make-backup/same-bytes. */
  async #putMissing(part: FilePart, content: () => AsyncIterable<Uint8Array>): Promise<void> {
    const { hash, sizeBytes } = part;
    if (this.#present.get(hash) === sizeBytes) {
      this.#meter.done(sizeBytes);
      return;
    }
    await this.#store.put(objectName(hash), sizeBytes, content());
    this.#present.set(hash, sizeBytes);
    this.#filesNew++;
    this.#bytesNew += sizeBytes;
  }

  /** In turns of the event loop, within the rate. */
  async *#metered(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of content) {
      await this.#meter.pass(chunk.length);
      await this.#lease.renew();
      this.#meter.done(chunk.length);
      yield chunk;
      await nextTurn();
    }
  }

  async *#checked(
    { hash }: FilePart,
    content: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array, void> {
    const hasher = createHash('sha256');
    for await (const chunk of this.#metered(content)) {
      hasher.update(chunk);
      yield chunk;
    }
    if (hasher.digest('hex') === hash) return;
    throw new CorruptionError(
      'File gives other bytes each time it is read: the disk may be failing',
    );
  }
}

/** A time that sorts, and what keeps two databases apart. */
/** A file that is in memory. */
function sourceOf(name: string, bytes: Uint8Array): SourceFile {
  return {
    name,
    sizeBytes: bytes.length,
    partSizeBytes: Infinity,
    open: (use) =>
      use(async (target, position) => {
        await Promise.resolve();
        target.set(bytes.subarray(position, position + target.length));
      }),
  };
}

function defaultName(madeMs: number): string {
  const time = new Date(madeMs).toISOString().replaceAll(/[:.]/g, '-');
  return `${time}-${randomUUID().slice(0, 8)}`;
}

function readerOf(file: VfsFile): ReadAt {
  return async (target, position) => {
    const count = await readFullyAsync(file, target, 0, target.length, position);
    if (count === target.length) return;
    const place = { file: file.path, offset: position + count };
    throw new CorruptionError('File is shorter than what was written to it', place);
  };
}

async function* chunksOf(
  read: ReadAt,
  start: number,
  sizeBytes: number,
): AsyncGenerator<Uint8Array, void> {
  for (let offset = 0; offset < sizeBytes; offset += CHUNK_SIZE_BYTES) {
    const chunk = new Uint8Array(Math.min(CHUNK_SIZE_BYTES, sizeBytes - offset));
    await read(chunk, start + offset);
    yield chunk;
  }
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  await Promise.resolve();
  for (let offset = 0; offset < bytes.length; offset += CHUNK_SIZE_BYTES) {
    yield bytes.subarray(offset, offset + CHUNK_SIZE_BYTES);
  }
}
