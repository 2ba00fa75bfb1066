/**
 * Proofs about a verifiable keyspace, and their checks, which need nothing but the proof and a root.
 *
 * Owns: the shape of a root and of both proofs, which are plain JSON, and the algorithms of RFC 9162, sections 2.1.3.2 and
 * 2.1.4.2.
 *
 * A proof comes from somebody who is not trusted. So every field is checked before it is used, and anything but a proof that
 * holds throws ProofError. A root is trusted: its user has kept it, or got it from a proof of extension.
 *
 * Invariants:
 *   proofs/refused-or-true: what a check returns is bound by the hash of the root. Another key, value, place or size gives
 *       another hash.
 *   proofs/one-form: a proof has one text. A field more, another case of a digit or a bit of padding is refused.
 *
 * Suspension: every function here is synchronous.
 */
import { HASH_SIZE_BYTES, leafHashOf, nodeHashOf, rootHashOf, treeHashOf } from './tree-hash.ts';

/** A Merkle root: all entries of a keyspace up to one of them, in their order. Keep it where the ledger's owner cannot write. */
export interface TreeRoot {
  /** How many entries it is over. */
  readonly size: number;
  /** SHA-256 over their number and their Merkle tree, as 64 hexadecimal digits, lower case. */
  readonly hash: string;
}

/** A proof that an entry is in a ledger, made by `keyspace.prove`. Plain JSON. */
export interface InclusionProof {
  /** What it is, with the version of its form. */
  readonly kind: 'varve-inclusion-1';
  /** The key as encoded, in base64. */
  readonly key: string;
  /** The value as encoded, in base64. */
  readonly value: string;
  /** The place of the entry: how many were committed before it. */
  readonly index: number;
  /** The root that it is proven against. */
  readonly root: TreeRoot;
  /** The hashes beside the way from the entry to the root, from below, as hexadecimal digits. */
  readonly path: readonly string[];
}

/** A proof that one root continues another: nothing before it was changed or removed. Made by `keyspace.proveExtension`. */
export interface ExtensionProof {
  /** What it is, with the version of its form. */
  readonly kind: 'varve-extension-1';
  /** The older root. */
  readonly from: TreeRoot;
  /** The newer root. */
  readonly to: TreeRoot;
  /** The hashes that lead to both, as hexadecimal digits. */
  readonly path: readonly string[];
}

/** An entry that a proof has shown to be in a ledger. */
export interface ProvenEntry {
  /** The key, as encoded; memory of the caller's own. */
  readonly key: Uint8Array;
  /** The value, as encoded; memory of the caller's own. */
  readonly value: Uint8Array;
  /** How many entries were committed before it. */
  readonly index: number;
}

/** A proof does not hold, or is none: do not believe what came with it. The message says why. */
export class ProofError extends Error {
  /** Stable: compare this, not the message. */
  readonly code = 'PROOF';

  constructor(message: string) {
    super(message);
    this.name = 'ProofError';
  }
}

/** A path has a hash a level; there are no more than 53 levels, twice. */
const PATH_LENGTH_MAX = 106;

/**
 * Checks that an entry is in the ledger that `root` is of, and returns the entry. `proof` is what `keyspace.prove` gave, or
 * its parsed JSON. Throws ProofError for anything else, and for a proof against another root: check with `verifyExtension`
 * that this root continues the one that you kept, and give it the newer one.
 *
 * @example
 * const root = await ledger.root(); // kept since yesterday
 * const proof = JSON.stringify(await ledger.prove('rent'));
 * Buffer.from(verifyProof(JSON.parse(proof), root).value).toString(); // => '{"amount":60}'
 */
export function verifyProof(proof: unknown, root: TreeRoot): ProvenEntry {
  const fields = fieldsOf(proof, INCLUSION_FIELDS, 'Proof');
  if (fields['kind'] !== 'varve-inclusion-1') throw new ProofError('Proof is of another kind');
  const trusted = keptRootFrom(root);
  const claimed = rootFrom(fields['root'], 'Root of the proof');
  mustBeSame(claimed, trusted, 'Proof is against another root');
  const index = countFrom(fields['index'], 'Index');
  if (index >= trusted.size) throw new ProofError('Index is not below the size');
  const key = bytesFrom(fields['key'], 'Key');
  const value = bytesFrom(fields['value'], 'Value');
  const leaf = leafHashOf(key, [0, key.length], value, [0, value.length]);
  const reached = rootAbove(leaf, index, trusted.size, pathFrom(fields['path']));
  if (treeRootOf(trusted.size, reached).hash !== trusted.hash)
    throw new ProofError('Entry does not lead to the root');
  return { key, value, index };
}

