/**
 * The current version and its way to the disk.
 *
 * Owns: the current version, the next file number, the open manifest, and which versions are still read.
 *
 * Invariants:
 *   version-set/synced-then-current: a version becomes current only after its edit is synced. Edits are applied one at
 *       a time, in the order of the calls, each to the version that the edit before it made.
 *   version-set/files-before-the-edit: before `apply` the caller has synced every file that the edit adds, and the
 *       directory. So no manifest on any disk, after any crash, names a file that may be missing or short.
 *   version-set/first-edit-starts-a-manifest: a manifest is never appended to after recovery: the first edit starts a
 *       new one. Until then nothing is changed, so that an open that only reads leaves the directory as it was.
 *   version-set/failures: a failure before the edit's bytes are in the manifest leaves everything as it was. `apply`
 *       may then be called again, which is how a database survives a full disk. A failed sync, or a switch of CURRENT
 *       that may or may not have happened, is fatal: every later `apply` refuses.
 *   version-set/switch-before-edit: after CURRENT was renamed, no edit is written before the directory is synced. When
 *       that sync cannot begin, for want of a descriptor, nothing is lost: both manifests say the same, and the next
 *       `apply` begins with the sync.
 *   version-set/number-given-once: a file number is given out once, across crashes too. Each edit records the next
 *       one, and recovery also skips the numbers of all files that it sees.
 *   version-set/obsolete-by-number: manifests with a smaller number than `manifestNumber` are obsolete; larger ones
 *       may be in the making. Tables that are not in `liveFileNumbers` and are not being written are obsolete, and so
 *       are logs below the live ones.
 *   version-set/still-ours: before each edit the version set looks at CURRENT. When CURRENT names another manifest, or
 *       ours has another size than was written, a backup was laid over the open database. An edit would then count for
 *       nothing, and file numbers would mean other files.
 *
 * Suspension: `create`, `recover`, `syncRecovered`, `beginWriting`, `apply` and `close` suspend; the last three take
 * turns. Everything else is synchronous. `current` may be another version after any await: take a reference to keep
 * one.
 */
import { join } from 'node:path';

import { Mutex } from 'async-mutex';

import { assert, AssertionError } from '../base/assert.ts';
import {
  ClosedError,
  CorruptionError,
  DatabaseFailedError,
  DirectoryLostError,
} from '../base/errors.ts';
import { otherVersion } from '../base/format-refusals.ts';
import { type FileNumber, fileNumber, type SequenceNumber } from '../base/ids.ts';
import { shortageOf } from '../base/shortage.ts';
import { FrameClock } from '../log/frame-clock.ts';
import { fileName } from '../vfs/filenames.ts';
import type { Vfs } from '../vfs/vfs.ts';
import {
  checkFiles,
  leavingFileNumbers,
  unusedFileNumber,
  usableFileNumber,
} from './database-directory.ts';
import {
  ManifestWriter,
  readCurrent,
  readManifest,
  renameCurrent,
  writeCurrentTemporary,
} from './manifest.ts';
import { emptyVersionState, VersionBuilder, wholeStateEdit } from './version-builder.ts';
import { ENGINE_FORMAT, type VersionEdit } from './version-edit.ts';
import { Version, type VersionState, sizeBytesBeside } from './version.ts';

/** A manifest is rotated when it is larger than this and than MANIFEST_GROWTH_MAX times its snapshot. */
const MANIFEST_SIZE_BYTES_MIN = 1024 * 1024;
const MANIFEST_GROWTH_MAX = 4;

export interface VersionSetOptions {
  /** Below this size no manifest is rotated; default 1 MiB. Smaller in tests. */
  readonly manifestSizeBytesMin?: number;
  /** Called when a version other than the current one lost its last reader: files may have become obsolete. */
  readonly onVersionReleased?: () => void;
  /**
   * Called when CURRENT, durably, names another manifest than this one: it is obsolete
   * (version-set/obsolete-by-number).
   */
  readonly onManifestReplaced?: (number: FileNumber) => void;
  /** Gives frames their time; default one by the clock of the system. */
  readonly frameClock?: FrameClock;
}

