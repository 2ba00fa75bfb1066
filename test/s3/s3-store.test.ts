/** varve/s3 over a server of the protocol: the contract of a store, and backups, archives and restores over it. */
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  type BackupStore,
  checkBackupStore,
  listBackups,
  MemoryVfs,
  pruneBackups,
  restore,
  verifyBackups,
} from '../../src/index.ts';
import { type S3ClientLike, s3Store, type S3StoreOptions } from '../../src/s3/index.ts';
import { contentAt, contentOf, fill, fillMixed, openText } from '../support/text-database.ts';
import { BUCKET, NotingClient, Server } from './fixture.ts';

const MIB = 1024 * 1024;
const server = new Server();
let client: S3ClientLike;

beforeAll(async () => {
  await server.start();
  client = server.client();
});

afterAll(() => server.end());

const storeAt = (prefix: string, by: S3ClientLike = client): BackupStore =>
  s3Store({ client: by, bucket: BUCKET, prefix });

async function* chunksOf(...sizes: number[]): AsyncGenerator<Uint8Array, void> {
  for (const [index, size] of sizes.entries()) {
    yield await Promise.resolve(new Uint8Array(size).fill(index + 1));
  }
}

async function put(
  store: BackupStore,
  name: string,
  content: AsyncIterable<Uint8Array>,
  sizeBytes: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  await store.put(name, content, { sizeBytes, signal });
}

async function read(store: BackupStore, name: string): Promise<Buffer | undefined> {
  const content = await store.get(name);
  return content === undefined ? undefined : drained(content);
}

async function drained(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function namesIn(store: BackupStore, prefix = ''): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of store.list(prefix)) names.push(name);
  return names.sort();
}

describe('a bucket as a store', () => {
  it.each(['', 'ledger', 'deep/er/'])(
    'keeps the contract (prefix %j, s3-store/whole-requests)',
    async (prefix) => {
      const store = storeAt(prefix);
      await checkBackupStore(store);
      expect(await namesIn(store, 'check-')).toEqual([]);
    },
  );

  it('puts its prefix before each name, as a folder', async () => {
    const noting = new NotingClient(client);
    const store = storeAt('folder', noting);
    await put(store, 'a/b', chunksOf(3), 3);
    expect(noting.sent[0]?.input).toMatchObject({ Key: 'folder/a/b', ContentLength: 3 });
    expect(await namesIn(store)).toEqual(['a/b']);
    expect(await namesIn(storeAt('folder/a/'))).toEqual(['b']);
    expect(await namesIn(storeAt('fold'))).toEqual([]);
    await store.delete('a/b');
  });

  it('lists all pages (s3-store/all-pages)', async () => {
    const noting = new NotingClient(client);
    noting.before = ({ input }) => {
      if ('Prefix' in input) input.MaxKeys = 7;
    };
    const store = storeAt('pages', noting);
    const expected = Array.from({ length: 30 }, (_, i) => `n${String(i).padStart(2, '0')}`);
    for (const name of expected) await put(store, name, chunksOf(1), 1);
    noting.sent.length = 0;
    expect(await namesIn(store)).toEqual(expected);
    expect(noting.sent.length).toBe(5);
  });

  it('fails when a list is cut short and has no next page (s3-store/all-pages)', async () => {
    const page = { IsTruncated: true, Contents: [{ Key: 'x/a', Size: 1 }] };
    const store = storeAt('x', { send: () => Promise.resolve(page) });
    await expect(namesIn(store)).rejects.toMatchObject({ code: 'BACKUP_STORE' });
  });

  it('tells a missing bucket from a missing object (s3-store/absent-is-no-key)', async () => {
    const store = s3Store({ client, bucket: 'no-such-bucket' });
    await expect(store.get('a')).rejects.toMatchObject({ name: 'NoSuchBucket' });
    await expect(listBackups(store)).rejects.toMatchObject({
      code: 'BACKUP_STORE',
      cause: { name: 'NoSuchBucket' },
    });
    expect(await storeAt('none').get('a')).toBeUndefined();
  });

  it('harms nobody with an object that breaks before it is read, and tells its reader', async () => {
    const Body = new Readable({ read: () => undefined });
    const content = await storeAt('', { send: () => Promise.resolve({ Body }) }).get('a');
    const failure = new Error('Checksum is wrong');
    const closed = new Promise((resolve) => Body.once('close', resolve));
    Body.destroy(failure);
    await closed;
    if (content === undefined) throw new Error('Object is missing');
    await expect(drained(content)).rejects.toBe(failure);
  });

  it.each([
    [{ client: {}, bucket: 'b' }, 'client'],
    [{ bucket: 'b' }, 'client'],
    [{ client: new NotingClient({} as S3ClientLike), bucket: '' }, 'bucket'],
    [{ client: new NotingClient({} as S3ClientLike), bucket: 'b', prefix: 7 }, 'prefix'],
    [
      { client: new NotingClient({} as S3ClientLike), bucket: 'b', prefix: 'x'.repeat(701) },
      'prefix',
    ],
  ])('refuses options that are none: %#', (options, named) => {
    expect(() => s3Store(options as S3StoreOptions)).toThrow(
      new RegExp(`^Option ${named} of s3Store must be`),
    );
  });
});

