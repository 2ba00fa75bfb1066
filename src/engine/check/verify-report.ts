/**
 * The report of a verification.
 *
 * Owns: the shape of the report, and how an error becomes a problem in it.
 *
 * Suspension: every method is synchronous.
 */
import { CorruptionError, IoError, StorageError } from '../../base/errors.ts';
import { shortageOf } from '../../base/shortage.ts';

/** Something that is wrong in a database. */
export interface VerifyProblem {
  /** Path of the file, or undefined for the shape of the tree. */
  readonly file: string | undefined;
  /** Where in the file, in bytes from its start; undefined when it is not known. */
  readonly offset: number | undefined;
  /** The `code` of the error, such as `CORRUPTION`. */
  readonly code: string;
  /** The finding, in words for people. */
  readonly message: string;
}

/** Counts of the things that a verification read, and its findings. */
export interface VerifyReport {
  /** True when there are no problems. */
  readonly isSound: boolean;
  /** Tables that were read. */
  readonly tableCount: number;
  /** Entries in the tables that are sound. */
  readonly entryCount: number;
  /** Bytes of tables. */
  readonly sizeBytes: number;
  /** Logs that were read. */
  readonly logCount: number;
  /** Puts, deletions and range deletions in whole frames of the logs: what is in no table yet. */
  readonly logOperationCount: number;
  /** Bytes of these frames. */
  readonly logSizeBytes: number;
  /** Logs that stay for the history, which were read too. */
  readonly keptLogCount: number;
  /** Bytes of their whole frames. */
  readonly keptLogSizeBytes: number;
  /** Secondary indexes that were held against their rows. */
  readonly indexCount: number;
  /**
   * Indexes that could not be: those still being built, those that lack their function, and those of a keyspace with an
   * encoding of the program's own, while no handle of it is open.
   */
  readonly uncheckedIndexes: readonly string[];
  /** Verifiable keyspaces whose Merkle trees were held against their entries. */
  readonly ledgerCount: number;
  /** Everything that is wrong, not only the first. */
  readonly problems: readonly VerifyProblem[];
}

/** What a check of files has counted. */
export type VerifyCounts = Omit<
  VerifyReport,
  'isSound' | 'indexCount' | 'uncheckedIndexes' | 'ledgerCount' | 'problems'
>;

export class ProblemList {
  readonly problems: VerifyProblem[] = [];

  /**
   * `file` is used when the error names none. An error that is no StorageError is a bug, and is thrown on. So is a
   * shortage: it says nothing about the file.
   */
  add(error: unknown, file?: string): void {
    if (!(error instanceof StorageError) || shortageOf(error) === 'resource') throw error;
    const own = error instanceof CorruptionError ? error.file : undefined;
    const path = error instanceof IoError ? error.path : undefined;
    this.problems.push({
      file: own ?? path ?? file,
      offset: error instanceof CorruptionError ? error.offset : undefined,
      code: error.code,
      message: error.message,
    });
  }

  /** The result of `check`; undefined, and a problem, when it throws. */
  attempt<T>(file: string | undefined, check: () => T): T | undefined {
    try {
      return check();
    } catch (error) {
      this.add(error, file);
      return undefined;
    }
  }

  addAll(problems: readonly VerifyProblem[]): void {
    this.problems.push(...problems);
  }

  /** The report of a check that has counted so much. Indexes and Merkle trees are held against their rows later. */
  reportOf(counts: VerifyCounts): VerifyReport {
    const { problems } = this;
    const isSound = problems.length === 0;
    return { isSound, ...counts, indexCount: 0, uncheckedIndexes: [], ledgerCount: 0, problems };
  }
}
