/** A commit as a value: what CommitBatch encodes, BatchReader reads, alone and in a frame. */
import { describe, expect, it } from 'vitest';

import { CommitBatch, COMMIT_SIZE_BYTES_MAX } from '../../src/batch/commit-batch.ts';
import { BatchReader } from '../../src/batch/batch-reader.ts';
import { EMPTY_SLICE, sliceOf } from '../../src/bytes/bytes.ts';
import { InvalidArgumentError } from '../../src/base/errors.ts';
import { DELETION, RANGE_DELETION, VALUE } from '../../src/base/value-type.ts';
import { batchOf, type PlainOperation } from '../support/operations.ts';
import { makeRandom, type Random } from '../support/prng.ts';

function operationsIn(batch: CommitBatch): PlainOperation[] {
  const reader = new BatchReader();
  reader.resetToBatch(batch);
  const operations: PlainOperation[] = [];
  while (reader.next()) {
    const { type, bytes } = reader;
    const key = Buffer.from(bytes.subarray(reader.keyStart, reader.keyEnd));
    const value = Buffer.from(bytes.subarray(reader.valueStart, reader.valueEnd));
    operations.push([type, key.toString('latin1'), value.toString('latin1')]);
    expect(reader.sequence).toBe(operations.length);
    expect(reader.isCommitStart).toBe(operations.length === 1);
  }
  return operations;
}

function randomOperation(random: Random): PlainOperation {
  const type = random.pick([VALUE, VALUE, DELETION, RANGE_DELETION] as const);
  const key = Buffer.from(random.bytes(random.below(300))).toString('latin1');
  if (type === DELETION) return [type, key, ''];
  const lengthMax = random.chance(0.05) ? 70_000 : 200;
  return [type, key, Buffer.from(random.bytes(random.below(lengthMax))).toString('latin1')];
}

describe('CommitBatch', () => {
  it('holds what it was given, in that order, whatever its size', () => {
    const batch = new CommitBatch();
    for (let seed = 1; seed <= 100; seed++) {
      const random = makeRandom(seed);
      const count = random.pick([1, 2, 10, 126, 127, 128, 129, 400]);
      const given = Array.from({ length: count }, () => randomOperation(random));
      for (const [type, key, value] of given) {
        batch.add(
          type,
          sliceOf(Buffer.from(key as string, 'latin1')),
          sliceOf(Buffer.from(value as string, 'latin1')),
        );
      }
      expect(operationsIn(batch), `seed=${seed}`).toEqual(given);
      const size = given.reduce((sum, [, key, value]) => sum + key.length + value!.length, 0);
      expect(batch.sizeBytes, `seed=${seed}`).toBe(size);
      batch.clear();
    }
  });

  it('may be read and then go on', () => {
    const batch = batchOf([[VALUE, 'a', '1']]);
    expect(operationsIn(batch)).toEqual([[VALUE, 'a', '1']]);
    for (let i = 0; i < 200; i++) batch.add(DELETION, sliceOf(Buffer.from('b')), EMPTY_SLICE);
    expect(operationsIn(batch)).toHaveLength(201);
  });

  it('has no bytes while it has no operations', () => {
    expect(operationsIn(new CommitBatch())).toEqual([]);
  });

  it('keeps copies (commit-batch/own-bytes)', () => {
    for (const length of [3, 40, 5000]) {
      const [key, value] = [new Uint8Array(length).fill(65), new Uint8Array(length).fill(66)];
      const batch = batchOf([[VALUE, key, value]]);
      key.fill(0);
      value.fill(0);
      expect(operationsIn(batch)).toEqual([[VALUE, 'A'.repeat(length), 'B'.repeat(length)]]);
    }
  });

  it('ignores second bytes of a deletion', () => {
    const batch = batchOf([[DELETION, 'a', 'ignored']]);
    expect([batch.sizeBytes, operationsIn(batch)]).toEqual([1, [[DELETION, 'a', '']]]);
  });

  it('refuses what is too large before it takes memory, and stays as it was (commit-batch/whole-or-nothing)', () => {
    const batch = batchOf([[VALUE, 'a', '1']]);
    const { bytes } = batch;
    const huge = { bytes, start: 0, end: COMMIT_SIZE_BYTES_MAX };
    expect(() => batch.add(VALUE, huge, sliceOf(bytes))).toThrow(InvalidArgumentError);
    expect(batch.bytes).toBe(bytes);
    expect(operationsIn(batch)).toEqual([[VALUE, 'a', '1']]);
  });

  it('lets go of what one huge batch grew', () => {
    const batch = batchOf([[VALUE, 'a', new Uint8Array(9 * 1024 * 1024)]]);
    batch.clear();
    expect(batch.bytes.length).toBeLessThan(1024 * 1024);
  });
});
