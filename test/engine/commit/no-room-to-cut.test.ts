/** A full disk that refuses even the cut of a half-written frame (log-writer/cut-before-append). */
import { describe, expect, it } from 'vitest';
import { makeIoError } from '../../../src/vfs/memory-vfs.ts';
import type { OpenMode, VfsFile } from '../../../src/vfs/vfs.ts';
import { makeRandom } from '../../support/prng.ts';
import { CrashVfs } from '../../support/crash-vfs.ts';
import { WrappedFile, WrappedVfs } from '../../support/wrapped-vfs.ts';
import { errorOf, filler, openMemory, TINY } from '../../api/fixture.ts';

/** While it is full, logs and manifests take part of a write, or all of it and say no; they refuse every cut. */
class FullVfs extends WrappedVfs {
  isFull = false;
  /** How many bytes of the next write are taken. */
  takes: (length: number) => number = () => 0;

  override open(path: string, mode: OpenMode): VfsFile {
    const file = super.open(path, mode);
    return /log$|MANIFEST/.test(path) ? new FullFile(file, this) : file;
  }
}

class FullFile extends WrappedFile {
  readonly #disk: FullVfs;

  constructor(file: VfsFile, disk: FullVfs) {
    super(file);
    this.#disk = disk;
  }

  override writeSync(source: Uint8Array, offset: number, length: number, position: number): number {
    if (!this.#disk.isFull) return super.writeSync(source, offset, length, position);
    const taken = this.#disk.takes(length);
    if (taken > 0) super.writeSync(source, offset, taken, position);
    throw makeIoError('ENOSPC', 'write', this.path);
  }

  override truncateSync(size: number): void {
    if (this.#disk.isFull) throw makeIoError('ENOSPC', 'truncate', this.path);
    super.truncateSync(size);
  }
}

describe('a full disk that refuses cuts', () => {
  it.each([1, 2, 3, 4])('refuses commits, and takes them again later: seed %i', async (seed) => {
    const random = makeRandom(seed);
    const crash = new CrashVfs();
    const disk = new FullVfs(crash);
    disk.takes = (length) => random.below(length); // never the whole frame
    const db = await openMemory({ ...TINY, vfs: disk });
    const model = new Map<string, string>();
    for (let round = 0; round < 60; round++) {
      disk.isFull = random.chance(0.5);
      const key = `k${random.below(20)}`;
      const value = filler(random.below(20_000), round);
      const durability = random.chance(0.5) ? 'os' : 'sync';
      const error: unknown = await db.put(key, value, { durability }).catch((e: unknown) => e);
      if (error === undefined) model.set(key, value);
      else expect(error, `seed ${seed} round ${round}`).toMatchObject({ code: 'IO_ERROR' });
      if (!disk.isFull) expect(error).toBeUndefined();
      expect(Object.fromEntries(await db.entries().all())).toEqual(Object.fromEntries(model));
    }
    const afterKill = crash.kill();
    await db.close();
    disk.isFull = false;
    for (const vfs of [afterKill, disk]) {
      const again = await openMemory({ ...TINY, vfs });
      expect(Object.fromEntries(await again.entries().all())).toEqual(Object.fromEntries(model));
      await again.close();
    }
  });

  it('stops when the whole frame was written all the same: a crash could keep it', async () => {
    const disk = new FullVfs(new CrashVfs());
    disk.takes = (length) => length;
    const db = await openMemory({ ...TINY, vfs: disk });
    await db.put('a', '1');
    disk.isFull = true;
    const error = await errorOf(() => db.put('b', '2'));
    expect(error).toMatchObject({ code: 'FAILED', outcome: 'unknown' });
  });
});
