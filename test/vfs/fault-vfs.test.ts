/** The fault injector fails what it was asked to fail, and nothing else. */
import { describe, expect, test } from 'vitest';

import { IoError } from '../../src/base/errors.ts';
import { isOutOfSpace } from '../../src/base/shortage.ts';
import { type Vfs, writeFully } from '../../src/vfs/vfs.ts';
import { CrashVfs } from '../support/crash-vfs.ts';
import { FAULT_KINDS, type FaultKind, FaultVfs } from '../support/fault-vfs.ts';
import { ioErrorOf, readText, writeText } from '../support/vfs-contract.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';

/** Calls every kind of operation once; a `read` and a `sync` also come in their other form. */
async function script(vfs: Vfs): Promise<void> {
  vfs.makeDirectory('/d');
  const file = vfs.open('/d/f', 'create');
  file.writeSync(new Uint8Array([1, 2, 3, 4]), 0, 4, 0);
  await file.sync();
  file.truncateSync(2);
  file.readSync(new Uint8Array(2), 0, 2, 0);
  await file.read(new Uint8Array(2), 0, 2, 0);
  vfs.open('/d/f', 'read');
  vfs.link('/d/f', '/d/g');
  vfs.rename('/d/g', '/d/h');
  vfs.list('/d');
  vfs.unlink('/d/f');
  vfs.unlink('/d/h');
  await vfs.syncDirectory('/d');
  vfs.removeDirectory('/d');
}

