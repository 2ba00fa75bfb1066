/** Backups and archives of an encrypted database: sealed in the store, opened by its key, and by no other. */
import { describe, expect, it } from 'vitest';

import { restore } from '../../src/backup/backups.ts';
import { EncryptionKeyError } from '../../src/base/errors.ts';
import { type Database, open } from '../../src/index.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import type { Vfs } from '../../src/vfs/vfs.ts';
import { MemoryStore } from '../backup/fixture.ts';

const MARK = 'plain-to-read';
const KEY = new Uint8Array(32).fill(7);
const OTHER_KEY = new Uint8Array(32).fill(9);

function openAt(vfs: Vfs, path: string, key: Uint8Array): Promise<Database<string, string>> {
  return open<string, string>(path, {
    vfs,
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
    encryption: { key },
  });
}

async function keysAt(vfs: Vfs, path: string, key: Uint8Array): Promise<string[]> {
  const db = await openAt(vfs, path, key);
  try {
    const keys: string[] = [];
    for await (const each of db.keys()) keys.push(each);
    return keys;
  } finally {
    await db.close();
  }
}

describe('a backup of an encrypted database', () => {
  it('shows nothing in the store, and opens with its key alone', async () => {
    const vfs = new MemoryVfs();
    const store = new MemoryStore();
    const db = await openAt(vfs, '/d', KEY);
    await db.put(`${MARK}-1`, MARK);
    await db.flush();
    await db.put(`${MARK}-2`, MARK);
    await db.backup(store, { name: 'first' });
    await db.close();
    for (const bytes of store.objects.values()) {
      expect(Buffer.from(bytes).includes(MARK)).toBe(false);
    }
    await restore(store, '/r', { vfs, name: 'first' });
    await expect(open('/r', { vfs, keyEncoding: 'utf8' })).rejects.toThrow(EncryptionKeyError);
    await expect(openAt(vfs, '/r', OTHER_KEY)).rejects.toThrow(EncryptionKeyError);
    expect(await keysAt(vfs, '/r', KEY)).toEqual([`${MARK}-1`, `${MARK}-2`]);
  });

  it('is refused for another key, and a plain one for any key, and leaves no directory', async () => {
    const vfs = new MemoryVfs();
    const store = new MemoryStore();
    const db = await openAt(vfs, '/d', KEY);
    await db.put('a', '1');
    await db.backup(store);
    await db.close();
    await expect(restore(store, '/r', { vfs, encryption: { key: OTHER_KEY } })).rejects.toThrow(
      EncryptionKeyError,
    );
    expect(vfs.exists('/r')).toBe(false);
    const plainStore = new MemoryStore();
    const plain = await open('/p', { vfs });
    await plain.put(new Uint8Array([1]), new Uint8Array([1]));
    await plain.backup(plainStore);
    await plain.close();
    await expect(restore(plainStore, '/r', { vfs, encryption: { key: KEY } })).rejects.toThrow(
      EncryptionKeyError,
    );
  });

  it('is gone beyond, and cut short, with the key of the database, which the restore asks for', async () => {
    const vfs = new MemoryVfs();
    const store = new MemoryStore();
    const db = await openAt(vfs, '/d', KEY);
    await db.put('a', '1');
    const archive = await db.archive(store);
    await db.put('b', '2');
    const { published } = db.stats().sequence;
    await db.put('c', '3');
    await archive.ship();
    await expect(db.rotateKey(OTHER_KEY)).rejects.toThrow('archive');
    await archive.close();
    for (const bytes of store.objects.values()) {
      expect(Buffer.from(bytes).includes('keyspace')).toBe(false);
    }
    await expect(restore(store, '/r', { vfs })).rejects.toThrow(EncryptionKeyError);
    const encryption = { key: KEY };
    await restore(store, '/r', { vfs, encryption });
    expect(await keysAt(vfs, '/r', KEY)).toEqual(['a', 'b', 'c']);
    await restore(store, '/s', { vfs, encryption, at: { sequence: published } });
    expect(await keysAt(vfs, '/s', KEY)).toEqual(['a', 'b']);

    await db.rotateKey(OTHER_KEY);
    await db.flush();
    const again = await db.archive(store); // archive-session/keys-in-a-backup
    expect(again.stats().backups).toBe(1);
    await db.put('d', '4');
    await again.ship();
    await db.close();
    await restore(store, '/t', { vfs, encryption: { key: OTHER_KEY } });
    expect(await keysAt(vfs, '/t', OTHER_KEY)).toEqual(['a', 'b', 'c', 'd']);
  });
});
