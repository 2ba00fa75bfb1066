/** VersionSet against a model: reopened after each edit, crashed and failed at each operation, damaged at each bit. */
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import {
  ClosedError,
  DirectoryLostError,
  CorruptionError,
  DatabaseFailedError,
  IncompatibleFormatError,
  InvalidArgumentError,
  IoError,
} from '../../src/base/errors.ts';
import { fileNumber, sequenceNumber } from '../../src/base/ids.ts';
import { FrameClock } from '../../src/log/frame-clock.ts';
import { FRAME_SIZE_BYTES_MIN, LOG_KIND_WAL } from '../../src/log/frame-format.ts';
import { LogWriter } from '../../src/log/log-writer.ts';
import { findDatabase } from '../../src/version/database-directory.ts';
import { encodeCurrent, ManifestWriter } from '../../src/version/manifest.ts';
import { ENGINE_FORMAT, type VersionEdit } from '../../src/version/version-edit.ts';
import { VersionSet } from '../../src/version/version-set.ts';
import type { Version } from '../../src/version/version.ts';
import { makeDurableDirectory } from '../../src/vfs/durable-directory.ts';
import { fileName } from '../../src/vfs/filenames.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import type { Vfs } from '../../src/vfs/vfs.ts';
import { frameBytes, readFile, replaceFile } from '../log/log-fixture.ts';
import { CRASH_MODES, type CrashOptions, CrashVfs } from '../support/crash-vfs.ts';
import { FAULT_KINDS, FaultVfs } from '../support/fault-vfs.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import {
  applyToModel,
  copyModel,
  createFiles,
  describeModel,
  describeVersion,
  DIRECTORY,
  emptyModel,
  makeFile,
  randomEdit,
  type Model,
} from './version-fixture.ts';

/** Small enough that a few edits rotate the manifest. */
const OPTIONS = { manifestSizeBytesMin: 300 };

function makeVfs(): MemoryVfs {
  const vfs = new MemoryVfs();
  vfs.makeDirectory(DIRECTORY);
  return vfs;
}

async function openOrCreate(vfs: Vfs): Promise<VersionSet> {
  if ((await findDatabase(vfs, DIRECTORY)) === 'new') {
    return VersionSet.create(vfs, DIRECTORY, 'id', OPTIONS);
  }
  const set = await VersionSet.recover(vfs, DIRECTORY, OPTIONS);
  await set.beginWriting();
  return set;
}

/** Makes the files of a random edit, then applies it to both sides. */
async function applyRandom(
  vfs: Vfs,
  set: VersionSet,
  model: Model,
  random: Random,
): Promise<VersionEdit> {
  const edit = randomEdit(random, model, () => set.newFileNumber());
  await createFiles(vfs, edit);
  const version = await set.apply(edit);
  expect(version).toBe(set.current);
  applyToModel(model, edit);
  return edit;
}

async function describeDisk(vfs: Vfs): Promise<string> {
  return describeVersion((await VersionSet.recover(vfs, DIRECTORY)).current);
}

function pathOf(kind: 'log' | 'table' | 'manifest', number: number): string {
  return join(DIRECTORY, fileName(kind, number));
}

const CURRENT = join(DIRECTORY, 'CURRENT');

