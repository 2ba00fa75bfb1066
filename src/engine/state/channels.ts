/**
 * Channels of `node:diagnostics_channel`: what happens in every database of the process, for tools that hold none.
 *
 * Owns: their names and messages. `varve:commit` tells of each group of commits that becomes visible. Each event has a
 * channel of its name, such as `varve:flush-finished`. A message is an object that is made for its subscribers alone.
 *
 * Invariants:
 *   channels/free-without-subscribers: no message is made while a channel has no subscriber.
 *
 * Suspension: synchronous. Node.js reports what a subscriber throws as an uncaught exception, after the call.
 */
import { channel } from 'node:diagnostics_channel';

/** Groups of commits that have become visible. */
export interface CommitMessage {
  /** The directory of the database. */
  readonly location: string;
  /** The last sequence that reads see now. */
  readonly sequence: number;
  /** Commits in the group. */
  readonly commitCount: number;
  /** Their operations. */
  readonly operationCount: number;
}

const commits = channel('varve:commit');

/** True when somebody listens to commits (channels/free-without-subscribers). */
export function hearsCommits(): boolean {
  return commits.hasSubscribers;
}

export function publishCommit(message: CommitMessage): void {
  commits.publish(message);
}

/** An event, frozen, of the database in `location`. */
export function publishEvent(location: string, name: string, event: object): void {
  const found = channel(`varve:${name}`);
  if (found.hasSubscribers) found.publish({ location, ...event });
}
