/**
 * Adds jobs and works on them until it is killed: `node scripts/run-ts.mjs examples/jobs/load.ts DIRECTORY PREFIX`. A line
 * for each job that was added: `added ID`. What a job does is to count its own completions.
 */
import { open } from 'varve';
import { Queue } from './queue.ts';

const [directory = '', prefix = ''] = process.argv.slice(2);
const db = await open<unknown, unknown>(directory, { keyEncoding: 'json', valueEncoding: 'json' });
// Leases of who was killed end soon.
const queue = await Queue.open(db, { leaseMs: 50, attemptCountMax: 1000, retryDelayMs: 1 });
const done = await db.keyspace<string, number>('done', {
  keyEncoding: 'utf8',
  valueEncoding: 'json',
});
const { signal } = new AbortController();
const workers = [0, 1, 2].map(() =>
  queue.work(
    ({ id }) => Promise.resolve((tx) => tx.in(done).update(id, (count = 0) => count + 1)),
    signal,
  ),
);
for (let i = 0; ; i++) {
  const id = await queue.add('count', i, { id: `${prefix}-${i}` });
  process.stdout.write(`added ${id}\n`);
  if (i % 50 === 0)
    await Promise.race([...workers, new Promise((resolve) => setTimeout(resolve, 5))]);
}
