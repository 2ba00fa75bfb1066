/** examples/ledger as it is, on etcd. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { demonstrate } from '../../examples/ledger/demonstration.ts';
import { openBooks } from '../../examples/ledger/records.ts';
import { open } from '../../src/index.ts';
import { EtcdCluster, findEtcd } from './cluster.ts';

describe.skipIf(findEtcd() === undefined)('the ledger', () => {
  let cluster: EtcdCluster;

  beforeAll(async () => {
    cluster = await EtcdCluster.start({ memberCount: 1, isInMemory: true });
  });

  afterAll(async () => {
    await cluster.end();
  });

  it('runs by a connection string, and its books are right', async () => {
    const db = await open(cluster.url('ledger'));
    const lines: string[] = [];
    await demonstrate(await openBooks(db), (line) => lines.push(line));
    expect(lines.filter((line) => line.includes('PROBLEM'))).toEqual([]);
    expect(lines.at(-1)).toBe('  the books are right');
    expect((await db.verify()).problems).toEqual([]);
    await db.close();
  });
});
