/**
 * The stream of changes, as its user holds it: the commits of the database, one after the other.
 *
 * Owns: the way from logged commits to the caller's types, and that a stream lets go of its file once.
 *
 * Keys and values are decoded by the encodings that the catalog records. What has none, or one of the caller's own that no
 * handle of this process has, is shown as bytes. Operations of the catalog, of indexes, and of keyspaces that are gone by
 * now are left out, and so is a commit in which nothing else is left.
 *
 * Invariants:
 *   changes/closed-once: the feed is closed once: by the end of the loop, by an error, or by `close`.
 *
 * Suspension: a step suspends for reads of the log, and until there is a commit.
 */
import { types } from 'node:util';
import { whenAborted } from '../base/abort.ts';
import { describe } from '../base/describe.ts';
import { ClosedError, InvalidArgumentError } from '../base/errors.ts';
import { isArray, timeOf } from '../base/caller-value.ts';
import { checkBoolean, checkSignal, type Taken, type Template } from '../base/options.ts';
import { DELETION, EXPIRING_VALUE, RANGE_DELETION } from '../base/value-type.ts';
import { EXPIRY_SIZE_BYTES, expiryIn } from '../bytes/expiry.ts';
import { keyspaceOf } from '../bytes/keyspace-number.ts';
import type {
  LoggedCommit,
  LoggedOperation,
  StreamStart,
} from '../engine/history/commit-stream.ts';
import type { CommitFeed } from '../store/upkeep.ts';
import { INTERNAL, noConstructor } from './facade.ts';
import type { KeyspaceRef } from './keyspace-ref.ts';
import type { Session } from './session.ts';
import type { Translator } from './translator.ts';

/** Options of `changes`. */
export interface ChangesOptions {
  /**
   * The `sequence` of the commit after which the stream begins, 0 for the very first; or a time, for commits at or after
   * it. By default the stream shows what is committed from now on.
   */
  readonly since?: number | Date;
  /** Only operations in these keyspaces of the database; a commit without any is left out. */
  readonly in?: KeyspaceRef<never, unknown> | readonly KeyspaceRef<never, unknown>[];
  /** False: the stream ends when it has shown what was committed. Default true: it waits for more. */
  readonly follow?: boolean;
  /** Ends the stream: the step that waits rejects with AbortedError. */
  readonly signal?: AbortSignal;
}

export const CHANGES_OPTIONS: Template<ChangesOptions> = {
  since: undefined,
  in: undefined,
  follow: undefined,
  signal: undefined,
};

/** One operation of a commit, in the keyspace of that name; `default` for the keys of the database itself. */
export type Change =
  | {
      readonly type: 'put';
      readonly keyspace: string;
      readonly key: unknown;
      readonly value: unknown;
      /** Milliseconds since 1970, for an entry that expires. */
      readonly expiresAt?: number;
    }
  | { readonly type: 'del'; readonly keyspace: string; readonly key: unknown }
  /** A range of keys was deleted, by their encoded bytes; an absent bound is none. */
  | {
      readonly type: 'delRange';
      readonly keyspace: string;
      readonly gteBytes?: Uint8Array;
      readonly ltBytes?: Uint8Array;
    };

/** A commit: all that one put, batch or transaction has written. */
export interface CommitChanges {
  /** Its place in the order of commits, for `since`. It grows by the number of operations, not by one. */
  readonly sequence: number;
  /** When it was written, by the clock of the system; it never goes back. */
  readonly time: Date;
  /** In their order, at least one. */
  readonly operations: readonly Change[];
}

// Set by the class, whose private members nothing else can reach.
let construct: (source: ChangesSource) => Changes;

/**
 * The commits of a database in their order, whole, without a gap, once each; only what survives a power cut. Made by
 * `db.changes`. Iterate it, leave the loop, or close it: an open stream keeps a file.
 *
 * A step rejects with HistoryGoneError when the commits that come next are not in the logs any more, also after a bulk load
 * (`ingest`), which no log holds. Read the state anew then, and begin with `since` again.
 */
export class Changes implements AsyncIterable<CommitChanges> {
  readonly #source: ChangesSource;

  private constructor(token: symbol, source: ChangesSource) {
    if (token !== INTERNAL) throw noConstructor('Changes', 'db.changes()');
    this.#source = source;
  }

  static {
    construct = (source) => new Changes(INTERNAL, source);
  }

  /** For `for await`. A step rejects as `next` does, and leaving the loop closes the stream. */
  async *[Symbol.asyncIterator](): AsyncGenerator<CommitChanges, undefined> {
    try {
      for (;;) {
        const commit = await this.next();
        if (commit === undefined) return undefined;
        yield commit;
      }
    } finally {
      this.close();
    }
  }

