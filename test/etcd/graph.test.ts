/** A graph on etcd keeps what it keeps in a directory. */
import { afterAll, beforeAll, describe } from 'vitest';

import { open } from '../../src/index.ts';
import { describeGraph } from '../graph/servers.ts';
import { EtcdCluster, findEtcd } from './cluster.ts';

describe.skipIf(findEtcd() === undefined)('etcd', () => {
  let cluster: EtcdCluster;

  beforeAll(async () => {
    cluster = await EtcdCluster.start({ memberCount: 1, isInMemory: true });
  });

  afterAll(async () => {
    await cluster.end();
  });

  const isLong = process.env['VARVE_CLUSTER'] === 'all';
  describeGraph('etcd', {
    seed: Number(process.env['SEED'] ?? 1),
    stepCount: isLong ? 3000 : 60,
    matchCount: isLong ? 80 : 5,
    openOne: (name) => open(cluster.url(name)),
  });
});
