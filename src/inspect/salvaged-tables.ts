/**
 * The tables of a repair: everything in them that is whole, in key order.
 *
 * Owns: looking at each table once for its bounds, range tombstones and damaged parts. Tables are grouped into runs
 * of disjoint ones, so that as few files as possible are open at a time.
 *
 * Invariants:
 *   salvaged-tables/runs-ascend: a run yields its entries by key, and within one key from new to old.
 *   salvaged-tables/losses-are-told: every damaged block becomes one loss, with the range of keys that it may have
 *       held.
 *
 * Suspension: every function here is synchronous.
 */
import { compareBytes, EMPTY_BYTES } from '../bytes/bytes.ts';
import { TREE_END } from '../bytes/keyspace-number.ts';
import { CorruptionError } from '../base/errors.ts';
import { DELETION, type PointType } from '../base/value-type.ts';
import type { FileNumber } from '../base/ids.ts';
import type { RangeTombstones } from '../iterator/range-tombstones.ts';
import { type Block, BlockEntry } from '../sstable/block.ts';
import { TableSalvager } from '../sstable/table-salvager.ts';
import type { FileMetadata } from '../version/file-metadata.ts';
import { keysOf } from '../vfs/keyed-vfs.ts';
import type { Vfs, VfsFile } from '../vfs/vfs.ts';
import { lossOf, type RepairLoss, type RepairRecord } from './repair-report.ts';

/** A table that counts. */
export interface SourceTable {
  readonly number: FileNumber;
  readonly path: string;
  readonly metadata: FileMetadata | undefined;
}

/** A table that was looked at. Bounds are inclusive, and wide where nothing is known. */
export interface KnownTable extends SourceTable {
  readonly smallest: Uint8Array;
  readonly largest: Uint8Array;
}

/** A source of entries for a repair, one key after the other (salvaged-tables/runs-ascend). */
export interface EntrySource {
  /** Breaks ties between equal sequences: the larger is newer. */
  readonly age: number;
  readonly key: Uint8Array;
  readonly sequence: number;
  readonly type: PointType;
  /** Valid for as long as a reader points to it. */
  readonly value: Uint8Array;
  /** False at the end. */
  next(): boolean;
  close(): void;
}

/**
 * Adds the table's range tombstones to `tombstones`, and its damaged parts to the record. Undefined: nothing is
 * readable.
 */
export function examineTable(
  vfs: Vfs,
  table: SourceTable,
  tombstones: RangeTombstones,
  record: RepairRecord,
): KnownTable | undefined {
  record.tableCount++;
  const { path, metadata } = table;
  const bounds = { lower: metadata?.smallest, upper: metadata?.largest };
  const sequences = {
    firstSequence: metadata?.smallestSequence,
    lastSequence: metadata?.largestSequence,
  };
  const file = openOrLose(vfs, path, (message) => {
    record.damageTable(path);
    record.lose({ kind: 'table', file: path, message, ...bounds, ...sequences });
  });
  if (file === undefined) return undefined;
  try {
    const salvager = new TableSalvager(file, knownSequenceOf(table), {
      number: table.number,
      keys: keysOf(vfs),
    });
    const { properties } = salvager;
    if (salvager.isUnsequenced) {
      record.note(`Table belongs to a bulk load that was never finished: file=${path}`);
      return undefined;
    }
    const smallest = properties?.smallestKey ?? metadata?.smallest;
    const largest = properties?.largestKey ?? metadata?.largest;
    for (const { start, end, sequence } of salvager.rangeTombstones.all()) {
      tombstones.add(start, end, sequence);
    }
    const range = { lower: smallest, upper: largest };
    if (salvager.areTombstonesLost) {
      const message = 'Range tombstones are lost: keys that they deleted may be back';
      record.lose({ kind: 'range-tombstones', file: path, message, ...range });
    }
    if (salvager.isSequenceLost) {
      const message =
        'The place of a bulk load in the commit order is lost, if this is one: other writes come before it';
      record.lose({ kind: 'table', file: path, message, ...range });
    }
    for (const problem of salvager.problems) {
      record.damageTable(path);
      record.note(`${problem.message} (a part other than data)`);
    }
    loseRest(salvager, range, path, record);
    return { ...table, smallest: smallest ?? EMPTY_BYTES, largest: largest ?? TREE_END };
  } finally {
    file.closeSync();
  }
}

/** The sequence base, 0 for a table without one; undefined where no manifest tells. */
function knownSequenceOf({ metadata }: SourceTable): number | undefined {
  if (metadata === undefined) return undefined;
  return metadata.hasSequenceBase ? metadata.largestSequence : 0;
}

