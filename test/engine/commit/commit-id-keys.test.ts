/** The bytes of the reserved keys that remember commit ids, as docs/formats/batch.md gives them. */
import { describe, expect, it } from 'vitest';
import {
  AGE_KEYS,
  ageBytes,
  ageIn,
  ageKeyOf,
  checkedId,
  idKeyOf,
  parseAgeKey,
} from '../../../src/engine/commit/commit-id-keys.ts';
import { hexExample } from '../../support/doc-hex.ts';

describe('the reserved keys of a commit id', () => {
  const id = checkedId('pay 7');
  const ageMs = 3_600_000;

  it('are those of the worked example', () => {
    const example = hexExample('batch.md', 'commit-id');
    const [idKey, age, ageKey] = [idKeyOf(id), ageBytes(ageMs), ageKeyOf(ageMs, id)];
    expect(Buffer.concat([idKey, age, ageKey])).toEqual(Buffer.from(example));
    expect(parseAgeKey(ageKey, 0, ageKey.length)).toEqual({ ageMs, id: new Uint8Array(id) });
  });

  it('lie in the order of the ages, within their bounds, up to the largest', () => {
    const ages = [0, 1, 255, 256, 2 ** 31, 2 ** 32, 2 ** 40 + 1, Number.MAX_SAFE_INTEGER];
    const keys = ages.map((each) => Buffer.from(ageKeyOf(each, id)));
    const all = [Buffer.from(AGE_KEYS.start), ...keys, Buffer.from(AGE_KEYS.end)];
    expect([...all].sort(Buffer.compare)).toEqual(all);
    expect(ages.map((each) => ageIn(ageBytes(each)))).toEqual(ages);
  });

  it('with an age that is none are corruption', () => {
    for (const bytes of [new Uint8Array(7), new Uint8Array(9), new Uint8Array(8).fill(0xff)]) {
      expect(() => ageIn(bytes)).toThrow(expect.objectContaining({ code: 'CORRUPTION' }));
    }
  });
});
