/** Version edits and the builder over the scripts in testdata/version (support/scripts.ts); UPDATE=1 rewrites the answers. */
import { describe } from 'vitest';
import { CorruptionError, IncompatibleFormatError } from '../../src/base/errors.ts';
import { type FileNumber, fileNumber, sequenceNumber } from '../../src/base/ids.ts';
import type { FileMetadata } from '../../src/version/file-metadata.ts';
import {
  emptyVersionState,
  VersionBuilder,
  wholeStateEdit,
} from '../../src/version/version-builder.ts';
import {
  decodeVersionEdit,
  encodeVersionEdit,
  type HistoryBounds,
  type VersionEdit,
} from '../../src/version/version-edit.ts';
import type { VersionState } from '../../src/version/version.ts';
import { bytesOf, type Interpreter, runScripts, textOf } from '../support/scripts.ts';
import { makeFile } from './version-fixture.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** `7[a-c]@1-5`, and `)` where the largest key is exclusive. */
function parseTable(text: string): FileMetadata {
  const match = /^(\d+)\[(\w+)-(\w+)([\])])@(\d+)-(\d+)$/.exec(text);
  if (match === null) throw new Error(`Not a table: ${text}`);
  const [, number, smallest, largest, bracket, from, to] = match;
  return makeFile(Number(number), smallest!, largest!, {
    isLargestExclusive: bracket === ')',
    smallestSequence: sequenceNumber(Number(from)),
    largestSequence: sequenceNumber(Number(to)),
  }); // groups of a match
}

function showTable(file: FileMetadata): string {
  const { number, smallest, largest, isLargestExclusive } = file;
  const bounds = `[${textOf(smallest)}-${textOf(largest)}${isLargestExclusive ? ')' : ']'}`;
  return `${number}${bounds}@${file.smallestSequence}-${file.largestSequence}`;
}

function parseEdit(lines: readonly string[]): VersionEdit {
  const edit: Mutable<VersionEdit> = {};
  for (const line of lines) {
    const [what = '', ...words] = line.split(' ');
    const numbers = (): FileNumber[] => words.map((word) => fileNumber(Number(word)));
    const level = Number(/^[+-]?L(\d)$/.exec(what)?.[1]);
    if (what.startsWith('+L')) {
      const added = words.map((word) => ({ level, file: parseTable(word) }));
      edit.addedFiles = [...(edit.addedFiles ?? []), ...added];
    } else if (what.startsWith('-L')) {
      const removed = numbers().map((number) => ({ level, number }));
      edit.removedFiles = [...(edit.removedFiles ?? []), ...removed];
    } else if (what === '+logs') edit.addedLogs = numbers();
    else if (what === '-logs') edit.removedLogs = numbers();
    else if (what === '+kept') edit.keptLogs = numbers();
    else if (what === '-kept') edit.droppedLogs = numbers();
    else if (what === 'history')
      edit.historyBounds = { keepMs: Number(words[0]), keepBytes: Number(words[1]) };
    else if (what === 'flushed') edit.flushedSequence = sequenceNumber(Number(words[0]));
    else if (what === 'closed') edit.closedSequence = sequenceNumber(Number(words[0]));
    else if (what === 'next') edit.nextFileNumber = fileNumber(Number(words[0]));
    else if (what === 'keys') edit.keyEncoding = words[0] ?? '';
    else if (what === 'values') edit.valueEncoding = words[0] ?? '';
    else if (what === 'cursor') {
      const cursor = { level: Number(words[0]!.slice(1)), key: bytesOf(words[1]!) }; // `cursor L1 c`
      edit.compactionCursors = [...(edit.compactionCursors ?? []), cursor];
    } else throw new Error(`Unknown line: ${line}`);
  }
  return edit;
}

function showBounds({ keepMs, keepBytes }: HistoryBounds): string {
  return `history ${keepMs} ${keepBytes}`;
}

