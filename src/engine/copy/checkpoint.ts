/**
 * A copy of an open database in another directory.
 *
 * Owns: making it while writes go on, and removing what was made of it when it fails.
 *
 *      make and lock the directory -> one step: version, logs and their ends
 *           -> link tables -> copy logs, sync, read them back -> manifest, sync
 *           -> sync the directory -> CURRENT -> sync the directory
 *
 * Tables are linked, not copied: they never change, and the last of their names keeps them. Logs are copied up to the
 * last whole frame, so nothing is flushed and no writer waits. The copy has an id of its own: from here on the two
 * write different commits under the same sequence numbers.
 *
 * Invariants:
 *   checkpoint/whole-prefix: the copy holds every commit acknowledged before the call, and a prefix of the commit
 *       order, whole commits only (capture/whole-prefix). The logs are read back before the copy counts, so its files
 *       were seen to hold what it promises.
 *   checkpoint/current-last: CURRENT comes last, when everything that it leads to is synced, entries included. A crash
 *       before that leaves a directory that no `open` takes for a database with data. Once a table or a frame is in it,
 *       `open` refuses it with CorruptionError (CURRENT is missing); before that it is as good as empty.
 *   checkpoint/whole-tables: a linked table has the size that the manifest names. One that was cut short, or is gone,
 *       ends the checkpoint with CorruptionError: a copy that `open` would refuse is no copy.
 *   checkpoint/no-file-name: the directory of the copy has no name of a database file.
 *   checkpoint/source-is-only-read: the source is only read (capture/only-read), and a flush may remove the names of logs
 *       (capture/files-stay).
 *
 * Limit: where the file system cannot link, the Vfs copies a table in one go and stops the event loop meanwhile.
 *
 * Suspension: suspends between files, within logs, and for syncs.
 */
import { randomUUID } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';

import { nextTurn } from '../../base/clock.ts';
import { CorruptionError, InvalidArgumentError } from '../../base/errors.ts';
import { installCurrent, writeCurrentTemporary } from '../../version/manifest.ts';
import type { FileMetadata } from '../../version/file-metadata.ts';
import { checkTable } from '../../version/database-directory.ts';
import { mustNotBeForeign } from '../../version/foreign-database.ts';
import { makeDurableDirectory } from '../../vfs/durable-directory.ts';
import { fileName } from '../../vfs/filenames.ts';
import { mustNotBeFileName } from '../../vfs/nesting.ts';
import { readFullyAsync, type Vfs, writeFully } from '../../vfs/vfs.ts';
import type { StopCheck } from '../state/long-calls.ts';
import { Capture, type CapturedLog, type CaptureHost } from './capture.ts';

/** The options of `checkpoint`. */
export interface CheckpointOptions {
  /** Ends the call with AbortedError; what was made of the copy is removed. */
  readonly signal?: AbortSignal;
}

/** The report of a finished checkpoint. */
export interface CheckpointReport {
  /** The directory of the copy, as an absolute path. */
  readonly location: string;
  /** The last operation in the copy. */
  readonly sequence: number;
  /** Tables in the copy. */
  readonly tableCount: number;
  /** Logs in the copy. */
  readonly logCount: number;
  /** Bytes of these tables, which share the disk with the original where the file system links. */
  readonly tableSizeBytes: number;
  /** Bytes of these logs, which are the copy's own. */
  readonly logSizeBytes: number;
}

const COPY_CHUNK_SIZE_BYTES = 1024 * 1024;
const LINKS_PER_TURN = 16;

/** Makes the copy in `target`, a directory that is absent or empty. On failure what was made is removed. */
export async function makeCheckpoint(
  engine: CaptureHost,
  target: string,
  check: StopCheck,
): Promise<CheckpointReport> {
  const { vfs } = engine.parts;
  const directory = resolve(target);
  mustNotBeFileName(directory);
  checkTarget(vfs, directory);
  const firstMade = makeDurableDirectory(vfs, directory);
  const copy = new CheckpointFiles(vfs, directory, firstMade);
  try {
    vfs.limitAccess(directory, engine.parts.directory); // while it is empty
    const lock = await vfs.lock(directory);
    try {
      checkTarget(vfs, directory); // again: another process may have been faster
      return await fill(engine, copy, check);
    } catch (error) {
      copy.discardFiles();
      throw error;
    } finally {
      await lock.release();
    }
  } catch (error) {
    copy.discardDirectories();
    throw error;
  }
}

