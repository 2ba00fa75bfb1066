/**
 * Restoring: from a store to a directory.
 *
 * Owns: the order of its steps.
 *
 *      plan -> make and lock the directory -> files of the backup, each against its hashes, synced
 *           -> pieces of the archive at the ends of their logs -> cut after the last commit that counts -> sync
 *           -> a manifest that names these files -> the steps of new-directory.ts, CURRENT last
 *
 * What a power cut leaves: as new-directory/current-last says, no database that could be taken for whole.
 *
 * Invariants:
 *   restore/hash-checked: every byte that is written comes from an object with the hash that its record says. A damaged or
 *       missing object ends the restore, and what was made is removed.
 *   restore/gapless: a piece joins the piece before it, in its log and in the commit order. Where one does not, the restore
 *       ends with BACKUP_GAP, which names the commits that are missing.
 *   restore/same-database: the copy has the id of the database: it is that database, put back. So its backups go on where
 *       the others ended.
 *
 * Suspension: suspends between chunks, for the store and for its rate.
 */
import { BackupError, CorruptionError, EncryptionKeyError } from '../base/errors.ts';
import { type FileNumber, fileNumber, sequenceNumber } from '../base/ids.ts';
import { inNewDirectory, type NewDirectory } from '../engine/copy/new-directory.ts';
import type { KeySource } from '../encryption/key-source.ts';
import { FrameClock } from '../log/frame-clock.ts';
import { LogChain } from '../log/log-chain.ts';
import { cutLogs } from '../log/log-cut.ts';
import { unlockedVfs } from '../version/database-keys.ts';
import { ManifestWriter } from '../version/manifest.ts';
import { wholeStateEdit } from '../version/version-builder.ts';
import { recoverState, type RecoveredState } from '../version/version-set.ts';
import { fileName, parseFileName } from '../vfs/filenames.ts';
import { type Vfs, writeFully } from '../vfs/vfs.ts';
import type { StoreCalls } from './backup-store.ts';
import { segmentName } from './layout.ts';
import type { Meter } from './meter.ts';
import { contentOfFile } from './read-backup.ts';
import { type BackupRecord, sizeOf } from './record.ts';
import type { RestorePlan } from './restore-plan.ts';
import { decodeSegment, type PieceContent } from './segment.ts';

/** The report of a finished restore. */
export interface RestoreReport {
  /** The directory, as an absolute path. */
  readonly location: string;
  /** The backup that it began with. */
  readonly backup: string;
  /** The last operation in the database. */
  readonly sequence: number;
  /** The time of its last commit, or that of the backup when there is none in its logs. */
  readonly time: Date;
  /** Files that were written. */
  readonly files: number;
  /** Bytes that were read from the store. */
  readonly bytes: number;
  /** Objects of the archive that were used. */
  readonly segments: number;
}

/** A segment is at most some megabytes, or one huge commit. */
const SEGMENT_SIZE_BYTES_MAX = 2 ** 32;

/** Where a restore goes, and what opens it. */
export interface RestorePlace {
  readonly vfs: Vfs;
  readonly directory: string;
  /** Gives the key of an encrypted database. */
  readonly keySource: KeySource | undefined;
}

export function restorePlanned(
  { vfs, directory: path, keySource }: RestorePlace,
  plan: RestorePlan,
  store: StoreCalls,
  meter: Meter,
): Promise<RestoreReport> {
  return inNewDirectory(vfs, path, undefined, (directory) =>
    new Restore(directory, plan, store, meter).run(keySource),
  );
}

class Restore {
  readonly #directory: NewDirectory;
  readonly #plan: RestorePlan;
  readonly #store: StoreCalls;
  readonly #meter: Meter;
  /** With the keys, once they are known. */
  #vfs: Vfs;
  /** Bytes of the logs, by number. */
  readonly #logs = new Map<number, number>();
  #manifest: FileNumber = fileNumber(1);
  #bytes = 0;
  #segmentCount = 0;
  /** The last operation of the backup and of the pieces so far. */
  #reached: number;
  #reachedMs: number;