describe('VersionSet', () => {
  it('recovers what the model says after every edit, across rotations (version-set/synced-then-current, version-set/first-edit-starts-a-manifest, manifest/snapshot-first)', async () => {
    let rotationCount = 0;
    for (let seed = 1; seed <= 25; seed++) {
      const random = makeRandom(seed);
      const vfs = makeVfs();
      const model = emptyModel();
      let set = await openOrCreate(vfs);
      for (let i = 0; i < 25; i++) {
        const manifestBefore = set.manifestNumber;
        await applyRandom(vfs, set, model, random);
        rotationCount += set.manifestNumber === manifestBefore ? 0 : 1;
        expect(describeVersion(set.current), `seed=${seed}`).toBe(describeModel(model));
        expect(await describeDisk(vfs), `seed=${seed} edit=${i}`).toBe(describeModel(model));
        if (random.chance(0.2)) {
          if (random.chance(0.5)) await set.close();
          set = await openOrCreate(vfs);
          expect(set.databaseId).toBe('id');
        }
      }
    }
    expect(rotationCount).toBeGreaterThan(10);
  });

  it('does not change the directory before its first edit, which starts a manifest (version-set/first-edit-starts-a-manifest)', async () => {
    const vfs = makeVfs();
    const model = emptyModel();
    const set = await openOrCreate(vfs);
    await applyRandom(vfs, set, model, makeRandom(4));
    const listing = (): string[] =>
      vfs.list(DIRECTORY).map((name) => `${name} ${readFile(vfs, join(DIRECTORY, name)).length}`);
    const before = listing();
    const recovered = await VersionSet.recover(vfs, DIRECTORY);
    expect(listing()).toEqual(before);
    expect(recovered.isWriting).toBe(false);
    await recovered.syncRecovered();
    expect(listing()).toEqual(before);
    const replaced = recovered.manifestNumber;
    await recovered.apply({});
    expect(recovered.manifestNumber).toBeGreaterThan(replaced);
    await recovered.beginWriting();
    expect(recovered.isWriting).toBe(true);
  });

  it('refuses its first edit when the manifest that it read is not the same any more (version-set/still-ours)', async () => {
    for (const change of ['cut', 'removed', 'another'] as const) {
      const vfs = makeVfs();
      const set = await openOrCreate(vfs);
      await applyRandom(vfs, set, emptyModel(), makeRandom(4));
      const recovered = await VersionSet.recover(vfs, DIRECTORY);
      const path = join(DIRECTORY, recovered.manifestName);
      if (change === 'cut') replaceFile(vfs, readFile(vfs, path).slice(0, -1), path);
      if (change === 'removed') vfs.unlink(path);
      if (change === 'another') await (await VersionSet.recover(vfs, DIRECTORY)).apply({});
      await expect(recovered.apply({}), change).rejects.toThrow(DirectoryLostError);
    }
  });

  it('gives out no number twice, whatever lies in the directory (version-set/number-given-once)', async () => {
    const vfs = makeVfs();
    const set = await openOrCreate(vfs);
    const number = set.newFileNumber();
    expect(set.newFileNumber()).toBe(number + 1);
    await set.apply({});
    const recovered = await VersionSet.recover(vfs, DIRECTORY);
    expect(recovered.newFileNumber()).toBe(number + 2);
    replaceFile(vfs, new Uint8Array(3), pathOf('table', 77));
    expect((await VersionSet.recover(vfs, DIRECTORY)).newFileNumber()).toBe(78);
  });

  it('keeps the tables of a version live until its last reader is gone (version-set/obsolete-by-number)', async () => {
    const vfs = makeVfs();
    let releasedCount = 0;
    const options = { onVersionReleased: () => releasedCount++ };
    const set = await VersionSet.create(vfs, DIRECTORY, 'id', options);
    const add = { addedFiles: [{ level: 0, file: makeFile(set.newFileNumber(), 'a', 'b') }] };
    await createFiles(vfs, add);
    const { number } = add.addedFiles[0]!.file;
    const pinned = (await set.apply(add)).ref();
    expect(releasedCount).toBe(1); // the empty version that came first
    await set.apply({ removedFiles: [{ level: 0, number }] });
    expect(set.current.fileCount).toBe(0);
    expect(set.liveFileNumbers()).toEqual(new Set([number]));
    pinned.unref();
    expect(releasedCount).toBe(2);
    expect(set.liveFileNumbers()).toEqual(new Set());
  });

  it('applies edits in the order of the calls, each to the version before it (version-set/synced-then-current)', async () => {
    const vfs = makeVfs();
    const set = await VersionSet.create(vfs, DIRECTORY, 'id', OPTIONS);
    const numbers = Array.from({ length: 40 }, () => set.newFileNumber());
    await createFiles(vfs, { addedLogs: numbers });
    const installed: Version[] = [];
    const versions = await Promise.all(
      numbers.map((number) =>
        set.apply({ addedLogs: [number] }, (version) => {
          expect(set.current).toBe(version);
          installed.push(version);
        }),
      ),
    );
    expect(installed).toEqual(versions);
    expect(versions.map((version) => version.liveLogs.length)).toEqual(
      numbers.map((_, i) => i + 1),
    );
    await set.close();
    await set.close();
    await expect(set.apply({})).rejects.toThrow(ClosedError);
    await expect(set.beginWriting()).rejects.toThrow(ClosedError);
    const recovered = await VersionSet.recover(vfs, DIRECTORY);
    expect(recovered.current.liveLogs).toEqual(numbers);
  });

  it('writes nothing for an edit that does not fit (version-set/failures)', async () => {
    const vfs = makeVfs();
    const set = await openOrCreate(vfs);
    const before = readFile(vfs, pathOf('manifest', set.manifestNumber));
    const edit = { removedLogs: [fileNumber(99)] };
    await expect(set.apply(edit)).rejects.toThrow('unknown log');
    expect(readFile(vfs, pathOf('manifest', set.manifestNumber))).toEqual(before);
    await set.apply({ flushedSequence: sequenceNumber(5) });
    expect(set.flushedSequence).toBe(5);
  });
});