/** The result of reading a manifest. */
export interface RecoveredState {
  readonly databaseId: string;
  readonly state: VersionState;
  readonly nextFileNumber: number;
  /** Bytes of the manifest. */
  readonly sizeBytes: number;
  /** The largest wall time of its frames. */
  readonly wallMs: number;
  /** True when the manifest ends in an edit that is not whole: it was never acted on, or its proof is lost. */
  readonly isTorn: boolean;
}

interface ReplacedManifest {
  /** Undefined for one that was only read. */
  readonly writer: ManifestWriter | undefined;
  /** Undefined when there was none. */
  readonly number: FileNumber | undefined;
}

export class VersionSet {
  readonly databaseId: string;
  /** Gives the frames of the WAL and of the manifest their time. */
  readonly frameClock: FrameClock;
  readonly #vfs: Vfs;
  readonly #directory: string;
  readonly #options: VersionSetOptions;
  readonly #mutex: Mutex;
  /** Every version with a reader, the current one included. */
  readonly #pinned: Set<Version>;
  /** Replaced only by `#install`. */
  #current: Version;
  #nextFileNumber: number;
  #manifestNumber: FileNumber | undefined;
  /** Absent until the first edit, or `beginWriting`. */
  #manifest: ManifestWriter | undefined;
  /** Bytes that the manifest had when it was recovered. */
  readonly #recoveredSizeBytes: number;
  /** The manifest before, while the entry of CURRENT is not synced (version-set/switch-before-edit). */
  #replaced: ReplacedManifest | undefined = undefined;
  /** The first fatal error (version-set/failures). */
  #failure: unknown = undefined;
  #isClosed = false;

  private constructor(
    vfs: Vfs,
    directory: string,
    recovered: RecoveredState,
    manifestNumber: FileNumber | undefined,
    options: VersionSetOptions,
  ) {
    this.databaseId = recovered.databaseId;
    this.frameClock = options.frameClock ?? new FrameClock();
    this.frameClock.follow(recovered.wallMs); // frame-clock/never-back
    this.#vfs = vfs;
    this.#directory = directory;
    this.#options = options;
    this.#mutex = new Mutex();
    this.#pinned = new Set();
    this.#nextFileNumber = recovered.nextFileNumber;
    this.#recoveredSizeBytes = recovered.sizeBytes;
    this.#manifestNumber = manifestNumber;
    this.#current = this.#makeVersion(recovered.state);
  }

  /**
   * A new database in a directory that exists, whose own entry is synced, and that `findDatabase` called new. When this
   * returns the database exists and may be written. A crash in here leaves nothing that counts, or an empty database.
   */
  static async create(
    vfs: Vfs,
    directory: string,
    databaseId: string,
    options: VersionSetOptions = {},
  ): Promise<VersionSet> {
    // Leftovers of a creation cut short are not removed but outnumbered: a power cut may bring a removed name back.
    const nextFileNumber = unusedFileNumber(vfs, directory);
    const state = emptyVersionState();
    const recovered = {
      databaseId,
      state,
      nextFileNumber,
      sizeBytes: 0,
      wallMs: 0,
      isTorn: false,
    };
    const set = new VersionSet(vfs, directory, recovered, undefined, options);
    await set.beginWriting();
    return set;
  }

  /**
   * The database in `directory`, read and checked, nothing changed. Throws CorruptionError with the file's name for
   * a damaged CURRENT or manifest and for a missing table or log, and IncompatibleFormatError for another format.
   */
  static async recover(
    vfs: Vfs,
    directory: string,
    options: VersionSetOptions = {},
  ): Promise<VersionSet> {
    const number = readCurrent(vfs, directory);
    const path = join(directory, fileName('manifest', number));
    if (!vfs.exists(path)) throw new CorruptionError('Manifest is missing', { file: path });
    const recovered = await recoverState(vfs, directory, number);
    const nextFileNumber = Math.max(
      leavingFileNumbers(recovered.nextFileNumber, path),
      unusedFileNumber(vfs, directory), // version-set/number-given-once
    );
    const set = new VersionSet(vfs, directory, { ...recovered, nextFileNumber }, number, options);
    checkFiles(vfs, directory, set.current);
    return set;
  }

