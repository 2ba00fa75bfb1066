/**
 * The shop in a new directory: `node scripts/run-ts.mjs examples/orders/main.ts`, after `make build`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'varve';
import { demonstrate } from './demonstration.ts';
import { Shop } from './shop.ts';

const directory = await mkdtemp(join(tmpdir(), 'varve-orders-'));
const db = await open(directory);
try {
  await demonstrate(await Shop.open(db), console.log);
} finally {
  await db.close();
  await rm(directory, { recursive: true });
}
