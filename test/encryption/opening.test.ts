/**
 * Who may open an encrypted database: keys, providers, rotations, copies and repairs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  EncryptionKeyError,
  InvalidArgumentError,
  type KeyRequest,
  MemoryVfs,
  open,
  repair,
  verifyDirectory,
} from '../../src/index.ts';
import { readFully, type Vfs } from '../../src/vfs/vfs.ts';
import { generationOf } from '../../src/version/file-generation.ts';
import { parseFileName } from '../../src/vfs/filenames.ts';
import { fill, KEY, keyOf, openText, OTHER_KEY, SMALL, valueOf } from './workload.ts';

const scratch = mkdtempSync(join(tmpdir(), 'varve-encryption-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Every file of the directory, as text. */
function contentOf(vfs: Vfs, directory = '/data'): Record<string, string> {
  const content: Record<string, string> = {};
  for (const name of vfs.list(directory).sort()) {
    const file = vfs.open(`${directory}/${name}`, 'read');
    const bytes = new Uint8Array(file.sizeSync());
    readFully(file, bytes, 0, bytes.length, 0);
    file.closeSync();
    content[name] = Buffer.from(bytes).toString('base64');
  }
  return content;
}

/** The names of the keys that the files name. */
function generationsOf(vfs: Vfs): string[] {
  const names = new Set<string>();
  for (const name of vfs.list('/data')) {
    const { kind } = parseFileName(name) ?? {};
    if (kind !== 'log' && kind !== 'manifest' && kind !== 'table') continue;
    names.add(Buffer.from(generationOf(vfs, `/data/${name}`, kind)).toString('hex'));
  }
  return [...names];
}

async function made(): Promise<MemoryVfs> {
  const vfs = new MemoryVfs();
  const db = await openText(vfs);
  await fill(db, 400);
  await db.flush();
  await db.put('last', 'one');
  await db.close();
  return vfs;
}

/** Opens without the option when `key` is undefined. */
const tryOpen = (vfs: Vfs, key: Uint8Array | undefined): Promise<unknown> =>
  open('/data', { ...SMALL, vfs, ...(key !== undefined && { encryption: { key } }) });

describe('a key', () => {
  it('is refused by name when it is wrong, missing or not needed, before a byte is written (database-keys/refused-before-a-byte)', async () => {
    const vfs = await made();
    const before = contentOf(vfs);
    for (const key of [OTHER_KEY, undefined]) {
      const error = await tryOpen(vfs, key).catch((each: unknown) => each);
      expect(error).toBeInstanceOf(EncryptionKeyError);
      expect(error).toMatchObject({ code: 'ENCRYPTION_KEY' });
      expect(contentOf(vfs)).toEqual(before);
    }
    const plain = new MemoryVfs();
    const db = await open('/data', { ...SMALL, vfs: plain });
    await db.put(Buffer.from('a'), Buffer.from('b'));
    await db.close();
    const unchanged = contentOf(plain);
    await expect(tryOpen(plain, KEY)).rejects.toThrow('not encrypted');
    await expect(tryOpen(plain, KEY)).rejects.toBeInstanceOf(EncryptionKeyError);
    expect(contentOf(plain)).toEqual(unchanged);
  });

  it('is 32 bytes, and one of the two ways', async () => {
    const refused = async (encryption: unknown): Promise<unknown> =>
      open('/data', { vfs: new MemoryVfs(), encryption } as never).catch((each: unknown) => each);
    for (const key of [new Uint8Array(31), 'a'.repeat(32), null, 7]) {
      expect(await refused({ key })).toBeInstanceOf(EncryptionKeyError);
      expect(await refused({ keyProvider: () => key })).toBeInstanceOf(EncryptionKeyError);
    }
    for (const option of [null, 'key', {}, { key: KEY, keyProvider: () => KEY }, { keys: KEY }]) {
      expect(await refused(option)).toBeInstanceOf(InvalidArgumentError);
    }
    const error = (await refused({ key: 'correct horse' })) as Error;
    expect(error.message).not.toContain('horse');
  });

  it('is copied: the caller may wipe what it gave', async () => {
    const vfs = new MemoryVfs();
    const key = KEY.slice();
    const opening = openText(vfs, { encryption: { key } });
    key.fill(0);
    const db = await opening;
    await db.put('a', 'b');
    await db.close();
    const again = await openText(vfs);
    expect(await again.get('a')).toBe('b');
    await again.close();
  });

  it('comes from a provider, which is told the directory and the ring', async () => {
    const vfs = new MemoryVfs();
    const requests: KeyRequest[] = [];
    const keyProvider = async (request: KeyRequest): Promise<Uint8Array> => {
      requests.push(request);
      return KEY;
    };
    for (let i = 0; i < 3; i++) {
      const db = await openText(vfs, { encryption: { keyProvider } });
      await db.put('a', String(i));
      await db.close();
    }
    expect(requests.map(({ location }) => location)).toEqual(['/data', '/data', '/data']);
    const [first, second, third] = requests.map(({ ringId }) => ringId);
    expect(first).toBeUndefined();
    expect(second).toMatch(/^[0-9a-f]{32}$/);
    expect(third).toBe(second);
    const cause = new Error('vault is sealed');
    const failing = { keyProvider: () => Promise.reject(cause) };
    const error = await openText(vfs, { encryption: failing }).catch((each: unknown) => each);
    expect(error).toMatchObject({ code: 'ENCRYPTION_KEY', cause });
  });

  it('opens the logs of a lost KEYRING no more, and says so', async () => {
    const vfs = await made();
    vfs.unlink('/data/KEYRING');
    await expect(tryOpen(vfs, KEY)).rejects.toThrow('KEYRING is lost');
    await expect(tryOpen(vfs, undefined)).rejects.toBeInstanceOf(EncryptionKeyError);
  });
});

