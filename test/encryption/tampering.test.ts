/**
 * Files of an encrypted database that somebody moved, mixed, cut or wrote: each is refused by name, and no read gives
 * another answer than before.
 */
import { describe, expect, it } from 'vitest';
import { putUint32 } from '../../src/bytes/coding.ts';
import { maskedCrc32 } from '../../src/bytes/crc32.ts';
import { encodeLogHeader, LOG_KIND_WAL } from '../../src/log/frame-format.ts';
import { encodeCurrent } from '../../src/version/manifest.ts';
import { fileNumber } from '../../src/base/ids.ts';
import { CorruptionError, MemoryVfs, open, verifyDirectory } from '../../src/index.ts';
import { readFully } from '../../src/vfs/vfs.ts';
import { fill, KEY, keyOf, openText, SMALL } from './workload.ts';

const COUNT = 400;

function read(vfs: MemoryVfs, path: string): Uint8Array {
  const file = vfs.open(path, 'read');
  const bytes = new Uint8Array(file.sizeSync());
  readFully(file, bytes, 0, bytes.length, 0);
  file.closeSync();
  return bytes;
}

function write(vfs: MemoryVfs, path: string, bytes: Uint8Array): void {
  if (vfs.exists(path)) vfs.unlink(path);
  const file = vfs.open(path, 'create');
  file.writeSync(bytes, 0, bytes.length, 0);
  file.closeSync();
}

const named = (vfs: MemoryVfs, ending: string, directory = '/data'): string[] =>
  vfs
    .list(directory)
    .filter((name) => name.endsWith(ending))
    .sort();

/** The log that holds the most: the others were made ahead. */
const logOf = (vfs: MemoryVfs, directory = '/data'): string => {
  const size = (name: string): number => read(vfs, `${directory}/${name}`).length;
  return named(vfs, '.log', directory).sort((a, b) => size(b) - size(a))[0]!;
};

/** A database with a table and a log, both of entries that any other one of these has too. */
async function made(directory = '/data', vfs = new MemoryVfs()): Promise<MemoryVfs> {
  const db = await openText(vfs, { blockSizeBytes: 512 }, directory);
  await db.batch(
    Array.from({ length: COUNT }, (_, i) => ({
      type: 'put' as const,
      key: keyOf(i),
      value: `same length ${String(i).padStart(6, '0')}`,
    })),
  );
  await db.flush();
  for (let i = 0; i < 5; i++) await db.put(`log ${i}`, `value ${i}`);
  await db.close();
  return vfs;
}

/** The codes of the errors that opening and reading everything meets; a wrong answer fails. */
async function codesOf(vfs: MemoryVfs): Promise<string[]> {
  const codes = new Set<string>();
  const note = (error: unknown): void => void codes.add((error as { code: string }).code);
  let db;
  try {
    db = await openText(vfs, { blockSizeBytes: 512 });
  } catch (error) {
    note(error);
    return [...codes];
  }
  for (let i = 0; i < COUNT; i++) {
    const found = await db.get(keyOf(i)).catch(note);
    if (typeof found === 'string') {
      expect(found).toBe(`same length ${String(i).padStart(6, '0')}`);
    }
  }
  for (let i = 0; i < 5; i++) {
    const found = await db.get(`log ${i}`).catch(note);
    if (typeof found === 'string') expect(found).toBe(`value ${i}`);
  }
  await db.close().catch(note);
  return [...codes];
}

/** Blocks of the table whose stored length is the same: offset and length with the trailer. */
function equalBlocks(bytes: Uint8Array): readonly (readonly [number, number])[] {
  const blocks: [number, number][] = [];
  let start = 0;
  for (let end = 0; end + 5 <= bytes.length && blocks.length < 6; end++) {
    if (bytes[end] !== 0x10 || end - start < 40) continue;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    if (view.getUint32(end + 1, true) !== maskedCrc32(bytes, start, end + 1)) continue;
    blocks.push([start, end + 5 - start]);
    start = end + 5;
    end = start;
  }
  return blocks;
}

