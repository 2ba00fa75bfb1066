/**
 * Files that fail: the n-th operation of each kind, for n = 1, 2, 3... until a run passes untouched.
 *
 * Owns: which faults are injected into which scripts: a seeded share of them, all with VARVE_FAULTS=all (`make prove`).
 * The promises are in fault-run.ts.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { tossCoins } from '../../src/base/coin.ts';
import { DatabaseFailedError, type IoError } from '../../src/base/errors.ts';
import { open } from '../../src/api/open.ts';
import { makeIoError } from '../../src/vfs/memory-vfs.ts';
import { type VfsFile } from '../../src/vfs/vfs.ts';
import { EXPIRED, EXPIRES_LATE, type OracleOperation } from '../support/commit-oracle.ts';
import { DIRECTORY, openOptions } from '../support/crash-session.ts';
import { CrashVfs } from '../support/crash-vfs.ts';
import { printTestProof } from '../support/proof-line.ts';
import {
  FAULT_KINDS,
  type Fault,
  type FaultEffect,
  type FaultKind,
  FaultVfs,
} from '../support/fault-vfs.ts';
import { FaultRun } from '../support/fault-run.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { drawCases, extentOf } from '../support/extent.ts';
import { settled, turns } from '../support/settle.ts';
import { WrappedFile, WrappedVfs } from '../support/wrapped-vfs.ts';

const key = (index: number): string => `k${String(index).padStart(2, '0')}`;

/** Creation, commits of every kind, rotation, flushes, a compaction; the database stays open. */
async function freshScript(run: FaultRun): Promise<void> {
  if (!(await run.open())) return;
  for (let i = 0; i < 5; i++) {
    run.put(key(0)); // alone, so the last ones are synced by a call
    await run.settle();
  }
  run.clock.isLoopIdle = true; // for groups, the loop must be seen to wait
  run.clock.tickMs = 0.01;
  for (let i = 0; i < 5; i++) {
    run.put(key(i));
    run.put(key(i + 1), 'os');
    run.put(key(i + 2));
    await run.settle();
  }
  run.clock.tickMs = 0;
  run.put(key(1), 'os');
  run.batch([key(2), key(3)]);
  run.transaction(key(4), key(0));
  run.put(key(3), 'os', 20, { expiresAt: EXPIRES_LATE });
  run.put(key(0), 'os', 20, { expiresAt: EXPIRED });
  await run.settle();
  await run.flush();
  for (let i = 0; i < 14; i++) run.put(key(i % 7), i % 4 === 0 ? 'sync' : 'os', 24_000);
  run.delRange(key(2), key(4), 'os');
  await run.settle();
  await run.flush();
  run.put(key(5), 'os');
  await run.compact();
  run.put(key(6), 'sync');
  run.put(key(7), 'os');
  await run.settle();
}

/** Bulk loads over memory, over tables, and beside both. */
async function ingestScript(run: FaultRun): Promise<void> {
  if (!(await run.open())) return;
  run.put(key(1), 'os');
  await run.ingest([key(0), key(1), key(2)]);
  run.put(key(1), 'os');
  await run.ingest([key(1), key(4), key(5)], 40_000);
  run.put(key(5));
  await run.settle();
  await run.ingest([key(8), key(9)]);
  run.put(key(9), 'os');
  await run.settle();
}

/** Recovery of a database with tables and two logs, and a few commits. */
async function recoverScript(run: FaultRun): Promise<void> {
  if (!(await run.open())) return;
  run.put(key(8), 'os');
  run.transaction(key(9), key(1));
  await run.read();
  await run.flush();
  run.put(key(10));
  await run.settle();
}

interface Prepared {
  readonly disk: CrashVfs;
  readonly history: (readonly OracleOperation[])[];
}

let prepared: Prepared;
/** One log, full of commits to beyond the middle of its file. */
let preparedLog: Prepared;

beforeAll(async () => {
  const run = new FaultRun(new CrashVfs());
  await freshScript(run);
  expect(run.errors).toEqual([]);
  for (let i = 0; i < 12; i++) run.put(key(i), 'sync', 24_000);
  await run.settle();
  prepared = { disk: run.disk.kill(), history: run.history };
  const logRun = await openRun();
  for (let i = 0; i < 8; i++) logRun.put(key(i), 'sync', 24_000);
  await logRun.settle();
  preparedLog = { disk: logRun.disk.kill(), history: logRun.history };
});