  /**
   * The next commit. Waits until there is one; undefined at the end of a stream that does not follow, and after `close`.
   * Rejects with HistoryGoneError, AbortedError, ClosedError after the database was closed, DecodingError, CorruptionError
   * or IoError; then the stream is closed.
   *
   * @example
   * const changes = db.changes({ since: 0, follow: false, in: accounts });
   * const commit = await changes.next();
   * commit.operations[0].key; // => 'alice'
   * changes.close();
   */
  next(): Promise<CommitChanges | undefined> {
    return this.#source.next();
  }

  /**
   * Gives back what it holds; a step that waits ends. Idempotent.
   *
   * @example
   * const changes = db.changes();
   * changes.close(); // ends a loop over it
   */
  close(): void {
    this.#source.close();
  }

  /** As `close`; for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** As `close`; for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}

/** Throws InvalidArgumentError for a bad option. */
export function makeChanges(session: Session, options: Taken<ChangesOptions>): Changes {
  return construct(new ChangesSource(session, options));
}

class ChangesSource {
  readonly #session: Session;
  readonly #feed: CommitFeed;
  readonly #isFollowing: boolean;
  readonly #numbers: ReadonlySet<number> | undefined;
  readonly #ended = new AbortController();
  readonly #unlisten: () => void;
  readonly #translators = new Map<number, Translator<unknown, unknown>>();
  /** The step before: steps do not overlap. */
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(session: Session, options: Taken<ChangesOptions>) {
    this.#session = session;
    this.#isFollowing = checkBoolean('follow', options.follow ?? true);
    this.#numbers = numbersOf(session, options.in);
    const start = startOf(options.since);
    const signal = checkSignal(options.signal);
    const end = (): void => this.#ended.abort(signal?.reason);
    this.#feed = session.store.commits(start);
    this.#unlisten = whenAborted(signal, end);
    if (signal?.aborted === true) end();
  }

  next(): Promise<CommitChanges | undefined> {
    const step = this.#last.then(() => this.#step());
    this.#last = step.catch(() => undefined);
    return step;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#ended.abort();
    this.#unlisten();
    void this.#last.then(() => this.#feed.close()); // a step may still read
  }

  async #step(): Promise<CommitChanges | undefined> {
    try {
      while (!this.#isClosed) {
        const commit = await this.#feed.next(this.#isFollowing, this.#ended.signal);
        if (commit === undefined) break;
        const shown = this.#show(commit);
        if (shown !== undefined) return shown;
      }
    } catch (error) {
      if (this.#isClosed && !(error instanceof ClosedError)) return undefined;
      this.#end();
      throw error;
    }
    this.#end();
    return undefined;
  }

  /** changes/closed-once. */
  #end(): void {
    this.#isClosed = true;
    this.#unlisten();
    this.#feed.close();
  }

  #show({ sequence, wallMs, operations }: LoggedCommit): CommitChanges | undefined {
    const shown: Change[] = [];
    for (const operation of operations) {
      const number = keyspaceOf(operation.key);
      if (this.#numbers !== undefined && !this.#numbers.has(number)) continue;
      const entry = this.#session.keyspaces.entryOf(number);
      if (entry === undefined || entry.isDropped) continue;
      shown.push(changeOf(operation, entry.name, this.#translatorOf(number)));
    }
    if (shown.length === 0) return undefined;
    return { sequence, time: new Date(wallMs), operations: shown };
  }

  #translatorOf(number: number): Translator<unknown, unknown> {
    let translator = this.#translators.get(number);
    if (translator === undefined) {
      translator = this.#session.keyspaces.recordedTranslator(number);
      this.#translators.set(number, translator);
    }
    return translator;
  }
}

function changeOf(
  { type, key, value }: LoggedOperation,
  keyspace: string,
  translator: Translator<unknown, unknown>,
): Change {
  if (type === RANGE_DELETION) {
    return { type: 'delRange', keyspace, ...translator.userBounds({ start: key, end: value }) };
  }
  const shownKey = translator.decodeKey(key, 0, key.length);
  if (type === DELETION) return { type: 'del', keyspace, key: shownKey };
  const isExpiring = type === EXPIRING_VALUE;
  const start = isExpiring ? EXPIRY_SIZE_BYTES : 0;
  const shownValue = translator.decodeValue(value, start, value.length, key, 0, key.length);
  const put = { type: 'put', keyspace, key: shownKey, value: shownValue } as const;
  return isExpiring ? { ...put, expiresAt: expiryIn(value, 0, value.length) } : put;
}

function numbersOf(session: Session, given: unknown): ReadonlySet<number> | undefined {
  if (given === undefined) return undefined;
  const list: readonly unknown[] = isArray(given) ? given : [given];
  return new Set(list.map((keyspace) => session.spaceOf(keyspace).entry.number));
}

function startOf(since: unknown): StreamStart | undefined {
  if (since === undefined) return undefined;
  if (types.isDate(since) && !Number.isNaN(timeOf(since))) return { wallMs: timeOf(since) };
  if (typeof since === 'number' && Number.isSafeInteger(since) && since >= 0) {
    return { sequence: since };
  }
  throw new InvalidArgumentError(
    `Option since must be a sequence or a Date: found=${describe(since)}`,
  );
}