describe('an object', () => {
  it('of up to 8 MiB is one request, a larger one goes in parts (s3-store/whole-requests)', async () => {
    const noting = new NotingClient(client);
    const store = storeAt('sizes', noting);
    await put(store, 'one', chunksOf(5 * MIB, 3 * MIB), 8 * MIB);
    expect(noting.names()).toBe('PutObject');
    noting.sent.length = 0;
    const sizes = [3 * MIB, 0, 10 * MIB, 3 * MIB, 1];
    const sizeBytes = 16 * MIB + 1;
    await put(store, 'parts', chunksOf(...sizes), sizeBytes);
    expect(noting.names()).toBe(
      'CreateMultipartUpload UploadPart UploadPart UploadPart CompleteMultipartUpload',
    );
    const expected: Uint8Array[] = [];
    for await (const chunk of chunksOf(...sizes)) expected.push(chunk);
    expect((await read(store, 'parts'))?.equals(Buffer.concat(expected))).toBe(true);
    expect(await namesIn(store)).toEqual(['one', 'parts']);
  });

  it('whose content fails is not there, and its upload is ended', async () => {
    const noting = new NotingClient(client);
    const store = storeAt('failing', noting);
    const failure = new Error('Disk cannot be read');
    const content = async function* (): AsyncGenerator<Uint8Array, void> {
      yield* chunksOf(9 * MIB);
      throw failure;
    };
    await expect(put(store, 'parts', content(), 20 * MIB)).rejects.toBe(failure);
    expect(noting.names()).toBe('CreateMultipartUpload UploadPart AbortMultipartUpload');
    noting.sent.length = 0;
    await expect(put(store, 'one', content(), 9.5 * MIB)).rejects.toBe(failure);
    expect(await namesIn(store)).toEqual([]);
  });

  it.each([
    [10, 9],
    [10, 11],
    [0, 1],
    [1, 0],
    [17 * MIB, 16 * MIB],
    [16 * MIB, 16 * MIB + 1],
  ])('that was said to have %i bytes and has %i is not there', async (said, size) => {
    const store = storeAt('wrong');
    await expect(put(store, 'a', chunksOf(size), said)).rejects.toMatchObject({
      code: 'BACKUP_STORE',
      object: 'a',
    });
    expect(await namesIn(store)).toEqual([]);
  });

  it('is given up when the call has ended', async () => {
    const noting = new NotingClient(client);
    const store = storeAt('aborted', noting);
    const controller = new AbortController();
    noting.before = ({ name, input }) => {
      if (name === 'UploadPartCommand' && 'PartNumber' in input && input.PartNumber === 2)
        controller.abort();
    };
    const putting = put(store, 'a', chunksOf(9 * MIB, 9 * MIB), 18 * MIB, controller.signal);
    await expect(putting).rejects.toMatchObject({ name: 'AbortError' });
    expect(noting.names()).toBe('CreateMultipartUpload UploadPart UploadPart AbortMultipartUpload');
    expect(noting.sent.map(({ signal }) => signal === controller.signal)).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(await namesIn(store)).toEqual([]);
  });
});