/** What a run had been promised when it ended: the last edit that returned, and the one under way, if any. */
interface Promised {
  settled: Model | undefined;
  attempted: Model;
}

/** Creates a database, applies edits, reopens now and then, until something throws. */
async function runScript(vfs: Vfs, seed: number, promised: Promised): Promise<void> {
  const random = makeRandom(seed);
  const model = emptyModel();
  let set = await openOrCreate(vfs);
  promised.settled = copyModel(model);
  for (let i = 0; i < 8; i++) {
    const edit = randomEdit(random, model, () => set.newFileNumber());
    await createFiles(vfs, edit);
    applyToModel(model, edit);
    promised.attempted = copyModel(model);
    await set.apply(edit);
    promised.settled = copyModel(model);
    if (random.chance(0.2)) {
      await set.close();
      set = await openOrCreate(vfs);
    }
  }
}

/** A disk as a crash before some operation left it, and what had been promised by then. */
interface CrashedDisk {
  readonly disk: CrashVfs;
  readonly promised: Promised;
  readonly label: string;
}

/** Runs the script once and crashes it before every operation, in each of the ways given. */
async function crashEverywhere(
  seed: number,
  ways: readonly CrashOptions[],
): Promise<CrashedDisk[]> {
  const vfs = new CrashVfs();
  vfs.makeDirectory(DIRECTORY);
  vfs.syncDirectorySync('/');
  const promised: Promised = { settled: undefined, attempted: emptyModel() };
  const crashed: CrashedDisk[] = [];
  const crashNow = (moment: string): void => {
    const then = { ...promised };
    const label = `seed=${seed} ${moment}`;
    crashed.push({ disk: vfs.kill(), promised: then, label: `${label} kill` });
    for (const way of ways) {
      const disk = vfs.crash({ ...way, seed: way.seed + vfs.operationCount * 100 });
      crashed.push({ disk, promised: then, label: `${label} ${JSON.stringify(way)}` });
    }
  };
  vfs.beforeOperation = ({ index, operation, path }) =>
    crashNow(`operation=${index} ${operation} ${path}`);
  await runScript(vfs, seed, promised);
  crashNow('at the end');
  return crashed;
}

describe('VersionSet after a crash', () => {
  it.each(CRASH_MODES)(
    'has the version before or after the edit under way, at every operation (version-set/synced-then-current, version-set/files-before-the-edit, manifest/current-in-one-step, manifest/current-names-synced) mode=%s',
    async (mode) => {
      // Entries in any order: a CURRENT may survive without the manifest that it names, if nobody saw to it.
      const ways = [1, 2, 3, 4].map((seed) => ({ seed, mode, entries: 'subset' as const }));
      let newCount = 0;
      for (const { disk, promised, label } of await crashEverywhere(5, [
        { seed: 9, mode },
        ...ways,
      ])) {
        const allowed = [promised.settled ?? emptyModel(), promised.attempted].map(describeModel);
        if ((await findDatabase(disk, DIRECTORY)) === 'new') {
          expect(promised.settled, label).toBeUndefined();
          newCount++;
        }
        const set = await openOrCreate(disk).catch((error: unknown) => {
          throw new Error(`Cannot open: ${label}`, { cause: error });
        });
        const recovered = describeVersion(set.current);
        expect(allowed, label).toContain(recovered);
        // What recovery wrote is the same database again, and takes edits.
        await set.apply({ addedLogs: [] });
        expect(await describeDisk(disk), label).toBe(recovered);
      }
      expect(newCount).toBeGreaterThan(0);
    },
  );
});

