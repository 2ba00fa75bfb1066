/** Keys and values in the caller's types, and whose memory is whose. */
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/base/errors.ts';
import type { Database } from '../../src/api/database.ts';
import { open } from '../../src/api/open.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { closeLater, DIRECTORY, errorOf, openMemory } from './fixture.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

async function openViews(): Promise<Database> {
  return closeLater(await open(DIRECTORY, { vfs: new MemoryVfs() }));
}

describe('encodings', () => {
  it('default to Uint8Array, and not to its subclass Buffer', async () => {
    const db = await openViews();
    await db.put(Buffer.from('k'), Buffer.from('v'));
    const value = db.getSync(bytes(0x6b));
    expect(value).toEqual(bytes(0x76));
    expect(Object.getPrototypeOf(value)).toBe(Uint8Array.prototype);
  });

  it('give Buffers with buffer', async () => {
    const db = await openMemory({ keyEncoding: 'buffer', valueEncoding: 'buffer' });
    await db.put(Buffer.from('k'), Buffer.from('v'));
    expect(db.getSync(Buffer.from('k'))?.toString()).toBe('v');
    const [[key, value] = []] = await db.entries().all();
    expect([Buffer.isBuffer(key), Buffer.isBuffer(value)]).toEqual([true, true]);
  });

  it('give text with utf8, beyond ASCII and in both directions', async () => {
    const db = await openMemory();
    const text = 'a\u00e9\u4e2d\u{1f600}\0z';
    await db.put(text, text);
    expect(await db.get(text)).toBe(text);
    expect(await db.keys().all()).toEqual([text]);
  });

  it('order utf8 keys by code point (encoding/order-of-bytes)', async () => {
    const db = await openMemory();
    const keys = ['\u{1f600}', '\uffee', 'z', '\u00e9', ''];
    await db.batch(keys.map((key) => ({ type: 'put', key, value: '' })));
    expect(await db.keys().all()).toEqual(['', 'z', '\u00e9', '\uffee', '\u{1f600}']);
  });

  it('keep JSON values of every kind, null inside included', async () => {
    const db = await openMemory({ valueEncoding: 'json' });
    const values = [0, -1.5, '', 'text', true, false, [], {}, [null], { a: { b: [1, null] } }];
    for (const [i, value] of values.entries()) await db.put(`k${i}`, value);
    for (const [i, value] of values.entries()) expect(db.getSync(`k${i}`)).toEqual(value);
  });

  it('refuse what JSON has no text for', async () => {
    const db = await openMemory({ valueEncoding: 'json' });
    const circular: { self?: unknown } = {};
    circular.self = circular;
    for (const value of [() => 1, Symbol('s'), circular, 10n]) {
      expect(await errorOf(() => db.put('k', value))).toBeInstanceOf(InvalidArgumentError);
    }
    expect(await db.has('k')).toBe(false);
  });

  it('of the caller see views to keep, and their errors reach the caller with nothing written', async () => {
    const kept: Uint8Array[] = [];
    const encoding = {
      encode: (value: number) => {
        if (value < 0) throw new RangeError('negative');
        return bytes(value >> 8, value & 0xff);
      },
      decode: (view: Uint8Array) => {
        kept.push(view);
        return (view[0]! << 8) | view[1]!; // encode writes two bytes
      },
    };
    const db = await openMemory({ keyEncoding: encoding, valueEncoding: encoding });
    for (let i = 0; i < 300; i++) await db.put(i, i, { durability: 'os' });
    expect(db.getSync(299)).toBe(299);
    expect(await db.keys({ gt: 254, lt: 258 }).all()).toEqual([255, 256, 257]);
    expect(kept[0]).toEqual(bytes(1, 43));
    expect(await errorOf(() => db.put(-1, 0))).toBeInstanceOf(RangeError);
    expect(await errorOf(() => db.put(1000, -1))).toBeInstanceOf(RangeError);
    expect(db.getSync(1000)).toBeUndefined();
  });

  it('of the caller may encode key and value into one buffer of theirs (E1)', async () => {
    const shared = new Uint8Array(8);
    const encoding = {
      encode: (text: string) =>
        shared.subarray(0, new TextEncoder().encodeInto(text, shared).written),
      decode: (view: Uint8Array) => new TextDecoder().decode(view),
    };
    const db = await openMemory({ keyEncoding: encoding, valueEncoding: encoding });
    await db.put('key', 'value');
    await db.batch([{ type: 'put', key: 'k2', value: 'v2' }]);
    await db.transaction((tx) => tx.put('k3', 'v3'));
    expect(await db.entries().all()).toEqual([
      ['k2', 'v2'],
      ['k3', 'v3'],
      ['key', 'value'],
    ]);
  });

  it('may write themselves, while a batch is put together', async () => {
    const inner = { type: 'put', key: 'inner', value: 'x' } as const;
    let write = (): unknown => undefined;
    const encoding = {
      encode: (value: string) => {
        if (value === 'outer') write();
        return Buffer.from(value);
      },
      decode: String,
    };
    const db = await openMemory({ valueEncoding: encoding });
    write = () => db.batch([inner]);
    const outer = { type: 'put', value: 'outer' } as const;
    await db.batch([
      { ...outer, key: 'a' },
      { ...outer, key: 'b' },
    ]);
    expect(await db.keys().all()).toEqual(['a', 'b', 'inner']);
  });

  it('of the caller may read the memory of the engine, and are told where', async () => {
    const taken = new Set<Uint8Array>();
    const encoding = {
      encode: (value: number) => bytes(value >> 8, value & 0xff),
      decode: (): number => {
        throw new RangeError('decodeIn goes before decode');
      },
      decodeIn: (memory: Uint8Array, start: number, end: number) => {
        if (end - start !== 2) throw new RangeError('two bytes');
        taken.add(memory);
        return (memory[start]! << 8) | memory[start + 1]!; // two bytes
      },
    };
    const db = await openMemory({ keyEncoding: encoding, valueEncoding: encoding });
    for (let i = 0; i < 300; i++) await db.put(i, 2 * i);
    for (const where of ['memtable', 'table']) {
      expect(db.getSync(299), where).toBe(598);
      expect(await db.getMany([1, 2, 700]), where).toEqual([2, 4, undefined]);
      expect(await db.entries({ gt: 254, lt: 257 }).all(), where).toEqual([
        [255, 510],
        [256, 512],
      ]);
      await db.compact();
    }
    expect(taken.size).toBeLessThan(20); // whole blocks and arenas, not a copy of each value
    const badly = { ...encoding, decodeIn: 'no' } as never;
    expect(await errorOf(() => openMemory({ valueEncoding: badly }))).toBeInstanceOf(
      InvalidArgumentError,
    );
  });

  it('of the caller that cannot read their bytes name the key, where they lie in the engine as well', async () => {
    const encoding = {
      encode: (text: string) => Buffer.from(text),
      decode: String,
      decodeIn: (memory: Uint8Array, start: number, end: number) => {
        if (memory[start] === 0x21) throw new RangeError('!');
        return Buffer.from(memory.subarray(start, end)).toString();
      },
    };
    const db = await openMemory({ keyEncoding: 'utf8', valueEncoding: encoding });
    await db.batch([
      { type: 'put', key: 'a', value: 'x' },
      { type: 'put', key: 'b', value: '!' },
    ]);
    for (const read of [
      () => db.get('b'),
      () => db.getMany(['a', 'b']),
      () => db.entries().all(),
      () => db.values({ gte: 'b' }).all(),
    ]) {
      expect(await errorOf(read)).toMatchObject({
        code: 'DECODING',
        keyBytes: new Uint8Array(Buffer.from('b')),
        cause: expect.any(RangeError) as unknown,
      });
    }
  });

  it('of the caller that give no bytes are refused', async () => {
    const encoding = { encode: () => 'text' as unknown as Uint8Array, decode: () => '' };
    const db = await openMemory({ valueEncoding: encoding });
    expect(await errorOf(() => db.put('k', 'v'))).toBeInstanceOf(InvalidArgumentError);
  });
});

