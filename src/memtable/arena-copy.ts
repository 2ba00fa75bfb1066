/**
 * Copying bytes into an arena.
 *
 * Owns: the choice between a loop over words and a copy by the system.
 *
 * V8 copies to shared memory byte by byte unless both sides are aligned alike, which the operations of a log are not, and a
 * view to copy from costs as much as the copy. A loop over words needs neither: 35 ns instead of 100 for 100 bytes.
 *
 * Suspension: synchronous; keeps the last source, and a DataView of it, until another comes.
 */
import { EMPTY_BYTES, copyInto, viewOf } from '../base/bytes.ts';
import type { Arena } from './arena.ts';

/** Above this many bytes a copy of what is aligned wins, and the loop gains little on others. */
const LOOP_COPY_MAX_BYTES = 256;
const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
/** A larger one is not held on to. */
const LAST_SOURCE_SIZE_BYTES_MAX = 4 * 1024 * 1024;

/** The source of the last copy, and a view of it once it was that twice in a row: a view for one copy does not pay. */
let lastSource: Uint8Array = EMPTY_BYTES;
let lastView: DataView | undefined;

/** Copies `source[start, end)` to the words from `word` on; the rest of the last one stays as it is. */
export function copyIntoArena(
  arena: Arena,
  word: number,
  source: Uint8Array,
  start: number,
  end: number,
): void {
  if (source !== lastSource || end - start > LOOP_COPY_MAX_BYTES) {
    lastSource = source.length > LAST_SOURCE_SIZE_BYTES_MAX ? EMPTY_BYTES : source;
    lastView = undefined;
    copyInto(arena.bytes, word * 4, source, start, end);
    return;
  }
  lastView ??= viewOf(source);
  copyWords(arena.words, word, lastView, start, end);
  const copied = (end - start) & ~3;
  for (let i = copied; i < end - start; i++) arena.bytes[word * 4 + i] = source[start + i]!; // below end
}

/** Copies all whole words of `source[start, end)`, four at a time as long as there are as many. */
function copyWords(
  words: Int32Array,
  word: number,
  source: DataView,
  start: number,
  end: number,
): void {
  let from = start;
  let to = word;
  for (; from + 16 <= end; from += 16) {
    words[to] = source.getInt32(from, IS_LITTLE_ENDIAN);
    words[to + 1] = source.getInt32(from + 4, IS_LITTLE_ENDIAN);
    words[to + 2] = source.getInt32(from + 8, IS_LITTLE_ENDIAN);
    words[to + 3] = source.getInt32(from + 12, IS_LITTLE_ENDIAN);
    to += 4;
  }
  for (; from + 4 <= end; from += 4) words[to++] = source.getInt32(from, IS_LITTLE_ENDIAN);
}