describe('VersionSet on failures', () => {
  it('goes on, or refuses and recovers, whichever operation fails (version-set/failures)', async () => {
    const kinds = FAULT_KINDS.filter((kind) => kind !== 'open' && kind !== 'list');
    for (const [code, effect] of [
      ['EIO', 'fail'],
      ['EIO', 'after'],
      ['ENOSPC', 'fail'],
      ['ENOSPC', 'torn'],
    ] as const) {
      for (let nth = 1, isDone = false; !isDone; nth++) {
        const vfs = new FaultVfs(makeVfs());
        vfs.inject({ kinds, nth, code, effect });
        const promised: Promised = { settled: undefined, attempted: emptyModel() };
        await runScript(vfs, 7, promised).catch((error: unknown) =>
          expect(error).toBeInstanceOf(IoError),
        );
        isDone = vfs.firedCount === 0;
        vfs.heal();
        const set = await openOrCreate(vfs);
        const allowed = [promised.settled ?? emptyModel(), promised.attempted].map(describeModel);
        const label = `code=${code} effect=${effect} nth=${nth}`;
        expect(allowed, label).toContain(describeVersion(set.current));
        await set.apply({});
      }
    }
  });

  it('leaves everything as it was when the disk is full, and applies the same edit later (version-set/failures)', async () => {
    for (const effect of ['fail', 'torn'] as const) {
      const vfs = new FaultVfs(makeVfs());
      const set = await openOrCreate(vfs);
      const edit = { addedLogs: [set.newFileNumber()] };
      await createFiles(vfs, edit);
      const before = set.current;
      vfs.inject({ kinds: ['write'], code: 'ENOSPC', effect, sticky: true, path: /MANIFEST/ });
      await expect(set.apply(edit)).rejects.toMatchObject({ systemCode: 'ENOSPC' });
      await expect(set.apply(edit)).rejects.toThrow(IoError);
      expect(set.current).toBe(before);
      expect(set.failure).toBeUndefined();
      vfs.heal();
      await set.apply(edit);
      expect((await VersionSet.recover(vfs, DIRECTORY)).current.liveLogs).toEqual(edit.addedLogs);
    }
  });

  it.each(CRASH_MODES)(
    'makes the cut of a refused edit durable before it says so: mode=%s (version-set/failures)',
    async (mode) => {
      const disk = new CrashVfs();
      makeDurableDirectory(disk, DIRECTORY);
      const vfs = new FaultVfs(disk);
      const set = await openOrCreate(vfs);
      vfs.inject({ kinds: ['write'], code: 'EIO', effect: 'after', path: /MANIFEST/ });
      await expect(set.apply({ flushedSequence: sequenceNumber(5) })).rejects.toThrow(IoError);
      expect(set.failure).toBeUndefined();
      for (let seed = 1; seed <= 20; seed++) {
        const cut = disk.crash({ mode, seed }); // the caller has removed the files of the edit by now
        expect((await VersionSet.recover(cut, DIRECTORY)).flushedSequence, `seed=${seed}`).toBe(0);
      }
    },
  );

  it('finishes a switch that found no descriptor before it writes the next edit (version-set/switch-before-edit)', async () => {
    let isSwitched = false;
    for (let nth = 1, isDone = false; !isDone; nth++) {
      const disk = new CrashVfs();
      makeDurableDirectory(disk, DIRECTORY);
      const vfs = new FaultVfs(disk);
      const set = await openOrCreate(vfs);
      vfs.inject({ kinds: ['openDirectory'], code: 'EMFILE', nth });
      for (let i = 1; i <= 20; i++) {
        const edit = { flushedSequence: sequenceNumber(i) };
        const before = set.manifestNumber;
        try {
          await set.apply(edit);
        } catch (error) {
          expect(error).toMatchObject({ systemCode: 'EMFILE' });
          expect(set.failure).toBeUndefined();
          isSwitched ||= set.manifestNumber > before;
          expect((await VersionSet.recover(vfs, DIRECTORY)).flushedSequence).toBe(i - 1);
          const cut = disk.crash({ mode: 'synced-only', seed: nth });
          expect((await VersionSet.recover(cut, DIRECTORY)).flushedSequence).toBe(i - 1);
          await set.apply(edit);
        }
        const cut = disk.crash({ mode: 'synced-only', seed: i });
        expect((await VersionSet.recover(cut, DIRECTORY)).flushedSequence).toBe(i);
      }
      await set.close();
      isDone = vfs.firedCount === 0;
    }
    expect(isSwitched).toBe(true);
  });

  it('keeps the old manifest while there is no space for a new one (version-set/failures)', async () => {
    for (const path of [/MANIFEST/, /CURRENT/]) {
      const vfs = new FaultVfs(makeVfs());
      const set = await openOrCreate(vfs);
      const before = set.manifestNumber;
      vfs.inject({ kinds: ['create'], code: 'ENOSPC', sticky: true, path });
      for (let i = 0; i < 20; i++) await set.apply({ flushedSequence: sequenceNumber(i * 1000) });
      expect(vfs.firedCount).toBeGreaterThan(0);
      expect(set.manifestNumber).toBe(before);
      vfs.heal();
      await set.apply({});
      expect(set.manifestNumber).toBeGreaterThan(before);
      expect((await VersionSet.recover(vfs, DIRECTORY)).flushedSequence).toBe(19_000);
    }
  });

  it.each([
    ['sync', /MANIFEST/],
    ['sync', /CURRENT/],
    ['rename', /CURRENT/],
    ['syncDirectory', /db/],
  ] as const)(
    'refuses every edit after a failed %s of %s (version-set/failures)',
    async (kind, path) => {
      const vfs = new FaultVfs(makeVfs());
      const set = await openOrCreate(vfs);
      vfs.inject({ kinds: [kind], path });
      let error: unknown;
      for (let i = 0; i < 40 && error === undefined; i++) {
        await set.apply({ flushedSequence: sequenceNumber(i) }).catch((reason: unknown) => {
          error = reason;
        });
      }
      expect(error).toBeInstanceOf(IoError);
      expect(set.failure).toBe(error);
      const before = set.current;
      await expect(set.apply({})).rejects.toThrow(DatabaseFailedError);
      expect(set.current).toBe(before);
      await set.close();
      const recovered = await openOrCreate(vfs);
      await recovered.apply({});
    },
  );
});

