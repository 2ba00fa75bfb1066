/**
 * Readers that are held for too long: snapshots, transactions, scans, and calls that go on for long.
 *
 * Owns: the warning about each. A pin keeps old versions, memtables and files alive, and a forgotten pin does so for
 * ever. Age alone counts: a scan that is still being read holds what it holds all the same.
 *
 * Invariants:
 *   pin-watch/told-once: a pin is told once, when it has been held for `pinWarningMs`, give or take half of that.
 *   pin-watch/no-timer-after-close: after `close` no timer waits.
 *
 * Suspension: every method is synchronous.
 */
import type { Clock, Timer } from '../../base/clock.ts';
import type { Pin, PinList } from './pin-list.ts';
import type { Events } from './events.ts';

export interface PinWatchHost {
  readonly parts: {
    readonly clock: Clock;
    readonly events: Events;
    readonly options: { readonly pinWarningMs: number };
  };
  readonly snapshots: PinList;
  readonly pastSnapshots: PinList;
  readonly transactions: PinList;
  readonly readers: PinList;
}

export class PinWatch {
  readonly #engine: PinWatchHost;
  readonly #told = new WeakSet<Pin>();
  #timer: Timer | undefined = undefined;

  constructor(engine: PinWatchHost) {
    this.#engine = engine;
  }

  /** Begins, unless warnings are off. */
  start(): void {
    const { clock, options } = this.#engine.parts;
    if (options.pinWarningMs === 0) return;
    this.#timer = clock.schedule(options.pinWarningMs / 2, () => {
      this.#look();
      this.start();
    });
  }

  close(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const { clock, events, options } = this.#engine.parts;
    const now = clock.nowMs();
    const { snapshots, pastSnapshots, transactions, readers } = this.#engine;
    for (const list of [snapshots, pastSnapshots, transactions, readers]) {
      for (const pin of list.pins()) {
        const heldMs = now - pin.pinnedAtMs;
        if (heldMs < options.pinWarningMs || this.#told.has(pin)) continue;
        this.#told.add(pin);
        events.emit('held-long', {
          kind: pin.kind,
          heldMs,
          sequence: pin.sequence,
          opener: pin.opening?.stack,
        });
      }
    }
  }
}
