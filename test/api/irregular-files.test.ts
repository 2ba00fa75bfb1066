/** FIFOs, sockets, devices and directories under the names of database files: told by kind, never waited for. */
import fs from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { CorruptionError, DirectoryLostError } from '../../src/base/errors.ts';
import type { Database } from '../../src/api/database.ts';
import { open } from '../../src/api/open.ts';
import { repair } from '../../src/inspect/repair.ts';
import { verifyDirectory } from '../../src/inspect/verify-directory.ts';
import { type FileKind, parseFileName } from '../../src/vfs/filenames.ts';
import { NodeVfs } from '../../src/vfs/node-vfs.ts';
import { HAS_FIFOS, KINDS, makeFifo, replaceFile } from '../support/irregular.ts';
import { errorOf, makeDirectory } from './fixture.ts';

const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;

function openText(directory: string, createIfMissing = false): Promise<Database<string, string>> {
  return open(directory, { ...ENCODINGS, createIfMissing, background: 'inline' });
}

/** A closed database with a table and a log, each with an entry. */
async function makeDatabase(): Promise<string> {
  const directory = join(makeDirectory(), 'db');
  const db = await openText(directory, true);
  await db.put('a', 'in a table');
  await db.flush();
  await db.put('b', 'in a log');
  await db.close();
  return directory;
}

/** The newest file of the kind; the log that holds the entry. */
function pathOf(directory: string, kind: FileKind): string {
  const paths = fs
    .readdirSync(directory)
    .filter((name) => parseFileName(name)?.kind === kind)
    .map((name) => join(directory, name))
    .sort();
  const holdsEntry = (path: string): boolean => fs.readFileSync(path).includes('in a log');
  const found = kind === 'log' ? paths.find(holdsEntry) : paths.at(-1);
  if (found === undefined) throw new Error(`No file of this kind: ${kind}`);
  return found;
}

/** Names, and kinds of their files; those of the lock are gone while no process has the directory. */
function namesOf(directory: string): string[] {
  return fs
    .readdirSync(directory, { withFileTypes: true })
    .map((entry) => `${entry.name} ${entry.isFile() ? 'file' : 'other'}`)
    .sort();
}

const FILES = ['current', 'manifest', 'table', 'log'] as const;
const CASES = FILES.flatMap((file) => KINDS.map((kind) => [file, kind] as const));

describe.each(CASES)('a %s that is a %s', (file, kind) => {
  it('is told by open() and verifyDirectory(), passed over by repair(), and left alone', async () => {
    const directory = await makeDatabase();
    const path = pathOf(directory, file);
    await replaceFile(path, kind);
    const before = namesOf(directory);

    const error = await errorOf(() => openText(directory));
    expect(error).toBeInstanceOf(CorruptionError);
    expect(error).toMatchObject({ file: path });
    expect(error.message).toContain(`kind=${kind}`);

    const { problems, isSound } = await verifyDirectory(new NodeVfs(), directory);
    expect(isSound).toBe(false);
    const own = problems.filter((problem) => problem.file === path);
    expect(own).toMatchObject([{ code: 'CORRUPTION', message: error.message }]);

    const target = `${directory}-repaired`;
    const report = await repair(directory, target);
    const told = [...report.losses.map(({ message }) => message), ...report.notes];
    expect(told.filter((text) => text === error.message).length).toBe(1);
    expect(namesOf(directory)).toEqual(before);
    const db = await openText(target);
    expect(await db.getMany(['a', 'b'])).toEqual([
      file === 'table' ? undefined : 'in a table',
      file === 'log' ? undefined : 'in a log',
    ]);
    await db.close();
  });
});

describe.each(KINDS)('an obsolete file that is a %s', (kind) => {
  it.each(['000900.sst', '000901.log', 'MANIFEST-000902'])(
    'is in no way of the engine: %s',
    async (name) => {
      const directory = await makeDatabase();
      await replaceFile(join(directory, name), kind);
      for (let round = 0; round < 2; round++) {
        const db = await openText(directory);
        expect(await db.getMany(['a', 'b'])).toEqual(['in a table', 'in a log']);
        await db.close();
      }
      expect(fs.existsSync(join(directory, name))).toBe(kind === 'directory');
    },
  );
});

