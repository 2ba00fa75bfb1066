/**
 * An import: entries of a source into keyspaces.
 *
 * Owns: its progress, which is an entry of a keyspace of its own, in the commit of the entries that it tells of; and the
 * comparison at the end.
 *
 * Invariants:
 *   import-run/once: a chunk and the place after it are one commit. So an import that is stopped at any moment, by a kill
 *       or a power cut, goes on after the last chunk that the database has: nothing is missing, nothing is written twice.
 *   import-run/compared: at the end the target is read again. Its counts and checksums are those of what was written, and
 *       those of the source, if it has any. Only then the progress goes, in a commit that is synced.
 *   import-run/empty-first: entries go into keyspaces that are empty when the import begins, unless it merges. What lies
 *       in a keyspace that was not empty cannot be compared.
 *
 * Suspension: every call suspends.
 */
import { CorruptionError } from '../../base/errors.ts';
import {
  bytesKeyspace,
  makeKeyspace,
  type TransferKeyspace,
  undeclaredIndexes,
} from '../../migrate/keyspace-copy.ts';
import { Tally, type TallyRecord } from '../../migrate/tally.ts';
import { UsageError } from '../../programs/outcome.ts';
import type { BytesDatabase, BytesKeyspace } from '../open-database.ts';
import { tallyOf } from './database-source.ts';
import type { ImportSource } from './import-source.ts';
import { IMPORT_KEYSPACE, type Position, type TransferItem } from './items.ts';

export interface ImportSettings {
  /** Only this keyspace of the source. */
  readonly only: string | undefined;
  readonly isMerging: boolean;
  /** Forgets an import of another source that did not end. */
  readonly isDiscarding: boolean;
  readonly onEntries: (count: number) => void;
  readonly nowMs: () => number;
}

export interface ImportedKeyspace {
  readonly name: string;
  readonly entryCount: number;
  /** Of what was written. */
  readonly checksum: string;
  /** Of what the target holds; undefined when it was not compared. */
  readonly targetChecksum: string | undefined;
  readonly targetEntryCount: number | undefined;
  /** Undefined when it was not compared. */
  readonly isEqual: boolean | undefined;
  /** Entries of the source that had expired. */
  readonly expiredCount: number;
}

export interface ImportReport {
  readonly isEqual: boolean;
  readonly isResumed: boolean;
  readonly entryCount: number;
  readonly keyspaces: readonly ImportedKeyspace[];
  /** Indexes of the source that are not declared: by functions, or over an encoding that only the program has. */
  readonly undeclaredIndexes: readonly string[];
}

/** What was read and written of one keyspace. */
interface Course {
  readonly read: Tally;
  readonly written: Tally;
  expiredCount: number;
  readonly isMerged: boolean;
}

interface CourseRecord {
  readonly read: TallyRecord;
  readonly written: TallyRecord;
  readonly expiredCount: number;
  readonly isMerged: boolean;
}

interface ProgressRecord {
  readonly fingerprint: string;
  readonly source: string;
  readonly position: Position;
  readonly current: string | undefined;
  readonly courses: Readonly<Record<string, CourseRecord>>;
}

const PROGRESS_KEY: Uint8Array = Buffer.from('progress', 'latin1');

class ImportRun {
  readonly #db: BytesDatabase;
  readonly #source: ImportSource;
  readonly #settings: ImportSettings;
  readonly #progress: BytesKeyspace;
  readonly #courses = new Map<string, Course>();
  readonly #targets = new Map<string, BytesKeyspace>();
  #current: string | undefined;
  #isDone = false;

  constructor(
    db: BytesDatabase,
    source: ImportSource,
    settings: ImportSettings,
    progress: BytesKeyspace,
  ) {
    this.#db = db;
    this.#source = source;
    this.#settings = settings;
    this.#progress = progress;
    const [first] = source.keyspaces;
    this.#current = source.hasEnds ? undefined : first?.name;
  }

  async run(left: ProgressRecord | undefined): Promise<ImportReport> {
    if (left === undefined) await this.#begin();
    else this.#goOn(left);
    for await (const { item, position } of this.#source.items(left?.position)) {
      await this.#take(item, position);
    }
    if (this.#source.hasEnds && !this.#isDone) {
      throw new CorruptionError('Export is cut short: its end is missing', {
        file: this.#source.name,
      });
    }
    return this.#compare(left !== undefined);
  }

  /** import-run/empty-first. */
  async #begin(): Promise<void> {
    const { isMerging } = this.#settings;
    for (const keyspace of this.#chosen()) {
      const target = await makeKeyspace(this.#db, keyspace);
      const [first] = await target.keys({ limit: 1 }).all();
      if (first !== undefined && !isMerging) {
        throw new UsageError(
          `Keyspace is not empty: '${keyspace.name}'. Import into another with --into, or add --merge, which writes over it`,
        );
      }
      const isMerged = first !== undefined;
      const fresh = { read: new Tally(), written: new Tally(), expiredCount: 0, isMerged };
      this.#courses.set(keyspace.name, fresh);
    }
  }

