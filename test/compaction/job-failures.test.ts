/** Every operation of a flush and of a compaction fails once: the error goes up, and no output stays. */
import { describe, expect, it } from 'vitest';
import { IoError } from '../../src/base/errors.ts';
import { describeCompaction, type WritingJob } from '../../src/compaction/compaction.ts';
import { ALL_KEYS } from '../../src/bytes/key-range.ts';
import { RangeCompaction } from '../../src/compaction/range-compaction.ts';
import { InlineJobRunner } from '../../src/compaction/job-runner.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { FaultVfs } from '../support/fault-vfs.ts';
import { MiniTree } from '../support/mini-tree.ts';

interface Bench {
  readonly vfs: FaultVfs;
  readonly tree: MiniTree;
  readonly job: WritingJob;
}

function makeBench(): { readonly vfs: FaultVfs; readonly tree: MiniTree } {
  const vfs = new FaultVfs(new MemoryVfs());
  vfs.makeDirectory('/db');
  return { vfs, tree: new MiniTree(vfs, '/db', new InlineJobRunner(vfs)) };
}

function flushBench(): Promise<Bench> {
  const { vfs, tree } = makeBench();
  for (let i = 0; i < 100; i++) tree.put(`key${i}`, 'x'.repeat(40));
  tree.deleteRange('key3', 'key4');
  return Promise.resolve({ vfs, tree, job: tree.describeFlush() });
}

async function compactionBench(): Promise<Bench> {
  const { vfs, tree } = makeBench();
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 100; i++) tree.put(`key${i}`, `${round}`.repeat(40));
    await tree.flush();
  }
  const plan = new RangeCompaction(ALL_KEYS, Infinity).next(tree.levels, tree.options, tree.state);
  if (plan === undefined || plan === 'busy') throw new Error('no plan');
  return { vfs, tree, job: describeCompaction(plan, tree.levels, tree.settings(plan)) };
}

/** Fails operation 1, 2, 3... of the kind until a run passes untouched; returns how many runs failed. */
async function failEach(
  make: () => Promise<Bench>,
  kinds: readonly ('open' | 'create' | 'readSync' | 'write' | 'sync' | 'syncDirectory')[],
): Promise<number> {
  for (let nth = 1; ; nth++) {
    const { vfs, tree, job } = await make();
    const before = vfs.list('/db').sort();
    vfs.inject({ kinds, nth, code: 'ENOSPC' });
    const outcome = await tree.runner.run(job).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (vfs.firedCount === 0) {
      expect(outcome).toBeUndefined();
      return nth - 1;
    }
    expect(outcome, `nth=${nth}`).toBeInstanceOf(IoError);
    expect((outcome as IoError).systemCode).toBe('ENOSPC');
    expect(vfs.list('/db').sort(), `nth=${nth}`).toEqual(before);
    // The files can be written again under other numbers: nothing of the failure is left.
    await tree.runner.run({ ...job, outputNumbers: { ...job.outputNumbers } });
  }
}

const KINDS = ['open', 'create', 'readSync', 'write', 'sync', 'syncDirectory'] as const;

describe('a job that fails', () => {
  it('as a flush leaves no file, whichever operation it was (block-writer/failed-is-given-up)', async () => {
    expect(await failEach(flushBench, KINDS)).toBeGreaterThan(3);
  });

  it('as a compaction leaves its inputs and nothing else, whichever operation it was', async () => {
    expect(await failEach(compactionBench, KINDS)).toBeGreaterThan(10);
  });

  it('reports the first failure also when its files cannot be removed', async () => {
    const { vfs, tree, job } = await flushBench();
    vfs.inject({ kinds: ['sync'], code: 'EIO' });
    vfs.inject({ kinds: ['unlink'], code: 'EROFS', sticky: true });
    await expect(tree.runner.run(job)).rejects.toMatchObject({ systemCode: 'EIO' });
  });
});
