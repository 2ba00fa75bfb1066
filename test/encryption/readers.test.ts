/** Readers beside the writer of an encrypted database: other processes, and threads. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

import { attach } from '../../src/api/attach.ts';
import { EncryptionKeyError } from '../../src/base/errors.ts';
import { type Database, open, type OpenOptions } from '../../src/index.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import type { Vfs } from '../../src/vfs/vfs.ts';

const KEY = new Uint8Array(32).fill(7);
const OTHER_KEY = new Uint8Array(32).fill(9);
const TEXT = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;

function openAt(vfs: Vfs, options: OpenOptions): Promise<Database<string, string>> {
  return open<string, string>('/d', { vfs, ...options, ...TEXT });
}

it('a reader needs the key, and shows tables and logs', async () => {
  const vfs = new MemoryVfs();
  const writer = await openAt(vfs, { encryption: { key: KEY } });
  await writer.put('a', '1');
  await writer.flush();
  await writer.put('b', '2');
  for (const encryption of [undefined, { key: OTHER_KEY }]) {
    const options = encryption === undefined ? {} : { encryption };
    await expect(openAt(vfs, { readOnly: true, ...options })).rejects.toThrow(EncryptionKeyError);
  }
  const reader = await openAt(vfs, { readOnly: true, encryption: { key: KEY } });
  await writer.put('c', '3');
  await writer.flush();
  await reader.refresh();
  expect(await reader.keys().all()).toEqual(['a', 'b', 'c']);
  await reader.close();
  await writer.close();
});

it('a reader with the key before a rotation is told so, and one with the new key goes on', async () => {
  const vfs = new MemoryVfs();
  const writer = await openAt(vfs, { encryption: { key: KEY } });
  await writer.put('a', '1');
  const reader = await openAt(vfs, { readOnly: true, encryption: { key: KEY } });
  await writer.rotateKey(OTHER_KEY);
  await writer.flush();
  await writer.put('b', '2');
  await writer.flush();
  const reading = (async () => {
    await reader.refresh();
    return reader.get('b');
  })();
  await expect(reading).rejects.toThrow(EncryptionKeyError);
  await reader.close();
  const again = await openAt(vfs, { readOnly: true, encryption: { key: OTHER_KEY } });
  expect(await again.get('b')).toBe('2');
  await again.close();
  await writer.close();
});

it('a thread reads the tables, and the key is not rotated while it does', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'varve-readers-'));
  const db = await open<string, string>(join(directory, 'db'), {
    ...TEXT,
    encryption: { key: KEY },
  });
  try {
    await db.put('a', '1');
    await db.flush();
    const thread = await attach<string, string>(db.share(), TEXT);
    expect(await thread.get('a')).toBe('1');
    await thread.put('b', '2');
    await expect(db.rotateKey(OTHER_KEY)).rejects.toThrow('threads');
    await db.compact();
    expect(await thread.getMany(['a', 'b'])).toEqual(['1', '2']);
    await thread.close();
  } finally {
    await db.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
