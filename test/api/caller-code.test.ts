/** Code of the caller's that runs in the middle of a call, and values that lie about what they are. */
import vm from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { ClosedError, DecodingError, InvalidArgumentError } from '../../src/base/errors.ts';
import type { Database } from '../../src/api/database.ts';
import { open } from '../../src/api/open.ts';
import type { BatchOperation } from '../../src/api/batch-operation.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { closeLater, DIRECTORY, errorOf, openMemory } from './fixture.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
/** Transfers its memory, as `postMessage` may. */
function moveAway({ buffer }: Uint8Array): void {
  structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
}

interface Resizable extends ArrayBuffer {
  resize(size: number): void;
}

/** Up to 8 bytes; not in the typings of the oldest runtime. */
function resizable(size: number): Resizable {
  return Reflect.construct(ArrayBuffer, [size, { maxByteLength: 8 }]) as Resizable;
}

type Hook = (text: string) => void;

/** A text encoding that calls back first, on both ways. */
function hooked(): {
  encode: (text: string) => Uint8Array;
  decode: (from: Uint8Array) => string;
  hook: Hook;
} {
  const encoding = {
    hook: (() => undefined) as Hook,
    encode: (text: string): Uint8Array => {
      encoding.hook(text);
      return new TextEncoder().encode(text);
    },
    decode: (from: Uint8Array): string => {
      const text = new TextDecoder().decode(from);
      encoding.hook(text);
      return text;
    },
  };
  return encoding;
}

/** All that a database can be asked from within an encoder. */
async function openMeddled(
  which: 'keyEncoding' | 'valueEncoding',
): Promise<Database<string, string>> {
  const encoding = hooked();
  const opening: Promise<unknown> = openMemory({ [which]: encoding });
  const db = (await opening) as Database<string, string>;
  let isInside = false;
  encoding.hook = () => {
    if (isInside) return;
    isInside = true;
    void db.put('x-inner', 'inner value, longer than the outer one', { durability: 'os' });
    db.getSync('x-inner');
    void db.get('x-absent');
    void db.getMany(['x-inner', 'x-absent']);
    void db.batch([{ type: 'put', key: 'x-batch', value: 'inner batch' }]);
    void db.delRange({ prefix: 'x-none' });
    const tx = db.begin();
    tx.put('x-tx', 'inner transaction');
    tx.getSync('x-tx');
    void tx.commit().catch(() => undefined);
    for (const [key] of db.entries({ prefix: 'x-', limit: 1 })) expect(key).toMatch(/^x-/);
    isInside = false;
  };
  return db;
}

describe.each(['keyEncoding', 'valueEncoding'] as const)('a %s that uses the database', (which) => {
  it('changes nothing that the outer call stores or reads (translator/caller-first)', async () => {
    const db = await openMeddled(which);
    await db.put('a', 'one');
    await db.batch([
      { type: 'put', key: 'b', value: 'two' },
      { type: 'del', key: 'z' },
      { type: 'put', key: 'c', value: 'three' },
      { type: 'delRange', gte: 'y', lt: 'z' },
    ]);
    await db.transaction((tx) => {
      tx.put('d', 'four');
      tx.batch([{ type: 'put', key: 'e', value: 'five' }]);
      expect(tx.getSync('d')).toBe('four');
    });
    await db.transaction(
      async (tx) => {
        expect(await tx.getForUpdate('a')).toBe('one');
        await tx.lockRange({ prefix: 'w' });
        tx.put('f', 'six');
      },
      { mode: 'pessimistic' },
    );
    await db.ingest([
      ['g', 'seven'],
      ['h', 'eight'],
    ]);
    expect(await db.getMany(['a', 'b', 'c', 'none'])).toEqual(['one', 'two', 'three', undefined]);
    expect(await db.get('g')).toBe('seven');
    expect(await db.entries({ lt: 'x' }).all()).toEqual([
      ['a', 'one'],
      ['b', 'two'],
      ['c', 'three'],
      ['d', 'four'],
      ['e', 'five'],
      ['f', 'six'],
      ['g', 'seven'],
      ['h', 'eight'],
    ]);
    const scan = db.values({ lt: 'x' });
    scan.seek('c');
    expect(await scan.nextMany(2)).toEqual(['three', 'four']);
    scan.close();
    await db.delRange({ gte: 'b', lte: 'c' });
    expect(await db.keys({ lt: 'e' }).all()).toEqual(['a', 'd']);
  });
});

