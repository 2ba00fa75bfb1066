/**
 * Compaction: tables of two levels become tables of the lower one.
 *
 * Owns: that job, and where one output ends and the next begins.
 *
 * Outputs are cut before the first entry of a user key, once the target size is reached, too much of the level after
 * the output would overlap, or a keyspace ends that is not small. The range tombstones are cut along: the output between two cuts holds the
 * tombstones between them. The first output has no lower bound of its own, and the last no upper one. An output may
 * hold range tombstones only.
 *
 * Invariants:
 *   compaction-job/key-in-one-output: all entries of a user key are in one output. Outputs share no key that an entry
 *       has or a range tombstone covers.
 *   compaction-job/tombstones-in-pieces: every surviving range tombstone is in the outputs, cut into pieces that add
 *       up to it. Each piece is in the output whose share of the key space it lies in.
 *
 * Suspension: suspends between entries as the pacer says, and for syncs. Inputs are immutable files.
 */
import { compareBytes, compareRanges, copyRange } from '../bytes/bytes.ts';
import { keyspaceOf } from '../bytes/keyspace-number.ts';
import { EXHAUSTED, NEEDS_BLOCK } from '../iterator/internal-iterator.ts';
import type { RangeTombstone } from '../iterator/range-tombstones.ts';
import {
  type CompactionDescription,
  type JobResult,
  readersOf,
  type SizedBounds,
  totalSizeBytes,
} from './compaction.ts';
import { CompactionIterator } from './compaction-iterator.ts';
import { FileBoundsSet } from './file-bounds.ts';
import type { JobContext } from './job-context.ts';
import { JobInputs } from './job-inputs.ts';
import { OutputWriter } from './output-writer.ts';

export async function runCompaction(
  job: CompactionDescription,
  context: JobContext,
): Promise<JobResult> {
  const writer = new OutputWriter(context.vfs, job);
  const inputs = new JobInputs(context.vfs, job.directory);
  try {
    context.pacer.checkCancelled();
    const entries = new CompactionIterator(inputs.merged(job), inputs.tombstones(job), {
      ...readersOf(job),
      below: new FileBoundsSet(job.boundsBelow),
    });
    await writeOutputs(job, context, entries, writer);
    context.pacer.checkCancelled();
    await writer.finish();
    return {
      outputs: writer.outputs,
      readSizeBytes: totalSizeBytes(job.inputs) + totalSizeBytes(job.overlapping),
      writtenSizeBytes: writer.writtenSizeBytes,
      readEntryCount: entries.readCount,
      writtenEntryCount: writer.writtenEntryCount,
    };
  } catch (error) {
    writer.discard();
    throw error;
  } finally {
    inputs.close();
  }
}

async function writeOutputs(
  job: CompactionDescription,
  context: JobContext,
  entries: CompactionIterator,
  writer: OutputWriter,
): Promise<void> {
  const { pacer } = context;
  const grandparents = new GrandparentOverlap(job.grandparents, job.grandparentSizeBytesMax);
  const tombstones = new TombstoneCutter(entries.keptTombstones());
  const closeTable = async (cut: Uint8Array | undefined): Promise<void> => {
    for (const piece of tombstones.takeBelow(cut)) writer.addTombstone(piece);
    if (!writer.isTableOpen) return;
    await writer.closeTable();
    const { writtenSizeBytes } = writer;
    context.onProgress({ readEntryCount: entries.readCount, writtenSizeBytes });
  };
  let keyspace = -1;
  let status = entries.start();
  while (status !== EXHAUSTED) {
    if (status === NEEDS_BLOCK) {
      entries.loadSync();
      status = entries.resume();
      continue;
    }
    if (entries.isKept) {
      if (entries.isFirstOfKey) {
        const { key, keyStart, keyEnd } = entries;
        const isFarEnough = grandparents.passes(key, keyStart, keyEnd);
        const { tableSizeBytes } = writer;
        const keyspaceBefore = keyspace;
        keyspace = keyspaceOf(key, keyStart, keyEnd);
        const isEnd = keyspace !== keyspaceBefore && tableSizeBytes >= job.keyspaceCutSizeBytes;
        const isFull = tableSizeBytes >= job.targetFileSizeBytes;
        if ((isFull || isEnd || isFarEnough) && writer.isTableOpen && writer.hasNumbers) {
          await closeTable(copyRange(key, keyStart, keyEnd)); // compaction-job/key-in-one-output
          grandparents.startOutput();
        }
      }
      writer.add(entries);
    }
    if (pacer.tick(entries.sizeBytes)) await pacer.pause();
    status = entries.next();
  }
  await closeTable(undefined);
}

/**
 * Hands out range tombstones piece by piece, in the order of their starts (compaction-job/tombstones-in-pieces). Of
 * each stripe one may reach over a cut.
 */
class TombstoneCutter {
  readonly #tombstones: readonly RangeTombstone[];
  #index = 0;
  /** The parts of the given tombstones that lie above the last cut. */
  #rests: RangeTombstone[] = [];

  constructor(tombstones: readonly RangeTombstone[]) {
    this.#tombstones = tombstones;
  }

  /** The tombstones between the last cut and this one; undefined: all that are left. */
  takeBelow(cut: Uint8Array | undefined): RangeTombstone[] {
    const begun = this.#rests;
    for (; this.#index < this.#tombstones.length; this.#index++) {
      const tombstone = this.#tombstones[this.#index]!; // index < length
      if (cut !== undefined && compareBytes(tombstone.start, cut) >= 0) break;
      begun.push(tombstone);
    }
    if (cut === undefined) return begun;
    this.#rests = [];
    return begun.map((each) => {
      if (compareBytes(each.end, cut) <= 0) return each;
      this.#rests.push({ ...each, start: cut });
      return { ...each, end: cut };
    });
  }
}

/** How much of the level after the output level the open output overlaps, by the bytes of the tables it has passed. */
class GrandparentOverlap {
  readonly #grandparents: readonly SizedBounds[];
  readonly #sizeBytesMax: number;
  #index = 0;
  #sizeBytes = 0;

  constructor(grandparents: readonly SizedBounds[], sizeBytesMax: number) {
    this.#grandparents = grandparents;
    this.#sizeBytesMax = sizeBytesMax;
  }

  /** Moves on to a key; true when the open output has passed too much. Keys ascend. */
  passes(key: Uint8Array, keyStart: number, keyEnd: number): boolean {
    for (; this.#index < this.#grandparents.length; this.#index++) {
      const { largest, sizeBytes } = this.#grandparents[this.#index]!; // index < length
      if (compareRanges(largest, 0, largest.length, key, keyStart, keyEnd) >= 0) break;
      this.#sizeBytes += sizeBytes;
    }
    return this.#sizeBytes > this.#sizeBytesMax;
  }

  startOutput(): void {
    this.#sizeBytes = 0;
  }
}
