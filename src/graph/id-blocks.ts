/**
 * Ids: numbers that are given out once.
 *
 * Owns: the blocks of ids that a handle takes from the graph, and what it gives out of them.
 *
 * Invariants:
 *   id-blocks/never-again: a block is taken by a commit that is durable before any id of it is given out. No later block
 *       begins before its end. So no crash, and no deletion, gives an id a second time; ids that a handle has not given
 *       out at its end are passed over.
 *   id-blocks/ascending: one handle gives out ascending ids.
 *
 * Suspension: `take` suspends when its block has not enough left.
 */
import { CorruptionError, type Keyspace } from '../index.ts';

export const NEXT_ID = 'next-id';
const BLOCK_COUNT = 4096;

export class IdBlocks {
  readonly #meta: Keyspace<string, string>;
  #next = 1;
  #end = 1;
  /** The last block that was asked for: two calls do not take one each for the ids that one block has. */
  #pending: Promise<unknown> = Promise.resolve();

  constructor(meta: Keyspace<string, string>) {
    this.#meta = meta;
  }

  /** The first of `count` ids in a row. */
  async take(count = 1): Promise<number> {
    while (this.#end - this.#next < count) {
      const turn = this.#pending.then(() => this.#takeBlock(count));
      this.#pending = turn.catch(() => undefined);
      await turn;
    }
    const first = this.#next;
    this.#next += count;
    return first;
  }

  async #takeBlock(count: number): Promise<void> {
    if (this.#end - this.#next >= count) return; // the call before has taken one
    const size = Math.max(count, BLOCK_COUNT);
    let first = 0;
    await this.#meta.update(
      NEXT_ID,
      (text) => {
        first = nextIdOf(text);
        return String(first + size);
      },
      { durability: 'sync' },
    );
    this.#next = first;
    this.#end = first + size;
  }
}

/** The first id that no block has. */
export function nextIdOf(text: string | undefined): number {
  if (text === undefined) return 1;
  const next = Number(text);
  if (Number.isSafeInteger(next) && next > 0) return next;
  throw new CorruptionError(`Next id of a graph is no number: found=${text}`);
}
