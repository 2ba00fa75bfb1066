/**
 * The changes of a database on a backend: its watchers, and its streams of commits.
 *
 * Owns: the one watch that serves all watchers of a process, and the watch of each stream.
 *
 * Invariants:
 *   remote-changes/after: a watcher hears of commits after its begin, and of those alone that its process knew of then. A
 *       stream without a begin shows these commits. Commits of others may be among them that came shortly before.
 *   remote-changes/ends-by-mark: a stream that does not follow writes a mark, and ends when it comes to it. Everything that
 *       was committed before lies before the mark, in any backend.
 *
 * Suspension: `next` of a feed suspends for the backend; listeners are called in turns of their own.
 */
import { abortedBy, whenAborted } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import {
  ClosedError,
  InvalidArgumentError,
  StorageError,
  UnsupportedError,
} from '../base/errors.ts';
import { callListener } from '../base/listeners.ts';
import { DELETION } from '../base/value-type.ts';
import { EMPTY_BYTES } from '../bytes/bytes.ts';
import { type KeyRange, overlapsRange } from '../bytes/key-range.ts';
import { keyspaceOf, SYSTEM_KEYSPACE } from '../bytes/keyspace-number.ts';
import type {
  LoggedCommit,
  LoggedOperation,
  StreamStart,
} from '../engine/history/commit-stream.ts';
import type { CommitFeed } from '../store/upkeep.ts';
import type { PublishedChange } from '../txn/commit-request.ts';
import type { Backend, BackendWrite, WatchedCommit } from './backend.ts';
import { TYPE_SIZE_BYTES, typeOf } from './remote-records.ts';

/** A watch that has failed is begun again after this time. */
const AGAIN_MS = 500;

/** What streams and watchers need of the store. */
export interface ChangesHost {
  readonly backend: Backend;
  readonly clock: Clock;
  /** The newest version that is known. */
  readonly newest: number;
  noteVersion(version: number): void;
  /** The version of a snapshot of now. */
  askNewest(): Promise<number>;
  /** Commits a mark, and resolves with its version. */
  commitMark(): Promise<number>;
}

interface Watcher {
  readonly range: KeyRange;
  readonly listener: (change: PublishedChange) => void;
  /** It hears of commits after this version. */
  readonly after: number;
}

export class RemoteChanges {
  readonly #host: ChangesHost;
  readonly #watchers = new Set<Watcher>();
  readonly #feeds = new Set<RemoteFeed>();
  readonly #closed = new AbortController();
  #watching: Promise<void> | undefined = undefined;

  constructor(host: ChangesHost) {
    this.#host = host;
  }

