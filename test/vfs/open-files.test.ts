/** Files that are read for long share a bounded number of descriptors, and give idle ones back before a call fails. */
import { describe, expect, it } from 'vitest';
import { IoError } from '../../src/base/errors.ts';
import { makeIoError, MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { frugalVfs, OpenFiles } from '../../src/vfs/open-files.ts';
import type { OpenMode, VfsFile } from '../../src/vfs/vfs.ts';
import { settled, turns } from '../support/settle.ts';
import { WrappedFile, WrappedVfs } from '../support/wrapped-vfs.ts';

const COUNT = 12;
const pathOf = (i: number): string => `/d/${i}`;

/** A system with so many descriptors, whose asynchronous reads end when they are let go. */
class ScarceVfs extends WrappedVfs {
  openCount = 0;
  countMax = Infinity;
  held: (() => void)[] | undefined = undefined;

  override open(path: string, mode: OpenMode): VfsFile {
    if (this.openCount >= this.countMax) throw makeIoError('EMFILE', 'open', path);
    this.openCount++;
    return new ScarceFile(this.inner.open(path, mode), this);
  }
}

class ScarceFile extends WrappedFile {
  readonly #vfs: ScarceVfs;
  #isOpen = true;

  constructor(inner: VfsFile, vfs: ScarceVfs) {
    super(inner);
    this.#vfs = vfs;
  }

  override async read(
    target: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<number> {
    const { held } = this.#vfs;
    if (held !== undefined) await new Promise<void>((resolve) => held.push(resolve));
    if (!this.#isOpen) throw new Error('A descriptor was closed under a read');
    return super.read(target, offset, length, position);
  }

  override closeSync(): void {
    if (this.#isOpen) this.#vfs.openCount--;
    this.#isOpen = false;
    super.closeSync();
  }
}

function makeVfs(): ScarceVfs {
  const vfs = new ScarceVfs(new MemoryVfs());
  vfs.makeDirectory('/d');
  for (let i = 0; i < COUNT; i++) {
    const file = vfs.open(pathOf(i), 'create');
    file.writeSync(Uint8Array.of(i), 0, 1, 0);
    file.closeSync();
  }
  return vfs;
}

function byteOf(file: VfsFile): number {
  const target = new Uint8Array(1);
  expect(file.readSync(target, 0, 1, 0)).toBe(1);
  return target[0]!; // one byte
}

async function byteAsideOf(file: VfsFile): Promise<number> {
  const target = new Uint8Array(1);
  expect(await file.read(target, 0, 1, 0)).toBe(1);
  return target[0]!; // one byte
}

describe('OpenFiles', () => {
  it('keeps to its count and answers from the right file, however often it changes (open-files/bounded)', () => {
    const vfs = makeVfs();
    const files = new OpenFiles(3);
    const open = Array.from({ length: COUNT }, (_, i) => files.open(vfs, pathOf(i)));
    for (let round = 0; round < 3; round++) {
      for (const [i, file] of open.entries()) {
        expect(byteOf(file)).toBe(i);
        expect(vfs.openCount).toBeLessThanOrEqual(3);
      }
    }
    for (const file of open) file.closeSync();
    expect([vfs.openCount, files.openCount]).toEqual([0, 0]);
  });

  it('lets reads that wait share what there is, and takes no descriptor away under one (open-files/not-under-a-read)', async () => {
    const vfs = makeVfs();
    const files = new OpenFiles(3);
    const open = Array.from({ length: COUNT }, (_, i) => files.open(vfs, pathOf(i)));
    vfs.held = [];
    const reads = Promise.all(open.map(byteAsideOf));
    for (let i = 0; i < COUNT; i++) {
      await turns(3);
      expect(vfs.openCount).toBeLessThanOrEqual(3);
      vfs.held.shift()?.();
    }
    expect(await settled('reads', reads)).toEqual(open.map((_, i) => i));
    expect(vfs.openCount).toBeLessThanOrEqual(3);
  });

  it('gives idle descriptors back before it fails for want of one (open-files/own-first)', () => {
    const vfs = makeVfs();
    const files = new OpenFiles(100);
    const open = Array.from({ length: 6 }, (_, i) => files.open(vfs, pathOf(i)));
    vfs.countMax = 6;
    expect(byteOf(files.open(vfs, pathOf(7)))).toBe(7);
    vfs.countMax = vfs.openCount;
    frugalVfs(vfs, files).open('/d/new', 'create').closeSync();
    for (const [i, file] of open.entries()) expect(byteOf(file)).toBe(i);
  });

  it('fails with the system code when there is none to give back, and works again after', () => {
    const vfs = makeVfs();
    const files = new OpenFiles(4);
    const file = files.open(vfs, pathOf(1));
    files.releaseIdle();
    vfs.countMax = 0;
    expect(() => byteOf(file)).toThrow(IoError);
    expect(() => byteOf(file)).toThrow('EMFILE');
    vfs.countMax = 1;
    expect(byteOf(file)).toBe(1);
  });

  it('keeps the descriptor of a file whose name goes (open-files/name-stays)', () => {
    const vfs = makeVfs();
    const files = new OpenFiles(1);
    const first = files.open(vfs, pathOf(1));
    first.keepOpen();
    vfs.unlink(pathOf(1));
    expect(byteOf(files.open(vfs, pathOf(2)))).toBe(2);
    files.releaseIdle();
    expect(byteOf(first)).toBe(1);
    first.closeSync();
  });

  it('refuses a file that took the place of the one it read', () => {
    const vfs = makeVfs();
    const files = new OpenFiles(4);
    const file = files.open(vfs, pathOf(1));
    files.releaseIdle();
    const other = vfs.open(pathOf(1), 'modify');
    other.truncateSync(9);
    other.closeSync();
    expect(() => byteOf(file)).toThrow('File has changed');
  });
});
