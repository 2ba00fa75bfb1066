/** The encoding of commits: what FrameBuilder writes, BatchReader reads, and nothing else (docs/formats/batch.md). */
import { describe, expect, it } from 'vitest';

import { CorruptionError, IncompatibleFormatError } from '../../src/base/errors.ts';
import {
  DELETION,
  EXPIRING_VALUE,
  RANGE_DELETION,
  VALUE,
  type ValueType,
} from '../../src/base/value-type.ts';
import { BatchReader } from '../../src/batch/batch-reader.ts';
import { type ByteSlice, sliceOf } from '../../src/bytes/bytes.ts';
import { Operation as PlacedOperation } from '../../src/memtable/operation.ts';
import { batchOf } from '../support/operations.ts';
import { FrameBuilder } from '../../src/log/frame-builder.ts';
import { FRAME_HEADER_SIZE_BYTES, isFrameIntact } from '../../src/log/frame-format.ts';
import { expiringBytes } from '../support/array-iterator.ts';
import { hexExample } from '../support/doc-hex.ts';
import { makeRandom, type Random } from '../support/prng.ts';

interface Operation {
  readonly type: ValueType;
  readonly key: string;
  readonly value: string;
  readonly isCommitStart: boolean;
  readonly sequence: number;
}

const STAMP = { fileNumber: 7, firstSequence: 101, durableSequence: 90, wallMs: 1_700_000_000_000 };

function textIn(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString('latin1');
}

function decode(payload: Uint8Array, firstSequence: number, operationCount: number): Operation[] {
  const cursor = new BatchReader();
  cursor.reset({ payload, firstSequence, operationCount });
  const operations: Operation[] = [];
  const text = (start: number, end: number) => textIn(cursor.bytes, start, end);
  while (cursor.next()) {
    expect(cursor.valueEnd).toBeLessThanOrEqual(payload.length); // batch-reader/inside
    operations.push({
      type: cursor.type,
      key: text(cursor.keyStart, cursor.keyEnd),
      value: text(cursor.valueStart, cursor.valueEnd),
      isCommitStart: cursor.isCommitStart,
      sequence: cursor.sequence,
    });
  }
  return operations;
}

function payloadOf(builder: FrameBuilder): Uint8Array {
  return builder.bytes.slice(FRAME_HEADER_SIZE_BYTES, builder.length);
}

function randomText(random: Random, lengthMax: number): string {
  return Buffer.from(random.bytes(random.below(lengthMax + 1))).toString('latin1');
}

function encodeCommit(builder: FrameBuilder, operations: readonly Operation[]): void {
  builder.append(batchOf(operations.map(({ type, key, value }) => [type, key, value] as const)));
}

function sliceOfText(text: string): ByteSlice {
  return sliceOf(Buffer.from(text, 'latin1'));
}

/** Encodes random commits and returns what was meant. */
function encodeRandomCommits(random: Random, builder: FrameBuilder): Operation[] {
  const operations: Operation[] = [];
  for (let commits = 1 + random.below(5); commits > 0; commits--) {
    const first = operations.length;
    for (let count = 1 + random.below(6); count > 0; count--) {
      const type = random.pick([DELETION, VALUE, RANGE_DELETION] as const);
      const valueLengthMax = random.chance(0.05) ? 70_000 : 200;
      operations.push({
        type,
        key: randomText(random, 150),
        value: type === DELETION ? '' : randomText(random, valueLengthMax),
        isCommitStart: operations.length === first,
        sequence: STAMP.firstSequence + operations.length,
      });
    }
    encodeCommit(builder, operations.slice(first));
  }
  return operations;
}

const SMALL: Operation[] = [
  { type: VALUE, key: 'alice', value: '100', isCommitStart: true, sequence: 101 },
  { type: DELETION, key: 'bob', value: '', isCommitStart: true, sequence: 102 },
  { type: RANGE_DELETION, key: 'c', value: 'd', isCommitStart: false, sequence: 103 },
];

