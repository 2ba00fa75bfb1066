/**
 * Snapshots and transactions that are held for too long are told, once each, with who opened them.
 */
import { expect, it } from 'vitest';
import { type EventMap, MemoryVfs, open } from '../../src/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

it('each pin held for pinWarningMs is told once, with its opener (J1), none after close (J2)', async () => {
  const clock = new ManualClock();
  const told: EventMap['held-long'][] = [];
  const db = await open('/db', {
    vfs: new MemoryVfs(),
    environment: { clock, randomSeed: 1 },
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
