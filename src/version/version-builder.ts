/**
 * A version and edits make the next version.
 *
 * Owns: applying edits and refusing those that do not fit. A misfit of an edit from a manifest is damage; one of an
 * edit from the engine is a bug. The caller gives the error.
 *
 * Invariants:
 *   version-builder/removals-first: within one edit removals come before additions, so a table may move to another
 *       level under its number.
 *   version-builder/result-is-checked: the result obeys version/level-0-newest-first, version/levels-disjoint and
 *       version/number-once, or `build` throws.
 *   version-builder/untouched-levels-shared: levels that no edit touches are the base's own arrays.
 *   version-builder/flushed-never-back: `flushedSequence` never goes back.
 *   version-builder/reach-never-back: what can be read of the past only gets less from its end. Two edits that were made at
 *       the same time may say less or more in any order: the later sequence and the later time count.
 *
 * Suspension: every method is synchronous.
 */
import { type FileNumber, SEQUENCE_NUMBER_ZERO, type SequenceNumber } from '../base/ids.ts';
import { compareNewestFirst, compareSmallest, type FileMetadata } from './file-metadata.ts';
import {
  ENGINE_FORMAT,
  type HistoryBounds,
  LEVEL_COUNT,
  type VersionEdit,
} from './version-edit.ts';
import { type TimeMark, TimeMarks } from './time-marks.ts';
import { Version, type VersionRetention, type VersionState } from './version.ts';

export function emptyVersionState(): VersionState {
  return {
    levels: Array.from({ length: LEVEL_COUNT }, () => []),
    liveLogs: [],
    keptLogs: [],
    historyBounds: { keepMs: 0, keepBytes: 0 },
    retention: undefined,
    flushedSequence: SEQUENCE_NUMBER_ZERO,
    compactionCursors: Array.from({ length: LEVEL_COUNT }, () => undefined),
    keyEncoding: undefined,
    valueEncoding: undefined,
    closedSequence: SEQUENCE_NUMBER_ZERO,
  };
}

/** The records of a whole-state edit beside the state. */
export type StateIdentity = Required<Pick<VersionEdit, 'databaseId' | 'nextFileNumber'>>;

/**
 * The edit that makes a state out of nothing, with all that a state has: for a new manifest, and for a copy's first.
 */
export function wholeStateEdit(state: VersionState, identity: StateIdentity): VersionEdit {
  const { levels, liveLogs, keptLogs, flushedSequence, compactionCursors } = state;
  const { keepMs, keepBytes } = state.historyBounds;
  const { keyEncoding, valueEncoding, closedSequence, retention } = state;
  return {
    ...identity,
    engineFormat: ENGINE_FORMAT,
    flushedSequence,
    addedFiles: levels.flatMap((files, level) => files.map((file) => ({ level, file }))),
    addedLogs: liveLogs,
    keptLogs,
    ...(keepMs === 0 && keepBytes === 0 ? {} : { historyBounds: state.historyBounds }),
    ...(retention === undefined
      ? {}
      : {
          versionRetentionMs: retention.keepMs,
          retainedFrom: retention.from,
          timeMarks: retention.marks.between(0, Infinity),
        }),
    compactionCursors: compactionCursors.flatMap((key, level) =>
      key === undefined ? [] : [{ level, key }],
    ),
    ...(keyEncoding === undefined ? {} : { keyEncoding }),
    ...(valueEncoding === undefined ? {} : { valueEncoding }),
    ...(closedSequence === SEQUENCE_NUMBER_ZERO ? {} : { closedSequence }),
  };
}

interface Placement {
  readonly level: number;
  readonly file: FileMetadata;
}

export class VersionBuilder {
  readonly #base: VersionState;
  readonly #makeError: (message: string) => Error;
  readonly #placements: Map<FileNumber, Placement>;
  readonly #touchedLevels: Set<number>;
  readonly #logs: Set<FileNumber>;
  readonly #keptLogs: Set<FileNumber>;
  #historyBounds: HistoryBounds;
  #retention: VersionRetention | undefined;
  readonly #cursors: (Uint8Array | undefined)[];
  #flushedSequence: SequenceNumber;
  #keyEncoding: string | undefined;
  #valueEncoding: string | undefined;
  #closedSequence: SequenceNumber;

  /** `makeError` makes the error for an edit that does not fit. */
  constructor(base: VersionState, makeError: (message: string) => Error) {
    this.#base = base;
    this.#makeError = makeError;
    this.#placements = new Map();
    for (const [level, files] of base.levels.entries()) {
      for (const file of files) this.#placements.set(file.number, { level, file });
    }
    this.#touchedLevels = new Set();
    this.#logs = new Set(base.liveLogs);
    this.#keptLogs = new Set(base.keptLogs);
    this.#historyBounds = base.historyBounds;
    this.#retention = base.retention;
    this.#cursors = [...base.compactionCursors];
    this.#flushedSequence = base.flushedSequence;
    this.#keyEncoding = base.keyEncoding;
    this.#valueEncoding = base.valueEncoding;
    this.#closedSequence = base.closedSequence;
  }

