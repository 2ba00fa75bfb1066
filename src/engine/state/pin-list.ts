/**
 * Pins: the readers of states that are no longer current.
 *
 * Owns: the lists of them. Snapshots and transactions pin a read sequence: the oldest holds back compaction, and a
 * version that any of them sees is kept. Scans and long calls pin memtables and tables, and are listed for their age.
 *
 * Sequences have two queues, because snapshots pin the published horizon, and transactions the assigned one. Each
 * horizon only moves forward, so within a queue pins are ordered, and adding and removing are O(1).
 *
 * Invariants:
 *   pin-list/in-order: within a queue sequences never fall from head to tail.
 *   pin-list/listed-once: a pin is in its list exactly once, from `add` to `remove`.
 *   pin-list/end-is-told: however a pin ends, it leaves its queue by `remove` or `advance`, and the queue tells when
 *       its oldest sequence has moved. No reader that ends has to remember to wake anything.
 *
 * Suspension: everything here is synchronous. `onOldestMoved` is called at the end of a change.
 */
import { assert, INVARIANTS } from '../../base/assert.ts';

export type PinKind = 'snapshot' | 'transaction' | 'scan' | 'verify' | 'checkpoint';

/** Something that reads at a sequence. Its list fields belong to the PinList that it is in. */
export class Pin {
  /** What it sees. Written by its creator, and by `clamp` after commits behind it were taken back. */
  sequence: number;
  /** When it was taken, on the database's clock; for the age of the oldest. */
  readonly pinnedAtMs: number;
  /** Its clock (expiry/clock-with-snapshot); Infinity for one that holds back no compaction. */
  wallMs: number;
  readonly kind: PinKind;
  /**
   * Where it was opened, recorded under INVARIANTS only. Its stack becomes text when somebody asks for it, which few do:
   * for each pin that was a fourteenth of a crash proof.
   */
  readonly opening: Error | undefined;
  /** Set when commits that it may have read were taken back: it can only conflict. */
  isDoomed = false;
  previous: Pin | undefined = undefined;
  next: Pin | undefined = undefined;
  isPinned = false;

  constructor(kind: PinKind, sequence: number, pinnedAtMs: number, wallMs: number = Infinity) {
    this.kind = kind;
    this.opening = INVARIANTS ? new Error('opened here') : undefined;
    this.sequence = sequence;
    this.pinnedAtMs = pinnedAtMs;
    this.wallMs = wallMs;
  }
}

/** Pins in the order in which they were added. */
export class PinList {
  #head: Pin | undefined = undefined;
  #tail: Pin | undefined = undefined;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get oldest(): Pin | undefined {
    return this.#head;
  }

  get newest(): Pin | undefined {
    return this.#tail;
  }

  add(pin: Pin): void {
    assert(!pin.isPinned, 'pin-list/listed-once: a pin is added once');
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

  *pins(): Generator<Pin> {
    for (let pin = this.#head; pin !== undefined; pin = pin.next) yield pin;
  }
}

/** Pins of one horizon, ordered by what they see. */
export class PinQueue extends PinList {
  readonly #onOldestMoved: () => void;
  /** The earliest clock of a pin that has an earlier clock than one before it; Infinity once the queue was empty. */
  #setBackMs = Infinity;

  /** `onOldestMoved`: the oldest pin has gone, and what is left reads later. */
  constructor(onOldestMoved: () => void = () => undefined) {
    super();
    this.#onOldestMoved = onOldestMoved;
  }

  override add(pin: Pin): void {
    const { newest } = this;
    assert(
      newest === undefined || newest.sequence <= pin.sequence,
      'pin-list/in-order: pins are ordered',
    );
    if (newest !== undefined && pin.wallMs < newest.wallMs) {
      this.#setBackMs = Math.min(this.#setBackMs, pin.wallMs); // the clock of the system was set back
    }
    super.add(pin);
  }

  /** No pin has an earlier clock; Infinity without pins. */
  get oldestWallMs(): number {
    return Math.min(this.oldest?.wallMs ?? Infinity, this.#setBackMs);
  }

  override remove(pin: Pin): void {
    const isOldest = this.oldest === pin;
    super.remove(pin);
    if (this.count === 0) this.#setBackMs = Infinity;
    if (isOldest && !isBesides(this.oldest, pin.sequence, pin.wallMs)) this.#onOldestMoved();
  }

  /** The pin reads at a later sequence and by a later clock from now on, at or above all others. */
  advance(pin: Pin, sequence: number, wallMs: number): void {
    const { oldest } = this;
    const before = { sequence: oldest?.sequence, wallMs: oldest?.wallMs };
    super.remove(pin);
    pin.sequence = sequence;
    pin.wallMs = wallMs;
    this.add(pin);
    if (!isBesides(this.oldest, before.sequence, before.wallMs)) this.#onOldestMoved();
  }

  /**
   * After the horizon fell back to `sequence`: no pin stays above it, so that pin-list/in-order holds for what comes
   * next.
   */
  clamp(sequence: number): void {
    for (let pin = this.newest; pin !== undefined && pin.sequence > sequence; pin = pin.previous) {
      pin.sequence = sequence;
    }
  }
}

/** Pins of snapshots of the past, in the order in which they were added: they are few. */
export class PastPins extends PinList {
  readonly #onRemoved: () => void;

  /** `onRemoved`: what is left may read later. */
  constructor(onRemoved: () => void) {
    super();
    this.#onRemoved = onRemoved;
  }

  override remove(pin: Pin): void {
    if (!pin.isPinned) return;
    super.remove(pin);
    this.#onRemoved();
  }

  sequences(): number[] {
    return this.count === 0 ? [] : [...this.pins()].map(({ sequence }) => sequence);
  }

  /** Infinity without pins. */
  get oldestWallMs(): number {
    let oldestMs = Infinity;
    for (const { wallMs } of this.pins()) oldestMs = Math.min(oldestMs, wallMs);
    return oldestMs;
  }
}

/** Whether a pin holds back what those values hold back. */
function isBesides(
  pin: Pin | undefined,
  sequence: number | undefined,
  wallMs: number | undefined,
): boolean {
  return pin?.sequence === sequence && pin?.wallMs === wallMs;
}

/** The oldest sequence that a pin of either queue reads at; Infinity without pins. */
export function oldestPinSequence(a: PinQueue, b: PinQueue): number {
  return Math.min(a.oldest?.sequence ?? Infinity, b.oldest?.sequence ?? Infinity);
}

/** Both lists in one, ascending and distinct; `own` is so already. */
export function mergedSequences(own: number[], others: readonly number[]): number[] {
  if (others.length === 0) return own;
  return [...new Set([...own, ...others])].sort((a, b) => a - b);
}

/** The distinct sequences of both queues, ascending: each is in order (pin-list/in-order), so they are merged. */
export function livePinSequences(a: PinQueue, b: PinQueue): number[] {
  const sequences: number[] = [];
  let left = a.oldest;
  let right = b.oldest;
  while (left !== undefined || right !== undefined) {
    const isLeft = right === undefined || (left !== undefined && left.sequence <= right.sequence);
    const { sequence, next } = isLeft ? left! : right!; // one of them is there
    if (isLeft) left = next;
    else right = next;
    if (sequences.at(-1) !== sequence) sequences.push(sequence);
  }
  return sequences;
}
