/**
 * The scheduler: a seed decides which client goes on next.
 *
 * Owns: the turns of concurrent clients. A client waits for its turn before every step; between turns the event loop
 * runs for a while, or hardly, so that steps fall before, amid and after what the engine does in the background. Time
 * is a manual clock's: it moves with the turns.
 *
 * Invariants:
 *   S1. Equal seeds give equal interleavings, as long as files are simulated.
 *   S2. A run ends: when nothing moves for very many turns, it is a hang, reported as one.
 *
 * Suspension: `run` suspends between turns; everything else is synchronous.
 */
import type { ManualClock } from '../support/manual-clock.ts';
import type { Random } from '../support/prng.ts';

const IDLE_TURN_COUNT_MAX = 60_000;
/** Time passes faster when nothing else does: a client that waits for a timer goes on. */
const IDLE_TURNS_PER_ADVANCE = 100;

export class Scheduler {
  readonly #random: Random;
  readonly #clock: ManualClock;
  readonly #waiting: (() => void)[] = [];
  #isStopped = false;
  #failure: Error | undefined = undefined;

  constructor(random: Random, clock: ManualClock) {
    this.#random = random;
    this.#clock = clock;
  }

  /** Resolves when it is the caller's turn; never, once stopped. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** As a killed process: no client has a turn any more. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Runs clients to their end, or until stopped. `beforeTurn` may do what it likes. */
  async run(clients: readonly (() => Promise<void>)[], beforeTurn: () => void): Promise<void> {
    let runningCount = clients.length;
    for (const client of clients) {
      client().then(
        () => runningCount--,
        (error: unknown) => {
          if (this.#isStopped) return; // the dying words of a process
          this.#failure = error instanceof Error ? error : new Error(String(error));
          this.stop();
        },
      );
    }
    for (let idleCount = 0; runningCount > 0 && !this.#isStopped; idleCount++) {
      if (idleCount > IDLE_TURN_COUNT_MAX) throw new Error('Clients wait for ever');
      if (this.#waiting.length > 0) {
        idleCount = 0;
        beforeTurn();
        if (!this.#isStopped) this.#next();
        if (this.#random.chance(0.2)) this.#clock.advance(1);
      } else if (idleCount % IDLE_TURNS_PER_ADVANCE === 0) {
        this.#clock.advance(100);
      }
      await this.#pause();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #next(): void {
    const [resolve] = this.#waiting.splice(this.#random.below(this.#waiting.length), 1);
    resolve?.();
  }

  async #pause(): Promise<void> {
    if (this.#waiting.length > 0 && this.#random.chance(0.5)) {
      for (let count = this.#random.below(4); count >= 0; count--) await Promise.resolve();
    } else {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
