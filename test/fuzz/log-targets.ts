/**
 * Fuzz targets of the log and of the manifest.
 *
 * Owns: valid logs, payloads, edits and CURRENT files, and what must be true of whatever is decoded.
 *
 * Suspension: targets that read a file suspend.
 */
import { isDeepStrictEqual } from 'node:util';
import { getUint32, putUint32 } from '../../src/bytes/coding.ts';
import { maskedCrc32 } from '../../src/bytes/crc32.ts';
import { CorruptionError } from '../../src/base/errors.ts';
import { fileNumber, sequenceNumber } from '../../src/base/ids.ts';
import {
  DELETION,
  EXPIRING_VALUE,
  RANGE_DELETION,
  VALUE,
  type ValueType,
} from '../../src/base/value-type.ts';
import { BatchReader } from '../../src/batch/batch-reader.ts';
import { batchOf } from '../support/operations.ts';
import { FrameBuilder } from '../../src/log/frame-builder.ts';
import {
  encodeLogHeader,
  FRAME_HEADER_SIZE_BYTES,
  FRAME_SIZE_BYTES_MIN,
  LOG_HEADER_SIZE_BYTES,
  LOG_KIND_WAL,
} from '../../src/log/frame-format.ts';
import { readLog } from '../../src/log/log-reader.ts';
import { decodeCurrent, encodeCurrent } from '../../src/version/manifest.ts';
import {
  decodeVersionEdit,
  encodeVersionEdit,
  type VersionEdit,
} from '../../src/version/version-edit.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { type FuzzTarget, WrongResult } from './fuzzer.ts';
import { changed, joined, mutated } from './mutate.ts';

const NUMBER = 7;
const PATH = '/000007.log';

type Write = readonly [type: ValueType, key: string, value: string];

/** The largest time, and then the value. */
const LATE = '\xff\xff\xff\xff\xff\xff\0\0';

const COMMITS: readonly (readonly Write[])[] = [
  [
    [VALUE, 'apple', 'red'],
    [EXPIRING_VALUE, 'fig', `${LATE}green`],
  ],
  [
    [VALUE, 'banana', 'yellow'.repeat(40)],
    [DELETION, 'apple', ''],
  ],
  [[RANGE_DELETION, 'a', 'c']],
  [
    [VALUE, '', ''],
    [VALUE, 'cherry', 'x'],
    [RANGE_DELETION, '', 'zz'],
    [EXPIRING_VALUE, 'grape', '\x05\0\0\0\0\0\0\0'],
  ],
];

interface BuiltFrame {
  readonly bytes: Uint8Array;
  readonly operationCount: number;
}

function frameOf(
  commits: typeof COMMITS,
  firstSequence: number,
  durableSequence: number,
): BuiltFrame {
  const builder = new FrameBuilder();
  builder.reset();
  for (const writes of commits) {
    const operations = writes.map(
      ([type, key, value]) => [type, Buffer.from(key), Buffer.from(value, 'latin1')] as const,
    );
    builder.append(batchOf(operations));
  }
  const { operationCount } = builder;
  const length = builder.seal({
    fileNumber: NUMBER,
    firstSequence,
    durableSequence,
    wallMs: 1_700_000_000_000 + firstSequence,
  });
  return { bytes: builder.bytes.slice(0, length), operationCount };
}

/** Logs of one to four frames, some with a durable mark or zeros at the end. */
function makeLogs(): Uint8Array[] {
  const random = makeRandom(17);
  const logs: Uint8Array[] = [];
  for (let i = 0; i < 12; i++) {
    const parts = [encodeLogHeader(LOG_KIND_WAL, NUMBER)];
    let sequence = 1 + random.below(3) * 1000;
    let durable = 0;
    for (let count = random.below(5); count > 0; count--) {
      const commits = COMMITS.slice(random.below(3), 3 + random.below(2));
      const frame = frameOf(commits, sequence, durable);
      parts.push(frame.bytes);
      if (random.chance(0.5)) durable = sequence - 1;
      sequence += frame.operationCount;
    }
    if (random.chance(0.5)) parts.push(frameOf([], sequence, sequence - 1).bytes);
    if (random.chance(0.5)) parts.push(new Uint8Array(random.below(200)));
    logs.push(joined(...parts));
  }
  return logs;
}

