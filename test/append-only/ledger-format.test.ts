/** The bytes of ledgers, as docs/formats/ledger.md gives them. */
import { expect, it } from 'vitest';
import { decodeRecord, encodeRecord } from '../../src/api/catalog.ts';
import {
  encodeHead,
  encodeIndex,
  encodeLeaf,
  frontierIn,
  hashIn,
  indexIn,
  keyInLeaf,
  TreeKeys,
} from '../../src/append-only/tree-records.ts';
import { sliceOf } from '../../src/bytes/bytes.ts';
import { Frontier } from '../../src/merkle/frontier.ts';
import { leafHashOf, nodeHashOf, rootHashOf, treeHashOf } from '../../src/merkle/tree-hash.ts';
import { hexExample } from '../support/doc-hex.ts';

const leaves = ['a1', 'b2', 'c'].map((text) => {
  const bytes = Buffer.from(text);
  return leafHashOf(bytes, [0, 1], bytes, [1, bytes.length]);
});
const node = nodeHashOf(leaves[0]!, leaves[1]!); // there are three
const tree = new TreeKeys(3);

function grown(): Frontier {
  const frontier = new Frontier(0, []);
  for (const leaf of leaves) frontier.append(leaf, () => undefined);
  return frontier;
}

it('hashes are those of the worked example', () => {
  const { treeHash } = grown();
  const hashes = [
    ...leaves,
    node,
    treeHash,
    rootHashOf(3, treeHash),
    rootHashOf(0, treeHashOf([])),
  ];
  expect(Buffer.concat(hashes)).toEqual(Buffer.from(hexExample('ledger.md', 'hashes')));
});

it('records are those of the worked example, and are read back (tree-records/whole)', () => {
  const head = encodeHead(grown());
  const place = [tree.position(sliceOf(Buffer.from('b'))), encodeIndex(1)];
  const bytes = Buffer.concat([tree.head, head, ...place, tree.node(1, 0), node]);
  expect(bytes).toEqual(Buffer.from(hexExample('ledger.md', 'records')));
  const { size, peaks } = frontierIn(sliceOf(head));
  expect([size, peaks]).toEqual([3, [Uint8Array.from(node), Uint8Array.from(leaves[2]!)]]);
  expect(indexIn(encodeIndex(2 ** 52))).toBe(2 ** 52);
  for (const [level, index] of [
    [0, 0],
    [1, 0],
    [52, 7],
    [3, 2 ** 40 + 5],
  ] as const) {
    expect(tree.placeIn(tree.node(level, index))).toEqual({ level, index });
  }
  const leaf = encodeLeaf(leaves[1]!, sliceOf(Buffer.from('b')));
  expect(Buffer.from(hashIn(leaf, 0)!)).toEqual(Buffer.from(leaves[1]!));
  expect(Buffer.from(keyInLeaf(leaf)).toString()).toBe('b');
});

it.each([
  ['a head that is cut short', () => frontierIn(sliceOf(encodeHead(grown()).subarray(0, 40)))],
  ['a head without a size', () => frontierIn(sliceOf(new Uint8Array(7)))],
  ['a head of no safe size', () => frontierIn(sliceOf(new Uint8Array(8).fill(0xff)))],
  ['a place of another length', () => indexIn(new Uint8Array(9))],
])('%s is corruption', (_, read) => {
  expect(read).toThrow(expect.objectContaining({ code: 'CORRUPTION' }));
});

it('the catalog record tells mode and tree, and nothing but these', () => {
  const record = { name: 'a', mode: 'append-only', tree: 3 } as const;
  expect(decodeRecord(2, encodeRecord(record))).toEqual(record);
  for (const [bad, code] of [
    [{ name: 'a', tree: 3 }, 'CORRUPTION'],
    [{ name: 'a', mode: 'frozen' }, 'CORRUPTION'],
    [{ name: 'a', mode: 'append-only', tree: 1.5 }, 'CORRUPTION'],
    [{ name: 'a', mode: 'append-only', forest: 3 }, 'INCOMPATIBLE_FORMAT'],
  ] as const) {
    expect(() => decodeRecord(2, encodeRecord(bad as never))).toThrow(
      expect.objectContaining({ code }),
    );
  }
});