describe('CURRENT.tmp', () => {
  it.each(KINDS.filter((kind) => kind !== 'directory'))(
    'that is a %s is replaced',
    async (kind) => {
      const directory = await makeDatabase();
      await replaceFile(join(directory, 'CURRENT.tmp'), kind);
      await (await openText(directory)).close();
      expect(fs.existsSync(join(directory, 'CURRENT.tmp'))).toBe(false);
    },
  );

  it('that is a directory is told before anything is changed', async () => {
    const directory = await makeDatabase();
    fs.mkdirSync(join(directory, 'CURRENT.tmp', 'mine'), { recursive: true });
    const before = namesOf(directory);
    const error = await errorOf(() => openText(directory));
    expect(error).toBeInstanceOf(CorruptionError);
    expect(error.message).toContain('kind=directory');
    expect(namesOf(directory)).toEqual(before);
    fs.rmSync(join(directory, 'CURRENT.tmp'), { recursive: true });
    await (await openText(directory)).close();
  });
});

describe('an open database', () => {
  it.each(KINDS)(
    'whose table has become a %s says so in verify() and checkpoint()',
    async (kind) => {
      const directory = await makeDatabase();
      const db = await openText(directory);
      const path = pathOf(directory, 'table');
      const spare = join(makeDirectory(), 'spare');
      fs.renameSync(path, spare);
      await replaceFile(path, kind);
      const report = await db.verify();
      expect(report.problems).toMatchObject([{ file: path, code: 'CORRUPTION' }]);
      expect(report.problems[0]?.message).toContain(`kind=${kind}`);
      const target = `${directory}-copy`;
      expect(await errorOf(() => db.checkpoint(target))).toMatchObject({
        code: 'CORRUPTION',
        file: path,
      });
      expect(fs.existsSync(target)).toBe(false);
      await db.close();
    },
  );

  it.each(KINDS)('whose CURRENT has become a %s is lost', async (kind) => {
    const directory = await makeDatabase();
    const db = await openText(directory);
    await replaceFile(join(directory, 'CURRENT'), kind);
    const error = await errorOf(async () => {
      await db.put('c', '1');
      await db.flush();
    });
    expect(error).toMatchObject({ code: 'FAILED', cause: { code: 'DIRECTORY_LOST' } });
    expect(error.cause).toBeInstanceOf(DirectoryLostError);
    await db.close();
  });
});

describe('a symbolic link to a regular file', () => {
  it.runIf(HAS_FIFOS).each(FILES)('stands for it: %s', async (file) => {
    const directory = await makeDatabase();
    const path = pathOf(directory, file);
    const elsewhere = join(makeDirectory(), 'elsewhere');
    fs.renameSync(path, elsewhere);
    fs.symlinkSync(elsewhere, path);
    expect((await verifyDirectory(new NodeVfs(), directory)).problems).toEqual([]);
    const db = await openText(directory);
    expect(await db.getMany(['a', 'b'])).toEqual(['in a table', 'in a log']);
    await db.close();
  });
});

describe('a path that is no directory', () => {
  it.runIf(HAS_FIFOS)('is refused without a look inside', async () => {
    const path = join(makeDirectory(), 'pipe');
    makeFifo(path);
    const directory = await makeDatabase();
    const db = await openText(directory);
    const refusal = { code: 'INVALID_ARGUMENT' };
    expect(await errorOf(() => db.checkpoint(path))).toMatchObject(refusal);
    await db.close();
    expect(await errorOf(() => openText(path, true))).toMatchObject(refusal);
    expect(await errorOf(() => verifyDirectory(new NodeVfs(), path))).toMatchObject(refusal);
    expect(await errorOf(() => repair(path, `${directory}-repaired`))).toMatchObject(refusal);
    expect(await errorOf(() => repair(directory, path))).toMatchObject(refusal);
  });
});