  constructor(directory: NewDirectory, plan: RestorePlan, store: StoreCalls, meter: Meter) {
    this.#directory = directory;
    this.#vfs = directory.vfs;
    this.#plan = plan;
    this.#store = store;
    this.#meter = meter;
    this.#reached = plan.backup.sequence;
    this.#reachedMs = plan.backup.timeMs;
  }

  async run(keySource: KeySource | undefined): Promise<RestoreReport> {
    const { backup, segments } = this.#plan;
    const bytes = backup.files.reduce((sum, file) => sum + sizeOf(file), 0);
    this.#meter.begin('moving', backup.files.length + segments.length, bytes);
    await this.#writeFiles(backup);
    const isAsItWas = segments.length === 0 && !this.#mustCut();
    if (!isAsItWas || keySource !== undefined) await this.#unlock(keySource);
    if (!isAsItWas) await this.#follow();
    await this.#directory.complete(this.#manifest);
    return {
      location: this.#directory.path,
      backup: backup.name,
      sequence: this.#reached,
      time: new Date(this.#reachedMs),
      files: backup.files.length,
      bytes: this.#bytes,
      segments: this.#segmentCount,
    };
  }

  #mustCut(): boolean {
    const { backup, sequenceMax, timeMsMax } = this.#plan;
    return backup.sequence > sequenceMax || backup.timeMs > timeMsMax;
  }

  /** Keeps restore/hash-checked. */
  async #writeFiles({ files }: BackupRecord): Promise<void> {
    const { vfs } = this.#directory;
    for (const stored of files) {
      const { kind, number = 0 } = parseFileName(stored.name) ?? {};
      const file = vfs.open(this.#directory.pathOf(stored.name), 'create');
      try {
        let position = 0;
        for await (const chunk of contentOfFile(this.#store, stored)) {
          await this.#meter.pass(chunk.length);
          writeFully(file, chunk, 0, chunk.length, position);
          position += chunk.length;
          this.#meter.done(chunk.length);
        }
        await file.sync();
        this.#bytes += position;
        if (kind === 'log') this.#logs.set(number, position);
        if (kind === 'manifest') this.#manifest = fileNumber(number);
      } finally {
        file.closeSync();
      }
      this.#meter.done(0, 1);
    }
  }

  /** The key is needed to read logs, and is tried when it is given. Throws EncryptionKeyError. */
  async #unlock(keySource: KeySource | undefined): Promise<void> {
    const { vfs, path } = this.#directory;
    if (keySource !== undefined && this.#plan.backup.keyGeneration === undefined) {
      throw new EncryptionKeyError(
        `Backup is not encrypted: leave option encryption out: backup=${this.#plan.backup.name}`,
      );
    }
    this.#vfs = await unlockedVfs(vfs, path, keySource);
  }

  /** Commits after the backup, or fewer than it has. */
  async #follow(): Promise<void> {
    const { path } = this.#directory;
    const vfs = this.#vfs;
    const state = await recoverState(vfs, path, this.#manifest);
    for (const key of this.#plan.segments) {
      const bytes = await this.#store.getBytes(segmentName(key), SEGMENT_SIZE_BYTES_MAX);
      await this.#meter.pass(bytes.length);
      this.#bytes += bytes.length;
      this.#segmentCount++;
      const isOver = this.#append(decodeSegment(bytes, key).pieces);
      this.#meter.done(0, 1);
      if (isOver) break;
    }
    const logs = await this.#cut();
    await this.#mustReplay(logs, state);
    await this.#writeManifest(logs, state);
  }

  /** Keeps restore/gapless. True when nothing after these pieces counts. */
  #append(pieces: readonly PieceContent[]): boolean {
    const { sequenceMax, timeMsMax } = this.#plan;
    for (const piece of pieces) {
      if (piece.firstSequence > sequenceMax || piece.firstMs > timeMsMax) return true;
      if (piece.lastSequence <= this.#reached) continue; // the backup has it
      const name = fileName('log', piece.log);
      const known = this.#logs.get(piece.log);
      if (piece.firstSequence > this.#reached + 1 || piece.offset > (known ?? 0)) {
        throw new BackupError(
          'BACKUP_GAP',
          `Archive has a gap: commits are missing between ${this.#reached} and` +
            ` ${piece.firstSequence}: log=${name} offset=${known ?? 0} found=${piece.offset}` +
            `; restore up to sequence ${this.#reached}, or make a backup`,
        );
      }
      this.#appendTo(piece, known);
    }
    return false;
  }

