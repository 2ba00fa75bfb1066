/** Which worker of the pool runs a job: seen by workers that answer only when a flush comes to them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { JobDescription } from '../../src/compaction/compaction.ts';
import { type JobOwner, WorkerPool } from '../../src/compaction/worker-pool.ts';

/** Holds each compaction until it gets a flush, and then answers with the count of jobs that it holds. */
const HOLDING_WORKER = `
  const { parentPort } = require('node:worker_threads');
  const held = [];
  parentPort.on('message', ({ id, job }) => {
    held.push(id);
    if (job.kind !== 'flush') return;
    const count = held.length;
    for (const one of held.splice(0)) parentPort.postMessage({ kind: 'done', id: one, result: count });
  });
`;

let directory: string;
let owners: JobOwner[];
let pool: WorkerPool;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'varve-pool-'));
  const script = join(directory, 'worker.cjs');
  writeFileSync(script, HOLDING_WORKER);
  owners = Array.from({ length: 8 }, () => ({}));
  for (const owner of owners) pool = WorkerPool.join(pathToFileURL(script), owner);
});

afterEach(async () => {
  for (const owner of owners) await pool.leave(owner);
  rmSync(directory, { recursive: true });
});

/** The worker looks at the kind alone; the result is the count of jobs that it had. */
function run(owner: JobOwner, kind: JobDescription['kind']): Promise<unknown> {
  return pool.run(owner, { kind } as JobDescription, undefined);
}

describe('WorkerPool', () => {
  it.runIf(availableParallelism() > 1)(
    'gives the jobs of one database to one worker (worker-pool/one-a-database)',
    async () => {
      const [one, other] = owners as [JobOwner, JobOwner];
      const compactions = [run(one, 'compaction'), run(other, 'compaction')];
      // A worker of its own would have answered with 1.
      expect(await run(one, 'flush')).toBe(2);
      expect(await run(other, 'flush')).toBe(2);
      expect(await Promise.all(compactions)).toEqual([2, 2]);
    },
  );

  it('runs a flush while every worker has a compaction (worker-pool/flushes-first)', async () => {
    const compactions = owners.slice(1).map((owner) => run(owner, 'compaction'));
    expect(pool.waitingCount).toBeGreaterThan(0); // compactions wait for each other
    expect(await run(owners[0]!, 'flush')).toBe(2);
    for (const owner of owners) await run(owner, 'flush');
    while (pool.waitingCount > 0) await run(owners[0]!, 'flush');
    for (const owner of owners) await run(owner, 'flush');
    await Promise.all(compactions);
  });
});
