/**
 * The blocks that point lookups wait for and hold.
 *
 * Owns: the way in which a lookup gets a block that is not cached, one request at a time, and every block loaded for this
 * user. A lookup that had to wait finds its block afterwards, even when the cache is too small to keep it, or there is
 * none.
 *
 *      'call'     the lookup reads the block and goes on
 *      'choice'   the same while the choice of the block's cache is a call (cache/load-choice.ts); otherwise the lookup
 *                 asks for the block and says NEEDS_BLOCK
 *
 * Use: when a lookup says NEEDS_BLOCK, call `load` and look up again; at the end, in a `finally`, `clear`. By 'call' no
 * lookup says so, and nothing is held.
 *
 * Invariants:
 *   pinned-blocks/request-holds-the-file: between a request and its load the table's file is held open
 *       (block-source/open-while-used). So evicting the reader in between is safe.
 *   pinned-blocks/known-by-numbers: blocks are known by file number and block number, because the next lookup may use
 *       a reader that was opened anew.
 *
 * Suspension: `load` suspends for one read.
 */
import { assert } from '../base/assert.ts';
import type { Block } from './block.ts';
import type { BlockSource } from './block-source.ts';

export type BlockWay = 'call' | 'choice';

export class PinnedBlocks {
  readonly #way: BlockWay;
  readonly #blocks: Block[] = [];
  /** The number of the block at the same place in `#blocks`. */
  readonly #fileNumbers: number[] = [];
  #source: BlockSource | undefined = undefined;
  #blockIndex = 0;

  constructor(way: BlockWay = 'choice') {
    this.#way = way;
  }

  /** True when a lookup has asked for a block that is not loaded yet. */
  get isWaiting(): boolean {
    return this.#source !== undefined;
  }

  /** A block that is not cached, into `given` when it is read by a call; undefined: the lookup says NEEDS_BLOCK. */
  obtain(source: BlockSource, blockIndex: number, given: Block): Block | undefined {
    const pinned = this.#find(source.fileNumber, blockIndex);
    if (pinned !== undefined) return pinned;
    if (this.#way === 'call') return source.loadSync(blockIndex, true, given);
    if (source.isNextByCall()) {
      return source.loadByCall(blockIndex, true, given);
    }
    this.#request(source, blockIndex);
    return undefined;
  }

  #request(source: BlockSource, blockIndex: number): void {
    assert(this.#source === undefined, 'one block is asked for at a time');
    source.retain(); // pinned-blocks/request-holds-the-file
    this.#source = source;
    this.#blockIndex = blockIndex;
  }

  #find(fileNumber: number, blockIndex: number): Block | undefined {
    for (let i = 0; i < this.#blocks.length; i++) {
      const block = this.#blocks[i]!; // i < length, which both arrays share
      if (block.index === blockIndex && this.#fileNumbers[i] === fileNumber) return block;
    }
    return undefined;
  }

  /** Reads the requested block. Throws CorruptionError or IoError; the request is over either way. */
  async load(): Promise<void> {
    const source = this.#take();
    try {
      this.#pin(source, await source.load(this.#blockIndex, true));
    } finally {
      source.release();
    }
  }

  /** Drops the request, if there is one, and every block. */
  clear(): void {
    this.#source?.release();
    this.#source = undefined;
    this.#blocks.length = 0;
    this.#fileNumbers.length = 0;
  }

  #take(): BlockSource {
    const source = this.#source;
    assert(source !== undefined, 'a block is loaded after it was asked for');
    this.#source = undefined;
    return source;
  }

  #pin(source: BlockSource, block: Block): void {
    this.#blocks.push(block);
    this.#fileNumbers.push(source.fileNumber);
  }
}