describe('code of the caller', () => {
  it('may step or close the scan that decodes, and the row stays whole (translator/decoded-apart)', async () => {
    const encoding = hooked();
    const db = await openMemory({ keyEncoding: encoding });
    for (const key of ['a', 'b', 'c']) await db.put(key, `value of ${key}`);
    await db.flush();
    const scan = db.entries();
    const iterator = scan[Symbol.iterator]();
    encoding.hook = () => {
      encoding.hook = () => undefined;
      iterator.next();
      scan.close();
    };
    expect(iterator.next().value).toEqual(['a', 'value of a']);
  });

  it('that closes the database ends the call that it runs in (translator/open-after)', async () => {
    for (const call of ['put', 'getSync', 'del', 'batch', 'keys', 'delRange', 'getMany'] as const) {
      const encoding = hooked();
      const db = await openMemory({ keyEncoding: encoding });
      encoding.hook = () => void db.close();
      const calls = {
        put: () => db.put('k', 'v'),
        getSync: () => db.getSync('k'),
        del: () => db.del('k'),
        batch: () => db.batch([{ type: 'put', key: 'k', value: 'v' }]),
        keys: () => db.keys({ gte: 'k' }).all(),
        delRange: () => db.delRange({ gte: 'k' }),
        getMany: () => db.getMany(['k']),
      };
      expect([call, await errorOf(calls[call])]).toEqual([call, expect.any(ClosedError)]);
    }
  });

  it('that ends the transaction writes into no other one (transaction/active-after)', async () => {
    const encoding = hooked();
    const db = await openMemory({ keyEncoding: encoding });
    const tx = db.begin();
    encoding.hook = () => {
      encoding.hook = () => undefined;
      tx.rollback();
    };
    expect(await errorOf(() => tx.put('stray', 'v'))).toBeInstanceOf(ClosedError);
    const next = db.begin();
    next.put('own', 'v');
    await next.commit();
    expect(await db.keys().all()).toEqual(['own']);
  });

  it('in getters of operations and in toJSON may write', async () => {
    const db = await openMemory({ valueEncoding: 'json' });
    const value = {
      toJSON: () => {
        void db.put('inner', 'a longer text than the outer');
        return 'outer';
      },
    };
    await db.put('k', value);
    const operation = {
      type: 'put',
      value: 1,
      get key() {
        void db.batch([{ type: 'put', key: 'from a getter', value: 2 }]);
        return 'from the outer';
      },
    } as const;
    await db.batch([operation, { type: 'put', key: 'last', value: 3 }]);
    expect(await db.entries().all()).toEqual([
      ['from a getter', 2],
      ['from the outer', 1],
      ['inner', 'a longer text than the outer'],
      ['k', 'outer'],
      ['last', 3],
    ]);
  });

  it('that takes a value out of a batch away is too late: the batch has its own copy (commit-batch/own-bytes)', async () => {
    const db = await openMemory({ valueEncoding: 'view' });
    const value = new Uint8Array(5000).fill(7);
    const thief = {
      type: 'del',
      get key() {
        moveAway(value);
        return 'z';
      },
    } as const;
    const operations: BatchOperation<string, Uint8Array>[] = [
      { type: 'put', key: 'k', value },
      thief,
    ];
    await db.batch(operations);
    expect(value.length).toBe(0);
    expect(await db.entries().all()).toEqual([['k', new Uint8Array(5000).fill(7)]]);
  });

  it('that throws in a decoder is a DecodingError with the key, and ends the scan', async () => {
    const decode = (): never => {
      throw new RangeError('never');
    };
    const encode = (): Uint8Array => bytes(1);
    for (const valueEncoding of ['json', { encode, decode }] as const) {
      const copy = new MemoryVfs();
      const db = (await openMemory({ vfs: copy, valueEncoding: 'view' })) as Database<
        string,
        Uint8Array
      >;
      await db.put('bad', Buffer.from('{ no JSON'));
      await db.close();
      const opening: Promise<unknown> = openMemory({ vfs: copy, valueEncoding });
      const other = (await opening) as Database<string, unknown>;
      const tx = other.begin();
      const scan = other.values();
      const calls = [
        () => other.get('bad'),
        () => other.getSync('bad'),
        () => other.getMany(['bad']),
        () => scan.all(),
        () => tx.get('bad'),
      ];
      for (const call of calls) {
        const error = await errorOf(call);
        expect(error).toMatchObject({
          code: 'DECODING',
          keyBytes: Uint8Array.from(Buffer.from('bad')),
        });
        expect(error).toBeInstanceOf(DecodingError);
        expect(error.message).toMatch(/'bad'/);
        expect(error.cause).toBeDefined();
      }
      tx.rollback();
      expect(other.stats().readers.scanCount).toBe(0);
    }
  });
});

