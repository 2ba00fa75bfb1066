/**
 * The logs of a repair: the newest operation on each key, from every frame that is whole.
 *
 * Owns: reading the logs past their damage, and reporting the missing sequences.
 *
 * Operations behind a hole are taken: the lost ones are unknown, and most of the others are of use. So the result may
 * hold a commit whose predecessors are lost; each hole is reported with its sequences.
 *
 * Suspension: `read` suspends for reads. The operations of all logs are in memory, the newest of each key.
 */
import { copyRange, compareBytes, EMPTY_BYTES } from '../bytes/bytes.ts';
import { CorruptionError } from '../base/errors.ts';
import type { FileNumber } from '../base/ids.ts';
import type { RangeTombstones } from '../iterator/range-tombstones.ts';
import { DELETION, RANGE_DELETION, type PointType } from '../base/value-type.ts';
import type { StopCheck } from '../engine/state/long-calls.ts';
import { BatchReader } from '../batch/batch-reader.ts';
import { LOG_KIND_WAL } from '../log/frame-format.ts';
import { readLog } from '../log/log-reader.ts';
import type { LogFrame } from '../log/log-window.ts';
import { endsEarly } from '../log/log-chain.ts';
import { type LogDamage, salvageLog } from '../log/log-salvager.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { lossOf, type RepairRecord } from './repair-report.ts';
import type { EntrySource } from './salvaged-tables.ts';

interface LoggedOperation {
  readonly key: Uint8Array;
  readonly sequence: number;
  readonly type: PointType;
  readonly value: Uint8Array;
}

export class SalvagedLogs {
  readonly #vfs: Vfs;
  readonly #flushedSequence: number;
  readonly #tombstones: RangeTombstones;
  readonly #record: RepairRecord;
  readonly #cursor = new BatchReader();
  /** By the key's bytes as latin1. */
  readonly #newest = new Map<string, LoggedOperation>();
  /** The log that holds the last frame; the first log when none holds one. */
  #endPath: string | undefined = undefined;
  /** The last sequence met, or known to be in tables; undefined: any may come next. */
  #reached: number | undefined;

  /** `flushedSequence`: everything at or below it is in tables; undefined when no manifest says so. */
  constructor(
    vfs: Vfs,
    flushedSequence: number | undefined,
    tombstones: RangeTombstones,
    record: RepairRecord,
  ) {
    this.#vfs = vfs;
    this.#flushedSequence = flushedSequence ?? 0;
    this.#tombstones = tombstones;
    this.#record = record;
    this.#reached = flushedSequence;
  }

  /** Reads one log; in ascending order of their numbers. */
  async read(number: FileNumber, path: string, check: StopCheck): Promise<void> {
    const record = this.#record;
    record.logCount++;
    this.#endPath ??= path;
    const before = this.#reached;
    let isFirst = true;
    const onFrame = (frame: LogFrame): void => {
      check();
      if (isFirst) this.#loseBetween(path, before, frame);
      isFirst = false;
      this.#endPath = path;
      this.#take(frame, path);
    };
    try {
      const salvage = await salvageLog(this.#vfs, path, LOG_KIND_WAL, number, onFrame);
      record.frameCount += salvage.frameCount;
      if (!salvage.isHeaderSound) this.#judgeHeader(path, salvage.frameCount);
      for (const damage of salvage.damages) await this.#judge(damage, number, path);
    } catch (error) {
      const message = lossOf(error, 'Log is missing');
      record.damageLog(path);
      record.lose({ kind: 'log', file: path, message, firstSequence: following(this.#reached) });
    }
  }

  /**
   * After the last log: tells commits that are missing at the end of the logs, which the last close had recorded. A
   * log that is damaged, or gone, has told of its own loss without an end.
   */
  mustReach(closedSequence: number): void {
    const reached = this.#reached ?? 0;
    const isTold = this.#record.losses.some(({ kind, lastSequence }) => {
      return (kind === 'log' || kind === 'commits') && lastSequence === undefined;
    });
    const file = this.#endPath;
    if (reached >= closedSequence || isTold || file === undefined) return;
    this.#record.damageLog(file);
    this.#record.lose({
      kind: 'commits',
      file,
      message: endsEarly(reached, closedSequence),
      firstSequence: reached + 1,
      lastSequence: closedSequence,
    });
  }

