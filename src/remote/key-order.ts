/**
 * Commits under way, by their keys.
 *
 * Owns: the order of commits of this process that write the same key: each one is sent when the one before it has ended.
 * Backends answer requests that overlap in any order.
 *
 * Suspension: `run` suspends for the commits before, and for its own.
 */
import { bufferOf } from '../bytes/bytes.ts';
import type { BackendWrite } from './backend.ts';

export class KeyOrder {
  /** The last commit of each key. */
  readonly #last = new Map<string, Promise<unknown>>();

  /** Places are taken in the turn of the call. */
  async run<T>(writes: readonly BackendWrite[], send: () => Promise<T>): Promise<T> {
    const names = writes.map(({ key }) => bufferOf(key).toString('latin1'));
    const before = new Set<Promise<unknown>>();
    for (const name of names) {
      const last = this.#last.get(name);
      if (last !== undefined) before.add(last);
    }
    const own = before.size === 0 ? send() : Promise.allSettled(before).then(send);
    for (const name of names) this.#last.set(name, own);
    try {
      return await own;
    } finally {
      for (const name of names) if (this.#last.get(name) === own) this.#last.delete(name);
    }
  }
}
