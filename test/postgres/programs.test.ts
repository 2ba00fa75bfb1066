/** Programs that know nothing of servers, on PostgreSQL. */
import { afterAll, beforeAll, describe } from 'vitest';

import { describePrograms } from '../remote/programs.ts';
import { findPostgres, PostgresCluster } from './cluster.ts';

const IS_LONG = process.env['VARVE_CLUSTER'] === 'all';

describe.skipIf(findPostgres() === undefined)('programs', () => {
  let cluster: PostgresCluster;

  beforeAll(async () => {
    cluster = await PostgresCluster.start();
  });

  afterAll(async () => {
    await cluster.end();
  });

  describePrograms('PostgreSQL', {
    urlOf: (table) => cluster.url({ table, history_ms: 1000 }),
    isLong: IS_LONG,
    // The sessions of the stopped client, and those of the test: all find their state gone.
    forget: async (table) => {
      const [server] = cluster.servers;
      await server?.sql(
        `update varve.${table}$log set at_ms = at_ms - 1000000;
         select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname is not null`,
      );
    },
  });
});
