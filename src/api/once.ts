/**
 * Listeners of one event, and calls that wait for one.
 *
 * Owns: that such a listener is called once and no more, and that `off` finds it by the function of the caller.
 *
 * Invariants:
 *   once/at-most-once: the listener is taken off before it is called. It may listen again from within.
 *   once/settles: a call that waits settles with its event, with the end of the database, or with its signal.
 *
 * Suspension: `add` and `remove` are synchronous; `nextEvent` gives a promise.
 */
import { abortedBy, whenAborted } from '../base/abort.ts';
import { ClosedError } from '../base/errors.ts';
import type { Template } from '../base/options.ts';
import type { EventListener, EventMap, EventName } from '../engine/state/events.ts';
import type { StoreUpkeep } from '../store/upkeep.ts';

/** Options of a call that waits for an event. */
export interface OnceOptions {
  /** Ends the wait, which rejects with AbortedError. */
  readonly signal?: AbortSignal;
}

export const ONCE_OPTIONS: Template<OnceOptions> = { signal: undefined };

type Source = Pick<StoreUpkeep, 'on' | 'off'>;

export class OnceListeners {
  readonly #source: Source;
  /** What the source was given, by the function of the caller. */
  readonly #given = new Map<EventName, Map<unknown, EventListener<never>>>();

  constructor(source: Source) {
    this.#source = source;
  }

  /** Throws as `Database.on` documents. */
  add<N extends EventName>(name: N, listener: EventListener<N>): void {
    const ofName = this.#given.get(name) ?? new Map<unknown, EventListener<never>>();
    if (ofName.has(listener)) return;
    const given: EventListener<N> = (event) => {
      this.remove(name, listener); // once/at-most-once
      return listener(event);
    };
    this.#source.on(name, given);
    ofName.set(listener, given);
    this.#given.set(name, ofName);
  }

  /** Does nothing for a listener that is not there. */
  remove<N extends EventName>(name: N, listener: EventListener<N>): void {
    const ofName = this.#given.get(name);
    const given = ofName?.get(listener);
    if (given === undefined) return;
    this.#source.off(name, given as EventListener<N>); // put there with this name
    ofName?.delete(listener);
  }
}

/** The next event of that name. Rejects as `Database.once` documents; once/settles. */
export function nextEvent<N extends EventName>(
  source: Source,
  name: N,
  signal: AbortSignal | undefined,
): Promise<EventMap[N]> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true)
      throw abortedBy(signal, `Wait for an event was aborted: event=${name}`);
    let forget = (): void => undefined;
    const end = (): void => {
      source.off(name, onEvent);
      source.off('closed', onClosed);
      forget();
    };
    const onEvent: EventListener<N> = (event) => {
      end();
      resolve(event);
    };
    const onClosed = (): void => {
      end();
      reject(new ClosedError(`Database was closed before the event came: event=${name}`));
    };
    source.on(name, onEvent); // first: the event may be that of the close
    source.on('closed', onClosed);
    forget = whenAborted(signal, () => {
      end();
      reject(abortedBy(signal, `Wait for an event was aborted: event=${name}`));
    });
  });
}
