/**
 * The record of a commit id, of a database on a backend.
 *
 * Owns: how an id is looked for and recorded. The record is an entry that expires, written by the commit that it stands for.
 * Two commits with one id both write it, and so the second loses.
 *
 * Suspension: `isKnownAt` suspends for the backend.
 */
import { assert } from '../base/assert.ts';
import { EXPIRING_VALUE } from '../base/value-type.ts';
import { EXPIRY_SIZE_BYTES, putExpiry } from '../bytes/expiry.ts';
import { hashKey } from '../bytes/hash.ts';
import { checkedId, idKeyOf } from '../engine/commit/commit-id-keys.ts';
import type { CommitIdRecord, StoreSnapshot, StoreView } from '../store/contract.ts';
import { rowOf } from './remote-records.ts';

export class RemoteIdRecord implements CommitIdRecord {
  readonly key: Uint8Array;
  readonly operationCount = 1;
  readonly sizeBytes = 0;

  /** Throws InvalidArgumentError for a bad id. */
  constructor(id: string) {
    this.key = idKeyOf(checkedId(id));
  }

  isKnown(): boolean {
    return false; // `isKnownAt` asks
  }

  readonly isKnownAt = (place: StoreSnapshot): Promise<boolean> => this.isIn(place.view());

  async isIn(view: Pick<StoreView, 'findLater'>): Promise<boolean> {
    const found = await view.findLater(this.key, hashKey(this.key, 0, this.key.length), () => true);
    return found === true;
  }

  /** The row that is written with the commit. */
  row(expiresAtMs: number): Uint8Array {
    const bytes = new Uint8Array(EXPIRY_SIZE_BYTES);
    putExpiry(bytes, 0, expiresAtMs);
    return rowOf(EXPIRING_VALUE, bytes, 0, bytes.length);
  }

  reserve(): void {
    // Nothing is removed with it: what has expired goes with the rest.
  }

  onRefused(): void {
    // Nothing was removed.
  }

  addTo(): boolean {
    assert(false, 'the store adds the record of a commit id itself');
    return false;
  }
}
