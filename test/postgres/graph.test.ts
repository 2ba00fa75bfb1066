/** A graph on PostgreSQL keeps what it keeps in a directory. */
import { afterAll, beforeAll, describe } from 'vitest';

import { open } from '../../src/index.ts';
import { describeGraph } from '../graph/servers.ts';
import { findPostgres, PostgresCluster } from './cluster.ts';

describe.skipIf(findPostgres() === undefined)('PostgreSQL', () => {
  let cluster: PostgresCluster;

  beforeAll(async () => {
    cluster = await PostgresCluster.start();
  });

  afterAll(async () => {
    await cluster.end();
  });

  const isLong = process.env['VARVE_CLUSTER'] === 'all';
  describeGraph('PostgreSQL', {
    seed: Number(process.env['SEED'] ?? 1),
    stepCount: isLong ? 3000 : 60,
    matchCount: isLong ? 80 : 5,
    openOne: (name) => open(cluster.url({ table: name })),
  });
});