/** Where the frames of a valid log begin. */
function frameOffsets(log: Uint8Array): number[] {
  const offsets: number[] = [];
  let offset = LOG_HEADER_SIZE_BYTES;
  while (offset + FRAME_SIZE_BYTES_MIN <= log.length) {
    const length = getUint32(log, offset + 4);
    if (length === 0) break;
    offsets.push(offset);
    offset += length;
  }
  return offsets;
}

const LOGS = makeLogs();

/** Payloads that somebody wrote, by first sequence: damage must never show another (log-reader/only-a-prefix). */
const WRITTEN = new Set(
  LOGS.flatMap((log) =>
    frameOffsets(log).map((at) => {
      const frame = log.subarray(at, at + getUint32(log, at + 4));
      return textOf(frame.subarray(FRAME_HEADER_SIZE_BYTES, frame.length - 1));
    }),
  ),
);

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function fileOf(bytes: Uint8Array): MemoryVfs {
  const vfs = new MemoryVfs();
  const file = vfs.open(PATH, 'create');
  if (bytes.length > 0) file.writeSync(bytes, 0, bytes.length, 0);
  file.closeSync();
  return vfs;
}

/** Any reading options that the engine uses. */
const optionsOf = (
  random: Random,
): { isLast: boolean; isHeaderDurable: boolean; chunkSizeBytes: number } => ({
  isLast: random.chance(0.7),
  isHeaderDurable: random.chance(0.3),
  chunkSizeBytes: random.pick([64, 4096, 1024 * 1024]),
});

const damagedLog: FuzzTarget = {
  name: 'log',
  valid: LOGS,
  run: async ({ bytes, random }) => {
    let next: number | undefined;
    const summary = await readLog(
      fileOf(bytes),
      PATH,
      LOG_KIND_WAL,
      NUMBER,
      ({ payload, firstSequence, operationCount }) => {
        if (!WRITTEN.has(textOf(payload))) throw new WrongResult('A frame that nobody wrote');
        if (firstSequence !== (next ?? firstSequence))
          throw new WrongResult('A gap between frames');
        next = firstSequence + operationCount;
      },
      optionsOf(random),
    );
    if (summary.validEnd > bytes.length) throw new WrongResult('Valid beyond the end');
  },
};

/** A log whose frames are damaged, and then sealed again: what is behind the checksum has to look after itself. */
function resealedLog(random: Random, logs: readonly Uint8Array[]): Uint8Array {
  const log = random.pick(logs).slice();
  const offsets = frameOffsets(log);
  if (offsets.length === 0 || random.chance(0.1)) {
    changed(random, log.subarray(0, 28));
    putUint32(log, 28, maskedCrc32(log, 0, 28));
    return log;
  }
  const at = random.pick(offsets);
  const frame = log.subarray(at, at + getUint32(log, at + 4));
  for (let count = 1 + random.below(3); count > 0; count--) changed(random, frame.subarray(4, -1));
  const declared = getUint32(frame, 4);
  const end =
    declared >= FRAME_SIZE_BYTES_MIN && at + declared <= log.length
      ? at + declared
      : at + frame.length;
  log[end - 1] = 0xa5;
  putUint32(log, at, maskedCrc32(log, at + 4, end));
  return log;
}

const cursor = new BatchReader();

/** Reads a frame as recovery does; returns the number of operations. */
function replay(payload: Uint8Array, firstSequence: number, operationCount: number): number {
  cursor.reset({ payload, firstSequence, operationCount });
  let count = 0;
  while (cursor.next()) {
    count++;
    if (count > payload.length) throw new WrongResult('More operations than bytes');
    const { keyStart, keyEnd, valueStart, valueEnd } = cursor;
    const isOrdered = 0 <= keyStart && keyStart <= keyEnd && keyEnd <= valueStart;
    if (!isOrdered || valueStart > valueEnd || valueEnd > payload.length) {
      throw new WrongResult('An operation outside its payload (batch-reader/inside)');
    }
    if (cursor.type === EXPIRING_VALUE && valueEnd - valueStart < 8)
      throw new WrongResult('An entry that expires without a time');
    if (cursor.sequence !== firstSequence + count - 1)
      throw new WrongResult('A sequence was skipped');
  }
  if (count !== operationCount)
    throw new WrongResult('Not as many operations as announced (batch-reader/exact)');
  return count;
}

