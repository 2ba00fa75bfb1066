/**
 * Crash scripts: what databases do before the power goes.
 *
 * Owns: the scripts that the crash tests run. Short ones are explored at every operation; the random
 * one is as long as asked. Each starts by opening and leaves the database open, or closed.
 *
 * Suspension: every script suspends.
 */
import { type Durability } from '../../src/base/options.ts';
import { EXPIRED, EXPIRES_LATE, type OracleExpiry, type OracleOperation } from './commit-oracle.ts';
import { type CrashSession } from './crash-session.ts';
import { type Script } from './crash-harness.ts';
import { settled } from './settle.ts';

const key = (index: number): string => `k${String(index).padStart(2, '0')}`;

function putOf(session: CrashSession, index: number): OracleOperation & { type: 'put' } {
  return { type: 'put', key: key(index), value: session.value() };
}

/** Every kind of commit in both durabilities, alone and in groups; a clean close in between. */
export async function commitScript(session: CrashSession): Promise<void> {
  await session.open();
  session.put(key(0));
  await session.settle();
  session.put(key(1), 'os');
  session.put(key(2), 'os');
  await session.settle();
  session.batch([putOf(session, 3), putOf(session, 4), { type: 'del', key: key(1) }]);
  session.put(key(5), 'os'); // queued behind a sync, so acknowledged after it
  await session.settle();
  await session.transaction([putOf(session, 6), putOf(session, 0)]);
  const durability = 'os';
  await session.transaction([{ type: 'del', key: key(2) }, putOf(session, 7)], { durability });
  await session.lostTransaction(key(6));
  session.delRange(key(3), key(5), 'os');
  for (let i = 8; i < 14; i++) session.put(key(i), i % 3 === 0 ? 'sync' : 'os');
  await session.settle();
  await session.reopen();
  session.put(key(4), 'os');
  await session.settle();
  session.del(key(8));
  session.batch([{ type: 'delRange', gte: key(9), lt: key(12) }, putOf(session, 10)]);
  await session.settle();
  session.put(key(15), 'os');
  await session.settle();
  for (let i = 0; i < 5; i++) {
    session.put(key(i)); // alone, so the last ones are synced by a call
    await session.settle();
  }
  session.clock.isLoopIdle = true; // for groups, the loop must be seen to wait
  session.clock.tickMs = 0.01;
  for (let i = 0; i < 5; i++) {
    session.put(key(i));
    session.batch([putOf(session, i + 1), { type: 'del', key: key(i + 2) }]);
    session.put(key(i + 3), 'os');
    await session.settle();
  }
  session.clock.tickMs = 0;
}

/** Transactions of every isolation and mode, with savepoints, locks, and ids that outlive them. */
export async function transactionScript(session: CrashSession): Promise<void> {
  await session.open();
  for (let i = 0; i < 6; i++) session.put(key(i), 'os');
  const serializable = { isolation: 'serializable' } as const;
  await session.transaction([putOf(session, 0), { type: 'del', key: key(1) }], serializable);
  await session.lostTransaction(key(2), 'read');
  await session.lostTransaction(key(3), 'scan');
  const deletion = { type: 'delRange', gte: key(2), lt: key(4) } as const;
  const named = { durability: 'os', isRolledBackFirst: true, commitId: 'transfer 1' } as const;
  await session.transaction([deletion, putOf(session, 3), putOf(session, 6)], named);
  await session.repeat('transfer 1');
  const pessimistic = { mode: 'pessimistic', isRolledBackFirst: true } as const;
  await session.transaction([deletion, putOf(session, 2), putOf(session, 7)], pessimistic);
  await session.deadlock(key(4), key(5));
  await session.lockedPut(key(0));
  await session.flush(); // from here on the first id is in a table
  const both = { ...pessimistic, ...serializable, commitId: 'transfer 2' };
  await session.transaction([putOf(session, 0), putOf(session, 8)], both);
  session.put(key(9), 'os');
  await session.reopen();
  await session.repeat('transfer 2');
  const last = { ...serializable, durability: 'os', commitId: 'transfer 3' } as const;
  await session.transaction([{ type: 'del', key: key(0) }, putOf(session, 1)], last);
  await session.settle();
  await session.lostTransaction(key(4));
  await session.settle();
}

