/** What the parent hears: acknowledgements survive any cut of the stream into pieces, and half a line is none. */
import { describe, expect, it } from 'vitest';

import { AcknowledgementReader } from '../../src/programs/bank/round.ts';
import { makeRandom } from '../support/prng.ts';

const SEED = 31;

describe('AcknowledgementReader', () => {
  it('reads the same from any pieces, and ignores a line that the kill cut short (round/pipe-read-to-its-end)', () => {
    const random = makeRandom(SEED);
    const text = 'ready\n2 1 0 1 3 1\n0 0 0 2\n1 0 12 1 3 2 0 3\n9 9 0 4 3 3';
    for (let run = 0; run < 100; run++) {
      const acknowledged = new Map<number, number>();
      const reader = new AcknowledgementReader(acknowledged);
      let readyCount = 0;
      for (let start = 0; start < text.length;) {
        const end = start + 1 + random.below(12);
        if (reader.read(text.slice(start, end))) readyCount++;
        start = end;
      }
      expect(
        [...acknowledged].sort((a, b) => a[0] - b[0]),
        `seed=${SEED} run=${run}`,
      ).toEqual([
        [0, 3],
        [3, 2],
        [12, 1],
      ]);
      expect(reader).toMatchObject({
        acknowledgedCount: 6,
        rerunCount: 3,
        refusalCount: 1,
      });
      expect(readyCount).toBe(1);
    }
  });
});