describe('returned bytes', () => {
  it.each([1, 100, 5000, 100_000])(
    'of %i bytes are owned by the caller, from memory and from tables (reader/callers-own)',
    async (size) => {
      const db = await openViews();
      const key = bytes(1, 2, 3);
      await db.put(key, new Uint8Array(size).fill(7));
      for (const isFlushed of [false, true]) {
        if (isFlushed) await db.flush();
        for (let round = 0; round < 2; round++) {
          const [entry] = await db.entries().all();
          const results = [db.getSync(key)!, (await db.get(key))!, ...entry!]; // present
          for (const result of results) result.fill(99);
        }
        expect(db.getSync(key)).toEqual(new Uint8Array(size).fill(7));
        expect(await db.keys().all()).toEqual([key]);
      }
    },
  );

  it('do not change when others are returned after them', async () => {
    const db = await openViews();
    for (let i = 0; i < 200; i++) await db.put(bytes(i), bytes(i, i), { durability: 'os' });
    const first = db.getSync(bytes(5));
    for (let i = 0; i < 20_000; i++) db.getSync(bytes(i % 200));
    expect(first).toEqual(bytes(5, 5));
  });
});

describe('buffers of the caller', () => {
  it('may be reused as soon as a write returns (writer/copied-at-once)', async () => {
    const db = await openViews();
    const key = bytes(1);
    const value = bytes(10);
    const commits: Promise<void>[] = [];
    for (let i = 0; i < 10; i++) {
      key[0] = i;
      value[0] = i + 10;
      commits.push(db.put(key, value));
    }
    key[0] = 50;
    commits.push(db.batch([{ type: 'put', key, value }]));
    key[0] = 99;
    value[0] = 99;
    await Promise.all(commits);
    for (let i = 0; i < 10; i++) expect(db.getSync(bytes(i))).toEqual(bytes(i + 10));
    expect(db.getSync(bytes(50))).toEqual(bytes(19));
    expect(db.getSync(bytes(99))).toBeUndefined();
  });

  it('may be reused while a batch waits for its turn (writer/copied-at-once)', async () => {
    const db = await openViews();
    const [key, value] = [bytes(1), new Uint8Array(100).fill(10)];
    const tx = db.begin({ mode: 'pessimistic' });
    await tx.getForUpdate(key);
    const waiting = db.batch([
      { type: 'put', key, value },
      { type: 'put', key: bytes(2), value },
      { type: 'delRange', gte: bytes(3), lt: bytes(9) },
    ]);
    key[0] = 99;
    value.fill(99);
    db.rollback(tx);
    await waiting;
    const stored = new Uint8Array(100).fill(10);
    expect(await db.entries().all()).toEqual([
      [bytes(1), stored],
      [bytes(2), stored],
    ]);
  });

  it('may be reused as soon as a read, a scan or a transactional write has been called', async () => {
    const db = await openViews();
    for (let i = 0; i < 10; i++) await db.put(bytes(i), bytes(i));
    await db.flush();
    const key = bytes(3);
    const pending = db.get(key);
    const scan = db.keys({ gte: key });
    const tx = db.begin();
    tx.put(key, key);
    tx.delRange({ gte: key, lte: key });
    tx.put(key, bytes(77));
    key[0] = 8;
    expect(await pending).toEqual(bytes(3));
    expect(await scan.nextMany(1)).toEqual([bytes(3)]);
    expect(await tx.get(bytes(3))).toEqual(bytes(77));
    await db.commit(tx);
    expect(db.getSync(bytes(3))).toEqual(bytes(77));
    expect(db.getSync(bytes(8))).toEqual(bytes(8));
  });

  it('may be views into the middle of larger ones, and shared ones', async () => {
    const db = await openViews();
    const shared = new Uint8Array(new SharedArrayBuffer(64));
    shared.set([1, 2, 3, 4, 5, 6], 10);
    await db.put(shared.subarray(11, 13), shared.subarray(13, 15));
    expect(db.getSync(bytes(2, 3))).toEqual(bytes(4, 5));
  });
});
