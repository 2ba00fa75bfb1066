/** The lock on a directory: threads, processes, kills, stale files and races. */
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import { join } from 'node:path';
import { type Readable, type Writable } from 'node:stream';
import { Worker } from 'node:worker_threads';

import { buildSync } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { LockedError } from '../../src/base/errors.ts';
import {
  claimName,
  giveBack,
  type LockRequest,
  takeLockFile,
} from '../../src/vfs/directory-lock-file.ts';
import type { LockOwner } from '../../src/vfs/directory-lock-owner.ts';
import { NodeVfs } from '../../src/vfs/node-vfs.ts';
import { KINDS, replaceFile } from '../support/irregular.ts';
import { makeRandom } from '../support/prng.ts';

const isLinux = process.platform === 'linux';
const isWindows = process.platform === 'win32';
const vfs = new NodeVfs();

/**
 * Bundles of the sources and of the programs below, since a child on Node 20 cannot run TypeScript.
 */
let build: string;
let directory: string;
const children: ChildProcess[] = [];

/** Takes the lock when told to, says how it went, and never exits by itself. */
const HOLDER = `
  const { NodeVfs } = await import(process.env.VARVE_TEST_BUNDLE);
  process.on('message', async (directory) => {
    try {
      await new NodeVfs().lock(directory);
      process.send('held');
    } catch (error) {
      process.send(error.code);
    }
  });
  process.send('ready');
`;

/**
 * Takes and releases the LOCK file alone, without the arbiter that would decide every race at once.
 */
const RACER = `
  const { takeLockFile, giveBack } = await import(process.env.VARVE_TEST_BUNDLE);
  let held;
  process.on('message', async ({ directory, action }) => {
    if (action === 'release') {
      if (held !== undefined) await giveBack(held);
      held = undefined;
      process.send('released');
      return;
    }
    try {
      held = await takeLockFile({ path: directory, directory, hasArbiter: false });
      process.send(held.owner.token);
    } catch (error) {
      process.send(error.code === 'LOCKED' ? 'lost' : String(error));
    }
  });
  process.send('ready');
`;

/** Takes the lock and has nothing more to do. */
const LEAVER = `
  const { NodeVfs } = await import(process.argv[2]);
  await new NodeVfs().lock(process.argv[3]);
`;

const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { NodeVfs } = require(workerData.bundle);
  new NodeVfs().lock(workerData.directory).then(
    () => parentPort.postMessage('held'),
    (error) => parentPort.postMessage(error.code),
  );
  setInterval(() => undefined, 1 << 30);
