/**
 * Fuzz targets of proofs, which come from somebody who is not trusted.
 *
 * Owns: inclusion and extension proofs of trees of several sizes, as text. What a check accepts must be true: of the entry
 * that the tree has at that place, or of a root that the tree has had. Everything else is refused with ProofError, which
 * counts here as corruption.
 *
 * Suspension: everything here is synchronous.
 */
import { CorruptionError } from '../../src/base/errors.ts';
import { Frontier } from '../../src/merkle/frontier.ts';
import {
  extensionProofOf,
  inclusionProofOf,
  ProofError,
  type TreeRoot,
  treeRootOf,
  verifyExtension,
  verifyProof,
} from '../../src/merkle/proofs.ts';
import { leafHashOf, treeHashOf } from '../../src/merkle/tree-hash.ts';
import { type Cover, extensionCovers, inclusionCovers } from '../../src/merkle/tree-shape.ts';
import type { Random } from '../support/prng.ts';
import { type FuzzTarget, WrongResult } from './fuzzer.ts';
import { mutated } from './mutate.ts';

const SIZE = 21;
const KEPT = 13;

const keyOf = (i: number): Buffer => Buffer.from(`key ${i}`);
const valueOf = (i: number): Buffer => Buffer.from(`${i * 7}`);
const nodes = new Map<string, Uint8Array>();
const roots: TreeRoot[] = [treeRootOf(0, treeHashOf([]))];
const frontier = new Frontier(0, []);
for (let i = 0; i < SIZE; i++) {
  const [key, value] = [keyOf(i), valueOf(i)];
  const hash = leafHashOf(key, [0, key.length], value, [0, value.length]);
  frontier.append(hash, (level, index, made) => nodes.set(`${level}:${index}`, made));
  roots.push(treeRootOf(frontier.size, frontier.treeHash));
}

const rootAt = (size: number): TreeRoot => roots[size]!; // up to SIZE
const hashes = (covers: readonly Cover[]): Uint8Array[] =>
  covers.map((cover) =>
    treeHashOf(cover.map(({ level, index }) => nodes.get(`${level}:${index}`)!)),
  );

function textOf(proof: object): Uint8Array {
  return Uint8Array.from(Buffer.from(JSON.stringify(proof))); // a slice of a Buffer would share its bytes
}

const inclusions = [0, 6, 12, KEPT - 1].map((index) =>
  textOf(
    inclusionProofOf(
      { key: keyOf(index), value: valueOf(index), index },
      rootAt(KEPT),
      hashes(inclusionCovers(index, KEPT)),
    ),
  ),
);
const extensions = [KEPT, 14, 16, SIZE].map((size) =>
  textOf(
    extensionProofOf(
      rootAt(KEPT),
      rootAt(size),
      size === KEPT ? [] : hashes(extensionCovers(KEPT, size)),
    ),
  ),
);

type Fields = Record<string, unknown>;

/** Bytes that are damaged; or a proof with some of its fields changed, or put together of two; or one in another layout. */
function mutatedProof(random: Random, valid: readonly Uint8Array[]): Uint8Array {
  if (random.chance(0.2)) return mutated(random, valid);
  const parsed = (): Fields =>
    JSON.parse(Buffer.from(random.pick(valid)).toString('utf8')) as Fields;
  const proof = parsed();
  const editCount = random.below(4);
  for (let i = 0; i < editCount; i++) {
    const name = random.pick(Object.keys(proof));
    proof[name] = random.chance(0.4) ? parsed()[name] : edited(random, proof[name]);
  }
  return Buffer.from(JSON.stringify(proof, null, random.below(3)));
}

function edited(random: Random, value: unknown): unknown {
  if (typeof value === 'number') return value + random.pick([-1, 1, 2, 8, 0.5]);
  if (typeof value === 'string') {
    const at = random.below(value.length + 1);
    return value.slice(0, at) + random.pick(['', '0', 'f', 'A', '=', ' ']) + value.slice(at + 1);
  }
  if (Array.isArray(value)) {
    const path = [...(value as unknown[])];
    const at = random.below(path.length + 1);
    const replaced = random.chance(0.5) ? [edited(random, path[at] ?? '')] : [];
    path.splice(at, random.below(2), ...replaced);
    return path;
  }
  if (typeof value !== 'object' || value === null) return 0;
  const fields = { ...value } as Fields;
  const name = random.pick(Object.keys(fields));
  fields[name] = edited(random, fields[name]);
  return fields;
}

/** The result of a check of text; a refusal becomes a CorruptionError. */
function checked<T>(bytes: Uint8Array, check: (proof: unknown) => T): T {
  try {
    return check(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (cause) {
    if (cause instanceof ProofError || cause instanceof SyntaxError) {
      throw new CorruptionError('Proof was refused', { cause });
    }
    throw cause;
  }
}

export const PROOF_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'inclusion proof',
    valid: inclusions,
    mutate: mutatedProof,
    run: ({ bytes }) => {
      const { key, value, index } = checked(bytes, (proof) => verifyProof(proof, rootAt(KEPT)));
      const isTrue =
        index < KEPT &&
        Buffer.compare(key, keyOf(index)) === 0 &&
        Buffer.compare(value, valueOf(index)) === 0;
      if (!isTrue)
        throw new WrongResult(`Accepted: index=${index} key=${Buffer.from(key).toString()}`);
    },
  },
  {
    name: 'extension proof',
    valid: extensions,
    mutate: mutatedProof,
    run: ({ bytes }) => {
      const newer = checked(bytes, (proof) => verifyExtension(proof, rootAt(KEPT)));
      if (newer.size > SIZE || rootAt(newer.size).hash !== newer.hash) {
        throw new WrongResult(`Accepted: size=${newer.size} hash=${newer.hash}`);
      }
    },
  },
];