describe('a table', () => {
  it('is refused when blocks of it are swapped (file-cipher/bound-to-its-place)', async () => {
    const vfs = await made();
    expect(await codesOf(vfs)).toEqual([]);
    const path = `/data/${named(vfs, '.sst')[0]!}`;
    const bytes = read(vfs, path);
    const [, first, second] = equalBlocks(bytes);
    const [a, length] = first!;
    const [b, other] = second!;
    expect(length).toBe(other);
    const swapped = bytes.slice();
    swapped.set(bytes.subarray(a, a + length), b);
    swapped.set(bytes.subarray(b, b + length), a);
    write(vfs, path, swapped);
    expect(await codesOf(vfs)).toEqual(['TAMPERED']);
    const report = await verifyDirectory(vfs, '/data', { encryption: { key: KEY } });
    expect(report.problems.some(({ message }) => message.includes('not those that'))).toBe(true);
  });

  it('is refused when it, or a block of it, is from another database or another number (file-cipher/own-key)', async () => {
    for (const part of ['file', 'block']) {
      const vfs = await made('/other', await made());
      const ours = `/data/${named(vfs, '.sst')[0]!}`;
      const theirs = read(vfs, `/other/${named(vfs, '.sst', '/other')[0]!}`);
      const bytes = read(vfs, ours);
      expect(theirs).toHaveLength(bytes.length);
      if (part === 'block') {
        const [start, length] = equalBlocks(theirs)[1]!;
        bytes.set(theirs.subarray(start, start + length), start);
      }
      write(vfs, ours, part === 'file' ? theirs : bytes);
      expect(await codesOf(vfs), part).toEqual(['TAMPERED']);
    }
    const vfs = new MemoryVfs();
    const db = await openText(vfs);
    await fill(db, 300);
    await db.flush();
    await fill(db, 300);
    await db.flush();
    await db.close();
    const tables = named(vfs, '.sst');
    expect(tables.length).toBeGreaterThan(0);
    const [first] = tables;
    write(vfs, '/data/000001.sst', read(vfs, `/data/${first!}`));
    const report = await verifyDirectory(vfs, '/data', { encryption: { key: KEY } });
    expect(report.isSound).toBe(true); // nothing names it
  });

  it('is refused when it is of a copy that went on under the same number (database-keys/copies-part, file-keys/fresh-salt)', async () => {
    const vfs = await made();
    const db = await openText(vfs);
    await db.checkpoint('/copy');
    await db.close();
    for (const directory of ['/data', '/copy']) {
      const each = await openText(vfs, { level0CompactionTrigger: 10 }, directory);
      for (let round = 0; round < 5; round++) {
        if (directory === '/copy') await each.ingest([[`load ${round}`, 'shifts the numbers']]);
        await fill(each, 30, 7000 + 30 * round);
        await each.flush();
      }
      await each.close();
    }
    const differing = named(vfs, '.sst', '/copy').filter(
      (name) =>
        vfs.exists(`/data/${name}`) &&
        Buffer.compare(read(vfs, `/data/${name}`), read(vfs, `/copy/${name}`)) !== 0,
    );
    expect(differing.length).toBeGreaterThan(0);
    for (const name of differing) {
      write(vfs, `/data/${name}`, read(vfs, `/copy/${name}`));
      const report = await verifyDirectory(vfs, '/data', { encryption: { key: KEY } });
      expect(
        report.problems.some(({ message }) => message.includes('does not have')),
        name,
      ).toBe(true);
    }
  });

  it('is refused when it is plain, cut, or longer (table-tail/all-or-nothing)', async () => {
    const plain = new MemoryVfs();
    const db = await open('/plain', { ...SMALL, vfs: plain });
    await db.put(Buffer.from('a'), Buffer.from('b'));
    await db.flush();
    await db.close();
    const table = read(plain, `/plain/${named(plain, '.sst', '/plain')[0]!}`);
    const vfs = await made();
    const path = `/data/${named(vfs, '.sst')[0]!}`;
    const bytes = read(vfs, path);
    const padded = Uint8Array.from([...new Uint8Array(bytes.length - table.length), ...table]);
    for (const [content, code] of [
      [padded, 'TAMPERED'],
      [bytes.subarray(0, -1), 'CORRUPTION'],
      [Uint8Array.from([...bytes, 0]), 'CORRUPTION'],
    ] as const) {
      write(vfs, path, content);
      expect(await codesOf(vfs)).toEqual([code]);
    }
  });
});

