/** Watchers: which commits touch a range, and when a listener is called. */
import { describe, expect, it } from 'vitest';
import { BatchReader } from '../../../src/batch/batch-reader.ts';
import { DELETION, RANGE_DELETION, VALUE } from '../../../src/base/value-type.ts';
import { Watchers } from '../../../src/engine/commit/watchers.ts';
import { batchOf, type PlainOperation } from '../../support/operations.ts';

const RANGE = { lower: Buffer.from('c'), upper: Buffer.from('f') };

/** Publishes one commit, whose last operation has this sequence. */
function publish(watchers: Watchers, sequence: number, ...operations: PlainOperation[]): void {
  const reader = new BatchReader();
  reader.resetToBatch(batchOf(operations));
  watchers.published(reader, sequence);
}

describe('Watchers', () => {
  it('call a listener after the call that publishes, not within it (watchers/after)', async () => {
    const watchers = new Watchers();
    const heard: number[] = [];
    watchers.add(RANGE, ({ sequence }) => heard.push(sequence));
    publish(watchers, 7, [VALUE, 'd', '1']);
    expect(heard).toEqual([]);
    await Promise.resolve();
    expect(heard).toEqual([7]);
  });

  it('call a listener once for all commits of a turn, with the last sequence (watchers/once)', async () => {
    const watchers = new Watchers();
    const heard: number[] = [];
    watchers.add(RANGE, ({ sequence }) => heard.push(sequence));
    publish(watchers, 1, [VALUE, 'c', '1']);
    publish(watchers, 2, [DELETION, 'e', '']);
    publish(watchers, 3, [VALUE, 'z', '1']);
    await Promise.resolve();
    expect(heard).toEqual([3]);
    publish(watchers, 4, [VALUE, 'd', '2']);
    await Promise.resolve();
    expect(heard).toEqual([3, 4]);
  });

  it.each<[boolean, PlainOperation]>([
    [true, [VALUE, 'c', '1']],
    [false, [VALUE, 'b', '1']],
    [false, [VALUE, 'f', '1']],
    [true, [RANGE_DELETION, 'a', 'd']],
    [false, [RANGE_DELETION, 'a', 'c']],
    [false, [RANGE_DELETION, 'f', 'z']],
  ])('hear %s of the operation %j', async (isHeard, operation) => {
    const watchers = new Watchers();
    let count = 0;
    watchers.add(RANGE, () => count++);
    publish(watchers, 1, operation);
    await Promise.resolve();
    expect(count).toBe(isHeard ? 1 : 0);
  });

  it('call no listener that was ended, also when its call was due', async () => {
    const watchers = new Watchers();
    let count = 0;
    const end = watchers.add(RANGE, () => count++);
    publish(watchers, 1, [VALUE, 'd', '1']);
    end();
    await Promise.resolve();
    expect(count).toBe(0);
    expect(watchers.isEmpty).toBe(true);
  });
});
