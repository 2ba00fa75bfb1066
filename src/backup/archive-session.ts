/**
 * One run of an archive: pieces of logs, shipped one segment after the other.
 *
 * Owns: where the run begins, its segments, and the backups that it needs. The loop around it is in archive.ts.
 *
 * Begins: the last segment of the database says which log it came to, how far, and the hash of that log up to there. Where
 * this database has the same bytes, its run goes on from there. Else it begins with a backup of its own.
 *
 * What a kill or a failing store leaves: segments up to one ordinal, each whole. One that was put although `put` rejected is
 * put again, under the same name and with the same bytes.
 *
 * Invariants:
 *   archive-session/one-history: a run goes on from another one only where the logs are the same bytes. A copy of the
 *       database that has gone another way begins anew.
 *   archive-session/backup-before: the newest backup of the database is on the line of the run when its first segment is
 *       put. So what is shipped can be restored.
 *   archive-session/hole-needs-backup: commits that no log has, which a bulk load makes, are in a backup before anything
 *       after them is shipped.
 *   archive-session/keys-in-a-backup: the logs of a run are encrypted with keys that its backup has. After a rotation a run
 *       begins anew, and none takes place during a run.
 *   archive-session/same-again: a segment that may be in the store is put again as it was, never under another name.
 *
 * Suspension: `begin` and `ship` suspend; calls do not overlap.
 */
import { createHash, type Hash, randomUUID } from 'node:crypto';

import { BackupError } from '../base/errors.ts';
import type { LogPiece } from '../engine/history/log-tail.ts';
import type { LogFeed, StoreUpkeep } from '../store/upkeep.ts';
import { findLines, isOnLine } from './archive-lines.ts';
import type { StoreCalls } from './backup-store.ts';
import { type SegmentKey, segmentName, startName } from './layout.ts';
import { BackupMaker } from './make-backup.ts';
import type { Meter } from './meter.ts';
import { findBackups, readBackup } from './read-backup.ts';
import { encodeRecord, type SegmentRecord, type SessionRecord, sha256Of } from './record.ts';
import { decodeSegment, encodeSegment } from './segment.ts';

const PIECE_SIZE_BYTES = 1024 * 1024;
const SEGMENT_SIZE_BYTES = 4 * 1024 * 1024;
const SEGMENT_READ_SIZE_BYTES_MAX = 2 ** 32;

/** What a run has done so far. */
export interface ArchiveCounts {
  segments: number;
  bytes: number;
  backups: number;
}

export class ArchiveSession {
  readonly #upkeep: StoreUpkeep;
  readonly #database: string;
  readonly #feed: LogFeed;
  readonly #counts: ArchiveCounts;
  readonly #session: string = randomUUID();
  #hash: Hash = createHash('sha256');
  #ordinal = 0;
  /** The last commit that can be restored. */
  #covered = 0;
  #coveredMs = 0;
  /** Made, and perhaps put (archive-session/same-again). */
  #pending: { readonly key: SegmentKey; readonly bytes: Uint8Array } | undefined = undefined;

  /** A piece after a hole, which waits for its segment. */
  #ahead: LogPiece | undefined = undefined;

  constructor(upkeep: StoreUpkeep, database: string, counts: ArchiveCounts) {
    this.#upkeep = upkeep;
    this.#database = database;
    this.#counts = counts;
    this.#feed = upkeep.logs(); // before all else: what is written from now on is held
  }

  get covered(): number {
    return this.#covered;
  }

  /** The time of the last commit that can be restored. */
  get coveredMs(): number {
    return this.#coveredMs;
  }

  /** Bytes of logs that stay for this run alone. */
  get heldSizeBytes(): number {
    return this.#feed.tail.heldSizeBytes;
  }

