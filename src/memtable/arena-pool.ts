/**
 * Idle arenas.
 *
 * Owns: which arenas wait for the next memtable, and for how long.
 *
 * The first touch of 64 MiB costs 20 ms of page faults, so arenas are used again. They outlive the database that had
 * them: an arena that is let go is garbage that no collection is started for. Without that, 400 databases opened and
 * closed in one turn reserved 27 GB of addresses, and no program could be started any more.
 *
 * Invariants:
 *   arena-pool/one-owner: an arena belongs to one memtable or to the pool.
 *   arena-pool/bounded: idle arenas have at most as many bytes as the database that asked for most; those that came last
 *       stay.
 *   arena-pool/let-go: with a clock the pool drops them all after 10 to 20 seconds in which no arena came or went.
 *
 * Suspension: everything here is synchronous.
 */
import { assert } from '../base/assert.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { Arena, roundedCapacity } from './arena.ts';

/** A busy database fills a memtable sooner. */
const IDLE_MS = 10_000;

export class ArenaPool {
  #idleBytesMax: number;
  readonly #clock: Clock | undefined;
  /** Those that came last at the end. */
  readonly #idle: Arena[] = [];
  #idleBytes = 0;
  #timer: Timer | undefined = undefined;
  /** Whether an arena came or went since the timer began. */
  #isUsed = false;

  /** Without a clock the pool never drops an arena for its age. */
  constructor(idleBytesMax: number, clock?: Clock) {
    this.#idleBytesMax = idleBytesMax;
    this.#clock = clock;
  }

  /** From now on at least so many bytes may be idle. */
  allow(idleBytes: number): void {
    this.#idleBytesMax = Math.max(this.#idleBytesMax, idleBytes);
  }

  /** Bytes of idle arenas. */
  get idleBytes(): number {
    return this.#idleBytes;
  }

  /** An arena of the rounded capacity. Its contents are undefined until `reset`. */
  acquire(capacityBytes: number): Arena {
    const size = roundedCapacity(capacityBytes);
    this.#isUsed = true;
    const at = this.#idle.findLastIndex((arena) => arena.capacityBytes === size);
    return this.#take(at) ?? new Arena(new SharedArrayBuffer(size));
  }

  /** Takes an arena back; the caller keeps no reference. */
  release(arena: Arena): void {
    assert(!this.#idle.includes(arena), 'arena released twice (arena-pool/one-owner)');
    if (arena.capacityBytes > this.#idleBytesMax) return;
    this.#idle.push(arena);
    this.#idleBytes += arena.capacityBytes;
    while (this.#idleBytes > this.#idleBytesMax) this.#take(0); // arena-pool/bounded
    this.#isUsed = true;
    this.#watch();
  }

  /** Drops all idle arenas. */
  clear(): void {
    this.#idle.length = 0;
    this.#idleBytes = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #take(index: number): Arena | undefined {
    if (index < 0) return undefined;
    const [arena] = this.#idle.splice(index, 1);
    this.#idleBytes -= arena?.capacityBytes ?? 0;
    return arena;
  }

  #watch(): void {
    if (this.#timer !== undefined || this.#idle.length === 0) return;
    this.#timer = this.#clock?.schedule(IDLE_MS, () => {
      this.#timer = undefined;
      if (!this.#isUsed) this.clear();
      this.#isUsed = false;
      this.#watch();
    });
  }
}