describe('bytes', () => {
  const gone = (): Uint8Array => {
    const view = bytes(1, 3);
    moveAway(view);
    return view;
  };
  const shrunk = (): Uint8Array => {
    const buffer = resizable(8);
    const view = new Uint8Array(buffer, 4, 2);
    buffer.resize(2);
    return view;
  };
  const others: [string, () => unknown][] = [
    ['detached', gone],
    ['out of bounds', shrunk],
    ['a Proxy', () => new Proxy(bytes(1), {})],
    ['a DataView', () => new DataView(new ArrayBuffer(2))],
    ['an ArrayBuffer', () => new ArrayBuffer(2)],
    ['a clamped array', () => new Uint8ClampedArray(2)],
    ['an Int8Array', () => new Int8Array(2)],
    ['an object with the prototype', () => Object.create(Uint8Array.prototype) as unknown],
  ];

  it.each(others)(
    'that are %s are refused everywhere, and nothing happens (caller-value/no-throw)',
    async (_, make) => {
      const db = closeLater(await open(DIRECTORY, { vfs: new MemoryVfs() }));
      for (let i = 0; i < 5; i++) await db.put(bytes(1, i), bytes(i));
      const given = (): Uint8Array => make() as Uint8Array;
      const tx = db.begin();
      const locking = db.begin({ mode: 'pessimistic' });
      const scan = db.keys();
      const range = (name: string): object => ({ [name]: given() });
      const calls: [string, () => unknown][] = [
        ['get', () => db.get(given())],
        ['getSync', () => db.getSync(given())],
        ['getMany', () => db.getMany([given()])],
        ['put', () => db.put(given(), bytes(1))],
        ['value', () => db.put(bytes(9), given())],
        ['del', () => db.del(given())],
        ['batch put', () => db.batch([{ type: 'put', key: given(), value: bytes(1) }])],
        ['batch value', () => db.batch([{ type: 'put', key: bytes(9), value: given() }])],
        ['batch del', () => db.batch([{ type: 'del', key: given() }])],
        ['batch range', () => db.batch([{ type: 'delRange', prefix: given() }])],
        ['ingest', () => db.ingest([[given(), bytes(1)]])],
        ['ingest value', () => db.ingest([[bytes(9), given()]])],
        ['tx.get', () => tx.get(given())],
        ['tx.put', () => tx.put(given(), bytes(1))],
        ['tx.put value', () => tx.put(bytes(9), given())],
        ['tx.del', () => tx.del(given())],
        ['lock', () => locking.lock(given())],
        ['getForUpdate', () => locking.getForUpdate(given())],
        ['seek', () => scan.seek(given())],
      ];
      for (const name of ['gt', 'gte', 'lt', 'lte', 'prefix']) {
        calls.push(
          [`delRange ${name}`, () => db.delRange(range(name))],
          [`tx.delRange ${name}`, () => tx.delRange(range(name))],
          [`keys ${name}`, () => db.keys(range(name))],
          [`tx.keys ${name}`, () => tx.keys(range(name))],
          [`compact ${name}`, () => db.compact(range(name))],
          [`lockRange ${name}`, () => locking.lockRange(range(name))],
        );
      }
      for (const [name, call] of calls) {
        expect([name, await errorOf(call)]).toEqual([name, expect.any(InvalidArgumentError)]);
      }
      await tx.commit();
      expect((await db.keys().all()).length).toBe(5);
    },
  );

  it('are what they are, whatever their properties say (caller-value/intrinsic)', async () => {
    const db = closeLater(await open(DIRECTORY, { vfs: new MemoryVfs() }));
    class Liar extends Uint8Array {
      override get length(): number {
        return 1_000_000;
      }
      override get byteLength(): number {
        return 3;
      }
      override get byteOffset(): number {
        return 7;
      }
      override subarray(): never {
        throw new Error('not to be called');
      }
    }
    for (const size of [3, 50, 500, 5000]) {
      const subclass = new Liar(new Uint8Array(size).fill(size));
      const own = new Uint8Array(size).fill(size);
      for (const name of ['length', 'buffer', 'byteOffset', 'constructor']) {
        Object.defineProperty(own, name, { value: 1 });
      }
      for (const liar of [subclass, own]) {
        const key = bytes(size & 0xff, size >> 8);
        await db.put(key, liar);
        expect(db.getSync(key)).toEqual(new Uint8Array(size).fill(size));
        await db.batch([{ type: 'put', key: liar, value: liar }]);
        expect(db.getSync(new Uint8Array(size).fill(size))).toEqual(
          new Uint8Array(size).fill(size),
        );
        await db.transaction((tx) => tx.put(key, liar));
        expect(db.getSync(key)).toEqual(new Uint8Array(size).fill(size));
      }
    }
  });

  it('may be the rest of a resizable buffer, and empty', async () => {
    const db = closeLater(await open(DIRECTORY, { vfs: new MemoryVfs() }));
    const buffer = resizable(4);
    const rest = new Uint8Array(buffer, 2);
    buffer.resize(5);
    await db.put(rest, new Uint8Array(buffer, 5));
    expect(db.getSync(bytes(0, 0, 0))).toEqual(bytes());
    await db.put(bytes(), bytes());
    expect(db.getSync(bytes())).toEqual(bytes());
  });

  it('of a large value in shared memory are read once (encoding/placed-once)', async () => {
    const db = closeLater(await open(DIRECTORY, { vfs: new MemoryVfs() }));
    const shared = new Uint8Array(new SharedArrayBuffer(3000)).fill(5);
    await db.put(shared.subarray(0, 3), shared);
    shared.fill(6);
    expect(db.getSync(bytes(5, 5, 5))).toEqual(new Uint8Array(3000).fill(5));
  });
});

