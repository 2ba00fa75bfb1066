/** Backups whose tables a worker reads: over real files, plain and encrypted, and with a worker that dies. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { IoError } from '../../src/base/errors.ts';
import { WORKER_ENDED_CODE } from '../../src/base/shortage.ts';
import type { JobDescription, ResultOf } from '../../src/compaction/compaction.ts';
import { InlineJobRunner } from '../../src/compaction/job-runner.ts';
import { MemoryVfs, open, restore, verifyBackups } from '../../src/index.ts';
import { DIRECTORY, openOnRunner, TINY } from '../api/fixture.ts';

const TEXT = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;

it.each([
  ['a plain database', {}],
  ['an encrypted database', { encryption: { key: new Uint8Array(32).fill(7) } }],
])('a worker checks and hands over the tables of %s', async (_, options) => {
  const folder = mkdtempSync(join(tmpdir(), 'varve-backup-jobs-'));
  const [place, store, copy] = ['db', 'store', 'copy'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const db = await open(place, { ...TEXT, ...options, background: 'worker' });
  for (let i = 0; i < 300; i++) await db.put(`k${i}`, 'x'.repeat(500), { durability: 'os' });
  await db.flush();
  await db.backup(store);
  const expected = await db.entries().all();
  await db.close();
  expect((await verifyBackups(store)).isSound).toBe(true);
  await restore(store, copy, options);
  const again = await open(copy, { ...TEXT, ...options });
  expect(await again.entries().all()).toEqual(expected);
  await again.close();
  rmSync(folder, { recursive: true });
});

/** Whatever it is given to check ends with its worker. */
class DyingRunner extends InlineJobRunner {
  diedCount = 0;

  override run<J extends JobDescription>(job: J): Promise<ResultOf<J>> {
    if (job.kind !== 'check') return super.run(job);
    this.diedCount++;
    const cause = Object.assign(new Error('ended'), { code: WORKER_ENDED_CODE });
    return Promise.reject(new IoError('Job worker ended', { cause }));
  }
}

it('a backup goes on in its own thread when the worker has died', async () => {
  const vfs = new MemoryVfs();
  const runner = new DyingRunner(vfs);
  const { db } = await openOnRunner({ directory: DIRECTORY, vfs, runner }, TINY);
  await db.put('a', '1');
  await db.flush();
  await db.backup('/store');
  expect(runner.diedCount).toBe(1);
  await db.close();
  await restore('/store', '/copy', { vfs });
  const copy = await open('/copy', { ...TEXT, vfs });
  expect(await copy.get('a')).toBe('1');
  await copy.close();
});
