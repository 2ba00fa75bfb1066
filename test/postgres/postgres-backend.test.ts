/** varve/postgres over a real server: the contract of a backend, and what is PostgreSQL's own. */
import { afterAll, beforeAll, describe } from 'vitest';

import type { Backend } from '../../src/index.ts';
import { connect } from '../../src/postgres/index.ts';
import { describeBackend } from '../remote/backend-contract.ts';
import { findPostgres, PostgresCluster } from './cluster.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const IS_LONG = process.env['VARVE_CLUSTER'] === 'all';
const isThere = findPostgres() !== undefined;
if (!isThere) console.log('SKIPPED: varve/postgres was not tried, this machine has no PostgreSQL');

describe.skipIf(!isThere)('PostgreSQL', () => {
  let cluster: PostgresCluster;

  beforeAll(async () => {
    cluster = await PostgresCluster.start();
  });

  afterAll(async () => {
    await cluster.end();
  });

  const open = (name: string): Promise<Backend> => connect(cluster.url({ table: name }));

  describeBackend('PostgreSQL', {
    open,
    keepsCallOrder: true,
    keepsIds: true,
    commitCount: IS_LONG ? 20_000 : 600,
    seed: SEED,
  });
});
