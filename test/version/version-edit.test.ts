/** The bytes of version edits and of CURRENT (docs/formats/manifest.md, docs/formats/directory.md). */
import { describe, expect, it } from 'vitest';

import { CorruptionError, IncompatibleFormatError } from '../../src/base/errors.ts';
import { FILE_NUMBER_MAX, fileNumber, sequenceNumber } from '../../src/base/ids.ts';
import { decodeCurrent, encodeCurrent } from '../../src/version/manifest.ts';
import {
  decodeVersionEdit,
  encodeVersionEdit,
  type VersionEdit,
} from '../../src/version/version-edit.ts';
import { hexExample } from '../support/doc-hex.ts';
import { makeRandom } from '../support/prng.ts';
import { bytesOf, emptyModel, makeFile, randomEdit } from './version-fixture.ts';

const EXAMPLE: VersionEdit = {
  nextFileNumber: fileNumber(12),
  flushedSequence: sequenceNumber(300),
  removedFiles: [{ level: 0, number: fileNumber(4) }],
  addedFiles: [
    {
      level: 1,
      file: makeFile(9, 'alice', 'c', {
        sizeBytes: 4096,
        isLargestExclusive: true,
        smallestSequence: sequenceNumber(5),
        largestSequence: sequenceNumber(300),
        entryCount: 200,
        deletionCount: 1,
        rangeTombstoneCount: 1,
      }),
    },
  ],
  removedLogs: [fileNumber(8)],
  addedLogs: [fileNumber(11)],
  compactionCursors: [{ level: 1, key: bytesOf('c') }],
};

const EXPIRING: VersionEdit = {
  addedFiles: [
    {
      level: 0,
      file: makeFile(12, 'carol', 'frank', {
        sizeBytes: 300,
        smallestSequence: sequenceNumber(4),
        largestSequence: sequenceNumber(7),
        entryCount: 4,
        deletionCount: 0,
        expiry: {
          count: 3,
          earliestMs: 1_700_000_000_000,
          mostlyMs: 1_700_003_600_000,
          latestMs: 1_700_086_400_000,
        },
      }),
    },
  ],
};

const WEEK_MS = 7 * 24 * 3600 * 1000;
const HISTORY: VersionEdit = {
  removedLogs: [fileNumber(8)],
  droppedLogs: [fileNumber(3)],
  keptLogs: [fileNumber(8)],
  historyBounds: { keepMs: WEEK_MS, keepBytes: 1024 ** 3 },
};

const RETENTION: VersionEdit = {
  versionRetentionMs: 24 * 3600 * 1000,
  retainedFrom: { sequence: 290, wallMs: 1_700_000_000_000 },
  timeMarks: [
    { sequence: 296, wallMs: 1_700_000_000_007 },
    { sequence: 300, wallMs: 1_700_000_002_500 },
  ],
};

const ENCODINGS: VersionEdit = { keyEncoding: 'utf8', valueEncoding: 'json' };
const SNAPSHOT: VersionEdit = {
  databaseId: 'b7f1',
  engineFormat: 2,
  ...EXAMPLE,
  ...HISTORY,
  ...RETENTION,
  addedFiles: [...(EXAMPLE.addedFiles ?? []), ...(EXPIRING.addedFiles ?? [])],
  ...ENCODINGS,
  closedSequence: sequenceNumber(300),
};

function outcomeOf(bytes: Uint8Array): VersionEdit | undefined {
  try {
    return decodeVersionEdit(bytes);
  } catch (error) {
    if (error instanceof CorruptionError || error instanceof IncompatibleFormatError) {
      return undefined;
    }
    throw error;
  }
}

/** An edit without its empty lists, which have no bytes. */
function normalized(edit: VersionEdit): VersionEdit {
  return Object.fromEntries(
    Object.entries(edit).filter(([, value]) => !Array.isArray(value) || value.length > 0),
  );
}