  #appendTo(piece: PieceContent, known: number | undefined): void {
    const { vfs } = this.#directory;
    const path = this.#directory.pathOf(fileName('log', piece.log));
    const position = known ?? 0;
    const end = piece.offset + piece.sizeBytes;
    if (end > position) {
      const file = vfs.open(path, known === undefined ? 'create' : 'modify');
      try {
        const bytes = piece.bytes.subarray(position - piece.offset);
        writeFully(file, bytes, 0, bytes.length, position);
      } finally {
        file.closeSync();
      }
      this.#logs.set(piece.log, end);
    }
    this.#reached = piece.lastSequence;
    this.#reachedMs = piece.lastMs;
  }

  /** Cuts what is beyond the last commit that counts; returns the logs that stay, synced. */
  async #cut(): Promise<FileNumber[]> {
    const { path } = this.#directory;
    const vfs = this.#vfs;
    const numbers = [...this.#logs.keys()].sort((a, b) => a - b);
    const logs = numbers.map((number) => ({
      number,
      path: `${path}/${fileName('log', number)}`,
    }));
    const { logCount, lastSequence, lastMs } = await cutLogs(vfs, logs, this.#plan);
    if (lastSequence !== undefined) [this.#reached, this.#reachedMs] = [lastSequence, lastMs];
    else if (this.#mustCut()) this.#reached = 0; // to where the tables end, which the chain tells
    for (const [index, log] of logs.entries()) {
      if (index >= logCount) {
        vfs.unlink(log.path);
        continue;
      }
      const file = vfs.open(log.path, 'modify');
      try {
        await file.sync();
      } finally {
        file.closeSync();
      }
    }
    return numbers.slice(0, logCount).map((number) => fileNumber(number));
  }

  /** What recovery would find must be what the report says. */
  async #mustReplay(numbers: readonly FileNumber[], { state }: RecoveredState): Promise<void> {
    const { path } = this.#directory;
    const { flushedSequence } = state;
    const logs = numbers.map((number) => ({ number, path: `${path}/${fileName('log', number)}` }));
    const chain = await LogChain.of(this.#vfs, logs, { flushedSequence, isTornAllowed: false });
    for (const log of logs) await chain.read(log, () => this.#meter.check());
    if (this.#reached > chain.reached) {
      throw new CorruptionError(
        `Restored logs end early: found=${chain.reached} expected=${this.#reached}`,
        { file: path },
      );
    }
    this.#reached = chain.reached;
    if (this.#reached > this.#plan.sequenceMax) {
      throw new BackupError(
        'BACKUP_GAP',
        `Backup has its commits in tables up to ${this.#reached}, and cannot be cut at ${this.#plan.sequenceMax}`,
      );
    }
  }

  /** A manifest that names the logs as they are now. The one of the backup goes: nothing refers to it. */
  async #writeManifest(liveLogs: readonly FileNumber[], recovered: RecoveredState): Promise<void> {
    const { path } = this.#directory;
    const vfs = this.#vfs;
    const { state, databaseId, wallMs } = recovered;
    const old = this.#manifest;
    const number = fileNumber(Math.max(old, ...liveLogs, recovered.nextFileNumber) + 1);
    const frameClock = new FrameClock();
    frameClock.follow(Math.max(wallMs, this.#reachedMs));
    const closedSequence = sequenceNumber(Math.min(state.closedSequence, this.#reached));
    const snapshot = wholeStateEdit(
      { ...state, liveLogs, closedSequence },
      { databaseId, nextFileNumber: fileNumber(number + 1) },
    );
    this.#directory.pathOf(fileName('manifest', number));
    const manifest = await ManifestWriter.create(vfs, path, number, snapshot, frameClock);
    await manifest.finish();
    vfs.unlink(`${path}/${fileName('manifest', old)}`);
    this.#manifest = number;
  }
}
