/**
 * How long awaited calls may answer from memory before the event loop turns.
 *
 * Owns: the count of steps since the loop turned, and the promise of its next turn. A step is a read that an awaited
 * call answered, or a row of an awaited scan. Promises that are already settled never let the loop turn: a program that
 * awaits one cached read after the other would otherwise stop every timer and every socket of its process.
 *
 * Invariants:
 *   turn-budget/time: steps go on for TURN_MS and a few looks at the clock at most; then `spend` says true until the
 *       loop has turned. Example: a scan of a million cached rows lets the loop turn every 4 ms.
 *   turn-budget/order: promises of `afterTurn` settle in the order in which they were asked for.
 *
 * Looks at the clock are LOOK_MS apart. A step takes 100 ns (a cached row) or milliseconds (a large JSON value). So
 * the number of steps between two looks follows from the time that the last ones took.
 *
 * Suspension: `spend` never suspends. `turn` and `afterTurn` give promises that the loop's next turn settles.
 */
import type { Clock } from './clock.ts';
import { afterTurn } from './scheduling.ts';

/** Half of the limit for the event loop's p99 under load. */
const TURN_MS = 4;
const LOOK_MS = 0.25;
const LOOK_STEP_COUNT_START = 16;
const LOOK_STEP_COUNT_MAX = 256;

export class TurnBudget {
  readonly #clock: Clock;
  #lookStepCount = LOOK_STEP_COUNT_START;
  #stepsUntilLook = LOOK_STEP_COUNT_START;
  /** True from the first look after a turn until the next turn. */
  #isTiming = false;
  #startMs = 0;
  #lookMs = 0;
  #isSpent = false;
  #turn: Promise<void> | undefined = undefined;
  #onTurn: (() => void) | undefined = undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a step. True when the answer is to wait for the loop's next turn. */
  spend(): boolean {
    if (--this.#stepsUntilLook <= 0) this.#look();
    return this.#isSpent;
  }

  /** Resolves when the event loop has turned. */
  turn(): Promise<void> {
    this.#startTiming();
    this.#turn ??= new Promise((resolve) => (this.#onTurn = resolve));
    return this.#turn;
  }

  /** Resolves with `value` when the event loop has turned. */
  afterTurn<T>(value: T): Promise<T> {
    return this.turn().then(() => value);
  }

  /** A promise of a known value: resolved, or for the next turn when the event loop has not turned for too long. */
  answer<T>(value: T): Promise<T> {
    return this.spend() ? this.afterTurn(value) : Promise.resolve(value);
  }

  #look(): void {
    const nowMs = this.#clock.nowMs();
    if (this.#isTiming) {
      this.#adaptTo(nowMs - this.#lookMs);
      if (nowMs - this.#startMs >= TURN_MS) this.#isSpent = true;
    } else {
      this.#startTiming();
      this.#startMs = nowMs;
    }
    this.#lookMs = nowMs;
    this.#stepsUntilLook = this.#lookStepCount;
  }

  #startTiming(): void {
    if (this.#isTiming) return;
    this.#isTiming = true;
    afterTurn(() => this.#onLoopTurned());
  }

  #adaptTo(tookMs: number): void {
    const count = this.#lookStepCount;
    if (tookMs > 2 * LOOK_MS) {
      this.#lookStepCount = Math.max(1, Math.floor((count * LOOK_MS) / tookMs));
    } else if (tookMs < LOOK_MS / 2) {
      this.#lookStepCount = Math.min(LOOK_STEP_COUNT_MAX, 2 * count);
    }
  }

  #onLoopTurned(): void {
    this.#isTiming = false;
    this.#isSpent = false;
    const onTurn = this.#onTurn;
    this.#turn = undefined;
    this.#onTurn = undefined;
    onTurn?.();
  }
}
