/** Flush and compaction jobs end to end over a file system in memory, against a model. */
import { describe, expect, it } from 'vitest';
import { AbortedError, CorruptionError } from '../../src/base/errors.ts';
import { cancelJob } from '../../src/compaction/compaction.ts';
import { pickCompaction, pickReclaim } from '../../src/compaction/compaction-picker.ts';
import { ALL_KEYS } from '../../src/bytes/key-range.ts';
import { RangeCompaction } from '../../src/compaction/range-compaction.ts';
import { InlineJobRunner } from '../../src/compaction/job-runner.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { MiniTree, SMALL_OPTIONS } from '../support/mini-tree.ts';
import { makeRandom, type Random } from '../support/prng.ts';

function makeTree(options = SMALL_OPTIONS): MiniTree {
  const vfs = new MemoryVfs();
  vfs.makeDirectory('/db');
  return new MiniTree(vfs, '/db', new InlineJobRunner(vfs), options);
}

const keyOf = (random: Random, count: number): string =>
  `key${String(random.below(count)).padStart(4, '0')}`;

function writeSome(tree: MiniTree, random: Random, count: number, keyCount: number): void {
  for (let i = 0; i < count; i++) {
    const kind = random.below(100);
    if (kind < 3) {
      const [start, end] = [keyOf(random, keyCount), keyOf(random, keyCount)].sort();
      tree.deleteRange(start!, end!);
    } else if (kind < 25) tree.put(keyOf(random, keyCount), undefined);
    else if (kind < 60) {
      tree.put(keyOf(random, keyCount), `value ${tree.sequence}`, tree.wallMs + random.below(100));
    } else tree.put(keyOf(random, keyCount), `value ${tree.sequence} `.repeat(1 + random.below(4)));
  }
}

/** Runs every pick until the tree is in shape; returns how many there were. */
async function settleTree(tree: MiniTree): Promise<number> {
  for (let count = 0; ; count++) {
    expect(count, 'picks end').toBeLessThan(1000);
    const plan =
      pickCompaction(tree.levels, tree.options, tree.state) ??
      pickReclaim(tree.levels, tree.options, tree.state);
    if (plan === undefined) return count;
    await tree.compact(plan);
  }
}

async function compactAll(tree: MiniTree): Promise<void> {
  for (let count = 0; ; count++) {
    expect(count, 'manual steps end (compaction-picker/ends)').toBeLessThan(1000);
    const plan = new RangeCompaction(ALL_KEYS, Infinity).next(
      tree.levels,
      tree.options,
      tree.state,
    );
    if (plan === undefined) return;
    expect(plan).not.toBe('busy');
    if (plan !== 'busy') await tree.compact(plan);
  }
}

