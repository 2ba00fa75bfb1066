/**
 * The append-only keyspaces of an open database: who keeps them, and the proofs of those that are verifiable.
 *
 * Owns: the late operations of commits to them, and the way from the records of a Merkle tree to roots and proofs.
 *
 * Invariants:
 *   ledgers/one-place: a root and each part of a proof are read at one place in the order of commits.
 *   ledgers/checked-before-given: a proof is checked before it is handed out. Records that do not fit together are told as
 *       corruption, not as a proof that its reader finds to be false.
 *
 * Suspension: `root`, `prove`, `proveExtension` and `verified` suspend for blocks.
 */
import { AppendOnlyRules } from '../append-only/append-only-rules.ts';
import type { AppendOnlyRows } from '../append-only/append-only-rows.ts';
import { checkTree } from '../append-only/tree-check.ts';
import { frontierIn, hashIn, indexIn, type TreeKeys } from '../append-only/tree-records.ts';
import { describe } from '../base/describe.ts';
import { CorruptionError, InvalidArgumentError, StorageError } from '../base/errors.ts';
import type { CommitBatch } from '../batch/commit-batch.ts';
import { sliceOf } from '../bytes/bytes.ts';
import type { VerifyProblem, VerifyReport } from '../version/verify-report.ts';
import type { NodePlace } from '../merkle/frontier.ts';
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
} from '../merkle/proofs.ts';
import { treeHashOf } from '../merkle/tree-hash.ts';
import { type Cover, coverOf, extensionCovers, inclusionCovers } from '../merkle/tree-shape.ts';
import type { Store, StoreView } from '../store/contract.ts';
import type { LateOperations, TurnView } from '../txn/late-operations.ts';
import type { Keyspaces } from './keyspaces.ts';
import type { Reader } from './reader.ts';
import { bytesReader, type KeyspaceEntry, type SpaceShare } from './space.ts';
import type { KeyspaceLookup } from './transaction-core.ts';

/** The root of a verifiable keyspace, as of one place in the order of commits. */
export interface LedgerRoot extends TreeRoot {
  /** The last commit that it was read after: every entry of it and of those before it is in the root, and no other. */
  readonly sequence: number;
}

/** The session, as its ledgers need it. */
export interface LedgerSession extends SpaceShare, Pick<KeyspaceLookup, 'userKeyOf'> {
  readonly store: Store;
  readonly keyspaces: Keyspaces;
}

export class Ledgers {
  /** Keeps append-only keyspaces, and then indexes, so that a commit that is refused decodes no row. */
  readonly keeping: LateOperations;
  readonly #session: LedgerSession;
  readonly #readers = new WeakMap<TreeKeys, Reader<Uint8Array, Uint8Array>>();

  constructor(session: LedgerSession, maintenance: LateOperations) {
    this.#session = session;
    const rules = new AppendOnlyRules({
      rowsOf: (number) => session.keyspaces.entryOf(number)?.appendOnly,
      userKeyOf: (key) => session.userKeyOf(key),
    });
    this.keeping = new OneThenOther(rules, maintenance);
  }

  async root(entry: KeyspaceEntry, given: StoreView): Promise<LedgerRoot> {
    const tree = treeOf(entry);
    return this.#at(tree, given, async (read, view) => {
      const [head] = await read([tree.head]);
      const { size, treeHash } = frontierIn(head && sliceOf(head));
      return { ...treeRootOf(size, treeHash), sequence: view.sequence };
    });
  }

  /** `key` is that of the tree. Resolves with undefined for an absent one. */
  async prove(
    entry: KeyspaceEntry,
    key: Uint8Array,
    given: StoreView,
  ): Promise<InclusionProof | undefined> {
    const tree = treeOf(entry);
    const userKey = key.slice(rowsOf(entry).headSize);
    return this.#at(tree, given, async (read) => {
      const keys = [tree.head, tree.position(sliceOf(userKey)), key];
      const [head, position, value] = await read(keys);
      if (value === undefined) return undefined;
      const { size, treeHash } = frontierIn(head && sliceOf(head));
      const index = position === undefined ? size : indexIn(position);
      if (index >= size) throw damaged('Entry has no place in the tree');
      const path = await hashesOf(read, tree, inclusionCovers(index, size));
      const root = treeRootOf(size, treeHash);
      const proof = inclusionProofOf({ key: userKey, value, index }, root, path);
      mustHold(() => verifyProof(proof, root));
      return proof;
    });
  }

  async proveExtension(
    entry: KeyspaceEntry,
    given: unknown,
    view: StoreView,
  ): Promise<ExtensionProof> {
    const tree = treeOf(entry);
    const asked = rootFrom(given);
    return this.#at(tree, view, async (read) => {
      const [head] = await read([tree.head]);
      const { size, treeHash } = frontierIn(head && sliceOf(head));
      if (asked.size > size) {
        throw new InvalidArgumentError(
          `Root has more entries than the keyspace: size=${asked.size} entries=${size}`,
        );
      }
      const [older = treeHashOf([])] =
        asked.size === 0 ? [] : await hashesOf(read, tree, [coverOf(0, asked.size)]);
      const from = treeRootOf(asked.size, older);
      if (from.hash !== asked.hash) {
        throw new InvalidArgumentError(
          `Root is none of this keyspace: size=${from.size} hash=${asked.hash} found=${from.hash}`,
        );
      }
      const isMore = asked.size > 0 && asked.size < size;
      const covers = isMore ? extensionCovers(asked.size, size) : [];
      const path = await hashesOf(read, tree, covers);
      const proof = extensionProofOf(from, treeRootOf(size, treeHash), path);
      mustHold(() => verifyExtension(proof, from));
      return proof;
    });
  }

  /** Holds every tree against its entries, as of now, and adds what it finds to the report. Rejects with what `check` throws. */
  async verified(report: VerifyReport, check: () => void): Promise<VerifyReport> {
    const { store, keyspaces, turns } = this.#session;
    const problems: VerifyProblem[] = [...report.problems];
    let ledgerCount = 0;
    const place = store.snapshot();
    const view = place.view();
    view.hold();
    try {
      for (const { entry, rows } of keyspaces.verifiable()) {
        if (rows.tree === undefined) continue;
        ledgerCount++;
        const add = (code: string, message: string): void => {
          const text = `${message} keyspace=${entry.name}`;
          problems.push({ file: undefined, offset: undefined, code, message: text });
        };
        const context = { view, turns, check, report: (text: string) => add('CORRUPTION', text) };
        try {
          await checkTree(rows, rows.tree, context);
        } catch (error) {
          if (!(error instanceof StorageError)) throw error;
          check();
          add(error.code, error.message);
        }
      }
    } finally {
      view.release();
      place.close();
    }
    return { ...report, isSound: problems.length === 0, ledgerCount, problems };
  }

  /** Keeps ledgers/one-place. */
  async #at<T>(tree: TreeKeys, given: StoreView, use: Use<T>): Promise<T> {
    const reader = this.#readerOf(tree);
    const view = given.fixed();
    view.hold();
    try {
      return await use((keys) => reader.rowsOf(keys, view), view);
    } finally {
      view.release();
    }
  }

  /** Reads records as bytes. */
  #readerOf(tree: TreeKeys): Reader<Uint8Array, Uint8Array> {
    const known = this.#readers.get(tree);
    if (known !== undefined) return known;
    const reader = bytesReader(this.#session, tree.number);
    this.#readers.set(tree, reader);
    return reader;
  }
}

