/** A database of another format: open, verify, repair and the command refuse it as incompatible and change nothing. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it, onTestFinished } from 'vitest';

import { open } from '../../../src/api/open.ts';
import { IncompatibleFormatError } from '../../../src/base/errors.ts';
import { putUint32 } from '../../../src/bytes/coding.ts';
import { maskedCrc32 } from '../../../src/bytes/crc32.ts';
import { repair } from '../../../src/inspect/repair.ts';
import { verifyDirectory } from '../../../src/inspect/verify-directory.ts';
import { LOG_HEADER_SIZE_BYTES } from '../../../src/log/frame-format.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import { NodeVfs } from '../../../src/vfs/node-vfs.ts';
import { varveHere } from '../../cli/run-varve.ts';
import {
  bytesOf,
  fillMixed,
  filesOf,
  imageOf,
  liveLog,
  openText,
  SOURCE,
} from '../../support/text-database.ts';

/** A database of format 1, with logs, tables and a manifest. */
const FORMAT_1 = fileURLToPath(new URL('../../testdata/format-1/db', import.meta.url));

const REFUSAL =
  /was written by a version that was never released, export the database with that version: file=.*MANIFEST-000001 version=1 supported=2/;

function copyOfFormat1(): string {
  const home = mkdtempSync(join(tmpdir(), 'varve-format-1-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const directory = join(home, 'db');
  cpSync(FORMAT_1, directory, { recursive: true });
  return directory;
}

function filesIn(directory: string): Record<string, string> {
  const names = readdirSync(directory).sort();
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(directory, name), 'latin1')]),
  );
}

describe('a database of format 1', () => {
  it.each([
    ['open', (path: string) => open(path)],
    ['verifyDirectory', (path: string) => verifyDirectory(new NodeVfs(), path)],
    ['repair', (path: string) => repair(path, `${path}-repaired`)],
  ] as const)(
    'is refused by %s, which says why and changes nothing (recovery/refused-unchanged, survey/other-formats-refused)',
    async (_, look) => {
      const directory = copyOfFormat1();
      const error: unknown = await look(directory).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(IncompatibleFormatError);
      expect(String(error)).toMatch(REFUSAL);
      expect(filesIn(directory)).toEqual(filesIn(FORMAT_1));
      expect(readdirSync(join(directory, '..'))).toEqual(['db']);
    },
  );

  it.each([['get', 'a'], ['put', 'a', 'b'], ['scan'], ['stats'], ['verify'], ['repair', 'TARGET']])(
    'is refused by varve %s',
    async (command, ...rest) => {
      const directory = copyOfFormat1();
      const target = `${directory}-repaired`;
      const args = rest.map((arg) => (arg === 'TARGET' ? target : arg));
      const run = await varveHere([command, directory, ...args]);
      expect(run.stderr).toMatch(/^varve: INCOMPATIBLE_FORMAT: /);
      expect(run.stderr).toMatch(REFUSAL);
      expect(run.stdout).toBe('');
      expect(run.status).not.toBe(0);
      expect(filesIn(directory)).toEqual(filesIn(FORMAT_1));
    },
  );

  it('is refused by repair where neither CURRENT nor a manifest is left', async () => {
    for (const kept of [/\.log$/, /\.sst$/]) {
      const directory = copyOfFormat1();
      for (const name of readdirSync(directory))
        if (!kept.test(name)) rmSync(join(directory, name));
      const repairing = repair(directory, `${directory}-repaired`);
      await expect(repairing, String(kept)).rejects.toThrow(IncompatibleFormatError);
    }
  });
});

describe('a log with a frame of an unknown transform', () => {
  async function transformed(): Promise<MemoryVfs> {
    const vfs = new MemoryVfs();
    const db = await openText(vfs);
    await fillMixed(db);
    await db.close();
    const path = liveLog(vfs);
    const bytes = bytesOf(vfs, path);
    const frame = bytes.subarray(LOG_HEADER_SIZE_BYTES);
    const length = new DataView(frame.buffer, frame.byteOffset).getUint32(4, true);
    frame[38] = 4;
    putUint32(frame, 0, maskedCrc32(frame, 4, length));
    const file = vfs.open(path, 'modify');
    file.writeSync(bytes, 0, bytes.length, 0);
    file.closeSync();
    return vfs;
  }

  it('is refused at open, and by repair; verify names it (frame-format/unknown-transform-refused)', async () => {
    const vfs = await transformed();
    const before = imageOf(vfs, SOURCE);
    const message = /Frame has an unknown transform: .*transform=4/;
    await expect(openText(vfs)).rejects.toThrow(IncompatibleFormatError);
    await expect(openText(vfs)).rejects.toThrow(message);
    await expect(repair(SOURCE, '/data/repaired', { vfs })).rejects.toThrow(message);
    const { problems } = await verifyDirectory(vfs, SOURCE);
    const named = problems.filter(({ code }) => code === 'INCOMPATIBLE_FORMAT');
    expect(named).toHaveLength(1);
    expect(named[0]).toMatchObject({ file: liveLog(vfs) });
    expect(named[0]?.message).toMatch(message);
    expect(imageOf(vfs, SOURCE)).toEqual(before);
    expect(filesOf(vfs, SOURCE, 'log').length).toBeGreaterThan(0);
  });
});
