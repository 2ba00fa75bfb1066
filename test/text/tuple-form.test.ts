/** Tuples as JSON: each comes back from what is printed, and text that is no tuple is refused. */
import { describe, expect, it } from 'vitest';

import { bytesToJson, bytesToPrint, formsIn, parseBytes } from '../../src/text/text-form.ts';
import { decodeTuple, type Tuple, TupleEncoder } from '../../src/bytes/tuple.ts';
import { UsageError } from '../../src/programs/outcome.ts';
import { makeRandom } from '../support/prng.ts';
import { randomTuple } from '../support/random-tuple.ts';

const encode = (tuple: Tuple): Uint8Array => new TupleEncoder().encode(tuple);
const printed = (bytes: Uint8Array): string =>
  Buffer.from(bytesToPrint(bytes, 'tuple')).toString('utf8');

function read(text: string): unknown[] {
  const bytes = parseBytes(text, 'tuple');
  return decodeTuple(bytes, 0, bytes.length);
}

describe('the JSON of a tuple', () => {
  it('is read as that tuple again (tuple-form/back)', () => {
    for (let seed = 1; seed <= 4000; seed++) {
      const bytes = Buffer.from(encode(randomTuple(makeRandom(seed))));
      const text = printed(bytes);
      expect(Buffer.from(parseBytes(text, 'tuple')), `seed=${seed} ${text}`).toEqual(bytes);
      expect(JSON.parse(text), `seed=${seed}`).toEqual(bytesToJson(bytes, 'tuple'));
      expect(text, `seed=${seed}`).not.toMatch(/[\n\t]/);
    }
  });

  it('has objects for the elements that JSON lacks', () => {
    const tuple = [Uint8Array.of(0, 255), new Date(0), -(2n ** 64n), -Infinity, [null, 1.5], 'a'];
    const text =
      '[{"bytes":"00ff"},{"date":"1970-01-01T00:00:00.000Z"},{"bigint":"-18446744073709551616"},' +
      '{"number":"-Infinity"},[null,1.5],"a"]';
    expect(printed(encode(tuple))).toBe(text);
    expect(printed(encode([]))).toBe('[]');
  });

  it('may name a day, or a second', () => {
    const at = (text: string): unknown => read(`[{"date":"${text}"}]`)[0];
    expect(at('2026-01-31')).toEqual(new Date('2026-01-31T00:00:00.000Z'));
    expect(at('2026-01-31T12:00:00Z')).toEqual(new Date('2026-01-31T12:00:00.000Z'));
    expect(at('+275760-09-13')).toEqual(new Date(8.64e15));
  });

  it.each([
    '',
    'alice',
    '"alice"',
    '17',
    'null',
    '{"bytes":"00"}',
    '[1',
    '[{}]',
    '[1e999]',
    '[{"bytes":"0"}]',
    '[{"bytes":"00","date":"2026-01-31"}]',
    '[{"bytes":[0]}]',
    '[{"buffer":"00"}]',
    '[{"constructor":"00"}]',
    '[{"date":"yesterday"}]',
    '[{"date":"2026-02-31"}]',
    '[{"date":"2026-01-31T12:00:00"}]',
    '[{"date":"+999999-01-01"}]',
    '[{"bigint":"1.5"}]',
    '[{"bigint":""}]',
    `[{"bigint":"${'9'.repeat(615)}"}]`,
    `[{"bigint":"${'9'.repeat(5000)}"}]`,
    '[{"number":"NaN"}]',
    '["\\ud800"]',
    `${'['.repeat(18)}${']'.repeat(18)}`,
    `${'['.repeat(9000)}${']'.repeat(9000)}`,
  ])('is nothing else: %.60s', (text) => {
    expect(() => parseBytes(text, 'tuple')).toThrow(UsageError);
  });

  it('shows bytes that are no tuple', () => {
    const bytes = Buffer.from('alice');
    expect(bytesToJson(bytes, 'tuple')).toEqual({ base64: 'YWxpY2U=' });
    expect(printed(bytes)).toBe('{"base64":"YWxpY2U="}');
  });
});

describe('forms', () => {
  it.each([
    ['tuple', 'json', 'tuple', 'json'],
    ['tuple', 'tuple', 'tuple', 'tuple'],
    ['json', 'utf8', 'utf8', 'utf8'],
    [undefined, undefined, 'utf8', 'utf8'],
    ['mine', 'mine', 'utf8', 'utf8'],
  ])('of keys by %s and values by %s are %s and %s', (keyEncoding, valueEncoding, key, value) => {
    expect(formsIn({ keyEncoding, valueEncoding }, 'utf8')).toEqual({ key, value });
    expect(formsIn({ keyEncoding, valueEncoding }, 'hex')).toEqual({ key: 'hex', value: 'hex' });
  });

  it('of a value by json is JSON, the null included', () => {
    for (const text of ['null', '{"a":[1,"x"]}', '"x"', '0']) {
      const bytes = parseBytes(` ${text} `, 'json');
      expect(Buffer.from(bytes).toString()).toBe(text);
      expect(bytesToJson(bytes, 'json')).toEqual(JSON.parse(text));
    }
    expect(bytesToJson(Buffer.from('{"a'), 'json')).toEqual({ base64: 'eyJh' });
    expect(bytesToJson(Uint8Array.of(0xff), 'json')).toEqual({ base64: '/w==' });
    expect(() => parseBytes('{a: 1}', 'json')).toThrow(UsageError);
  });
});
