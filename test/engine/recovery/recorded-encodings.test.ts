/** A database opens with the encodings that it was written with, or as raw bytes. */
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../../src/base/errors.ts';
import type { Database } from '../../../src/api/database.ts';
import type { EncodingOption } from '../../../src/api/encoding-types.ts';
import { open } from '../../../src/api/open.ts';
import { repair } from '../../../src/inspect/repair.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import { closeLater, DIRECTORY, errorOf } from '../../api/fixture.ts';

type Texts = Database<string, string>;
type Encodings = { readonly keyEncoding?: EncodingOption; readonly valueEncoding?: EncodingOption };

const TEXT: Encodings = { keyEncoding: 'utf8', valueEncoding: 'utf8' };
const JSONS: Encodings = { keyEncoding: 'utf8', valueEncoding: 'json' };

function custom(name?: string): EncodingOption {
  const encode = (text: unknown): Uint8Array => Buffer.from(String(text));
  const decode = (bytes: Uint8Array): unknown => Buffer.from(bytes).toString();
  return name === undefined ? { encode, decode } : { encode, decode, name };
}

async function reopen(vfs: MemoryVfs, encodings: Encodings, directory = DIRECTORY): Promise<Texts> {
  const opening: Promise<unknown> = open(directory, { vfs, ...encodings });
  return closeLater((await opening) as Texts);
}

async function written(encodings: Encodings): Promise<MemoryVfs> {
  const vfs = new MemoryVfs();
  const db = await reopen(vfs, encodings);
  await db.put('k', 'v');
  await db.close();
  return vfs;
}

describe('recorded encodings', () => {
  it('refuse another one, naming both, before and after flushes and rotations', async () => {
    const vfs = await written(JSONS);
    for (let round = 0; round < 3; round++) {
      for (const wrong of [
        TEXT,
        { keyEncoding: 'json' },
        { valueEncoding: custom('mine') },
      ] as const) {
        const error = await errorOf(() => reopen(vfs, wrong));
        expect(error).toBeInstanceOf(InvalidArgumentError);
        expect(error.message).toMatch(/recorded=(utf8|json) asked=(utf8|json|custom:mine)/);
      }
      const db = await reopen(vfs, JSONS);
      expect(db.getSync('k')).toBe('v');
      await db.compact();
      await db.close();
    }
  });

  it('let raw bytes and encodings without a name open everything, and do not change for them', async () => {
    const vfs = await written(JSONS);
    for (const raw of ['view', 'buffer', custom()] as const) {
      const db = await reopen(vfs, { keyEncoding: raw, valueEncoding: raw });
      expect((await db.keys().all()).length).toBe(1);
      await db.close();
    }
    expect(await errorOf(() => reopen(vfs, TEXT))).toBeInstanceOf(InvalidArgumentError);
  });

  it('bind at the first open that has any: a database from before opens', async () => {
    const vfs = new MemoryVfs();
    const raw = (await open(DIRECTORY, { vfs })) as Database;
    await raw.put(Buffer.from('k'), Buffer.from('"v"'));
    await raw.close();
    await (await reopen(vfs, JSONS)).close();
    expect(await errorOf(() => reopen(vfs, TEXT))).toBeInstanceOf(InvalidArgumentError);
  });

  it('of a name of the caller\u0027s are compared by name', async () => {
    const vfs = await written({ keyEncoding: custom('a'), valueEncoding: custom('b') });
    await (await reopen(vfs, { keyEncoding: custom('a'), valueEncoding: custom('b') })).close();
    const swapped = { keyEncoding: custom('b'), valueEncoding: custom('a') };
    expect((await errorOf(() => reopen(vfs, swapped))).message).toMatch('custom:a asked=custom:b');
    for (const name of ['', 5, 'x'.repeat(100), null]) {
      const keyEncoding = { ...(custom() as object), name } as EncodingOption;
      expect(await errorOf(() => reopen(vfs, { keyEncoding }))).toBeInstanceOf(
        InvalidArgumentError,
      );
    }
  });

  it('may be others while the database has no entry', async () => {
    const vfs = new MemoryVfs();
    await (await reopen(vfs, JSONS)).close();
    const db = await reopen(vfs, TEXT);
    await db.put('k', 'v');
    await db.close();
    expect(await errorOf(() => reopen(vfs, JSONS))).toBeInstanceOf(InvalidArgumentError);
    const emptied = await reopen(vfs, TEXT);
    await emptied.clear();
    await emptied.compact();
    await emptied.close();
    await (await reopen(vfs, JSONS)).close();
  });

  it('are kept by checkpoints and by repair', async () => {
    const vfs = await written(JSONS);
    const db = await reopen(vfs, JSONS);
    await db.checkpoint('/test/copy');
    await db.close();
    await repair(DIRECTORY, '/test/repaired', { vfs });
    for (const directory of ['/test/copy', '/test/repaired']) {
      expect(await errorOf(() => reopen(vfs, TEXT, directory))).toBeInstanceOf(
        InvalidArgumentError,
      );
      const copy = await reopen(vfs, JSONS, directory);
      expect(copy.getSync('k')).toBe('v');
      await copy.close();
    }
  });

  it('refused change nothing', async () => {
    const vfs = await written(JSONS);
    const before = vfs.list(DIRECTORY);
    await errorOf(() => reopen(vfs, TEXT));
    expect(vfs.list(DIRECTORY)).toEqual(before);
  });
});

describe('errors of callers', () => {
  it('are StorageErrors for what only looks like a transaction', async () => {
    const db = await reopen(new MemoryVfs(), TEXT);
    const tx = db.begin();
    for (const odd of [Object.create(tx), new Proxy(tx, {}), {}, undefined] as (typeof tx)[]) {
      const calls = [
        () => db.commit(odd),
        () => db.getTx(odd, 'k'),
        () => db.putTx(odd, 'k', 'v'),
        () => db.rollback(odd),
      ];
      for (const call of calls) expect(await errorOf(call)).toBeInstanceOf(InvalidArgumentError);
    }
    const body = undefined as unknown as () => void;
    expect(await errorOf(() => tx.transaction(body))).toBeInstanceOf(InvalidArgumentError);
    const snapshot = Object.create(db.snapshot()) as ReturnType<typeof db.snapshot>;
    expect(await errorOf(() => db.get('k', { snapshot }))).toBeInstanceOf(InvalidArgumentError);
  });
});