/** Tables come and go under point and range tombstones, with a snapshot that holds old versions. */
export async function tableScript(session: CrashSession): Promise<void> {
  await session.open();
  for (let i = 0; i < 6; i++) session.put(key(i), i % 2 === 0 ? 'os' : 'sync', 600);
  await session.flush();
  const snapshot = session.db.snapshot();
  session.put(key(1), 'os', 600);
  session.del(key(2));
  session.delRange(key(3), key(5), 'os');
  await session.flush(); // the second table of level 0 starts a compaction
  session.put(key(3), 'sync');
  await session.settle();
  snapshot.close();
  session.put(key(6), 'os', 600);
  await session.compact();
  session.delRange(key(0), key(2));
  await session.settle();
  await session.reopen();
  session.put(key(0), 'os');
  await session.flush();
  session.delRange(key(0), key(9), 'os');
  await session.compact(); // down to nothing
  session.put(key(1), 'os');
  await session.settle();
  await session.close();
}

/** Entries that have expired hide older ones, in tables that are rewritten and in tables that go unread. */
export async function expiringScript(session: CrashSession): Promise<void> {
  await session.open();
  for (let i = 0; i < 4; i++) session.put(key(i), i % 2 === 0 ? 'os' : 'sync', 600);
  await session.flush();
  session.put(key(0), 'os', 20, { expiresAt: EXPIRED });
  session.put(key(1), 'sync', 20, { expiresAt: EXPIRES_LATE });
  session.batch([putOf(session, 4), { ...putOf(session, 2), expiresAt: EXPIRED }]);
  await session.flushEarly(); // the second table of level 0 starts a compaction
  await session.transaction([{ ...putOf(session, 5), expiresAt: EXPIRED }, putOf(session, 6)]);
  await session.compact();
  for (let i = 10; i < 13; i++) session.put(key(i), 'os', 600, { expiresAt: EXPIRED });
  await session.flushEarly();
  session.clock.advance(1_000_000); // wakes what waits for the time: the table goes unread
  session.put(key(10), 'sync');
  await session.compact();
  for (let i = 9; i < 12; i++) session.put(key(i), 'os', 600, { expiresAt: EXPIRED });
  await session.flushEarly();
  session.clock.advance(1_000_000); // this one hides an older entry
  await session.reopen();
  session.put(key(3), 'os', 20, { expiresAt: EXPIRED });
  await session.flush();
  session.clock.advance(1_000_000);
  session.put(key(9), 'os', 20, { expiresAt: EXPIRES_LATE });
  await session.settle();
  await session.compact();
}

/** Memtables fill up while commits of both kinds queue behind each other. */
export async function rotationScript(session: CrashSession): Promise<void> {
  await session.open();
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 9; i++) {
      const durability: Durability = (round + i) % 4 === 0 ? 'sync' : 'os';
      session.put(key((round * 5 + i) % 16), durability, 16_000);
    }
    if (round % 2 === 0) await session.settle();
  }
  session.delRange(key(3), key(6), 'os');
  await session.settle();
  await session.reopen();
  for (let i = 0; i < 10; i++) session.put(key(i), 'os', 24_000);
  await session.settle();
}

/** Keys so long that the bounds of tables fill a manifest, which is then rotated. */
export async function manifestScript(session: CrashSession): Promise<void> {
  await session.open();
  const longKey = (index: number): string => `${key(index % 3)}${'x'.repeat(60_000)}${index % 2}`;
  for (let i = 0; i < 8; i++) {
    session.put(longKey(i), i % 2 === 0 ? 'os' : 'sync');
    session.put(longKey(i + 1), 'os');
    await session.flush();
  }
  session.put(key(0), 'os');
  await session.settle();
}

