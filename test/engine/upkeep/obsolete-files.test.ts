/** When files go that nothing needs any more. */
import { expect, it } from 'vitest';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import type { OpenMode, VfsFile } from '../../../src/vfs/vfs.ts';
import { WrappedFile, WrappedVfs } from '../../support/wrapped-vfs.ts';
import { IoError } from '../../../src/base/errors.ts';
import { backgroundUntil, DIRECTORY, filler, openMemory, TINY } from '../../api/fixture.ts';

/** Notes which logs are open for writing, and which were deleted while they were. */
class LogWatch extends WrappedVfs {
  readonly openLogs = new Set<string>();
  readonly deleted: string[] = [];
  readonly deletedOpen: string[] = [];

  override open(path: string, mode: OpenMode): VfsFile {
    const file = super.open(path, mode);
    return mode === 'create' && path.endsWith('.log') ? new WatchedLog(file, this.openLogs) : file;
  }

  override unlink(path: string): void {
    if (path.endsWith('.log')) this.deleted.push(path);
    if (this.openLogs.has(path)) this.deletedOpen.push(path);
    super.unlink(path);
  }
}

class WatchedLog extends WrappedFile {
  readonly #open: Set<string>;

  constructor(inner: VfsFile, open: Set<string>) {
    super(inner);
    this.#open = open;
    open.add(this.path);
  }

  override closeSync(): void {
    this.#open.delete(this.path);
    super.closeSync();
  }
}

/** Refuses to delete tables while it is told to. */
class StuckVfs extends WrappedVfs {
  isStuck = true;
  refusedCount = 0;

  override unlink(path: string): void {
    if (this.isStuck && path.endsWith('.sst')) {
      this.refusedCount++;
      throw new IoError('refused', { path });
    }
    super.unlink(path);
  }
}

it('a table that could not be deleted is deleted by a later collection (obsolete-files/tried-again)', async () => {
  const vfs = new StuckVfs(new MemoryVfs());
  const db = await openMemory({ ...TINY, vfs });
  const tableCount = (): number =>
    vfs.list(DIRECTORY).filter((name) => name.endsWith('.sst')).length;
  const replaceTables = async (round: number): Promise<void> => {
    for (const key of ['a', 'b']) {
      await db.put(key, filler(1000, round));
      await db.flush();
    }
    await db.compact();
  };
  await replaceTables(0);
  await backgroundUntil('a deletion was refused', () => vfs.refusedCount > 0);
  expect(tableCount()).toBeGreaterThan(db.stats().tables.count);
  vfs.isStuck = false;
  await replaceTables(1);
  await backgroundUntil('all old tables are gone', () => tableCount() === db.stats().tables.count);
  await db.close();
});

it('a log whose commits are all in tables stays while it is open, and goes with the next switch (obsolete-files/after-the-edit)', async () => {
  const vfs = new LogWatch(new MemoryVfs());
  const db = await openMemory({ ...TINY, vfs });
  for (let round = 0; round < 5; round++) {
    await db.put('k', filler(1000, round));
    await db.flush(); // the pipeline writes to the old log until the next commit
    await db.put('k', filler(1000, round), { durability: 'os' });
    await backgroundUntil('the old log is gone', () => vfs.deleted.length === round + 1);
  }
  await db.close();
  expect(vfs.deletedOpen).toEqual([]);
});
