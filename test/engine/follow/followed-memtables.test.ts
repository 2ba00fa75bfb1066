/** The memtables of a follower: no hole, whatever a flush of the writer overtakes. */
import { describe, expect, it } from 'vitest';
import { DELETION, VALUE } from '../../../src/base/value-type.ts';
import { CommitBatch } from '../../../src/batch/commit-batch.ts';
import { EMPTY_SLICE, sliceOf } from '../../../src/bytes/bytes.ts';
import { hashKey } from '../../../src/bytes/hash.ts';
import { FollowedMemtables } from '../../../src/engine/follow/followed-memtables.ts';
import { LookupResult } from '../../../src/iterator/internal-iterator.ts';
import type { LogFrame } from '../../../src/log/log-window.ts';
import { ArenaPool } from '../../../src/memtable/arena-pool.ts';

const KEY = Buffer.from('k');

/** A frame with one commit: a put of the sequence as text or, without a value, a deletion. */
function frameOf(firstSequence: number, isPut = true): LogFrame {
  const batch = new CommitBatch();
  const value = isPut ? sliceOf(Buffer.from(String(firstSequence))) : EMPTY_SLICE;
  batch.add(isPut ? VALUE : DELETION, sliceOf(KEY), value);
  const start = batch.seal();
  const payload = batch.bytes.slice(start, batch.end);
  const fields = { offset: 0, durableSequence: 0, wallMs: 0, isPublished: true };
  return { ...fields, firstSequence, operationCount: 1, sizeBytes: payload.length + 41, payload };
}

/** The newest entry of the key in memory, by its sequence; 0 for none. */
function newest(memtables: FollowedMemtables): number {
  const result = new LookupResult();
  const hash = hashKey(KEY, 0, KEY.length);
  for (const { memtable } of memtables.byAge) {
    memtable.get(KEY, 0, KEY.length, hash, 1000, result);
    if (result.sequence > 0) return result.sequence;
  }
  return 0;
}

function make(): FollowedMemtables {
  return new FollowedMemtables(256 * 1024, new ArenaPool(256 * 1024));
}

describe('memtables of a follower', () => {
  it('take what a flush has overtaken, when something older is there (followed-memtables/no-hole)', () => {
    const memtables = make();
    memtables.add(frameOf(7), 0);
    memtables.add(frameOf(8, false), 8); // the writer has flushed 8, and perhaps dropped both
    memtables.add(frameOf(9), 8);
    memtables.dropFlushed(8);
    expect(memtables.byAge).toHaveLength(1);
    expect(memtables.byAge[0]?.memtable.entryCount).toBe(3);
    expect(newest(memtables)).toBe(9);
    memtables.close();
  });

  it('leave out what is in tables, when nothing older is there', () => {
    const memtables = make();
    expect(memtables.add(frameOf(8), 8)).toBe(false);
    expect(memtables.add(frameOf(9), 8)).toBe(true);
    expect(memtables.byAge[0]?.memtable.entryCount).toBe(1);
    memtables.close();
  });

  it('begin anew after a jump, and go with the version that has them in tables (followed-memtables/flushed-whole)', () => {
    const memtables = make();
    memtables.add(frameOf(7), 0);
    memtables.jump();
    memtables.add(frameOf(20), 19);
    expect(memtables.byAge).toHaveLength(2);
    memtables.dropFlushed(19);
    expect(memtables.byAge).toHaveLength(1);
    expect(newest(memtables)).toBe(20);
    memtables.dropFlushed(20);
    expect(memtables.byAge).toHaveLength(0);
    memtables.add(frameOf(21), 20);
    expect(newest(memtables)).toBe(21);
    memtables.close();
  });
});