describe('VersionSet on damage', () => {
  /** A closed database with two edits, and its descriptions before and after the last one. */
  async function makeDatabase(
    isClosed: boolean,
  ): Promise<{ vfs: MemoryVfs; path: string; states: string[] }> {
    const vfs = makeVfs();
    const set = await openOrCreate(vfs);
    const states: string[] = [];
    const add = {
      addedFiles: [{ level: 1, file: makeFile(set.newFileNumber(), 'a', 'b') }],
      addedLogs: [set.newFileNumber()],
    };
    await createFiles(vfs, add);
    await set.apply(add);
    states.push(describeVersion(set.current));
    await set.apply({ flushedSequence: sequenceNumber(9) });
    states.push(describeVersion(set.current));
    if (isClosed) await set.close();
    return { vfs, path: pathOf('manifest', set.manifestNumber), states };
  }

  async function outcomeOf(vfs: Vfs): Promise<string> {
    try {
      return await describeDisk(vfs);
    } catch (error) {
      if (error instanceof CorruptionError) return `corruption ${error.file}`;
      throw error;
    }
  }

  it('refuses any flipped bit of a manifest, but for an edit that nothing proves', async () => {
    for (const isClosed of [false, true]) {
      const { vfs, path, states } = await makeDatabase(isClosed);
      const whole = readFile(vfs, path);
      const counts = new Map<string, number>();
      for (let bit = 0; bit < whole.length * 8; bit++) {
        const bytes = whole.slice();
        bytes[bit >>> 3]! ^= 1 << (bit & 7);
        replaceFile(vfs, bytes, path);
        const outcome = await outcomeOf(vfs);
        expect([`corruption ${path}`, ...states], `bit=${bit}`).toContain(outcome);
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      }
      // Closed cleanly, the last edit is proven by the mark; only damage to the mark itself changes nothing.
      expect(counts.get(states[0]!) ?? 0).toBe(isClosed ? 0 : (FRAME_SIZE_BYTES_MIN + 3 + 3) * 8);
      expect(counts.get(states[1]!) ?? 0).toBe(isClosed ? FRAME_SIZE_BYTES_MIN * 8 : 0);
    }
  });

  it('takes a manifest cut anywhere for one of its states, or refuses it', async () => {
    const { vfs, path, states } = await makeDatabase(false);
    const empty = describeModel(emptyModel());
    const whole = readFile(vfs, path);
    for (let length = 0; length < whole.length; length++) {
      replaceFile(vfs, whole.slice(0, length), path);
      expect([`corruption ${path}`, empty, states[0]], `length=${length}`).toContain(
        await outcomeOf(vfs),
      );
    }
  });

  it('refuses any flipped bit of CURRENT, and a CURRENT cut anywhere (manifest/current-is-checked)', async () => {
    const { vfs } = await makeDatabase(true);
    const whole = readFile(vfs, CURRENT);
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const bytes = whole.slice();
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
      replaceFile(vfs, bytes, CURRENT);
      expect(await outcomeOf(vfs), `bit=${bit}`).toBe(`corruption ${CURRENT}`);
    }
    for (let length = 0; length < whole.length; length++) {
      replaceFile(vfs, whole.slice(0, length), CURRENT);
      expect(await outcomeOf(vfs), `length=${length}`).toBe(`corruption ${CURRENT}`);
    }
  });

  it('names the table or log that is missing, and the table of a wrong size', async () => {
    for (const kind of ['table', 'log', 'manifest'] as const) {
      const { vfs, path } = await makeDatabase(true);
      const numbers = { table: 2, log: 3, manifest: 0 };
      const victim = kind === 'manifest' ? path : pathOf(kind, numbers[kind]);
      vfs.unlink(victim);
      expect(await outcomeOf(vfs)).toBe(`corruption ${victim}`);
    }
    const { vfs } = await makeDatabase(true);
    replaceFile(vfs, new Uint8Array(9), pathOf('table', 2));
    await expect(describeDisk(vfs)).rejects.toThrow('size=9 expected=10');
  });

  it('refuses an edit that does not fit, with its file and offset', async () => {
    const vfs = makeVfs();
    const set = await openOrCreate(vfs);
    const manifest = await ManifestWriter.create(
      vfs,
      DIRECTORY,
      set.newFileNumber(),
      {
        databaseId: 'id',
        engineFormat: ENGINE_FORMAT,
      },
      new FrameClock(),
    );
    const offset = manifest.sizeBytes;
    manifest.append({ removedLogs: [fileNumber(5)] });
    await manifest.finish();
    const path = pathOf('manifest', manifest.number);
    vfs.rename(path, pathOf('manifest', set.manifestNumber));
    await expect(describeDisk(vfs)).rejects.toThrow('another number');
    vfs.rename(pathOf('manifest', set.manifestNumber), path);
    replaceFile(vfs, encodeCurrent(manifest.number), CURRENT);
    await expect(describeDisk(vfs)).rejects.toMatchObject({ file: path, offset });
  });

  it.each([
    ['a newer engine', ENGINE_FORMAT + 1, /newer format: .*version=3 supported=2/],
    ['a version that was never released', 1, /never released, export .*version=1 supported=2/],
  ])('refuses a database of %s by name', async (_, engineFormat, message) => {
    const vfs = makeVfs();
    const set = await openOrCreate(vfs);
    const number = set.newFileNumber();
    const snapshot = { databaseId: 'id', engineFormat };
    await ManifestWriter.create(vfs, DIRECTORY, number, snapshot, new FrameClock());
    replaceFile(vfs, encodeCurrent(number), CURRENT);
    await expect(describeDisk(vfs)).rejects.toThrow(IncompatibleFormatError);
    await expect(describeDisk(vfs)).rejects.toThrow(message);
  });
});

