/**
 * Commits that wait for room, first come first served.
 *
 * Owns: their order, and how each of them leaves it: admitted, refused, or taken away by its signal.
 *
 * Suspension: every method is synchronous up to the promise it returns.
 */
import { AbortedError } from '../base/errors.ts';

export interface WaitingCommit {
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
  readonly #commits: WaitingCommit[] = [];

  get length(): number {
    return this.#commits.length;
  }

  get first(): WaitingCommit | undefined {
    return this.#commits[0];
  }

  /** At the end of the line. `onLeft` is called after its signal took the commit away. */
  join(
    { operationCount, sizeBytes, run }: Pick<WaitingCommit, 'operationCount' | 'sizeBytes' | 'run'>,
    signal: AbortSignal | undefined,
    onLeft: () => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      // A signal may outlive many commits: none leaves its listener behind.
      const forget = (): void => signal?.removeEventListener('abort', onAbort);
      const commit: WaitingCommit = {
        operationCount,
        sizeBytes,
        run,
        resolve: (done) => {
          forget();
          resolve(done);
        },
        reject: (error) => {
          forget();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
        isSlowed: false,
      };
      const onAbort = (): void => {
        if (!this.leave(commit)) return;
        commit.reject(
          new AbortedError('Commit was aborted while it waited', { cause: signal?.reason }),
        );
        onLeft();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#commits.push(commit);
    });
  }

  /** False when it stood there no more. */
  leave(commit: WaitingCommit): boolean {
    const index = this.#commits.indexOf(commit);
    if (index >= 0) this.#commits.splice(index, 1);
    return index >= 0;
  }

  rejectAll(error: Error): void {
    for (const commit of this.#commits.splice(0)) commit.reject(error);
  }
}
