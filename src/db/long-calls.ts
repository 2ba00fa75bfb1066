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
import { AbortedError, ClosedError } from '../base/errors.ts';
import { checkSignal } from '../base/options.ts';

/** Throws AbortedError or ClosedError when the call must end. */
export type StopCheck = () => void;

/** A stop check for a call that only its signal ends. Throws InvalidArgumentError when that is none. */
export function stopCheckOf(what: string, signal: AbortSignal | undefined): StopCheck {
  const checked = checkSignal(signal);
  return () => {
    if (checked?.aborted !== true) return;
    throw new AbortedError(`${what} was aborted`, { cause: checked.reason });
  };
}

export class LongCalls {
  readonly #running = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();
  #isClosed = false;

  /** Aborted when the calls are to end: for those that wait for somebody else. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Runs `call` and counts it as under way until it settles. */
  async run<T>(
    what: string,
    signal: AbortSignal | undefined,
    call: (check: StopCheck) => Promise<T>,
  ): Promise<T> {
    const checkSignal = stopCheckOf(what, signal);
    const check = (): void => {
      if (this.#isClosed) throw new ClosedError('Database is closed');
      checkSignal();
    };
    check();
    const running = call(check);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Ends every call and waits for that. Later ones are refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closing.abort();
    await Promise.allSettled(this.#running);
  }
}
