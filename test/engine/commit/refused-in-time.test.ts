/** Space comes back between a failed write and the report of it (join-order/before-the-try). */
import { describe, expect, it } from 'vitest';
import { makeIoError, MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import type { VfsFile } from '../../../src/vfs/vfs.ts';
import { WrappedFile, WrappedVfs } from '../../support/wrapped-vfs.ts';
import { filler, openMemory, TINY } from '../../api/fixture.ts';

/**
 * Refuses writes of some files from `fill` on. The first to a file whose name ends in `last`, and that is not of zeros,
 * frees the space. Then `onFreed` is called.
 */
class FreedVfs extends WrappedVfs {
  #full: RegExp | undefined = undefined;
  #last = '';
  #onFreed: () => void = () => undefined;

  fill(paths: RegExp, last: string, onFreed: () => void): void {
    this.#full = paths;
    this.#last = last;
    this.#onFreed = onFreed;
  }

  override wrap(file: VfsFile): VfsFile {
    return new FreedFile(file, this);
  }

  /** Refuses the write. `onFreed` runs before the caller of the write hears of the error. */
  mustHaveRoom(path: string, source: Uint8Array): void {
    if (this.#full?.test(path) !== true) return;
    if (path.endsWith(this.#last) && source.some((byte) => byte !== 0)) {
      this.#full = undefined;
      queueMicrotask(this.#onFreed);
    }
    throw makeIoError('ENOSPC', 'write', path);
  }
}

class FreedFile extends WrappedFile {
  readonly #disk: FreedVfs;

  constructor(file: VfsFile, disk: FreedVfs) {
    super(file);
    this.#disk = disk;
  }

  override writeSync(source: Uint8Array, offset: number, length: number, position: number): number {
    this.#disk.mustHaveRoom(this.path, source.subarray(offset, offset + length));
    return super.writeSync(source, offset, length, position);
  }
}

describe('a commit that is asked after space came back', () => {
  it('is not refused with the failure of a flush that ran before (join-order/before-the-try)', async () => {
    const disk = new FreedVfs(new MemoryVfs());
    const db = await openMemory({ ...TINY, immutableMemtableCountMax: 1, vfs: disk });
    const big = filler(200_000, 1);
    await db.put('a', big);
    const later = new Promise<unknown>((resolve) => {
      disk.fill(/sst$/, '.sst', () => resolve(db.put('c', big).catch((error: unknown) => error)));
    });
    await db.put('b', big);
    expect(await later).toBeUndefined();
    expect(await db.keys().all()).toEqual(['a', 'b', 'c']);
  });
});