describe('returned bytes', () => {
  it.each(['view', 'buffer'] as const)(
    'with %s hold nothing but themselves, and may be transferred (encoding/own-memory)',
    async (encoding) => {
      const db = await openMemory({ keyEncoding: encoding, valueEncoding: encoding });
      const sizes = [0, 1, 64, 65, 1000, 4096, 5000];
      for (const size of sizes) await db.put(Buffer.alloc(size, 7), Buffer.alloc(size, size));
      for (const isFlushed of [false, true]) {
        if (isFlushed) await db.flush();
        const tx = db.begin();
        tx.put(Buffer.from('own'), Buffer.from('own'));
        const results: Uint8Array[] = [tx.getSync(Buffer.from('own'))!];
        for (const size of sizes) {
          const key = Buffer.alloc(size, 7);
          results.push(
            db.getSync(key)!,
            (await db.get(key))!,
            ...(await db.getMany([key])).map((v) => v!),
          );
        }
        results.push(...(await db.entries().all()).flat(), ...(await tx.keys().all()));
        for (const result of results) {
          expect([result.byteOffset, result.buffer.byteLength]).toEqual([0, result.length]);
        }
        for (const result of results) moveAway(result);
        tx.rollback();
        for (let i = 0; i < 200; i++) expect(db.getSync(Buffer.alloc(64, 7))?.length).toBe(64);
      }
    },
  );
});

