/** varve/etcd over a real server: the contract of a backend. */
import { afterAll, beforeAll, describe } from 'vitest';

import type { Backend } from '../../src/index.ts';
import { connect } from '../../src/etcd/index.ts';
import { describeBackend } from '../remote/backend-contract.ts';
import { EtcdCluster, findEtcd } from './cluster.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const IS_LONG = process.env['VARVE_CLUSTER'] === 'all';
const isThere = findEtcd() !== undefined;
if (!isThere) console.log('SKIPPED: varve/etcd was not tried, this machine has no etcd: make etcd');

describe.skipIf(!isThere)('etcd', () => {
  let cluster: EtcdCluster;

  beforeAll(async () => {
    cluster = await EtcdCluster.start({
      memberCount: 1,
      isInMemory: true,
      options: ['--max-txn-ops', '8192'],
    });
  });

  afterAll(async () => {
    await cluster.end();
  });

  const open = (name: string): Promise<Backend> =>
    connect(cluster.url(name), { txnOperationCountMax: 8192 });

  describeBackend('etcd', {
    open,
    keepsCallOrder: false,
    keepsIds: false,
    commitCount: IS_LONG ? 20_000 : 600,
    seed: SEED,
  });
});
