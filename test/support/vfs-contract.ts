/**
 * The contract of a Vfs, as tests.
 *
 * Owns: the contract suite. What only a crash shows (vfs/sync-keeps-content to vfs/rename-is-one-step) is in
 * crash-vfs.test.ts: a real disk cannot be asked.
 */
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { IoError, LockedError } from '../../src/base/errors.ts';
import { readFully, readFullyAsync, type Vfs, writeFully } from '../../src/vfs/vfs.ts';

export interface VfsFixture {
  readonly vfs: Vfs;
  /** An empty directory. */
  readonly root: string;
  cleanUp(): void;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function writeText(vfs: Vfs, path: string, text: string): void {
  const file = vfs.open(path, 'create');
  const bytes = encoder.encode(text);
  writeFully(file, bytes, 0, bytes.length, 0);
  file.closeSync();
}

export function readText(vfs: Vfs, path: string): string {
  const file = vfs.open(path, 'read');
  const bytes = new Uint8Array(file.sizeSync());
  const count = readFully(file, bytes, 0, bytes.length, 0);
  file.closeSync();
  return decoder.decode(bytes.subarray(0, count));
}

/** The IoError that `call` throws; fails the test if it throws another or none. */
export function ioErrorOf(call: () => unknown): IoError {
  try {
    call();
  } catch (error) {
    if (error instanceof IoError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown');
}

export function describeVfsContract(name: string, makeFixture: () => VfsFixture): void {
  describe(`${name} keeps the Vfs contract:`, () => {
    let fixture: VfsFixture;
    let vfs: Vfs;
    let at: (...names: string[]) => string;

    beforeEach(() => {
      fixture = makeFixture();
      vfs = fixture.vfs;
      at = (...names) => join(fixture.root, ...names);
    });
    afterEach(() => {
      fixture.cleanUp();
    });

    const current: Current = { vfs: () => vfs, at: (...names) => at(...names) };
    fileContract(current);
    openContract(current);
    nameContract(current);
    directoryContract(current);
    lockContract(current);
  });
}

interface Current {
  vfs(): Vfs;
  at(...names: string[]): string;
}

function fileContract({ vfs, at }: Current): void {
  test('reads are positional and find nothing only at the end of the file (vfs/short-counts)', async () => {
    const file = vfs().open(at('f'), 'create');
    writeFully(file, encoder.encode('0123456789'), 2, 6, 0); // '234567'
    const reads = [readFully.bind(undefined, file), readFullyAsync.bind(undefined, file)];
    for (const read of reads) {
      const target = new Uint8Array(8).fill(0x2e);
      expect(await read(target, 1, 3, 2)).toBe(3);
      expect(decoder.decode(target)).toBe('.456....');
      expect(await read(target, 0, 8, 4)).toBe(2);
      expect(decoder.decode(target)).toBe('6756....');
      expect(await read(target, 0, 8, 6)).toBe(0);
      expect(await read(target, 0, 8, 600)).toBe(0);
      expect(await read(target, 0, 0, 0)).toBe(0);
    }
    file.closeSync();
  });

  test('writes are positional, overwrite in place and fill a gap with zeros (vfs/short-counts)', () => {
    const file = vfs().open(at('f'), 'create');
    expect(file.sizeSync()).toBe(0);
    writeFully(file, encoder.encode('abcdef'), 0, 6, 0);
    writeFully(file, encoder.encode('XY'), 0, 2, 2);
    writeFully(file, encoder.encode('end'), 0, 3, 8);
    expect(file.sizeSync()).toBe(11);
    file.closeSync();
    expect(readText(vfs(), at('f'))).toBe('abXYef\0\0end');
  });

  test('a written buffer may be reused at once', () => {
    const file = vfs().open(at('f'), 'create');
    const bytes = encoder.encode('keep');
    writeFully(file, bytes, 0, 4, 0);
    bytes.fill(0);
    file.closeSync();
    expect(readText(vfs(), at('f'))).toBe('keep');
  });

  test('a file grows over many writes and reads back whole', () => {
    const file = vfs().open(at('f'), 'create');
    const chunk = new Uint8Array(1000);
    for (let i = 0; i < 100; i++) writeFully(file, chunk.fill(i), 0, 1000, i * 1000);
    const all = new Uint8Array(100_000);
    expect(readFully(file, all, 0, all.length, 0)).toBe(100_000);
    expect(all.every((byte, i) => byte === Math.floor(i / 1000))).toBe(true);
    file.closeSync();
  });

  test('truncateSync() cuts, and extends with zeros where there was content before (memory-vfs/zeros-behind-the-end)', () => {
    const file = vfs().open(at('f'), 'create');
    writeFully(file, encoder.encode('abcdef'), 0, 6, 0);
    file.truncateSync(2);
    expect(file.sizeSync()).toBe(2);
    file.truncateSync(4);
    file.closeSync();
    expect(readText(vfs(), at('f'))).toBe('ab\0\0');
  });

  test('sync() and syncSync() leave what users see as it was (vfs/sync-keeps-content)', async () => {
    const file = vfs().open(at('f'), 'create');
    writeFully(file, encoder.encode('abc'), 0, 3, 0);
    await file.sync();
    writeFully(file, encoder.encode('def'), 0, 3, 3);
    file.syncSync();
    const pending = file.sync();
    writeFully(file, encoder.encode('ghi'), 0, 3, 6);
    await pending;
    file.closeSync();
    expect(readText(vfs(), at('f'))).toBe('abcdefghi');
  });

  test('closeSync() is idempotent and ends the use of the handle (vfs/failures-are-named)', async () => {
    const file = vfs().open(at('f'), 'create');
    file.closeSync();
    file.closeSync();
    const bytes = new Uint8Array(1);
    const error = ioErrorOf(() => file.readSync(bytes, 0, 1, 0));
    expect([error.systemCode, error.path]).toEqual(['EBADF', at('f')]);
    expect(ioErrorOf(() => file.writeSync(bytes, 0, 1, 0)).systemCode).toBe('EBADF');
    expect(ioErrorOf(() => file.syncSync()).systemCode).toBe('EBADF');
    await expect(file.read(bytes, 0, 1, 0)).rejects.toBeInstanceOf(IoError);
    await expect(file.sync()).rejects.toBeInstanceOf(IoError);
  });

  test('a handle closed under asynchronous calls lets them finish on the same file (node-file/no-close-under-a-call)', async () => {
    writeText(vfs(), at('f'), 'mine');
    writeText(vfs(), at('g'), 'other');
    const rounds = 20;
    for (let i = 0; i < rounds; i++) {
      const file = vfs().open(at('f'), 'modify');
      const targets = [1, 2, 3, 4].map(() => new Uint8Array(4));
      const reads = targets.map((target) => file.read(target, 0, 4, 0));
      const sync = file.sync();
      file.closeSync();
      const thief = vfs().open(at('g'), 'read'); // would be given the same descriptor
      expect(await Promise.all(reads)).toEqual([4, 4, 4, 4]);
      await sync;
      for (const target of targets) expect(decoder.decode(target)).toBe('mine');
      thief.closeSync();
    }
  });
}

function openContract({ vfs, at }: Current): void {
  test("open('read') and open('modify') want an existing file (vfs/failures-are-named)", () => {
    for (const mode of ['read', 'modify'] as const) {
      const error = ioErrorOf(() => vfs().open(at('absent'), mode));
      expect([error.systemCode, error.path]).toEqual(['ENOENT', at('absent')]);
      expect(error.message).toContain(at('absent'));
      expect(error.message).toContain('open');
    }
  });

  test("open('create') wants a new name in an existing directory (vfs/failures-are-named)", () => {
    writeText(vfs(), at('f'), 'old');
    expect(ioErrorOf(() => vfs().open(at('f'), 'create')).systemCode).toBe('EEXIST');
    expect(readText(vfs(), at('f'))).toBe('old');
    expect(ioErrorOf(() => vfs().open(at('no', 'f'), 'create')).systemCode).toBe('ENOENT');
    expect(ioErrorOf(() => vfs().open(at('f', 'g'), 'create')).systemCode).toBe('ENOTDIR');
  });

  test('open() opens no directory, and says that it is one (vfs/regular-only)', () => {
    vfs().makeDirectory(at('d'));
    for (const mode of ['read', 'modify'] as const) {
      expect(() => vfs().open(at('d'), mode)).toThrow(
        expect.objectContaining({
          code: 'CORRUPTION',
          file: at('d'),
          message: `Not a regular file: kind=directory: file=${at('d')}`,
        }),
      );
    }
    expect(ioErrorOf(() => vfs().open(at('d'), 'create')).systemCode).toBe('EEXIST');
  });

  test("open('create') and open('modify') read and write, open('read') only reads", () => {
    const created = vfs().open(at('f'), 'create');
    writeFully(created, encoder.encode('abc'), 0, 3, 0);
    expect(created.readSync(new Uint8Array(3), 0, 3, 0)).toBe(3);
    created.closeSync();

    const modified = vfs().open(at('f'), 'modify');
    expect(modified.sizeSync()).toBe(3);
    writeFully(modified, encoder.encode('Z'), 0, 1, 1);
    modified.closeSync();
    expect(readText(vfs(), at('f'))).toBe('aZc');

    const read = vfs().open(at('f'), 'read');
    expect(ioErrorOf(() => read.writeSync(encoder.encode('!'), 0, 1, 0)).systemCode).toBe('EBADF');
    expect(ioErrorOf(() => read.truncateSync(0))).toBeInstanceOf(IoError);
    read.closeSync();
    expect(readText(vfs(), at('f'))).toBe('aZc');
  });

  test('two handles on one file see the same bytes', () => {
    const writer = vfs().open(at('f'), 'create');
    const reader = vfs().open(at('f'), 'read');
    writeFully(writer, encoder.encode('seen'), 0, 4, 0);
    const target = new Uint8Array(4);
    expect(reader.readSync(target, 0, 4, 0)).toBe(4);
    expect(decoder.decode(target)).toBe('seen');
    writer.closeSync();
    reader.closeSync();
  });
}

function nameContract({ vfs, at }: Current): void {
  test('exists() and list() tell what is there', () => {
    expect(vfs().list(at())).toEqual([]);
    writeText(vfs(), at('b'), '');
    writeText(vfs(), at('a'), '');
    expect(vfs().list(at()).sort()).toEqual(['a', 'b']);
    expect([vfs().exists(at('a')), vfs().exists(at('c')), vfs().exists(at())]).toEqual([
      true,
      false,
      true,
    ]);
    expect(ioErrorOf(() => vfs().list(at('absent'))).systemCode).toBe('ENOENT');
    expect(ioErrorOf(() => vfs().list(at('a'))).systemCode).toBe('ENOTDIR');
  });

  test('rename() moves a file and replaces its target (vfs/rename-is-one-step)', () => {
    writeText(vfs(), at('from'), 'new');
    writeText(vfs(), at('to'), 'old');
    const open = vfs().open(at('to'), 'read');
    vfs().rename(at('from'), at('to'));
    expect(vfs().list(at())).toEqual(['to']);
    expect(readText(vfs(), at('to'))).toBe('new');
    const target = new Uint8Array(3);
    open.readSync(target, 0, 3, 0);
    expect(decoder.decode(target)).toBe('old');
    open.closeSync();
    expect(ioErrorOf(() => vfs().rename(at('from'), at('to'))).systemCode).toBe('ENOENT');
    expect(ioErrorOf(() => vfs().rename(at('to'), at('no', 'to'))).path).toBe(at('to'));
  });

  test('rename() moves a directory with all that is in it', () => {
    vfs().makeDirectory(at('d'));
    writeText(vfs(), at('d', 'f'), 'inside');
    vfs().rename(at('d'), at('e'));
    expect(readText(vfs(), at('e', 'f'))).toBe('inside');
    expect(vfs().exists(at('d'))).toBe(false);
  });

  test('link() gives one file two names, never replacing one', () => {
    writeText(vfs(), at('f'), 'text');
    vfs().link(at('f'), at('g'));
    vfs().unlink(at('f'));
    expect(readText(vfs(), at('g'))).toBe('text');
    writeText(vfs(), at('f'), 'other');
    const error = ioErrorOf(() => vfs().link(at('f'), at('g')));
    expect([error.systemCode, error.path]).toEqual(['EEXIST', at('f')]);
    expect(ioErrorOf(() => vfs().link(at('absent'), at('h'))).systemCode).toBe('ENOENT');
    expect(readText(vfs(), at('g'))).toBe('text');
  });

  test('unlink() takes the name, and open handles go on (POSIX) (memory-vfs/open-outlives-name)', () => {
    writeText(vfs(), at('f'), 'text');
    const file = vfs().open(at('f'), 'modify');
    vfs().unlink(at('f'));
    expect(vfs().exists(at('f'))).toBe(false);
    writeText(vfs(), at('f'), 'another');
    writeFully(file, encoder.encode('T'), 0, 1, 0);
    const target = new Uint8Array(4);
    expect(file.readSync(target, 0, 4, 0)).toBe(4);
    expect(decoder.decode(target)).toBe('Text');
    file.closeSync();
    expect(readText(vfs(), at('f'))).toBe('another');
    expect(ioErrorOf(() => vfs().unlink(at('absent'))).systemCode).toBe('ENOENT');
  });
}

function directoryContract({ vfs, at }: Current): void {
  test('makeDirectory() makes the parents too and returns the first that it made', () => {
    expect(vfs().makeDirectory(at('a', 'b', 'c'))).toBe(at('a'));
    expect(vfs().makeDirectory(at('a', 'b', 'd'))).toBe(at('a', 'b', 'd'));
    expect(vfs().makeDirectory(at('a', 'b', 'c'))).toBe(undefined);
    expect(vfs().list(at('a', 'b')).sort()).toEqual(['c', 'd']);
    writeText(vfs(), at('f'), '');
    expect(ioErrorOf(() => vfs().makeDirectory(at('f'))).systemCode).toBe('EEXIST');
  });

  test('removeDirectory() removes an empty directory only', () => {
    vfs().makeDirectory(at('d'));
    writeText(vfs(), at('d', 'f'), '');
    expect(ioErrorOf(() => vfs().removeDirectory(at('d'))).systemCode).toBe('ENOTEMPTY');
    vfs().unlink(at('d', 'f'));
    vfs().removeDirectory(at('d'));
    expect(vfs().exists(at('d'))).toBe(false);
    expect(ioErrorOf(() => vfs().removeDirectory(at('d'))).systemCode).toBe('ENOENT');
  });

  test('isDirectory() and isWritable() answer for files, directories and nothing', () => {
    writeText(vfs(), at('f'), '');
    expect([at(), at('f'), at('absent'), at('f', 'g')].map((p) => vfs().isDirectory(p))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect([at(), at('absent')].map((p) => vfs().isWritable(p))).toEqual([true, false]);
  });

  test('syncDirectory() and syncDirectorySync() want an existing directory (vfs/sync-keeps-entries, vfs/failures-are-named)', async () => {
    writeText(vfs(), at('f'), 'x');
    await vfs().syncDirectory(at());
    vfs().syncDirectorySync(at());
    expect(vfs().list(at())).toEqual(['f']);
    expect(ioErrorOf(() => vfs().syncDirectorySync(at('no'))).systemCode).toBe('ENOENT');
    await expect(vfs().syncDirectory(at('no'))).rejects.toMatchObject({ path: at('no') });
  });

  test('realPath() is one name for one directory', () => {
    vfs().makeDirectory(at('d'));
    expect(vfs().realPath(join(at('d'), '..', 'd') + '/')).toBe(vfs().realPath(at('d')));
    expect(vfs().realPath(at('d'))).not.toBe(vfs().realPath(at()));
    expect(ioErrorOf(() => vfs().realPath(at('absent'))).systemCode).toBe('ENOENT');
  });
}

function lockContract({ vfs, at }: Current): void {
  test('lock() is exclusive until released, and release() is idempotent', async () => {
    const lock = await vfs().lock(at());
    await expect(vfs().lock(at())).rejects.toBeInstanceOf(LockedError);
    await lock.release();
    const second = await vfs().lock(at());
    await lock.release(); // must not free the second one
    await expect(vfs().lock(join(at(), '.'))).rejects.toBeInstanceOf(LockedError);
    await second.release();
    await (await vfs().lock(at())).release();
  });

  test('lock() taken twice at the same moment is given once', async () => {
    const outcomes = await Promise.allSettled([1, 2, 3].map(async () => vfs().lock(at())));
    const given = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    expect(given.length).toBe(1);
    for (const outcome of given) await outcome.value.release();
  });

  test('lock() of one directory leaves the others free', async () => {
    vfs().makeDirectory(at('d'));
    const outer = await vfs().lock(at());
    const inner = await vfs().lock(at('d'));
    await outer.release();
    await inner.release();
  });

  test('lock() of what is not there fails as the system says (vfs/failures-are-named, memory-vfs/codes-of-linux)', async () => {
    const failure: unknown = await vfs()
      .lock(at('absent'))
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(IoError);
    expect(failure).toMatchObject({ systemCode: 'ENOENT', path: at('absent') });
  });
}