const SCRIPTS = {
  'from nothing': {
    script: freshScript,
    start: (mayFindDamage: boolean) => new FaultRun(new CrashVfs(), [], mayFindDamage),
  },
  'bulk loads': {
    script: ingestScript,
    start: (mayFindDamage: boolean) => new FaultRun(new CrashVfs(), [], mayFindDamage),
  },
  recovery: {
    script: recoverScript,
    start: (mayFindDamage: boolean) =>
      new FaultRun(prepared.disk.kill(), prepared.history, mayFindDamage),
  },
  'recovery of one log': {
    script: recoverScript,
    start: (mayFindDamage: boolean) =>
      new FaultRun(preparedLog.disk.kill(), preparedLog.history, mayFindDamage),
  },
} as const;

const proof = { faults: 0, 'faulty runs': 0 };

const SEED = Number(process.env['SEED'] ?? 1);
/** There are thousands of operations, mostly alike. */
const SHARES = { sample: 0.05, quick: 0.003 };

/** Each FaultRun has tossed them. */
afterEach(() => tossCoins());

afterAll(() => printTestProof('faults', proof));

type Counts = ReadonlyMap<FaultKind, number>;

const knownCounts = new Map<keyof typeof SCRIPTS, Promise<Counts>>();

/** How many operations of each kind the script does when none of them fails. */
async function countOperations(name: keyof typeof SCRIPTS): Promise<Counts> {
  const { script, start } = SCRIPTS[name];
  const run = start(false);
  await script(run);
  const counts = new Map(FAULT_KINDS.map((kind) => [kind, run.faults.count(kind)]));
  expect(run.errors).toEqual([]);
  await checkAftermath(run);
  return counts;
}

/**
 * The last operation that is worth failing. A case of a whole run finds it out by itself: its last run is one that nothing
 * failed. That is half of all runs when few are tried, so that a quick run asks once for each script.
 */
async function lastOperation(
  name: keyof typeof SCRIPTS,
  kinds: readonly FaultKind[] = FAULT_KINDS,
): Promise<number> {
  if (extentOf('VARVE_FAULTS') !== 'quick') return Infinity;
  let counts = knownCounts.get(name);
  if (counts === undefined) knownCounts.set(name, (counts = countOperations(name)));
  const found = await counts;
  return kinds.reduce((sum, kind) => sum + found.get(kind)!, 0); // has every kind
}

/**
 * Runs the script again and again, each time with a later operation failing, until none has; the number of that run.
 */
async function failEach(
  name: keyof typeof SCRIPTS,
  fault: Fault,
  check: (run: FaultRun) => Promise<void>,
): Promise<number> {
  const { script, start } = SCRIPTS[name];
  const isTried = drawCases('VARVE_FAULTS', SEED, SHARES);
  const last = await lastOperation(name, fault.kinds);
  for (let nth = 1; ; nth++) {
    if (nth > last) return nth;
    if (!isTried(nth)) continue; // past the last operation the next run is untouched all the same
    const run = start(fault.effect === 'ended');
    run.faults.inject({ ...fault, nth });
    try {
      await script(run);
      const isUntouched = run.faults.firedCount === 0;
      proof.faults += run.faults.firedCount;
      proof['faulty runs']++;
      if (isUntouched) expect(run.errors).toEqual([]);
      await check(run);
      if (isUntouched) return nth;
    } catch (error) {
      const what = `seed ${SEED}, ${fault.kinds?.join()} number ${nth}: ${fault.code ?? 'EIO'}, ${fault.effect ?? 'fail'}`;
      throw new Error(`${name}, ${what}: ${String(error)}`, { cause: error });
    }
  }
}

/** Checks, after any fault: reads go on, the rest closes, and the disk has all that was promised. */
async function checkAftermath(run: FaultRun): Promise<void> {
  run.faults.heal();
  await run.checkReads();
  await run.checkDisk(run.faults.operationCount);
  if (run.isOpen) await run.close();
  await run.checkDisk(run.faults.operationCount + 1);
}

const CHANGING: readonly FaultKind[] = [
  'create',
  'write',
  'sync',
  'truncate',
  'rename',
  'unlink',
  'makeDirectory',
  'syncDirectory',
];
const READING: readonly FaultKind[] = ['open', 'read', 'readSync', 'list'];
const NAMES = ['from nothing', 'bulk loads', 'recovery'] as const;