  /** Throws UnsupportedError for a backend that cannot watch. */
  watch(range: KeyRange, listener: (change: PublishedChange) => void): () => void {
    mustWatch(this.#host.backend);
    const watcher = { range, listener, after: this.#host.newest };
    this.#watchers.add(watcher);
    this.#watching ??= this.#run(watcher.after);
    return () => this.#watchers.delete(watcher);
  }

  /** Throws UnsupportedError for a backend that cannot watch, and for a begin by time. */
  feed(start: StreamStart | undefined): CommitFeed {
    mustWatch(this.#host.backend);
    if (start !== undefined && 'wallMs' in start) {
      throw new UnsupportedError(
        'Streams of a database on a backend begin at a sequence: give since the sequence of a commit',
      );
    }
    const feed = new RemoteFeed(this.#host, start?.sequence, () => this.#feeds.delete(feed));
    this.#feeds.add(feed);
    return feed;
  }

  async close(): Promise<void> {
    this.#closed.abort();
    for (const feed of [...this.#feeds]) feed.end(new ClosedError('Database is closed'));
    await this.#watching;
  }

  async #run(from: number): Promise<void> {
    const { signal } = this.#closed;
    const { backend, clock } = this.#host;
    let after = from;
    while (!signal.aborted) {
      try {
        const all = { start: EMPTY_BYTES, end: undefined, after, signal };
        for await (const commit of backend.watch(all)) {
          after = commit.version;
          this.#host.noteVersion(after);
          this.#tell(commit);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof StorageError)) throw error;
        await pause(clock, signal);
        // What came meanwhile is not known: all of them look.
        after = await this.#host.askNewest().catch(() => after);
        for (const watcher of [...this.#watchers]) this.#call(watcher, after);
      }
    }
  }

  #tell({ version, writes }: WatchedCommit): void {
    for (const watcher of [...this.#watchers]) {
      if (version > watcher.after && writes.some((write) => touches(write, watcher.range))) {
        this.#call(watcher, version);
      }
    }
  }

  #call(watcher: Watcher, sequence: number): void {
    if (!this.#watchers.has(watcher)) return; // ended by one before it
    callListener('watch', () => watcher.listener(Object.freeze({ sequence })));
  }
}

/** A stream of commits, read from a watch of its own. */
class RemoteFeed implements CommitFeed {
  readonly #host: ChangesHost;
  readonly #onClose: () => void;
  readonly #ended = new AbortController();
  #after: number | undefined;
  #source: AsyncIterator<WatchedCommit> | undefined = undefined;
  /** The step of the source that a call before has begun and not seen the end of. */
  #step: Promise<IteratorResult<WatchedCommit, unknown>> | undefined = undefined;
  /** Where a stream ends that does not follow. */
  #mark: number | undefined = undefined;
  #error: Error | undefined = undefined;
  readonly #newest: number;

  constructor(host: ChangesHost, after: number | undefined, onClose: () => void) {
    this.#host = host;
    this.#after = after;
    this.#newest = host.newest;
    this.#onClose = onClose;
  }

  async next(
    isFollowing: boolean,
    signal: AbortSignal | undefined,
  ): Promise<LoggedCommit | undefined> {
    this.#mustRun(signal);
    const after = await this.#start();
    if (!isFollowing) this.#mark ??= await this.#host.commitMark();
    if (this.#source === undefined) {
      const all = { start: EMPTY_BYTES, end: undefined, after, signal: this.#ended.signal };
      this.#source = this.#host.backend.watch(all)[Symbol.asyncIterator]();
    }
    for (;;) {
      this.#step ??= this.#source.next();
      const result = await this.#unless(signal, this.#step);
      this.#step = undefined;
      this.#mustRun(signal);
      if (result.done === true) throw new ClosedError('Database is closed');
      const { version, wallMs, writes } = result.value;
      this.#after = version;
      if (this.#mark !== undefined && version >= this.#mark) return undefined;
      const operations = writes.filter(isOfUser).map(operationOf);
      return { sequence: version, wallMs: wallMs ?? this.#host.clock.wallMs(), operations };
    }
  }

  close(): void {
    this.end(new ClosedError('Stream is closed'));
  }

  end(error: Error): void {
    if (this.#ended.signal.aborted) return;
    this.#error = error;
    this.#ended.abort();
    this.#step?.catch(() => undefined); // nobody waits for it any more
    this.#onClose();
  }

  /** The version after which it shows commits. Rejects with InvalidArgumentError for one in the future. */
  async #start(): Promise<number> {
    if (this.#source !== undefined) return 0;
    if (this.#after === undefined) return this.#newest; // remote-changes/after
    if (this.#after > this.#host.newest) {
      const newest = await this.#host.askNewest();
      if (this.#after > newest) {
        throw new InvalidArgumentError(
          `Sequence is in the future: since=${this.#after} newest=${newest}`,
        );
      }
    }
    return this.#after;
  }

  #mustRun(signal: AbortSignal | undefined): void {
    if (this.#error !== undefined) throw this.#error;
    if (signal?.aborted === true) throw abortedBy(signal, 'Stream of changes was aborted');
  }

  async #unless<T>(signal: AbortSignal | undefined, step: Promise<T>): Promise<T> {
    if (signal === undefined) return step;
    if (signal.aborted) throw abortedBy(signal, 'Stream of changes was aborted');
    let unlisten = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      unlisten = whenAborted(signal, () =>
        reject(this.#error ?? abortedBy(signal, 'Stream of changes was aborted')),
      );
    });
    try {
      return await Promise.race([step, aborted]);
    } finally {
      unlisten();
    }
  }
}

function operationOf({ key, value }: BackendWrite): LoggedOperation {
  if (value === undefined) return { type: DELETION, key, value: EMPTY_BYTES };
  return { type: typeOf(value, key), key, value: value.subarray(TYPE_SIZE_BYTES) };
}

/** Records of the store itself are of no keyspace that a stream shows. */
function isOfUser({ key }: BackendWrite): boolean {
  return keyspaceOf(key) !== SYSTEM_KEYSPACE;
}

function touches({ key }: BackendWrite, range: KeyRange): boolean {
  return overlapsRange({ smallest: key, largest: key, isLargestExclusive: false }, range);
}

function mustWatch({ name, capabilities }: Backend): void {
  if (capabilities.canWatch) return;
  throw new UnsupportedError(
    `Backend tells no changes: name=${name}; read again, or keep a time in your rows`,
  );
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      unlisten();
      resolve();
    };
    const timer = clock.schedule(AGAIN_MS, end);
    const unlisten = whenAborted(signal, end);
  });
}
