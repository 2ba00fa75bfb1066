/**
 * What the page hears without asking: statistics each second, and commits as they come, as server-sent events.
 *
 * Owns: the format of a stream of events, and that each ends with its connection.
 *
 * Invariants:
 *   studio-feeds/bounded: a slow reader is waited for. A tick of statistics that finds the last one still unsent is left
 *       out; a stream of changes reads no further.
 *   studio-feeds/ends: nothing of a stream stays when the reader goes or the studio closes.
 *
 * Suspension: `feedChanges` suspends until there is a commit, and for the reader.
 */
import type { ServerResponse } from 'node:http';

import type { Change, CommitChanges } from '../api/changes.ts';
import { AbortedError, ClosedError, HistoryGoneError, StorageError } from '../base/errors.ts';
import { startInterval, stopInterval, systemMs } from '../base/scheduling.ts';
import { historyStart } from '../inspect/history-start.ts';
import type { BytesDatabase } from './entries.ts';
import { idOf, shownBytes, shownValue } from './shown.ts';

const TICK_MS = 1000;
/** Operations before now with which a tail begins, where the history has them. */
const EARLIER_OPERATION_COUNT = 500;
/** Operations of one commit that are shown. */
const OPERATION_COUNT_MAX = 100;
const BEGINNING_LENGTH = 200;

export class EventStream {
  readonly #response: ServerResponse;
  readonly #stop = new AbortController();

  constructor(response: ServerResponse) {
    this.#response = response;
    response.on('close', () => this.#stop.abort());
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
  }

  /** Aborts when the reader goes or `end` is called. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  get isFull(): boolean {
    return this.#response.writableNeedDrain;
  }

  /** One event: JSON has no line breaks. */
  send(name: string, data: unknown, id?: number): void {
    if (this.#response.writableEnded || this.signal.aborted) return;
    const head = id === undefined ? '' : `id: ${id}\n`;
    this.#response.write(`${head}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Resolves when the reader has taken what was sent, or has gone. */
  drained(): Promise<void> {
    if (!this.isFull || this.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#response.once('drain', resolve);
      this.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  end(): void {
    this.#stop.abort();
    this.#response.end();
  }
}

/** Statistics, at once and then each second. */
export function feedStats(db: BytesDatabase, stream: EventStream): void {
  const tick = (): void => {
    if (stream.isFull || !db.isOpen) return;
    stream.send('stats', { now: systemMs(), stats: db.stats() });
  };
  tick();
  const timer = startInterval(tick, TICK_MS);
  stream.signal.addEventListener('abort', () => stopInterval(timer), { once: true });
}

/**
 * Commits since `since`; without it, the latest that the history has and those that come. Ends with the event `gone`, which
 * says why, when it cannot go on.
 */
export async function feedChanges(
  db: BytesDatabase,
  stream: EventStream,
  since: number | undefined,
): Promise<void> {
  const { signal } = stream;
  try {
    const from = since ?? (await tailStart(db));
    stream.send('begin', { since: from, historyKept: db.stats().history.keepMs > 0 });
    for await (const commit of db.changes({ since: from, signal })) {
      stream.send('commit', shownCommit(commit), commit.sequence);
      await stream.drained();
    }
  } catch (error) {
    if (error instanceof AbortedError || error instanceof ClosedError) return;
    if (!(error instanceof StorageError)) throw error;
    const { code, message } = error;
    const oldest = error instanceof HistoryGoneError ? error.oldestSequence : undefined;
    stream.send('gone', { code, message, oldestSequence: oldest });
  } finally {
    stream.end();
  }
}

async function tailStart(db: BytesDatabase): Promise<number> {
  const { published } = db.stats().sequence;
  return Math.min(published, Math.max(await historyStart(db), published - EARLIER_OPERATION_COUNT));
}

function shownCommit({ sequence, time, operations }: CommitChanges): object {
  return {
    sequence,
    time: time.getTime(),
    operationCount: operations.length,
    operations: operations.slice(0, OPERATION_COUNT_MAX).map(shownOperation),
  };
}

function shownOperation(change: Change): object {
  const { type, keyspace } = change;
  if (change.type === 'delRange') {
    const { gteBytes, ltBytes } = change;
    return { type, keyspace, gte: bound(gteBytes), lt: bound(ltBytes) };
  }
  const key = shownValue(change.key, BEGINNING_LENGTH);
  const id = change.key instanceof Uint8Array ? idOf(change.key) : undefined;
  if (change.type === 'del') return { type, keyspace, key, id };
  return { type, keyspace, key, id, value: shownValue(change.value, BEGINNING_LENGTH) };
}

function bound(bytes: Uint8Array | undefined): object | undefined {
  return bytes === undefined ? undefined : shownBytes(bytes, 'utf8', BEGINNING_LENGTH);
}
