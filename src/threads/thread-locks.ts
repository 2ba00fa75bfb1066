/**
 * Locks of pessimistic transactions of a thread. The owner of the database holds them.
 *
 * Owns: which locks each transaction of this thread was granted, so that it need not ask again.
 *
 * Invariants:
 *   thread-locks/granted-after: a grant comes when every commit that had its place before it is visible. So a place that is
 *       moved on then sees the commit of the holder before.
 *
 * Suspension: `acquire` waits for the owner; everything else is synchronous.
 */
import { type BoundedRange, isAround, isInRange } from '../bytes/key-range.ts';
import type { CommitsSince } from '../engine/read/commits-since.ts';
import { nameOf } from '../indexes/live-index.ts';
import type { StoreLocks } from '../store/contract.ts';
import type { LockOwner, LockRequest } from '../txn/lock-request.ts';
import type { ThreadLink } from './thread-link.ts';

interface Held {
  readonly number: number;
  readonly names: Set<string>;
  readonly ranges: BoundedRange[];
}

export class ThreadLocks implements StoreLocks {
  readonly areHeld: boolean = true;
  readonly #link: ThreadLink;
  readonly #commitsSince: (sequence: number) => CommitsSince;
  readonly #mustNotBeInStep: () => void;
  readonly #held = new Map<LockOwner, Held>();
  #lastNumber = 0;

  constructor(
    link: ThreadLink,
    commitsSince: (sequence: number) => CommitsSince,
    mustNotBeInStep: () => void,
  ) {
    this.#link = link;
    this.#commitsSince = commitsSince;
    this.#mustNotBeInStep = mustNotBeInStep;
  }

  async acquire(
    owner: LockOwner,
    request: LockRequest,
    { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
  ): Promise<void> {
    this.#mustNotBeInStep();
    const { number } = this.#of(owner);
    const { keys, ranges } = request;
    const { cost } = owner;
    const takes = { owner: number, cost, request: { keys, ranges }, timeoutMs };
    await this.#link.call('acquire', takes, signal);
    const held = this.#held.get(owner);
    if (held?.number !== number) return; // released meanwhile, here and there
    for (const key of keys) held.names.add(nameOf(key));
    held.ranges.push(...ranges);
  }

  isHeldBy(owner: LockOwner, key: Uint8Array): boolean {
    const held = this.#held.get(owner);
    if (held === undefined) return false;
    return held.names.has(nameOf(key)) || held.ranges.some((range) => isInRange(range, key));
  }

  isRangeHeldBy(owner: LockOwner, range: BoundedRange): boolean {
    return this.#held.get(owner)?.ranges.some((held) => isAround(held, range)) === true;
  }

  writtenSince(request: LockRequest, sequence: number): Uint8Array | undefined {
    return this.#commitsSince(sequence).firstOf(request);
  }

  release(owner: LockOwner): void {
    const held = this.#held.get(owner);
    if (held === undefined) return;
    this.#held.delete(owner);
    this.#link.post({ kind: 'release', owner: held.number });
  }

  /** The number by which the owner of the database knows an owner of locks. */
  numberOf(owner: LockOwner): number {
    return this.#of(owner).number;
  }

  #of(owner: LockOwner): Held {
    let held = this.#held.get(owner);
    if (held === undefined) {
      held = { number: ++this.#lastNumber, names: new Set(), ranges: [] };
      this.#held.set(owner, held);
    }
    return held;
  }
}