describe('backups in a bucket', () => {
  it('are made, listed, verified, pruned and restored', async () => {
    const vfs = new MemoryVfs();
    const store = storeAt('life');
    const db = await openText(vfs);
    await fillMixed(db);
    const first = await contentOf(db);
    await db.backup(store, { name: 'first' });
    await fill(db, 300, 350);
    const second = await contentOf(db);
    const { bytes, bytesNew } = await db.backup(store, { name: 'second' });
    expect(bytesNew).toBeLessThan(bytes);
    await db.close();
    expect((await listBackups(store)).map(({ name }) => name)).toEqual(['first', 'second']);
    expect(await verifyBackups(store)).toMatchObject({ isSound: true, backups: 2 });
    await restore(store, '/first', { vfs, name: 'first' });
    expect(await contentAt(vfs, '/first')).toEqual(first);
    expect(await pruneBackups(store, { keepLast: 1 })).toMatchObject({ removed: ['first'] });
    await restore(store, '/second', { vfs });
    expect(await contentAt(vfs, '/second')).toEqual(second);
    expect(await namesIn(store, 'leases/')).toEqual([]);
  });

  it('have an archive, from which each commit comes back', async () => {
    const vfs = new MemoryVfs();
    const store = storeAt('archive');
    const db = await openText(vfs, '/db', { history: {} });
    const archive = await db.archive(store);
    for (let i = 1; i <= 5; i++) {
      await db.put('n', String(i));
      await archive.ship();
    }
    await db.close();
    for (let sequence = 1; sequence <= 5; sequence++) {
      await restore(store, `/at-${sequence}`, { vfs, at: { sequence } });
      expect(await contentAt(vfs, `/at-${sequence}`)).toEqual([['n', String(sequence)]]);
    }
    expect(await verifyBackups(store)).toMatchObject({ isSound: true });
  });

  it('of two databases are made at once', async () => {
    const vfs = new MemoryVfs();
    const store = storeAt('two');
    const dbs = await Promise.all(['/one', '/two'].map((path) => openText(vfs, path)));
    for (const [index, db] of dbs.entries()) await fill(db, 0, 50, (i) => `${index}-${i}`);
    await Promise.all(dbs.map((db) => db.backup(store)));
    expect(await listBackups(store)).toHaveLength(2);
    for (const [index, db] of dbs.entries()) {
      const database = db.stats().databaseId;
      await restore(store, `/restored-${index}`, { vfs, database });
      expect(await contentAt(vfs, `/restored-${index}`)).toEqual(await contentOf(db));
      await db.close();
    }
  });

  it('tell of an object that is damaged, and of one that is gone', async () => {
    const vfs = new MemoryVfs();
    const store = storeAt('damaged');
    const db = await openText(vfs);
    await fillMixed(db);
    await db.backup(store);
    await db.close();
    const [name = ''] = await namesIn(store, 'objects/');
    const at = { Bucket: BUCKET, Key: `damaged/${name}` };
    const direct = server.client();
    const { Body } = await direct.send(new GetObjectCommand(at));
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await direct.send(new PutObjectCommand({ ...at, Body: bytes }));
    const damaged = { code: 'BACKUP_DAMAGED', object: name };
    await expect(restore(store, '/r', { vfs })).rejects.toMatchObject(damaged);
    expect(await verifyBackups(store)).toMatchObject({ isSound: false });
    await direct.send(new DeleteObjectCommand(at));
    await expect(restore(store, '/r', { vfs })).rejects.toMatchObject(damaged);
  });
});

describe('a server that dies', () => {
  it('at any object of a backup leaves the store sound, and the next backup goes on', async () => {
    const mortal = new Server();
    try {
      await mortal.start();
      const vfs = new MemoryVfs();
      const db = await openText(vfs);
      await fillMixed(db);
      let isWhole = false;
      let deaths = 0;
      for (; !isWhole; deaths++) {
        const noting = new NotingClient(mortal.client());
        let left = deaths;
        noting.before = async ({ name }) => {
          if (name === 'PutObjectCommand' && left-- === 0) await mortal.kill();
        };
        const making = db.backup(storeAt('p', noting));
        isWhole = await making.then(
          () => true,
          (error: unknown) => {
            expect(error).toMatchObject({ code: 'BACKUP_STORE' });
            return false;
          },
        );
        if (!isWhole) await mortal.start();
        const store = storeAt('p', mortal.client());
        expect(await verifyBackups(store)).toMatchObject({ isSound: true });
      }
      expect(deaths).toBeGreaterThan(3);
      const store = storeAt('p', mortal.client());
      await restore(store, '/r', { vfs });
      expect(await contentAt(vfs, '/r')).toEqual(await contentOf(db));
      await db.close();
    } finally {
      await mortal.end();
    }
  });

  it('in the middle of an object ends the reading, and harms nobody who does not read', async () => {
    const mortal = new Server();
    try {
      await mortal.start();
      const store = storeAt('', mortal.client());
      await put(store, 'a', chunksOf(16 * MIB, 16 * MIB), 32 * MIB);
      const unread = await store.get('a');
      const content = await store.get('a');
      if (unread === undefined || content === undefined) throw new Error('Object is missing');
      let sizeBytes = 0;
      const reading = async (): Promise<void> => {
        for await (const chunk of content) {
          if (sizeBytes === 0) await mortal.kill();
          sizeBytes += chunk.length;
        }
      };
      await expect(reading()).rejects.toMatchObject({ code: 'ECONNRESET' });
      expect(sizeBytes).toBeLessThan(32 * MIB);
      await expect(drained(unread)).rejects.toMatchObject({ code: 'ECONNRESET' });
    } finally {
      await mortal.end();
    }
  });

  it('while an object is read ends the restore, which leaves nothing', async () => {
    const mortal = new Server();
    try {
      await mortal.start();
      const vfs = new MemoryVfs();
      const db = await openText(vfs);
      await fillMixed(db);
      const noting = new NotingClient(mortal.client());
      const store = storeAt('', noting);
      await db.backup(store);
      await db.close();
      noting.before = ({ input }) =>
        input.Key?.startsWith('objects/') === true ? mortal.kill() : undefined;
      await expect(restore(store, '/r', { vfs })).rejects.toMatchObject({ code: 'BACKUP_STORE' });
      await mortal.start();
      await restore(storeAt('', mortal.client()), '/r', { vfs });
    } finally {
      await mortal.end();
    }
  });
});
