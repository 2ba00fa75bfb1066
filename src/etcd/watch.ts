/**
 * Watching commits.
 *
 * Owns: one stream of changes, over as many members as it takes, and how changes of keys become commits again. etcd sends the
 * changes of several revisions together. One commit is one revision.
 *
 * Invariants:
 *   etcd-watch/whole: a message of etcd ends with the end of a revision, so a commit is shown when all of it is there.
 *   etcd-watch/gapless: a stream that breaks is begun again after the last revision that was shown.
 *
 * Suspension: a step suspends until there is a commit.
 */
import {
  type BackendWrite,
  ClosedError,
  HistoryGoneError,
  type WatchedCommit,
  type WatchRequest,
} from '../index.ts';
import { type Layout, slotTime } from './layout.ts';
import type { Members, WatchStream } from './members.ts';
import type { KeyValue, WatchResponse } from './protocol.ts';
import { valueOf } from './snapshot.ts';
import { sleep } from '../adapters/time.ts';

const PAUSE_MS_FIRST = 20;
const PAUSE_MS_MAX = 500;
/** Messages that wait for their reader; the stream stops until he comes. */
const QUEUE_LENGTH_MAX = 64;
const PUT = 0;

/** Ends quietly with the signal; throws HistoryGoneError and ClosedError. */
export async function* watchCommits(
  members: Members,
  layout: Layout,
  { start, end, after, signal }: WatchRequest,
): AsyncGenerator<WatchedCommit, undefined> {
  const range = { start: layout.dataKey(start), end: layout.dataEnd(end) };
  let last = after;
  let pauseMs = PAUSE_MS_FIRST;
  while (!signal.aborted) {
    const { stream, failed } = members.watch();
    const messages = new Messages(stream, signal);
    try {
      stream.write({
        create_request: {
          key: layout.start,
          range_end: layout.end,
          start_revision: last + 1,
          fragment: false, // etcd-watch/whole
        },
      });
      for (;;) {
        const message = await messages.next();
        if (message === undefined) break;
        if (message.compact_revision > 0) throw gone(last, message.compact_revision);
        if (message.canceled) break;
        pauseMs = PAUSE_MS_FIRST;
        for (const commit of commitsOf(message, layout, range)) {
          last = commit.version;
          if (commit.writes.length > 0) yield commit;
          if (signal.aborted) return undefined;
        }
      }
    } finally {
      messages.close();
    }
    if (members.closed.aborted) throw new ClosedError('Database is closed');
    if (signal.aborted) return undefined;
    failed();
    await sleep(pauseMs, signal);
    pauseMs = Math.min(PAUSE_MS_MAX, 2 * pauseMs);
  }
  return undefined;
}

/** The messages of a stream, one after the other. */
class Messages {
  readonly #stream: WatchStream;
  readonly #signal: AbortSignal;
  readonly #queue: WatchResponse[] = [];
  #isEnded = false;
  #wake = (): void => undefined;
  readonly #onAbort = (): void => this.#end();

  constructor(stream: WatchStream, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
    stream.on('data', (message: WatchResponse) => {
      this.#queue.push(message);
      if (this.#queue.length >= QUEUE_LENGTH_MAX) stream.pause();
      this.#wake();
    });
    stream.on('error', () => this.#end()); // the next stream finds out what is wrong
    stream.on('end', () => this.#end());
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#end();
  }

  /** Undefined at the end of the stream. */
  async next(): Promise<WatchResponse | undefined> {
    while (this.#queue.length === 0 && !this.#isEnded) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const message = this.#isEnded && this.#signal.aborted ? undefined : this.#queue.shift();
    if (this.#queue.length === 0) this.#stream.resume();
    return message;
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#stream.cancel();
  }

  #end(): void {
    this.#isEnded = true;
    this.#wake();
  }
}

/** The commits of a message, in their order, those without a write in the range too. */
function* commitsOf(
  { events }: WatchResponse,
  layout: Layout,
  range: { readonly start: Buffer; readonly end: Buffer },
): Generator<WatchedCommit> {
  for (let at = 0; at < events.length;) {
    const version = events[at]!.kv.mod_revision; // at < length
    let wallMs: number | undefined;
    const writes: BackendWrite[] = [];
    for (; at < events.length && events[at]!.kv.mod_revision === version; at++) {
      const { type, kv } = events[at]!; // at < length
      if (type !== PUT) continue; // a tombstone that was tidied away
      if (layout.isSlot(kv.key)) wallMs = slotTime(kv.value);
      else if (isIn(kv, range)) writes.push({ key: layout.keyIn(kv.key), value: valueOf(kv) });
    }
    writes.sort((a, b) => Buffer.compare(a.key, b.key));
    yield { version, wallMs, writes };
  }
}

function isIn(
  { key }: KeyValue,
  { start, end }: { readonly start: Buffer; readonly end: Buffer },
): boolean {
  return key.compare(start) >= 0 && key.compare(end) < 0;
}

function gone(after: number, compactRevision: number): HistoryGoneError {
  return new HistoryGoneError(
    `Servers have compacted commits that come next: after=${after} compacted=${compactRevision}`,
    compactRevision,
  );
}
