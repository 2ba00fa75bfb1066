/**
 * Threads that run functions of a module over one database.
 *
 * Owns: the worker threads, which of them is idle, and the calls that wait for one. What runs in a thread is in
 * api/serve-pool.ts.
 *
 * Invariants:
 *   thread-pool/one-at-a-time: a thread runs one call at a time. Calls wait in their order.
 *   thread-pool/every-call-settles: a call whose thread ends rejects, and another thread takes the place of that one.
 *   thread-pool/idle-holds-nothing: a thread without a call keeps no process alive; one with a call does.
 *
 * Suspension: `run` and `close` suspend.
 */
import { Worker } from 'node:worker_threads';
import { ClosedError, InvalidArgumentError } from '../base/errors.ts';
import { THREAD_COUNT_MAX } from '../engine/read/shared-words.ts';
import type { DatabaseHandle } from './messages.ts';
import { decodeError, encodeError, type SentError } from './thread-errors.ts';

export { THREAD_COUNT_MAX };

/** The name under which a thread of a pool finds its handle in `workerData`. */
export const POOL_HANDLE = 'varvePoolHandle';

/** What a thread of a pool is told. */
export type PoolRequest = ({ readonly kind: 'run' } & PoolCall) | { readonly kind: 'end' };

/** A call of a function. */
export interface PoolCall {
  readonly name: string;
  /** Undefined where a snapshot is. */
  readonly args: readonly unknown[];
  readonly snapshots: readonly SentSnapshot[];
}

/** A snapshot among the arguments. The caller holds its place until the call has settled. */
export interface SentSnapshot {
  readonly index: number;
  readonly sequence: number;
  readonly wallMs: number;
}

/** What it answers, once for each `run`. */
export type PoolAnswer = { readonly value: unknown } | { readonly error: SentError };

interface Call {
  readonly request: PoolRequest;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A thread, its call if it has one, and its end. */
class PoolThread {
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  #call: Call | undefined = undefined;
  #failure: unknown = undefined;

  constructor(module: URL, handle: DatabaseHandle, onIdle: () => void, onEnd: () => void) {
    this.#worker = new Worker(module, {
      workerData: { [POOL_HANDLE]: handle },
      transferList: [handle.port],
    });
    this.#worker.unref(); // thread-pool/idle-holds-nothing
    this.#worker.on('message', (answer: PoolAnswer) => {
      const call = this.#call;
      this.#call = undefined;
      this.#worker.unref();
      if (call === undefined) return;
      if ('error' in answer) call.reject(decodeError(answer.error));
      else call.resolve(answer.value);
      onIdle();
    });
    this.#worker.on('error', (error: unknown) => (this.#failure = error));
    this.ended = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        onEnd();
        this.#call?.reject(
          new ClosedError('Thread of the pool has ended in the middle of a call', {
            cause: this.#failure,
          }),
        );
        resolve();
      });
    });
  }

  get isIdle(): boolean {
    return this.#call === undefined;
  }

  /** Throws what the posting of its arguments throws: then the thread is idle still. */
  take(call: Call): void {
    this.#worker.postMessage(call.request);
    this.#call = call;
    this.#worker.ref();
  }

  /** It ends when its call has. */
  end(): void {
    this.#worker.postMessage({ kind: 'end' } satisfies PoolRequest);
    this.#worker.ref();
  }
}

export class ThreadPool {
  readonly #module: URL;
  readonly #countMax: number;
  readonly #share: () => DatabaseHandle;
  readonly #threads = new Set<PoolThread>();
  readonly #waiting: Call[] = [];
  #isClosed = false;

  /** At most `countMax` threads run `module`; each is given a handle that `share` makes. */
  constructor(module: URL, countMax: number, share: () => DatabaseHandle) {
    this.#module = module;
    this.#countMax = countMax;
    this.#share = share;
  }

  get threadCount(): number {
    return this.#threads.size;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  run(call: PoolCall): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw new ClosedError('Pool is closed');
      this.#waiting.push({ request: { kind: 'run', ...call }, resolve, reject });
      this.#dispatch();
    });
  }

  /** Calls that wait are refused; resolves when those that run have ended, and every thread. Idempotent. */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      for (const { reject } of this.#waiting.splice(0)) reject(new ClosedError('Pool is closed'));
      for (const thread of this.#threads) thread.end();
    }
    await Promise.all([...this.#threads].map((thread) => thread.ended));
  }

  /** Gives calls that wait to threads, of which as many are begun as are needed. */
  #dispatch(): void {
    for (;;) {
      const call = this.#waiting[0];
      if (call === undefined) return;
      try {
        const thread = this.#idleThread();
        if (thread === undefined) return;
        this.#waiting.shift();
        thread.take(call);
      } catch (error) {
        if (this.#waiting[0] === call) this.#waiting.shift();
        call.reject(isOfCloning(error) ? notSent(error) : error);
      }
    }
  }

  #idleThread(): PoolThread | undefined {
    for (const thread of this.#threads) if (thread.isIdle) return thread;
    if (this.#threads.size >= this.#countMax) return undefined;
    const thread: PoolThread = new PoolThread(
      this.#module,
      this.#share(),
      () => this.#dispatch(),
      () => {
        this.#threads.delete(thread);
        this.#dispatch();
      },
    );
    this.#threads.add(thread);
    return thread;
  }
}

function isOfCloning(error: unknown): boolean {
  return error instanceof Error && error.name === 'DataCloneError';
}

function notSent(cause: unknown): InvalidArgumentError {
  return new InvalidArgumentError('Arguments cannot be sent to a thread: functions, for example', {
    cause,
  });
}

/** The answer for what a function has thrown. */
export function errorAnswer(error: unknown): PoolAnswer {
  return { error: encodeError(error) };
}
