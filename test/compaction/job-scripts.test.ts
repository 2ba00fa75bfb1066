/** Flushes and compactions of real tables over the scripts in testdata/jobs (support/scripts.ts); UPDATE=1 rewrites the answers. */
import { describe } from 'vitest';
import { fileNumber, sequenceNumber } from '../../src/base/ids.ts';
import type { KeyBounds } from '../../src/bytes/key-range.ts';
import { VALUE } from '../../src/base/value-type.ts';
import { type JobDescription, makeCancellation } from '../../src/compaction/compaction.ts';
import { InlineJobRunner } from '../../src/compaction/job-runner.ts';
import { metadataOf } from '../../src/compaction/output-writer.ts';
import { ALL_VERSIONS } from '../../src/iterator/internal-iterator.ts';
import { Memtable } from '../../src/memtable/memtable.ts';
import { TableBuilder } from '../../src/sstable/table-builder.ts';
import { TableReader } from '../../src/sstable/table-reader.ts';
import type { FileMetadata } from '../../src/version/file-metadata.ts';
import { fileName } from '../../src/vfs/filenames.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { compareEntries, type Entry, showEntry } from '../support/array-iterator.ts';
import { collect } from '../support/iterator-contract.ts';
import { insertEntry } from '../support/operations.ts';
import {
  bytesOf,
  type Command,
  parseEntries,
  runScripts,
  showRange,
  textOf,
} from '../support/scripts.ts';

const DIRECTORY = '/db';
const TABLE_OPTIONS = { blockSizeBytes: 64, compression: 'none', filterBitsPerKey: 10 } as const;
const FIRST_OUTPUT = fileNumber(100);

/** The tables of a job, and what it writes, in files in memory. */
class Workshop {
  readonly vfs: MemoryVfs = new MemoryVfs();
  readonly entries: Entry[] = [];
  #tableCount = 0;

  constructor() {
    this.vfs.makeDirectory(DIRECTORY);
  }

  /** `a@7=x b@9! | c@2=y` makes two tables. */
  tables(text: string): FileMetadata[] {
    return text.split(' | ').map((words) => this.#table(words.split(' ')));
  }

  memtable(text: string): Memtable {
    const memtable = Memtable.create({
      capacityBytes: 1024 * 1024,
      baseSequence: sequenceNumber(0),
    });
    const { entries, ranges } = parseEntries(text.split(' '));
    this.entries.push(...entries);
    for (const each of [...entries, ...ranges].sort((a, b) => a.sequence - b.sequence)) {
      if ('key' in each) insertEntry(memtable, each);
      else memtable.deleteRange(sequenceNumber(each.sequence), each.start, each.end);
    }
    return memtable;
  }

  async run(job: JobDescription): Promise<string> {
    const result = await new InlineJobRunner(this.vfs).run(job);
    const lines: string[] = [];
    const kept = new Set<string>();
    for (const file of result.outputs) {
      const reader = this.#open(file.number);
      reader.verify();
      const iterator = reader.iterator(ALL_VERSIONS, { fillCache: false });
      const entries = await collect(iterator, iterator.seekFirst(), 'next');
      for (const entry of entries) kept.add(showEntry(entry));
      const shown = [
        ...entries.map(showEntry),
        ...[...reader.rangeTombstones.all()].map(showRange),
      ];
      const { smallest, largest, isLargestExclusive, supersededCount = 0 } = file;
      const bounds = `${textOf(smallest)}-${textOf(largest)}${isLargestExclusive ? ')' : ']'}`;
      const superseded = supersededCount === 0 ? '' : ` superseded=${supersededCount}`;
      lines.push(`[${bounds}${superseded}: ${shown.join(' ')}`);
      iterator.close();
      reader.close();
    }
    const isKept = (entry: Entry): boolean =>
      kept.has(showEntry(entry)) ||
      (entry.type === VALUE && kept.has(showEntry({ ...entry, sequence: 0 })));
    const dropped = this.entries.filter((entry) => !isKept(entry)).sort(compareEntries);
    if (dropped.length > 0) lines.push(`dropped: ${dropped.map(showEntry).join(' ')}`);
    lines.push(`read ${result.readEntryCount} wrote ${result.writtenEntryCount}`);
    return lines.join('\n');
  }

  #table(words: readonly string[]): FileMetadata {
    const { entries, ranges } = parseEntries(words);
    this.entries.push(...entries);
    const number = fileNumber(++this.#tableCount);
    const file = this.vfs.open(this.#path(number), 'create');
    const builder = new TableBuilder(file, TABLE_OPTIONS);
    for (const { key, sequence, type, value } of entries.toSorted(compareEntries)) {
      builder.add(key, 0, key.length, sequence, type, value, 0, value.length);
    }
    for (const { start, end, sequence } of ranges) builder.addTombstone(start, end, sequence);
    const properties = builder.finish();
    file.closeSync();
    return metadataOf(number, builder.sizeBytes, properties);
  }

  #open(number: number): TableReader {
    return TableReader.open(this.vfs.open(this.#path(number), 'read'), number, undefined);
  }

  #path(number: number): string {
    return `${DIRECTORY}/${fileName('table', number)}`;
  }
}

function runJob({ name, settings, lines }: Command): Promise<string> {
  const workshop = new Workshop();
  const given = new Map(lines.map((line) => line.split(': ') as [string, string]));
  const base = {
    directory: DIRECTORY,
    tableOptions: TABLE_OPTIONS,
    snapshots: (settings.get('snapshots') ?? '').split(',').filter(Boolean).map(Number),
    isRetaining: false,
    outputNumbers: { first: FIRST_OUTPUT, count: Number(settings.get('numbers') ?? 9) },
    keyspaces: [],
    expiredMs: 0,
    cancellation: makeCancellation(),
  };
  if (name === 'flush') {
    const memtable = workshop.memtable(given.get('memtable')!).shared(); // every flush has one
    return workshop.run({ ...base, kind: 'flush', memtable });
  }
  if (name !== 'compact') throw new Error(`Unknown command: ${name}`);
  const level = given.has('L0') ? 0 : 1;
  const tablesOf = (which: number): FileMetadata[] => {
    const text = given.get(`L${which}`);
    return text === undefined ? [] : workshop.tables(text);
  };
  /** `a-c m-m`: the bounds of tables. */
  const boundsOf = (which: string): KeyBounds[] =>
    (given.get(which)?.split(' ') ?? []).map((text) => {
      const [smallest, largest] = text.split('-').map(bytesOf);
      return { smallest: smallest!, largest: largest!, isLargestExclusive: false }; // two of them
    });
  return workshop.run({
    ...base,
    kind: 'compaction',
    level,
    inputs: tablesOf(level),
    outputLevel: level + 1,
    overlapping: tablesOf(level + 1),
    targetFileSizeBytes: Number(settings.get('target') ?? 100_000),
    keyspaceCutSizeBytes: Number(settings.get('cut') ?? 100_000),
    grandparents: boundsOf('grandparents').map((each) => ({ ...each, sizeBytes: 10 })),
    grandparentSizeBytesMax: Number(settings.get('grandparents') ?? 100_000),
    boundsBelow: boundsOf('below'),
  });
}

describe('job scripts', () => runScripts('jobs', () => runJob));
