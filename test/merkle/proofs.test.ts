/** Roots and proofs, held against the definitions of RFC 9162, and what becomes of proofs that are not true. */
import { describe, expect, it } from 'vitest';
import { Frontier, nodeCountOf, peakCountOf } from '../../src/merkle/frontier.ts';
import {
  type ExtensionProof,
  extensionProofOf,
  type InclusionProof,
  inclusionProofOf,
  ProofError,
  type TreeRoot,
  treeRootOf,
  verifyExtension,
  verifyProof,
} from '../../src/merkle/proofs.ts';
import { leafHashOf, treeHashOf } from '../../src/merkle/tree-hash.ts';
import {
  type Cover,
  coverOf,
  extensionCovers,
  inclusionCovers,
} from '../../src/merkle/tree-shape.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { type Entry, RfcTree } from './rfc-model.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const SIZE_MAX = 300;

/** A tree that stores complete subtrees alone. */
class StoredTree {
  readonly entries: readonly Entry[];
  readonly roots: TreeRoot[];
  readonly #nodes = new Map<string, Uint8Array>();

  constructor(entries: readonly Entry[]) {
    this.entries = entries;
    const frontier = new Frontier(0, []);
    this.roots = [treeRootOf(0, frontier.treeHash)];
    for (const [key, value] of entries) {
      const hash = leafHashOf(key, [0, key.length], value, [0, value.length]);
      frontier.append(hash, (level, index, made) => this.#nodes.set(`${level}:${index}`, made));
      const counts = [frontier.peaks.length, this.#nodes.size];
      expect(counts.join()).toBe([peakCountOf(frontier.size), nodeCountOf(frontier.size)].join());
      this.roots.push(treeRootOf(frontier.size, frontier.treeHash));
    }
  }

  hashes(covers: readonly Cover[]): Uint8Array[] {
    return covers.map((cover) =>
      treeHashOf(cover.map(({ level, index }) => this.#nodes.get(`${level}:${index}`)!)),
    );
  }

  inclusion(index: number, size: number): InclusionProof {
    const [key, value] = this.entries[index]!; // below the size
    const path = this.hashes(inclusionCovers(index, size));
    return inclusionProofOf({ key, value, index }, this.roots[size]!, path);
  }

  extension(from: number, size: number): ExtensionProof {
    const path = from === 0 || from === size ? [] : this.hashes(extensionCovers(from, size));
    return extensionProofOf(this.roots[from]!, this.roots[size]!, path);
  }
}

function randomEntries(count: number): Entry[] {
  const random = makeRandom(SEED);
  return Array.from({ length: count }, (_, i) => [
    Buffer.from(`key ${i} ${'x'.repeat(random.below(40))}`),
    Buffer.from(`value ${random.below(1000)}`.repeat(random.below(4))),
  ]);
}

const entries = randomEntries(SIZE_MAX);
const stored = new StoredTree(entries);
const rfc = new RfcTree(entries);
const hex = (hashes: readonly Uint8Array[]): string[] =>
  hashes.map((hash) => Buffer.from(hash).toString('hex'));
/** All places in small trees, some in large ones. */
function placesBelow(size: number, random: Random): number[] {
  if (size <= 17) return Array.from({ length: size }, (_, i) => i);
  return [size - 1, random.below(size), random.below(size)];
}

describe(`trees of 0 to ${SIZE_MAX} entries, seed=${SEED}`, () => {
  it('have the roots of RFC 9162 (frontier/amortised)', () => {
    for (let size = 0; size <= SIZE_MAX; size++) {
      expect(stored.roots[size]).toEqual(rfc.root(size));
      expect(hex([treeHashOf(stored.hashes([coverOf(0, size)]))])).toEqual(
        hex([rfc.hash(0, size)]),
      );
    }
  });

  it('have the inclusion proofs of RFC 9162, which hold', () => {
    const random = makeRandom(SEED);
    for (let size = 1; size <= SIZE_MAX; size++) {
      for (const index of placesBelow(size, random)) {
        const proof = stored.inclusion(index, size);
        expect(proof.path.join()).toBe(hex(rfc.path(index, 0, size)).join());
        const [key, value] = entries[index]!;
        const proven = verifyProof(JSON.parse(JSON.stringify(proof)), stored.roots[size]!);
        expect(Buffer.compare(proven.key, key) + Buffer.compare(proven.value, value)).toBe(0);
        expect(proven.index).toBe(index);
      }
    }
  });

  it('have the extension proofs of RFC 9162, which hold', () => {
    const random = makeRandom(SEED);
    for (let size = 0; size <= SIZE_MAX; size++) {
      for (const from of [...placesBelow(size, random), size]) {
        const proof = stored.extension(from, size);
        if (from > 0 && from < size) {
          expect(proof.path.join()).toBe(hex(rfc.subproof(from, 0, size, false)).join());
        }
        const newer = verifyExtension(JSON.parse(JSON.stringify(proof)), stored.roots[from]!);
        expect(newer).toEqual(stored.roots[size]);
      }
    }
  });
});

const refuses = (check: () => unknown): void => {
  expect(check).toThrow(ProofError);
};

/** Every form in which one field differs. */
function damagedForms(proof: object): unknown[] {
  const forms: unknown[] = [null, undefined, 7, 'proof', [], {}, [proof], JSON.stringify(proof)];
  const bads: unknown[] = [null, undefined, -1, -0, 0.5, 2 ** 53, NaN, '', 'x', [], {}, true, 1, 0];
  for (const [name, value] of Object.entries(proof) as [string, unknown][]) {
    const { [name]: _, ...rest } = proof as Record<string, unknown>;
    forms.push(rest, { ...proof, [`${name}2`]: value });
    for (const bad of bads) if (!Object.is(bad, value)) forms.push({ ...proof, [name]: bad });
    for (const changed of variants(value)) forms.push({ ...proof, [name]: changed });
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const inner of damagedForms(value)) forms.push({ ...proof, [name]: inner });
    }
  }
  return forms;
}

function variants(value: unknown): unknown[] {
  if (typeof value === 'number') return [value + 1, value - 1, value * 2 + 1, String(value)];
  if (typeof value === 'string') {
    const first = value.startsWith('0') ? '1' : '0';
    return [`${first}${value.slice(1)}`, value.slice(1), `${value}0`, value.toUpperCase() + ' '];
  }
  if (!Array.isArray(value)) return [];
  const path = value as string[];
  const changed = path.map((hash, i) => path.with(i, variants(hash)[0] as string));
  const without = path.map((_, i) => path.filter((__, j) => j !== i));
  const swapped = path.length > 1 ? [[path[1], path[0], ...path.slice(2)]] : [];
  return [...changed, ...without, ...swapped, [...path, '0'.repeat(64)], ['0'.repeat(64), ...path]];
}

describe('a proof that differs from a true one in any field', () => {
  it('is refused with ProofError, whatever is in it (proofs/refused-or-true, proofs/one-form, tree-hash/size-bound)', () => {
    let count = 0;
    for (const [index, size] of [
      [0, 1],
      [3, 7],
      [6, 7],
      [100, 300],
    ] as const) {
      const proof = stored.inclusion(index, size);
      for (const form of damagedForms(proof)) {
        if (JSON.stringify(form) === JSON.stringify(proof)) continue;
        refuses(() => verifyProof(form, stored.roots[size]!));
        count++;
      }
    }
    for (const [from, size] of [
      [0, 5],
      [4, 4],
      [4, 7],
      [6, 7],
      [100, 300],
    ] as const) {
      const proof = stored.extension(from, size);
      for (const form of damagedForms(proof)) {
        if (JSON.stringify(form) === JSON.stringify(proof)) continue;
        // Every tree continues the empty one: there is nothing that could be wrong with it but its form.
        const isFree = from === 0 && isOtherRoot(form, proof);
        if (!isFree) refuses(() => verifyExtension(form, stored.roots[from]!));
        count++;
      }
    }
    expect(count).toBeGreaterThan(500);
  });

  it('is refused against another root, be it of the same size', () => {
    const proof = stored.inclusion(3, 7);
    const others = [stored.roots[8]!, { ...stored.roots[7]!, hash: 'ab'.repeat(32) }];
    for (const root of [...others, undefined, null, {}, { size: 7 }] as TreeRoot[]) {
      refuses(() => verifyProof(proof, root));
      refuses(() => verifyExtension(stored.extension(7, 20), root));
    }
    expect(verifyProof(proof, { ...stored.roots[7]!, sequence: 5 } as TreeRoot).index).toBe(3);
  });

  it('does not move the boundary between key and value (tree-hash/one-meaning)', () => {
    const hashOf = (key: string, value: string): string =>
      Buffer.from(
        leafHashOf(Buffer.from(key), [0, key.length], Buffer.from(value), [0, value.length]),
      ).toString('hex');
    expect(hashOf('ab', 'c')).not.toBe(hashOf('a', 'bc'));
    expect(hashOf('', 'abc')).not.toBe(hashOf('abc', ''));
    const large = 'v'.repeat(100_000); // hashed in parts
    const tree = new RfcTree([[Buffer.from('k'), Buffer.from(large)]]);
    expect(hashOf('k', large)).toBe(tree.hash(0, 1).toString('hex'));
  });
});

function isOtherRoot(form: unknown, proof: ExtensionProof): boolean {
  if (typeof form !== 'object' || form === null) return false;
  const { to, ...rest } = form as ExtensionProof;
  const { to: _, ...same } = proof;
  if (
    JSON.stringify(rest) !== JSON.stringify({ kind: same.kind, from: same.from, path: same.path })
  )
    return false;
  const isRoot = Number.isSafeInteger(to?.size) && /^[0-9a-f]{64}$/.test(String(to?.hash));
  return isRoot && Object.keys(to).length === 2 && !Object.is(to.size, -0);
}
