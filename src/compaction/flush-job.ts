/**
 * Flush: a frozen memtable becomes one table of level 0.
 *
 * Owns: that job. Old versions that no snapshot sees are left out (compaction-iterator.ts); tombstones stay, since
 * nothing is known of the levels below.
 *
 * Suspension: suspends between entries as its pacer says, and for syncs. The memtable is frozen, so nothing it reads
 * changes meanwhile.
 */
import { ALL_VERSIONS, READY } from '../iterator/internal-iterator.ts';
import { Memtable } from '../memtable/memtable.ts';
import { type FlushDescription, type JobResult, readersOf } from './compaction.ts';
import { CompactionIterator } from './compaction-iterator.ts';
import type { JobContext } from './job-context.ts';
import { OutputWriter } from './output-writer.ts';

export async function runFlush(job: FlushDescription, context: JobContext): Promise<JobResult> {
  const { pacer } = context;
  const memtable = Memtable.attach(job.memtable);
  const writer = new OutputWriter(context.vfs, job);
  const entries = new CompactionIterator(
    memtable.iterator(ALL_VERSIONS),
    memtable.rangeTombstones,
    { ...readersOf(job), below: undefined },
  );
  try {
    pacer.checkCancelled();
    for (let status = entries.start(); status === READY; status = entries.next()) {
      if (entries.isKept) writer.add(entries);
      if (pacer.tick(entries.sizeBytes)) await pacer.pause();
    }
    for (const tombstone of entries.keptTombstones()) writer.addTombstone(tombstone);
    if (writer.isTableOpen) await writer.closeTable();
    pacer.checkCancelled();
    await writer.finish();
  } catch (error) {
    writer.discard();
    throw error;
  }
  return {
    outputs: writer.outputs,
    readSizeBytes: 0,
    writtenSizeBytes: writer.writtenSizeBytes,
    readEntryCount: entries.readCount,
    writtenEntryCount: writer.writtenEntryCount,
  };
}
