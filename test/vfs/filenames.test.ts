/** Names of database files. */
import { describe, expect, test } from 'vitest';

import { InvalidArgumentError } from '../../src/base/errors.ts';
import { FILE_NUMBER_MAX } from '../../src/base/ids.ts';
import { fileName, type NumberedFileKind, parseFileName } from '../../src/vfs/filenames.ts';
import { makeRandom } from '../support/prng.ts';

const KINDS: readonly NumberedFileKind[] = ['log', 'table', 'manifest'];

describe('fileName()', () => {
  test('gives the persisted spellings', () => {
    expect(KINDS.map((kind) => fileName(kind, 123))).toEqual([
      '000123.log',
      '000123.sst',
      'MANIFEST-000123',
    ]);
    expect(fileName('table', 1_234_567)).toBe('1234567.sst');
    expect(fileName('current')).toBe('CURRENT');
    expect(fileName('currentTemporary')).toBe('CURRENT.tmp');
    expect(fileName('lock')).toBe('LOCK');
  });

  test.each([-1, 0, 0.5, NaN, Infinity, FILE_NUMBER_MAX + 1, 2 ** 53])(
    'refuses %d as a number (filenames/numbers-that-exist)',
    (number) => {
      expect(() => fileName('log', number)).toThrow(InvalidArgumentError);
    },
  );
});

describe('parseFileName()', () => {
  test('takes back what fileName() gave (filenames/one-spelling)', () => {
    const random = makeRandom(1);
    const numbers = [1, 999_999, 1_000_000, FILE_NUMBER_MAX];
    for (let i = 0; i < 1000; i++) numbers.push(1 + random.next() * random.below(2 ** 20));
    for (const kind of KINDS) {
      for (const number of numbers) {
        expect(parseFileName(fileName(kind, number))).toEqual({ kind, number });
      }
    }
    for (const kind of ['current', 'currentTemporary', 'lock'] as const) {
      expect(parseFileName(fileName(kind))).toEqual({ kind, number: 0 });
    }
  });

  test.each([
    '',
    '.',
    '..',
    '1.log',
    '00123.sst',
    '0000123.sst',
    '01234567.log',
    '000000.sst',
    'MANIFEST-000000',
    '4503599627370496.sst',
    '9007199254740991.log',
    '9007199254740992.sst',
    '99999999999999999.sst',
    '000123.SST',
    '000123.ldb',
    '000123.sst.tmp',
    '000123.sst\n',
    ' 000123.sst',
    '000123sst',
    '-00123.sst',
    '+00123.sst',
    '00012a.sst',
    '0x0012.sst',
    '1e0005.sst',
    'MANIFEST',
    'MANIFEST-',
    'MANIFEST-1',
    'MANIFEST-0000001',
    'manifest-000001',
    'MANIFEST-000001.tmp',
    'CURRENT.TMP',
    'current',
    'LOCK.claim-0',
    'LOG',
    'constructor',
    '__proto__',
  ])('leaves %j alone (filenames/others-are-left-alone)', (name) => {
    expect(parseFileName(name)).toBe(undefined);
  });

  test('accepts a damaged name only if it is the name of another file (filenames/one-spelling)', () => {
    const random = makeRandom(2);
    for (let i = 0; i < 5000; i++) {
      const characters = [...fileName(random.pick(KINDS), random.below(2_000_000))];
      const index = random.below(characters.length);
      characters.splice(index, random.below(2), ...[random.pick([...'0123456789.-MLst \n'])]);
      const name = characters.join('');
      const parsed = parseFileName(name);
      if (parsed === undefined) continue;
      expect(KINDS).toContain(parsed.kind);
      expect(fileName(parsed.kind as NumberedFileKind, parsed.number)).toBe(name);
    }
  });
});
