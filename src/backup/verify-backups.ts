/**
 * Checking that backups can be restored.
 *
 * Owns: reading every object that a record or an archive refers to, once, and telling what is wrong with which backup.
 *
 * Suspension: suspends for the store and for its rate.
 */
import { BackupError, StorageError } from '../base/errors.ts';
import { findLines, segmentsAfter } from './archive-lines.ts';
import type { StoreCalls } from './backup-store.ts';
import { type BackupKey, objectName, segmentName } from './layout.ts';
import type { Meter } from './meter.ts';
import { contentOf, findBackups, readBackup } from './read-backup.ts';
import { type BackupRecord, type FilePart, sizeOf } from './record.ts';
import { decodeSegment } from './segment.ts';

/** One thing that is wrong. */
export interface BackupProblem {
  /** The backup that cannot be restored because of it; undefined for one of an archive. */
  readonly backup: string | undefined;
  /** The name of the object in the store. */
  readonly object: string | undefined;
  /** That of the error. */
  readonly code: string;
  /** For people. */
  readonly message: string;
}

/** The report of a verification. */
export interface BackupVerifyReport {
  /** True when every backup, and every commit of the archives after them, can be restored. */
  readonly isSound: boolean;
  /** Backups that were checked. */
  readonly backups: number;
  /** Objects that were read, each once. */
  readonly objects: number;
  /** Bytes that were read. */
  readonly bytes: number;
  /** Segments of archives that were read. */
  readonly segments: number;
  /** All that is wrong. */
  readonly problems: readonly BackupProblem[];
}

const SEGMENT_SIZE_BYTES_MAX = 2 ** 32;

export class BackupVerifier {
  readonly #store: StoreCalls;
  readonly #meter: Meter;
  readonly #problems: BackupProblem[] = [];
  /** What each object turned out to be: undefined when it is sound. */
  readonly #checked = new Map<string, BackupProblem | undefined>();
  #bytes = 0;
  #segmentCount = 0;

  constructor(store: StoreCalls, meter: Meter) {
    this.#store = store;
    this.#meter = meter;
  }

  async run(isMeant: (key: BackupKey) => boolean): Promise<BackupVerifyReport> {
    const keys = (await findBackups(this.#store)).filter(isMeant);
    const records: { readonly key: BackupKey; readonly record: BackupRecord }[] = [];
    for (const key of keys) {
      const record = await this.#attempt(key.name, () => readBackup(this.#store, key));
      if (record !== undefined) records.push({ key, record });
    }
    const files = records.flatMap(({ record }) => record.files);
    const bytes = files.reduce((sum, file) => sum + sizeOf(file), 0);
    this.#meter.begin('checking', files.length, bytes);
    for (const { key, record } of records) {
      for (const file of record.files) {
        for (const part of file.parts) await this.#checkPart(key.name, part);
        this.#meter.done(0, 1);
      }
    }
    await this.#checkArchives(keys);
    return {
      isSound: this.#problems.length === 0,
      backups: keys.length,
      objects: this.#checked.size,
      bytes: this.#bytes,
      segments: this.#segmentCount,
      problems: this.#problems,
    };
  }

  async #checkPart(backup: string, part: FilePart): Promise<void> {
    const { hash, sizeBytes } = part;
    this.#meter.done(sizeBytes);
    if (this.#checked.has(hash)) {
      const known = this.#checked.get(hash);
      if (known !== undefined) this.#problems.push({ ...known, backup });
      return;
    }
    const before = this.#problems.length;
    await this.#attempt(
      backup,
      async () => {
        for await (const chunk of contentOf(this.#store, part)) {
          await this.#meter.pass(chunk.length);
          this.#bytes += chunk.length;
        }
      },
      objectName(hash),
    );
    this.#checked.set(hash, this.#problems[before]);
  }

  /** Of each line, what comes after the oldest backup. */
  async #checkArchives(keys: readonly BackupKey[]): Promise<void> {
    const read = new Set<string>();
    for (const database of new Set(keys.map((key) => key.database))) {
      const oldest = keys.find((key) => key.database === database);
      const lines = await this.#attempt(undefined, () => findLines(this.#store, database));
      for (const line of lines ?? []) {
        const first = line.stretches.find(({ segments }) => segments.length > 0)?.segments[0];
        const after = Math.max(oldest?.sequence ?? 0, (first?.firstSequence ?? 1) - 1);
        const segments = await this.#attempt(undefined, () =>
          Promise.resolve(segmentsAfter(line, after)),
        );
        for (const key of segments ?? []) {
          const name = segmentName(key);
          if (read.has(name)) continue;
          read.add(name);
          this.#segmentCount++;
          await this.#attempt(
            undefined,
            async () => {
              const bytes = await this.#store.getBytes(name, SEGMENT_SIZE_BYTES_MAX);
              await this.#meter.pass(bytes.length);
              this.#bytes += bytes.length;
              decodeSegment(bytes, key);
            },
            name,
          );
        }
      }
    }
  }

  /** Undefined when what was to be read is damaged, which is noted. Other errors end the call. */
  async #attempt<T>(
    backup: string | undefined,
    call: () => Promise<T>,
    object?: string,
  ): Promise<T | undefined> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof StorageError) || !isFinding(error)) throw error;
      const named = error instanceof BackupError ? (error.object ?? object) : object;
      const { code, message } = error;
      this.#problems.push({ backup, object: named, code, message });
      return undefined;
    }
  }
}

function isFinding({ code }: StorageError): boolean {
  return code === 'BACKUP_DAMAGED' || code === 'BACKUP_GAP' || code === 'INCOMPATIBLE_FORMAT';
}
