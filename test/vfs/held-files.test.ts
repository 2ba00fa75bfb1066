/** Files that are held while another process removes their names, and a Vfs that writes nothing. */
import { describe, expect, it } from 'vitest';
import { IoError, ReadOnlyError } from '../../src/base/errors.ts';
import { HeldFiles } from '../../src/vfs/held-files.ts';
import { makeIoError, MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { readOnlyVfs } from '../../src/vfs/read-only-vfs.ts';
import { type OpenMode, type Vfs, type VfsFile, writeFully } from '../../src/vfs/vfs.ts';
import { WrappedFile, WrappedVfs } from '../support/wrapped-vfs.ts';

/** Counts descriptors, and has only so many. */
class CountedVfs extends WrappedVfs {
  openCount = 0;
  countMax = Infinity;

  override open(path: string, mode: OpenMode): VfsFile {
    if (this.openCount >= this.countMax) throw makeIoError('EMFILE', 'open', path);
    return super.open(path, mode);
  }

  override wrap(file: VfsFile): VfsFile {
    this.openCount++;
    const close = (): void => void this.openCount--;
    return new (class extends WrappedFile {
      override closeSync(): void {
        close();
        super.closeSync();
      }
    })(file);
  }
}

function withFiles(...names: string[]): CountedVfs {
  const vfs = new MemoryVfs();
  vfs.makeDirectory('/db');
  for (const name of names) {
    const file = vfs.open(`/db/${name}`, 'create');
    writeFully(file, Buffer.from(name), 0, name.length, 0);
    file.closeSync();
  }
  return new CountedVfs(vfs);
}

function textOf(file: VfsFile): string {
  const bytes = Buffer.alloc(file.sizeSync());
  file.readSync(bytes, 0, bytes.length, 0);
  return bytes.toString();
}

describe('held files', () => {
  it('are opened and read after their names are gone (held-files/outlives-its-name)', async () => {
    const vfs = withFiles('one');
    const files = new HeldFiles(vfs, 10);
    files.hold('/db/one');
    files.hold('/db/one');
    const before = files.vfs.open('/db/one', 'read');
    vfs.unlink('/db/one');
    const after = files.vfs.open('/db/one', 'read');
    expect(textOf(before)).toBe('one');
    before.closeSync();
    before.closeSync();
    files.keep(() => false);
    expect(files.isHeld('/db/one')).toBe(false);
    const bytes = Buffer.alloc(3);
    await after.read(bytes, 0, 3, 0);
    expect(bytes.toString()).toBe('one');
    expect(vfs.openCount).toBe(1);
    after.closeSync();
    expect(vfs.openCount).toBe(0);
    expect(() => files.vfs.open('/db/one', 'read')).toThrow(IoError);
  });

  it('are so many at most; what is missing is not held (held-files/bounded)', () => {
    const vfs = withFiles('one', 'two', 'three');
    const files = new HeldFiles(vfs, 2);
    for (const name of ['none', 'one', 'two', 'three']) files.hold(`/db/${name}`);
    expect(files.count).toBe(2);
    expect(vfs.openCount).toBe(2);
    expect(textOf(files.vfs.open('/db/three', 'read'))).toBe('three');
    files.keep((path) => path === '/db/two');
    expect(files.isHeld('/db/one')).toBe(false);
    expect(files.isHeld('/db/two')).toBe(true);
  });

  it('are fewer where the system has no descriptor left (held-files/shortage-is-no-failure)', () => {
    const vfs = withFiles('one', 'two');
    vfs.countMax = 1;
    const files = new HeldFiles(vfs, 10);
    files.hold('/db/one');
    files.hold('/db/two');
    expect(files.count).toBe(1);
  });
});

it('a read-only Vfs passes no call on that could change anything (read-only-vfs/writes-nothing)', async () => {
  const inner = withFiles('one');
  const vfs = readOnlyVfs(inner);
  const calls: Readonly<
    Record<Exclude<keyof Vfs, 'isNodeFileSystem'>, (() => unknown) | undefined>
  > = {
    open: () => vfs.open('/db/new', 'create'),
    rename: () => vfs.rename('/db/one', '/db/two'),
    link: () => vfs.link('/db/one', '/db/two'),
    unlink: () => vfs.unlink('/db/one'),
    unlinkAside: () => vfs.unlinkAside('/db/one'),
    makeDirectory: () => vfs.makeDirectory('/db/sub'),
    removeDirectory: () => vfs.removeDirectory('/db'),
    limitAccess: () => vfs.limitAccess('/db', '/db'),
    syncDirectory: () => vfs.syncDirectory('/db'),
    syncDirectorySync: () => vfs.syncDirectorySync('/db'),
    lock: () => vfs.lock('/db'),
    exists: undefined,
    list: undefined,
    isDirectory: undefined,
    isWritable: undefined,
    realPath: undefined,
    owner: undefined,
  };
  for (const [name, call] of Object.entries(calls)) {
    if (call === undefined) continue;
    await expect((async () => call())(), name).rejects.toThrow(ReadOnlyError);
  }
  expect(() => vfs.open('/db/one', 'modify')).toThrow(ReadOnlyError);
  expect(vfs.list('/db')).toEqual(['one']);
  expect(vfs.isWritable('/db')).toBe(false);
  expect(textOf(vfs.open('/db/one', 'read'))).toBe('one');
});
