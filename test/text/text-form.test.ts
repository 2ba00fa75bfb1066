/** Keys and values as text: every byte string survives the way to text and back, and malformed text is refused. */
import { describe, expect, it } from 'vitest';

import { UsageError } from '../../src/programs/outcome.ts';
import { bytesToJson, bytesToPrint, parseBytes } from '../../src/text/text-form.ts';
import { makeRandom } from '../support/prng.ts';

const SEED = 77;

describe('text forms', () => {
  it('bytes survive hex and base64, printed and parsed', () => {
    const random = makeRandom(SEED);
    for (let i = 0; i < 200; i++) {
      const bytes = random.bytes(random.below(40));
      for (const form of ['hex', 'base64'] as const) {
        const text = Buffer.from(bytesToPrint(bytes, form)).toString('latin1');
        expect(Buffer.from(parseBytes(text, form)), `seed=${SEED} i=${i}`).toEqual(
          Buffer.from(bytes),
        );
        expect(bytesToJson(bytes, form)).toBe(text);
      }
    }
  });

  it('text survives utf8, and bytes that are none are printed as they are', () => {
    expect(bytesToJson(parseBytes('gr\u00fc\u00df', 'utf8'), 'utf8')).toBe('gr\u00fc\u00df');
    const bytes = Uint8Array.of(0xff, 0x00);
    expect(bytesToPrint(bytes, 'utf8')).toEqual(bytes);
    expect(bytesToJson(bytes, 'utf8')).toEqual({ base64: '/wA=' });
  });

  it.each([
    ['hex', '0'],
    ['hex', '0g'],
    ['hex', '00 11'],
    ['base64', 'a'],
    ['base64', 'ab*d'],
    ['base64', 'abc=d'],
  ] as const)('%s refuses %j, where Buffer.from would cut it short', (form, text) => {
    expect(() => parseBytes(text, form)).toThrow(UsageError);
  });

  it('base64 is accepted without padding and in the URL alphabet', () => {
    expect(Buffer.from(parseBytes('_w', 'base64')).toString('hex')).toBe('ff');
    expect(Buffer.from(parseBytes('/w==', 'base64')).toString('hex')).toBe('ff');
  });
});