describe('whatever operation fails, every promise settles and no promise is broken (E1 to E4)', () => {
  const cases = [
    ...CHANGING.map((kind) => [kind, 'EIO', 'fail'] as const),
    ...READING.map((kind) => [kind, 'EIO', 'fail'] as const),
    ...(['open', 'create'] as const).map((kind) => [kind, 'EMFILE', 'fail'] as const),
    ...(['sync', 'rename', 'syncDirectory', 'write'] as const).map(
      (kind) => [kind, 'EIO', 'after'] as const,
    ),
    ['write', 'EIO', 'torn'] as const,
    ['sync', 'ENOSPC', 'fail'] as const,
    ['syncDirectory', 'ENOSPC', 'fail'] as const,
    ['rename', 'ENOSPC', 'fail'] as const,
  ] satisfies (readonly [FaultKind, string, FaultEffect])[];
  for (const name of NAMES) {
    test.each(cases)(`${name}: %s, %s, %s`, async (kind, code, effect) => {
      const runCount = await failEach(name, { kinds: [kind], code, effect }, checkAftermath);
      // makeDirectory happens once, and truncate only at the end of a log.
      expect(runCount).toBeGreaterThan(0);
    });

    test.each(CHANGING)(`${name}: every %s from the n-th on, EIO`, async (kind) => {
      await failEach(name, { kinds: [kind], sticky: true }, checkAftermath);
    });
  }

  test('a disk that dies: every operation from the n-th on', async () => {
    for (const name of NAMES) await failEach(name, { sticky: true }, checkAftermath);
  });
});

describe('a write that is short is written on (vfs/short-counts)', () => {
  test.each(NAMES)('%s', async (name) => {
    await failEach(name, { kinds: ['write'], effect: 'short' }, async (run) => {
      expect(run.errors).toEqual([]);
      await checkAftermath(run);
    });
  });
});

const READS: readonly FaultKind[] = ['read', 'readSync'];

/** Checks that no call has noticed the fault. */
async function expectUntouched(run: FaultRun): Promise<void> {
  expect(run.errors).toEqual([]);
  await run.checkReads();
  await run.close();
  expect(run.errors).toEqual([]);
}

describe('a read that is short is read on (vfs/short-counts)', () => {
  test.each(NAMES)('%s', async (name) => {
    const runCount = await failEach(name, { kinds: READS, effect: 'short' }, expectUntouched);
    expect(runCount).toBeGreaterThan(name === 'recovery' ? 20 : 1);
  });

  test.each(NAMES)('%s: every one of them', async (name) => {
    const { script, start } = SCRIPTS[name];
    const run = start(false);
    run.faults.inject({ kinds: READS, effect: 'short', sticky: true });
    await script(run);
    await expectUntouched(run);
    await run.checkDisk(1);
  });
});

describe('a file that ends before its size is reported, and nothing of it is given up (E1 to E6) (log-window/short-file-is-an-error)', () => {
  test.each([...NAMES, 'recovery of one log'] as const)('%s', async (name) => {
    await failEach(name, { kinds: READS, effect: 'ended' }, checkAftermath);
  });
});

describe('a full disk refuses cleanly, loses nothing, and is written again once it has room (E5) (shortage/nothing-done)', () => {
  const cases = [
    ['write', 'fail'],
    ['write', 'torn'],
    ['write', 'after'],
    ['create', 'fail'],
  ] satisfies (readonly [FaultKind, FaultEffect])[];
  for (const name of NAMES) {
    test.each(cases)(`${name}: one %s, %s`, async (kind, effect) => {
      const fault = { kinds: [kind], code: 'ENOSPC', effect };
      await failEach(name, fault, async (run) => {
        await run.heal();
        await run.checkReads();
        if (run.isOpen) await run.checkWritable();
        await checkAftermath(run);
      });
    });
  }
});

/** Operations that take a descriptor, and memory of the kernel. */
const OPENING: readonly FaultKind[] = ['open', 'create', 'list', 'openDirectory'];
const RESOURCE_CODES = ['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM'] as const;

/** Checks, after any fault: nothing stopped for good, nothing was lost, and all goes on. */
async function expectOver(run: FaultRun): Promise<void> {
  await run.heal();
  expect(run.errors.filter((error) => error instanceof DatabaseFailedError)).toEqual([]);
  await run.checkReads();
  if (run.isOpen) await run.checkWritable();
  await checkAftermath(run);
}

