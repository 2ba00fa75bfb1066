/**
 * Watchers: listeners that hear of commits to a range, and followers, which hear that the commit order has moved on.
 *
 * Owns: the lists of both, the look at what was published, and calling them. While there is none, a commit pays one
 * comparison for it.
 *
 * Invariants:
 *   watchers/after: a watcher is called in a microtask after its commits were published. So it never runs within a call
 *       of the database, and its reads see these commits.
 *   watchers/once: a watcher is called once for all that was published since its last call, with the last sequence of
 *       it. So is a follower, for any commit and for any that became durable.
 *
 * Suspension: `untilMoved` suspends; every other method is synchronous.
 */
import { whenAborted } from '../../base/abort.ts';
import type { BatchReader } from '../../batch/batch-reader.ts';
import { callListener } from '../../base/listeners.ts';
import { inMicrotask } from '../../base/scheduling.ts';
import { RANGE_DELETION } from '../../base/value-type.ts';
import { type KeyBounds, type KeyRange, overlapsRange } from '../../bytes/key-range.ts';
import type { PublishedChange } from '../../txn/commit-request.ts';

interface Watcher {
  readonly range: KeyRange;
  readonly listener: (change: PublishedChange) => void;
  isTouched: boolean;
}

/** A look at something that grows. */
export interface Look<T> {
  readonly value: T | undefined;
  /** True when no more is waited for. */
  readonly isEnd: boolean;
}

/** How a call waits, and until when. */
export interface Waiting {
  readonly check: () => void;
  readonly ended: AbortSignal;
  readonly onWait?: () => void;
}

export class Watchers {
  readonly #watchers = new Set<Watcher>();
  /** The last sequence that was published. */
  #sequence = 0;
  #isScheduled = false;
  readonly #followers = new Set<() => void>();
  #hasMoved = false;

  get isEmpty(): boolean {
    return this.#watchers.size === 0 && this.#followers.size === 0;
  }

  /** Returns a function that ends it. */
  follow(follower: () => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /**
   * What `look` finds. It looks again whenever commits have moved, until it finds something or says that this is the end.
   * `check` throws when the call must end, and `ended` is aborted then. `onWait` is called before each wait.
   */
  async untilMoved<T>(
    look: () => Promise<Look<T>>,
    { check, ended, onWait }: Waiting,
  ): Promise<T | undefined> {
    for (;;) {
      check();
      let onMoved = (): void => undefined;
      const moved = new Promise<void>((resolve) => (onMoved = resolve));
      const unfollow = this.follow(onMoved); // before the look: what moves meanwhile is not missed
      const unlisten = whenAborted(ended, onMoved);
      try {
        const { value, isEnd } = await look();
        if (value !== undefined || isEnd) return value;
        onWait?.();
        await moved;
      } finally {
        unfollow();
        unlisten();
      }
    }
  }

  /** Commits were published or have become durable. */
  moved(): void {
    if (this.#followers.size === 0) return;
    this.#hasMoved = true;
    this.#schedule();
  }

  /** Returns a function that ends the watch: the listener is not called after it. */
  add(range: KeyRange, listener: (change: PublishedChange) => void): () => void {
    const watcher = { range, listener, isTouched: false };
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** The operations that the reader stands before were published; the last has this sequence. */
  published(reader: BatchReader, sequence: number): void {
    this.moved();
    while (this.#watchers.size > 0 && reader.next()) {
      const smallest = reader.bytes.subarray(reader.keyStart, reader.keyEnd);
      const isLargestExclusive = reader.type === RANGE_DELETION;
      const largest = isLargestExclusive
        ? reader.bytes.subarray(reader.valueStart, reader.valueEnd)
        : smallest;
      this.#touchWithin({ smallest, largest, isLargestExclusive });
    }
    this.#sequence = sequence;
  }

  /** Commits were published of which it is not known what they touch. */
  skipped(sequence: number): void {
    this.moved();
    for (const watcher of this.#watchers) if (!watcher.isTouched) this.#touch(watcher);
    this.#sequence = sequence;
  }

  /** A bulk load was published, which has replaced the keys in `[smallest, largest]`. */
  loaded(smallest: Uint8Array, largest: Uint8Array, sequence: number): void {
    this.moved();
    this.#touchWithin({ smallest, largest, isLargestExclusive: false });
    this.#sequence = sequence;
  }

  #touchWithin(bounds: KeyBounds): void {
    for (const watcher of this.#watchers) {
      if (!watcher.isTouched && overlapsRange(bounds, watcher.range)) this.#touch(watcher);
    }
  }

  #touch(watcher: Watcher): void {
    watcher.isTouched = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    inMicrotask(() => this.#call());
  }

  #call(): void {
    this.#isScheduled = false;
    if (this.#hasMoved) {
      this.#hasMoved = false;
      for (const follower of [...this.#followers]) follower();
    }
    const change = Object.freeze({ sequence: this.#sequence });
    for (const watcher of [...this.#watchers]) {
      if (!watcher.isTouched || !this.#watchers.has(watcher)) continue;
      watcher.isTouched = false;
      callListener('watch', () => watcher.listener(change));
    }
  }
}
