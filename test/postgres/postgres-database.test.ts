/** A database over PostgreSQL, by a connection string, keeps what every database keeps. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { open } from '../../src/index.ts';
import { connect } from '../../src/postgres/index.ts';
import { expectExample } from '../docs/connect-example.ts';
import { type AnyDatabase, describeDatabase } from '../remote/database-contract.ts';
import { findPostgres, PostgresCluster } from './cluster.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const IS_LONG = process.env['VARVE_CLUSTER'] === 'all';

describe.skipIf(findPostgres() === undefined)('PostgreSQL', () => {
  let cluster: PostgresCluster;

  beforeAll(async () => {
    cluster = await PostgresCluster.start();
  });

  afterAll(async () => {
    await cluster.end();
  });

  const openOne = (name: string): Promise<AnyDatabase> =>
    open<string, unknown>(cluster.url({ table: name.replace('-', '_') }), {
      keyEncoding: 'utf8',
      valueEncoding: 'json',
    });

  describeDatabase('PostgreSQL', {
    seed: SEED,
    transactionCount: IS_LONG ? 5000 : 120,
    transferCount: IS_LONG ? 5000 : 60,
    openPair: async (name) => [await openOne(name), await openOne(name)],
  });

  it('runs the example of connect', () =>
    expectExample('postgres', () => connect(cluster.url({ table: 'example' }))));

  it('shows its location without a password', async () => {
    const url = cluster.url({ table: 'secret' }).replace('varve@', 'varve:word@');
    const db = await open(url);
    expect(db.location).toMatch(/^postgres:\/\/varve@127/);
    expect(db.location).not.toContain('word');
    await db.close();
  });
});
