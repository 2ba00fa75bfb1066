/**
 * The ledger in a new directory: `node scripts/run-ts.mjs examples/ledger/main.ts`, after `make build`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'varve';
import { demonstrate } from './demonstration.ts';
import { LEDGER_ENCODINGS } from './ledger.ts';

const directory = await mkdtemp(join(tmpdir(), 'varve-ledger-'));
const db = await open(directory, LEDGER_ENCODINGS);
try {
  await demonstrate(db, console.log);
} finally {
  await db.close();
  await rm(directory, { recursive: true });
}