  apply(edit: VersionEdit): void {
    for (const { level, number } of edit.removedFiles ?? []) this.#removeFile(level, number);
    for (const { level, file } of edit.addedFiles ?? []) this.#addFile(level, file); // version-builder/removals-first
    for (const number of edit.removedLogs ?? []) {
      if (!this.#logs.delete(number)) {
        throw this.#makeError(`Edit removes an unknown log: number=${number}`);
      }
    }
    for (const number of edit.addedLogs ?? []) {
      if (this.#logs.has(number) || this.#keptLogs.has(number)) {
        throw this.#makeError(`Edit adds a log twice: number=${number}`);
      }
      this.#logs.add(number);
    }
    for (const number of edit.droppedLogs ?? []) {
      if (this.#keptLogs.delete(number)) continue;
      throw this.#makeError(`Edit drops a log that is not kept: number=${number}`);
    }
    for (const number of edit.keptLogs ?? []) {
      if (this.#keptLogs.has(number) || this.#logs.has(number)) {
        throw this.#makeError(`Edit keeps a log twice: number=${number}`);
      }
      this.#keptLogs.add(number);
    }
    this.#historyBounds = edit.historyBounds ?? this.#historyBounds;
    this.#retain(edit);
    for (const { level, key } of edit.compactionCursors ?? []) this.#cursors[level] = key;
    this.#keyEncoding = edit.keyEncoding ?? this.#keyEncoding;
    this.#valueEncoding = edit.valueEncoding ?? this.#valueEncoding;
    this.#closedSequence = edit.closedSequence ?? this.#closedSequence;
    if (edit.flushedSequence !== undefined) {
      if (edit.flushedSequence < this.#flushedSequence) {
        throw this.#makeError(`Flushed sequence goes back: sequence=${edit.flushedSequence}`); // version-builder/flushed-never-back
      }
      this.#flushedSequence = edit.flushedSequence;
    }
  }

  /** The base with all edits applied, checked (version-builder/result-is-checked). */
  build(): VersionState {
    const files: FileMetadata[][] = Array.from({ length: LEVEL_COUNT }, () => []);
    for (const { level, file } of this.#placements.values()) {
      if (this.#touchedLevels.has(level)) files[level]?.push(file);
    }
    const levels = files.map((added, level) => {
      if (!this.#touchedLevels.has(level)) return this.#base.levels[level] ?? []; // version-builder/untouched-levels-shared
      return added.sort(level === 0 ? compareNewestFirst : compareSmallest);
    });
    const state: VersionState = {
      levels,
      liveLogs: [...this.#logs].sort((a, b) => a - b),
      keptLogs: [...this.#keptLogs].sort((a, b) => a - b),
      historyBounds: this.#historyBounds,
      retention: this.#retention,
      flushedSequence: this.#flushedSequence,
      compactionCursors: this.#cursors,
      keyEncoding: this.#keyEncoding,
      valueEncoding: this.#valueEncoding,
      closedSequence: this.#closedSequence,
    };
    const problem = new Version(state).checkConsistency();
    if (problem !== undefined) throw this.#makeError(problem);
    return state;
  }

  /** Keeps version-builder/reach-never-back. */
  #retain({ versionRetentionMs, retainedFrom, timeMarks }: VersionEdit): void {
    if (versionRetentionMs === 0) this.#retention = undefined;
    if ((versionRetentionMs ?? retainedFrom ?? timeMarks) === undefined) return;
    const before = this.#retention;
    const keepMs = versionRetentionMs ?? before?.keepMs ?? 0;
    const from = laterOf(before?.from, retainedFrom);
    if (keepMs === 0) {
      if ((retainedFrom ?? timeMarks) === undefined) return;
      throw this.#makeError('Edit has time marks, and old versions are not kept');
    }
    if (from === undefined) throw this.#makeError('Edit keeps old versions from no place on');
    const marks = before === undefined ? new TimeMarks() : before.marks.copy();
    marks.dropThrough(from.sequence);
    for (const { sequence, wallMs } of timeMarks ?? []) {
      if (sequence > from.sequence) marks.add(sequence, wallMs);
    }
    this.#retention = { keepMs, from, marks };
  }

  #removeFile(level: number, number: FileNumber): void {
    if (this.#placements.get(number)?.level !== level) {
      throw this.#makeError(`Edit removes an unknown table: level=${level} number=${number}`);
    }
    this.#placements.delete(number);
    this.#touchedLevels.add(level);
  }

  #addFile(level: number, file: FileMetadata): void {
    if (this.#placements.has(file.number)) {
      throw this.#makeError(`Edit adds a table twice: level=${level} number=${file.number}`);
    }
    this.#placements.set(file.number, { level, file });
    this.#touchedLevels.add(level);
  }
}

/** Keeps version-builder/reach-never-back. */
function laterOf(a: TimeMark | undefined, b: TimeMark | undefined): TimeMark | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { sequence: Math.max(a.sequence, b.sequence), wallMs: Math.max(a.wallMs, b.wallMs) };
}
