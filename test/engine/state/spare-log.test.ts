import { describe, expect, it } from 'vitest';
import { fileNumber } from '../../../src/base/ids.ts';
import { JoinOrder } from '../../../src/engine/state/join-order.ts';
import { SpareLog, type SpareLogParts } from '../../../src/engine/state/spare-log.ts';
import { makeIoError, MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describe('SpareLog', () => {
  it('refuses who came during a failed try only after the next one (join-order/next-try)', async () => {
    const vfs = new MemoryVfs();
    vfs.makeDirectory('/db');
    const clock = new ManualClock();
    const joins = new JoinOrder();
    const refused: number[] = [];
    const versions = {
      failure: undefined,
      newFileNumber: () => fileNumber(7),
      apply: async () => {
        joins.next(); // the first during the first try
        throw makeIoError('ENOSPC', 'write', '/db/MANIFEST-000001');
      },
    };
    const parts = { vfs, directory: '/db', lock: {}, versions, clock, emptyLogs: [] };
    const log = new SpareLog(parts as unknown as SpareLogParts, {
      isOver: () => false,
      joinedCount: () => joins.count,
      isAwaited: () => true,
      onMade: () => undefined,
      refuseJoined: (joinedCount) => refused.push(joinedCount),
      onFailed: (error) => {
        throw error;
      },
      isObsolete: () => vfs.unlink('/db/000007.log'),
      isUnused: () => vfs.unlink('/db/000007.log'),
    });
    log.prepare();
    await log.settled;
    expect(refused).toEqual([0]);
    clock.advance(100);
    await log.settled;
    expect(refused).toEqual([0, 1]);
  });
});