describe('pooled results', () => {
  const SIZES = [0, 1, 63, 64, 65, 1000, 4096, 4097, 20_000];

  async function filledPool(): Promise<Database<string, Uint8Array>> {
    const db = await openMemory({ keyEncoding: 'utf8', valueEncoding: 'pooled' });
    for (const size of SIZES) await db.put(`k${size}`, new Uint8Array(size).fill(size));
    await db.flush();
    return db;
  }

  async function everyResult(db: Database<string, Uint8Array>): Promise<[number, Uint8Array][]> {
    const results: [number, Uint8Array][] = [];
    for (const size of SIZES) {
      const key = `k${size}`;
      const many = await db.getMany([key, key]);
      for (const value of [db.getSync(key), await db.get(key), ...many])
        results.push([size, value!]);
    }
    for (const [key, value] of db.entries()) results.push([Number(key.slice(1)), value]);
    return results;
  }

  it('share memory, and no byte of it', async () => {
    const db = await filledPool();
    const results = await everyResult(db);
    const buffers = new Set(results.map(([, value]) => value.buffer));
    expect(buffers.size).toBeLessThan(results.length / 2);
    for (const [size, value] of results) {
      expect(value).toEqual(new Uint8Array(size).fill(size));
      expect(value.constructor).toBe(Uint8Array);
    }
    for (const [, value] of results) value.fill(0xaa);
    for (const [size, value] of results) expect(value).toEqual(new Uint8Array(size).fill(0xaa));
    for (const [size, value] of await everyResult(db)) {
      expect(value).toEqual(new Uint8Array(size).fill(size));
    }
  });

  it('may be transferred, with their neighbours, and later reads are whole', async () => {
    const db = await filledPool();
    for (let round = 0; round < 3; round++) {
      for (const [, value] of await everyResult(db)) {
        if (value.buffer.byteLength > 0) moveAway(value);
        expect(db.getSync('k0')).toEqual(new Uint8Array(0));
        expect(db.getSync('k64')).toEqual(new Uint8Array(64).fill(64));
      }
    }
  });

  it('are bytes to the database: any encoding of bytes may read them', async () => {
    const vfs = new MemoryVfs();
    const db = await openMemory({ vfs, keyEncoding: 'pooled', valueEncoding: 'pooled' });
    await db.put(Buffer.from('k'), Buffer.from('v'));
    await db.close();
    const again = await openMemory({ vfs });
    expect(await again.entries().all()).toEqual([['k', 'v']]);
  });
});

describe('another realm', () => {
  const realm = vm.createContext({});
  const there = <T>(code: string): T => vm.runInContext(code, realm) as T;

  it('may make the options of open', async () => {
    const options = Object.assign(there<object>('({ keyEncoding: "view" })'), {
      vfs: new MemoryVfs(),
    });
    const db = closeLater(await open(DIRECTORY, options));
    expect(db.location).toBe(DIRECTORY);
  });

  it('may call every method with its own values', async () => {
    const db = closeLater(await open(DIRECTORY, { vfs: new MemoryVfs() }));
    const key = there<Uint8Array>('new Uint8Array([1, 2])');
    await db.put(key, there('new Uint8Array(3000).fill(1)'), there('({ durability: "os" })'));
    await db.batch(there('[{ type: "put", key: new Uint8Array([3]), value: new Uint8Array(2) }]'));
    await db.ingest(there('new Map([[new Uint8Array([5]), new Uint8Array([1])]])'));
    expect(await db.getMany(there('[new Uint8Array([3]), new Uint8Array([5])]'))).toEqual([
      bytes(0, 0),
      bytes(1),
    ]);
    expect((await db.keys(there('({ gte: new Uint8Array([2]) })')).all()).length).toBe(2);
    await db.delRange(there<object>('({ prefix: new Uint8Array([3]) })'));
    await db.transaction((tx) => tx.del(key), there('({ isolation: "serializable" })'));
    const signal = there<AbortSignal>(
      '({ aborted: false, addEventListener() {}, removeEventListener() {} })',
    );
    await db.put(key, key, { signal });
    await db.ingest([[bytes(9), bytes(9)]], { signal });
    await db.verify({ signal });
    expect(await db.keys().all()).toEqual([bytes(1, 2), bytes(5), bytes(9)]);
  });

  it('may throw errors of its own, which reach the caller as they are', async () => {
    const error = there<Error>('new RangeError("theirs")');
    const encode = (): never => {
      throw error;
    };
    const db = await openMemory({ keyEncoding: { encode, decode: String } });
    await expect(db.put('k', 'v')).rejects.toBe(error);
  });
});

