/** The tree as one reads it beside the writer. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { fileNumber } from '../../src/base/ids.ts';
import { open } from '../../src/index.ts';
import { readTree } from '../../src/inspect/read-tree.ts';
import { encodeCurrent } from '../../src/version/manifest.ts';
import { NodeVfs } from '../../src/vfs/node-vfs.ts';
import type { OpenMode, VfsFile } from '../../src/vfs/vfs.ts';

async function withFolder(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'varve-tree-test-'));
  try {
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Shows a CURRENT that names a manifest which has gone, the first time. */
class StaleOnce extends NodeVfs {
  staleCount = 1;

  override open(path: string, mode: OpenMode): VfsFile {
    const file = super.open(path, mode);
    if (basename(path) !== 'CURRENT' || this.staleCount === 0) return file;
    this.staleCount--;
    const stale = encodeCurrent(fileNumber(4711));
    file.readSync = (target, offset, length, position) => {
      const part = stale.subarray(position, position + length);
      target.set(part, offset);
      return part.length;
    };
    return file;
  }
}

it('shows tables and logs beside the writer, and leaves all as it is (read-tree/changes-nothing)', () =>
  withFolder(async (directory) => {
    const db = await open(directory, { keyEncoding: 'utf8', background: 'inline' });
    await db.put('a', Uint8Array.of(1));
    await db.flush();
    await db.put('b', Uint8Array.of(2));
    const before = readdirSync(directory).sort();
    const { version, logs } = await readTree(new NodeVfs(), directory);
    expect(version.fileCount).toBe(1);
    expect(logs.map(({ isKept }) => isKept)).toEqual([false, false]); // the next one is made ahead
    expect(logs[0]?.sizeBytes).toBeGreaterThan(0);
    expect(readdirSync(directory).sort()).toEqual(before);
    await db.close();
  }));

it('begins again when the writer has moved on, and tells of a manifest that is gone for good (read-tree/newest)', () =>
  withFolder(async (directory) => {
    const db = await open(directory, { keyEncoding: 'utf8', background: 'inline' });
    await db.put('a', Uint8Array.of(1));
    await db.close();
    const vfs = new StaleOnce();
    expect((await readTree(vfs, directory)).logs).toHaveLength(2);
    expect(vfs.staleCount).toBe(0);
    vfs.staleCount = 100;
    await expect(readTree(vfs, directory)).rejects.toThrow('MANIFEST-004711');
  }));