function encodeSmall(builder: FrameBuilder): void {
  encodeCommit(builder, SMALL.slice(0, 1));
  encodeCommit(builder, SMALL.slice(1));
}

describe('FrameBuilder', () => {
  it('a commit of one operation has the same bytes without a batch, whatever its type', () => {
    const random = makeRandom(41);
    for (let round = 0; round < 100; round++) {
      const [builder, alone] = [new FrameBuilder(), new FrameBuilder()];
      for (const { type, key, value, ...rest } of encodeRandomCommits(random, new FrameBuilder())) {
        encodeCommit(builder, [{ type, key, value, ...rest }]);
        const place = new PlacedOperation();
        alone.appendOne({ type, key: sliceOfText(key), value: sliceOfText(value) }, place);
        expect(textIn(place.bytes, place.keyStart, place.keyEnd)).toBe(key);
        expect(textIn(place.bytes, place.valueStart, place.valueEnd)).toBe(value);
        expect(place.type).toBe(type);
      }
      expect(Buffer.compare(payloadOf(alone), payloadOf(builder))).toBe(0);
      expect(alone.operationCount).toBe(builder.operationCount);
    }
  });

  it('holds commits that BatchReader reads back, whatever their size (frame-builder/growing-replaces, frame-builder/room-for-the-end-mark)', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = makeRandom(seed);
      const builder = new FrameBuilder();
      for (let round = 0; round < 3; round++) {
        const operations = encodeRandomCommits(random, builder);
        const decoded = decode(payloadOf(builder), 101, builder.operationCount);
        expect(decoded, `seed=${seed}`).toEqual(operations);
        builder.reset();
      }
    }
  });

  it('encodes the worked example of docs/formats/batch.md byte for byte', () => {
    const builder = new FrameBuilder();
    encodeSmall(builder);
    const example = hexExample('batch.md', 'payload');
    expect(Buffer.from(payloadOf(builder)).toString('hex')).toBe(
      Buffer.from(example).toString('hex'),
    );
    expect(decode(example, 101, 3)).toEqual(SMALL);
  });

  it('encodes an entry that expires as docs/formats/batch.md does', () => {
    const value = Buffer.from(expiringBytes(1_700_000_000_000, 'hi'));
    const builder = new FrameBuilder();
    builder.append(batchOf([[EXPIRING_VALUE, 'carol', value]]));
    const example = hexExample('batch.md', 'expiring');
    expect(Buffer.from(payloadOf(builder)).toString('hex')).toBe(
      Buffer.from(example).toString('hex'),
    );
    const [decoded] = decode(example, 101, 1);
    expect(decoded).toMatchObject({ type: EXPIRING_VALUE, key: 'carol' });
  });

  it('seals a commit that expires into the frame of docs/formats/log.md', () => {
    const value = Buffer.from(expiringBytes(1_700_000_000_000, 'hi'));
    const builder = new FrameBuilder();
    builder.append(batchOf([[EXPIRING_VALUE, 'carol', value]]));
    const length = builder.seal({ ...STAMP, wallMs: 1_699_996_400_000 });
    const example = hexExample('log.md', 'expiring');
    expect(Buffer.from(builder.bytes.slice(0, length)).toString('hex')).toBe(
      Buffer.from(example).toString('hex'),
    );
    expect(isFrameIntact(example, 0, example.length)).toBe(true);
    const payload = example.slice(FRAME_HEADER_SIZE_BYTES, -1);
    expect(payload).toEqual(hexExample('batch.md', 'expiring'));
    expect(decode(payload, 101, 1)).toMatchObject([{ type: EXPIRING_VALUE, key: 'carol' }]);
  });

  it('gives the same frame when sealed again, and one for another log (frame-builder/sealed-again)', () => {
    const builder = new FrameBuilder();
    encodeSmall(builder);
    const length = builder.seal(STAMP);
    const first = builder.bytes.slice(0, length);
    builder.seal({ ...STAMP, fileNumber: 8 });
    expect(builder.bytes.slice(0, length)).not.toEqual(first);
    expect(isFrameIntact(builder.bytes, 0, length)).toBe(true);
    expect(builder.seal(STAMP)).toBe(length);
    expect(builder.bytes.slice(0, length)).toEqual(first);
  });

  it('lets go of a buffer that one huge commit made, and keeps others', () => {
    const builder = new FrameBuilder();
    const value = new Uint8Array(9 * 1024 * 1024);
    builder.reserve(1024 * 1024);
    const kept = builder.bytes;
    builder.reset();
    expect(builder.bytes).toBe(kept);
    builder.append(batchOf([[VALUE, 'k', value]]));
    builder.reset();
    expect(builder.bytes.length).toBeLessThan(1024 * 1024);
  });

  it('refuses what no frame can hold and stays as it was (frame-builder/whole-or-nothing)', () => {
    const builder = new FrameBuilder();
    encodeSmall(builder);
    const before = payloadOf(builder);
    expect(() => builder.reserve(2 ** 31)).toThrow('too large');
    expect(payloadOf(builder)).toEqual(before);
  });

  it('refuses to seal a durable sequence at or above the first (frame-format/durable-below-first)', () => {
    const builder = new FrameBuilder();
    expect(() => builder.seal({ ...STAMP, durableSequence: 101 })).toThrow(
      'frame-format/durable-below-first',
    );
  });
});

