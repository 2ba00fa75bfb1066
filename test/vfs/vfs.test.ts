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

  test.runIf(hasTwoFileSystems())('link() copies between file systems (D3)', () => {
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
  });

  test('a failure is wrapped once, with the system error as its cause (D2, V5)', () => {
    fixture = onDisk(new NodeVfs());
    const { vfs, root } = fixture;
    const error = ioErrorOf(() => vfs.rename(join(root, 'a'), join(root, 'b')));
    expect(error.message).toBe(
      `Cannot rename: path=${join(root, 'a')} target=${join(root, 'b')} code=ENOENT`,
    );
    expect(error.cause).toMatchObject({ code: 'ENOENT', syscall: 'rename' });
  });

  test.runIf(process.platform === 'linux')('a full disk is ENOSPC (V5)', () => {
    const file = new NodeVfs().open('/dev/full', 'modify');
    const error = ioErrorOf(() => writeFully(file, new Uint8Array(10), 0, 10, 0));
    expect([error.systemCode, error.path]).toEqual(['ENOSPC', '/dev/full']);
    file.closeSync();
  });
});