function showEdit(edit: VersionEdit): string {
  return [
    ...(edit.databaseId === undefined ? [] : [`id ${edit.databaseId}`]),
    ...(edit.engineFormat === undefined ? [] : [`format ${edit.engineFormat}`]),
    ...(edit.nextFileNumber === undefined ? [] : [`next ${edit.nextFileNumber}`]),
    ...(edit.flushedSequence === undefined ? [] : [`flushed ${edit.flushedSequence}`]),
    ...(edit.closedSequence === undefined ? [] : [`closed ${edit.closedSequence}`]),
    ...(edit.removedFiles ?? []).map(({ level, number }) => `-L${level} ${number}`),
    ...(edit.addedFiles ?? []).map(({ level, file }) => `+L${level} ${showTable(file)}`),
    ...(edit.removedLogs === undefined ? [] : [`-logs ${edit.removedLogs.join(' ')}`]),
    ...(edit.addedLogs === undefined ? [] : [`+logs ${edit.addedLogs.join(' ')}`]),
    ...(edit.droppedLogs === undefined ? [] : [`-kept ${edit.droppedLogs.join(' ')}`]),
    ...((edit.keptLogs?.length ?? 0) === 0 ? [] : [`+kept ${edit.keptLogs?.join(' ')}`]),
    ...(edit.historyBounds === undefined ? [] : [showBounds(edit.historyBounds)]),
    ...(edit.compactionCursors ?? []).map(({ level, key }) => `cursor L${level} ${textOf(key)}`),
    ...(edit.keyEncoding === undefined ? [] : [`keys ${edit.keyEncoding}`]),
    ...(edit.valueEncoding === undefined ? [] : [`values ${edit.valueEncoding}`]),
  ].join('\n');
}

function showState(state: VersionState): string {
  const { liveLogs, flushedSequence, closedSequence, compactionCursors } = state;
  return [
    ...state.levels.flatMap((files, level) =>
      files.length === 0 ? [] : [`L${level} ${files.map(showTable).join(' ')}`],
    ),
    `logs ${liveLogs.join(' ')}`.trim(),
    ...(state.keptLogs.length === 0 ? [] : [`kept ${state.keptLogs.join(' ')}`]),
    ...(state.historyBounds.keepMs === 0 ? [] : [showBounds(state.historyBounds)]),
    `flushed ${flushedSequence} closed ${closedSequence}`,
    ...compactionCursors.flatMap((key, level) =>
      key === undefined ? [] : [`cursor L${level} ${textOf(key)}`],
    ),
    ...(state.keyEncoding === undefined ? [] : [`keys ${state.keyEncoding}`]),
    ...(state.valueEncoding === undefined ? [] : [`values ${state.valueEncoding}`]),
  ].join('\n');
}

class MisfitError extends Error {}

function orRefused(run: () => string): string {
  try {
    return run();
  } catch (error) {
    if (error instanceof MisfitError) return `refused: ${error.message}`;
    if (error instanceof CorruptionError) return `corruption: ${error.message}`;
    if (error instanceof IncompatibleFormatError) return `incompatible: ${error.message}`;
    throw error;
  }
}

function makeInterpreter(): Interpreter {
  let state = emptyVersionState();
  return ({ name, lines }) => {
    switch (name) {
      case 'new':
        state = emptyVersionState();
        return '';
      case 'apply': // edits between `then` lines are applied to one builder
        return orRefused(() => {
          const builder = new VersionBuilder(state, (message) => new MisfitError(message));
          for (const edit of lines.join('\n').split('\nthen\n')) {
            builder.apply(parseEdit(edit.split('\n')));
          }
          state = builder.build();
          return showState(state);
        });
      case 'whole':
        return showEdit(
          wholeStateEdit(state, { databaseId: 'id', nextFileNumber: fileNumber(99) }),
        );
      case 'encode':
        return Buffer.from(encodeVersionEdit(parseEdit(lines))).toString('hex');
      case 'decode':
        return orRefused(() =>
          showEdit(decodeVersionEdit(Buffer.from(lines.join('').replaceAll(' ', ''), 'hex'))),
        );
      default:
        throw new Error(`Unknown command: ${name}`);
    }
  };
}

describe('version scripts', () => runScripts('version', makeInterpreter));
