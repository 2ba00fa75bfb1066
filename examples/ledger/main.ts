/**
 * The ledger in a new directory: `node scripts/run-ts.mjs examples/ledger/main.ts`, after `make build`. Or, as it is, on the
 * servers of a connection string: `... main.ts etcd://127.0.0.1:2379/ledger`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'varve';
import { demonstrate } from './demonstration.ts';
import { openBooks } from './records.ts';

const directory = await mkdtemp(join(tmpdir(), 'varve-ledger-'));
const db = await open(process.argv[2] ?? directory);
try {
  await demonstrate(await openBooks(db), console.log);
} finally {
  await db.close();
  await rm(directory, { recursive: true });
}
