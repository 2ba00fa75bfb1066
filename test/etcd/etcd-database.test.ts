/** A database over etcd, by a connection string, keeps what every database keeps. */
import { afterAll, beforeAll, describe, it } from 'vitest';

import { connect } from '../../src/etcd/index.ts';
import { open } from '../../src/index.ts';
import { expectExample } from '../docs/connect-example.ts';
import { describeDatabase } from '../remote/database-contract.ts';
import { EtcdCluster, findEtcd } from './cluster.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const IS_LONG = process.env['VARVE_CLUSTER'] === 'all';

describe.skipIf(findEtcd() === undefined)('etcd', () => {
  let cluster: EtcdCluster;

  beforeAll(async () => {
    cluster = await EtcdCluster.start({ memberCount: 1, isInMemory: !IS_LONG });
  });

  afterAll(async () => {
    await cluster.end();
  });

  it('runs the example of connect', () =>
    expectExample('etcd', () => connect(cluster.url('example'))));

  describeDatabase('etcd', {
    seed: SEED,
    transactionCount: IS_LONG ? 3000 : 120,
    transferCount: IS_LONG ? 2000 : 60,
    tooMuch: { valueSizeBytes: 1_600_000, keyCount: 127 },
    openPair: async (name) => {
      const openOne = () =>
        open<string, unknown>(cluster.url(name), { keyEncoding: 'utf8', valueEncoding: 'json' });
      return [await openOne(), await openOne()];
    },
  });
});
