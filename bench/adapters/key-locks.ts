/**
 * Key locks: read-modify-write over engines without transactions.
 *
 * Owns: one queue per key. An application over LevelDB or RocksDB has to write this itself to move money, at the same
 * cost.
 *
 * Invariants:
 *   L1. A holder has all its keys or none. All holders take keys in one order, so none waits in a circle.
 */
export class KeyLocks {
  readonly #queues = new Map<string, (() => void)[]>();

  /** Runs `work` while no other holder has one of the keys. */
  async hold<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const ordered = [...new Set(keys)].sort(); // L1
    for (const key of ordered) await this.#take(key);
    try {
      return await work();
    } finally {
      for (const key of ordered) this.#release(key);
    }
  }

  #take(key: string): Promise<void> | undefined {
    const queue = this.#queues.get(key);
    if (queue === undefined) {
      this.#queues.set(key, []);
      return undefined;
    }
    return new Promise((resolve) => queue.push(resolve));
  }

  #release(key: string): void {
    const next = this.#queues.get(key)?.shift();
    if (next === undefined) this.#queues.delete(key);
    else next();
  }
}
