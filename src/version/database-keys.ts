/**
 * The keys of one database: its ring, and who opens it.
 *
 * Owns: asking for the caller's key, opening and making the ring, its rotation, and the ring of a copy.
 *
 * Invariants:
 *   database-keys/refused-before-a-byte: a wrong key, a missing one, and one for a plain database are refused by
 *       EncryptionKeyError before anything in the directory is changed, LOCK included.
 *   database-keys/durable-before-used: files use a new generation only after the ring that has it is durable. A power
 *       cut never leaves a file whose key is in no ring.
 *   database-keys/dropped-when-unused: a rotation drops a generation that was no current one since the open, and that no
 *       file in the directory names. Where a file cannot be read, it drops none.
 *   database-keys/copies-part: a copy gets a generation of its own. What it writes later is no file of the original, and
 *       the other way round.
 *
 * Suspension: every function here that returns a promise suspends; rotations and copies take turns.
 */
import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { Mutex } from 'async-mutex';
import { nextTurn } from '../base/clock.ts';
import { EncryptionKeyError, StorageError } from '../base/errors.ts';
import { FileKeys, nameOf } from '../encryption/file-keys.ts';
import {
  decodeKeyRing,
  encodeKeyRing,
  type KeyRing,
  newRing,
  ringIdOf,
  withNewGeneration,
} from '../encryption/key-ring-format.ts';
import type { KeySource } from '../encryption/key-source.ts';
import { fileName, parseFileName } from '../vfs/filenames.ts';
import { keyedVfs } from '../vfs/keyed-vfs.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { generationOf } from './file-generation.ts';
import { keyRingPath, readKeyRing, writeKeyRing } from './key-ring-file.ts';

/** So many tables are remembered. */
const TABLE_COUNT_MAX = 65_536;

/** The report of a finished rotation. */
export interface RotateKeyReport {
  /** The keys in the ring: the new one, and those that files still need. */
  readonly generationCount: number;
  /** The keys that no file needed any more. */
  readonly droppedCount: number;
}

/**
 * The key that opens the database, undefined for a plain one (database-keys/refused-before-a-byte). Throws
 * EncryptionKeyError, and what `source` throws.
 */
export async function askForKey(
  vfs: Vfs,
  directory: string,
  source: KeySource | undefined,
): Promise<KeyObject | undefined> {
  const bytes = readKeyRing(vfs, directory);
  if (source === undefined) {
    if (bytes === undefined) return undefined;
    throw new EncryptionKeyError(
      `Database is encrypted: give its key in option encryption: path=${directory}`,
    );
  }
  if (bytes === undefined && vfs.exists(join(directory, fileName('current')))) {
    throw new EncryptionKeyError(
      `Database is not encrypted, or its KEYRING is lost: leave option encryption out, or restore the file: path=${directory}`,
    );
  }
  const ringId = bytes === undefined ? undefined : nameOf(ringIdOf(bytes, keyRingPath(directory)));
  return source({ location: directory, ringId });
}

/**
 * `vfs` with the keys of a database that is there, for a reader of its files. Throws as `askForKey`. A writer may rotate
 * beside the reader: a file of a newer generation has the ring read again, which throws EncryptionKeyError when another
 * key opens it by then.
 */
export async function unlockedVfs(
  vfs: Vfs,
  directory: string,
  source: KeySource | undefined,
): Promise<Vfs> {
  const callerKey = await askForKey(vfs, directory, source);
  const read = (): KeyRing | undefined => DatabaseKeys.read(vfs, directory, callerKey)?.ring;
  const ring = read();
  return ring === undefined ? vfs : keyedVfs(vfs, new FileKeys(ring, read));
}

export class DatabaseKeys {
  /** What files are read and written with. */
  readonly fileKeys: FileKeys;
  readonly #vfs: Vfs;
  readonly #directory: string;
  readonly #mutex: Mutex = new Mutex();
  /** Generations that files of this open may be written with. */
  readonly #used = new Set<string>();
  /** The generations of tables that were looked at; a table never changes. */
  readonly #tables = new Map<number, string>();
  #ring: KeyRing;
  #callerKey: KeyObject;

  private constructor(vfs: Vfs, directory: string, ring: KeyRing, callerKey: KeyObject) {
    this.#vfs = vfs;
    this.#directory = directory;
    this.#ring = ring;
    this.#callerKey = callerKey;
    this.fileKeys = new FileKeys(ring);
    this.#noteCurrent();
  }