describe('a version edit', () => {
  it('reads as it was written', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = makeRandom(seed);
      let number = 1;
      const model = emptyModel();
      const edit = randomEdit(random, model, () =>
        fileNumber(number++ * random.pick([1, 2 ** 40])),
      );
      expect(decodeVersionEdit(encodeVersionEdit(edit)), `seed=${seed}`).toEqual(normalized(edit));
    }
    expect(decodeVersionEdit(encodeVersionEdit(SNAPSHOT))).toEqual(SNAPSHOT);
    expect(decodeVersionEdit(new Uint8Array(0))).toEqual({});
  });

  it('has the bytes of the worked example of docs/formats/manifest.md', () => {
    const example = hexExample('manifest.md', 'edit');
    expect(decodeVersionEdit(example)).toEqual(EXAMPLE);
    expect(Buffer.from(encodeVersionEdit(EXAMPLE)).toString('hex')).toBe(
      Buffer.from(example).toString('hex'),
    );
  });

  it('that adds a table whose entries expire has the bytes of docs/formats/manifest.md', () => {
    const example = hexExample('manifest.md', 'expiring');
    expect(decodeVersionEdit(example)).toEqual(EXPIRING);
    expect(Buffer.from(encodeVersionEdit(EXPIRING)).toString('hex')).toBe(
      Buffer.from(example).toString('hex'),
    );
  });

  it('that adds a table with an identity has the bytes of docs/formats/manifest.md', () => {
    const example = hexExample('manifest.md', 'identity');
    const file = makeFile(3, 'a', 'b', { identity: '00112233445566778899aabbccddeeff' });
    const edit: VersionEdit = { addedFiles: [{ level: 0, file }] };
    expect(decodeVersionEdit(example)).toEqual(edit);
    expect(encodeVersionEdit(edit)).toEqual(example);
  });

  it('that keeps old versions has the bytes of docs/formats/manifest.md', () => {
    const example = hexExample('manifest.md', 'retention');
    expect(encodeVersionEdit(RETENTION)).toEqual(example);
    expect(decodeVersionEdit(example)).toEqual(RETENTION);
  });

  it('with a mark beyond what a mark can be is damaged (version-edit/read-to-the-end)', () => {
    for (const mark of [
      { sequence: 2 ** 52, wallMs: 1 },
      { sequence: 1, wallMs: 2 ** 48 },
    ]) {
      expect(() => decodeVersionEdit(encodeVersionEdit({ retainedFrom: mark }))).toThrow(
        /Time mark is out of range/,
      );
    }
  });

  it('that keeps and drops logs has the bytes of docs/formats/manifest.md', () => {
    const example = hexExample('manifest.md', 'history');
    expect(encodeVersionEdit(HISTORY)).toEqual(example);
    expect(decodeVersionEdit(example)).toEqual(HISTORY);
  });

  it.each([
    ['a kept log without a number', [13, 0]],
    ['a kept log of number 0', [13, 1, 0]],
    ['a kept log with more', [13, 2, 8, 8]],
    ['a dropped log of number 0', [14, 1, 0]],
    ['bounds without bytes', [15, 1, 5]],
    ['bounds with more', [15, 3, 5, 5, 5]],
    ['bounds twice', [15, 2, 5, 5, 15, 2, 5, 5]],
  ])('that has %s is corrupt', (_, bytes) => {
    expect(() => decodeVersionEdit(Uint8Array.from(bytes))).toThrow(CorruptionError);
  });

  it('of a close has the bytes of docs/formats/manifest.md', () => {
    const edit = { closedSequence: sequenceNumber(300), nextFileNumber: fileNumber(12) };
    expect(decodeVersionEdit(hexExample('manifest.md', 'close'))).toEqual(edit);
    expect(encodeVersionEdit(edit)).toEqual(hexExample('manifest.md', 'close'));
  });

  it('that records encodings has the bytes of docs/formats/manifest.md, and no empty or endless name', () => {
    const example = hexExample('manifest.md', 'encodings');
    expect(encodeVersionEdit(ENCODINGS)).toEqual(example);
    expect(decodeVersionEdit(example)).toEqual(ENCODINGS);
    for (const keyEncoding of ['', 'x'.repeat(256)]) {
      expect(() => decodeVersionEdit(encodeVersionEdit({ keyEncoding }))).toThrow(CorruptionError);
    }
  });

  it('never gives another error, cut anywhere, with any bit flipped, or from garbage', () => {
    const bytes = encodeVersionEdit(SNAPSHOT);
    for (let length = 0; length < bytes.length; length++) outcomeOf(bytes.subarray(0, length));
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >>> 3]! ^= 1 << (bit & 7);
      outcomeOf(flipped);
    }
    const random = makeRandom(3);
    let decoded = 0;
    for (let round = 0; round < 20_000; round++) {
      const garbage = random.bytes(random.below(30));
      if (garbage.length > 1) garbage[0] = 1 + random.below(15);
      if (outcomeOf(garbage) !== undefined) decoded++;
    }
    expect(decoded).toBeGreaterThan(0);
  });
});

describe('CURRENT', () => {
  it('reads as it was written, and is the example of docs/formats/directory.md', () => {
    for (const number of [1, 7, 999_999, 1_000_000, FILE_NUMBER_MAX]) {
      expect(decodeCurrent(encodeCurrent(fileNumber(number)))).toBe(number);
    }
    const example = hexExample('directory.md', 'current');
    expect(Buffer.from(encodeCurrent(fileNumber(7)))).toEqual(Buffer.from(example));
  });

  it('is refused when any bit is flipped or it is cut or extended anywhere (manifest/current-is-checked)', () => {
    const bytes = encodeCurrent(fileNumber(7));
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >>> 3]! ^= 1 << (bit & 7);
      expect(decodeCurrent(flipped), `bit=${bit}`).toBeUndefined();
    }
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeCurrent(bytes.subarray(0, length)), `length=${length}`).toBeUndefined();
    }
    expect(decodeCurrent(Buffer.concat([bytes, Buffer.from('\n')]))).toBeUndefined();
  });
});
