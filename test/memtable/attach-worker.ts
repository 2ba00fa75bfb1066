/** A worker thread that attaches to the memtable in its data and reports the entries that it reads. */
import { parentPort, workerData } from 'node:worker_threads';
import { ALL_VERSIONS } from '../../src/iterator/internal-iterator.ts';
import { Memtable, type SharedMemtable } from '../../src/memtable/memtable.ts';
import { READY } from '../../src/iterator/internal-iterator.ts';
import { DELETION } from '../../src/base/value-type.ts';
import type { MemtableIterator } from '../../src/memtable/memtable-iterator.ts';

export interface WorkerReport {
  readonly allVersions: string[];
  readonly newestBackward: string[];
  readonly tombstoneCount: number;
}

/** As `showEntry` prints it; the fixture itself needs the test runner. */
function show(iterator: MemtableIterator): string {
  const text = (bytes: Uint8Array, start: number, end: number): string =>
    Buffer.from(bytes.slice(start, end)).toString('latin1');
  const { key, keyStart, keyEnd, value, valueStart, valueEnd, sequence, type } = iterator;
  const shown = type === DELETION ? '!' : `=${text(value, valueStart, valueEnd)}`;
  return `${text(key, keyStart, keyEnd)}@${sequence}${shown}`;
}

const table = Memtable.attach(workerData as SharedMemtable);
const allVersions: string[] = [];
const forward = table.iterator(ALL_VERSIONS);
for (let status = forward.seekFirst(); status === READY; status = forward.next()) {
  allVersions.push(show(forward));
}
const newestBackward: string[] = [];
const backward = table.iterator(table.lastSequence);
for (let status = backward.seekLast(); status === READY; status = backward.prev()) {
  newestBackward.push(show(backward));
}
const report: WorkerReport = {
  allVersions,
  newestBackward,
  tombstoneCount: table.rangeTombstones.count,
};
parentPort?.postMessage(report);