  /** Finds where to begin, and says so in the store. */
  async begin(store: StoreCalls, meter: Meter): Promise<void> {
    const parent = await this.#resume(store);
    if (parent === undefined) {
      await this.#beginAnew();
      await this.#backup(store, meter);
    }
    const record: SessionRecord = {
      session: this.#session,
      database: this.#database,
      incarnation: this.#upkeep.incarnation,
      ...(parent === undefined ? {} : { parent }),
    };
    const name = startName(this.#database, this.#session);
    await store.putBytes(name, encodeRecord('session', record));
  }

  /** Ships all that was published before the call. */
  async ship(store: StoreCalls, meter: Meter): Promise<void> {
    const { published } = this.#upkeep.horizons;
    await this.#putPending(store, meter);
    for (;;) {
      const { pieces, isEnd } = await this.#collect(meter);
      const [first] = pieces;
      if (first !== undefined) {
        if (first.firstSequence > this.#covered + 1) await this.#backup(store, meter); // archive-session/hole-needs-backup
        this.#pending = this.#segmentOf(pieces);
        await this.#putPending(store, meter);
      }
      if (isEnd) break;
    }
    if (this.#covered < published) await this.#backup(store, meter); // a bulk load came last
  }

  /** Gives the logs free. Idempotent. */
  close(): void {
    this.#feed.close();
  }

  /** Pieces for one segment; a hole in the commit order ends them. */
  async #collect(meter: Meter): Promise<{ readonly pieces: LogPiece[]; readonly isEnd: boolean }> {
    const pieces: LogPiece[] = [];
    let sizeBytes = 0;
    let last = this.#covered;
    while (sizeBytes < SEGMENT_SIZE_BYTES) {
      const piece = this.#ahead ?? (await this.#feed.next(PIECE_SIZE_BYTES, meter.signal));
      this.#ahead = undefined;
      if (piece === undefined) return { pieces, isEnd: true };
      if (pieces.length > 0 && piece.firstSequence > last + 1) {
        this.#ahead = piece;
        break;
      }
      pieces.push(piece);
      sizeBytes += piece.bytes.length;
      last = piece.lastSequence;
    }
    return { pieces, isEnd: false };
  }

  #segmentOf(pieces: readonly LogPiece[]): {
    readonly key: SegmentKey;
    readonly bytes: Uint8Array;
  } {
    for (const { offset, bytes } of pieces) {
      if (offset === 0) this.#hash = createHash('sha256');
      this.#hash.update(bytes);
    }
    const first = pieces[0]!; // it has at least one
    const last = pieces.at(-1)!; // as above
    const prefix = {
      sizeBytes: last.offset + last.bytes.length,
      hash: this.#hash.copy().digest('hex'),
    };
    const ordinal = this.#ordinal + 1;
    const key: SegmentKey = {
      database: this.#database,
      session: this.#session,
      ordinal,
      firstSequence: first.firstSequence,
      lastSequence: last.lastSequence,
      lastMs: last.lastMs,
    };
    return { key, bytes: encodeSegment(this.#session, ordinal, pieces, prefix) };
  }

  /** Keeps archive-session/same-again. */
  async #putPending(store: StoreCalls, meter: Meter): Promise<void> {
    if (this.#pending === undefined) return;
    const { key, bytes } = this.#pending;
    await meter.pass(bytes.length);
    await store.putBytes(segmentName(key), bytes);
    this.#pending = undefined;
    this.#ordinal = key.ordinal;
    this.#covered = Math.max(this.#covered, key.lastSequence);
    this.#coveredMs = Math.max(this.#coveredMs, key.lastMs);
    this.#counts.segments++;
    this.#counts.bytes += bytes.length;
  }

  async #backup(store: StoreCalls, meter: Meter): Promise<void> {
    const { incarnation } = this.#upkeep;
    const report = await this.#upkeep.capture('Backup of an archive', meter.signal, (capture) =>
      new BackupMaker({ capture, incarnation }, store, meter).run(undefined),
    );
    this.#counts.backups++;
    this.#counts.bytes += report.bytesNew;
    this.#covered = Math.max(this.#covered, report.sequence);
    this.#coveredMs = Math.max(this.#coveredMs, report.time.getTime());
  }

  async #beginAnew(): Promise<void> {
    const { tail } = this.#feed;
    const oldest = this.#upkeep.oldestLog ?? tail.logs()[0]?.number;
    if (oldest !== undefined) await tail.moveTo({ number: oldest, offset: 0 });
  }

  /** Keeps archive-session/one-history and archive-session/backup-before. Undefined: it begins anew. */
  async #resume(store: StoreCalls): Promise<SessionRecord['parent']> {
    const newest = (await findBackups(store)).findLast((key) => key.database === this.#database);
    if (newest === undefined) return undefined;
    const line = (await findLines(store, this.#database)).at(-1);
    if (line?.end === undefined) return undefined;
    const { end } = line;
    try {
      const backup = await readBackup(store, newest);
      if (backup.keyGeneration !== this.#upkeep.keyGeneration) return undefined; // archive-session/keys-in-a-backup
      if (!isOnLine(line, backup) || backup.sequence > end.lastSequence) return undefined;
      const bytes = await store.getBytes(segmentName(end), SEGMENT_READ_SIZE_BYTES_MAX);
      const { record, pieces } = decodeSegment(bytes, end);
      const log = pieces.at(-1)?.log;
      if (log === undefined || !(await this.#hasPrefix(log, record))) return undefined;
      await this.#feed.tail.moveTo({ number: log, offset: record.prefixSizeBytes });
    } catch (error) {
      if (error instanceof BackupError && error.code === 'BACKUP_DAMAGED') return undefined;
      throw error;
    }
    this.#covered = end.lastSequence;
    this.#coveredMs = end.lastMs;
    const { session, ordinal, lastSequence } = end;
    return { session, ordinal, lastSequence };
  }

  async #hasPrefix(log: number, { prefixSizeBytes, prefixHash }: SegmentRecord): Promise<boolean> {
    const bytes = await this.#feed.tail.prefixOf(log, prefixSizeBytes);
    if (bytes === undefined || sha256Of(bytes) !== prefixHash) return false;
    this.#hash = createHash('sha256').update(bytes);
    return true;
  }
}
