/** The shapes of keys ascend with their number, and no two numbers have one key: the checks of the comparison rely on it. */
import { expect, it } from 'vitest';
import { KEY_SHAPES, keysOf } from '../../bench/harness/key-shapes.ts';

it.each(KEY_SHAPES)('keys of shape %s ascend', (shape) => {
  for (const entryCount of [1000, 30_000]) {
    const keyAt = keysOf(shape, 2 * entryCount);
    let last = '';
    for (let number = 0; number < 2 * entryCount + 500; number++) {
      const key = keyAt(number);
      expect(key > last, `${last} ${key}`).toBe(true);
      last = key;
    }
  }
});

it('a shape that there is not is refused, with those that there are', () => {
  expect(() => keysOf('kanji', 10)).toThrow(/kanji.*paths/);
});