/** Processes die and are followed by others, and at last the power goes. */
export async function killScript(session: CrashSession): Promise<void> {
  await session.open();
  session.put(key(0), 'os');
  session.put(key(1), 'os');
  await session.settle();
  await dieAndReopen(session);
  session.put(key(2), 'sync'); // promises the recovered commits before it, too
  await session.settle();
  session.put(key(3), 'os');
  await session.settle();
  await dieAndReopen(session);
  session.put(key(4), 'os');
  await session.settle();
  await dieAndReopen(session);
  await session.flush();
  session.put(key(5), 'os');
  session.delRange(key(0), key(2), 'os');
  await session.settle();
  await dieAndReopen(session);
  session.put(key(6), 'sync');
  await session.settle();
}

/** Copies are made while commits, a flush and a compaction go on; one is given up half-way. */
export async function checkpointScript(session: CrashSession): Promise<void> {
  await session.open();
  for (let i = 0; i < 4; i++) session.put(key(i), i % 2 === 0 ? 'os' : 'sync', 600);
  await session.flush();
  session.put(key(1), 'os', 600);
  session.delRange(key(2), key(4), 'os');
  await session.settle();
  session.put(key(4), 'os'); // not acknowledged when the first copy begins
  const first = session.checkpoint('/data/copies/first');
  session.put(key(5), 'sync');
  session.batch([putOf(session, 0), { type: 'del', key: key(1) }], 'os');
  await settled('first checkpoint', first);
  await session.flush(); // the second table of level 0 starts a compaction
  const second = session.checkpoint('/data/copies/second');
  session.put(key(6), 'os');
  await session.compact(); // removes the tables that the copy links, and the log that it reads
  await settled('second checkpoint', second);
  session.put(key(7), 'os');
  await session.settle();
  await session.abortedCheckpoint('/data/copies/third'); // when its log is there, and no manifest
  await session.reopen();
  const last = session.checkpoint('/data/last');
  session.put(key(8), 'os');
  await settled('last checkpoint', last);
  await session.close();
}

/** Bulk loads between commits, over memory and tables, onto each other, and through reopening. */
export async function ingestScript(session: CrashSession): Promise<void> {
  const keys = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, i) => key(from + i));
  await session.open();
  await session.ingest(keys(0, 3));
  session.put(key(1), 'os'); // older than the next load, and synced by no other commit
  session.put(key(9), 'os');
  await session.settle();
  await session.ingest(keys(1, 12), 12_000); // several tables
  session.put(key(2), 'os');
  session.del(key(3), 'sync');
  await session.settle();
  await session.ingest(keys(20, 22));
  await session.reopen();
  session.delRange(key(0), key(2), 'os');
  await session.settle();
  await session.ingest(keys(1, 3));
  await session.ingest(keys(2, 4));
  session.put(key(2), 'sync');
  await session.settle();
  await session.compact();
  await session.ingest(keys(4, 6));
  session.put(key(5), 'os');
  await session.settle();
}

/** All of it in any order, `stepCount` steps long; crashes on the way are recovered from. */
export function randomScript(stepCount: number): Script {
  return async (session) => {
    await session.open();
    for (let step = 0; step < stepCount; step++) await randomStep(session);
    await session.settle();
  };
}

async function randomStep(session: CrashSession): Promise<void> {
  const { random } = session;
  const draw = random.below(100);
  const durability: Durability = random.chance(0.3) ? 'sync' : 'os';
  const sizeBytes = random.chance(0.1) ? random.below(30_000) : random.below(200);
  const from = random.below(20);
  if (draw < 40) session.put(key(random.below(24)), durability, sizeBytes, randomExpiry(session));
  else if (draw < 48) session.del(key(random.below(24)), durability);
  else if (draw < 54) session.delRange(key(from), key(from + 1 + random.below(4)), durability);
  else if (draw < 64) session.batch(randomOperations(session), durability);
  else if (draw < 72) await randomTransaction(session, durability);
  else if (draw < 74) await randomLoss(session);
  else if (draw < 75) await randomLocks(session);
  else if (draw < 90) await session.settle();
  else if (draw < 92) await (random.chance(0.5) ? session.flush() : session.flushEarly());
  else if (draw < 94) await session.ingest(someKeys(session), sizeBytes);
  else if (draw < 95) await session.compact();
  else if (draw < 97) await session.reopen();
  else if (draw < 98) await dieAndReopen(session);
  else if (draw < 99) await randomCheckpoint(session);
  else for (let i = 0; i < 12; i++) session.put(key(i), 'os', 24_000);
}

