/**
 * The link of a thread to the owner of its database.
 *
 * Owns: the port, calls that wait for their answer, and the end.
 *
 * Messages of one turn go in one list. Answers come as events of the port, or earlier, when a read drains the port for the
 * parts of a state: an answer resolves a promise, and a listener is called in a microtask, so no code of the caller's runs
 * within a read.
 *
 * Invariants:
 *   thread-link/parts-before-answer: the owner sends the parts of a state before an answer that depends on it, and one
 *       queue keeps that order.
 *   thread-link/every-call-settles: a call is answered, or rejected when the port ends. A commit whose answer is missing may
 *       be there, and its error says so.
 *
 * Suspension: `call` is synchronous up to the promise that it returns; everything else is synchronous.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { abortedBy, whenAborted } from '../base/abort.ts';
import { AbortedError, ClosedError, DatabaseFailedError } from '../base/errors.ts';
import { hold, letGo } from '../base/liveness.ts';
import { inMicrotask } from '../base/scheduling.ts';
import type { KeyRange } from '../bytes/key-range.ts';
import type { StateParts } from '../engine/read/shared-states.ts';
import type { LookupParts } from '../sstable/shared-lookups.ts';
import type { PublishedChange } from '../txn/commit-request.ts';
import { callListener } from '../base/listeners.ts';
import type { CallName, Calls, OwnerMessage, ThreadMessage } from './messages.ts';
import { decodeError } from './thread-errors.ts';

/** What the link tells its store. */
export interface LinkListener {
  /** The parts of a state came. */
  onState(parts: StateParts): void;
  /** The event loop has turned, and states may have moved on. */
  onTurn(): void;
  /** The catalog of keyspaces has changed. */
  onCatalog(): void;
  /** Indexes and filters of tables that the owner or another thread has. */
  onLookups(lookups: readonly LookupParts[]): void;
  /** The owner has closed the database, or has ended. */
  onClosed(): void;
}

interface Waiting {
  readonly name: CallName;
  readonly signal: AbortSignal | undefined;
  readonly stopListening: () => void;
  readonly resolve: (gives: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class ThreadLink {
  readonly #port: MessagePort;
  readonly #listener: LinkListener;
  readonly #waiting = new Map<number, Waiting>();
  readonly #watchers = new Map<number, (change: PublishedChange) => void>();
  readonly #idle: (() => void)[] = [];
  #outbox: ThreadMessage[] = [];
  #lastId = 0;
  #isClosed = false;

  constructor(port: MessagePort, listener: LinkListener) {
    this.#port = port;
    this.#listener = listener;
    port.on('message', (message: OwnerMessage | OwnerMessage[]) => {
      this.#take(message);
      listener.onTurn();
    });
    port.on('close', () => this.#end());
    port.unref(); // calls that wait hold the thread (liveness.ts)
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Asks the owner. */
  call<N extends CallName>(
    name: N,
    takes: Calls[N]['takes'],
    signal?: AbortSignal,
  ): Promise<Calls[N]['gives']> {
    if (this.#isClosed) return Promise.reject(new ClosedError('Database is closed'));
    if (signal?.aborted === true) return Promise.reject(abortedBy(signal, 'Call was aborted'));
    const id = ++this.#lastId;
    hold();
    return new Promise((resolve, reject) => {
      const stopListening = whenAborted(signal, () =>
        this.post({ kind: 'abort', id, reason: String(signal?.reason) }),
      );
      const settle = resolve; // of this call
      this.#waiting.set(id, { name, signal, stopListening, resolve: settle, reject });
      const message = { kind: 'call', id, name, takes, hasSignal: signal !== undefined };
      this.post(message as ThreadMessage); // its name says what it takes
    });
  }

  watch(range: KeyRange, listener: (change: PublishedChange) => void): () => void {
    const id = ++this.#lastId;
    this.#watchers.set(id, listener);
    this.post({ kind: 'watch', id, range });
    return () => {
      if (this.#watchers.delete(id)) this.post({ kind: 'unwatch', id });
    };
  }

  post(message: ThreadMessage): void {
    if (this.#isClosed) return;
    this.#outbox.push(message);
    if (this.#outbox.length === 1) inMicrotask(() => this.#flush());
  }

  /** Takes every message that waits, in the turn of the call. */
  drain(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) return;
      this.#take(received.message as OwnerMessage | OwnerMessage[]);
    }
  }

  /** Resolves when no call waits. */
  async settled(): Promise<void> {
    while (this.#waiting.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Ends the link; calls that wait are rejected. */
  close(): void {
    if (this.#isClosed) return;
    this.post({ kind: 'detach' });
    this.#flush();
    this.#port.close();
    this.#end();
  }

  #flush(): void {
    const messages = this.#outbox;
    this.#outbox = [];
    if (messages.length > 0 && !this.#isClosed) this.#port.postMessage(messages);
  }

  #take(message: OwnerMessage | OwnerMessage[]): void {
    if (Array.isArray(message)) for (const each of message) this.#takeOne(each);
    else this.#takeOne(message);
  }

  #takeOne(message: OwnerMessage): void {
    switch (message.kind) {
      case 'state':
        this.#listener.onState(message.parts);
        return;
      case 'done':
        this.#settle(message.id, (waiting) => waiting.resolve(message.gives));
        return;
      case 'failed':
        this.#settle(message.id, ({ signal, reject }) => {
          const error = decodeError(message.error);
          const isOurs = error instanceof AbortedError && signal?.aborted === true;
          reject(isOurs ? abortedBy(signal, error.message) : error);
        });
        return;
      case 'change':
        inMicrotask(() => this.#tell(message.id, message.sequence));
        return;
      case 'catalog':
        inMicrotask(() => this.#listener.onCatalog());
        return;
      case 'lookups':
        this.#listener.onLookups(message.lookups);
        return;
      case 'closed':
        this.#end();
    }
  }

  #tell(id: number, sequence: number): void {
    const listener = this.#watchers.get(id);
    if (listener === undefined) return;
    const change = Object.freeze({ sequence });
    callListener('watch', () => listener(change));
  }

  #settle(id: number, how: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    waiting.stopListening();
    letGo();
    how(waiting);
    if (this.#waiting.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watchers.clear();
    for (const id of [...this.#waiting.keys()]) {
      this.#settle(id, ({ name, reject }) =>
        reject(
          name === 'commit'
            ? new DatabaseFailedError(
                'Owner of the database has ended before its answer',
                'unknown',
              )
            : new ClosedError('Database is closed'),
        ),
      );
    }
    this.#port.close();
    this.#listener.onClosed();
  }
}