  /**
   * The keys of a database that is there; undefined when it has no ring. Throws EncryptionKeyError for another key, or
   * none, and CorruptionError for a damaged ring.
   */
  static read(
    vfs: Vfs,
    directory: string,
    callerKey: KeyObject | undefined,
  ): DatabaseKeys | undefined {
    const bytes = readKeyRing(vfs, directory);
    if (bytes === undefined) return undefined;
    if (callerKey === undefined) {
      throw new EncryptionKeyError(`Database has become encrypted meanwhile: path=${directory}`);
    }
    const ring = decodeKeyRing(bytes, callerKey, keyRingPath(directory));
    return new DatabaseKeys(vfs, directory, ring, callerKey);
  }

  /** A new ring for a new database. A crash in here leaves no ring, or one whose keys no file has. */
  static async create(vfs: Vfs, directory: string, callerKey: KeyObject): Promise<DatabaseKeys> {
    const ring = newRing();
    await writeKeyRing(vfs, directory, encodeKeyRing(ring, callerKey));
    return new DatabaseKeys(vfs, directory, ring, callerKey);
  }

  /**
   * Seals the ring with `callerKey`, with a new generation in it. Throws IoError: then nothing has changed, or, once
   * the ring was renamed, either key may open it after a crash, and this process goes on with the generation before.
   */
  rotate(callerKey: KeyObject): Promise<RotateKeyReport> {
    return this.#mutex.runExclusive(async () => {
      const before = this.#ring;
      const kept = await this.#keptGenerations();
      const ring = withNewGeneration({ id: before.id, generations: kept });
      await writeKeyRing(this.#vfs, this.#directory, encodeKeyRing(ring, callerKey));
      this.#ring = ring;
      this.#callerKey = callerKey;
      this.fileKeys.replace(ring); // database-keys/durable-before-used
      this.#noteCurrent();
      return {
        generationCount: ring.generations.size,
        droppedCount: before.generations.size - kept.size,
      };
    });
  }

  /** True when table `number` was written with a key before the current one: a compaction of all renews it. */
  isStaleTable(number: number): boolean {
    const { generations } = this.#ring;
    if (generations.size === 1) return false;
    return this.#generationOfTable(number) !== currentOf(generations);
  }

  /** The generations of this moment: a copy that begins now may need them, whatever is dropped meanwhile. */
  get ring(): KeyRing {
    return this.#ring;
  }

  /** Writes the ring of a copy that was begun with `begun`. */
  async writeCopy(vfs: Vfs, directory: string, begun: KeyRing): Promise<void> {
    await writeKeyRing(vfs, directory, this.copyOf(begun));
  }

  /** The bytes of the ring of a copy that was begun with `begun` (database-keys/copies-part). */
  copyOf(begun: KeyRing): Uint8Array {
    const { id, generations } = this.#ring;
    const all = { id, generations: new Map([...begun.generations, ...generations]) };
    return encodeKeyRing(withNewGeneration(all), this.#callerKey);
  }

  /** The name of the generation that new files are written with. */
  get currentName(): string {
    return [...this.#ring.generations.keys()].at(-1)!; // a ring is not empty
  }

  #noteCurrent(): void {
    this.#used.add(currentOf(this.#ring.generations));
  }

  /** The current one for a table that cannot be read: a compaction of it fails, and says why. */
  #generationOfTable(number: number): string {
    const known = this.#tables.get(number);
    if (known !== undefined) return known;
    const path = join(this.#directory, fileName('table', number));
    try {
      const name = nameOf(generationOf(this.#vfs, path, 'table'));
      if (this.#tables.size >= TABLE_COUNT_MAX) this.#tables.clear();
      this.#tables.set(number, name);
      return name;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return currentOf(this.#ring.generations);
    }
  }

  /** Keeps database-keys/dropped-when-unused. */
  async #keptGenerations(): Promise<ReadonlyMap<string, KeyObject>> {
    const { generations } = this.#ring;
    const isOld = (name: string): boolean => !this.#used.has(name);
    if (![...generations.keys()].some(isOld)) return generations;
    const named = new Set<string>();
    try {
      for (const name of this.#vfs.list(this.#directory)) {
        const { kind, number = 0 } = parseFileName(name) ?? {};
        if (kind !== 'log' && kind !== 'manifest' && kind !== 'table') continue;
        const path = join(this.#directory, fileName(kind, number));
        named.add(nameOf(generationOf(this.#vfs, path, kind)));
        await nextTurn();
      }
    } catch (error) {
      if (error instanceof StorageError) return generations;
      throw error;
    }
    return new Map([...generations].filter(([name]) => !isOld(name) || named.has(name)));
  }
}

/** The name of the newest key; a ring is not empty. */
function currentOf(generations: ReadonlyMap<string, KeyObject>): string {
  return [...generations.keys()].at(-1)!;
}
