/** The records of the keyspace catalog, as docs/formats/keyspace.md gives them. */
import { describe, expect, it } from 'vitest';
import {
  catalogKey,
  decodeNextNumber,
  decodeRecord,
  encodeRecord,
  NEXT_NUMBER_KEY,
  numberIn,
} from '../../src/api/catalog.ts';
import { DELETION, VALUE } from '../../src/base/value-type.ts';
import { EMPTY_SLICE, sliceOf } from '../../src/bytes/bytes.ts';
import { InlineJobRunner } from '../../src/compaction/job-runner.ts';
import { MemoryVfs, open } from '../../src/index.ts';
import { hexExample } from '../support/doc-hex.ts';
import { closeLater, DIRECTORY, errorOf, openOnRunner } from './fixture.ts';

const bytesOf = (text: string): Uint8Array => Buffer.from(text);

describe('a record', () => {
  it('is that of the worked example', () => {
    const record = Buffer.concat([catalogKey(2), encodeRecord({ name: 'a' })]);
    expect(record).toEqual(Buffer.from(hexExample('keyspace.md', 'record')));
  });

  it('of a keyspace whose entries expire is that of the worked example', () => {
    const record = { name: 's', ttlMs: 3_600_000 };
    const example = hexExample('keyspace.md', 'expiring');
    const key = catalogKey(3);
    expect(Buffer.concat([key, encodeRecord(record)])).toEqual(Buffer.from(example));
    expect(numberIn(example.slice(0, key.length))).toBe(3);
    expect(decodeRecord(3, example.slice(key.length))).toEqual(record);
  });

  it('is read back', () => {
    const record = {
      name: 'a',
      keyEncoding: 'utf8',
      valueEncoding: 'custom:x',
      compression: 'none',
      filterBitsPerKey: 0,
      isDropped: true,
    } as const;
    expect(decodeRecord(2, encodeRecord(record))).toEqual(record);
    expect(decodeNextNumber(encodeRecord({ nextNumber: 3 }))).toBe(3);
    for (const number of [2, 239, 240, 70_000]) expect(numberIn(catalogKey(number))).toBe(number);
    expect(numberIn(NEXT_NUMBER_KEY)).toBe(0);
  });

  it('with a field of a later version is incompatible (catalog/unknown-refused)', () => {
    const call = (): unknown => decodeRecord(2, bytesOf('{"name":"a","colour":"red"}'));
    expect(call).toThrow(expect.objectContaining({ code: 'INCOMPATIBLE_FORMAT' }));
    expect(call).toThrow(/number=2 property=colour/);
  });

  it.each([
    '',
    '[]',
    'null',
    '{}',
    '{"name":""}',
    '{"name":1}',
    '{"name":"a","filterBitsPerKey":33}',
    '{"name":"a","indexes":{"b":{"number":3,"on":["x."]}}}',
    '{"name":"a","indexes":{"b":{"number":3,"on":["x[]","y[]"]}}}',
  ])('of %j is corruption', (text) => {
    expect(() => decodeRecord(2, bytesOf(text))).toThrow(
      expect.objectContaining({ code: 'CORRUPTION' }),
    );
    expect(() => decodeNextNumber(bytesOf(text))).toThrow(
      expect.objectContaining({ code: 'CORRUPTION' }),
    );
  });

  it('with bytes left over in its key is corruption', () => {
    const key = Uint8Array.of(...catalogKey(2), 0);
    expect(() => numberIn(key)).toThrow(expect.objectContaining({ code: 'CORRUPTION' }));
  });
});

describe('a number', () => {
  it('is not given out again after a drop and a reopen (catalog/number-once)', async () => {
    const vfs = new MemoryVfs();
    for (let i = 0; i < 3; i++) {
      const db = await open(DIRECTORY, { vfs });
      const keyspace = await db.keyspace('again', { keyEncoding: 'utf8' });
      expect(await keyspace.keys().all()).toEqual([]);
      await keyspace.put(`k${i}`, Uint8Array.of(i));
      await db.dropKeyspace('again');
      await db.close();
    }
  });

  it('that two indexes have, or an index and a keyspace, is found at the open', async () => {
    for (const number of [2, 3, 4]) {
      const memory = new MemoryVfs();
      const { db, engine } = await openOnRunner(
        { directory: DIRECTORY, vfs: memory, runner: new InlineJobRunner(memory) },
        {},
      );
      for (const name of ['a', 'b', 'c', 'd']) await db.keyspace(name);
      await db.dropKeyspace('d');
      const indexes = { x: { on: ['x'], number: 5 }, y: { on: ['y'], number } };
      const { committer } = engine;
      const batch = committer.batch();
      batch.add(VALUE, sliceOf(catalogKey(2)), sliceOf(encodeRecord({ name: 'a', indexes })));
      await committer.commit({ batch, durability: 'os', signal: undefined });
      await db.close();
      const error = await errorOf(async () => closeLater(await open(DIRECTORY, { vfs: memory })));
      expect(error).toMatchObject({ code: 'CORRUPTION' });
    }
  });

  it('that the catalog has lost is found at the open', async () => {
    const memory = new MemoryVfs();
    const { db, engine } = await openOnRunner(
      { directory: DIRECTORY, vfs: memory, runner: new InlineJobRunner(memory) },
      {},
    );
    await db.keyspace('a');
    const { committer } = engine;
    const batch = committer.batch();
    batch.add(DELETION, sliceOf(NEXT_NUMBER_KEY), EMPTY_SLICE);
    batch.add(VALUE, sliceOf(catalogKey(9)), sliceOf(encodeRecord({ name: 'b' })));
    await committer.commit({ batch, durability: 'os', signal: undefined });
    await db.close();
    const error = await errorOf(async () => closeLater(await open(DIRECTORY, { vfs: memory })));
    expect(error).toMatchObject({ code: 'CORRUPTION' });
    await closeLater(await open('/other', { vfs: memory })).close();
    const again = await errorOf(async () => closeLater(await open(DIRECTORY, { vfs: memory })));
    expect(again).toMatchObject({ code: 'CORRUPTION' }); // not locked
  });
});
