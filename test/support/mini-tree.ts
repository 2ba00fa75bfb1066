/**
 * A tree of tables without the database around it: memtable, flush, compaction, reads.
 *
 * Owns: enough wiring to run jobs end to end in a test, and the model that says what every reader must see.
 */
import { join } from 'node:path';
import { expect } from 'vitest';
import { compareBytes } from '../../src/bytes/bytes.ts';
import { fileNumber, sequenceNumber } from '../../src/base/ids.ts';
import { EXHAUSTED, type InternalIterator } from '../../src/iterator/internal-iterator.ts';
import { type ReadTombstones, TombstoneCursor } from '../../src/iterator/tombstone-cursor.ts';
import { DELETION, EXPIRING_VALUE, VALUE } from '../../src/base/value-type.ts';
import { hasExpired, NEVER } from '../../src/bytes/expiry.ts';
import {
  type CompactionPlan,
  type CompactionSettings,
  describeCompaction,
  type FlushDescription,
  makeCancellation,
  outputCountMax,
} from '../../src/compaction/compaction.ts';
import type { PickerOptions, PickerState } from '../../src/compaction/compaction-picker.ts';
import type { JobRunner } from '../../src/compaction/job-runner.ts';
import { MergingIterator } from '../../src/iterator/merging-iterator.ts';
import { VisibleIterator } from '../../src/iterator/visible-iterator.ts';
import { insertEntry } from './operations.ts';
import { Memtable } from '../../src/memtable/memtable.ts';
import type { TableIterator } from '../../src/sstable/table-iterator.ts';
import { TableReader } from '../../src/sstable/table-reader.ts';
import type { FileMetadata } from '../../src/version/file-metadata.ts';
import { Version } from '../../src/version/version.ts';
import { LEVEL_COUNT } from '../../src/version/version-edit.ts';
import { fileName } from '../../src/vfs/filenames.ts';
import type { Vfs } from '../../src/vfs/vfs.ts';
import { expiringBytes } from './array-iterator.ts';
import { settleSync } from './iterator-contract.ts';

export const SMALL_OPTIONS: PickerOptions = {
  level0CompactionTrigger: 3,
  level1SizeBytes: 6000,
  levelSizeMultiplier: 3,
  targetFileSizeBytes: 1500,
  compression: 'snappy',
};

interface Operation {
  readonly sequence: number;
  /** Undefined: deleted. */
  readonly value: string | undefined;
  readonly expiresAtMs: number;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const bytesOf = (key: string): Uint8Array => Uint8Array.from(Buffer.from(key, 'latin1'));

export class MiniTree {
  readonly vfs: Vfs;
  readonly directory: string;
  readonly runner: JobRunner;
  readonly options: PickerOptions;
  levels: FileMetadata[][] = Array.from({ length: LEVEL_COUNT }, () => []);
  readonly cursors: (Uint8Array | undefined)[] = [];
  readonly snapshots = new Set<number>();
  sequence = 0;
  /** Now. */
  wallMs = 0;
  nextNumber = 1;
  /** The clocks of snapshots by their sequences; those that are not here read by the clock of the tree. */
  readonly #clocks = new Map<number, number>();
  readonly #points = new Map<string, Operation[]>();
  readonly #ranges: { readonly start: string; readonly end: string; readonly sequence: number }[] =
    [];
  #memtable: Memtable;

  constructor(vfs: Vfs, directory: string, runner: JobRunner, options = SMALL_OPTIONS) {
    this.vfs = vfs;
    this.directory = directory;
    this.runner = runner;
    this.options = options;
    this.#memtable = this.#newMemtable();
  }

  get state(): PickerState {
    return {
      compactionCursors: this.cursors,
      busyLevels: new Set(),
      expiredMs: this.#expiredMs,
      oldestSnapshot: this.#liveSequences()[0] ?? Infinity,
    };
  }

  /** A snapshot of now. */
  takeSnapshot(): void {
    if (this.snapshots.has(this.sequence)) return;
    this.snapshots.add(this.sequence);
    this.#clocks.set(this.sequence, this.wallMs);
  }

