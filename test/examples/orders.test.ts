/**
 * examples/orders: a shop of documents, run, killed and audited. The processes run the built package.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { audit } from '../../examples/orders/audit.ts';
import { Shop } from '../../examples/orders/shop.ts';
import { type Database, open } from '../../src/index.ts';
import { builtFile } from '../support/built.ts';
import { ROOT } from '../support/packed-package.ts';
import { printTestProof } from '../support/proof-line.ts';

const RUN = join(ROOT, 'scripts', 'run-ts.mjs');
const isQuick = process.env['VARVE_QUICK'] === '1';
const KILL_COUNT = Number(process.env['VARVE_ORDER_KILLS'] ?? (isQuick ? 2 : 6));

let directory = '';

beforeEach(() => {
  builtFile('documents.js'); // refuses a stale build
  directory = mkdtempSync(join(tmpdir(), 'varve-orders-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Runs the load until it has acknowledged so many changes, and kills it; what it said. */
async function loadUntil(lineCount: number, seed: number): Promise<string[]> {
  const args = [RUN, 'examples/orders/load.ts', directory, String(seed)];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines: string[] = [];
  try {
    for await (const line of createInterface(child.stdout)) {
      lines.push(line);
      if (lines.length === lineCount) child.kill('SIGKILL');
    }
  } finally {
    child.kill('SIGKILL');
  }
  const [, signal] = (await ended) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  return lines;
}

async function withShop<T>(use: (shop: Shop) => Promise<T>): Promise<T> {
  const db = (await open(directory)) as Database<unknown, unknown>;
  try {
    return await use(await Shop.open(db));
  } finally {
    await db.close();
  }
}

describe('the shop', () => {
  it('shows a day', () => {
    const { stdout, status } = spawnSync(process.execPath, [RUN, 'examples/orders/main.ts'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(stdout).toContain('  1 customer\n');
    expect(stdout).toContain('  5 placed, 0 left\n');
    expect(stdout).toContain('  1 left\n');
    expect(stdout).toContain('found by index-order, 2 documents read\n');
    expect(stdout).toContain('The audit finds nothing.\n');
  });

  it(`adds up after each of ${KILL_COUNT} kills, and has all that was acknowledged (collection-record/version-first)`, async () => {
    const status = new Map<string, string>();
    const delivered = new Map<string, number>();
    for (let kill = 1; kill <= KILL_COUNT; kill++) {
      const lines = await loadUntil(40 + 97 * kill, kill);
      for (const line of lines) {
        const [word = '', id = ''] = line.split(' ');
        if (word === 'delivered') delivered.set(id, (delivered.get(id) ?? 0) + 5);
        else status.set(id, word === 'placed' ? 'open' : word);
      }
      await withShop(async (shop) => {
        expect(await audit(shop), `kill=${kill}`).toEqual([]);
        for (const [id, expected] of status) {
          const order = await shop.orders.get(id);
          expect(order, `kill=${kill} order=${id}`).toBeDefined();
          // A change that was not acknowledged any more may be there.
          if (expected !== 'open') expect(order?.status, `kill=${kill} order=${id}`).toBe(expected);
        }
        for (const [id, count] of delivered) {
          const product = await shop.products.get(id);
          expect(product?.delivered, `kill=${kill} product=${id}`).toBeGreaterThanOrEqual(count);
        }
      });
    }
    printTestProof('document-kills', { kills: KILL_COUNT });
  });

  it('has an audit that finds what does not add up (canary)', () =>
    withShop(async (shop) => {
      await shop.deliver('mug', 5, { name: 'Mug', category: 'home', price: 1 });
      const customer = await shop.register('a@x');
      await shop.place('o', customer, [{ product: 'mug', count: 2 }], 0);
      expect(await audit(shop)).toEqual([]);
      await shop.orders.patch('o', { set: { status: 'cancelled' } });
      expect(await audit(shop)).toEqual(['stock of mug does not add up']);
      await shop.products.patch('mug', { increment: { stock: -4 } });
      await shop.customers.patch(customer, { set: { orderCount: 0 } });
      expect((await audit(shop)).length).toBe(3);
    }));
});