/** Reads several keys of the tree. */
type Read = (keys: readonly Uint8Array[]) => Promise<(Uint8Array | undefined)[]>;
type Use<T> = (read: Read, view: StoreView) => Promise<T>;

/** Late operations behind others, which come first in the commit. */
class OneThenOther implements LateOperations {
  readonly keys: readonly Uint8Array[] = [];
  readonly operationCount = 0;
  readonly sizeBytes = 0;
  readonly #one: LateOperations;
  readonly #other: LateOperations;

  constructor(one: LateOperations, other: LateOperations) {
    this.#one = one;
    this.#other = other;
  }

  readAhead(view: TurnView, batch: CommitBatch): Promise<unknown> | undefined {
    const ofOne = this.#one.readAhead(view, batch);
    const ofOther = this.#other.readAhead(view, batch);
    if (ofOne === undefined || ofOther === undefined) return ofOne ?? ofOther;
    return Promise.all([ofOne, ofOther]);
  }

  addTo(batch: CommitBatch, view: TurnView): void {
    this.#one.addTo(batch, view);
    this.#other.addTo(batch, view);
  }
}

function rowsOf(entry: KeyspaceEntry): AppendOnlyRows {
  if (entry.appendOnly !== undefined) return entry.appendOnly;
  throw notVerifiable(entry.name);
}

function treeOf(entry: KeyspaceEntry): TreeKeys {
  const { tree } = rowsOf(entry);
  if (tree !== undefined) return tree;
  throw notVerifiable(entry.name);
}

function notVerifiable(name: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `Keyspace is not verifiable: create it with mode: 'append-only' and verifiable: true, keyspace=${name}`,
  );
}

/** The hashes of ranges of entries. */
async function hashesOf(
  read: Read,
  tree: TreeKeys,
  covers: readonly Cover[],
): Promise<Uint8Array[]> {
  const places = covers.flat();
  const records = await read(places.map(({ level, index }) => tree.node(level, index)));
  const hashes = records.map((record, i) => mustHash(record, places[i]!)); // as many
  let at = 0;
  return covers.map((cover) => treeHashOf(hashes.slice(at, (at += cover.length))));
}

function mustHash(record: Uint8Array | undefined, { level, index }: NodePlace): Uint8Array {
  const hash = record && hashIn(record, level);
  if (hash !== undefined) return hash;
  throw damaged(`Subtree is missing: level=${level} index=${index}`);
}

/** Keeps ledgers/checked-before-given. */
function mustHold(check: () => unknown): void {
  try {
    check();
  } catch (error) {
    if (error instanceof ProofError) throw damaged(error.message);
    throw error;
  }
}

function damaged(message: string): CorruptionError {
  return new CorruptionError(
    `Merkle tree does not fit its entries (varve verify tells where): ${message}`,
  );
}

/** The root that a caller has kept. Throws InvalidArgumentError. */
function rootFrom(given: unknown): TreeRoot {
  const { size, hash } = (given ?? {}) as { readonly size?: unknown; readonly hash?: unknown };
  const isRoot =
    typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 && typeof hash === 'string';
  if (isRoot) return { size, hash };
  throw new InvalidArgumentError(
    `Root must be { size, hash }, as root() gave it: found=${describe(given)}`,
  );
}