describe('jobs', () => {
  it('show every snapshot and the newest reader what the model shows, after every step (compaction-job/key-in-one-output, compaction-job/tombstones-in-pieces, compaction-picker/overlapping-is-whole, job/inputs-are-whole)', async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const random = makeRandom(seed);
      const tree = makeTree();
      try {
        for (let round = 0; round < 14; round++) {
          writeSome(tree, random, 1 + random.below(150), 300);
          if (random.chance(0.3)) tree.takeSnapshot();
          tree.wallMs += random.below(80);
          if (random.chance(0.3) && tree.snapshots.size > 0) {
            tree.snapshots.delete(random.pick([...tree.snapshots]));
          }
          await tree.flush();
          if (random.chance(0.5)) await settleTree(tree);
          tree.check();
        }
        tree.snapshots.clear();
        await compactAll(tree);
        tree.check();
        expectBottom(tree);
      } catch (error) {
        throw new Error(`seed=${seed}`, { cause: error });
      }
    }
  });

  it('cut outputs at the target size and spread them over levels (output-writer/one-open)', async () => {
    const random = makeRandom(9);
    const tree = makeTree();
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 60; i++) tree.put(keyOf(random, 2000), 'x'.repeat(60));
      await tree.flush();
      await settleTree(tree);
    }
    tree.check();
    expect(tree.levels.filter((files) => files.length > 0).length).toBeGreaterThan(1);
    expect(tree.levels.slice(1).flat().length).toBeGreaterThan(5);
    for (const { sizeBytes } of tree.levels[1]!) {
      expect(sizeBytes).toBeLessThan(2 * SMALL_OPTIONS.targetFileSizeBytes + 1000);
    }
  });

  it('give deleted space back without being asked, and then rest (compaction-picker/ends)', async () => {
    const tree = makeTree();
    for (let i = 0; i < 300; i++) tree.put(`key${i}`, 'x'.repeat(30));
    await tree.flush();
    for (let i = 0; i < 300; i++) tree.put(`key${i}`, undefined);
    await tree.flush();
    await settleTree(tree);
    expect(tree.levels.flat()).toEqual([]);
    expect(await settleTree(tree)).toBe(0);
  });

  it('keep deletions that a snapshot needs, and rest (compaction-picker/ends)', async () => {
    const tree = makeTree();
    for (let i = 0; i < 50; i++) tree.put(`key${i}`, 'x');
    tree.snapshots.add(tree.sequence);
    for (let i = 0; i < 50; i++) tree.put(`key${i}`, undefined);
    await tree.flush();
    await settleTree(tree);
    await compactAll(tree);
    tree.check();
    expect(tree.model([...tree.snapshots][0]!)).toHaveLength(50);
    expect(await settleTree(tree)).toBe(0);
  });

  it('end with AbortedError when cancelled, and leave no file behind (pacer/notices-a-cancel)', async () => {
    const tree = makeTree();
    for (let i = 0; i < 2000; i++) tree.put(`key${i}`, 'x'.repeat(20));
    const job = tree.describeFlush();
    const running = tree.runner.run(job);
    cancelJob(job);
    await expect(running).rejects.toThrow(AbortedError);
    expect(tree.vfs.list('/db')).toEqual([]);
  });

  it('are cancelled by the close of their runner, which ends after them', async () => {
    const tree = makeTree();
    for (let i = 0; i < 2000; i++) tree.put(`key${i}`, 'x'.repeat(20));
    let failure: unknown;
    const running = tree.runner.run(tree.describeFlush()).catch((error: unknown) => {
      failure = error;
    });
    await tree.runner.close();
    expect(failure).toBeInstanceOf(AbortedError);
    await running;
    expect(tree.vfs.list('/db')).toEqual([]);
  });

  it('report a damaged input as CorruptionError and leave no output behind', async () => {
    const tree = makeTree();
    for (let i = 0; i < 300; i++) tree.put(`key${i}`, 'x'.repeat(50));
    await tree.flush();
    await compactAll(tree);
    for (let i = 0; i < 300; i++) tree.put(`key${i}`, 'y'.repeat(50));
    await tree.flush();
    const [damaged] = tree.levels[2]!.slice(-1);
    const file = tree.vfs.open(tree.pathOf(damaged!.number), 'modify');
    file.writeSync(Uint8Array.of(0xff, 0xff, 0xff), 0, 3, 20);
    file.closeSync();
    let failure: unknown;
    let filesBefore: string[] = [];
    for (let i = 0; i < 100 && failure === undefined; i++) {
      filesBefore = tree.vfs.list('/db').sort();
      await tree.compact(planRangeOrFail(tree)).catch((error: unknown) => (failure = error));
    }
    expect(failure).toBeInstanceOf(CorruptionError);
    expect(failure).toMatchObject({ file: tree.pathOf(damaged!.number) });
    expect(tree.vfs.list('/db').sort()).toEqual(filesBefore);
  });
});

function planRangeOrFail(
  tree: MiniTree,
): Exclude<ReturnType<RangeCompaction['next']>, 'busy' | undefined> {
  const plan = new RangeCompaction(ALL_KEYS, Infinity).next(tree.levels, tree.options, tree.state);
  if (plan === undefined || plan === 'busy') throw new Error('no plan');
  return { ...plan, isTrivialMove: false };
}

/** All in one layer, nothing but values at sequence 0. */
function expectBottom(tree: MiniTree): void {
  const all = tree.levels.flat();
  for (const file of all) {
    expect(file).toMatchObject({ deletionCount: 0, rangeTombstoneCount: 0, largestSequence: 0 });
  }
  const entryCount = all.reduce((sum, file) => sum + file.entryCount, 0);
  expect(entryCount).toBe(tree.model(tree.sequence).length);
  expect(tree.levels[0]).toEqual([]);
  expect(tree.levels[1]).toEqual([]);
}
