/**
 * The line of commits while one of them reads ahead.
 *
 * Owns: the order in which they enter, which is that of their calls.
 *
 * Invariants:
 *   read-ahead-line/in-call-order: a commit that waits for a block keeps its turn. Those that are called after it enter after
 *       it, though they wait for nothing. Example: an update of a key whose block is on the disk, then a put of that key:
 *       the put stays. Reads of several commits go on at the same time, so that the line is as slow as its slowest read.
 *
 * Suspension: `join` is synchronous up to the promise that it returns.
 */
interface Waiting {
  isReady: boolean;
  readonly enter: () => Promise<void>;
  readonly resolve: (entered: Promise<void>) => void;
  readonly reject: (error: unknown) => void;
}

export class ReadAheadLine {
  #line: Waiting[] = [];

  get isEmpty(): boolean {
    return this.#line.length === 0;
  }

  /**
   * Calls `enter` when `reading` has resolved and everyone before has entered; undefined: it waits for the others alone.
   * Resolves as `enter` does. Rejects as `reading` does, and lets the next ones on.
   */
  join(reading: Promise<unknown> | undefined, enter: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { isReady: reading === undefined, enter, resolve, reject };
      this.#line.push(waiting);
      reading?.then(
        () => {
          waiting.isReady = true;
          this.#advance();
        },
        (error: unknown) => {
          this.#line = this.#line.filter((each) => each !== waiting);
          waiting.reject(error);
          this.#advance();
        },
      );
    });
  }

  #advance(): void {
    for (let first = this.#line[0]; first?.isReady === true; first = this.#line[0]) {
      this.#line.shift();
      try {
        first.resolve(first.enter());
      } catch (error) {
        first.reject(error);
      }
    }
  }
}
