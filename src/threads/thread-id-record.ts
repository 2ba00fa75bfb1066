/**
 * The record of a commit id, in a thread.
 *
 * Owns: whether the id is known, as far as the thread sees. The owner makes the record that is committed.
 *
 * Suspension: everything here is synchronous.
 */
import { assert } from '../base/assert.ts';
import type { CommitIdRecord } from '../store/contract.ts';

export class ThreadIdRecord implements CommitIdRecord {
  readonly id: string;
  readonly operationCount = 0;
  readonly sizeBytes = 0;
  /** The owner has refused a commit because it knows the id. */
  isKnownToOwner = false;
  readonly #record: CommitIdRecord;

  constructor(id: string, record: CommitIdRecord) {
    this.id = id;
    this.#record = record;
  }

  get key(): Uint8Array {
    return this.#record.key;
  }

  isKnown(sequence: number): boolean {
    return this.isKnownToOwner || this.#record.isKnown(sequence);
  }

  reserve(): void {
    // The owner does.
  }

  onRefused(): void {
    // Nothing was removed here.
  }

  addTo(): boolean {
    assert(false, 'the record of a commit id is added by the owner (thread-store/owner-keeps)');
    return false;
  }
}