`;

beforeAll(() => {
  build = fs.mkdtempSync(join(fs.realpathSync(os.tmpdir()), 'varve-lock-build-'));
  for (const [format, outfile] of [
    ['esm', 'bundle.mjs'],
    ['cjs', 'bundle.cjs'],
  ] as const) {
    buildSync({
      stdin: {
        contents: `export * from './node-vfs.ts'; export * from './directory-lock-file.ts';`,
        resolveDir: join(import.meta.dirname, '../../src/vfs'),
      },
      bundle: true,
      platform: 'node',
      format,
      outfile: join(build, outfile),
    });
  }
  fs.writeFileSync(join(build, 'holder.mjs'), HOLDER);
  fs.writeFileSync(join(build, 'racer.mjs'), RACER);
  fs.writeFileSync(join(build, 'thread.cjs'), THREAD);
});
afterAll(() => {
  fs.rmSync(build, { recursive: true, force: true });
});
beforeEach(() => {
  directory = fs.mkdtempSync(join(fs.realpathSync(os.tmpdir()), 'varve-lock-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) await end(child);
  fs.rmSync(directory, { recursive: true, force: true });
});

async function start(program: string): Promise<ChildProcess> {
  const child = fork(join(build, program), {
    env: { ...process.env, VARVE_TEST_BUNDLE: join(build, 'bundle.mjs') },
    execArgv: [],
  });
  children.push(child);
  expect(await answerOf(child)).toBe('ready');
  return child;
}

async function answerOf(child: ChildProcess): Promise<string> {
  const [answer] = (await once(child, 'message')) as [string];
  return answer;
}

async function ask(child: ChildProcess, question: object | string): Promise<string> {
  const answer = answerOf(child);
  child.send(question);
  return answer;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

function lockPath(): string {
  return join(directory, 'LOCK');
}

/** The name of the socket that LOCK states, where there are any. */
function ownSocket(): string[] {
  return isWindows ? [] : [readLock().socket];
}

function readLock(): LockOwner {
  return JSON.parse(fs.readFileSync(lockPath(), 'utf8')) as LockOwner;
}

function startTimeOf(pid: number): number {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}

/** What an owner writes that lives right now, with some of it changed. */
function ownerLike(changes: Partial<LockOwner>): string {
  const pid = changes.pid ?? process.pid;
  const owner = {
    pid,
    startTime: isLinux && fs.existsSync(`/proc/${pid}`) ? startTimeOf(pid) : 0,
    bootId: isLinux ? fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() : '',
    token: 'theirs',
    ...changes,
  };
  return JSON.stringify(owner);
}

/** The number of a process that has ended and been reaped. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

function request(hasArbiter: boolean): LockRequest {
  return { path: directory, directory, hasArbiter };
}

/** Waits for another process, turn by turn. */
async function becomes(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** Everything about the directory that an attempt could have changed. */
function fingerprint(): string {
  const files = fs.readdirSync(directory).map((name) => {
    const path = join(directory, name);
    const stat = fs.statSync(path, { bigint: true });
    const { ino, mtimeNs, size } = stat;
    const content = stat.isSocket() ? '' : fs.readFileSync(path, 'hex');
    return [name, String(ino), String(mtimeNs), String(size), content];
  });
  const { mtimeNs } = fs.statSync(directory, { bigint: true });
  return JSON.stringify([files, String(mtimeNs)]);
}

/** Tries to lock, which must fail and leave no trace (directory-lock/no-trace); returns the error. */
async function refusedLock(path = directory): Promise<LockedError> {
  const before = fingerprint();
  const failure: unknown = await vfs.lock(path).then(
    () => 'was given',
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(LockedError);
  expect(fingerprint()).toBe(before);
  return failure as LockedError;
}

async function lockAndRelease(): Promise<void> {
  const lock = await vfs.lock(directory);
  expect(readLock().pid).toBe(process.pid);
  expect(fs.readdirSync(directory)).toEqual(['LOCK', ...ownSocket()]);
  await lock.release();
  expect(fs.readdirSync(directory)).toEqual([]);
}

describe('in one process, lock()', () => {
  test('names its owner in LOCK and removes it on release', async () => {
    const lock = await vfs.lock(directory);
    const { pid, startTime, bootId, token } = readLock();
    expect(pid).toBe(process.pid);
    expect(token).toMatch(/^[0-9a-f-]{36}$/);
    if (isLinux) expect(startTime).toBe(startTimeOf(process.pid));
    if (isLinux) expect(bootId).toMatch(/^[0-9a-f-]{36}$/);
    await lock.release();
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test('is refused through another path to the same directory (directory-lock/no-trace, directory-lock/one-directory)', async () => {
    const lock = await vfs.lock(directory);
    const alias = join(build, 'alias');
    fs.symlinkSync(directory, alias);
    await refusedLock();
    await refusedLock(alias);
    fs.rmSync(alias);
    await lock.release();
  });

  test('is refused across an ESM and a CommonJS copy of the package', async () => {
    const require = createRequire(import.meta.url);
    const copies = [
      (await import(join(build, 'bundle.mjs'))) as { NodeVfs: typeof NodeVfs },
      require(join(build, 'bundle.cjs')) as { NodeVfs: typeof NodeVfs },
    ];
    for (const copy of copies) {
      const theirs = new copy.NodeVfs();
      const lock = await theirs.lock(directory);
      expect((await refusedLock()).message).toContain('already open in this process');
      await lock.release();
      const ours = await vfs.lock(directory);
      await expect(theirs.lock(directory)).rejects.toMatchObject({ code: 'LOCKED' });
      await ours.release();
    }
  });

  test('stays with its second holder when the first one releases twice', async () => {
    const first = await vfs.lock(directory);
    await first.release();
    const second = await vfs.lock(directory);
    await first.release();
    expect((await refusedLock()).message).toContain('already open in this process');
    await second.release();
  });

  test('leaves a LOCK alone on release that has become another one', async () => {
    const lock = await vfs.lock(directory);
    fs.writeFileSync(lockPath(), 'somebody else');
    await lock.release();
    expect(fs.readFileSync(lockPath(), 'utf8')).toBe('somebody else');
  });

  test('may be released after the directory is gone', async () => {
    const lock = await vfs.lock(directory);
    fs.rmSync(directory, { recursive: true });
    await lock.release();
    fs.mkdirSync(directory);
    await lockAndRelease();
  });

  test.runIf(isLinux)(
    'is refused to another thread, and free once that has ended (directory-lock/own-threads)',
    async () => {
      const open = async (): Promise<[Worker, string]> => {
        const worker = new Worker(join(build, 'thread.cjs'), {
          workerData: { directory, bundle: join(build, 'bundle.cjs') },
        });
        const [answer] = (await once(worker, 'message')) as [string];
        return [worker, answer];
      };
      const lock = await vfs.lock(directory);
      const before = fingerprint();
      const [refused, refusal] = await open();
      expect(refusal).toBe('LOCKED');
      expect(fingerprint()).toBe(before);
      await refused.terminate();
      await lock.release();

      const [holder, answer] = await open();
      expect(answer).toBe('held');
      await refusedLock();
      await holder.terminate();
      expect(readLock().pid).toBe(process.pid); // the thread ended before it removed it
      await lockAndRelease();
    },
  );
});

describe('between processes, lock()', () => {
  test('is refused while the other lives, and free at once when it was killed', async () => {
    for (let round = 0; round < 3; round++) {
      const child = await start('holder.mjs');
      expect(await ask(child, directory)).toBe('held');
      const error = await refusedLock();
      expect(error.message).toContain(`pid=${child.pid ?? 0}`);
      await end(child);
      expect(readLock().pid).toBe(child.pid);
      await lockAndRelease();
    }
  });

  test('keeps no process alive', async () => {
    const program = join(build, 'leaver.mjs');
    fs.writeFileSync(program, LEAVER);
    const child = spawn(process.execPath, [program, join(build, 'bundle.mjs'), directory]);
    children.push(child);
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(readLock().pid).toBe(child.pid);
    await lockAndRelease();
  });

  test('is refused to another process while this one has it (directory-lock/no-trace)', async () => {
    const child = await start('holder.mjs');
    const lock = await vfs.lock(directory);
    const before = fingerprint();
    expect(await ask(child, directory)).toBe('LOCKED');
    expect(fingerprint()).toBe(before);
    await lock.release();
    expect(await ask(child, directory)).toBe('held');
  });

  test('goes to exactly one of many that want it at once', async () => {
    const holders = await Promise.all([1, 2, 3, 4].map(() => start('holder.mjs')));
    fs.writeFileSync(lockPath(), ownerLike({ pid: await deadPid() }));
    const answers = await Promise.all(holders.map((child) => ask(child, directory)));
    expect(answers.sort()).toEqual(['LOCKED', 'LOCKED', 'LOCKED', 'held']);
  });
});

describe('a LOCK file found in the directory', () => {
  test('of a process that is gone is replaced (lock-owner/in-doubt-alive)', async () => {
    fs.writeFileSync(lockPath(), ownerLike({ pid: await deadPid() }));
    await lockAndRelease();
  });

  test('of a live process is respected, its start time known or not (lock-owner/in-doubt-alive, lock-file/no-trace)', async () => {
    for (const changes of [{}, { startTime: 0 }, { bootId: '' }]) {
      fs.writeFileSync(lockPath(), ownerLike({ pid: process.ppid, ...changes }));
      expect((await refusedLock()).message).toContain(`pid=${process.ppid}`);
    }
    fs.rmSync(lockPath());
    await lockAndRelease(); // a refusal leaves nothing held, the arbiter included
  });

  test.runIf(isLinux)(
    'of a reused process number is replaced (lock-owner/in-doubt-alive)',
    async () => {
      for (const pid of [process.pid, process.ppid]) {
        fs.writeFileSync(lockPath(), ownerLike({ pid, startTime: startTimeOf(pid) + 1 }));
        await lockAndRelease();
      }
    },
  );

  test.runIf(isLinux)('of an earlier boot is replaced (lock-owner/in-doubt-alive)', async () => {
    fs.writeFileSync(lockPath(), ownerLike({ pid: process.ppid, bootId: 'another' }));
    await lockAndRelease();
  });

  test.runIf(isLinux)(
    'of a killed process that was not reaped is replaced (lock-owner/in-doubt-alive)',
    async () => {
      // The shell becomes cat, which never waits for the child that it inherits; only then may that
      // child end.
      const parent = spawn('sh', ['-c', 'read line <&3 & echo $!; exec cat 3<&-'], {
        stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
      });
      children.push(parent);
      const [line] = (await once(parent.stdout as Readable, 'data')) as [Buffer];
      const pid = Number(line.toString());
      await becomes(() => fs.readFileSync(`/proc/${parent.pid ?? 0}/comm`, 'utf8') === 'cat\n');
      (parent.stdio[3] as Writable).end();
      await becomes(() => fs.readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z '));
      for (const changes of [{}, { startTime: 0 }]) {
        fs.writeFileSync(lockPath(), ownerLike({ pid, ...changes }));
        await lockAndRelease();
      }
    },
  );

  test('of this very process is held by another thread, unless we have the arbiter', async () => {
    fs.writeFileSync(lockPath(), ownerLike({}));
    const before = fingerprint();
    await expect(takeLockFile(request(false))).rejects.toBeInstanceOf(LockedError);
    expect(fingerprint()).toBe(before);
    const held = await takeLockFile(request(true));
    expect(readLock()).toEqual(held.owner);
    await giveBack(held);
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test.each([
    '',
    '\0'.repeat(100),
    '{',
    'null',
    '[]',
    '{}',
    '12345',
    ownerLike({}).slice(0, -1),
    ownerLike({ pid: -1 }),
    ownerLike({ pid: 0 }),
    ownerLike({ pid: 1.5 }),
    ownerLike({ pid: 2 ** 40 }),
    ownerLike({}).replace(String(process.pid), `"${process.pid}"`),
    '\u00ff\u00fe garbage \n of somebody else',
  ])('that says %j names no owner and is replaced (lock-file/whole)', async (content) => {
    fs.writeFileSync(lockPath(), content);
    await lockAndRelease();
  });

  test.each(KINDS)(
    'that is a %s is damage, stays, and frees what was taken before (lock-file/regular-only)',
    async (kind) => {
      await replaceFile(lockPath(), kind);
      await expect(vfs.lock(directory)).rejects.toMatchObject({
        code: 'CORRUPTION',
        file: lockPath(),
        message: `Not a regular file: kind=${kind}: file=${lockPath()}`,
      });
      expect(fs.readdirSync(directory)).toEqual(['LOCK']);
      fs.rmSync(lockPath(), { recursive: true });
      await lockAndRelease();
    },
  );

  test.each(KINDS)(
    'has leftovers beside it that are each a %s: no one waits for them',
    async (kind) => {
      await replaceFile(join(directory, 'LOCK.claim-1'), kind);
      await replaceFile(join(directory, 'LOCK.new-2'), kind);
      fs.writeFileSync(join(directory, 'LOCK.new-3'), '');
      const lock = await vfs.lock(directory);
      await lock.release();
      const kept = kind === 'directory' ? ['LOCK.claim-1', 'LOCK.new-2'] : [];
      expect(fs.readdirSync(directory).sort()).toEqual(kept);
    },
  );

  test('does not keep leftovers of openers that died half way, and theirs alone (lock-file/one-successor)', async () => {
    const dead = await deadPid();
    fs.writeFileSync(lockPath(), ownerLike({ pid: dead }));
    fs.writeFileSync(join(directory, 'LOCK.new-1'), ownerLike({ pid: dead }));
    fs.writeFileSync(join(directory, 'LOCK.new-2'), '');
    fs.writeFileSync(join(directory, 'LOCK.claim-3'), ownerLike({ pid: dead }));
    fs.writeFileSync(join(directory, 'LOCK.claim-4'), ownerLike({ pid: process.ppid }));
    fs.writeFileSync(join(directory, 'LOCK.mine'), '');
    const lock = await vfs.lock(directory);
    const kept = ['LOCK', 'LOCK.claim-4', 'LOCK.mine', ...ownSocket()];
    expect(fs.readdirSync(directory).sort()).toEqual(kept);
    await lock.release();
  });
});

test('of openers racing for a stale LOCK exactly one wins, every time (lock-file/one-successor, lock-file/listens-first)', async () => {
  const racers = await Promise.all([1, 2, 3].map(() => start('racer.mjs')));
  const dead = await deadPid();
  const random = makeRandom(3);
  const winners = new Set<number>();
  for (let round = 0; round < 400; round++) {
    const stale = ownerLike({ pid: dead, token: `stale-${round}` });
    if (random.chance(0.8)) fs.writeFileSync(lockPath(), random.chance(0.9) ? stale : 'garbage');
    if (random.chance(0.3)) leaveDeadClaims(dead, random.below(3) + 1);

    const answers = await Promise.all(
      racers.map((child) => ask(child, { directory, action: 'take' })),
    );
    const won = answers.filter((answer) => answer !== 'lost');
    expect(won).toEqual([readLock().token]);
    expect(fs.readdirSync(directory)).toEqual(['LOCK', ...ownSocket()]);
    winners.add(answers.indexOf(won[0] ?? ''));
    await Promise.all(racers.map((child) => ask(child, { directory, action: 'release' })));
    expect(fs.readdirSync(directory)).toEqual([]);
  }
  expect(winners.size).toBeGreaterThan(1); // else there was no race
});

/**
 * Adds what openers leave that die one after the other, each while replacing the claim of the one
 * before.
 */
function leaveDeadClaims(pid: number, count: number): void {
  if (!fs.existsSync(lockPath())) return;
  let content: string | Buffer = fs.readFileSync(lockPath());
  for (let i = 0; i < count; i++) {
    const claim = join(directory, claimName(Buffer.from(content)));
    content = ownerLike({ pid, token: `claimant-${i}` });
    fs.writeFileSync(claim, content);
  }
}

describe('LockedError', () => {
  test('says who holds the directory, since when, and where', async () => {
    const before = Date.now();
    const lock = await vfs.lock(directory);
    const expected = { pid: process.pid, hostname: os.hostname(), path: directory };
    const { owner, message } = await refusedLock();
    expect(owner).toMatchObject({ ...expected, isKnownAlive: true });
    const sinceMs = owner?.since?.getTime() ?? 0;
    expect(sinceMs).toBeGreaterThanOrEqual(before);
    expect(sinceMs).toBeLessThanOrEqual(Date.now());
    expect(message).toContain(`pid=${process.pid} host=${os.hostname()} since=`);
    await lock.release();

    fs.writeFileSync(lockPath(), ownerLike({ pid: process.ppid, startTime: 0 }));
    const older = await refusedLock();
    expect(older.owner).toMatchObject({ pid: process.ppid, hostname: '', isKnownAlive: false });
    expect(older.message).toContain('remove the file LOCK');
  });
});

describe.skipIf(isWindows)('the socket that LOCK names', () => {
  test('decides whether its owner lives, against the process numbers (lock-owner/socket-first, lock-owner/copies-name-nobody)', async () => {
    const lock = await vfs.lock(directory);
    const held = fs.readFileSync(lockPath(), 'utf8');
    const elsewhere = fs.mkdtempSync(join(directory, 'copy-'));
    const { socket } = readLock();
    // A hard link of the socket answers: the directory shares its files with the owner's.
    fs.linkSync(join(directory, socket), join(elsewhere, socket));
    fs.writeFileSync(
      join(elsewhere, 'LOCK'),
      held.replace(/"pid":\d+/, `"pid":${await deadPid()}`),
    );
    await expect(vfs.lock(elsewhere)).rejects.toMatchObject({ owner: { isKnownAlive: true } });
    // A copy without it names an owner that lives, and never held this directory.
    fs.rmSync(join(elsewhere, socket));
    fs.writeFileSync(join(elsewhere, 'LOCK'), held);
    const copy = await vfs.lock(elsewhere);
    await copy.release();
    await lock.release();
    // A socket without a listener is a dead owner, even of a number that lives.
    fs.mkdirSync(join(directory, 'dead'));
    const child = await start('holder.mjs');
    expect(await ask(child, join(directory, 'dead'))).toBe('held');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const left = fs.readFileSync(join(directory, 'dead', 'LOCK'), 'utf8');
    const alive = left.replace(/"pid":\d+,"startTime":\d+/, `"pid":${process.ppid},"startTime":0`);
    fs.writeFileSync(join(directory, 'dead', 'LOCK'), alive);
    const next = await vfs.lock(join(directory, 'dead'));
    expect(fs.readdirSync(join(directory, 'dead')).length).toBe(2); // LOCK and its socket
    await next.release();
  });

  test('is made in a directory with a path that fits into no address', async () => {
    const long = join(directory, 'd'.repeat(120), 'e'.repeat(120));
    fs.mkdirSync(long, { recursive: true });
    const lock = await vfs.lock(long);
    if (isLinux) expect(fs.readdirSync(long).length).toBe(2);
    await lock.release();
    expect(fs.readdirSync(long)).toEqual([]);
  });

  test('goes with its stopped owner, which lives', async () => {
    const child = await start('holder.mjs');
    expect(await ask(child, directory)).toBe('held');
    child.kill('SIGSTOP');
    expect((await refusedLock()).owner?.pid).toBe(child.pid);
    child.kill('SIGCONT');
  });
});

test.runIf(isLinux)(
  'directory and LOCK are open while the lock is held (directory-anchor/pinned-inodes)',
  async () => {
    // By inode: LOCK was opened under the name that it was written under.
    const opened = (): number[] =>
      fs.readdirSync('/proc/self/fd').flatMap((number) => {
        try {
          return [fs.fstatSync(Number(number)).ino];
        } catch {
          return []; // closed since, as that of the listing is
        }
      });
    const lock = await vfs.lock(directory);
    const inodes = [directory, lockPath()].map((path) => fs.statSync(path).ino);
    expect(opened()).toEqual(expect.arrayContaining(inodes));
    await lock.release();
    for (const inode of inodes) expect(opened()).not.toContain(inode);
  },
);

test.runIf(isLinux)(
  'the arbiter has the same name whatever version of Node.js binds it (lock-socket/one-name)',
  async () => {
    const lock = await vfs.lock(directory);
    const { dev, ino } = fs.statSync(directory, { bigint: true });
    const names = fs.readFileSync('/proc/net/unix', 'latin1');
    // Each zero of the address is shown as an at sign; 108 is all that an address holds.
    expect(names).toContain(`@varve-${dev}-${ino}`.padEnd(108, '@') + '\n');
    await lock.release();
  },
);

describe.runIf(isLinux)('between namespaces of processes and networks, lock()', () => {
  const namespaces = ['-n', '-u', '--pid', '--fork', '--mount-proc', '--kill-child'];
  const canUnshare = spawnSync('unshare', [...namespaces, 'true']).status === 0;
  if (!canUnshare)
    console.log('SKIPPED: no right to make namespaces, two containers were not tried');

  async function startIn(container: string): Promise<ChildProcess> {
    const script = 'hostname "$1" && shift && exec "$@"';
    const program = [process.execPath, join(build, 'holder.mjs')];
    const args = [...namespaces, 'sh', '-c', script, 'sh', container, ...program];
    const child = spawn('unshare', args, {
      env: { ...process.env, VARVE_TEST_BUNDLE: join(build, 'bundle.mjs') },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    children.push(child);
    expect(await answerOf(child)).toBe('ready');
    return child;
  }

  test.runIf(canUnshare)('is given once, and again when its owner was killed', async () => {
    const first = await startIn('container-a');
    const second = await startIn('container-b');
    expect(await ask(first, directory)).toBe('held');
    const before = fingerprint();
    expect(await ask(second, directory)).toBe('LOCKED');
    expect(fingerprint()).toBe(before);
    const { owner } = await refusedLock();
    expect(owner).toMatchObject({ hostname: 'container-a', isKnownAlive: true, path: directory });
    await end(first);
    const disconnected = readLock().token;
    let answer = await ask(second, directory);
    while (answer === 'LOCKED') answer = await ask(second, directory); // the kernel ends the rest
    expect(answer).toBe('held');
    expect(readLock().token).not.toBe(disconnected);
    expect(fs.readdirSync(directory).length).toBe(2);
  });
});
