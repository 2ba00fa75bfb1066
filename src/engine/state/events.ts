/**
 * Events: what the engine tells while it works.
 *
 * Owns: their names and shapes, and the rule that a listener cannot harm the engine.
 *
 * Events are for logs, metrics and tests. They are delivered synchronously, after the fact.
 *
 * Invariants:
 *   events/harmless: a listener may throw or return anything. `emit` returns all the same, and every other listener
 *       hears the event. A thrown error, or the rejection of a returned promise, becomes a process warning.
 *   events/one-delivery: those that listened when the event happened hear it, less those that were taken off meanwhile. A
 *       listener that adds others adds them for the next event.
 *   events/read-only: an event is frozen, since all its listeners share it, and some of it is the engine's own.
 *
 * Suspension: `emit` is synchronous; nothing waits for a listener's promise.
 */
import { describe } from '../../base/describe.ts';
import { InvalidArgumentError } from '../../base/errors.ts';
import { callListener } from '../../base/listeners.ts';
import { publishEvent } from './channels.ts';

/** What recovery found when the database was opened; also in `stats().recovery`. */
export interface RecoveryReport {
  /** True when this open created the database. */
  readonly isNew: boolean;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** Logs that were read. */
  readonly logCount: number;
  /** Bytes of valid frames that were replayed. */
  readonly logBytes: number;
  /** Commits that were replayed. */
  readonly commitCount: number;
  /** Operations in these commits. */
  readonly operationCount: number;
  /** Bytes of a torn tail that were cut, never acknowledged. */
  readonly cutBytes: number;
  /** Files that no durable version named; removed. */
  readonly orphanCount: number;
  /** The commit sequence of the last operation; the next commit gets a higher one. */
  readonly lastSequence: number;
}

/** Why writes wait: full memtables, too many level 0 tables, a next log that is not made yet, or a bulk load about to be seen. */
export type StallReason = 'memtables' | 'level0' | 'log' | 'ingest';

/** The fields of each event. Sizes are in bytes, times in milliseconds. An event is frozen. */
export interface EventMap {
  /** The database was opened; only `onEvent` hears it. */
  recovered: RecoveryReport;
  /** A memtable became a table of level 0. */
  'flush-finished': {
    /** The number in the name of the table. */
    fileNumber: number;
    /** The size of the table. */
    sizeBytes: number;
    /** Entries in the table, tombstones included. */
    entryCount: number;
    /** How long the flush took. */
    durationMs: number;
  };
  /** Tables were merged into the next level, or moved there. */
  'compaction-finished': {
    /** The level whose turn it was. */
    level: number;
    /** The level that the outputs are in. */
    outputLevel: number;
    /** Tables that went in. */
    inputCount: number;
    /** Tables that came out. */
    outputCount: number;
    /** Bytes of the tables that went in; 0 for a move. */
    bytesRead: number;
    /** Bytes of the tables that came out; 0 for a move. */
    bytesWritten: number;
    /** How long the compaction took. */
    durationMs: number;
    /** True when a table changed its level without being read. */
    isTrivialMove: boolean;
  };
  /** A bulk load became visible. */
  'ingest-finished': {
    /** The commit sequence of all its entries. */
    sequence: number;
    /** Tables that it made. */
    tableCount: number;
    /** Bytes of these tables, after compression. */
    sizeBytes: number;
    /** Entries that it brought. */
    entryCount: number;
    /** How long the load took. */
    durationMs: number;
    /** For how long of that commits were held back. */
    holdMs: number;
  };
  /**
   * Something that keeps old versions, memtables or tables has been open for `pinWarningMs`; told once, however far a scan
   * has come meanwhile.
   */
  'held-long': {
    /** What is open. */
    kind: 'snapshot' | 'transaction' | 'scan' | 'verify' | 'checkpoint';
    /** For how long. */
    heldMs: number;
    /** The commit sequence that it reads at. */
    sequence: number;
    /** The stack of the call that opened it; recorded only with VARVE_INVARIANTS=1. */
    opener: string | undefined;
  };
  /** A background job failed and will be tried again: a full disk, or no descriptor, memory or thread. */
  'background-retry': {
    /** Why it failed. */
    error: unknown;
    /** When it is tried again, from now. */
    delayMs: number;
  };
  /** Writes wait until the reason is gone. */
  stalled: {
    /** What they wait for. */
    reason: StallReason;
  };
  /** Writes go on. */
  resumed: {
    /** For how long they waited. */
    stalledMs: number;
  };
  /** A write was refused for lack of space; nothing of it remains. */
  'out-of-space': {
    /** What the write was refused with. */
    error: unknown;
  };
  /** A write was refused for want of a descriptor, memory or a thread; nothing of it remains. */
  'out-of-resources': {
    /** What the write was refused with. */
    error: unknown;
  };
  /** The background scrub found a table that is damaged, or cannot be read, at this place. Told once for each place. */
  'damage-found': {
    /** The path of the table. */
    file: string;
    /** Where in the file, in bytes from its start; undefined when it is not known. */
    offset: number | undefined;
    /** The `code` of the error. */
    code: string;
    /** What a read of this place fails with. */
    error: unknown;
  };
  /** The database takes no more writes. */
  failed: {
    /** Why: also the `cause` of the DatabaseFailedError that later writes reject with. */
    error: unknown;
  };
  /** The database is closed. */
  closed: Record<never, never>;
}

/** The name of an event. */
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

/** Called once for each event of one name. An error that it throws or rejects with becomes a process warning. */
export type EventListener<N extends EventName> = (event: EventMap[N]) => void;

/** Hears every event with its name. */
export type EventObserver = <N extends EventName>(name: N, event: EventMap[N]) => void;

export class Events {
  readonly #observer: EventObserver | undefined;
  readonly #location: string;
  readonly #listeners = new Map<EventName, Set<(event: never) => void>>();

  /** `location` stands in the messages of the channels. */
  constructor(observer?: EventObserver, location = '') {
    this.#observer = observer;
    this.#location = location;
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
    if (observer !== undefined) callListener(name, () => observer(name, event));
    publishEvent(this.#location, name, event);
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) return;
    for (const listener of [...listeners]) {
      if (!listeners.has(listener)) continue;
      callListener(name, () => (listener as EventListener<N>)(event));
    }
  }
}