  put(key: string, value: string | undefined, expiresAtMs: number = NEVER): void {
    const sequence = ++this.sequence;
    const keyBytes = bytesOf(key);
    const expires = value !== undefined && expiresAtMs !== NEVER;
    const valueBytes = expires ? expiringBytes(expiresAtMs, value) : bytesOf(value ?? '');
    const type = value === undefined ? DELETION : expires ? EXPIRING_VALUE : VALUE;
    insertEntry(this.#memtable, { type, sequence, key: keyBytes, value: valueBytes });
    const operations = this.#points.get(key) ?? [];
    operations.push({ sequence, value, expiresAtMs });
    this.#points.set(key, operations);
  }

  deleteRange(start: string, end: string): void {
    const sequence = ++this.sequence;
    this.#memtable.deleteRange(sequenceNumber(sequence), bytesOf(start), bytesOf(end));
    this.#ranges.push({ start, end, sequence });
  }

  describeFlush(): FlushDescription {
    return {
      kind: 'flush',
      directory: this.directory,
      tableOptions: { blockSizeBytes: 256, compression: 'none', filterBitsPerKey: 10 },
      snapshots: this.#liveSequences(),
      isRetaining: false,
      outputNumbers: { first: fileNumber(this.#takeNumbers(1)), count: 1 },
      keyspaces: [],
      expiredMs: this.#expiredMs,
      cancellation: makeCancellation(),
      memtable: this.#memtable.shared(),
    };
  }

  async flush(): Promise<void> {
    const { outputs } = await this.runner.run(this.describeFlush());
    this.levels[0]!.unshift(...outputs);
    this.#memtable = this.#newMemtable();
  }

  settings(plan: CompactionPlan): CompactionSettings {
    const count = outputCountMax(plan, this.options.targetFileSizeBytes);
    return {
      directory: this.directory,
      blockSizeBytes: 256,
      compression: this.options.compression,
      filterBitsPerKey: 10,
      targetFileSizeBytes: this.options.targetFileSizeBytes,
      snapshots: this.#liveSequences(),
      isRetaining: false,
      outputNumbers: { first: fileNumber(this.#takeNumbers(count)), count },
      keyspaces: [],
      expiredMs: this.#expiredMs,
      cancellation: makeCancellation(),
    };
  }

  async compact(plan: CompactionPlan): Promise<void> {
    const job = describeCompaction(plan, this.levels, this.settings(plan));
    const outputs = plan.isTrivialMove ? plan.inputs : (await this.runner.run(job)).outputs;
    const gone = new Set([...plan.inputs, ...plan.overlapping].map(({ number }) => number));
    this.levels = this.levels.map((files) => files.filter(({ number }) => !gone.has(number)));
    const level = this.levels[plan.outputLevel]!;
    level.push(...outputs);
    level.sort((a, b) => compareBytes(a.smallest, b.smallest));
    if (plan.cursor !== undefined) this.cursors[plan.level] = plan.cursor;
    if (plan.isTrivialMove) return;
    for (const number of gone) this.vfs.unlink(this.pathOf(number));
  }

  pathOf(number: number): string {
    return join(this.directory, fileName('table', number));
  }

  open(file: FileMetadata): TableReader {
    return TableReader.open(
      this.vfs.open(this.pathOf(file.number), 'read'),
      file.number,
      undefined,
    );
  }

  /** The tables are sound, in order, and show every live reader what the model shows. */
  check(): void {
    const version = new Version({
      levels: this.levels,
      liveLogs: [],
      keptLogs: [],
      historyBounds: { keepMs: 0, keepBytes: 0 },
      flushedSequence: sequenceNumber(this.sequence),
      compactionCursors: [],
      retention: undefined,
      keyEncoding: undefined,
      valueEncoding: undefined,
      closedSequence: sequenceNumber(0),
    });
    expect(version.checkConsistency()).toBeUndefined();
    for (const file of this.levels.flat()) this.#checkTable(file);
    const readers = [...this.snapshots].map(
      (sequence) => [sequence, this.#clockOf(sequence)] as const,
    );
    for (const [readSequence, wallMs] of [...readers, [this.sequence, this.wallMs] as const]) {
      const expected = this.model(readSequence, wallMs);
      expect(this.read(readSequence, false, wallMs)).toEqual(expected);
      expect(this.read(readSequence, true, wallMs)).toEqual(expected.toReversed());
    }
  }

  /** Every visible pair of the tables; what is in the memtable is not read. */
  read(readSequence: number, isReverse: boolean, wallMs: number = this.wallMs): [string, string][] {
    const iterators: TableIterator[] = [];
    const deletions: ReadTombstones[] = [];
    for (const file of this.levels.flat()) {
      const reader = this.open(file);
      iterators.push(reader.iterator(readSequence, { fillCache: false }));
      deletions.push({ tombstones: reader.rangeTombstones, readSequence });
      reader.close();
    }
    const merged = new MergingIterator(iterators, 'newest');
    const visible = new VisibleIterator(merged, TombstoneCursor.over(deletions), { wallMs });
    const pairs = allPairs(visible, isReverse);
    for (const iterator of iterators) iterator.close();
    return pairs;
  }

  model(readSequence: number, wallMs: number = this.wallMs): [string, string][] {
    const pairs: [string, string][] = [];
    for (const [key, operations] of this.#points) {
      const last = operations.findLast(({ sequence }) => sequence <= readSequence);
      if (last?.value === undefined || hasExpired(last.expiresAtMs, wallMs)) continue;
      const isDeleted = this.#ranges.some(
        ({ start, end, sequence }) =>
          sequence > last.sequence && sequence <= readSequence && start <= key && key < end,
      );
      if (!isDeleted) pairs.push([key, last.value]);
    }
    return pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #checkTable(file: FileMetadata): void {
    const reader = this.open(file);
    reader.verify();
    const { properties } = reader;
    const handle = this.vfs.open(this.pathOf(file.number), 'read');
    expect(handle.sizeSync()).toBe(file.sizeBytes);
    handle.closeSync();
    expect(properties.expiry).toEqual(file.expiry);
    expect(properties.smallestKey).toEqual(file.smallest);
    expect(properties.largestKey).toEqual(file.largest);
    for (const { start, end } of reader.rangeTombstones.all()) {
      expect(compareBytes(file.smallest, start)).toBeLessThanOrEqual(0);
      expect(compareBytes(end, file.largest)).toBeLessThanOrEqual(0);
    }
    reader.close();
  }

  #clockOf(sequence: number): number {
    return this.#clocks.get(sequence) ?? this.wallMs;
  }

  /** What has expired by then has expired for every reader. */
  get #expiredMs(): number {
    return Math.min(this.wallMs, ...[...this.snapshots].map((each) => this.#clockOf(each)));
  }

  #liveSequences(): number[] {
    return [...this.snapshots].sort((a, b) => a - b);
  }

  #takeNumbers(count: number): number {
    const first = this.nextNumber;
    this.nextNumber += count;
    return first;
  }

  #newMemtable(): Memtable {
    return Memtable.create({
      capacityBytes: 1024 * 1024,
      baseSequence: sequenceNumber(this.sequence),
    });
  }
}

function allPairs(iterator: InternalIterator, isReverse: boolean): [string, string][] {
  const pairs: [string, string][] = [];
  let status = settleSync(iterator, isReverse ? iterator.seekLast() : iterator.seekFirst());
  while (status !== EXHAUSTED) {
    const key = text(iterator.key.subarray(iterator.keyStart, iterator.keyEnd));
    const value = text(iterator.value.subarray(iterator.valueStart, iterator.valueEnd));
    pairs.push([key, value]);
    status = settleSync(iterator, isReverse ? iterator.prev() : iterator.next());
  }
  return pairs;
}