/** The loss when the index is lost: the part that the scan for blocks did not reach. */
function loseRest(
  salvager: TableSalvager,
  { lower, upper }: Pick<RepairLoss, 'lower' | 'upper'>,
  path: string,
  record: RepairRecord,
): void {
  const { blockCount, properties } = salvager;
  if (blockCount > 0 && salvager.separator(0) !== undefined) return;
  if (properties !== undefined && properties.dataBlockCount === blockCount) return;
  const last = blockCount === 0 ? undefined : salvager.readBlock(blockCount - 1);
  const offset = last === undefined ? 0 : salvager.blockOffset(blockCount - 1);
  record.damageTable(path);
  if (properties !== undefined) record.lostBlockCount += properties.dataBlockCount - blockCount;
  record.lose({
    kind: 'table',
    file: path,
    offset,
    message: 'The index is lost, and blocks behind this place could not be found',
    lower: last === undefined ? lower : last.keyAt(last.entryCount - 1),
    upper,
  });
}

function openOrLose(vfs: Vfs, path: string, lose: (message: string) => void): VfsFile | undefined {
  try {
    return vfs.open(path, 'read');
  } catch (error) {
    lose(lossOf(error, 'Table is missing'));
    return undefined;
  }
}

/** As few runs as there are tables over one key: each run's tables ascend and share none. */
export function runsOf(tables: readonly KnownTable[]): KnownTable[][] {
  const runs: KnownTable[][] = [];
  for (const table of tables.toSorted((a, b) => compareBytes(a.smallest, b.smallest))) {
    const free = runs.find((run) => compareBytes(run.at(-1)!.largest, table.smallest) < 0); // no run is empty
    if (free === undefined) runs.push([table]);
    else free.push(table);
  }
  return runs;
}

/** A run of tables, one open at a time. */
export class TableRun implements EntrySource {
  age = 0;
  key: Uint8Array = EMPTY_BYTES;
  sequence = 0;
  type: PointType = DELETION;
  value: Uint8Array = EMPTY_BYTES;
  readonly #vfs: Vfs;
  readonly #tables: readonly KnownTable[];
  readonly #record: RepairRecord;
  readonly #entry: BlockEntry = new BlockEntry();
  #tableIndex = -1;
  #file: VfsFile | undefined = undefined;
  #salvager: TableSalvager | undefined = undefined;
  #blockIndex = -1;
  #block: Block | undefined = undefined;
  #entryIndex = 0;

  constructor(vfs: Vfs, tables: readonly KnownTable[], record: RepairRecord) {
    this.#vfs = vfs;
    this.#tables = tables;
    this.#record = record;
  }

  next(): boolean {
    for (;;) {
      const block = this.#block;
      if (block !== undefined && this.#entryIndex < block.entryCount) {
        this.#take(block, this.#entryIndex++);
        return true;
      }
      if (!this.#nextBlock() && !this.#nextTable()) return false;
    }
  }

  close(): void {
    this.#file?.closeSync();
    this.#file = undefined;
    this.#salvager = undefined;
  }

  #take(block: Block, index: number): void {
    const entry = this.#entry;
    block.decode(block.recordOffset(index), entry);
    this.key = block.keyAt(index);
    this.sequence = entry.sequence;
    this.type = entry.type;
    this.value = block.bytes.subarray(entry.valueStart, entry.valueEnd);
  }

  #nextTable(): boolean {
    this.close();
    const table = this.#tables[++this.#tableIndex];
    if (table === undefined) return false;
    this.age = table.number;
    this.#file = this.#vfs.open(table.path, 'read');
    this.#salvager = new TableSalvager(this.#file, knownSequenceOf(table), {
      number: table.number,
      keys: keysOf(this.#vfs),
    });
    this.#blockIndex = -1;
    return true;
  }

  /** Passes over damaged blocks (salvaged-tables/losses-are-told); false at the end of the table. */
  #nextBlock(): boolean {
    this.#block = undefined;
    const salvager = this.#salvager;
    if (salvager === undefined) return false;
    while (++this.#blockIndex < salvager.blockCount) {
      this.#record.blockCount++;
      try {
        this.#block = salvager.readBlock(this.#blockIndex);
        this.#entryIndex = 0;
        return true;
      } catch (error) {
        if (!(error instanceof CorruptionError)) throw error;
        this.#loseBlock(salvager, this.#blockIndex, error);
      }
    }
    return false;
  }

  #loseBlock(salvager: TableSalvager, index: number, error: CorruptionError): void {
    const table = this.#tables[this.#tableIndex]!; // a table is open
    this.#record.damageTable(table.path);
    this.#record.lostBlockCount++;
    this.#record.lose({
      kind: 'block',
      file: table.path,
      offset: salvager.blockOffset(index),
      message: error.message,
      lower: index === 0 ? table.smallest : salvager.separator(index - 1),
      upper: salvager.separator(index),
    });
  }
}
