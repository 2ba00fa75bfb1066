/** What a lock file that could not be taken leaves behind: nothing, and no descriptor. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LockedError } from '../../src/base/errors.ts';
import { takeLockFile } from '../../src/vfs/directory-lock-file.ts';

const DESCRIPTORS = '/proc/self/fd';

function openPaths(directory: string): string[] {
  const paths = fs.readdirSync(DESCRIPTORS).map((name) => {
    try {
      return fs.readlinkSync(join(DESCRIPTORS, name));
    } catch {
      return ''; // the one that listed them
    }
  });
  return paths.filter((path) => path.startsWith(directory));
}

test.runIf(fs.existsSync(DESCRIPTORS))(
  'a LOCK that can be neither read nor created is refused, and no descriptor stays open',
  async () => {
    const directory = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'varve-lock-')));
    try {
      fs.symlinkSync(join(directory, 'nowhere'), join(directory, 'LOCK'));
      const request = { path: directory, directory, hasArbiter: true };
      await expect(takeLockFile(request)).rejects.toBeInstanceOf(LockedError);
      expect(openPaths(directory)).toEqual([]);
      expect(fs.readdirSync(directory)).toEqual(['LOCK']);
    } finally {
      fs.rmSync(directory, { recursive: true, force: true });
    }
  },
);
