/**
 * The order in which commits and calls began to wait.
 *
 * Owns: their numbers. A commit has one when it joins the line; a call of flush() or compact(), or a bulk load, when it
 * begins. It keeps the number until it is done.
 *
 * Invariants:
 *   join-order/before-the-try: the failure of a try in a shortage refuses only those that joined before the try began.
 *       Space may be back when a later one joins. Example: a flush meets a full disk, a file is removed, and a commit
 *       joins. The report of the failure comes last, and the commit goes on waiting.
 *   join-order/next-try: the failure of the next try refuses those that the one before it spared, because they have
 *       joined by then. So a full disk holds no one for long.
 *
 * Suspension: every method is synchronous.
 */
export class JoinOrder {
  #count = 0;

  /** How many have ever joined: the number of the last one. A try takes it when it begins. */
  get count(): number {
    return this.#count;
  }

  /** The number of one that joins now. */
  next(): number {
    return ++this.#count;
  }
}