/**
 * Checks that a newer root continues the one that was kept, and returns the newer one, which can be trusted as much from then
 * on. `proof` is what `keyspace.proveExtension` gave, or its parsed JSON. Throws ProofError for anything else.
 *
 * @example
 * const yesterday = await ledger.root();
 * await ledger.put('tea', { amount: 5 });
 * const proof = JSON.stringify(await ledger.proveExtension(yesterday));
 * verifyExtension(JSON.parse(proof), yesterday).size; // => 2
 */
export function verifyExtension(proof: unknown, from: TreeRoot): TreeRoot {
  const fields = fieldsOf(proof, EXTENSION_FIELDS, 'Proof');
  if (fields['kind'] !== 'varve-extension-1') throw new ProofError('Proof is of another kind');
  const kept = keptRootFrom(from);
  mustBeSame(
    rootFrom(fields['from'], 'Older root of the proof'),
    kept,
    'Proof is from another root',
  );
  const newer = rootFrom(fields['to'], 'Newer root of the proof');
  const path = pathFrom(fields['path']);
  if (newer.size < kept.size) throw new ProofError('Newer root has fewer entries');
  if (kept.size === 0 || newer.size === kept.size) {
    if (path.length > 0) throw new ProofError('Path is too long');
    if (newer.size === kept.size) mustBeSame(newer, kept, 'Roots of one size differ');
    return newer; // every ledger continues the empty one
  }
  mustLeadToBoth(kept, newer, path);
  return newer;
}

/** The proof that an entry is in a tree: of the ledger's side. */
export function inclusionProofOf(
  entry: ProvenEntry,
  root: TreeRoot,
  path: readonly Uint8Array[],
): InclusionProof {
  return {
    kind: 'varve-inclusion-1',
    key: base64Of(entry.key),
    value: base64Of(entry.value),
    index: entry.index,
    root,
    path: path.map(hexOf),
  };
}

/** The proof that one root continues another: of the ledger's side. */
export function extensionProofOf(
  from: TreeRoot,
  to: TreeRoot,
  path: readonly Uint8Array[],
): ExtensionProof {
  return { kind: 'varve-extension-1', from, to, path: path.map(hexOf) };
}

/** The root over so many entries, whose tree has this hash. */
export function treeRootOf(size: number, treeHash: Uint8Array): TreeRoot {
  return { size, hash: hexOf(rootHashOf(size, treeHash)) };
}

