/**
 * An append-only keyspace, as commits see it.
 *
 * Owns: where its entries lie, and where its tree does.
 *
 * Suspension: everything here is synchronous.
 */
import type { BoundedRange } from '../bytes/key-range.ts';
import { keyspaceHead, keyspaceRange } from '../bytes/keyspace-number.ts';
import { TreeKeys } from './tree-records.ts';

export class AppendOnlyRows {
  /** The number of the keyspace. */
  readonly number: number;
  /** Bytes before the key that its user has encoded. */
  readonly headSize: number;
  /** Every entry. */
  readonly range: BoundedRange;
  /** The keys of its Merkle tree; undefined for one that is not verifiable. */
  readonly tree: TreeKeys | undefined;

  constructor(number: number, treeNumber: number | undefined) {
    this.number = number;
    this.headSize = keyspaceHead(number).length;
    this.range = keyspaceRange(number);
    this.tree = treeNumber === undefined ? undefined : new TreeKeys(treeNumber);
  }

  /** The key in the tree of an entry. */
  treeKeyOf(userKey: Uint8Array): Uint8Array {
    const key = new Uint8Array(this.headSize + userKey.length);
    key.set(keyspaceHead(this.number));
    key.set(userKey, this.headSize);
    return key;
  }
}