describe('FaultVfs', () => {
  test('counts operations by kind and lets them pass without faults (X1)', async () => {
    const vfs = new FaultVfs(new MemoryVfs());
    await script(vfs);
    expect(vfs.operationCount).toBe(FAULT_KINDS.length + 1);
    expect(FAULT_KINDS.map((kind) => vfs.count(kind))).toEqual(
      FAULT_KINDS.map((kind) => (kind === 'unlink' ? 2 : 1)),
    );
    expect(vfs.firedCount).toBe(0);
  });

  test.each(FAULT_KINDS)('fails %s with the chosen code, once', async (kind) => {
    const vfs = new FaultVfs(new MemoryVfs());
    vfs.inject({ kinds: [kind], code: 'ENOSPC' });
    const error: unknown = await script(vfs).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(IoError);
    expect(isOutOfSpace(error)).toBe(true);
    expect(vfs.firedCount).toBe(1);
    expect(vfs.count(kind)).toBe(1);
  });

  test('fails operation 1, 2, 3... until a run passes untouched', async () => {
    const failed: number[] = [];
    for (let nth = 1; ; nth++) {
      const vfs = new FaultVfs(new MemoryVfs());
      vfs.inject({ nth });
      await script(vfs).catch(() => failed.push(vfs.operationCount));
      if (vfs.firedCount === 0) break;
    }
    expect(failed).toEqual(Array.from({ length: FAULT_KINDS.length + 1 }, (_, i) => i + 1));
  });

  test('counts from the injection, and only what the path filter lets through', () => {
    const vfs = new FaultVfs(new MemoryVfs());
    const log = vfs.open('/000001.log', 'create');
    const table = vfs.open('/000002.sst', 'create');
    const byte = new Uint8Array(1);
    log.writeSync(byte, 0, 1, 0);
    vfs.inject({ kinds: ['write'], nth: 2, path: /\.log$/ });
    log.writeSync(byte, 0, 1, 0);
    table.writeSync(byte, 0, 1, 0);
    const error = ioErrorOf(() => log.writeSync(byte, 0, 1, 1));
    expect([error.systemCode, error.path]).toEqual(['EIO', '/000001.log']);
    expect(log.sizeSync()).toBe(1); // X2
    log.writeSync(byte, 0, 1, 1);
    expect(log.sizeSync()).toBe(2);
  });

  test('a sticky fault lasts until heal()', () => {
    const vfs = new FaultVfs(new MemoryVfs());
    vfs.inject({ kinds: ['create'], nth: 2, sticky: true, code: 'EMFILE' });
    writeText(vfs, '/a', '');
    for (let i = 0; i < 3; i++) {
      expect(ioErrorOf(() => vfs.open('/b', 'create')).systemCode).toBe('EMFILE');
    }
    vfs.heal();
    writeText(vfs, '/b', '');
    expect(vfs.list('/').sort()).toEqual(['a', 'b']);
    expect([vfs.firedCount, vfs.count('create')]).toEqual([3, 5]);
  });

  test('a rename matches by either name and has not happened (X2)', () => {
    const vfs = new FaultVfs(new MemoryVfs());
    writeText(vfs, '/a', '');
    vfs.inject({ kinds: ['rename'], path: (path) => path === '/CURRENT', sticky: true });
    vfs.rename('/a', '/b');
    expect(ioErrorOf(() => vfs.rename('/b', '/CURRENT')).systemCode).toBe('EIO');
    expect(vfs.list('/')).toEqual(['b']);
  });

  test('a rename that fails late has happened', () => {
    const vfs = new FaultVfs(new MemoryVfs());
    writeText(vfs, '/a', '');
    vfs.inject({ kinds: ['rename'], effect: 'after' });
    expect(ioErrorOf(() => vfs.rename('/a', '/b')).systemCode).toBe('EIO');
    expect(vfs.list('/')).toEqual(['b']);
  });

  test('a short write says so, and writeFully() completes it (vfs/short-counts)', () => {
    const vfs = new FaultVfs(new MemoryVfs());
    const file = vfs.open('/f', 'create');
    vfs.inject({ kinds: ['write'], effect: 'short', sticky: true });
    const text = new TextEncoder().encode('abcdefg');
    expect(file.writeSync(text, 0, 7, 0)).toBe(4);
    expect(readText(vfs, '/f')).toBe('abcd');
    writeFully(file, text, 0, 7, 0);
    expect(readText(vfs, '/f')).toBe('abcdefg');
    expect(vfs.count('write')).toBe(4); // 4, then 4 + 2 + 1
  });

  test('a torn write leaves its half behind, a late failure all of it', async () => {
    const vfs = new FaultVfs(new CrashVfs());
    const file = vfs.open('/f', 'create');
    vfs.inject({ kinds: ['write'], effect: 'torn' });
    const bytes = new TextEncoder().encode('abcdef');
    expect(ioErrorOf(() => file.writeSync(bytes, 0, 6, 0)).systemCode).toBe('EIO');
    expect(readText(vfs, '/f')).toBe('abc');
    vfs.inject({ kinds: ['write', 'sync'], effect: 'after', sticky: true });
    expect(ioErrorOf(() => file.writeSync(bytes, 0, 6, 0)).systemCode).toBe('EIO');
    expect(readText(vfs, '/f')).toBe('abcdef');
    await expect(file.sync()).rejects.toBeInstanceOf(IoError);
  });

  test.each<FaultKind>(['read', 'sync', 'syncDirectory'])(
    'a failing %s rejects, it does not throw',
    async (kind) => {
      const vfs = new FaultVfs(new MemoryVfs());
      const file = vfs.open('/f', 'create');
      vfs.inject({ kinds: [kind] });
      const calls = {
        read: () => file.read(new Uint8Array(1), 0, 1, 0),
        sync: () => file.sync(),
        syncDirectory: () => vfs.syncDirectory('/'),
      };
      const call = calls[kind as keyof typeof calls];
      await expect(call()).rejects.toBeInstanceOf(IoError);
    },
  );

  test('a failed sync of a CrashVfs file loses its bytes for good (X3)', async () => {
    for (const [effect, survivor] of [
      ['fail', ''],
      ['after', 'text'],
    ] as const) {
      const crash = new CrashVfs();
      const vfs = new FaultVfs(crash);
      const file = vfs.open('/f', 'create');
      vfs.syncDirectorySync('/');
      writeFully(file, new TextEncoder().encode('text'), 0, 4, 0);
      vfs.inject({ kinds: ['sync'], effect });
      await expect(file.sync()).rejects.toBeInstanceOf(IoError);
      await file.sync();
      expect(readText(vfs, '/f')).toBe('text');
      expect(readText(crash.crash({ seed: 1, mode: 'everything' }), '/f')).toBe(survivor);
    }
  });
});
