/**
 * What a ledger must be, by the plain definitions of RFC 9162.
 *
 * Owns: the roots that follow from a list of entries, and the check that a keyspace is that list: entries, roots, proofs of
 * each entry, and that it continues every root that an auditor has kept.
 *
 * Suspension: `checkLedger` suspends.
 */
import type { Keyspace } from '../../src/api/keyspace.ts';
import type { TreeRoot } from '../../src/merkle/proofs.ts';
import { verifyExtension, verifyProof } from '../../src/ledger/index.ts';
import { type Entry, RfcTree } from '../merkle/rfc-model.ts';

export type Text = Keyspace<string, string>;
export type TextEntry = readonly [key: string, value: string];

export const LEDGER = {
  keyEncoding: 'utf8',
  valueEncoding: 'utf8',
  mode: 'append-only',
  verifiable: true,
} as const;

export function rootOf(entries: readonly TextEntry[], size = entries.length): TreeRoot {
  const bytes = entries.map(([key, value]): Entry => [Buffer.from(key), Buffer.from(value)]);
  return new RfcTree(bytes).root(size);
}

/** Throws unless the keyspace has these entries, in this order. `kept`: roots from before. */
export async function checkLedger(
  ledger: Text,
  entries: readonly TextEntry[],
  kept: readonly TreeRoot[] = [],
): Promise<void> {
  const expected = rootOf(entries);
  const { size, hash } = await ledger.root();
  if (size !== expected.size || hash !== expected.hash) {
    throw new Error(
      `Root differs: found=${size}:${hash} expected=${expected.size}:${expected.hash}`,
    );
  }
  for (const [i, [key, value]] of entries.entries()) {
    const proof = await ledger.prove(key);
    const proven = verifyProof(proof, expected);
    const isIt =
      proven.index === i &&
      Buffer.from(proven.key).toString() === key &&
      Buffer.from(proven.value).toString() === value;
    if (!isIt) throw new Error(`Proof of another entry: key=${key}`);
  }
  if ((await ledger.prove('absent')) !== undefined) throw new Error('Proof of no entry');
  for (const root of kept) {
    const newer = verifyExtension(await ledger.proveExtension(root), root);
    if (newer.hash !== expected.hash) throw new Error('Extension to another root');
  }
}