function checkTarget(vfs: Vfs, directory: string): void {
  if (!vfs.exists(directory)) return;
  if (!vfs.isDirectory(directory)) {
    throw new InvalidArgumentError(`Path is not a directory: path=${directory}`);
  }
  const isOther = (name: string): boolean => !name.startsWith(fileName('lock'));
  const found = vfs.list(directory).find(isOther);
  if (found === undefined) return;
  mustNotBeForeign(vfs, directory);
  throw new InvalidArgumentError(`Directory is not empty: path=${directory} file=${found}`);
}

async function fill(
  engine: CaptureHost,
  copy: CheckpointFiles,
  check: StopCheck,
): Promise<CheckpointReport> {
  const capture = new Capture(engine);
  try {
    const { version, logs } = capture;
    await linkTables(capture, copy, check);
    for (const log of logs) await copy.copyLog(log, check);
    // Read back before CURRENT leads to them: a copy that cannot be replayed is found now, not when it is needed.
    const paths = logs.map(({ number }) => join(copy.directory, fileName('log', number)));
    const sequence = await capture.lastSequence(copy.vfs, paths, check);
    await copy.complete(capture);
    return {
      location: copy.directory,
      sequence,
      tableCount: version.fileCount,
      logCount: logs.length,
      tableSizeBytes: version.sizeBytes,
      logSizeBytes: logs.reduce((sum, log) => sum + log.sizeBytes, 0),
    };
  } finally {
    capture.close();
  }
}

async function linkTables(
  capture: Capture,
  copy: CheckpointFiles,
  check: StopCheck,
): Promise<void> {
  for (const [index, file] of capture.version.levels.flat().entries()) {
    check();
    copy.link(capture.tablePath(file.number), file);
    if (index % LINKS_PER_TURN === LINKS_PER_TURN - 1) await nextTurn();
  }
}

/** The files of the copy, and how they are taken back. */
class CheckpointFiles {
  readonly vfs: Vfs;
  readonly directory: string;
  /** The outermost directory that was made for the copy. */
  readonly #firstMade: string | undefined;
  /** Names, in the order of their making. */
  readonly #made: string[] = [];

  constructor(vfs: Vfs, directory: string, firstMade: string | undefined) {
    this.vfs = vfs;
    this.directory = directory;
    this.#firstMade = firstMade;
  }

  /** Keeps checkpoint/whole-tables. The error names the source: the copy is removed. */
  link(from: string, metadata: FileMetadata): void {
    checkTable(this.vfs, dirname(from), metadata);
    const name = fileName('table', metadata.number);
    this.#made.push(name);
    this.vfs.link(from, join(this.directory, name));
    checkTable(this.vfs, this.directory, metadata);
  }

  /** Copies the log up to its end, and syncs the copy. */
  async copyLog({ number, file, sizeBytes }: CapturedLog, check: StopCheck): Promise<void> {
    const name = fileName('log', number);
    this.#made.push(name);
    const target = this.vfs.open(join(this.directory, name), 'create');
    try {
      const chunk = new Uint8Array(Math.min(COPY_CHUNK_SIZE_BYTES, sizeBytes));
      for (let offset = 0; offset < sizeBytes;) {
        check();
        const length = Math.min(chunk.length, sizeBytes - offset);
        const count = await readFullyAsync(file, chunk, 0, length, offset);
        if (count < length) {
          const place = { file: file.path, offset: offset + count };
          throw new CorruptionError('Log is shorter than what was written to it', place);
        }
        writeFully(target, chunk, 0, length, offset);
        offset += length;
      }
      check();
      await target.sync();
    } finally {
      target.closeSync();
    }
  }

  /** Keeps checkpoint/current-last. */
  async complete(capture: Capture): Promise<void> {
    const { vfs, directory } = this;
    this.#made.push(fileName('manifest', capture.manifestNumber));
    const number = await capture.writeManifest(vfs, directory, randomUUID());
    // The entries of everything before the name that leads to it.
    await vfs.syncDirectory(directory);
    this.#made.push(fileName('currentTemporary'));
    await writeCurrentTemporary(vfs, directory, number);
    this.#made.push(fileName('current'));
    await installCurrent(vfs, directory);
  }

  /** Best effort, CURRENT first, so that what stays is no database. The error that led here is the one to report. */
  discardFiles(): void {
    for (const name of this.#made.reverse()) {
      attempt(() => this.vfs.unlink(join(this.directory, name)));
    }
  }

  discardDirectories(): void {
    if (this.#firstMade === undefined) return;
    for (let path = this.directory; ; path = dirname(path)) {
      if (!attempt(() => this.vfs.removeDirectory(path))) return;
      if (path === this.#firstMade || dirname(path) === path) return;
    }
  }
}

/** False when it could not be done: it was never made, or stays. */
function attempt(remove: () => void): boolean {
  try {
    remove();
    return true;
  } catch {
    return false;
  }
}