describe('a rotation', () => {
  it('gives the database another key at once, and new files another database key', async () => {
    const vfs = await made();
    const db = await openText(vfs);
    const [first] = generationsOf(vfs);
    expect(generationsOf(vfs)).toHaveLength(1);
    expect(await db.rotateKey(OTHER_KEY)).toEqual({ generationCount: 2, droppedCount: 0 });
    await expect(openText(vfs, {}, '/data')).rejects.toThrow(); // the lock, or the key
    await fill(db, 200, 1000);
    await db.flush();
    expect(generationsOf(vfs)).toContain(first);
    expect(generationsOf(vfs).length).toBeGreaterThan(1);
    await db.close();
    await expect(openText(vfs)).rejects.toBeInstanceOf(EncryptionKeyError);
    const again = await openText(vfs, { encryption: { key: OTHER_KEY } });
    expect(await again.get(keyOf(7))).toBe(valueOf(7));
    expect(await again.get(keyOf(1100))).toBe(valueOf(1100));
    await again.close();
  });

  it('drops the keys that no file names any more, and no other (database-keys/dropped-when-unused)', async () => {
    const vfs = await made();
    let db = await openText(vfs);
    await db.rotateKey(OTHER_KEY);
    await db.close();
    db = await openText(vfs, { encryption: { key: OTHER_KEY } });
    expect(await db.rotateKey(KEY)).toEqual({ generationCount: 3, droppedCount: 0 }); // tables name the first
    await db.put(keyOf(0), valueOf(0));
    await db.compact();
    await db.close();
    db = await openText(vfs);
    await db.put(keyOf(1), valueOf(1));
    await db.compact(); // the manifest and the logs of before are gone now
    await db.close();
    db = await openText(vfs);
    const { generationCount, droppedCount } = await db.rotateKey(KEY);
    expect(droppedCount).toBeGreaterThan(0);
    expect(generationCount + droppedCount).toBe(4);
    for (let i = 0; i < 400; i += 37) expect(await db.get(keyOf(i))).toBe(valueOf(i));
    expect((await db.verify()).problems).toEqual([]);
    await db.close();
    db = await openText(vfs);
    for (let i = 0; i < 400; i += 37) expect(await db.get(keyOf(i))).toBe(valueOf(i));
    await db.close();
  });

  it('is followed by a compaction that renews every table', async () => {
    const vfs = new MemoryVfs();
    let db = await openText(vfs);
    await fill(db, 2000);
    await db.compact();
    const tables = (): string[] => vfs.list('/data').filter((name) => name.endsWith('.sst'));
    const before = tables();
    await db.compact();
    expect(tables()).toEqual(before); // nothing to do without a rotation
    await db.rotateKey(OTHER_KEY);
    await db.compact();
    const renewed = new Set(
      tables().map((name) =>
        Buffer.from(generationOf(vfs, `/data/${name}`, 'table')).toString('hex'),
      ),
    );
    expect(renewed.size).toBe(1);
    expect(tables().filter((name) => before.includes(name))).toEqual([]);
    await db.close();
    db = await openText(vfs, { encryption: { key: OTHER_KEY } });
    await db.put('a', 'b');
    expect(await db.rotateKey(KEY)).toEqual({ generationCount: 2, droppedCount: 1 });
    expect(await db.get(keyOf(1234))).toBe(valueOf(1234));
    await db.close();
  });

  it('is refused for a plain database and for what is no key', async () => {
    const vfs = new MemoryVfs();
    const plain = await open('/data', { vfs });
    await expect(plain.rotateKey(KEY)).rejects.toBeInstanceOf(EncryptionKeyError);
    await expect(plain.rotateKey(KEY.subarray(1))).rejects.toBeInstanceOf(EncryptionKeyError);
    await plain.close();
    await expect(plain.rotateKey(KEY)).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('goes on beside workers, reads and writes', async () => {
    const directory = join(scratch, 'worker');
    const options = {
      memtableSizeBytes: 256 * 1024,
      background: 'worker',
      keyEncoding: 'utf8',
      valueEncoding: 'utf8',
    } as const;
    let key = KEY;
    const db = await open(directory, { ...options, encryption: { key } });
    for (let round = 0; round < 6; round++) {
      const writing = fill(db, 1500, round * 1500);
      key = round % 2 === 0 ? OTHER_KEY : KEY;
      await db.rotateKey(key);
      await writing;
      expect(await db.get(keyOf(round * 1500))).toBe(valueOf(round * 1500));
    }
    await db.compact();
    expect((await db.verify()).problems).toEqual([]);
    await db.close();
    const again = await open(directory, { ...options, encryption: { key } });
    for (let i = 0; i < 9000; i += 321) expect(await again.get(keyOf(i))).toBe(valueOf(i));
    await again.close();
  });
});

describe('a checkpoint', () => {
  it('stays encrypted, opens with the key, and has a key of its own for what it writes (database-keys/copies-part)', async () => {
    const vfs = await made();
    const db = await openText(vfs);
    await db.checkpoint('/copy');
    await db.close();
    await expect(open('/copy', { ...SMALL, vfs })).rejects.toBeInstanceOf(EncryptionKeyError);
    const copy = await openText(vfs, {}, '/copy');
    expect(await copy.get('last')).toBe('one');
    await fill(copy, 300, 400);
    await copy.flush();
    const ours = new Set(generationsOf(vfs));
    const table = vfs
      .list('/copy')
      .filter((name) => name.endsWith('.sst'))
      .sort()
      .at(-1)!;
    const theirs = Buffer.from(generationOf(vfs, `/copy/${table}`, 'table')).toString('hex');
    expect(ours.has(theirs)).toBe(false);
    await copy.close();
  });

  it('opens after a rotation that it overlaps, with the key of its end', async () => {
    const vfs = await made();
    const db = await openText(vfs);
    const copying = db.checkpoint('/copy');
    await db.rotateKey(OTHER_KEY);
    await copying;
    await db.close();
    const opened = await Promise.any(
      [KEY, OTHER_KEY].map((key) => openText(vfs, { encryption: { key } }, '/copy')),
    );
    expect(await opened.get(keyOf(3))).toBe(valueOf(3));
    await opened.close();
  });
});

describe('the tools', () => {
  it('verify a directory with its key, and refuse it without', async () => {
    const vfs = await made();
    const report = await verifyDirectory(vfs, '/data', { encryption: { key: KEY } });
    expect(report).toMatchObject({ isSound: true, problems: [] });
    expect(report.entryCount + report.logOperationCount).toBeGreaterThan(400);
    await expect(verifyDirectory(vfs, '/data')).rejects.toBeInstanceOf(EncryptionKeyError);
    const encryption = { key: OTHER_KEY };
    await expect(verifyDirectory(vfs, '/data', { encryption })).rejects.toBeInstanceOf(
      EncryptionKeyError,
    );
  });

  it('repair a damaged database into one that has the same key', async () => {
    for (const damage of ['none', 'CURRENT', 'block', 'frame', 'footer', 'envelope', 'head']) {
      const vfs = await made();
      const table = vfs.list('/data').find((name) => name.endsWith('.sst'))!;
      const sizes = contentOf(vfs);
      const logs = Object.keys(sizes).filter((name) => name.endsWith('.log'));
      const log = logs.sort((a, b) => sizes[b]!.length - sizes[a]!.length)[0]!;
      const flip = (name: string, at: number): void => {
        const file = vfs.open(`/data/${name}`, 'modify');
        const position = at < 0 ? file.sizeSync() + at : at;
        const byte = new Uint8Array(1);
        file.readSync(byte, 0, 1, position);
        byte[0]! ^= 0xff;
        file.writeSync(byte, 0, 1, position);
        file.closeSync();
      };
      if (damage === 'CURRENT') vfs.unlink('/data/CURRENT');
      if (damage === 'block') flip(table, 100);
      if (damage === 'frame') flip(log, 120);
      if (damage === 'footer') flip(table, -20);
      if (damage === 'envelope') flip(table, -100);
      if (damage === 'head') flip(log, 45);
      const encryption = { key: KEY };
      const report = await repair('/data', '/repaired', { vfs, encryption });
      const isWhole = ['none', 'CURRENT', 'footer'].includes(damage); // all is found without these
      expect(report.losses.length === 0, damage).toBe(isWhole);
      await expect(open('/repaired', { vfs })).rejects.toBeInstanceOf(EncryptionKeyError);
      const db = await openText(vfs, {}, '/repaired');
      const last = await db.get('last');
      const row = await db.get(keyOf(399));
      if (damage !== 'frame' && damage !== 'head') expect(last, damage).toBe('one');
      if (damage !== 'envelope') expect(row, damage).toBe(valueOf(399));
      await db.close();
    }
    const vfs = await made();
    await expect(repair('/data', '/repaired', { vfs })).rejects.toBeInstanceOf(EncryptionKeyError);
    expect(vfs.exists('/repaired')).toBe(false);
  });
});
