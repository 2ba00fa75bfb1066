/**
 * A moment of an open database, held still while it is copied.
 *
 * Owns: the files that make up the database at one moment: its tables, its logs up to their last whole frame, and a
 * manifest that names just these. A checkpoint and a backup copy a capture.
 *
 * Invariants:
 *   capture/whole-prefix: the files hold every commit acknowledged before the capture, and a prefix of the commit order,
 *       whole commits only (log-extents/prefix).
 *   capture/files-stay: tables are pinned by their version, and logs are held (log-history/held-stay). So compactions and
 *       flushes take no file away meanwhile, and no byte of them changes (log-extents/bytes-stay).
 *   capture/only-read: nothing of the database is written.
 *
 * Suspension: the constructor is synchronous; reading and checking suspend.
 */
import { whenAborted } from '../../base/abort.ts';
import type { Clock } from '../../base/clock.ts';
import { isOfEndedWorker } from '../../base/shortage.ts';
import { runCheck } from '../../compaction/check-job.ts';
import {
  type CheckDescription,
  type CheckedTable,
  makeCancellation,
} from '../../compaction/compaction.ts';
import type { JobRunner } from '../../compaction/job-runner.ts';
import { INLINE_PACE, Pacer } from '../../compaction/pacer.ts';
import type { FileMetadata } from '../../version/file-metadata.ts';
import { CorruptionError } from '../../base/errors.ts';
import { type FileNumber, fileNumber } from '../../base/ids.ts';
import type { FrameClock } from '../../log/frame-clock.ts';
import type { KeyRing } from '../../encryption/key-ring-format.ts';
import { LogChain } from '../../log/log-chain.ts';
import type { DatabaseKeys } from '../../version/database-keys.ts';
import { ManifestWriter } from '../../version/manifest.ts';
import { wholeStateEdit } from '../../version/version-builder.ts';
import type { Version } from '../../version/version.ts';
import { fileName } from '../../vfs/filenames.ts';
import { keyedVfs } from '../../vfs/keyed-vfs.ts';
import { MemoryVfs } from '../../vfs/memory-vfs.ts';
import { readFully, type Vfs, type VfsFile, type VfsLock } from '../../vfs/vfs.ts';
import type { LogHistory, LogHold } from '../history/log-history.ts';
import { logExtentsOf } from '../state/log-extents.ts';
import { jobMeansOf } from '../state/job-means.ts';
import type { StopCheck } from '../state/long-calls.ts';
import type { ReadState } from '../state/read-state.ts';
import type { NewDirectory } from './new-directory.ts';

/** Larger tables are read again when they are moved: a table is a few mebibytes, unless its options say otherwise. */
const HELD_SIZE_BYTES_MAX = 32 * 1024 * 1024;

/** The parts of the engine that a capture needs. */
export interface CaptureHost {
  readonly state: ReadState;
  readonly horizons: { readonly published: number };
  readonly frameClock: FrameClock;
  readonly history: Pick<LogHistory, 'hold' | 'release'>;
  readonly parts: {
    readonly vfs: Vfs;
    readonly directory: string;
    readonly clock: Clock;
    readonly versions: { readonly databaseId: string };
    /** Undefined where nothing is encrypted. */
    readonly keys: DatabaseKeys | undefined;
    readonly lock: VfsLock;
    readonly runner: JobRunner;
  };
  pathOf(kind: 'log' | 'table', number: number): string;
}

export interface CapturedLog {
  readonly number: FileNumber;
  readonly file: VfsFile;
  readonly sizeBytes: number;
}

/** A manifest with no other edit than the one that makes the captured state. */
export interface CapturedManifest {
  readonly number: FileNumber;
  readonly bytes: Uint8Array;
}

export class Capture {
  readonly version: Version;
  readonly logs: readonly CapturedLog[];
  /** The last commit that was acknowledged; the logs may hold a few more. */
  readonly published: number;
  /** No frame of the files has a later time. */
  readonly wallMs: number;
  readonly databaseId: string;
  readonly #host: CaptureHost;
  readonly #hold: LogHold;
  /** The keys of its files: they stay in the ring of a copy, whatever a rotation drops meanwhile. */
  readonly #ring: KeyRing | undefined;

  /** Close it. Throws IoError when a log cannot be opened. */
  constructor(host: CaptureHost) {
    this.#host = host;
    this.databaseId = host.parts.versions.databaseId;
    // ATOMIC(capture/whole-prefix): version, logs and horizon are of one moment
    this.published = host.horizons.published;
    this.wallMs = host.frameClock.lastMs;
    this.logs = openLogs(host);
    this.version = host.state.version.ref();
    this.#ring = host.parts.keys?.ring;
    this.#hold = host.history.hold(this.logs[0]?.number ?? Infinity);
    // END ATOMIC
  }

  get vfs(): Vfs {
    return this.#host.parts.vfs;
  }

  tablePath(number: FileNumber): string {
    return this.#host.pathOf('table', number);
  }

