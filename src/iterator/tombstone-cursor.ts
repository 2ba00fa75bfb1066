/**
 * The newest range tombstone of several sources over one key after another.
 *
 * Owns: where a scan stands in the maps of each list, and the stretch of keys for which the last answer holds.
 *
 * Invariants:
 *   tombstone-cursor/answers-as-made: a cursor answers as the lists did when it was made
 *       (range-tombstones/views-stay): tombstones that are added later are newer than its read sequence.
 *   tombstone-cursor/any-order: keys may be asked for in any order. In ascending or descending order a key costs two
 *       comparisons while it stays in its stretch, and few more for each list when it goes on to the next one.
 *
 * Suspension: every method is synchronous.
 */
import { assert, INVARIANTS } from '../base/assert.ts';
import { isSlowWay } from '../base/coin.ts';
import type { RangeTombstones } from './range-tombstones.ts';
import { PIECE_LENGTH, pieceAt, type TombstoneKeys } from './tombstone-map.ts';

/** A list and how it is read. */
export interface ReadTombstones {
  readonly tombstones: RangeTombstones;
  readonly readSequence: number;
  /** The sequence that every one of the list is shown as; undefined: its own. */
  readonly shownAs?: number;
}

/** Pieces that are looked at in the direction of the scan before all are searched. */
const NEAR_COUNT = 3;
/** No boundary on that side. */
const OPEN = -1;

/** One map of a list's view, and the piece of it where the scan stands. */
class Layer {
  readonly keys: TombstoneKeys;
  readonly map: Int32Array;
  readonly readSequence: number;
  readonly shownAs: number | undefined;
  piece = -PIECE_LENGTH;

  constructor(keys: TombstoneKeys, map: Int32Array, read: ReadTombstones) {
    this.keys = keys;
    this.map = map;
    this.readSequence = read.readSequence;
    this.shownAs = read.shownAs;
  }

  /** Moves to the piece that holds the key, and returns the sequence that deleted it, or 0. */
  moveTo(bytes: Uint8Array, start: number, end: number): number {
    const { keys, map } = this;
    let { piece } = this;
    let isFound = piece < 0 || keys.compareWith(map[piece]!, bytes, start, end) <= 0; // inside, here and below
    if (isFound) {
      isFound = false;
      for (let count = 0; !isFound && count < NEAR_COUNT; count++) {
        const next = piece + PIECE_LENGTH;
        isFound = next === map.length || keys.compareWith(map[next]!, bytes, start, end) > 0;
        if (!isFound) piece = next;
      }
    }
    this.piece = isFound ? piece : pieceAt(keys, map, bytes, start, end);
    const sequence = this.piece < 0 ? 0 : keys.sequenceOf(map[this.piece + 1]!);
    if (sequence === 0 || sequence > this.readSequence) return 0;
    return this.shownAs ?? sequence;
  }
}

/** A key of one list. */
class Boundary {
  keys: TombstoneKeys | undefined = undefined;
  key: number = OPEN;

  clear(): void {
    this.keys = undefined;
    this.key = OPEN;
  }

  /** Takes another key if that is on the side that `sign` says: 1 for a greater one, -1 for a smaller. */
  take(keys: TombstoneKeys, key: number, sign: 1 | -1): void {
    if (this.keys !== undefined) {
      const at = keys.offsets[key]!; // keys exist
      const order = this.keys.compareWith(this.key, keys.bytes, at, keys.offsets[key + 1]!);
      if (order * sign >= 0) return;
    }
    this.keys = keys;
    this.key = key;
  }

  /** Orders the key against another; undefined without one. */
  compareWith(bytes: Uint8Array, start: number, end: number): number | undefined {
    return this.keys?.compareWith(this.key, bytes, start, end);
  }

  get bytes(): Uint8Array {
    assert(this.keys !== undefined, 'the last key was covered');
    return this.keys.keyOf(this.key);
  }
}

export class TombstoneCursor {
  /** No sequence above it is ever shown. */
  readonly newestSequence: number;
  readonly #layers: readonly Layer[];
  #hasStretch = false;
  /** The last answer, and from where to where it holds. */
  #sequence = 0;
  readonly #low = new Boundary();
  readonly #high = new Boundary();
  /** The outermost bounds of pieces that cover the last key. */
  readonly #coverStart = new Boundary();
  readonly #coverEnd = new Boundary();

  private constructor(layers: readonly Layer[], newestSequence: number) {
    this.#layers = layers;
    this.newestSequence = newestSequence;
  }

  /** A cursor over the lists; undefined when they have no tombstone that their readers see. */
  static over(lists: readonly ReadTombstones[]): TombstoneCursor | undefined {
    if (lists.length === 0) return undefined;
    const layers: Layer[] = [];
    let newestSequence = 0;
    for (const read of lists) {
      if (read.tombstones.isEmpty) continue;
      const { keys, maps } = read.tombstones.view(read.readSequence);
      if (maps.length === 0) continue;
      for (const map of maps) layers.push(new Layer(keys, map, read));
      const newest = read.shownAs ?? Math.min(read.tombstones.newestSequence, read.readSequence);
      newestSequence = Math.max(newestSequence, newest);
    }
    return layers.length === 0 ? undefined : new TombstoneCursor(layers, newestSequence);
  }

  /** The newest sequence that deleted the key `bytes[start, end)`, or 0. */
  newestCovering(bytes: Uint8Array, start: number, end: number): number {
    if (this.#hasStretch && !(INVARIANTS && isSlowWay('tombstone-stretch'))) {
      const above = this.#high.compareWith(bytes, start, end) ?? 1;
      if (above > 0 && (this.#low.compareWith(bytes, start, end) ?? -1) <= 0) return this.#sequence;
    }
    return this.#moveTo(bytes, start, end);
  }

  /** After a key that was covered: where the widest range that covers it begins; a view. */
  get coverStart(): Uint8Array {
    return this.#coverStart.bytes;
  }

  /** Where it ends, exclusive. */
  get coverEnd(): Uint8Array {
    return this.#coverEnd.bytes;
  }

  #moveTo(bytes: Uint8Array, start: number, end: number): number {
    this.#hasStretch = true;
    this.#sequence = 0;
    this.#low.clear();
    this.#high.clear();
    this.#coverStart.clear();
    this.#coverEnd.clear();
    for (const layer of this.#layers) {
      const sequence = layer.moveTo(bytes, start, end);
      if (sequence > this.#sequence) this.#sequence = sequence;
      const { keys, map, piece } = layer;
      const next = piece + PIECE_LENGTH;
      if (piece >= 0) this.#low.take(keys, map[piece]!, 1); // inside, here and below
      if (next < map.length) this.#high.take(keys, map[next]!, -1);
      if (sequence === 0) continue;
      this.#coverStart.take(keys, map[piece]!, -1);
      this.#coverEnd.take(keys, map[next]!, 1); // a piece with an owner has an end
    }
    return this.#sequence;
  }
}