describe('a polluted Object.prototype', () => {
  const polluted = Object.prototype as Record<string, unknown>;
  const names = ['durability', 'signal', 'prefix', 'gte', 'type', 'key', 'limit', 'mode'];
  afterEach(() => {
    for (const name of [...names, 'isolation', 'readOnly', 'snapshot']) delete polluted[name];
  });

  it('counts for nothing in options, ranges and operations', async () => {
    const db = await openMemory();
    await db.batch(['a', 'b', 'c'].map((key) => ({ type: 'put', key, value: key })));
    Object.assign(polluted, {
      durability: 'nonsense',
      signal: 5,
      limit: 1,
      mode: 'nonsense',
      isolation: 'nonsense',
      readOnly: 1,
      snapshot: {},
      prefix: 'a',
    });
    await db.put('d', 'd', {});
    await db.transaction((tx) => tx.put('e', 'e'), {});
    expect((await db.keys({}).all()).length).toBe(5);
    expect(await db.get('a', {})).toBe('a');
    delete polluted['prefix'];
    Object.assign(polluted, { type: 'clear', key: 'a' });
    const none = {} as BatchOperation<string, string>;
    expect(await errorOf(() => db.batch([none]))).toBeInstanceOf(InvalidArgumentError);
    expect(await errorOf(() => db.begin().batch([none]))).toBeInstanceOf(InvalidArgumentError);
    expect((await db.keys().all()).length).toBe(5);
  });

  it('differs from a class, whose instances are operations and own their options', async () => {
    const db = await openMemory();
    class Put {
      get type(): 'put' {
        return 'put';
      }
      get key(): string {
        return 'k';
      }
      get value(): string {
        return 'v';
      }
    }
    await db.batch([new Put()]);
    expect(await db.get('k')).toBe('v');
    class Bounds {
      get prefix(): string {
        return 'k';
      }
    }
    const odd: unknown[] = [
      new Bounds(),
      new Map([['prefix', 'k']]),
      Promise.resolve({ prefix: 'k' }),
    ];
    odd.push(new Date(), Object.create({ prefix: 'k' }), Object.assign(new Bounds(), { gte: 'a' }));
    for (const range of odd) {
      const error = await errorOf(() => db.delRange(range as object));
      expect(error).toBeInstanceOf(InvalidArgumentError);
    }
    expect(await db.get('k')).toBe('v');
  });
});

describe('deleting calls', () => {
  const forgotten: unknown[] = [undefined, null];

  it('refuse a bound without a value, and name it', async () => {
    const db = await openMemory();
    await db.batch(['a', 'b', 'c'].map((key) => ({ type: 'put', key, value: key })));
    const tx = db.begin();
    const locking = db.begin({ mode: 'pessimistic' });
    for (const value of forgotten) {
      for (const name of ['gt', 'gte', 'lt', 'lte', 'prefix']) {
        for (const range of [{ [name]: value }, { gte: 'a', [name]: value }] as object[]) {
          const calls = [
            () => db.delRange(range),
            () => db.batch([{ type: 'delRange', ...range }]),
            () => tx.delRange(range),
            () => tx.batch([{ type: 'delRange', ...range }]),
            () => locking.lockRange(range),
            () => db.compact(range),
            () => db.keys(range),
            () => tx.entries(range),
          ];
          for (const call of calls) expect((await errorOf(call)).message).toMatch(`Bound ${name} `);
        }
      }
      for (const call of [
        () => db.delRange(value as object),
        () => tx.delRange(value as object),
        () => locking.lockRange(value as object),
      ]) {
        expect(await errorOf(call)).toBeInstanceOf(InvalidArgumentError);
      }
    }
    locking.rollback();
    await tx.commit();
    expect(await db.keys().all()).toEqual(['a', 'b', 'c']);
  });

  it('delete everything by clear(), in a transaction and in a batch, and by {} in so many words', async () => {
    const db = await openMemory();
    const clears = [
      () => db.clear({ durability: 'os' }),
      () => db.delRange({}),
      () => db.batch([{ type: 'clear' }]),
      () => db.transaction((tx) => tx.clear()),
      () => db.transaction((tx) => tx.batch([{ type: 'clear' }])),
    ];
    for (const clear of clears) {
      await db.batch(['', 'a', '\u{10ffff}'].map((key) => ({ type: 'put', key, value: key })));
      await clear();
      expect(await db.keys().all()).toEqual([]);
    }
    await db.batch([
      { type: 'put', key: 'before', value: 'v' },
      { type: 'clear' },
      { type: 'put', key: 'after', value: 'v' },
    ]);
    expect(await db.keys().all()).toEqual(['after']);
    const tx = db.begin();
    const savepoint = tx.savepoint();
    tx.clear();
    expect(tx.getSync('after')).toBeUndefined();
    tx.rollbackTo(savepoint);
    expect(tx.getSync('after')).toBe('v');
    tx.rollback();
  });
});
