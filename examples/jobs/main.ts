/**
 * A queue in a new directory: `node scripts/run-ts.mjs examples/jobs/main.ts`, after `make build`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'varve';
import { Queue } from './queue.ts';

const directory = await mkdtemp(join(tmpdir(), 'varve-jobs-'));
const db = await open<unknown, unknown>(directory, { keyEncoding: 'json', valueEncoding: 'json' });
try {
  const queue = await Queue.open(db, { retryDelayMs: 10 });
  const sent = await db.keyspace('sent', { keyEncoding: 'utf8', valueEncoding: 'json' });
  for (const name of ['ada', 'grace', 'nobody']) await queue.add('mail', { to: name });
  const controller = new AbortController();
  const worker = queue.work(async ({ id, payload, attemptCount }) => {
    const { to } = payload as { to: string };
    if (to === 'nobody') throw new Error(`no such mailbox, attempt ${attemptCount}`);
    await Promise.resolve(); // stands for sending it
    return (tx) => tx.in(sent).put(id, { to });
  }, controller.signal);
  while ((await queue.counts()).waiting > 0)
    await new Promise((resolve) => setTimeout(resolve, 10));
  controller.abort();
  await worker;
  console.log(`${await sent.count()} sent`);
  for (const [, { lastError }] of await queue.givenUp()) console.log(`given up: ${lastError}`);
} finally {
  await db.close();
  await rm(directory, { recursive: true });
}
