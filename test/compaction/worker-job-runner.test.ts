/** Jobs in a worker thread, bundled from the sources: results, errors, cancellation, and the worker's death. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AssertionError } from '../../src/base/assert.ts';
import {
  AbortedError,
  ClosedError,
  CorruptionError,
  IncompatibleFormatError,
  InvalidArgumentError,
  IoError,
} from '../../src/base/errors.ts';
import { fileNumber } from '../../src/base/ids.ts';
import { cancelJob } from '../../src/compaction/compaction.ts';
import { pickCompaction } from '../../src/compaction/compaction-picker.ts';
import { JOB_WORKER_CODE } from '../../src/compaction/job-worker-code.ts';
import { decodeError, encodeError } from '../../src/compaction/job-protocol.ts';
import type { JobRunner } from '../../src/compaction/job-runner.ts';
import { BACKGROUND_NICENESS } from '../../src/compaction/thread-priority.ts';
import { WorkerJobRunner } from '../../src/compaction/worker-job-runner.ts';
import { NodeVfs } from '../../src/vfs/node-vfs.ts';
import { MiniTree } from '../support/mini-tree.ts';

let directory = '';
const runners: JobRunner[] = [];

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'varve-jobs-')));
});

afterEach(async () => {
  for (const runner of runners.splice(0)) await runner.close();
  rmSync(directory, { recursive: true, force: true });
});

function makeTree(workerUrl?: URL): MiniTree {
  const runner = new WorkerJobRunner(workerUrl);
  runners.push(runner);
  return new MiniTree(new NodeVfs(), directory, runner);
}

function fill(tree: MiniTree, count: number, value: string): void {
  for (let i = 0; i < count; i++) tree.put(`key${String(i).padStart(5, '0')}`, `${value}${i}`);
}

/** The real worker, which dies on the first message that comes while the file `die` exists. */
function mortalWorker(): URL {
  const script = join(directory, 'mortal-worker.cjs');
  const die = JSON.stringify(join(directory, 'die'));
  writeFileSync(
    script,
    `const { existsSync, unlinkSync } = require('node:fs');
     const { parentPort } = require('node:worker_threads');
     ${JOB_WORKER_CODE}
     parentPort.on('message', () => {
       if (!existsSync(${die})) return;
       unlinkSync(${die});
       process.exit(7);
     });`,
  );
  return pathToFileURL(script);
}

/** Of every thread of this process. */
function nicenessOfThreads(): number[] {
  return readdirSync('/proc/self/task').map((thread) => {
    const status = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    return Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[16]);
  });
}

/** The real worker, which tells how often it was started by as many lines in a file. */
function countedWorker(): { url: URL; startCount: () => number } {
  const script = join(directory, 'counted-worker.cjs');
  const starts = join(directory, 'starts');
  writeFileSync(starts, '');
  writeFileSync(
    script,
    `require('node:fs').appendFileSync(${JSON.stringify(starts)}, 'started\\n');
     ${JOB_WORKER_CODE}`,
  );
  return {
    url: pathToFileURL(script),
    startCount: () => readFileSync(starts, 'utf8').split('\n').length - 1,
  };
}