  /**
   * Reads a table whole, checks it and hashes it, beside this thread where the database has a worker. Rejects with
   * AbortedError for the signal, CorruptionError for a file that is shorter, IoError.
   */
  async check(table: FileMetadata, signal: AbortSignal): Promise<CheckedTable> {
    const { runner, directory, vfs } = this.#host.parts;
    const description: CheckDescription = {
      kind: 'check',
      directory,
      table,
      heldSizeBytesMax: HELD_SIZE_BYTES_MAX,
      cancellation: makeCancellation(),
      ...jobMeansOf(this.#host.parts),
    };
    const unlisten = whenAborted(signal, () => runner.cancel(description));
    try {
      if (signal.aborted) runner.cancel(description);
      return await runner.run(description);
    } catch (error) {
      if (!isOfEndedWorker(error)) throw error;
      const { cancellation } = description;
      const pacer = new Pacer({ clock: this.#host.parts.clock, pace: INLINE_PACE, cancellation });
      // The worker has died, of whatever job: this thread can read.
      return await runCheck(description, { vfs, pacer, onProgress: () => undefined });
    } finally {
      unlisten();
    }
  }

  /** Lets its files go. Once. */
  close(): void {
    for (const { file } of this.logs) file.closeSync();
    this.version.unref();
    this.#host.history.release(this.#hold);
  }

  /** A number above that of every captured file. */
  get manifestNumber(): FileNumber {
    let largest = 0;
    this.version.forEachFile((file) => (largest = Math.max(largest, file.number)));
    for (const { number } of this.logs) largest = Math.max(largest, number);
    return fileNumber(largest + 1);
  }

  /** Writes the manifest into a directory, and syncs it, but not its entry. A copy has no history of its own. */
  async writeManifest(vfs: Vfs, directory: string, databaseId: string): Promise<FileNumber> {
    const number = this.manifestNumber;
    const snapshot = wholeStateEdit(
      { ...this.version, liveLogs: this.logs.map((log) => log.number), keptLogs: [] },
      { databaseId, nextFileNumber: fileNumber(number + 1) },
    );
    const { frameClock } = this.#host;
    const manifest = await ManifestWriter.create(vfs, directory, number, snapshot, frameClock);
    await manifest.finish();
    return number;
  }

  /** The same in memory. The copy keeps the id of the database. */
  async manifest(): Promise<CapturedManifest> {
    const vfs = keyedVfs(new MemoryVfs(), this.#host.parts.keys?.fileKeys);
    vfs.makeDirectory('/capture');
    const number = await this.writeManifest(vfs, '/capture', this.databaseId);
    const file = vfs.open(`/capture/${fileName('manifest', number)}`, 'read');
    try {
      const bytes = new Uint8Array(file.sizeSync());
      readFully(file, bytes, 0, bytes.length, 0);
      return { number, bytes };
    } finally {
      file.closeSync();
    }
  }

  /** The key ring for a copy of an encrypted database; undefined for a plain one. It has a generation of its own. */
  keyRing(): Uint8Array | undefined {
    return this.#ring && this.#host.parts.keys?.copyOf(this.#ring);
  }

  /** The generation that new files are written with; undefined for a plain database. */
  get keyGeneration(): string | undefined {
    return this.#host.parts.keys?.currentName;
  }

  /** Writes the key ring into a copy, if there is one. Durable when it resolves. */
  async writeKeyRing(copy: NewDirectory): Promise<void> {
    const { keys } = this.#host.parts;
    if (keys === undefined || this.#ring === undefined) return;
    copy.pathOf(fileName('keyRingTemporary'));
    copy.pathOf(fileName('keyRing'));
    await keys.writeCopy(copy.vfs, copy.path, this.#ring);
  }

  /**
   * The last operation that recovery would find, given the logs as they are or their copies at these paths. Throws CorruptionError for a log that it
   * would refuse, and for logs that do not reach what was acknowledged.
   */
  async lastSequence(check: StopCheck, copies?: readonly string[]): Promise<number> {
    const paths = copies ?? this.logs.map(({ file }) => file.path);
    const logs = this.logs.map(({ number, sizeBytes }, index) => ({
      number,
      sizeBytes,
      path: paths[index]!, // one for each log
    }));
    const { flushedSequence } = this.version;
    const chain = await LogChain.of(this.vfs, logs, { flushedSequence, isTornAllowed: false });
    for (const log of logs) await chain.read(log, check);
    if (chain.reached >= this.published) return chain.reached;
    throw new CorruptionError(
      `Logs end before the last published commit: end=${chain.reached} published=${this.published}`,
      { file: paths.at(-1) ?? this.#host.parts.directory },
    );
  }
}

/** Keeps capture/files-stay. */
function openLogs(host: CaptureHost): CapturedLog[] {
  const opened: CapturedLog[] = [];
  try {
    for (const { number, sizeBytes } of logExtentsOf(host.state)) {
      const file = host.parts.vfs.open(host.pathOf('log', number), 'read');
      opened.push({ number, file, sizeBytes: 0 });
      opened[opened.length - 1] = { number, file, sizeBytes: sizeBytes ?? file.sizeSync() };
    }
    return opened;
  } catch (error) {
    for (const { file } of opened) file.closeSync();
    throw error;
  }
}
