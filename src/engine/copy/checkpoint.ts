/**
 * A copy of an open database in another directory.
 *
 * Owns: making it while writes go on.
 *
 *      make and lock the directory -> capture a moment -> link tables -> copy logs, sync, read them back
 *           -> manifest, sync -> the steps of new-directory.ts, CURRENT last
 *
 * Tables are linked, not copied: they never change, and the last of their names keeps them. Logs are copied up to the
 * last whole frame, so nothing is flushed and no writer waits. The copy has an id of its own: from here on the two
 * write different commits under the same sequence numbers.
 *
 * Invariants:
 *   checkpoint/whole-prefix: the copy holds every commit acknowledged before the call, and a prefix of the commit
 *       order, whole commits only (capture/whole-prefix). The logs are read back before the copy counts, so its files
 *       were seen to hold what it promises.
 *   checkpoint/current-last: the copy counts once everything in it is durable (new-directory/current-last).
 *   checkpoint/whole-tables: a linked table has the size that the manifest names. One that was cut short, or is gone,
 *       ends the checkpoint with CorruptionError: a copy that `open` would refuse is no copy.
 *   checkpoint/no-file-name: the directory of the copy has no name of a database file (new-directory/no-file-name).
 *   checkpoint/source-is-only-read: the source is only read (capture/only-read), and a flush or a compaction takes no file
 *       away meanwhile (capture/files-stay).
 *
 * Limit: where the file system cannot link, the Vfs copies a table in one go and stops the event loop meanwhile.
 *
 * Suspension: suspends between files, within logs, and for syncs.
 */
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';

import { nextTurn } from '../../base/clock.ts';
import { CorruptionError } from '../../base/errors.ts';
import { checkTable } from '../../version/database-directory.ts';
import type { FileMetadata } from '../../version/file-metadata.ts';
import { fileName } from '../../vfs/filenames.ts';
import { readFullyAsync, writeFully } from '../../vfs/vfs.ts';
import type { StopCheck } from '../state/long-calls.ts';
import { Capture, type CapturedLog, type CaptureHost } from './capture.ts';
import { inNewDirectory, type NewDirectory } from './new-directory.ts';

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
export function makeCheckpoint(
  engine: CaptureHost,
  target: string,
  check: StopCheck,
): Promise<CheckpointReport> {
  const { vfs, directory } = engine.parts;
  return inNewDirectory(vfs, target, directory, (copy) => fill(engine, copy, check));
}

async function fill(
  engine: CaptureHost,
  copy: NewDirectory,
  check: StopCheck,
): Promise<CheckpointReport> {
  const capture = new Capture(engine);
  try {
    const { version, logs } = capture;
    await linkTables(capture, copy, check);
    for (const log of logs) await copyLog(log, copy, check);
    // Read back before CURRENT leads to them: a copy that cannot be replayed is found now, not when it is needed.
    const paths = logs.map(({ number }) => join(copy.path, fileName('log', number)));
    const sequence = await capture.lastSequence(check, paths);
    await capture.writeKeyRing(copy); // what opens the files comes before what leads to them
    copy.pathOf(fileName('manifest', capture.manifestNumber));
    const manifest = await capture.writeManifest(copy.vfs, copy.path, randomUUID());
    await copy.complete(manifest);
    return {
      location: copy.path,
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

async function linkTables(capture: Capture, copy: NewDirectory, check: StopCheck): Promise<void> {
  for (const [index, file] of capture.version.levels.flat().entries()) {
    check();
    link(capture.tablePath(file.number), copy, file);
    if (index % LINKS_PER_TURN === LINKS_PER_TURN - 1) await nextTurn();
  }
}

/** Keeps checkpoint/whole-tables. The error names the source: the copy is removed. */
function link(from: string, copy: NewDirectory, metadata: FileMetadata): void {
  checkTable(copy.vfs, dirname(from), metadata);
  copy.vfs.link(from, copy.pathOf(fileName('table', metadata.number)));
  checkTable(copy.vfs, copy.path, metadata);
}

/** Copies the log up to its end, and syncs the copy. */
async function copyLog(
  { number, file, sizeBytes }: CapturedLog,
  copy: NewDirectory,
  check: StopCheck,
): Promise<void> {
  const target = copy.vfs.open(copy.pathOf(fileName('log', number)), 'create');
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
