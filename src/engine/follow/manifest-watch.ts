/**
 * The manifest of another process.
 *
 * Owns: reading CURRENT and the manifest that it names while a writer may append to the one and replace the other.
 *
 *      CURRENT -> MANIFEST-000012 (gone meanwhile) -> CURRENT again -> MANIFEST-000019 -> the state that it says
 *
 * Invariants:
 *   manifest-watch/whole-edits: what is read is the state after a whole edit. An edit that is being appended, or that a
 *       killed writer left in part, is not there yet.
 *   manifest-watch/damage-stays: what cannot be read is damage only if CURRENT and manifest stay as they are. Otherwise
 *       they are read again, since the writer has gone on.
 *   manifest-watch/one-database: the manifest is that of the same database as before.
 *
 * A manifest is small, and read from its begin each time that it has changed: it then says the whole state, however often
 * the writer has replaced it.
 *
 * Suspension: `look` suspends for reads; `hasChanged` is synchronous.
 */
import { join } from 'node:path';
import { CorruptionError, DirectoryLostError, IoError, StorageError } from '../../base/errors.ts';
import { fileNumber, type FileNumber } from '../../base/ids.ts';
import { readCurrent } from '../../version/manifest.ts';
import { type RecoveredState, recoverState } from '../../version/version-set.ts';
import { fileName } from '../../vfs/filenames.ts';
import type { Vfs } from '../../vfs/vfs.ts';

/** Each further try follows a change that the writer has made. */
const TRY_COUNT_MAX = 100;
/** A torn end is looked at so often: not every system shows size and content in one step. */
const TORN_LOOK_COUNT = 3;

/** What tells one state of the manifest from another. */
interface Place {
  readonly number: FileNumber;
  readonly sizeBytes: number;
}

export class ManifestWatch {
  readonly #vfs: Vfs;
  readonly #directory: string;
  #databaseId: string | undefined = undefined;
  /** Undefined before the first look. */
  #place: Place | undefined = undefined;
  #tornCount = 0;

  constructor(vfs: Vfs, directory: string) {
    this.#vfs = vfs;
    this.#directory = directory;
  }

  /** The manifest that was read last. */
  get number(): FileNumber {
    return this.#place?.number ?? fileNumber(0);
  }

  /** The id of the database; empty before the first look. */
  get databaseId(): string {
    return this.#databaseId ?? '';
  }

  /** The next look reads it again, whether it has changed or not. */
  forget(): void {
    if (this.#place !== undefined) this.#place = { number: this.#place.number, sizeBytes: -1 };
  }

  /** Whether there may be more than what was read last. Throws CorruptionError when CURRENT is missing. */
  hasChanged(): boolean {
    const place = this.#place;
    const found = this.#find();
    return found?.number !== place?.number || found?.sizeBytes !== place?.sizeBytes;
  }

  /**
   * What the manifest says now; undefined when it has not changed since. Throws CorruptionError, IncompatibleFormatError,
   * IoError, and DirectoryLostError for another database (manifest-watch/one-database).
   */
  async look(): Promise<RecoveredState | undefined> {
    if (this.#place !== undefined && !this.hasChanged()) return undefined;
    for (let count = 1; ; count++) {
      const before = this.#find();
      try {
        return await this.#read(before);
      } catch (error) {
        if (!(error instanceof StorageError) || count >= TRY_COUNT_MAX) throw error;
        const after = this.#find();
        const isSame = before?.number === after?.number && before?.sizeBytes === after?.sizeBytes;
        if (isSame) throw error; // manifest-watch/damage-stays
      }
    }
  }

  async #read(place: Place | undefined): Promise<RecoveredState> {
    if (place === undefined) {
      const file = join(this.#directory, fileName('current'));
      throw new CorruptionError('Manifest is missing', { file });
    }
    const { number } = place;
    const found = await recoverState(this.#vfs, this.#directory, number);
    this.#databaseId ??= found.databaseId;
    if (found.databaseId !== this.#databaseId) {
      throw new DirectoryLostError(
        `Directory holds another database by now: path=${this.#directory}`,
        this.#directory,
      );
    }
    this.#tornCount = found.isTorn ? this.#tornCount + 1 : 0;
    const isLookedAtAgain = found.isTorn && this.#tornCount < TORN_LOOK_COUNT;
    this.#place = { number, sizeBytes: isLookedAtAgain ? -1 : found.sizeBytes };
    return found;
  }

  /** Undefined while the manifest that CURRENT named is being replaced. */
  #find(): Place | undefined {
    const number = readCurrent(this.#vfs, this.#directory);
    try {
      const file = this.#vfs.open(join(this.#directory, fileName('manifest', number)), 'read');
      try {
        return { number, sizeBytes: file.sizeSync() };
      } finally {
        file.closeSync();
      }
    } catch (error) {
      if (error instanceof IoError && error.systemCode === 'ENOENT') return undefined;
      throw error;
    }
  }
}
