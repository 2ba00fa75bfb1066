/**
 * Gives tables back that have wholly expired, unread.
 *
 * Owns: which tables may go, and when the next one may.
 *
 * Invariants:
 *   expirations/nothing-below: a table goes only when no older table shares a key with it, or goes as well. What is left
 *       would else come back: an expired entry hides the older ones of its key.
 *   expirations/readers-first: it goes only when every entry has expired for every reader, and when every pin is at or
 *       after its last commit: validation looks for that (compaction-iterator/conflicts-stay-seen).
 *   expirations/constant: asking whether a table may go costs the same for any number of tables, but once for each
 *       version.
 *
 * Suspension: every method is synchronous.
 */
import { type Levels, overlappingFiles } from '../../compaction/compaction.ts';
import type { FileMetadata } from '../../version/file-metadata.ts';
import type { RemovedFile } from '../../version/version-edit.ts';
import type { Version } from '../../version/version.ts';

/** The engine as expirations see it. */
export interface ExpirationHost {
  readonly parts: { readonly versions: { readonly current: Version } };
  /** The oldest sequence that a reader may still read at; Infinity without one. */
  readonly oldestSequence: number;
  /** What has expired by it has expired for every reader. */
  readonly oldestWallMs: number;
}

export class Expirations {
  readonly #engine: ExpirationHost;
  #seen: Version | undefined = undefined;
  #nextMs = Infinity;

  constructor(engine: ExpirationHost) {
    this.#engine = engine;
  }

  /** When the next table of the version has wholly expired; Infinity: never. */
  get nextMs(): number {
    const { current } = this.#engine.parts.versions;
    if (this.#seen !== current) {
      this.#seen = current;
      this.#nextMs = nextAfter(current.levels, -Infinity);
    }
    return this.#nextMs;
  }

  /** True when `tables` may find something. */
  get isDue(): boolean {
    return this.#engine.oldestWallMs >= this.nextMs;
  }

  /** The tables that may go now. Those that may not yet are looked at again in another version. */
  tables(): RemovedFile[] {
    const { oldestWallMs, oldestSequence, parts } = this.#engine;
    const { levels } = parts.versions.current;
    this.#nextMs = nextAfter(levels, oldestWallMs);
    const gone = new Set<FileMetadata>();
    const removed: RemovedFile[] = [];
    for (const [level, file] of oldestFirst(levels)) {
      if (expiredFrom(file) > oldestWallMs || file.largestSequence > oldestSequence) continue;
      if (olderOverlapping(levels, level, file).some((older) => !gone.has(older))) continue;
      gone.add(file);
      removed.push({ level, number: file.number });
    }
    return removed;
  }
}

/** When a table has nothing but tombstones and expired entries; Infinity for one with other entries. */
function expiredFrom({ expiry, entryCount, deletionCount, ...file }: FileMetadata): number {
  if (expiry === undefined || file.rangeTombstoneCount > 0) return Infinity;
  return expiry.count + deletionCount === entryCount ? expiry.latestMs : Infinity;
}

/** The first time after `wallMs` at which a table has wholly expired. */
function nextAfter(levels: Levels, wallMs: number): number {
  let nextMs = Infinity;
  for (const file of levels.flat()) {
    const expiredMs = expiredFrom(file);
    if (expiredMs > wallMs && expiredMs < nextMs) nextMs = expiredMs;
  }
  return nextMs;
}

/** Every table with its level, each behind all that is older than it. */
function* oldestFirst(levels: Levels): Generator<[number, FileMetadata]> {
  for (let level = levels.length - 1; level >= 0; level--) {
    for (const file of (levels[level] ?? []).toReversed()) yield [level, file];
  }
}

/** The tables that share a key with the file and are older (expirations/nothing-below). */
function olderOverlapping(levels: Levels, level: number, file: FileMetadata): FileMetadata[] {
  const below = levels.flatMap((_, each) =>
    each > level ? overlappingFiles(levels, each, file) : [],
  );
  if (level > 0) return below;
  const besides = overlappingFiles(levels, 0, file);
  return [...besides.slice(besides.indexOf(file) + 1), ...below];
}
