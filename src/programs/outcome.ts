/**
 * How a command can end other than well.
 *
 * Owns: the endings that are no storage error. program.ts turns each into an exit status.
 */

/** The command line is wrong in a way that the parser cannot see. Nothing happened. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The answer is no, and all there is to say has been printed: an absent key, a failed audit. */
export class NegativeAnswer extends Error {
  override readonly name = 'NegativeAnswer';
}

/** The reader of the output has gone, as `head` does. No message can reach it. */
export class BrokenPipeError extends Error {
  override readonly name = 'BrokenPipeError';
}

/** The user pressed Ctrl-C. The work that was started has been stopped. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}
