/** The committer: batches that wait are not lent again, and a lent batch is empty. */
import { expect, it } from 'vitest';
import { openMemory } from '../../api/fixture.ts';

it('commits that wait for a lock keep their batches, beside commits that do not (committer/own-batch)', async () => {
  const db = await openMemory();
  const holder = db.begin({ mode: 'pessimistic' });
  await holder.lock('shared');
  const waiting = Array.from({ length: 20 }, (_, i) =>
    db.batch([
      { type: 'put', key: 'shared', value: `${i}` },
      { type: 'put', key: `waited ${i}`, value: `${i}` },
    ]),
  );
  for (let i = 0; i < 20; i++) await db.put(`passed ${i}`, `${i}`, { durability: 'os' });
  holder.rollback();
  await Promise.all(waiting);
  expect(await db.get('shared')).toBe('19');
  for (let i = 0; i < 20; i++) {
    expect(await db.get(`waited ${i}`)).toBe(`${i}`);
    expect(await db.get(`passed ${i}`)).toBe(`${i}`);
  }
  expect(await db.keys().all()).toHaveLength(41);
});
