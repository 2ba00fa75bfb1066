/** The parts of a migration that stand alone: commits that are folded, and the record of the place. */
import { describe, expect, it } from 'vitest';

import { DELETION, RANGE_DELETION, VALUE } from '../../src/base/value-type.ts';
import { keyspaceHead } from '../../src/bytes/keyspace-number.ts';
import { FoldedChanges, type Reach } from '../../src/migrate/folded-changes.ts';
import { decodePlace, encodePlace, firstPlace } from '../../src/migrate/place.ts';

const NUMBER = 5;
const key = (text: string): Uint8Array => Buffer.concat([keyspaceHead(NUMBER), Buffer.from(text)]);
const put = (text: string, value: string) =>
  ({ type: VALUE, key: key(text), value: Buffer.from(value) }) as const;
const del = (text: string) =>
  ({ type: DELETION, key: key(text), value: new Uint8Array(0) }) as const;
const delRange = (start: string, end: string) =>
  ({ type: RANGE_DELETION, key: key(start), value: key(end) }) as const;

function shown(folded: FoldedChanges, isUnique = false): string[] {
  return folded
    .changes(0, () => isUnique)
    .map((change) => {
      const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();
      switch (change.type) {
        case 'put':
          return `put ${text(change.entry.key)}=${text(change.entry.value)}`;
        case 'del':
          return `del ${text(change.key)}`;
        case 'delRange':
          return `range ${text(change.gte)}..${text(change.lt)}`;
      }
    });
}

function folded(reach: Reach, ...operations: readonly Parameters<FoldedChanges['add']>[0][]) {
  const changes = new FoldedChanges((number) => (number === NUMBER ? reach : 'none'));
  for (const operation of operations) changes.add(operation);
  return changes;
}

describe('folded commits', () => {
  it('delete before they put, each key once (folded-changes/parts-agree)', () => {
    const all = [put('a', '1'), put('b', '2'), del('b'), put('a', '3'), put('c', '4')] as const;
    expect(shown(folded('all', ...all))).toEqual(['del b', 'put a=3', 'put c=4']);
    expect(shown(folded('all', ...all), true)).toEqual([
      'del b',
      'del a',
      'del c',
      'put a=3',
      'put c=4',
    ]);
    expect(shown(folded('all', put('a', '1'), delRange('a', 'c'), put('b', '2')))).toEqual([
      'range a..c',
      'put b=2',
    ]);
  });

  it('leave out what the copy brings (folded-changes/reach)', () => {
    const through = { through: Buffer.from('b') };
    const all = [put('a', '1'), put('b', '2'), put('ba', '3'), del('c')] as const;
    expect(shown(folded(through, ...all))).toEqual(['put a=1', 'put b=2']);
    expect(shown(folded('none', ...all))).toEqual([]);
    expect(shown(folded(through, delRange('a', 'z')))).toEqual(['range a..b\0']);
    expect(shown(folded(through, delRange('c', 'z')))).toEqual([]);
    const whole = { type: RANGE_DELETION, key: key(''), value: keyspaceHead(NUMBER + 1) } as const;
    expect(shown(folded('all', whole))).toEqual(['range ..']);
  });
});

describe('the place of a migration', () => {
  it('is read as it was written, and refused when it is none', () => {
    const place = firstPlace('source', 'catalog', 7);
    expect(decodePlace(encodePlace(place))).toEqual(place);
    const bytes = (json: unknown): Uint8Array => Buffer.from(JSON.stringify(json));
    expect(() => decodePlace(Buffer.from('{'))).toThrow('no JSON');
    expect(() => decodePlace(bytes({ ...place, since: '7' }))).toThrow('malformed');
    expect(() => decodePlace(bytes({ ...place, version: 2 }))).toThrow('newer version');
  });
});