const resealed: FuzzTarget = {
  name: 'log, resealed',
  valid: LOGS,
  mutate: resealedLog,
  run: async ({ bytes, random }) => {
    await readLog(
      fileOf(bytes),
      PATH,
      LOG_KIND_WAL,
      NUMBER,
      (frame) => {
        replay(frame.payload, frame.firstSequence, frame.operationCount);
      },
      optionsOf(random),
    );
  },
};

/** An operation count and a payload. */
const PAYLOADS = COMMITS.map((_, i) => {
  const { bytes, operationCount } = frameOf(COMMITS.slice(0, i + 1), 1, 0);
  const payload = bytes.subarray(FRAME_HEADER_SIZE_BYTES, bytes.length - 1);
  return joined(Uint8Array.of(operationCount), payload);
});

const commits: FuzzTarget = {
  name: 'commit cursor',
  valid: PAYLOADS,
  run: ({ bytes }) => {
    replay(bytes.subarray(1), 1, bytes[0] ?? 0);
  },
};

const EDITS: readonly VersionEdit[] = [
  { databaseId: 'a1b2c3', engineFormat: 2, nextFileNumber: fileNumber(9) },
  {
    flushedSequence: sequenceNumber(2 ** 40),
    addedLogs: [fileNumber(3)],
    removedLogs: [fileNumber(2)],
  },
  {
    addedFiles: [0, 3].map((level) => ({
      level,
      file: {
        number: fileNumber(5 + level),
        sizeBytes: 123456,
        smallest: Buffer.from('apple'),
        largest: Buffer.from('cherry'),
        isLargestExclusive: level === 3,
        smallestSequence: sequenceNumber(7),
        largestSequence: sequenceNumber(900),
        entryCount: 300,
        deletionCount: 5,
        rangeTombstoneCount: 1,
        hasSequenceBase: level === 2,
        expiry:
          level === 3
            ? { count: 200, earliestMs: 1000, mostlyMs: 2000, latestMs: 2 ** 47 }
            : undefined,
      },
    })),
    removedFiles: [{ level: 6, number: fileNumber(4) }],
    compactionCursors: [{ level: 1, key: Buffer.from('banana') }],
  },
  {
    removedLogs: [fileNumber(8)],
    droppedLogs: [fileNumber(2), fileNumber(3)],
    keptLogs: [fileNumber(8)],
    historyBounds: { keepMs: 604_800_000, keepBytes: 2 ** 40 },
  },
  {
    versionRetentionMs: 86_400_000,
    retainedFrom: { sequence: 4, wallMs: 1_700_000_000_000 },
    timeMarks: [
      { sequence: 9, wallMs: 1_700_000_000_001 },
      { sequence: 2 ** 40, wallMs: 1_800_000_000_000 },
    ],
  },
];

const edits: FuzzTarget = {
  name: 'version edit',
  valid: EDITS.map(encodeVersionEdit),
  run: ({ bytes }) => {
    const edit = decodeVersionEdit(bytes);
    // Ill-formed UTF-8 in a name is replaced, once.
    const again = decodeVersionEdit(encodeVersionEdit(edit));
    if (!isDeepStrictEqual(again, edit)) throw new WrongResult('Another edit when encoded again');
  },
};

const current: FuzzTarget = {
  name: 'CURRENT',
  valid: [1, 7, 999_999, 1_000_000, 2 ** 40].map((number) => encodeCurrent(fileNumber(number))),
  // Now and then a good one of another number: else all would be refused.
  mutate: (random, valid) =>
    random.chance(0.05)
      ? encodeCurrent(fileNumber(1 + random.below(2 ** 31)))
      : mutated(random, valid).subarray(0, 128),
  run: ({ bytes }) => {
    const number = decodeCurrent(bytes);
    if (number === undefined) throw new CorruptionError('CURRENT is damaged');
    if (textOf(encodeCurrent(number)) !== textOf(bytes))
      throw new WrongResult('Not what is written');
  },
};

export const LOG_TARGETS: readonly FuzzTarget[] = [damagedLog, resealed, commits, edits, current];
