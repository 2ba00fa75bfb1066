/**
 * Events: what the engine tells while it works.
 *
 * Owns: their names and shapes, and the rule that a listener cannot harm the engine.
 *
 * Events are for logs, metrics and tests. They are delivered synchronously, after the fact.
 *
 * Invariants:
 *   events/harmless: whatever a listener throws or returns, `emit` returns, and every other listener hears the event. What was
 *       thrown, or what the promise that it returned rejects with, becomes a process warning.
 *   events/one-delivery: those that listened when the event happened hear it, less those that were taken off meanwhile. A
 *       listener that adds others adds them for the next event.
 *   events/read-only: an event is frozen, since all its listeners share it, and some of it is the engine's own.
 *
 * Suspension: `emit` is synchronous; nothing waits for a listener's promise.
 */
import { describe, textOf } from '../../base/describe.ts';
import { InvalidArgumentError } from '../../base/errors.ts';

/** What recovery found when the database was opened; also in `stats().recovery`. */
export interface RecoveryReport {
  /** True when this open created the database. */
  readonly isNew: boolean;
  readonly durationMs: number;
  readonly logCount: number;
  /** Bytes of valid frames that were replayed. */
  readonly logBytes: number;
  readonly commitCount: number;
  readonly operationCount: number;
  /** Bytes of a torn tail that were cut, never acknowledged. */
  readonly cutBytes: number;
  /** Files that no durable version named; removed. */
  readonly orphanCount: number;
  readonly lastSequence: number;
}

export type StallReason = 'memtables' | 'level0' | 'log' | 'ingest';

export interface EventMap {
  recovered: RecoveryReport;
  'flush-finished': {
    fileNumber: number;
    sizeBytes: number;
    entryCount: number;
    durationMs: number;
  };
  'compaction-finished': {
    level: number;
    outputLevel: number;
    inputCount: number;
    outputCount: number;
    bytesRead: number;
    bytesWritten: number;
    durationMs: number;
    isTrivialMove: boolean;
  };
  /** A bulk load became visible, at this sequence; commits were held back for `holdMs` of its time. */
  'ingest-finished': {
    sequence: number;
    tableCount: number;
    sizeBytes: number;
    entryCount: number;
    durationMs: number;
    holdMs: number;
  };
  /**
   * Something that keeps old versions, memtables or tables has been open for `pinWarningMs`; told once, however far a scan
   * has come meanwhile. `opener` is a stack with VARVE_INVARIANTS=1.
   */
  'held-long': {
    kind: 'snapshot' | 'transaction' | 'scan' | 'verify' | 'checkpoint';
    heldMs: number;
    sequence: number;
    opener: string | undefined;
  };
  /** A background job failed and will be tried again: a full disk, or no descriptor, memory or thread. */
  'background-retry': { error: unknown; delayMs: number };
  /** Writes wait until the reason is gone. */
  stalled: { reason: StallReason };
  resumed: { stalledMs: number };
  /** A write was refused for lack of space; nothing of it remains. */
  'out-of-space': { error: unknown };
  /** A write was refused for want of a descriptor, memory or a thread; nothing of it remains. */
  'out-of-resources': { error: unknown };
  /** The background scrub found a table that is damaged, or cannot be read, at this place. Told once for each place. */
  'damage-found': { file: string; offset: number | undefined; code: string; error: unknown };
  /** The database takes no more writes. */
  failed: { error: unknown };
  closed: Record<never, never>;
}

export type EventName = keyof EventMap;

/** Every name once; a name that is missing here does not compile. */
const EVENT_NAMES: Readonly<Record<EventName, true>> = {
  recovered: true,
  'flush-finished': true,
  'compaction-finished': true,
  'ingest-finished': true,
  'held-long': true,
  'background-retry': true,
  stalled: true,
  resumed: true,
  'out-of-space': true,
  'out-of-resources': true,
  'damage-found': true,
  failed: true,
  closed: true,
};
export type EventListener<N extends EventName> = (event: EventMap[N]) => void;

/** Hears every event with its name. */
export type EventObserver = <N extends EventName>(name: N, event: EventMap[N]) => void;

export class Events {
  readonly #observer: EventObserver | undefined;
  readonly #listeners = new Map<EventName, Set<(event: never) => void>>();

  constructor(observer?: EventObserver) {
    this.#observer = observer;
  }

  /** Throws InvalidArgumentError for a name that no event has, and for what is no function. */
  on<N extends EventName>(name: N, listener: EventListener<N>): void {
    if (typeof name !== 'string' || !Object.hasOwn(EVENT_NAMES, name)) {
      throw new InvalidArgumentError(`No such event: found=${describe(name)}`);
    }
    if (typeof listener !== 'function') {
      throw new InvalidArgumentError(`Listener must be a function: found=${describe(listener)}`);
    }
    let listeners = this.#listeners.get(name);
    if (listeners === undefined) this.#listeners.set(name, (listeners = new Set()));
    listeners.add(listener);
  }

  off<N extends EventName>(name: N, listener: EventListener<N>): void {
    this.#listeners.get(name)?.delete(listener);
  }

  emit<N extends EventName>(name: N, event: EventMap[N]): void {
    Object.freeze(event);
    const observer = this.#observer;
    if (observer !== undefined) guarded(name, () => observer(name, event));
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) return;
    for (const listener of [...listeners]) {
      if (!listeners.has(listener)) continue;
      guarded(name, () => (listener as EventListener<N>)(event));
    }
  }
}

/** events/harmless. */
function guarded(name: EventName, deliver: () => unknown): void {
  try {
    const returned = deliver();
    if (typeof returned !== 'object' && typeof returned !== 'function') return;
    // A promise, or what passes for one: asked only inside the promise machinery, which catches all that it throws.
    void new Promise((resolve) => resolve(returned)).then(undefined, (reason: unknown) =>
      warn(`A varve listener of '${name}' rejected: ${textOf(reason)}`),
    );
  } catch (error) {
    warn(`A varve listener of '${name}' threw: ${textOf(error)}`);
  }
}

/** The program may have replaced this too. */
function warn(message: string): void {
  try {
    process.emitWarning(message);
  } catch {
    // Then nobody is to be warned.
  }
}
