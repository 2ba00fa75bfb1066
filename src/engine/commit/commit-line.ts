/**
 * The commit line: commits that wait for room, first come first served.
 *
 * Owns: their order, and how each of them leaves it: admitted, refused, or taken away by its signal.
 *
 * Suspension: every method is synchronous up to the promise it returns.
 */
import { abortedBy, whenAborted } from '../../base/abort.ts';
import { asError } from '../../base/describe.ts';
import { hold, letGo } from '../../base/liveness.ts';
import type { JoinOrder } from '../state/join-order.ts';

export interface WaitingCommit {
  /** Rises along the line (join-order/before-the-try). */
  readonly number: number;
  readonly operationCount: number;
  readonly sizeBytes: number;
  /** Runs the commit in one turn; called when there is room. */
  readonly run: () => Promise<void>;
  /** Both end the wait; the commit has left the line before. */
  readonly resolve: (done: Promise<void>) => void;
  readonly reject: (error: unknown) => void;
  isSlowed: boolean;
}

export class CommitLine {
  readonly #joins: JoinOrder;
  readonly #commits: WaitingCommit[] = [];
  #closedBy: Error | undefined = undefined;

  constructor(joins: JoinOrder) {
    this.#joins = joins;
  }

  get length(): number {
    return this.#commits.length;
  }

  /** True when a new commit cannot begin at once: others wait, or the line is closed. */
  get isInTheWay(): boolean {
    return this.#commits.length > 0 || this.#closedBy !== undefined;
  }

  get isClosed(): boolean {
    return this.#closedBy !== undefined;
  }

  get first(): WaitingCommit | undefined {
    return this.#commits[0];
  }

  /** Puts a commit at the end of the line. `onLeft` is called after its signal took it away. */
  join(
    { operationCount, sizeBytes, run }: Pick<WaitingCommit, 'operationCount' | 'sizeBytes' | 'run'>,
    signal: AbortSignal | undefined,
    onLeft: () => void,
  ): Promise<void> {
    if (this.#closedBy !== undefined) return Promise.reject(this.#closedBy);
    return new Promise((resolve, reject) => {
      let stopListening = (): void => undefined;
      const forget = (): void => {
        letGo();
        stopListening();
      };
      const commit: WaitingCommit = {
        number: this.#joins.next(),
        operationCount,
        sizeBytes,
        run,
        resolve: (done) => {
          forget();
          resolve(done);
        },
        reject: (error) => {
          forget();
          reject(asError(error));
        },
        isSlowed: false,
      };
      const onAbort = (): void => {
        if (!this.leave(commit)) return;
        commit.reject(abortedBy(signal, 'Commit was aborted while it waited'));
        onLeft();
      };
      stopListening = whenAborted(signal, onAbort);
      this.#commits.push(commit);
      hold();
      if (signal?.aborted === true) onAbort(); // while the commit waited for a lock
    });
  }

  /** False when the commit was not in the line any more. */
  leave(commit: WaitingCommit): boolean {
    const index = this.#commits.indexOf(commit);
    if (index >= 0) this.#commits.splice(index, 1);
    return index >= 0;
  }

  /** Commits that join from now on are rejected with this error. */
  close(error: Error): void {
    this.#closedBy = error;
  }

  /** Rejects those whose number is `joinedCount` at most. */
  rejectJoined(joinedCount: number, error: Error): void {
    const later = this.#commits.findIndex(({ number }) => number > joinedCount);
    const refused = this.#commits.splice(0, later < 0 ? this.#commits.length : later);
    for (const commit of refused) commit.reject(error);
  }
}
