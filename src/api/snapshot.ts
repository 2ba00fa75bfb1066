/**
 * A snapshot, as its user holds it: a pinned view of the database that never changes.
 */
import { Pin } from '../engine/state/pin-list.ts';

/** Made by `db.snapshot()`, passed as `{ snapshot }` to reads. Holds back compaction until it is closed. */
export class Snapshot extends Pin {
  /** The database that made it; no other takes it. */
  readonly owner: object;
  readonly #onClose: (snapshot: Snapshot) => void;
  #isClosed = false;

  constructor(
    owner: object,
    sequence: number,
    pinnedAtMs: number,
    onClose: (snapshot: Snapshot) => void,
  ) {
    super('snapshot', sequence, pinnedAtMs);
    this.owner = owner;
    this.#onClose = onClose;
  }

  /** True for a snapshot itself: not for a Proxy around one, nor for an object that only inherits from one. */
  static isOne(value: unknown): value is Snapshot {
    return typeof value === 'object' && value !== null && #isClosed in value;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Lets go of the view. Idempotent. Reads that name the snapshot throw ClosedError from now on. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
