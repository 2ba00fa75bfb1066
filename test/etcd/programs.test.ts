/** Programs that know nothing of servers, on etcd. */
import { afterAll, beforeAll, describe } from 'vitest';

import { describePrograms } from '../remote/programs.ts';
import { EtcdCluster, findEtcd } from './cluster.ts';

const IS_LONG = process.env['VARVE_CLUSTER'] === 'all';

describe.skipIf(findEtcd() === undefined)('programs', () => {
  let cluster: EtcdCluster;

  beforeAll(async () => {
    cluster = await EtcdCluster.start({ memberCount: 1, isInMemory: true });
  });

  afterAll(async () => {
    await cluster.end();
  });

  describePrograms('etcd', {
    urlOf: (name) => cluster.url(name),
    isLong: IS_LONG,
    forget: () => cluster.compact(),
  });
});