  #goOn({ courses, current }: ProgressRecord): void {
    for (const [name, { read, written, expiredCount, isMerged }] of Object.entries(courses)) {
      const tallies = { read: Tally.from(read), written: Tally.from(written) };
      this.#courses.set(name, { ...tallies, expiredCount, isMerged });
      this.#settings.onEntries(tallies.written.count);
    }
    this.#current = current;
  }

  #chosen(): readonly TransferKeyspace[] {
    const { only } = this.#settings;
    const { keyspaces } = this.#source;
    return only === undefined ? keyspaces : keyspaces.filter(({ name }) => name === only);
  }

  async #take(item: TransferItem, position: Position): Promise<void> {
    switch (item.kind) {
      case 'header':
        return;
      case 'keyspace':
        this.#current = item.keyspace.name;
        return;
      case 'entries':
        await this.#write(item, position);
        return;
      case 'end':
        this.#checkEnd(item);
        this.#current = undefined;
        return;
      case 'done':
        this.#isDone = true;
    }
  }

  /** import-run/once. */
  async #write(
    { entries }: Extract<TransferItem, { readonly kind: 'entries' }>,
    position: Position,
  ): Promise<void> {
    const name = this.#current;
    const course = name === undefined ? undefined : this.#courses.get(name);
    if (name === undefined || course === undefined) return; // of a keyspace that was not asked for
    const nowMs = this.#settings.nowMs();
    const target = await this.#target(name);
    const puts = [];
    for (const entry of entries) {
      course.read.add(entry);
      if (entry.expiresAt <= nowMs) {
        course.expiredCount++;
        continue;
      }
      course.written.add(entry);
      puts.push({ type: 'put' as const, in: target, ...entry });
    }
    const value = Buffer.from(JSON.stringify(this.#record(position)), 'utf8');
    const progress = { type: 'put' as const, in: this.#progress, key: PROGRESS_KEY, value };
    await this.#db.batch([...puts, progress], { durability: 'os' });
    this.#settings.onEntries(entries.length);
  }

  async #target(name: string): Promise<BytesKeyspace> {
    const known = this.#targets.get(name);
    if (known !== undefined) return known;
    const target = await bytesKeyspace(this.#db, name);
    this.#targets.set(name, target);
    return target;
  }

  #record(position: Position): ProgressRecord {
    const courses = Object.fromEntries(
      [...this.#courses].map(([name, { read, written, expiredCount, isMerged }]) => [
        name,
        { read: read.toJSON(), written: written.toJSON(), expiredCount, isMerged },
      ]),
    );
    const { fingerprint, name: source } = this.#source;
    return { fingerprint, source, position, current: this.#current, courses };
  }

  #checkEnd({ name, entryCount, checksum }: Extract<TransferItem, { kind: 'end' }>): void {
    const read = this.#courses.get(name)?.read;
    if (read === undefined) return; // of a keyspace that was not asked for
    if (read.count === entryCount && read.checksum === checksum) return;
    throw new CorruptionError(
      `Export does not hold what its end says: keyspace=${name} entries=${read.count} expected=${entryCount} ` +
        `checksum=${read.checksum} expected=${checksum}`,
      { file: this.#source.name },
    );
  }

  /** import-run/compared. */
  async #compare(isResumed: boolean): Promise<ImportReport> {
    const keyspaces: ImportedKeyspace[] = [];
    for (const [name, { written, expiredCount, isMerged }] of this.#courses) {
      const target = isMerged ? undefined : await tallyOf(this.#db, name);
      keyspaces.push({
        name,
        entryCount: written.count,
        checksum: written.checksum,
        targetEntryCount: target?.count,
        targetChecksum: target?.checksum,
        isEqual: target && written.matches(target, this.#settings.nowMs()),
        expiredCount,
      });
    }
    const isEqual = keyspaces.every((keyspace) => keyspace.isEqual !== false);
    if (isEqual) await this.#db.dropKeyspace(IMPORT_KEYSPACE);
    return {
      isEqual,
      isResumed,
      entryCount: keyspaces.reduce((sum, { entryCount }) => sum + entryCount, 0),
      keyspaces,
      undeclaredIndexes: this.#chosen().flatMap(undeclaredIndexes),
    };
  }
}

/** Imports everything, or what is left of it. Throws UsageError, CorruptionError, and what writes throw. */
export async function importEntries(
  db: BytesDatabase,
  source: ImportSource,
  settings: ImportSettings,
): Promise<ImportReport> {
  if (settings.only !== undefined && !source.keyspaces.some(({ name }) => name === settings.only)) {
    throw new UsageError(`No such keyspace in the source: '${settings.only}'`);
  }
  let progress = await db.keyspace(IMPORT_KEYSPACE);
  let left = await progressIn(progress);
  if (left !== undefined && left.fingerprint !== source.fingerprint) {
    if (!settings.isDiscarding) {
      throw new UsageError(
        `Another import into this database did not end: source='${left.source}'. ` +
          'Run it again, or add --discard, which leaves what it has written and forgets it',
      );
    }
    await db.dropKeyspace(IMPORT_KEYSPACE);
    progress = await db.keyspace(IMPORT_KEYSPACE);
    left = undefined;
  }
  return new ImportRun(db, source, settings, progress).run(left);
}

async function progressIn(progress: BytesKeyspace): Promise<ProgressRecord | undefined> {
  const bytes = await progress.get(PROGRESS_KEY);
  if (bytes === undefined) return undefined;
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as ProgressRecord;
}
