/**
 * The report of a repair: the entries that it saved, and the losses.
 *
 * Owns: the shape of the report, and gathering it.
 *
 * Suspension: every method is synchronous.
 */
import { CorruptionError, IoError } from '../base/errors.ts';
import { shortageOf } from '../base/shortage.ts';
import { describeTreeKey } from '../bytes/keyspace-number.ts';

/**
 *   manifest          no manifest can be believed: the live tables and the deletions are guesses
 *   table             a whole table is missing or unreadable, or the rest of one whose index is lost
 *   block             one block of a table
 *   range-tombstones  deletions of ranges: deleted keys may be back
 *   log               a whole log is missing or unreadable, or the rest of one
 *   commits           commits between two intact frames, or behind the last one
 */
export type RepairLossKind =
  'manifest' | 'table' | 'block' | 'range-tombstones' | 'log' | 'commits';

/** Something that is lost. In the range of keys, entries may be missing, be older than they were, or be back. */
export interface RepairLoss {
  /** The kind of thing that is lost. */
  readonly kind: RepairLossKind;
  /** The path of the damaged file. */
  readonly file: string;
  /** Where in the file, in bytes from its start; undefined when it is not known. */
  readonly offset: number | undefined;
  /** The finding, in words for people. */
  readonly message: string;
  /**
   * The smallest key concerned, in bytes, inclusive, behind the number of its keyspace (docs/formats/keyspace.md);
   * undefined: nothing is known.
   */
  readonly lower: Uint8Array | undefined;
  /** The largest key concerned, in the same way. */
  readonly upper: Uint8Array | undefined;
  /** The first operation concerned, inclusive; undefined: nothing is known. */
  readonly firstSequence: number | undefined;
  /** The last operation concerned, inclusive; undefined: nothing is known. */
  readonly lastSequence: number | undefined;
}

/** Counts of the things that a repair read, saved and lost. */
export interface RepairReport {
  /** The damaged directory, as an absolute path. */
  readonly source: string;
  /** The directory of the new database, as an absolute path. */
  readonly target: string;
  /** True when nothing is lost: the copy holds what the original held. */
  readonly isComplete: boolean;
  /** The manifest that said which files count; undefined when none could be believed. */
  readonly manifest: string | undefined;
  /** Tables that counted. */
  readonly tableCount: number;
  /** Tables of these that have damage. */
  readonly damagedTableCount: number;
  /** Blocks of these tables. */
  readonly blockCount: number;
  /** Blocks of these that could not be read. */
  readonly lostBlockCount: number;
  /** Logs that counted. */
  readonly logCount: number;
  /** Logs of these that have damage. */
  readonly damagedLogCount: number;
  /** Intact frames in these logs. */
  readonly frameCount: number;
  /** Stretches of logs that are no frames. */
  readonly lostStretchCount: number;
  /** Keys in the new database. */
  readonly entryCount: number;
  /** Everything that is lost. */
  readonly losses: readonly RepairLoss[];
  /** Damage that cost nothing, such as a filter, and other things worth knowing. */
  readonly notes: readonly string[];
}

type LossFacts = Pick<RepairLoss, 'kind' | 'file' | 'message'> & Partial<RepairLoss>;

/** The report in the making. */
export class RepairRecord {
  readonly losses: RepairLoss[] = [];
  readonly notes: string[] = [];
  readonly damagedFiles: Set<string> = new Set();
  tableCount = 0;
  damagedTableCount = 0;
  blockCount = 0;
  lostBlockCount = 0;
  logCount = 0;
  damagedLogCount = 0;
  frameCount = 0;
  lostStretchCount = 0;

  lose(facts: LossFacts): void {
    this.losses.push({
      offset: undefined,
      lower: undefined,
      upper: undefined,
      firstSequence: undefined,
      lastSequence: undefined,
      ...facts,
    });
  }

  note(text: string): void {
    this.notes.push(text);
  }

  /** Counts a table with damage, once. */
  damageTable(path: string): void {
    if (this.damagedFiles.has(path)) return;
    this.damagedFiles.add(path);
    this.damagedTableCount++;
  }

  damageLog(path: string): void {
    if (this.damagedFiles.has(path)) return;
    this.damagedFiles.add(path);
    this.damagedLogCount++;
  }

  report(
    source: string,
    target: string,
    manifest: string | undefined,
    entryCount: number,
  ): RepairReport {
    const { losses, notes, tableCount, damagedTableCount, blockCount, lostBlockCount } = this;
    const { logCount, damagedLogCount, frameCount, lostStretchCount } = this;
    return {
      source,
      target,
      isComplete: losses.length === 0,
      manifest,
      tableCount,
      damagedTableCount,
      blockCount,
      lostBlockCount,
      logCount,
      damagedLogCount,
      frameCount,
      lostStretchCount,
      entryCount,
      losses,
      notes,
    };
  }
}

/**
 * Why a whole file is lost, when `error` says that: it is gone, cannot be read, or is no regular file. Throws
 * anything else, and a shortage too, which says nothing about the file. A file that is not lost must not be given up.
 */
export function lossOf(error: unknown, whenMissing: string): string {
  if (error instanceof CorruptionError) return error.message;
  if (!(error instanceof IoError) || shortageOf(error) === 'resource') throw error;
  return error.systemCode === 'ENOENT' ? whenMissing : error.message;
}

/** One line of text. */
export function describeLoss(loss: RepairLoss): string {
  const { kind, file, offset, message, lower, upper, firstSequence, lastSequence } = loss;
  const place = message.includes(file) ? '' : ` file=${file}`;
  const at = offset === undefined || message.includes('offset=') ? '' : ` offset=${offset}`;
  const keys =
    lower === undefined && upper === undefined
      ? ''
      : ` keys=${lower === undefined ? '' : describeTreeKey(lower)}..` +
        (upper === undefined ? '' : describeTreeKey(upper));
  const sequences =
    firstSequence === undefined && lastSequence === undefined
      ? ''
      : ` sequences=${firstSequence ?? ''}..${lastSequence ?? ''}`;
  return `${kind}: ${message}${place}${at}${keys}${sequences}`;
}