describe('WorkerJobRunner', () => {
  it('runs its first job in the worker that was prepared, however often', async () => {
    const { url, startCount } = countedWorker();
    const tree = makeTree(url);
    tree.runner.prepare();
    tree.runner.prepare();
    fill(tree, 100, 'value');
    await tree.flush();
    tree.runner.prepare();
    await tree.runner.close();
    expect(startCount()).toBe(1);
    tree.runner.prepare();
    expect(startCount()).toBe(1);
  });

  it('leaves what is wrong with a prepared worker to the job that needs it', async () => {
    const tree = makeTree(new URL('./no-such-worker.mjs', import.meta.url));
    tree.runner.prepare();
    fill(tree, 1, 'value');
    await expect(tree.flush()).rejects.toThrow('Job worker ended');
  });

  it('runs flushes and compactions whose tables read as the model does (job/cloneable)', async () => {
    const tree = makeTree();
    for (let round = 0; round < 4; round++) {
      fill(tree, 300, `round ${round} `);
      tree.deleteRange('key00100', 'key00150');
      await tree.flush();
    }
    tree.check();
    const plan = pickCompaction(tree.levels, tree.options, tree.state);
    expect(plan?.inputs).toHaveLength(4);
    await tree.compact(plan!);
    expect(tree.levels[0]).toEqual([]);
    expect(tree.levels[1]!.length).toBeGreaterThan(1);
    tree.check();
  });

  it.runIf(process.platform === 'linux')(
    'gives its thread, and no other, a low priority',
    async () => {
      const before = nicenessOfThreads();
      const tree = makeTree();
      fill(tree, 10, 'x');
      await tree.flush();
      const counts = (all: readonly number[]): number =>
        all.filter((nice) => nice === BACKGROUND_NICENESS).length;
      expect(counts(nicenessOfThreads()) - counts(before)).toBe(1);
    },
  );

  it('runs jobs side by side and reports progress', async () => {
    const tree = makeTree();
    fill(tree, 1000, 'x');
    await tree.flush();
    const [table] = tree.levels[0]!;
    const plan = { inputs: [table!], overlapping: [], grandparents: [], cursor: undefined };
    const compaction = {
      ...plan,
      kind: 'compaction' as const,
      directory,
      level: 0,
      outputLevel: 1,
      tableOptions: tree.describeFlush().tableOptions,
      snapshots: [],
      isRetaining: false,
      outputNumbers: { first: fileNumber(100), count: 100 },
      keyspaces: [],
      expiredMs: 0,
      keyspaceCutSizeBytes: Infinity,
      cancellation: tree.describeFlush().cancellation,
      targetFileSizeBytes: 1000,
      grandparentSizeBytesMax: 10000,
      boundsBelow: [],
    };
    let progressCount = 0;
    fill(tree, 500, 'y');
    const [compacted, flushed] = await Promise.all([
      tree.runner.run(compaction, () => progressCount++),
      tree.runner.run(tree.describeFlush()),
    ]);
    expect(flushed.writtenEntryCount).toBe(500);
    expect(compacted.writtenEntryCount).toBe(1000);
    expect(progressCount).toBe(compacted.outputs.length);
  });

  it('rejects with IoError when the worker dies, and starts another for the next job (worker-pool/settles, worker-pool/no-reuse)', async () => {
    const tree = makeTree(mortalWorker());
    fill(tree, 2000, 'x');
    await tree.flush();
    writeFileSync(join(directory, 'die'), '');
    const first = tree.runner.run(tree.describeFlush());
    const second = tree.runner.run(tree.describeFlush());
    await expect(first).rejects.toThrow(IoError);
    await expect(second).rejects.toThrow('Job worker ended: exitCode=7');
    expect(existsSync(join(directory, 'die'))).toBe(false);
    fill(tree, 50, 'z');
    await tree.flush();
    tree.check();
  });

  it('ends a cancelled job with AbortedError and removes its output (pacer/notices-a-cancel)', async () => {
    const tree = makeTree();
    fill(tree, 3000, 'x');
    const job = tree.describeFlush();
    cancelJob(job);
    await expect(tree.runner.run(job)).rejects.toThrow(AbortedError);
    expect(existsSync(tree.pathOf(job.outputNumbers.first))).toBe(false);
  });

  it('cancels what runs when it closes, and refuses jobs from then on', async () => {
    const tree = makeTree();
    fill(tree, 3000, 'x');
    const job = tree.describeFlush();
    const outcome = tree.runner.run(job).then(
      () => 'done',
      (error: unknown) => error,
    );
    await tree.runner.close();
    await tree.runner.close();
    const settled = await outcome;
    if (settled !== 'done') expect(settled).toBeInstanceOf(AbortedError);
    await expect(tree.runner.run(job)).rejects.toThrow(ClosedError);
  });

  it('passes errors on as what they were (job-protocol/errors-cross-whole)', async () => {
    const tree = makeTree();
    fill(tree, 10, 'x');
    const job = tree.describeFlush();
    writeFileSync(tree.pathOf(job.outputNumbers.first), 'taken');
    const error: unknown = await tree.runner.run(job).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(IoError);
    expect(error).toMatchObject({ systemCode: 'EEXIST', path: tree.pathOf(1) });
    expect(existsSync(tree.pathOf(1)), 'a file that the job did not make stays').toBe(true);
  });
});

describe('encodeError() and decodeError()', () => {
  it('keep class, message, fields and the cause of every error a job throws (job-protocol/errors-cross-whole)', () => {
    const system = Object.assign(new Error('no space'), { code: 'ENOSPC', errno: -28 });
    const errors = [
      new IoError('Write failed', { path: 'a.sst', cause: system, outcome: 'unknown' }),
      new CorruptionError('Block checksum mismatch', { file: 'a.sst', offset: 4096 }),
      new IncompatibleFormatError('Newer', { cause: new AbortedError('inner') }),
      new InvalidArgumentError('Wrong'),
      new AbortedError('Stopped'),
      new AssertionError('order (compaction-iterator/order-stays)'),
      new RangeError('plain'),
    ];
    for (const error of errors) {
      const copy = decodeError(structuredClone(encodeError(error)));
      const isOurs = !(error instanceof RangeError);
      if (isOurs) expect(copy.constructor).toBe(error.constructor);
      expect(copy.name).toBe(error.name);
      expect(copy.message).toBe(error.message);
      expect(copy.stack).toBe(error.stack);
      if (isOurs) expect({ ...copy }).toEqual({ ...error });
    }
    const copy = decodeError(encodeError(errors[0]));
    expect((copy as IoError).systemCode).toBe('ENOSPC');
    expect(decodeError(encodeError('a string')).message).toBe('a string');
  });

  it('bring across whatever was thrown, readable or not (job-protocol/encoding-never-throws)', () => {
    const unreadable = Object.defineProperty({}, 'code', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    const strange = Object.assign(new Error('strange'), { name: () => 1, stack: Symbol('s') });
    for (const thrown of [
      Object.create(null),
      { toString: 1 },
      unreadable,
      strange,
      undefined,
      null,
      Symbol('s'),
      () => 1,
      10n,
    ]) {
      const copy = decodeError(structuredClone(encodeError(thrown)));
      expect(copy).toBeInstanceOf(Error);
      expect(copy.message).not.toBe('');
    }
    const outer = new IoError('Write failed', { path: 'a.sst', cause: Object.create(null) });
    expect(decodeError(structuredClone(encodeError(outer)))).toMatchObject({
      code: 'IO_ERROR',
      path: 'a.sst',
    });
  });
});
