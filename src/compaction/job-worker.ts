/**
 * The entry of the job worker: runs the jobs that messages bring, and answers each.
 *
 * Owns: that loop, with files of its own over the same directory. Started by WorkerJobRunner, and by nothing else.
 *
 * Compactions and checks stand back while a flush runs: they notice at their next pause.
 *
 * Suspension: jobs suspend as their pacers say; between suspensions other messages are received.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { systemClock } from '../base/clock.ts';
import { prepareSnappy, setSnappyPlaces } from '../sstable/snappy-package.ts';
import { NodeVfs } from '../vfs/node-vfs.ts';
import type { CheckedTable, JobProgress, JobResult } from './compaction.ts';
import { encodeError, type RunMessage, type WorkerMessage } from './job-protocol.ts';
import { Pacer, WORKER_PACE } from './pacer.ts';
import { runJob } from './run-job.ts';
import { lowerThreadPriority } from './thread-priority.ts';
import type { JobWorkerData } from './worker-source.ts';

const vfs = new NodeVfs();
const flushes = new Set<Promise<unknown>>();

/** Never rejects: a failure is an answer. */
async function answer(port: MessagePort, { id, job }: RunMessage): Promise<void> {
  const isFlush = job.kind === 'flush';
  const pacer = new Pacer({
    clock: systemClock,
    pace: WORKER_PACE,
    cancellation: job.cancellation,
    moreUrgent: isFlush ? undefined : flushesInProgress,
  });
  const post = (message: WorkerMessage): void => port.postMessage(message);
  const onProgress = (progress: JobProgress): void => post({ kind: 'progress', id, progress });
  let running: Promise<JobResult | CheckedTable> | undefined;
  try {
    if (job.kind !== 'check' && job.tableOptions.compression === 'snappy') prepareSnappy();
    const files = job.anchor === undefined ? vfs : new NodeVfs([job.anchor]);
    running = runJob(job, { vfs: files, pacer, onProgress });
    if (isFlush) flushes.add(running);
    const result = await running;
    port.postMessage({ kind: 'done', id, result } satisfies WorkerMessage, heldBy(result));
  } catch (error) {
    post({ kind: 'failed', id, error: encodeError(error) });
  } finally {
    if (running !== undefined) flushes.delete(running);
  }
}

/** Bytes that go over to the asker, without a copy. */
function heldBy(result: JobResult | CheckedTable): ArrayBuffer[] {
  const bytes = 'bytes' in result ? result.bytes : undefined;
  return bytes === undefined ? [] : [bytes.buffer as ArrayBuffer]; // of its own, and not shared
}

function flushesInProgress(): Promise<unknown> | undefined {
  return flushes.size === 0 ? undefined : Promise.allSettled(flushes);
}

const port = parentPort;
assert(port !== null, 'the job worker is started as a worker thread');
const data = workerData as JobWorkerData;
setSnappyPlaces(data.snappyPlaces);
if (data.isSnappyFound) prepareSnappy();
lowerThreadPriority();
port.on('message', (message: RunMessage) => void answer(port, message));
