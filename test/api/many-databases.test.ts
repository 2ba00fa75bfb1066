/** Many databases in one process share threads, memory and descriptors; an option that is given is a database's own. */
import { machineMemoryBytes } from '../../src/base/machine-memory.ts';
import { defaultCacheSizeBytes } from '../../src/base/options.ts';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { open } from '../../src/api/open.ts';
import { systemClock } from '../../src/base/clock.ts';
import { resolveOptions } from '../../src/base/options.ts';
import {
  openResources,
  type Resources,
  tableDescriptorCountMax,
} from '../../src/engine/state/shared-resources.ts';
import { WriteBudget } from '../../src/engine/state/write-budget.ts';
import { WorkerJobRunner } from '../../src/compaction/worker-job-runner.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { NodeVfs } from '../../src/vfs/node-vfs.ts';
import { FaultyWorker } from '../support/faulty-worker.ts';
import { closeLater, makeDirectory, openOnRunner, TINY, turns } from './fixture.ts';

const TEXT = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;

async function openMany(count: number): Promise<Awaited<ReturnType<typeof openText>>[]> {
  return Promise.all(Array.from({ length: count }, openText));
}

/** Addresses that the process has reserved, in KiB. */
function addressedKiB(): number {
  return Number(/VmSize:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]);
}

async function openText() {
  return closeLater(await open(makeDirectory(), TEXT));
}

describe('databases of one process', () => {
  it('share at most four workers, which end with the last of them', async () => {
    const dbs = await openMany(12);
    await Promise.all(
      dbs.map(async (db, i) => {
        await db.put('key', `value ${i}`);
        await db.flush();
      }),
    );
    const { shared } = dbs[0]!.stats(); // 12 of them
    expect(shared.workerCount).toBeGreaterThan(0);
    expect(shared.workerCount).toBeLessThanOrEqual(4);
    expect(shared.databaseCount).toBeGreaterThanOrEqual(12);
    expect(shared.waitingJobCount).toBe(0);
    for (const [i, db] of dbs.entries()) expect(await db.get('key')).toBe(`value ${i}`);
    await Promise.all(dbs.map(async (db) => db.close()));
    const last = await openText();
    expect(last.stats().shared.workerCount).toBe(0);
  });

  it('share a block cache and descriptors, unless one names its own', async () => {
    const [one, other] = await openMany(2);
    const own = closeLater(
      await open(makeDirectory(), {
        ...TEXT,
        blockCacheSizeBytes: 1024 * 1024,
        openTableCountMax: 9,
      }),
    );
    for (const db of [one!, other!, own]) {
      await db.put('key', 'value');
      await db.flush();
      expect(await db.get('key')).toBe('value');
    }
    const shares = [one!, other!].map((db) => db.stats().shared);
    expect(shares[0]).toEqual(shares[1]);
    expect(shares[0]).toMatchObject({
      blockCacheBytesMax: defaultCacheSizeBytes(machineMemoryBytes()),
      descriptorCount: 2,
    });
    expect(own.stats().shared).toMatchObject({
      blockCacheBytesMax: 1024 * 1024,
      descriptorCountMax: 9,
      descriptorCount: 1,
    });
    await other!.close();
    expect(one!.stats().shared.descriptorCount).toBe(1);
  });

  it('share until the last of them closes, which lets go of everything (shared-resources/given-back)', () => {
    const options = resolveOptions({});
    const openOne = (): Resources => openResources(options, new NodeVfs(), systemClock);
    const [first, second] = [openOne(), openOne()];
    expect(second.files).toBe(first.files);
    first.close();
    first.close(); // counts once
    const third = openOne();
    expect(third.files).toBe(second.files);
    second.close();
    third.close();
    const next = openOne();
    expect(next.files === first.files).toBe(false);
    next.close();
  });

  it.runIf(process.platform === 'linux')(
    'that follow each other use the same memory (shared-resources/given-back)',
    async () => {
      const openAndClose = async (name: string): Promise<void> => {
        const db = await open(name, { ...TEXT, vfs: new MemoryVfs(), background: 'inline' });
        await db.put('key', 'value');
        await db.close();
      };
      await openAndClose('first');
      const before = addressedKiB();
      for (let i = 0; i < 30; i++) await openAndClose(`database ${i}`);
      expect(addressedKiB() - before).toBeLessThan(15 * 64 * 1024); // 30 arenas have 64 MiB each
    },
  );

  it('lose their own jobs alone when a worker dies, and try them again', async () => {
    const worker = new FaultyWorker(makeDirectory());
    const events: string[] = [];
    const benches = await Promise.all(
      [0, 1, 2].map(async () =>
        openOnRunner(
          {
            directory: makeDirectory(),
            vfs: new NodeVfs(),
            runner: new WorkerJobRunner(worker.url),
          },
          TINY,
          (name) => events.push(name),
        ),
      ),
    );
    worker.arm({ call: 'fdatasync', nth: 1, code: 'EXIT' });
    await Promise.all(
      benches.map(async ({ db }, i) => {
        await db.put('key', `value ${i}`);
        await db.flush();
      }),
    );
    expect(worker.hasFired).toBe(true);
    expect(events).toContain('background-retry');
    expect(events).not.toContain('failed');
    for (const [i, { db }] of benches.entries()) expect(db.getSync('key')).toBe(`value ${i}`);
  });

  it.runIf(process.platform === 'linux')('take no thread each', async () => {
    const before = readdirSync('/proc/self/task').length;
    const dbs = await openMany(20);
    for (const db of dbs) {
      await db.put('key', 'value', { durability: 'os' });
      await db.flush();
    }
    expect(readdirSync('/proc/self/task').length - before).toBeLessThanOrEqual(8);
  });
});

describe('the descriptors for tables', () => {
  it('are a quarter of what the process may have, at least 16, at most openTableCountMax', () => {
    const countMax = (count?: number): number =>
      tableDescriptorCountMax({ openTableCountMax: 1000 }, count);
    expect([20, 120, 256, 1024, 1e6].map(countMax)).toEqual([16, 30, 64, 256, 1000]);
    expect(countMax()).toBe(64);
  });
});

describe('WriteBudget', () => {
  it('has the largest freeze early when the sum is too large, and the next when that cannot', async () => {
    const budget = new WriteBudget(10 * 1024 * 1024);
    const frozen: number[] = [];
    const accounts = [3, 5, 4].map((mib, i) => {
      const account = budget.open();
      account.member = {
        freezeEarly: () => {
          if (mib === 5) return false;
          frozen.push(i);
          return true;
        },
      };
      return { account, sizeBytes: mib * 1024 * 1024 };
    });
    for (const { account, sizeBytes } of accounts) account.note(sizeBytes);
    expect(frozen).toEqual([]);
    await turns(2);
    expect(frozen).toEqual([2]);
    expect(budget.sizeBytes).toBe(8 * 1024 * 1024);
    for (const { account } of accounts) account.close();
    expect(budget.sizeBytes).toBe(0);
  });
});