describe('findDatabase()', () => {
  it('says new for an absent or empty directory and for what a file system puts there', async () => {
    const vfs = makeVfs();
    expect(await findDatabase(vfs, '/nowhere')).toBe('new');
    expect(await findDatabase(vfs, DIRECTORY)).toBe('new');
    for (const name of ['LOCK', 'LOCK.new-1', 'lost+found', '.DS_Store']) {
      replaceFile(vfs, new Uint8Array(1), join(DIRECTORY, name));
    }
    expect(await findDatabase(vfs, DIRECTORY)).toBe('new');
    await expect(findDatabase(vfs, join(DIRECTORY, 'LOCK'))).rejects.toThrow('not a directory');
  });

  it('refuses a directory of other files (database-directory/other-files-refused)', async () => {
    const vfs = makeVfs();
    replaceFile(vfs, new Uint8Array(1), join(DIRECTORY, 'thesis.doc'));
    await expect(findDatabase(vfs, DIRECTORY)).rejects.toThrow(InvalidArgumentError);
    await expect(findDatabase(vfs, DIRECTORY)).rejects.toThrow('thesis.doc');
    await expect(findDatabase(vfs, join(DIRECTORY, 'thesis.doc'))).rejects.toThrow('directory');
  });

  it('starts a creation over that was cut short, under a fresh number (database-directory/cut-creation-is-new)', async () => {
    const vfs = makeVfs();
    await openOrCreate(vfs);
    vfs.unlink(CURRENT);
    replaceFile(vfs, new Uint8Array(5), join(DIRECTORY, 'CURRENT.tmp'));
    await LogWriter.create(vfs, pathOf('log', 2), LOG_KIND_WAL, 2, { zeroAheadBytes: 64 });
    expect(await findDatabase(vfs, DIRECTORY)).toBe('new');
    const set = await openOrCreate(vfs);
    expect(set.manifestNumber).toBe(3);
    expect(await findDatabase(vfs, DIRECTORY)).toBe('existing');
  });

  it.each(['table', 'log', 'edits', 'snapshot', 'damage'])(
    'refuses a directory that lost CURRENT but holds data, witness=%s (database-directory/no-current-no-new)',
    async (witness) => {
      const vfs = makeVfs();
      const set = await openOrCreate(vfs);
      if (witness === 'table') replaceFile(vfs, new Uint8Array(0), pathOf('table', 9));
      if (witness === 'log') {
        const log = await LogWriter.create(vfs, pathOf('log', 9), LOG_KIND_WAL, 9, {
          zeroAheadBytes: 0,
        });
        const bytes = frameBytes({ payload: 'x', first: 1, count: 1, durable: 0 }, 9);
        log.append(bytes, bytes.length);
      }
      if (witness === 'edits') await set.apply({});
      if (witness === 'snapshot') {
        const addedLogs = [fileNumber(3)];
        await ManifestWriter.create(vfs, DIRECTORY, fileNumber(8), { addedLogs }, new FrameClock());
      }
      if (witness === 'damage') {
        await set.close();
        const path = pathOf('manifest', set.manifestNumber);
        const bytes = readFile(vfs, path);
        bytes[40]! ^= 1;
        replaceFile(vfs, bytes, path);
      }
      expect(await findDatabase(vfs, DIRECTORY)).toBe('existing');
      vfs.unlink(CURRENT);
      const finding = findDatabase(vfs, DIRECTORY);
      await expect(finding).rejects.toThrow(CorruptionError);
      await expect(finding).rejects.toThrow('CURRENT is missing');
      await expect(VersionSet.recover(vfs, DIRECTORY)).rejects.toThrow('CURRENT is missing');
    },
  );
});