describe('a shortage of descriptors, memory or threads is waited out (E5)', () => {
  const NAMES_ALL = [...NAMES, 'recovery of one log'] as const;

  for (const name of NAMES_ALL) {
    test.each(OPENING)(`${name}: one %s`, async (kind) => {
      const code = RESOURCE_CODES[OPENING.indexOf(kind)] ?? 'EMFILE';
      await failEach(name, { kinds: [kind], code }, expectOver);
    });

    test(`${name}: everything that opens, for a while`, async () => {
      await failEach(name, { kinds: OPENING, code: 'EMFILE', sticky: true }, expectOver);
    });
  }

  test('a sync that fails with such a code is a failed sync (shortage/no-sync)', async () => {
    const run = await openRun();
    run.faults.inject({ kinds: ['sync'], path: LOG, code: 'ENOMEM' });
    run.put('a');
    await run.settle();
    expect(run.errors).toMatchObject([{ code: 'FAILED' }]);
    await checkAftermath(run);
  });

  test('the sync of a directory that fails with such a code is one, too', async () => {
    const run = await openRun();
    run.faults.inject({ kinds: ['syncDirectory'], code: 'EMFILE' });
    run.put('a');
    await run.settle();
    await turns(20);
    await run.flush();
    expect(run.errors).toMatchObject([{ code: 'FAILED' }]);
    await checkAftermath(run);
  });
});

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const LOG = /\.log$/;

async function openRun(): Promise<FaultRun> {
  const run = new FaultRun(new CrashVfs());
  expect(await run.open()).toBe(true);
  return run;
}

/** The error that a promise is rejected with. */
async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('a failed sync of the log', () => {
  test('leaves the commits of its group unknown, refuses all later ones, and reads go on (commit-pipeline/no-write-after-failure)', async () => {
    const run = await openRun();
    run.put('before');
    await run.settle();
    const { db } = run;
    run.faults.inject({ kinds: ['sync'], path: LOG });
    const group = [db.put('a', bytes('1')), db.put('b', bytes('2'), { durability: 'os' })];
    const unknown = group.map(async (promise) => rejectionOf(promise));
    await turns(1); // the group is on its way
    const behind = rejectionOf(db.put('c', bytes('3')));
    for (const error of await Promise.all(unknown)) {
      expect(error).toMatchObject({ code: 'FAILED', outcome: 'unknown' });
    }
    expect(await behind).toMatchObject({ code: 'FAILED', outcome: 'not-applied' });
    run.faults.heal();
    expect(await rejectionOf(db.put('d', bytes('4')))).toMatchObject({ outcome: 'not-applied' });
    expect(await rejectionOf(db.flush())).toMatchObject({ code: 'FAILED' });
    await run.checkReads();
    expect(db.getSync('before')).toBeDefined();
    await settled('close', db.close());
  });
});

describe('a log write that finds the disk full', () => {
  test('is refused as not applied, is seen nowhere, and writing goes on without reopening', async () => {
    const run = await openRun();
    const { db } = run;
    await db.put('a', bytes('1'));
    run.faults.inject({ kinds: ['write'], path: LOG, code: 'ENOSPC', sticky: true });
    for (const durability of ['sync', 'os'] as const) {
      const error = await rejectionOf(db.put('a', bytes('2'), { durability }));
      expect(error).toMatchObject({ code: 'IO_ERROR', outcome: 'not-applied' });
      expect((error as IoError).systemCode).toBe('ENOSPC');
      expect(db.getSync('a')).toEqual(bytes('1'));
    }
    run.faults.heal();
    await db.put('b', bytes('3'));
    expect(await db.entries().all()).toEqual([
      ['a', bytes('1')],
      ['b', bytes('3')],
    ]);
    await settled('close', db.close());
    const reopened = new FaultRun(run.disk);
    await reopened.open();
    expect(reopened.db.getSync('a')).toEqual(bytes('1'));
    expect(reopened.db.getSync('b')).toEqual(bytes('3'));
  });

  test('makes transactions conflict that had read what was refused', async () => {
    const run = await openRun();
    const { db } = run;
    await db.put('a', bytes('1'));
    run.faults.inject({ kinds: ['write'], path: LOG, code: 'ENOSPC' });
    const refused = rejectionOf(db.put('a', bytes('2')));
    const [writer, reader] = [db.begin(), db.begin()];
    const seen = writer.get('a');
    const seenToo = reader.get('a');
    db.putTx(writer, 'b', bytes('derived from 2'));
    expect(await seen).toEqual(bytes('2'));
    expect(await seenToo).toEqual(bytes('2'));
    expect(await refused).toMatchObject({ code: 'IO_ERROR', outcome: 'not-applied' });
    expect(await rejectionOf(db.commit(writer))).toMatchObject({ code: 'CONFLICT' });
    expect(await rejectionOf(db.commit(reader))).toMatchObject({ code: 'CONFLICT' });
    expect(db.getSync('b')).toBeUndefined();
    await db.transaction(async (tx) => tx.put('b', (await tx.get('a')) ?? bytes('none')));
    expect(db.getSync('b')).toEqual(bytes('1'));
  });
});

