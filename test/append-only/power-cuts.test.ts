/**
 * Power cuts and kills at the file operations of a life of ledgers, and file operations that fail.
 *
 * Each step is some commits that are in flight together. What an open finds afterwards is the entries of a prefix of them, and
 * the tree of just these: its root is that of RFC 9162, proofs of each entry hold, and it continues every root from before.
 * A seeded share of the operations is tried, all with VARVE_LEDGER_CUTS=all (`make ledgers`); SEED draws others.
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/api/database.ts';
import { open } from '../../src/api/open.ts';
import { AppendOnlyError, DatabaseFailedError, StorageError } from '../../src/base/errors.ts';
import type { TreeRoot } from '../../src/merkle/proofs.ts';
import type { Vfs } from '../../src/vfs/vfs.ts';
import { DIRECTORY } from '../api/fixture.ts';
import { CRASH_MODES, CrashVfs } from '../support/crash-vfs.ts';
import { drawCases } from '../support/extent.ts';
import { type FaultKind, FaultVfs } from '../support/fault-vfs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { printTestProof } from '../support/proof-line.ts';
import { settled, turns } from '../support/settle.ts';
import { checkLedger, LEDGER, rootOf, type Text, type TextEntry } from './model-ledger.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const TUNING = { background: 'inline', memtableSizeBytes: 256 * 1024 } as const;

const proof = { 'crash states': 0, faults: 0 };

afterAll(() => printTestProof('ledgers', proof));

type Entries = readonly TextEntry[];

interface Step {
  readonly what: string;
  /** What each commit adds, in their order; they are in flight together. */
  readonly commits: readonly Entries[];
  readonly call: (db: Database) => readonly Promise<unknown>[];
}

function ledgerOf(db: Database): Promise<Text> {
  return db.keyspace('ledger', LEDGER);
}

const entriesOf = (count: number, first: number): Entries =>
  Array.from({ length: count }, (_, i) => [`k${(first + i) * 7919}`, `v${first + i}`]);

const noCommit = (what: string, call: (db: Database) => Promise<unknown>): Step => ({
  what,
  commits: [],
  call: (db) => [call(db)],
});

/** A write that must be refused: `k0` is there. */
const refused = (what: string, call: (db: Database) => Promise<unknown>): Step =>
  noCommit(what, async (db) => {
    const error: unknown = await call(db).catch((reason: unknown) => reason);
    if (error instanceof AppendOnlyError) return;
    throw error instanceof Error ? error : new Error(`Not refused: ${what}`);
  });

function batchOf(entries: Entries): Step {
  return {
    what: `batch of ${entries.length}`,
    commits: [entries],
    call: (db) => [
      ledgerOf(db).then((ledger) =>
        ledger.batch(entries.map(([key, value]) => ({ type: 'put', key, value }))),
      ),
    ],
  };
}

function inFlight(entries: Entries, durability: 'sync' | 'os'): Step {
  return {
    what: `${entries.length} puts in flight, ${durability}`,
    commits: entries.map((entry) => [entry]),
    call: (db) => {
      const opened = ledgerOf(db);
      return entries.map(async ([key, value]) => (await opened).put(key, value, { durability }));
    },
  };
}

function makeSteps(): readonly Step[] {
  return [
    noCommit('open the ledger', ledgerOf),
    inFlight(entriesOf(1, 0), 'sync'),
    batchOf(entriesOf(5, 1)),
    refused('a put over an entry', async (db) => (await ledgerOf(db)).put('k0', 'forged')),
    inFlight(entriesOf(6, 10), 'sync'),
    noCommit('flush', (db) => db.flush()),
    {
      what: 'transaction and update',
      commits: [
        [
          ['t', '1'],
          ['u', '2'],
        ],
      ],
      call: (db) => [
        ledgerOf(db).then((ledger) =>
          db.transaction((tx) => {
            tx.in(ledger).put('t', '1');
            tx.in(ledger).update('u', () => '2');
          }),
        ),
      ],
    },
    inFlight(entriesOf(4, 20), 'os'),
    refused('a clear', async (db) => (await ledgerOf(db)).clear()),
    batchOf(entriesOf(40, 30)),
    noCommit('compact', (db) => db.compact()),
    inFlight(entriesOf(5, 80), 'sync'),
  ];
}

function openAt(vfs: Vfs, clock: ManualClock): Promise<Database> {
  return settled('open', open(DIRECTORY, { vfs, environment: { clock }, ...TUNING }), clock);
}

/** Throws unless the disk holds one of these lists of entries, with its tree. `kept`: roots of what is durable. */
async function checkRecovered(
  vfs: Vfs,
  states: readonly Entries[],
  kept: readonly TreeRoot[],
): Promise<void> {
  const clock = new ManualClock();
  const db = await openAt(vfs, clock);
  try {
    const isThere = (await db.keyspaces()).length > 1;
    const ledger = await ledgerOf(db);
    const count = await ledger.count();
    const state = states.find(({ length }) => length === count);
    if (state === undefined || (!isThere && count > 0)) {
      const allowed = states.map(({ length }) => length).join();
      throw new Error(`Other entries: found=${count} expected=${allowed}`);
    }
    await settled('proofs', checkLedger(ledger, state, kept), clock);
    const { problems } = await settled('verify', db.verify(), clock);
    if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join());
    await settled('put', ledger.put('more', '1', { durability: 'os' }), clock);
    await checkLedger(ledger, [...state, ['more', '1']]);
  } finally {
    await settled('close', db.close(), clock);
  }
}