  /** The version that new readers read. Take a reference before the next await. */
  get current(): Version {
    return this.#current;
  }

  get flushedSequence(): SequenceNumber {
    return this.#current.flushedSequence;
  }

  /** The manifest that CURRENT names (version-set/obsolete-by-number). */
  get manifestNumber(): FileNumber {
    assert(this.#manifestNumber !== undefined, 'a version set has a manifest');
    return this.#manifestNumber;
  }

  get manifestName(): string {
    return fileName('manifest', this.manifestNumber);
  }

  /** True once a manifest of this process's own is begun (version-set/first-edit-starts-a-manifest). */
  get isWriting(): boolean {
    return this.#manifest !== undefined;
  }

  /** The first fatal error, if any (version-set/failures). */
  get failure(): unknown {
    return this.#failure;
  }

  /** A number for a new file (version-set/number-given-once). Throws CorruptionError when none is left. */
  newFileNumber(): FileNumber {
    const number = usableFileNumber(this.#nextFileNumber, this.#directory);
    this.#nextFileNumber++;
    return number;
  }

  /** Bytes of the tables that older versions still name and the current one does not. */
  pinnedSizeBytes(): number {
    const counted = new Set<FileNumber>();
    this.#current.forEachFile((file) => counted.add(file.number));
    return sizeBytesBeside(this.#pinned, counted);
  }

  /** Every table that the current version or one that is still read names. */
  liveFileNumbers(): Set<FileNumber> {
    const numbers = new Set<FileNumber>();
    for (const version of this.#pinned) version.forEachFile((file) => numbers.add(file.number));
    return numbers;
  }

  /**
   * Starts a new manifest with a snapshot (version-set/first-edit-starts-a-manifest); does nothing when that was
   * done. The first edit does so by itself. Throws IoError; after a shortage it may be called again. A crash in here
   * leaves the old manifest or the new one, which say the same.
   */
  async beginWriting(): Promise<void> {
    await this.#mutex.runExclusive(async () => {
      this.#mustBeUsable();
      if (this.#manifest === undefined) await this.#startManifest();
      else await this.#finishSwitch();
    });
  }

  /**
   * Makes the recovered state durable, and changes no byte: after a kill the last edits, and the rename of CURRENT,
   * may be in the page cache alone. Files that they do not name may be removed only then. Throws IoError.
   */
  async syncRecovered(): Promise<void> {
    if (this.#manifest !== undefined) return;
    const file = this.#vfs.open(join(this.#directory, this.manifestName), 'modify');
    try {
      await file.sync();
    } finally {
      file.closeSync();
    }
    await this.#vfs.syncDirectory(this.#directory);
  }

  /**
   * Makes the edit durable and its version current (version-set/synced-then-current); see
   * version-set/files-before-the-edit for the caller's part before, and version-set/failures for failures.
   * `onInstalled` runs in the same step as the change of `current`, and must not throw. A crash in here leaves the
   * version before or after.
   */
  apply(edit: VersionEdit, onInstalled?: (version: Version) => void): Promise<Version> {
    return this.#mutex.runExclusive(async () => {
      this.#mustBeUsable();
      // The edit is checked before any byte is written: one that does not fit is a bug and leaves no trace.
      const builder = new VersionBuilder(this.#current, (message) => new AssertionError(message));
      builder.apply(edit);
      const state = builder.build();
      this.mustBeCurrent();
      await this.#finishSwitch();
      if (this.#manifest === undefined)
        await this.#startManifest(); // version-set/first-edit-starts-a-manifest
      else await this.#maybeRotate();
      await this.#record({ ...edit, nextFileNumber: fileNumber(this.#nextFileNumber) });
      // ATOMIC(version-set/synced-then-current): no await until installed
      const version = this.#install(state);
      onInstalled?.(version);
      // END ATOMIC
      return version;
    });
  }

  /**
   * Throws DirectoryLostError when CURRENT is not the one that was written last (version-set/still-ours). A system
   * that does not let us look is an IoError, after which it may be tried again.
   */
  mustBeCurrent(): void {
    if (this.#isClosed) throw new ClosedError('Version set is closed');
    if (this.#manifestNumber === undefined) return; // it is being created
    let found: FileNumber | undefined;
    try {
      found = readCurrent(this.#vfs, this.#directory);
    } catch (error) {
      if (!(error instanceof CorruptionError)) throw error;
    }
    if (found === this.#manifestNumber && this.#isManifestWhole()) return;
    this.#failure ??= new DirectoryLostError(
      `Directory was lost while it was open, its files were removed or replaced: path=${this.#directory}`,
      this.#directory,
    );
    throw this.#failure;
  }

  /** False when another program has written into the manifest, cut or removed it (version-set/still-ours). */
  #isManifestWhole(): boolean {
    if (this.#manifest !== undefined) return this.#manifest.isWhole;
    const path = join(this.#directory, this.manifestName);
    if (!this.#vfs.exists(path)) return false;
    const file = this.#vfs.open(path, 'read');
    try {
      return file.sizeSync() === this.#recoveredSizeBytes;
    } finally {
      file.closeSync();
    }
  }

  /** Runs `read` while no edit is applied: edits wait for it. */
  withoutEdits<T>(read: () => Promise<T>): Promise<T> {
    return this.#mutex.runExclusive(read);
  }

  /** Idempotent. Waits for edits under way. The current version stays readable to those who hold it. */
  async close(): Promise<void> {
    await this.#mutex.runExclusive(async () => {
      if (this.#isClosed) return;
      this.#isClosed = true;
      this.#replaced?.writer?.close();
      const manifest = this.#manifest;
      if (manifest === undefined) return;
      if (this.#failure === undefined && !manifest.isBroken) await manifest.finish();
      else manifest.close();
    });
  }

  #mustBeUsable(): void {
    if (this.#isClosed) throw new ClosedError('Version set is closed');
    if (this.#failure !== undefined) {
      throw new DatabaseFailedError(
        'An earlier error stopped changes to the manifest',
        'not-applied',
        {
          cause: this.#failure,
        },
      );
    }
  }

  /** Appends and syncs. */
  async #record(edit: VersionEdit): Promise<void> {
    const manifest = this.#manifest;
    assert(
      manifest !== undefined,
      'version-set/first-edit-starts-a-manifest: a manifest is started before an edit',
    );
    try {
      manifest.append(edit);
    } catch (error) {
      if (manifest.isBroken) this.#failure = error;
      else await this.#takeBack(manifest);
      throw error; // version-set/failures: nothing is left of the edit
    }
    try {
      await manifest.sync();
    } catch (error) {
      this.#failure = error; // version-set/failures
      throw error;
    }
  }

  /**
   * The bytes of a refused edit may have reached the disk, and a power cut may keep them although they were cut off.
   * The caller removes the files that they name, so the cut is made durable first.
   */
  async #takeBack(manifest: ManifestWriter): Promise<void> {
    try {
      await manifest.sync();
    } catch (error) {
      this.#failure = error; // version-set/failures: only the next open can tell
    }
  }

  async #maybeRotate(): Promise<void> {
    const old = this.#manifest;
    if (old === undefined) return;
    const sizeBytesMin = this.#options.manifestSizeBytesMin ?? MANIFEST_SIZE_BYTES_MIN;
    const limit = Math.max(sizeBytesMin, MANIFEST_GROWTH_MAX * old.snapshotSizeBytes);
    if (old.sizeBytes <= limit) return;
    try {
      await this.#startManifest();
    } catch (error) {
      if (this.#failure !== undefined || this.#replaced !== undefined) throw error;
      // In a shortage the old manifest serves on; the next edit tries again.
    }
  }

  /** Writes a snapshot of the current version into a new manifest and switches CURRENT to it. */
  async #startManifest(): Promise<void> {
    const number = this.newFileNumber();
    const manifest = await this.#prepareManifest(number);
    try {
      renameCurrent(this.#vfs, this.#directory);
    } catch (error) {
      this.#failure = error; // version-set/failures: either manifest may be the current one after a crash
      manifest.close();
      throw error;
    }
    this.#replaced = { writer: this.#manifest, number: this.#manifestNumber };
    this.#manifest = manifest;
    this.#manifestNumber = number;
    await this.#finishSwitch();
  }

  /** The last step of a switch, in one go with the others or at the next edit (version-set/switch-before-edit). */
  async #finishSwitch(): Promise<void> {
    if (this.#replaced === undefined) return;
    try {
      await this.#vfs.syncDirectory(this.#directory);
    } catch (error) {
      // A sync that could not begin has lost nothing; one that failed may have, and so may the names beside CURRENT.
      if (shortageOf(error) !== 'resource') this.#failure = error;
      throw error;
    }
    const { writer, number: replaced } = this.#replaced;
    this.#replaced = undefined;
    writer?.close();
    if (replaced !== undefined) this.#options.onManifestReplaced?.(replaced);
  }

  /** All of a switch that can be taken back. */
  async #prepareManifest(number: FileNumber): Promise<ManifestWriter> {
    const vfs = this.#vfs;
    let manifest: ManifestWriter | undefined;
    try {
      const snapshot = this.#snapshot();
      manifest = await ManifestWriter.create(
        vfs,
        this.#directory,
        number,
        snapshot,
        this.frameClock,
      );
      // The entry first: CURRENT must not name a file that a power cut can take away.
      await vfs.syncDirectory(this.#directory);
      await writeCurrentTemporary(vfs, this.#directory, number);
      return manifest;
    } catch (error) {
      // A shortage may pass: nothing refers to the half-made file (version-set/failures).
      if (shortageOf(error) === undefined) this.#failure = error;
      manifest?.discard(vfs);
      throw error;
    }
  }

  /** The edit that makes the current version out of nothing. */
  #snapshot(): VersionEdit {
    return wholeStateEdit(this.#current, {
      databaseId: this.databaseId,
      nextFileNumber: fileNumber(this.#nextFileNumber),
    });
  }

  #makeVersion(state: VersionState): Version {
    const version = new Version(state, (released) => {
      this.#pinned.delete(released);
      this.#options.onVersionReleased?.();
    });
    this.#pinned.add(version);
    return version.ref(); // the version set's own, given back by `#install`
  }

  #install(state: VersionState): Version {
    const previous = this.#current;
    this.#current = this.#makeVersion(state);
    previous.unref();
    return this.#current;
  }
}

/**
 * Replays a manifest, changing nothing. Its first edit is the snapshot and names the database; every other is a delta.
 * Throws CorruptionError and IncompatibleFormatError.
 */
export async function recoverState(
  vfs: Vfs,
  directory: string,
  number: FileNumber,
): Promise<RecoveredState> {
  const file = join(directory, fileName('manifest', number));
  const builder = new VersionBuilder(
    emptyVersionState(),
    (message) => new CorruptionError(message),
  );
  let databaseId: string | undefined;
  let nextFileNumber = 1;
  const summary = await readManifest(vfs, directory, number, (edit, ordinal) => {
    if ((ordinal === 1) !== (edit.databaseId !== undefined && edit.engineFormat !== undefined)) {
      throw new CorruptionError('Manifest does not begin with its only snapshot');
    }
    const { engineFormat: found = ENGINE_FORMAT } = edit;
    if (found !== ENGINE_FORMAT) {
      throw otherVersion({ subject: 'Database', file, found, supported: ENGINE_FORMAT });
    }
    databaseId ??= edit.databaseId;
    builder.apply(edit);
    nextFileNumber = Math.max(nextFileNumber, edit.nextFileNumber ?? 0);
  });
  if (databaseId === undefined) throw new CorruptionError('Manifest is empty', { file, offset: 0 });
  const state = buildRecovered(builder, file);
  const { sizeBytes, wallMs, end } = summary;
  return { databaseId, state, nextFileNumber, sizeBytes, wallMs, isTorn: end === 'torn' };
}

/** Errors in a single edit carry their offset; those of the whole can only name the file. */
function buildRecovered(builder: VersionBuilder, file: string): VersionState {
  try {
    return builder.build();
  } catch (error) {
    if (!(error instanceof CorruptionError)) throw error;
    throw new CorruptionError(error.message, { file, cause: error });
  }
}
