/**
 * The owner's side of one thread that has attached.
 *
 * Owns: what the thread has here: its slot, its share of the block cache, locks, watches, and calls that are under way. All
 * of it ends with the port, also when the thread is terminated in the middle of anything.
 *
 * Suspension: calls suspend as those of the store do; the rest is synchronous.
 */
import type { MessagePort } from 'node:worker_threads';
import { AbortedError } from '../base/errors.ts';
import { inMicrotask } from '../base/scheduling.ts';
import type { LookupParts } from '../sstable/shared-lookups.ts';
import type { Store } from '../store/contract.ts';
import type { ThreadAccess } from '../store/thread-access.ts';
import type { StoreUpkeep } from '../store/upkeep.ts';
import type { LockOwner } from '../txn/lock-request.ts';
import type {
  CallMessage,
  CatalogCall,
  Calls,
  OwnerMessage,
  SentCommit,
  ThreadMessage,
} from './messages.ts';
import { commitSent, type KeyspaceGuard } from './owner-commit.ts';
import { encodeError } from './thread-errors.ts';

/** The catalog of keyspaces, which the owner keeps for all threads. */
export interface CatalogHost extends KeyspaceGuard {
  /** Makes the change that a thread asks for. */
  change(call: CatalogCall): Promise<void>;
}

/** What the threads of a database share here. */
export interface ThreadOwnerHost {
  readonly store: Store & StoreUpkeep;
  readonly access: ThreadAccess;
  readonly catalog: CatalogHost | undefined;
}

/** An owner of locks in another thread. */
interface ThreadLockOwner extends LockOwner {
  cost: number;
  timeoutMs: number;
}

export class ThreadOwner {
  readonly slot: number;
  readonly #port: MessagePort;
  readonly #host: ThreadOwnerHost;
  readonly #lentBytes: number;
  readonly #onEnd: () => void;
  readonly #lockOwners = new Map<number, ThreadLockOwner>();
  readonly #watches = new Map<number, () => void>();
  readonly #aborts = new Map<number, AbortController>();
  readonly #running = new Set<Promise<void>>();
  #outbox: OwnerMessage[] = [];
  #stopLookups: (() => void) | undefined = undefined;
  #isAttached = false;
  #isOver = false;

  constructor(
    host: ThreadOwnerHost,
    port: MessagePort,
    place: { readonly slot: number; readonly lentBytes: number },
    onEnd: () => void,
  ) {
    this.#host = host;
    this.#port = port;
    this.slot = place.slot;
    this.#lentBytes = place.lentBytes;
    this.#onEnd = onEnd;
    port.on('message', (messages: readonly ThreadMessage[]) => {
      for (const message of messages) this.#take(message);
    });
    port.on('close', () => this.end());
    port.unref(); // a thread keeps the process by itself, while it runs
  }