/** The lists that there may be while these commits are on their way after a state. */
function prefixes(state: Entries, commits: readonly Entries[]): Entries[] {
  return commits.reduce<Entries[]>(
    (states, added) => [...states, [...states.at(-1)!, ...added]], // never empty
    [state],
  );
}

interface Moment {
  readonly before: string;
  readonly disk: CrashVfs;
  readonly states: readonly Entries[];
  readonly kept: readonly TreeRoot[];
}

async function momentsOf(): Promise<Moment[]> {
  const isTaken = drawCases('VARVE_LEDGER_CUTS', SEED, { sample: 0.12, quick: 0.04 });
  const disk = new CrashVfs();
  const clock = new ManualClock();
  const moments: Moment[] = [];
  /** What a power cut leaves at least. */
  let durable: Entries = [];
  let states: readonly Entries[] = [durable];
  let kept: readonly TreeRoot[] = [];
  let what = 'open';
  let nth = 0;
  disk.beforeOperation = ({ operation, path }) => {
    if (!isTaken(++nth)) return;
    const before = `${what}: operation ${nth}, ${operation} ${path}`;
    moments.push({ before, disk: disk.kill(), states, kept });
  };
  const db = await openAt(disk, clock);
  for (const step of makeSteps()) {
    what = step.what;
    const newest = states.at(-1)!; // never empty
    const isOs = what.endsWith('os');
    states = [...prefixes(durable, []), ...states, ...prefixes(newest, step.commits)];
    await settled(what, Promise.all(step.call(db)), clock);
    const after = prefixes(newest, step.commits).at(-1)!;
    if (isOs) {
      states = [...states, after];
      continue;
    }
    if (step.commits.length > 0) {
      durable = after;
      kept = [...kept, rootOf(durable)];
      states = [durable];
    } else if (states.length > 1 && what === 'compact') {
      durable = after;
      states = [durable];
    }
  }
  what = 'close';
  await db.close();
  return moments;
}

describe('ledgers', () => {
  it(`are whole after a power cut or a kill at any operation, seed=${SEED} (append-only/same-commit)`, async () => {
    const moments = await momentsOf();
    for (const [i, { before, disk, states, kept }] of moments.entries()) {
      const mode = CRASH_MODES[i % CRASH_MODES.length]!; // under the length
      const crashes = [
        [`power cut, ${mode}`, disk.crash({ seed: SEED * 1009 + i, mode })],
        ['power cut, all lost', disk.crash({ seed: i, mode: 'synced-only' })],
        ['kill', disk.kill()],
      ] as const;
      for (const [how, image] of crashes) {
        await checkRecovered(image, states, kept).catch((cause: unknown) => {
          throw new Error(`seed=${SEED} ${before}: ${how}: ${String(cause)}`, { cause });
        });
        proof['crash states']++;
      }
    }
    expect(moments.length).toBeGreaterThan(2);
  });
});

const FAULTS: readonly (readonly [FaultKind, string, boolean])[] = [
  ['write', 'EIO', false],
  ['write', 'ENOSPC', false],
  ['write', 'ENOSPC', true],
  ['sync', 'EIO', false],
  ['create', 'ENOSPC', true],
  ['readSync', 'EIO', false],
];

/** Runs the life with a fault. Resolves with false when nothing was left to fail. */
async function runFaulty(
  kind: FaultKind,
  code: string,
  sticky: boolean,
  nth: number,
): Promise<boolean> {
  const disk = new CrashVfs();
  const faults = new FaultVfs(disk);
  const clock = new ManualClock();
  const db = await openAt(faults, clock);
  faults.inject({ kinds: [kind], code, sticky, nth });
  let states: Entries[] = [[]];
  for (const step of makeSteps()) {
    if (step.what.startsWith('a ')) continue; // what it would be refused for may not be there
    const outcomes = await settled(step.what, Promise.allSettled(step.call(db)), clock);
    let isOver = false;
    for (const [i, outcome] of outcomes.entries()) {
      const added = step.commits[i] ?? [];
      const after = states.map((state) => [...state, ...added]);
      if (outcome.status === 'fulfilled') {
        states = after;
        continue;
      }
      const error: unknown = outcome.reason;
      if (!(error instanceof StorageError)) throw error;
      // Of a commit that was refused nothing is there; of one whose outcome is unknown, all or nothing.
      if (Reflect.get(error, 'outcome') === 'unknown') states = [...states, ...after];
      isOver ||= error instanceof DatabaseFailedError;
    }
    if (isOver) break; // it takes no writes any more
    if (faults.firedCount > 0 && sticky) faults.heal();
  }
  const isFired = faults.firedCount > 0;
  faults.heal();
  await turns(20);
  await settled('close', db.close(), clock).catch((error: unknown) => {
    if (!(error instanceof StorageError)) throw error;
  });
  for (const image of [disk.crash({ seed: nth, mode: 'synced-only' }), disk.kill()]) {
    await checkRecovered(image, states, []);
  }
  return isFired;
}

describe('ledgers', () => {
  it.each(FAULTS)(
    `are whole after %s has failed with %s, sticky: %s, seed=${SEED}`,
    async (kind, code, sticky) => {
      const isTaken = drawCases('VARVE_LEDGER_CUTS', SEED, { sample: 0.08, quick: 0.03 });
      let count = 0;
      for (let nth = 1; ; nth++) {
        if (!isTaken(nth)) continue;
        const isFired = await runFaulty(kind, code, sticky, nth).catch((cause: unknown) => {
          throw new Error(`seed=${SEED} ${kind} number ${nth}: ${String(cause)}`, { cause });
        });
        if (!isFired) break;
        count++;
        proof.faults++;
      }
      expect(count).toBeGreaterThanOrEqual(kind === 'readSync' ? 0 : 1);
    },
  );
});