/** RFC 9162, section 2.1.3.2. Sizes are beyond 32 bits, so halves are divisions. */
function rootAbove(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Uint8Array {
  let at = index;
  let last = size - 1;
  let hash = leaf;
  for (const beside of path) {
    if (last === 0) throw new ProofError('Path is too long');
    if (at % 2 === 1 || at === last) {
      hash = nodeHashOf(beside, hash);
      while (at % 2 === 0 && at > 0) {
        at = half(at);
        last = half(last);
      }
    } else {
      hash = nodeHashOf(hash, beside);
    }
    at = half(at);
    last = half(last);
  }
  if (last !== 0) throw new ProofError('Path is too short');
  return hash;
}

/** RFC 9162, section 2.1.4.2, for sizes 0 < older < newer. The path of a whole subtree begins with its hash. */
function mustLeadToBoth(older: TreeRoot, newer: TreeRoot, path: readonly Uint8Array[]): void {
  const [first, ...rest] = path;
  if (first === undefined) throw new ProofError('Path is too short');
  let at = older.size - 1;
  let last = newer.size - 1;
  while (at % 2 === 1) {
    at = half(at);
    last = half(last);
  }
  let olderHash = first;
  let newerHash = first;
  for (const beside of rest) {
    if (last === 0) throw new ProofError('Path is too long');
    if (at % 2 === 1 || at === last) {
      olderHash = nodeHashOf(beside, olderHash);
      newerHash = nodeHashOf(beside, newerHash);
      while (at % 2 === 0 && at > 0) {
        at = half(at);
        last = half(last);
      }
    } else {
      newerHash = nodeHashOf(newerHash, beside);
    }
    at = half(at);
    last = half(last);
  }
  if (last !== 0) throw new ProofError('Path is too short');
  if (treeRootOf(older.size, olderHash).hash !== older.hash) {
    throw new ProofError('Path does not lead to the older root');
  }
  if (treeRootOf(newer.size, newerHash).hash !== newer.hash) {
    throw new ProofError('Path does not lead to the newer root');
  }
}

function half(value: number): number {
  return Math.floor(value / 2);
}

// Fields of somebody who is not trusted.

const ROOT_FIELDS = ['size', 'hash'];
const INCLUSION_FIELDS = ['kind', 'key', 'value', 'index', 'root', 'path'];
const EXTENSION_FIELDS = ['kind', 'from', 'to', 'path'];
const HASH_PATTERN = /^[0-9a-f]{64}$/;

/** The fields of an object that has these and no others (proofs/one-form). */
function fieldsOf(value: unknown, names: readonly string[], what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new ProofError(`${what} is no object`);
  const fields = value as Record<string, unknown>;
  for (const name of names) {
    if (!Object.hasOwn(fields, name)) throw new ProofError(`${what} lacks a field: name=${name}`);
  }
  if (Object.keys(fields).length !== names.length) {
    throw new ProofError(`${what} has a field of another form`);
  }
  return fields;
}

/** A root that its user has kept: it may have more fields, such as those of `keyspace.root`. */
function keptRootFrom(value: unknown): TreeRoot {
  if (typeof value !== 'object' || value === null) throw new ProofError('Root is no object');
  const { size, hash } = value as Record<string, unknown>;
  return checkedRoot(size, hash, 'Root');
}

function rootFrom(value: unknown, what: string): TreeRoot {
  const fields = fieldsOf(value, ROOT_FIELDS, what);
  return checkedRoot(fields['size'], fields['hash'], what);
}

function checkedRoot(givenSize: unknown, hash: unknown, what: string): TreeRoot {
  const size = countFrom(givenSize, `Size of the ${what.toLowerCase()}`);
  if (typeof hash !== 'string' || !HASH_PATTERN.test(hash)) {
    throw new ProofError(`${what} has no hash of 64 hexadecimal digits`);
  }
  if (size === 0 && hash !== treeRootOf(0, treeHashOf([])).hash) {
    throw new ProofError(`${what} is over no entry, and has a hash of some`);
  }
  return { size, hash };
}

function mustBeSame(found: TreeRoot, expected: TreeRoot, message: string): void {
  if (found.size === expected.size && found.hash === expected.hash) return;
  throw new ProofError(
    `${message}: found=${found.size}:${found.hash} expected=${expected.size}:${expected.hash}`,
  );
}

function countFrom(value: unknown, what: string): number {
  const isCount = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  if (isCount && !Object.is(value, -0)) return value;
  throw new ProofError(`${what} is no whole number`);
}

function pathFrom(value: unknown): Uint8Array[] {
  if (!Array.isArray(value)) throw new ProofError('Path is no array');
  if (value.length > PATH_LENGTH_MAX) throw new ProofError('Path is too long');
  return Array.from(value, (hash: unknown) => {
    if (typeof hash === 'string' && HASH_PATTERN.test(hash)) return bytesOfHex(hash);
    throw new ProofError('Path has an element that is no hash of 64 hexadecimal digits');
  });
}

function bytesFrom(value: unknown, what: string): Uint8Array {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value, 'base64');
    if (base64Of(bytes) === value) return Uint8Array.from(bytes);
  }
  throw new ProofError(`${what} is no base64`);
}

function bytesOfHex(hash: string): Uint8Array {
  return Buffer.from(hash, 'hex');
}

function hexOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, HASH_SIZE_BYTES).toString('hex');
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}