  /** Tells the thread that the catalog has changed. */
  tellCatalog(): void {
    if (this.#isAttached) this.#send({ kind: 'catalog' });
  }

  /** Resolves when no call of the thread is under way. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** The database is closed: tells the thread, after every answer. */
  close(): void {
    if (this.#isOver) return;
    this.#send({ kind: 'closed' });
    this.#flush();
    this.end();
  }

  /** The thread has ended, or lets go. Idempotent. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const controller of this.#aborts.values()) controller.abort('its thread has ended');
    for (const stop of this.#watches.values()) stop();
    this.#stopLookups?.();
    for (const owner of this.#lockOwners.values()) this.#host.store.locks.release(owner);
    this.#lockOwners.clear();
    this.#watches.clear();
    this.#host.access.states.detach(this.slot);
    this.#host.access.takeBackBlocks(this.#lentBytes);
    this.#port.close();
    this.#onEnd();
  }

  #take(message: ThreadMessage): void {
    if (this.#isOver) return;
    switch (message.kind) {
      case 'call':
        this.#run(message);
        return;
      case 'abort':
        this.#aborts.get(message.id)?.abort(message.reason);
        return;
      case 'release':
        this.#release(message.owner);
        return;
      case 'watch': {
        const { id, range } = message;
        const stop = this.#host.store.watch(range, ({ sequence }) =>
          this.#send({ kind: 'change', id, sequence }),
        );
        this.#watches.set(id, stop);
        return;
      }
      case 'unwatch':
        this.#watches.get(message.id)?.();
        this.#watches.delete(message.id);
        return;
      case 'retry':
        this.#host.store.noteRetry();
        return;
      case 'lookup':
        this.#takeLookup(message.parts);
        return;
      case 'detach':
        this.end();
    }
  }

  /** The thread has opened a table; a table that is about to go needs no sharing. */
  #takeLookup(parts: LookupParts): void {
    const { access } = this.#host;
    if (!access.hasTable(parts.fileNumber)) return;
    const kept = access.lookups.add(parts, this.#tellLookup);
    if (kept !== parts) this.#tellLookup(kept); // shared-lookups/first-stays
  }

  readonly #tellLookup = (parts: LookupParts): void =>
    this.#send({ kind: 'lookups', lookups: [parts] });

  #run(message: CallMessage): void {
    const running = this.#answer(message).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Never rejects: a failure is an answer. */
  async #answer(message: CallMessage): Promise<void> {
    const { id } = message;
    let signal: AbortSignal | undefined;
    if (message.hasSignal) {
      const controller = new AbortController();
      this.#aborts.set(id, controller);
      ({ signal } = controller);
    }
    try {
      this.#send({ kind: 'done', id, gives: await this.#make(message, signal) });
    } catch (error) {
      this.#send({ kind: 'failed', id, error: encodeError(error) });
    } finally {
      this.#aborts.delete(id);
    }
  }

  async #make({ name, takes }: CallMessage, signal: AbortSignal | undefined): Promise<unknown> {
    const { store, catalog } = this.#host;
    switch (name) {
      case 'attach':
        this.#attach();
        return undefined;
      case 'commit':
        return this.#commit(takes as SentCommit, signal); // its name says so, here and below
      case 'acquire':
        return this.#acquire(takes as Calls['acquire']['takes'], signal);
      case 'flush':
        return store.flush(signal);
      case 'compact':
        return store.compact(takes as Calls['compact']['takes'], signal);
      case 'verify':
        return store.verify(signal);
      case 'checkpoint':
        return store.checkpoint(takes as string, signal);
      case 'catalog':
        return catalog?.change(takes as CatalogCall);
    }
  }

  #attach(): void {
    this.#host.access.attach(this.slot, (parts) => {
      this.#flush();
      this.#port.postMessage({ kind: 'state', parts });
    });
    this.#isAttached = true;
    const { lookups } = this.#host.access;
    this.#send({ kind: 'lookups', lookups: lookups.all });
    this.#stopLookups = lookups.onAdded(this.#tellLookup);
  }

  async #commit(sent: SentCommit, signal: AbortSignal | undefined): Promise<unknown> {
    const { store, catalog } = this.#host;
    const { locks } = sent;
    const owner = locks && this.#lockOwner(locks.owner);
    if (owner !== undefined && locks !== undefined) owner.timeoutMs = locks.timeoutMs;
    const answer = await commitSent({ store, keyspaces: catalog }, sent, owner, signal);
    if (answer.outcome === 'committed') this.#host.access.states.noteCommit(this.slot);
    return answer;
  }

  async #acquire(
    { owner: number, cost, request, timeoutMs }: Calls['acquire']['takes'],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { store } = this.#host;
    const owner = this.#lockOwner(number);
    owner.cost = cost;
    await store.locks.acquire(owner, request, { timeoutMs, signal });
    if (this.#lockOwners.get(number) !== owner) {
      store.locks.release(owner); // the transaction, or its thread, has ended meanwhile
      throw new AbortedError('Transaction has ended while it waited for a lock');
    }
    await store.published(Infinity); // thread-locks/granted-after
  }

  #lockOwner(number: number): ThreadLockOwner {
    let owner = this.#lockOwners.get(number);
    if (owner === undefined) {
      owner = { cost: 0, timeoutMs: 0 };
      this.#lockOwners.set(number, owner);
    }
    return owner;
  }

  #release(number: number): void {
    const owner = this.#lockOwners.get(number);
    if (owner === undefined) return;
    this.#lockOwners.delete(number);
    this.#host.store.locks.release(owner);
  }

  #send(message: OwnerMessage): void {
    if (this.#isOver) return;
    this.#outbox.push(message);
    if (this.#outbox.length === 1) inMicrotask(() => this.#flush());
  }

  #flush(): void {
    const messages = this.#outbox;
    this.#outbox = [];
    if (messages.length > 0 && !this.#isOver) this.#port.postMessage(messages);
  }
}
