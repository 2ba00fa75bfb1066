/**
 * Readers that are held for too long are told, once each, with who opened them.
 */
import { expect, it } from 'vitest';
import { type EventMap, MemoryVfs, open } from '../../../src/index.ts';
import { GateVfs } from '../../support/gate-vfs.ts';
import { ManualClock } from '../../support/manual-clock.ts';

it('each pin held for pinWarningMs is told once, with its opener (pin-watch/told-once), none after close (pin-watch/no-timer-after-close)', async () => {
  const clock = new ManualClock();
  const told: EventMap['held-long'][] = [];
  const db = await open('/db', {
    vfs: new MemoryVfs(),
    environment: { clock },
    pinWarningMs: 1000,
  });
  db.on('held-long', (event) => told.push(event));
  const snapshot = db.snapshot();
  const brief = db.snapshot();
  clock.advance(900);
  brief.close();
  const tx = db.begin();
  clock.advance(700);
  expect(told).toMatchObject([{ kind: 'snapshot', sequence: 0 }]);
  expect(told[0]?.opener).toContain('pin-watch.test.ts');
  clock.advance(5000);
  expect(told.map(({ kind }) => kind)).toEqual(['snapshot', 'transaction']);
  expect(db.stats().readers.oldestPinMs).toBe(6600);
  tx.rollback();
  snapshot.close();
  const timerCount = clock.timerCount;
  await db.close();
  expect(clock.timerCount).toBeLessThan(timerCount);
});

it('a scan is told by its age, also while it is read, of a closed snapshot, or in a transaction (pin-watch/told-once)', async () => {
  const clock = new ManualClock();
  const told: EventMap['held-long'][] = [];
  const db = await open('/db', {
    vfs: new MemoryVfs(),
    environment: { clock },
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
    pinWarningMs: 1000,
    onEvent: (name, event) => {
      if (name === 'held-long') told.push(event as EventMap['held-long']);
    },
  });
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) await db.put(key, '1');
  const snapshot = db.snapshot();
  const scans = [db.entries(), db.keys({ snapshot })];
  snapshot.close();
  const tx = db.begin({ readOnly: true });
  scans.push(tx.values());
  const short = db.keys({ limit: 1 });
  expect([...short]).toEqual(['a']);
  for (let i = 0; i < 4; i++) {
    clock.advance(600);
    await scans[0]?.nextMany(1);
  }
  expect(told.map(({ kind }) => kind).sort()).toEqual(['scan', 'scan', 'scan', 'transaction']);
  expect(told.find(({ kind }) => kind === 'scan')?.opener).toContain('pin-watch.test.ts');
  expect(db.stats().readers.oldestPinMs).toBe(2400);
  for (const scan of scans) scan.close();
  tx.rollback();
  expect(db.stats().readers.oldestPinMs).toBe(0);
  clock.advance(5000);
  expect(told).toHaveLength(4);
  await db.close();
});

it.each(['verify', 'checkpoint'] as const)('a %s that goes on for long is told', async (kind) => {
  const clock = new ManualClock();
  const kinds: string[] = [];
  const vfs = new GateVfs(new MemoryVfs());
  const db = await open('/db', { vfs, environment: { clock }, pinWarningMs: 1000 });
  db.on('held-long', (event) => kinds.push(event.kind));
  await db.put(Uint8Array.of(1), Uint8Array.of(1));
  const openGate = vfs.shut(kind === 'verify' ? 'read' : 'sync');
  const running = kind === 'verify' ? db.verify() : db.checkpoint('/copy');
  clock.advance(2000);
  expect(kinds).toEqual([kind]);
  expect(db.stats().readers.oldestPinMs).toBe(2000);
  openGate();
  await running;
  expect(db.stats().readers.oldestPinMs).toBe(0);
  await db.close();
});
