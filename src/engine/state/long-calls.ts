/**
 * Calls that go on for long: verification, checkpoints.
 *
 * Owns: which are under way, and ending them, for their callers' signals and for `close`.
 *
 * A call looks at its stop check whenever it has suspended for work of its own. So it ends soon, with its own clean-up, and
 * nothing of it runs when the engine is gone.
 *
 * Suspension: `close` suspends until the last call has settled; nothing else does.
 */
import { abortedBy, whenAborted } from '../../base/abort.ts';
import { ClosedError } from '../../base/errors.ts';
import { keepingAlive } from '../../base/liveness.ts';
import { checkSignal } from '../../base/options.ts';

/** Throws AbortedError or ClosedError when the call must end. */
export type StopCheck = () => void;

/** A stop check for a call that only its signal ends. Throws InvalidArgumentError when that is none. */
export function stopCheckOf(what: string, signal: AbortSignal | undefined): StopCheck {
  const checked = checkSignal(signal);
  return () => {
    if (checked?.aborted !== true) return;
    throw abortedBy(checked, `${what} was aborted`);
  };
}

export class LongCalls {
  readonly #running = new Set<Promise<unknown>>();
  readonly #stops = new Set<() => void>();
  #isClosed = false;

  /**
   * Runs `call` and counts it as under way until it settles. `ended` is aborted when `check` may begin to throw: for calls that
   * wait for what the caller brings.
   */
  async run<T>(
    what: string,
    signal: AbortSignal | undefined,
    call: (check: StopCheck, ended: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const checkSignal = stopCheckOf(what, signal);
    const check = (): void => {
      if (this.#isClosed) throw new ClosedError('Database is closed');
      checkSignal();
    };
    check();
    const ended = new AbortController();
    const stop = (): void => ended.abort();
    const stopListening = whenAborted(signal, stop);
    this.#stops.add(stop);
    const running = keepingAlive(() => call(check, ended.signal));
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
      this.#stops.delete(stop);
      stopListening();
    }
  }

  /** Ends every call and waits for that. Later ones are refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    await Promise.allSettled(this.#running);
  }
}
