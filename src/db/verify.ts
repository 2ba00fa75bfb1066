/**
 * Reading everything to see whether it is whole.
 *
 * Owns: the walk over a version's tables, each checked in full and against what the manifest says of it. It reads
 * and reports; it changes nothing and stops at nothing.
 *
 * Suspension: suspends between tables, holding the version referenced.
 */
import { equalBytes } from '../base/bytes.ts';
import { nextTurn } from '../base/clock.ts';
import { CorruptionError, StorageError } from '../base/errors.ts';
import type { TableProperties } from '../sstable/table-properties.ts';
import type { FileMetadata } from '../version/file-metadata.ts';
import type { Engine } from './engine.ts';

export interface VerifyProblem {
  /** Name of the file, or undefined for the shape of the tree. */
  readonly file: string | undefined;
  readonly offset: number | undefined;
  readonly code: string;
  readonly message: string;
}

export interface VerifyReport {
  readonly isSound: boolean;
  readonly tableCount: number;
  readonly entryCount: number;
  readonly sizeBytes: number;
  readonly problems: readonly VerifyProblem[];
}

export async function verifyDatabase(engine: Engine): Promise<VerifyReport> {
  const { state, parts } = engine;
  const problems: VerifyProblem[] = [];
  let entryCount = 0;
  state.ref();
  try {
    attempt(problems, undefined, () => {
      const contradiction = state.version.checkConsistency();
      if (contradiction !== undefined) throw new CorruptionError(contradiction);
    });
    for (const level of state.version.levels) {
      for (const file of level) {
        attempt(problems, engine.pathOf('table', file.number), () => {
          const reader = parts.tables.get(file.number);
          checkMetadata(file, reader.properties);
          reader.verify();
          entryCount += file.entryCount;
        });
        await nextTurn();
      }
    }
    return {
      isSound: problems.length === 0,
      tableCount: state.version.fileCount,
      entryCount,
      sizeBytes: state.version.sizeBytes,
      problems,
    };
  } finally {
    state.unref();
  }
}

function attempt(problems: VerifyProblem[], path: string | undefined, check: () => void): void {
  try {
    check();
  } catch (error) {
    problems.push({
      file: error instanceof CorruptionError ? (error.file ?? path) : path,
      offset: error instanceof CorruptionError ? error.offset : undefined,
      code: error instanceof StorageError ? error.code : 'CORRUPTION',
      message: error instanceof Error ? error.message : String(error),
    });
  }
}

function checkMetadata(file: FileMetadata, properties: TableProperties): void {
  const isEqual =
    equalBytes(file.smallest, properties.smallestKey) &&
    equalBytes(file.largest, properties.largestKey) &&
    file.isLargestExclusive === properties.isLargestExclusive &&
    file.entryCount === properties.entryCount &&
    file.smallestSequence === properties.smallestSequence &&
    file.largestSequence === properties.largestSequence;
  if (!isEqual) throw new CorruptionError('Table is not the one that the manifest describes');
}