/** Decodes damaged bytes: they may happen to mean something, but only the two documented errors come out. */
function decodeDamaged(payload: Uint8Array, operationCount: number): 'decoded' | 'refused' {
  try {
    decode(payload, 101, operationCount);
    return 'decoded';
  } catch (error) {
    if (error instanceof CorruptionError || error instanceof IncompatibleFormatError) {
      return 'refused';
    }
    throw error;
  }
}

describe('BatchReader', () => {
  it('refuses a payload cut anywhere, or with bytes after its last commit (batch-reader/exact)', () => {
    const builder = new FrameBuilder();
    encodeSmall(builder);
    const payload = payloadOf(builder);
    for (let length = 0; length < payload.length; length++) {
      expect(decodeDamaged(payload.subarray(0, length), 3), `length=${length}`).toBe('refused');
    }
    const longer = Buffer.concat([payload, Buffer.from([1])]);
    expect(decodeDamaged(longer, 3)).toBe('refused');
    expect(decodeDamaged(payload, 2)).toBe('refused');
    expect(decodeDamaged(payload, 4)).toBe('refused');
  });

  it('refuses an entry that expires without room for its time (batch-reader/inside)', () => {
    const payload = Uint8Array.of(1, EXPIRING_VALUE, 1, 0x61, 7, 1, 2, 3, 4, 5, 6, 7);
    expect(() => decode(payload, 1, 1)).toThrow(CorruptionError);
  });

  it('refuses an unknown value type by name (batch-reader/known-types)', () => {
    const payload = Uint8Array.of(1, 4, 1, 0x61, 0);
    expect(() => decode(payload, 1, 1)).toThrow(IncompatibleFormatError);
    expect(() => decode(payload, 1, 1)).toThrow('type=4');
  });

  it('refuses a commit without operations and an overlong varint', () => {
    expect(decodeDamaged(Uint8Array.of(0, 1, 0, 1, 0x61), 1)).toBe('refused');
    expect(decodeDamaged(Uint8Array.of(0x81, 0x00, 0, 1, 0x61), 1)).toBe('refused');
    expect(decodeDamaged(Uint8Array.of(1, 0, 1, 0x61), 1)).toBe('decoded');
  });

  it('never leaves the payload, whatever the bytes are (batch-reader/inside)', () => {
    const random = makeRandom(20);
    let decoded = 0;
    for (let round = 0; round < 20_000; round++) {
      const payload = random.bytes(random.below(24));
      for (let i = 0; i < payload.length; i++) payload[i]! &= random.chance(0.5) ? 3 : 0xff;
      if (decodeDamaged(payload, 1 + random.below(3)) === 'decoded') decoded++;
    }
    expect(decoded).toBeGreaterThan(0);
  });
});