async function randomTransaction(session: CrashSession, durability: Durability): Promise<void> {
  const { random } = session;
  const operations = randomOperations(session);
  const shape = {
    durability,
    isolation: random.pick(['snapshot', 'serializable'] as const),
    mode: random.pick(['optimistic', 'pessimistic'] as const),
    isRolledBackFirst: random.chance(0.3),
  };
  if (random.chance(0.5)) return session.transaction(operations, shape);
  const commitId = `commit ${session.oracle.count}`;
  await session.transaction(operations, { ...shape, commitId });
  if (random.chance(0.3)) await session.repeat(commitId);
}

async function randomLoss(session: CrashSession): Promise<void> {
  const { random } = session;
  const how = random.pick(['write', 'read', 'scan'] as const);
  await session.lostTransaction(key(random.below(24)), how);
}

async function randomLocks(session: CrashSession): Promise<void> {
  const index = session.random.below(24);
  if (session.random.chance(0.5)) await session.deadlock(key(index), key(index + 1));
  else await session.lockedPut(key(index));
}

async function randomCheckpoint(session: CrashSession): Promise<void> {
  const copying = session.checkpoint(`/data/copy-${session.random.next()}`);
  for (let i = session.random.below(4); i > 0; i--) session.put(key(i), 'os');
  await settled('checkpoint', copying);
}

function someKeys({ random }: CrashSession): string[] {
  return Array.from({ length: 24 }, (_, i) => key(i)).filter(() => random.chance(0.3));
}

function randomOperations(session: CrashSession): OracleOperation[] {
  const { random } = session;
  const operations: OracleOperation[] = [];
  if (random.chance(0.2)) operations.push({ type: 'delRange', gte: key(5), lt: key(8) });
  const indexes = new Set(Array.from({ length: 1 + random.below(5) }, () => random.below(24)));
  for (const index of indexes) {
    const put = { ...putOf(session, index), ...randomExpiry(session) };
    operations.push(random.chance(0.3) ? { type: 'del', key: key(index) } : put);
  }
  return operations;
}

function randomExpiry({ random }: CrashSession): { expiresAt?: OracleExpiry } {
  return random.chance(0.7) ? {} : { expiresAt: random.pick([EXPIRED, EXPIRES_LATE]) };
}

/** kill -9 at this moment: whatever was written is there, synced or not. */
async function dieAndReopen(session: CrashSession): Promise<void> {
  const { bounds } = session.oracle;
  const disk = session.disk.kill();
  const count = await session.countIn(disk.kill());
  if (count < bounds.processFloor) {
    throw new Error(`A kill lost commits: found=${count} promised=${bounds.processFloor}`);
  }
  session.continueOn(disk, session.oracle.forkAt(count, bounds.syncFloor));
  await session.open();
}

/** Commits that only the close makes durable. Each is longer than a sector: a power cut may lose any one of them. */
export async function closingScript(session: CrashSession): Promise<void> {
  await session.open();
  session.put('k00', 'sync', 3000);
  await session.settle();
  for (let i = 1; i < 8; i++) session.put(`k0${i}`, 'os', 3000);
  await session.settle();
  await session.close();
}

export const SHORT_SCRIPTS: readonly (readonly [string, Script])[] = [
  ['commits', commitScript],
  ['close', closingScript],
  ['tables', tableScript],
  ['entries that expire', expiringScript],
  ['rotation', rotationScript],
  ['manifest rotation', manifestScript],
  ['kills', killScript],
  ['checkpoints', checkpointScript],
  ['transactions', transactionScript],
  ['bulk loads', ingestScript],
];
