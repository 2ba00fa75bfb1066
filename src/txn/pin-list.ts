/**
 * Live read sequences.
 *
 * Owns: which sequence numbers snapshots and transactions still read at. The oldest holds back compaction, and a
 * version that any of them sees is kept.
 *
 * Two queues, because the two kinds pin different horizons (snapshots the published one, transactions the assigned
 * one) and each horizon only moves forward: within a queue pins are ordered, so adding and removing are O(1).
 *
 * Invariants:
 *   P1. Within a queue sequences never fall from head to tail.
 *   P2. A pin is in its queue exactly once, from `add` to `remove`.
 */
import { assert, INVARIANTS } from '../base/assert.ts';

/** Something that reads at a sequence. Its list fields belong to the PinQueue that it is in. */
export class Pin {
  /** What it sees. Written by its creator, and by `clamp` after commits behind it were taken back. */
  sequence: number;
  /** When it was taken, on the database's clock; for the age of the oldest. */
  readonly pinnedAtMs: number;
  readonly kind: 'snapshot' | 'transaction';
  /** Where it was opened: a stack trace, recorded under INVARIANTS only. */
  readonly opener: string | undefined;
  /** Set when commits that it may have read were taken back: it can only conflict. */
  isDoomed = false;
  previous: Pin | undefined = undefined;
  next: Pin | undefined = undefined;
  isPinned = false;

  constructor(kind: 'snapshot' | 'transaction', sequence: number, pinnedAtMs: number) {
    this.kind = kind;
    this.opener = INVARIANTS ? new Error('opened here').stack : undefined;
    this.sequence = sequence;
    this.pinnedAtMs = pinnedAtMs;
  }
}

export class PinQueue {
  #head: Pin | undefined = undefined;
  #tail: Pin | undefined = undefined;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get oldest(): Pin | undefined {
    return this.#head;
  }

  add(pin: Pin): void {
    assert(!pin.isPinned, 'P2: a pin is added once');
    assert(this.#tail === undefined || this.#tail.sequence <= pin.sequence, 'P1: pins are ordered');
    pin.isPinned = true;
    pin.previous = this.#tail;
    if (this.#tail === undefined) this.#head = pin;
    else this.#tail.next = pin;
    this.#tail = pin;
    this.#count++;
  }

  /** Idempotent. */
  remove(pin: Pin): void {
    if (!pin.isPinned) return;
    pin.isPinned = false;
    if (pin.previous === undefined) this.#head = pin.next;
    else pin.previous.next = pin.next;
    if (pin.next === undefined) this.#tail = pin.previous;
    else pin.next.previous = pin.previous;
    pin.previous = undefined;
    pin.next = undefined;
    this.#count--;
  }

  /** After the horizon fell back to `sequence`: no pin stays above it, so that P1 holds for what comes next. */
  clamp(sequence: number): void {
    for (let pin = this.#tail; pin !== undefined && pin.sequence > sequence; pin = pin.previous) {
      pin.sequence = sequence;
    }
  }

  *pins(): Generator<Pin> {
    for (let pin = this.#head; pin !== undefined; pin = pin.next) yield pin;
  }
}

/** The distinct sequences of several queues, ascending. */
export function livePinSequences(queues: readonly PinQueue[]): number[] {
  const sequences = new Set<number>();
  for (const queue of queues) for (const pin of queue.pins()) sequences.add(pin.sequence);
  return [...sequences].sort((a, b) => a - b);
}
