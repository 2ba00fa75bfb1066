/** Indexes of a keyspace that is written through a handle of bytes, as the command does. */
import { expect, it } from 'vitest';
import { type Database, open } from '../../src/index.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';

const AS_JSON = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;
const bytesOf = (text: string): Uint8Array => Buffer.from(text);

async function mustBeSound(db: Database): Promise<void> {
  expect(await db.verify()).toMatchObject({ problems: [], uncheckedIndexes: [] });
}

it('indexes follow what a handle of bytes writes (keyspaces/rows-as-recorded)', async () => {
  const vfs = new MemoryVfs();
  let db = await open('/x', { vfs });
  const indexes = { byEmail: { on: ['email'], unique: true } };
  const users = await db.keyspace('users', { ...AS_JSON, indexes });
  await users.put('ada', { email: 'a' });
  const bytes = await db.keyspace('users'); // beside the other
  await users.put('bob', { email: 'b' });
  await bytes.put(bytesOf('cyd'), bytesOf('{"email":"c"}'));
  await mustBeSound(db);
  await db.close();

  db = await open('/x', { vfs });
  const alone = await db.keyspace('users');
  await alone.put(bytesOf('dan'), bytesOf('{"email":"d"}'));
  await alone.put(bytesOf('ada'), bytesOf('{"email":"e"}'));
  await alone.del(bytesOf('bob'));
  await expect(alone.put(bytesOf('eve'), bytesOf('{"email":"c"}'))).rejects.toMatchObject({
    code: 'UNIQUE',
    key: 'cyd',
  });
  await expect(alone.put(bytesOf('eve'), bytesOf('{'))).rejects.toMatchObject({ code: 'DECODING' });
  await mustBeSound(db);
  const typed = await db.keyspace('users', AS_JSON);
  expect(await typed.index('byEmail').keys().all()).toEqual(['cyd', 'dan', 'ada']);
  await db.close();
});

it('an index declared while the newest handle is of bytes is built by the recorded encoding', async () => {
  const db = await open('/x', { vfs: new MemoryVfs() });
  const users = await db.keyspace('users', AS_JSON);
  await users.put('ada', { email: 'a' });
  const bytes = await db.keyspace('users');
  const declared = db.keyspace('users', { ...AS_JSON, indexes: { byEmail: { on: ['email'] } } });
  const writes = [users.put('bob', { email: 'b' }), bytes.put(bytesOf('cyd'), bytesOf('{}'))];
  await Promise.all([declared, ...writes]);
  const index = (await declared).index('byEmail');
  await index.ready();
  expect(await index.keys().all()).toEqual(['ada', 'bob']);
  await mustBeSound(db);
  await db.close();
});

it('without its own encoding of values a keyspace with indexes is read and not written', async () => {
  const vfs = new MemoryVfs();
  const valueEncoding = {
    name: 'lines',
    encode: (value: { name: string }) => bytesOf(value.name),
    decode: (bytes: Uint8Array) => ({ name: Buffer.from(bytes).toString() }),
  };
  let db = await open('/x', { vfs });
  const indexes = { byName: { on: ['name'] } };
  const users = await db.keyspace('users', { keyEncoding: 'utf8', valueEncoding, indexes });
  await users.put('ada', { name: 'Ada' });
  await db.close();
  db = await open('/x', { vfs });
  const bytes = await db.keyspace('users');
  expect(await bytes.get(bytesOf('ada'))).toEqual(Uint8Array.from(bytesOf('Ada')));
  await expect(bytes.put(bytesOf('bob'), bytesOf('Bob'))).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('open it with its valueEncoding') as string,
  });
  await db.close();
});