describe('a log', () => {
  const framesOf = (bytes: Uint8Array): [number, number][] => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const frames: [number, number][] = [];
    for (let at = 64; at + 65 <= bytes.length;) {
      const length = view.getUint32(at + 4, true);
      if (length === 0) break;
      frames.push([at, length]);
      at += length;
    }
    return frames;
  };
  const reseal = (bytes: Uint8Array, start: number, length: number): void =>
    putUint32(bytes, start, maskedCrc32(bytes, start + 4, start + length));

  it('is refused when frames of it are swapped, changed or plain (log-encryption/header-is-bound)', async () => {
    const vfs = await made();
    const path = `/data/${logOf(vfs)}`;
    const bytes = read(vfs, path);
    const frames = framesOf(bytes);
    const [a, length] = frames[1]!;
    const [b] = frames[2]!;
    const swapped = bytes.slice();
    swapped.set(bytes.subarray(a, a + length), b);
    swapped.set(bytes.subarray(b, b + length), a);
    const moved = bytes.slice(); // as if it were the second: only the place is wrong
    moved.set(bytes.subarray(b, b + length), a);
    moved.set(bytes.subarray(a + 16, a + 32), a + 16);
    reseal(moved, a, length);
    const changed = bytes.slice();
    changed[a + 50]! ^= 1;
    reseal(changed, a, length);
    const plain = bytes.slice();
    plain[a + 38] = 0;
    reseal(plain, a, length);
    for (const [name, content] of Object.entries({ swapped, moved, changed, plain })) {
      write(vfs, path, content);
      expect((await codesOf(vfs))[0], name).toBe('TAMPERED');
    }
    write(vfs, path, bytes);
    expect(await codesOf(vfs)).toEqual([]);
  });

  it('is refused when it is of another database, of another number, or plain', async () => {
    const vfs = await made('/other', await made());
    const name = logOf(vfs);
    const other = logOf(vfs, '/other');
    write(vfs, `/data/${name}`, read(vfs, `/other/${other}`));
    expect(await codesOf(vfs)).toEqual(['TAMPERED']);
    const header = encodeLogHeader(LOG_KIND_WAL, Number(name.slice(0, 6)));
    write(vfs, `/data/${name}`, header);
    expect(await codesOf(vfs)).toEqual(['TAMPERED']);
  });

  it('is refused when it is cut before the last close', async () => {
    const vfs = await made();
    const path = `/data/${logOf(vfs)}`;
    const bytes = read(vfs, path);
    write(vfs, path, bytes.subarray(0, framesOf(bytes)[2]![0]));
    await expect(openText(vfs)).rejects.toBeInstanceOf(CorruptionError);
  });
});

describe('the directory', () => {
  it('is refused with the manifest, or the key ring, of another database', async () => {
    const manifests = await made('/other', await made());
    const ours = manifests.list('/data').find((name) => name.startsWith('MANIFEST'))!;
    const theirs = manifests.list('/other').find((name) => name.startsWith('MANIFEST'))!;
    const number = fileNumber(Number(theirs.slice(-6)));
    write(manifests, `/data/${theirs}`, read(manifests, `/other/${theirs}`));
    write(manifests, '/data/CURRENT', encodeCurrent(number));
    expect(await codesOf(manifests)).toEqual(['TAMPERED']);
    expect(ours).toMatch(/^MANIFEST/);
    const rings = await made('/other', await made());
    write(rings, '/data/KEYRING', read(rings, '/other/KEYRING'));
    expect(await codesOf(rings)).toEqual(['TAMPERED']); // the same caller's key, and other database keys
  });

  it('is not taken for a new one when all but KEYRING and tables are gone', async () => {
    const vfs = await made();
    for (const name of vfs.list('/data')) {
      if (name === 'CURRENT' || name.startsWith('MANIFEST')) vfs.unlink(`/data/${name}`);
    }
    expect(await codesOf(vfs)).toEqual(['CORRUPTION']);
  });
});