describe('a disk that stays full', () => {
  const places = [
    ['tables', { kinds: ['write'], path: /\.sst$/ }],
    ['new tables', { kinds: ['create'], path: /\.sst$/ }],
    ['the manifest', { kinds: ['write'], path: /MANIFEST/ }],
    ['new logs', { kinds: ['create'], path: LOG }],
    ['everything', { kinds: ['write', 'create'] }],
  ] satisfies (readonly [string, Fault])[];

  test.each(places)(
    'refuses commits instead of holding them, for want of %s, and all goes on after (background-work/shortage-passes)',
    async (_, fault) => {
      const run = await openRun();
      run.put('before', 'sync', 10_000);
      await run.settle();
      run.faults.inject({ ...fault, code: 'ENOSPC', sticky: true });
      // More than all memtables hold: some of them have to wait for a flush that cannot happen.
      for (let i = 0; i < 60; i++) run.put(key(i), 'os', 24_000);
      await run.settle();
      expect(run.refusedCount).toBeGreaterThan(0);
      await run.checkReads();
      await run.heal();
      await run.checkWritable();
      await run.checkDisk(1);
      await run.close();
      await run.checkDisk(2);
    },
  );

  test.each(places)(
    'does not keep flush() and compact() waiting, for want of %s',
    async (_, fault) => {
      const run = await openRun();
      for (let i = 0; i < 20; i++) run.put(key(i), 'os', 24_000);
      await run.settle();
      run.put(key(0), 'os');
      run.faults.inject({ ...fault, code: 'ENOSPC', sticky: true });
      await run.flush();
      await run.compact();
      await run.heal();
      await run.checkWritable();
    },
  );

  test.each(places)('does not keep close() waiting, for want of %s', async (_, fault) => {
    const run = await openRun();
    run.put('before', 'sync', 10_000);
    await run.settle();
    run.faults.inject({ ...fault, code: 'ENOSPC', sticky: true });
    for (let i = 0; i < 20; i++) run.put(key(i), 'os', 24_000);
    await run.close();
    run.faults.heal();
    await run.checkDisk(3);
  });
});

/** Syncs of logs wait until they are let go, and then fail. */
class HeldSyncVfs extends WrappedVfs {
  isHolding = false;
  fail: (() => void) | undefined = undefined;

  override wrap(file: VfsFile): VfsFile {
    return LOG.test(file.path) ? new HeldSyncFile(file, this) : file;
  }
}

class HeldSyncFile extends WrappedFile {
  readonly #vfs: HeldSyncVfs;
  isClosed = false;

  constructor(inner: VfsFile, vfs: HeldSyncVfs) {
    super(inner);
    this.#vfs = vfs;
  }

  override async sync(): Promise<void> {
    if (!this.#vfs.isHolding) return this.inner.sync();
    await new Promise<void>((resolve) => (this.#vfs.fail = resolve));
    if (this.isClosed) throw new Error('The log was closed while a sync of it was under way');
    throw makeIoError('EIO', 'sync', this.path);
  }

  override closeSync(): void {
    this.isClosed = true;
    super.closeSync();
  }
}

test('close() ends when a log sync fails after something else had failed already (commit-pipeline/every-promise-settles)', async () => {
  const held = new HeldSyncVfs(new CrashVfs());
  const faults = new FaultVfs(held);
  const db = await open(DIRECTORY, openOptions(faults, new ManualClock()));
  await db.put('first', bytes('0'));
  await turns(20); // the next log is made
  held.isHolding = true;
  faults.inject({ kinds: ['create'], path: LOG });
  const put = rejectionOf(db.put('a', bytes('1'))); // its sync is held
  await turns(2);
  // Rotates into the next log, and the one after that cannot be made.
  const filled = Array.from({ length: 14 }, async (_, i) =>
    rejectionOf(db.put(key(i), new Uint8Array(24_000), { durability: 'os' })),
  );
  expect(await Promise.all(filled.slice(0, 3))).toMatchObject([
    { code: 'FAILED', outcome: 'not-applied' },
    { code: 'FAILED' },
    { code: 'FAILED' },
  ]);
  const closed = db.close();
  await turns(50);
  held.fail?.();
  await settled('close', closed);
  expect(await put).toMatchObject({ code: 'FAILED', outcome: 'unknown' });
  await settled('the rest', Promise.all(filled));
});
