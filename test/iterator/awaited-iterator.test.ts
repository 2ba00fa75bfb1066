/** The cursor over entries that are on their way, against the contract of all cursors. */
import { describe, expect, it } from 'vitest';

import { AwaitedIterator } from '../../src/iterator/awaited-iterator.ts';
import { EXHAUSTED, NEEDS_BLOCK, READY } from '../../src/iterator/internal-iterator.ts';
import { MergingIterator } from '../../src/iterator/merging-iterator.ts';
import { VALUE } from '../../src/base/value-type.ts';
import { WriteSet } from '../../src/txn/write-set.ts';
import { WriteSetIterator } from '../../src/txn/write-set-iterator.ts';
import { hashKey } from '../../src/bytes/hash.ts';
import { sliceOf } from '../../src/bytes/bytes.ts';

function cursorOver(...keys: string[]): WriteSetIterator {
  const writes = new WriteSet();
  for (const key of keys) {
    const bytes = Buffer.from(key);
    writes.write(VALUE, hashKey(bytes, 0, bytes.length), sliceOf(bytes), sliceOf(bytes));
  }
  return new WriteSetIterator(writes);
}

const keyOf = ({ key, keyStart, keyEnd }: AwaitedIterator | MergingIterator): string =>
  Buffer.from(key.subarray(keyStart, keyEnd)).toString();

describe('a cursor over what is on its way', () => {
  it('waits for the first seek, and for no other (awaited-iterator/memory-behind)', async () => {
    const cursor = new AwaitedIterator(Promise.resolve(cursorOver('a', 'c', 'e')));
    expect(cursor.seekAtLeast(Buffer.from('b'))).toBe(NEEDS_BLOCK);
    expect(cursor.seekLast()).toBe(NEEDS_BLOCK); // the last seek counts
    await cursor.load();
    expect(cursor.resume()).toBe(READY);
    expect([keyOf(cursor), cursor.prev(), keyOf(cursor)]).toEqual(['e', READY, 'c']);
    expect(cursor.seekAtLeast(Buffer.from('b'))).toBe(READY);
    expect([keyOf(cursor), cursor.next(), cursor.next()]).toEqual(['c', READY, EXHAUSTED]);
    expect(cursor.seekBelow(Buffer.from('a'))).toBe(EXHAUSTED);
    expect([cursor.seekFirst(), keyOf(cursor)]).toEqual([READY, 'a']);
  });

  it('is loaded beside the others that are merged with it', async () => {
    const late = new AwaitedIterator(Promise.resolve(cursorOver('b', 'd')));
    const merged = new MergingIterator([cursorOver('a', 'c'), late], 'newest');
    expect(merged.seekFirst()).toBe(NEEDS_BLOCK);
    await merged.load();
    const keys: string[] = [];
    for (let step = merged.resume(); step === READY; step = merged.next()) keys.push(keyOf(merged));
    expect(keys).toEqual(['a', 'b', 'c', 'd']);
  });

  it('tells a failure to who loads, and to nobody else', async () => {
    const cursor = new AwaitedIterator(Promise.reject(new RangeError('mine')));
    await new Promise((resolve) => setImmediate(resolve));
    expect(cursor.seekFirst()).toBe(NEEDS_BLOCK);
    await expect(cursor.load()).rejects.toThrow('mine');
    expect(() => cursor.loadSync()).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  });
});
