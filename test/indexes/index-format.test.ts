/** The bytes of secondary indexes, as docs/formats/index.md gives them. */
import { expect, it } from 'vitest';
import { catalogKey, decodeRecord, encodeRecord } from '../../src/api/catalog.ts';
import { VALUE } from '../../src/base/value-type.ts';
import { sliceOf } from '../../src/bytes/bytes.ts';
import { keyspaceHead } from '../../src/bytes/keyspace-number.ts';
import { buildKey } from '../../src/indexes/index-build.ts';
import { IndexKeys, indexedRow } from '../../src/indexes/index-entry.ts';
import { timedValue } from '../../src/indexes/index-writes.ts';
import { NEVER } from '../../src/bytes/expiry.ts';
import { hexExample } from '../support/doc-hex.ts';

const ADA = Uint8Array.from(Buffer.from('ada'));
const byPlace = new IndexKeys(keyspaceHead(4), false);
const byEmail = new IndexKeys(keyspaceHead(3), true);

it('entries are those of the worked example, and are read back', () => {
  const tuples = [
    { keys: byPlace, values: ['DE', null] },
    { keys: byEmail, values: ['a@x'] },
    { keys: byEmail, values: [null] },
  ];
  const entries = tuples.map(({ keys, values }) => keys.entry(values, ADA));
  const bytes = entries.flatMap(({ key, value }) => [key, value]);
  expect(Buffer.concat(bytes)).toEqual(Buffer.from(hexExample('index.md', 'entries')));
  for (const [i, { key, value }] of entries.entries()) {
    const { values } = tuples[i]!; // as many
    expect(indexedRow(sliceOf(key.subarray(1)), sliceOf(value))).toEqual({
      values,
      primaryKey: ADA,
    });
  }
});

it('the build record is that of the worked example', () => {
  const record = [buildKey(4), keyspaceHead(2), ADA];
  expect(Buffer.concat(record)).toEqual(Buffer.from(hexExample('index.md', 'build')));
});

it('the catalog record is that of the worked example, and is read back', () => {
  const record = {
    name: 'users',
    indexes: { e: { on: ['email'], isUnique: true, number: 3 } },
  } as const;
  const bytes = Buffer.concat([catalogKey(2), encodeRecord(record)]);
  expect(bytes).toEqual(Buffer.from(hexExample('index.md', 'record')));
  expect(decodeRecord(2, encodeRecord(record))).toEqual(record);
  const unknown = { name: 'a', indexes: { e: { on: ['a'], number: 3, isSparse: true } } };
  expect(() => decodeRecord(2, encodeRecord(unknown as never))).toThrow(
    expect.objectContaining({ code: 'INCOMPATIBLE_FORMAT' }),
  );
});

it.each([
  ['a last element that is not bytes', '02 61 00', ''],
  ['a value of another kind', '02 61 00', '02 61'],
  ['a key that is no tuple', 'ff', ''],
  ['no element', '', ''],
])('an entry with %s is corruption', (_, key, value) => {
  const bytesOf = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');
  expect(() => indexedRow(sliceOf(bytesOf(key)), sliceOf(bytesOf(value)))).toThrow(
    expect.objectContaining({ code: 'CORRUPTION' }),
  );
});

it('an entry of a row that expires has its time before its value', () => {
  const { value } = byEmail.entry(['a@x'], ADA);
  expect(timedValue(value, NEVER)).toEqual({ type: VALUE, bytes: value });
  const timed = timedValue(value, 1_700_000_000_000);
  expect(timed.type).not.toBe(VALUE);
  expect(timed.bytes.subarray(timed.bytes.length - value.length)).toEqual(value);
});