  /** The operations in key order; range deletions are in the tombstones that the constructor was given. */
  source(): EntrySource {
    const operations = [...this.#newest.values()].sort((a, b) => compareBytes(a.key, b.key));
    return new OperationSource(operations);
  }

  #take(frame: LogFrame, path: string): void {
    const cursor = this.#cursor;
    try {
      cursor.reset({ ...frame, payload: copyRange(frame.payload, 0, frame.payload.length) });
      while (cursor.next()) {
        if (cursor.sequence > this.#flushedSequence) this.#takeOperation();
      }
    } catch (error) {
      if (!(error instanceof CorruptionError)) throw error;
      this.#record.damageLog(path);
      this.#record.lose({
        kind: 'commits',
        file: path,
        offset: frame.offset,
        message: error.message,
        firstSequence: frame.firstSequence,
        lastSequence: frame.firstSequence + frame.operationCount - 1,
      });
    }
    const last = frame.firstSequence + frame.operationCount - 1;
    this.#reached = Math.max(this.#reached ?? 0, last);
  }

  #takeOperation(): void {
    const { bytes, type, sequence, keyStart, keyEnd, valueStart, valueEnd } = this.#cursor;
    const key = bytes.subarray(keyStart, keyEnd);
    const value = bytes.subarray(valueStart, valueEnd);
    if (type === RANGE_DELETION) {
      this.#tombstones.add(key, value, sequence);
      return;
    }
    const name = Buffer.from(key).toString('latin1');
    const known = this.#newest.get(name);
    if (known !== undefined && known.sequence > sequence) return;
    this.#newest.set(name, { key, sequence, type, value });
  }

  /** A hole between one log, or the tables, and the next log. */
  #loseBetween(
    path: string,
    before: number | undefined,
    { firstSequence, offset }: LogFrame,
  ): void {
    if (before === undefined || firstSequence <= before + 1) return;
    // A damage in front of the frame is told with its place.
    this.#record.lose({
      kind: 'commits',
      file: path,
      offset,
      message: 'Commits before this log are lost',
      firstSequence: before + 1,
      lastSequence: firstSequence - 1,
    });
  }

  /**
   * A header is synced before anything names its log, so that one without it was damaged later. Frames say by their
   * sequences what is missing before them; a log without a frame may have held anything.
   */
  #judgeHeader(path: string, frameCount: number): void {
    const record = this.#record;
    record.damageLog(path);
    if (frameCount > 0) {
      record.note(`Log header is damaged: file=${path}`);
      return;
    }
    const message = 'Log has neither a header nor a commit any more: what it held is lost';
    record.lose({ kind: 'log', file: path, message, firstSequence: following(this.#reached) });
  }

  async #judge(damage: LogDamage, number: FileNumber, path: string): Promise<void> {
    const record = this.#record;
    const { offset, sizeBytes, sequenceBefore, sequenceAfter } = damage;
    if (sequenceAfter === undefined && (await this.#isTornTail(number, path, offset))) {
      record.note(
        `Log has a torn tail, which was never acknowledged: file=${path} offset=${offset}`,
      );
      return;
    }
    record.damageLog(path);
    record.lostStretchCount++;
    const firstSequence = following(sequenceBefore);
    const lastSequence = sequenceAfter === undefined ? undefined : sequenceAfter - 1;
    if (firstSequence !== undefined && lastSequence !== undefined && lastSequence < firstSequence) {
      record.note(`Log is damaged where it holds no commit: file=${path} offset=${offset}`);
      return;
    }
    if (lastSequence !== undefined && lastSequence <= this.#flushedSequence) {
      record.note(`Log is damaged where all is in tables: file=${path} offset=${offset}`);
      return;
    }
    const message = `Log is damaged: size=${sizeBytes}`;
    record.lose({ kind: 'commits', file: path, offset, message, firstSequence, lastSequence });
  }

  /** True when recovery, too, would cut the log here and go on. */
  async #isTornTail(number: FileNumber, path: string, offset: number): Promise<boolean> {
    try {
      const options = { isHeaderDurable: true };
      const summary = await readLog(this.#vfs, path, LOG_KIND_WAL, number, () => {}, options);
      return summary.end === 'torn' && summary.validEnd === offset;
    } catch (error) {
      if (error instanceof CorruptionError) return false;
      throw error;
    }
  }
}

function following(sequence: number | undefined): number | undefined {
  return sequence === undefined ? undefined : sequence + 1;
}

/** An entry of a log is newer than an entry of a table with its sequence: it is the same one. */
class OperationSource implements EntrySource {
  readonly age: number = Infinity;
  key: Uint8Array = EMPTY_BYTES;
  sequence = 0;
  type: PointType = DELETION;
  value: Uint8Array = EMPTY_BYTES;
  readonly #operations: readonly LoggedOperation[];
  #index = 0;

  constructor(operations: readonly LoggedOperation[]) {
    this.#operations = operations;
  }

  next(): boolean {
    const operation = this.#operations[this.#index++];
    if (operation === undefined) return false;
    this.key = operation.key;
    this.sequence = operation.sequence;
    this.type = operation.type;
    this.value = operation.value;
    return true;
  }

  close(): void {
    this.#index = this.#operations.length;
  }
}
