/** The Vfs contract over every implementation, and what only the real one can get wrong. */
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, test } from 'vitest';

import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { NodeVfs } from '../../src/vfs/node-vfs.ts';
import { type Vfs, writeFully } from '../../src/vfs/vfs.ts';
import { CrashVfs } from '../support/crash-vfs.ts';
import { FaultVfs } from '../support/fault-vfs.ts';
import { HAS_FIFOS, KINDS, replaceFile } from '../support/irregular.ts';
import {
  describeVfsContract,
  ioErrorOf,
  readText,
  type VfsFixture,
  writeText,
} from '../support/vfs-contract.ts';

function onDisk(vfs: Vfs): VfsFixture {
  const root = fs.mkdtempSync(join(fs.realpathSync(os.tmpdir()), 'varve-vfs-'));
  return {
    vfs,
    root,
    cleanUp: () => {
      fs.rmSync(root, { recursive: true, force: true });
    },
  };
}

function inMemory(vfs: Vfs): VfsFixture {
  vfs.makeDirectory('/db');
  return { vfs, root: '/db', cleanUp: () => undefined };
}

describeVfsContract('NodeVfs', () => onDisk(new NodeVfs()));
describeVfsContract('MemoryVfs', () => inMemory(new MemoryVfs()));
describeVfsContract('CrashVfs', () => inMemory(new CrashVfs()));
describeVfsContract('a state that CrashVfs left', () => {
  const vfs = new CrashVfs();
  vfs.makeDirectory('/db');
  return { ...inMemory(vfs.crash({ seed: 1, mode: 'everything' })), root: '/db' };
});
describeVfsContract('FaultVfs over CrashVfs', () => inMemory(new FaultVfs(new CrashVfs())));
describeVfsContract('FaultVfs over NodeVfs', () => onDisk(new FaultVfs(new NodeVfs())));

function hasTwoFileSystems(): boolean {
  const there = fs.statSync('/dev/shm', { throwIfNoEntry: false });
  return there !== undefined && there.dev !== fs.statSync(os.tmpdir()).dev;
}

describe('NodeVfs', () => {
  let fixture: VfsFixture | undefined;

  afterEach(() => {
    fixture?.cleanUp();
  });

  test.runIf(hasTwoFileSystems())(
    'link() copies between file systems (node-vfs/copy-is-synced)',
    () => {
      fixture = onDisk(new NodeVfs());
      const { vfs, root } = fixture;
      const elsewhere = fs.mkdtempSync('/dev/shm/varve-vfs-');
      try {
        writeText(vfs, join(elsewhere, 'f'), 'text');
        writeText(vfs, join(root, 'taken'), 'mine');
        vfs.link(join(elsewhere, 'f'), join(root, 'g'));
        expect(readText(vfs, join(root, 'g'))).toBe('text');
        const error = ioErrorOf(() => vfs.link(join(elsewhere, 'f'), join(root, 'taken')));
        expect(error.systemCode).toBe('EEXIST');
        expect(readText(vfs, join(root, 'taken'))).toBe('mine');
      } finally {
        fs.rmSync(elsewhere, { recursive: true });
      }
    },
  );

  test('a failure is wrapped once, with the system error as its cause (node-vfs/wrapped-once, vfs/failures-are-named)', () => {
    fixture = onDisk(new NodeVfs());
    const { vfs, root } = fixture;
    const error = ioErrorOf(() => vfs.rename(join(root, 'a'), join(root, 'b')));
    expect(error.message).toBe(
      `Cannot rename: path=${join(root, 'a')} target=${join(root, 'b')} code=ENOENT`,
    );
    expect(error.cause).toMatchObject({ code: 'ENOENT', syscall: 'rename' });
  });

  test.runIf(process.platform === 'linux')(
    'a write that the system refuses is its code (vfs/failures-are-named)',
    () => {
      const path = '/proc/self/oom_score_adj'; // takes numbers only
      const file = new NodeVfs().open(path, 'modify');
      const error = ioErrorOf(() => writeFully(file, new Uint8Array(10), 0, 10, 0));
      expect([error.systemCode, error.path]).toEqual(['EINVAL', path]);
      file.closeSync();
    },
  );

  test.each(KINDS)(
    'open() neither waits for a %s nor opens it (vfs/regular-only, regular-file/no-wait)',
    async (kind) => {
      fixture = onDisk(new NodeVfs());
      const { vfs, root } = fixture;
      const path = join(root, 'f');
      await replaceFile(path, kind);
      for (const mode of ['read', 'modify'] as const) {
        expect(() => vfs.open(path, mode)).toThrow(
          expect.objectContaining({ code: 'CORRUPTION', file: path }),
        );
        expect(() => vfs.open(path, mode)).toThrow(`Not a regular file: kind=${kind}`);
      }
      expect(ioErrorOf(() => vfs.open(path, 'create')).systemCode).toBe('EEXIST');
      if (kind === 'directory') return;
      expect(ioErrorOf(() => vfs.syncDirectorySync(path)).systemCode).toBe('ENOTDIR');
    },
  );

  test.runIf(HAS_FIFOS)(
    'open() follows a link to a regular file, and creates none in its place',
    () => {
      fixture = onDisk(new NodeVfs());
      const { vfs, root } = fixture;
      writeText(vfs, join(root, 'f'), 'text');
      fs.symlinkSync('f', join(root, 'g'));
      fs.symlinkSync('absent', join(root, 'h'));
      expect(readText(vfs, join(root, 'g'))).toBe('text');
      vfs.open(join(root, 'g'), 'modify').closeSync();
      expect(ioErrorOf(() => vfs.open(join(root, 'h'), 'read')).systemCode).toBe('ENOENT');
      expect(ioErrorOf(() => vfs.open(join(root, 'h'), 'create')).systemCode).toBe('EEXIST');
    },
  );
});

test.skipIf(process.platform !== 'linux')(
  'NodeVfs refuses a directory that the system never makes, and does not try for ever',
  () => {
    expect(() => new NodeVfs().makeDirectory('/proc/varve/db')).toThrow('Cannot make directory');
  },
);
