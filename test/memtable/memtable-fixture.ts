/**
 * Models and checks for the tests of the memtable.
 *
 * Owns: key generators, a memtable beside its model (a plain list of entries), and the check of a skiplist's
 * invariants in its raw words.
 */
import { expect } from 'vitest';
import { compareBytes, sharedPrefixLength } from '../../src/bytes/bytes.ts';
import { hashKey } from '../../src/bytes/hash.ts';
import { inlineKey } from '../../src/bytes/inline-key.ts';
import { sequenceNumber } from '../../src/base/ids.ts';
import {
  FOUND,
  LookupResult,
  READY,
  type InternalIterator,
} from '../../src/iterator/internal-iterator.ts';
import { DELETION, VALUE } from '../../src/base/value-type.ts';
import {
  Arena,
  HEAD_WORDS,
  HIGHEST_WORD,
  LOWEST_WORD,
  TOP_LEVEL_WORD,
} from '../../src/memtable/arena.ts';
import type { ArenaPool } from '../../src/memtable/arena-pool.ts';
import { KEY_LENGTH, keyStartOf } from '../../src/memtable/key-node.ts';
import { Memtable } from '../../src/memtable/memtable.ts';
import {
  CHILD,
  COUNT,
  DEPTH,
  HI,
  HIGH_REC,
  LO,
  NEXT,
  REC,
  VERSION,
} from '../../src/memtable/skiplist.ts';
import {
  compareEntries,
  showEntry,
  visibleEntries,
  type Entry,
} from '../support/array-iterator.ts';
import { currentEntry } from '../support/iterator-contract.ts';
import { insertEntry, insertEntrySoon } from '../support/operations.ts';
import type { Random } from '../support/prng.ts';

export const ONE_MIB: number = 1024 * 1024;

/** Keys of 0 to 24 bytes: random, sharing prefixes of several lengths, outside of them, and near each other. */
export function mixedKey(random: Random): Uint8Array {
  const kind = random.below(10);
  if (kind < 3) return random.bytes(random.below(25));
  const prefix = Buffer.from(kind < 8 ? 'account:0000' : 'accounts');
  const length = random.below(13);
  const tail = Array.from({ length }, () => random.pick([0, 0x30, 0x31, 0x7f, 0x80, 0xff]));
  return Uint8Array.from([...prefix, ...tail]);
}

export function decimalKey(index: number): Uint8Array {
  return Buffer.from(String(index).padStart(16, '0'));
}

export interface ModelOptions {
  readonly capacityBytes?: number;
  readonly baseSequence?: number;
  readonly pool?: ArenaPool;
  readonly hash?: (key: Uint8Array) => number;
  readonly isUnordered?: boolean;
}

/** A memtable, and every entry that was put into it. */
export class ModelTable {
  readonly table: Memtable;
  readonly entries: Entry[] = [];
  readonly #hash: (key: Uint8Array) => number;
  readonly #isOwnHash: boolean;
  #sequence: number;

  constructor(options: ModelOptions = {}) {
    const { capacityBytes = ONE_MIB, baseSequence = 0, pool, isUnordered = false } = options;
    this.#isOwnHash = options.hash !== undefined;
    this.#hash = options.hash ?? ((key) => hashKey(key, 0, key.length));
    this.#sequence = baseSequence;
    this.table = Memtable.create({
      capacityBytes,
      baseSequence: sequenceNumber(baseSequence),
      pool,
      isUnordered,
    });
  }

  get lastSequence(): number {
    return this.#sequence;
  }

