/**
 * The first fatal error.
 *
 * Owns: whether the database still takes writes. The first fatal error wins and is never cleared: only reopening,
 * which recovers from the files alone, brings writes back (docs/durability.md).
 */
import { messageOf } from '../../base/describe.ts';
import type { CommitOutcome } from '../../base/errors.ts';
import { DatabaseFailedError } from '../../base/errors.ts';

export class BackgroundError {
  #cause: unknown = undefined;
  #isFailed = false;
  readonly #onFailed: (error: unknown) => void;

  constructor(onFailed: (error: unknown) => void) {
    this.#onFailed = onFailed;
  }

  get isFailed(): boolean {
    return this.#isFailed;
  }

  get cause(): unknown {
    return this.#cause;
  }

  /** Later errors are consequences of the first and are not kept. */
  fail(error: unknown): void {
    if (this.#isFailed) return;
    this.#isFailed = true;
    this.#cause = error;
    this.#onFailed(error);
  }

  /** The error for a write that this failure refuses. */
  toError(outcome: CommitOutcome): DatabaseFailedError {
    return new DatabaseFailedError(
      `The database stopped taking writes after a fatal error: ${messageOf(this.#cause)}`,
      outcome,
      { cause: this.#cause },
    );
  }
}
