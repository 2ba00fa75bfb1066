/** Heads of keyspaces, as docs/formats/keyspace.md gives them. */
import { describe, expect, it } from 'vitest';
import {
  headSizeBytes,
  KEYSPACE_HEAD_SIZE_BYTES_MAX,
  KEYSPACE_NUMBER_MAX,
  keyspaceHead,
  keyspaceOf,
  keyspaceRange,
  TREE_END,
} from '../../src/bytes/keyspace-number.ts';
import { hexExample } from '../support/doc-hex.ts';

const EDGES = [0, 1, 239, 240, 495, 496, 2287, 2288, 67_823, 67_824, 2 ** 24 - 1, 2 ** 24, 2 ** 31];
const NUMBERS = [...EDGES.flatMap((n) => [n, n + 1]), KEYSPACE_NUMBER_MAX, KEYSPACE_NUMBER_MAX + 1];

describe('the head of a keyspace', () => {
  it('is that of the worked example', () => {
    const numbers = [1, 239, 240, 2287, 2288, 67_823, 67_824, 2 ** 24];
    const heads = numbers.map((number) => Buffer.from(keyspaceHead(number)));
    expect(Buffer.concat(heads)).toEqual(Buffer.from(hexExample('keyspace.md', 'heads')));
  });

  it('is read back, alone and in front of a key (keyspace-number/one-form)', () => {
    for (const number of NUMBERS) {
      const head = keyspaceHead(number);
      expect(head.length).toBe(headSizeBytes(head[0]!));
      expect(head.length).toBeLessThanOrEqual(KEYSPACE_HEAD_SIZE_BYTES_MAX);
      expect(keyspaceOf(head)).toBe(number);
      const key = Uint8Array.of(9, ...head, 0xff, 0xff);
      expect(keyspaceOf(key, 1)).toBe(number);
      if (head.length > 1) expect(keyspaceOf(head, 0, head.length - 1)).toBe(-1);
    }
  });

  it('is ordered as the number, with all keys before the next (keyspace-number/in-order)', () => {
    const sorted = [...new Set(NUMBERS)].sort((a, b) => a - b);
    const heads = sorted.map((number) => Buffer.from(keyspaceHead(number)));
    expect([...heads].sort(Buffer.compare)).toEqual(heads);
    for (const number of sorted.slice(0, -1)) {
      const { start, end } = keyspaceRange(number);
      const last = Buffer.concat([start, Buffer.alloc(300, 0xff)]);
      expect(Buffer.compare(last, end)).toBe(-1);
      expect(Buffer.compare(last, TREE_END)).toBe(-1);
    }
  });

  it('is none where a shorter one would do, where bytes are missing, and from 251 on', () => {
    for (const bytes of [[], [240], [248, 1], [249, 0, 1, 0], [250, 0, 1, 0, 0], [251], [255]]) {
      expect(keyspaceOf(Uint8Array.from(bytes))).toBe(-1);
    }
  });
});
