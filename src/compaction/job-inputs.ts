/**
 * The tables that a compaction reads.
 *
 * Owns: opening them, without the block cache, and closing them all when the job ends either way.
 *
 * A job opens its inputs itself: it may run in another thread, and blocks that it reads once must not push out blocks
 * that readers use. Blocks are checked by their checksums like everywhere; reads bring many blocks at once.
 *
 * Suspension: every method is synchronous.
 */
import { join } from 'node:path';
import { CorruptionError } from '../base/errors.ts';
import { ALL_VERSIONS, type InternalIterator } from '../iterator/internal-iterator.ts';
import { RangeTombstones } from '../iterator/range-tombstones.ts';
import { ConcatenatingIterator } from '../iterator/concatenating-iterator.ts';
import { MergingIterator } from '../iterator/merging-iterator.ts';
import type { TableIterator } from '../sstable/table-iterator.ts';
import { TableReader } from '../sstable/table-reader.ts';
import type { FileMetadata } from '../version/file-metadata.ts';
import { keysOf } from '../vfs/keyed-vfs.ts';
import { fileName } from '../vfs/filenames.ts';
import { OpenFiles } from '../vfs/open-files.ts';
import type { Vfs } from '../vfs/vfs.ts';
import type { CompactionDescription } from './compaction.ts';

const READAHEAD_SIZE_BYTES = 256 * 1024;
/** A job may read a thousand tables of level 0 at once. */
const OPEN_COUNT_MAX = 32;

export class JobInputs {
  readonly #vfs: Vfs;
  readonly #directory: string;
  readonly #files = new OpenFiles(OPEN_COUNT_MAX);
  readonly #iterators = new Set<TableIterator>();

  constructor(vfs: Vfs, directory: string) {
    this.#vfs = vfs;
    this.#directory = directory;
  }

  /** All versions of all inputs, in age order: level 0 from new to old, and the output level last. */
  merged(job: CompactionDescription): InternalIterator {
    const sources: InternalIterator[] = [];
    if (job.level === 0) for (const file of job.inputs) sources.push(this.#open(file));
    else sources.push(this.#concatenated(job.inputs));
    if (job.overlapping.length > 0) sources.push(this.#concatenated(job.overlapping));
    const [only] = sources;
    return only !== undefined && sources.length === 1 ? only : new MergingIterator(sources, 'all');
  }

  /** The range tombstones of all inputs. */
  tombstones(job: CompactionDescription): RangeTombstones {
    const all = new RangeTombstones();
    for (const file of [...job.inputs, ...job.overlapping]) {
      if (file.rangeTombstoneCount === 0) continue;
      const reader = this.#openReader(file);
      for (const { start, end, sequence } of reader.rangeTombstones.all()) {
        all.add(start, end, sequence);
      }
      reader.close();
    }
    return all;
  }

  /** Closes the open inputs. */
  close(): void {
    for (const iterator of this.#iterators) iterator.close();
    this.#iterators.clear();
  }

  #concatenated(files: readonly FileMetadata[]): InternalIterator {
    let open: TableIterator | undefined;
    const at = (index: number): FileMetadata => files[index]!; // below `count`, by the contract of RunList
    return new ConcatenatingIterator({
      count: files.length,
      smallest: (index) => at(index).smallest,
      largest: (index) => at(index).largest,
      isLargestExclusive: (index) => at(index).isLargestExclusive,
      open: (index) => (open = this.#open(at(index))),
      close: () => {
        if (open === undefined) return;
        open.close();
        this.#iterators.delete(open);
        open = undefined;
      },
    });
  }

  #open(file: FileMetadata): TableIterator {
    const reader = this.#openReader(file);
    const iterator = reader.iterator(ALL_VERSIONS, {
      fillCache: false,
      readaheadBytes: READAHEAD_SIZE_BYTES,
    });
    reader.close(); // the iterator keeps the file open for itself
    this.#iterators.add(iterator);
    return iterator;
  }

  #openReader(file: FileMetadata): TableReader {
    const path = join(this.#directory, fileName('table', file.number));
    const handle = this.#files.open(this.#vfs, path);
    const reader = TableReader.open(handle, file.number, undefined, keysOf(this.#vfs));
    const { entryCount, rangeTombstoneCount } = reader.properties;
    if (entryCount === file.entryCount && rangeTombstoneCount === file.rangeTombstoneCount) {
      return reader;
    }
    reader.close();
    throw new CorruptionError('Table is not the one that the manifest describes', { file: path });
  }
}