  put(key: Uint8Array, value: Uint8Array | undefined): void {
    const type = value === undefined ? DELETION : VALUE;
    const sequence = sequenceNumber(++this.#sequence);
    const entry: Entry = { key, sequence, type, value: value ?? new Uint8Array(0) };
    // Long rows of one way, and some of both.
    if (this.#isOwnHash || (sequence >> 7) % 2 === 0 || sequence % 5 === 0) {
      insertEntry(this.table, { ...entry, hash: this.#hash(key) });
    } else {
      insertEntrySoon(this.table, entry); // memtable/settled-when-seen
    }
    this.entries.push(entry);
  }

  putRandom(random: Random, keys: readonly Uint8Array[]): void {
    const value = random.chance(0.2) ? undefined : random.bytes(random.below(20));
    this.put(random.pick(keys), value);
  }

  deleteRange(start: Uint8Array, end: Uint8Array): void {
    this.table.deleteRange(sequenceNumber(++this.#sequence), start, end);
  }

  /** Passes over sequences, as a commit that was taken back does. */
  skip(count: number): void {
    this.#sequence += count;
  }

  sorted(): Entry[] {
    return this.entries.toSorted(compareEntries);
  }

  get(table: Memtable, key: Uint8Array, readSequence: number): Entry | undefined {
    const result = new LookupResult();
    const bytes = Uint8Array.from([1, ...key, 2]);
    const end = bytes.length - 1;
    if (table.get(bytes, 1, end, this.#hash(key), readSequence, result) !== FOUND) return undefined;
    const value = result.value.slice(result.valueStart, result.valueEnd);
    return {
      key,
      sequence: result.sequence,
      type: result.type === VALUE ? VALUE : DELETION,
      value,
    };
  }

  /** Compares point reads of every key, and of `absent` ones, at some read sequences. */
  checkGets(
    absent: readonly Uint8Array[],
    readSequences: readonly number[],
    table = this.table,
  ): void {
    const byKey = groupByKey(this.entries);
    for (const versions of byKey.values()) {
      const key = versions[0]!.key; // groups are not empty
      const newest = versions.at(-1)!.sequence;
      expect(table.newestSequence(key, 0, key.length, this.#hash(key))).toBe(newest);
      for (const readSequence of readSequences) {
        const expected = versions.findLast(({ sequence }) => sequence <= readSequence);
        const found = this.get(table, key, readSequence);
        expect(found && showEntry(found)).toBe(expected && showEntry(expected));
      }
    }
    for (const key of absent) {
      if (byKey.has(Buffer.from(key).toString('hex'))) continue;
      expect(this.get(table, key, this.#sequence)).toBeUndefined();
      expect(table.newestSequence(key, 0, key.length, this.#hash(key))).toBe(0);
    }
  }

  /** Compares full scans, forward and backward, at some read sequences. */
  checkScans(readSequences: readonly number[], table = this.table): void {
    const sorted = this.sorted();
    for (const readSequence of readSequences) {
      const expected = visibleEntries(sorted, readSequence).map(showEntry);
      const iterator = table.iterator(readSequence);
      expect(drain(iterator, 'next')).toEqual(expected);
      if (readSequence >= 0) expect(drain(iterator, 'prev')).toEqual(expected.toReversed());
    }
  }
}

/** Puts an unordered memtable in order, and returns in how many steps. */
export function order(table: Memtable): number {
  return [...table.order()].length + 1;
}

/** Everything that a cursor shows in one direction. */
export function drain(iterator: InternalIterator, step: 'next' | 'prev'): string[] {
  const shown: string[] = [];
  let status = step === 'next' ? iterator.seekFirst() : iterator.seekLast();
  while (status === READY) {
    shown.push(showEntry(currentEntry(iterator)));
    status = iterator[step]();
  }
  return shown;
}

export interface Structure {
  readonly leafCount: number;
  readonly topLevel: number;
  /** Of the leaves, from left to right. */
  readonly leafDepths: readonly number[];
  /** Of the index nodes, from the root down. */
  readonly indexDepths: readonly number[];
}

/**
 * Walks every level of a skiplist in the raw buffer, and checks every invariant of skiplist.ts, and
 * skiplist-writer/half-full.
 */
export function checkStructure(table: Memtable): Structure {
  const arena = new Arena(table.shared().buffer);
  const words = arena.words;
  const problems: string[] = []; // an expectation per entry would take most of the time of these tests
  const must = (holds: boolean, claim: string): void => {
    if (!holds && problems.length < 5) problems.push(claim);
  };
  const keyOf = (rec: number): Uint8Array => {
    const start = keyStartOf(rec);
    return arena.bytes.subarray(start, start + words[rec + KEY_LENGTH]!);
  };
  const mustHead = (node: number, i: number): void => {
    const key = keyOf(words[node + REC + i]!);
    const depth = words[node + DEPTH]!;
    must(
      words[node + HI + i] === inlineKey(key, depth, key.length) &&
        words[node + LO + i] === inlineKey(key, depth + 4, key.length),
      'skiplist/fenced-heads: a head is of its key, at the depth of its node',
    );
  };
  const [lowest, highest] = [words[LOWEST_WORD]!, words[HIGHEST_WORD]!];
  const mustFences = (node: number, isFirst: boolean): void => {
    const lower = keyOf(isFirst ? lowest : words[node + REC]!);
    const upper = keyOf(words[node + NEXT] === 0 ? highest : words[node + HIGH_REC]!);
    must(
      words[node + DEPTH]! <= sharedPrefixLength(lower, upper),
      'skiplist/fenced-heads: both fences share the bytes before the depth',
    );
  };
  const topLevel = words[TOP_LEVEL_WORD]!;
  let keyCount = 0;
  let leafCount = 0;
  let leafDepths: number[] = [];
  const indexDepths: number[] = [];
  let below: number[] = [];
  for (let level = 0; level <= topLevel; level++) {
    const nodes: number[] = [];
    const children: number[] = [];
    let previous: Uint8Array | undefined;
    for (let node = words[HEAD_WORDS + level]!; node !== 0; node = words[node + NEXT]!) {
      nodes.push(node);
      if (lowest !== 0) mustFences(node, nodes.length === 1);
      if (level > 0) indexDepths.unshift(words[node + DEPTH]!);
      const count = words[node + COUNT]!;
      const next = words[node + NEXT]!;
      must(words[node + VERSION]! % 2 === 0, 'skiplist/odd-while-changed: versions rest even');
      must(
        next === 0 || count >= 32,
        'skiplist-writer/half-full: nodes but the last hold 32 entries',
      );
      for (let i = 0; i < count; i++) {
        const child = words[node + CHILD + i]!;
        if (level > 0) children.push(child);
        const rec = words[node + REC + i]!;
        if (level > 0 && nodes.length === 1 && i === 0) {
          must(rec === 0, 'skiplist/first-is-lowest: the first entry of a level stands for -inf');
          continue;
        }
        const key = keyOf(rec);
        mustHead(node, i);
        must(!previous || compareBytes(previous, key) < 0, 'skiplist/keys-ascend: keys ascend');
        must(level === 0 || words[child + REC] === rec, 'an entry leads to the node of its key');
        previous = key;
        if (level > 0) continue;
        keyCount++;
        if (keyCount === 1) must(rec === lowest, 'skiplist/outer-fences: the lowest key is known');
        if (keyCount === table.keyCount) {
          must(rec === highest, 'skiplist/outer-fences: the highest key is known');
        }
      }
      must(
        words[node + HIGH_REC] === (next === 0 ? 0 : words[next + REC]),
        'skiplist/high-bounds: high is the first key of next',
      );
    }
    if (level === 0) {
      leafCount = nodes.length;
      leafDepths = nodes.map((node) => words[node + DEPTH]!);
    } else must(String(children) === String(below), 'every node has its entry above');
    below = nodes;
  }
  must(keyCount === table.keyCount, 'skiplist/keys-ascend: every key has one entry');
  must(below.length === 1, 'the top level is a single node');
  expect(problems).toEqual([]);
  return { leafCount, topLevel, leafDepths, indexDepths };
}

/** Node.js 20 has no Map.groupBy. */
function groupByKey(entries: readonly Entry[]): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const name = Buffer.from(entry.key).toString('hex');
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [entry]);
    else group.push(entry);
  }
  return groups;
}
