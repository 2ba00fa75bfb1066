/**
 * The heads of a skiplist node: which eight bytes of its keys stand in its entries.
 *
 * Owns: the choice of a node's depth, and writing the heads of its entries again at another depth.
 *
 * A new node takes over the depth of the node that it was split off. The heads stay as they are, unless more than an
 * eighth of the entries have the head of the entry before. Then the depth becomes the count of bytes that the fences
 * share. That reads every key of the node, two cache misses a key in a large memtable. Keys of 16 digits, UUIDs and most
 * others need it for the first few leaves alone.
 *
 * Invariants:
 *   node-heads/outer-reserve: the outermost nodes of a level grow with the lowest and the highest key, and these
 *       may share less. Such a node keeps a depth at most eight below the length of its longer fence. Example: keys of
 *       16 digits come in ascending order. The last leaf has a depth of at most 8, and no later number has to lower it.
 *
 * Suspension: every function here is synchronous. The caller holds the version of a published node odd meanwhile
 * (skiplist/odd-while-changed).
 */
import { inlineKey } from '../bytes/inline-key.ts';
import { HEAD_WORDS, HIGHEST_WORD, LOWEST_WORD, type Arena } from './arena.ts';
import { KEY_LENGTH, keyStartOf, sharedWithNode } from './key-node.ts';
import { COUNT, DEPTH, HEAD_SIZE_BYTES, HI, HIGH_REC, LO, REC } from './skiplist.ts';

/** The head of entry `index` for its key, at the depth of its node. */
export function writeHead(arena: Arena, node: number, index: number): void {
  const { words, bytes } = arena;
  const rec = words[node + REC + index]!; // index is below the capacity of a node, and rec is in the arena
  if (rec === 0) return; // -inf
  const start = keyStartOf(rec);
  const end = start + words[rec + KEY_LENGTH]!;
  const at = start + words[node + DEPTH]!;
  words[node + HI + index] = inlineKey(bytes, at, end);
  words[node + LO + index] = inlineKey(bytes, at + 4, end);
}

/** Gives a node another depth, at most that of its fences (skiplist/fenced-heads). */
export function setDepth(arena: Arena, node: number, depth: number): void {
  const { words } = arena;
  words[node + DEPTH] = depth;
  const count = words[node + COUNT]!; // node is a node
  for (let i = 0; i < count; i++) writeHead(arena, node, i);
}

/** Gives a node the depth of its fences where its heads tell too few of its keys apart. */
export function deepen(arena: Arena, level: number, node: number): void {
  if (!areHeadsPoor(arena.words, node)) return;
  const depth = depthOfFences(arena, level, node);
  if (depth > arena.words[node + DEPTH]!) setDepth(arena, node, depth); // node is a node
}

/** The bytes that both fences of a node share, less the reserve of outermost nodes (node-heads/outer-reserve). */
export function depthOfFences(arena: Arena, level: number, node: number): number {
  const { words, bytes } = arena; // header words exist; fences are in the arena
  const isLeftmost = words[HEAD_WORDS + level] === node;
  const isRightmost = words[node + HIGH_REC] === 0;
  const lower = isLeftmost ? words[LOWEST_WORD]! : words[node + REC]!;
  const upper = isRightmost ? words[HIGHEST_WORD]! : words[node + HIGH_REC]!;
  const start = keyStartOf(lower);
  const length = words[lower + KEY_LENGTH]!;
  const shared = sharedWithNode(arena, upper, bytes, start, start + length);
  if (!isLeftmost && !isRightmost) return shared;
  const longer = Math.max(length, words[upper + KEY_LENGTH]!);
  return Math.max(0, Math.min(shared, longer - HEAD_SIZE_BYTES));
}

/** True when more than an eighth of the entries have the head of the entry before. */
function areHeadsPoor(words: Int32Array, node: number): boolean {
  const count = words[node + COUNT]!; // node is a node, i is below its count
  let tieCount = 0;
  for (let i = 1; i < count; i++) {
    const isTied =
      words[node + HI + i] === words[node + HI + i - 1] &&
      words[node + LO + i] === words[node + LO + i - 1];
    if (isTied) tieCount++;
  }
  return tieCount * 8 > count;
}
