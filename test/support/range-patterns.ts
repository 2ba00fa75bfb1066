/** Range deletions as programs make them: each a list of ranges of numbers, in the order of the calls. */

export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

/** How call `i` of `count` deletes. */
export const RANGE_PATTERNS: Readonly<Record<string, (i: number, count: number) => NumberRange>> = {
  'to a growing end': (i) => ({ from: 0, to: i + 1 }),
  'from a falling start': (i, count) => ({ from: count - i - 1, to: count }),
  'the same again and again': (_, count) => ({ from: 0, to: count }),
  disjoint: (i) => ({ from: 2 * i, to: 2 * i + 1 }),
  adjoining: (i) => ({ from: i, to: i + 1 }),
  'nested, the outer one first': (i, count) => ({ from: i, to: 2 * count - i }),
  'nested, the inner one first': (i, count) => ({ from: count - i - 1, to: count + i + 1 }),
  'in ascending stairs': (i) => ({ from: i, to: i + 50 }),
  'in falling stairs': (i, count) => ({ from: count - i, to: count - i + 50 }),
  'in stairs of half the whole': (i, count) => ({ from: i, to: i + count }),
  'at random': (i, count) => {
    const from = scattered(2 * i, count);
    return { from, to: from + 1 + scattered(2 * i + 1, count) };
  },
};

/** Ten digits, so that text is ordered as numbers are. */
export function numberKey(number: number): Uint8Array {
  return new Uint8Array(Buffer.from(String(number).padStart(10, '0')));
}

/** Below `bound`, and the same at each run. */
function scattered(i: number, bound: number): number {
  return (Math.imul(i + 1, 0x9e3779b1) >>> 0) % bound;
}
