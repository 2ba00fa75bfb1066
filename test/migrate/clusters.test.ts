/**
 * `migrate` between a directory and real servers, and back, beside writers: etcd and PostgreSQL. Skipped, and said so by the
 * runner, where the servers are not installed.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { MemoryVfs, migrate, open } from '../../src/index.ts';
import { EtcdCluster, findEtcd } from '../etcd/cluster.ts';
import { findPostgres, PostgresCluster } from '../postgres/cluster.ts';
import { makeRandom } from '../support/prng.ts';
import { contentOf, type TextDatabase, Writer } from './moved-database.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const TEXT = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;

async function contentAt(location: string, vfs?: MemoryVfs): Promise<unknown> {
  const db = await open(location, vfs === undefined ? {} : { vfs });
  try {
    return await contentOf(db);
  } finally {
    await db.close();
  }
}

/** From a directory to servers, beside a writer; from there to another directory. */
async function thereAndBack(url: string): Promise<void> {
  const [first, last] = [new MemoryVfs(), new MemoryVfs()];
  const options = { ...TEXT, vfs: first, history: { keepMs: 1e9 } };
  const db: TextDatabase = await open<string, unknown>('/db', options);
  const writer = await Writer.open(db, makeRandom(SEED), false);
  for (let i = 0; i < 60; i++) await writer.commit();
  const written: Promise<void>[] = [];
  const report = await migrate({ location: '/db', vfs: first }, url, {
    onProgress: ({ phase }) => {
      if (phase === 'copying') written.push(writer.commit());
    },
  });
  await Promise.all(written);
  expect(report, `seed=${SEED}`).toMatchObject({ isEqual: true, problems: [], indexCount: 2 });
  await db.close();
  const back = await migrate(url, { location: '/db', vfs: last });
  expect(back, `seed=${SEED}`).toMatchObject({ isEqual: true, problems: [], indexCount: 2 });
  expect(await contentAt('/db', last), `seed=${SEED}`).toEqual(await contentAt(url));
}

describe.skipIf(findEtcd() === undefined)('a migration to etcd and back', () => {
  let cluster: EtcdCluster;

  beforeAll(async () => {
    cluster = await EtcdCluster.start({ memberCount: 1, isInMemory: true });
  });

  afterAll(async () => {
    await cluster.end();
  });

  it('moves everything, in commits as small as etcd takes them (migration-run/compared)', () =>
    thereAndBack(cluster.url('moved')));
});

describe.skipIf(findPostgres() === undefined)('a migration to PostgreSQL and back', () => {
  let cluster: PostgresCluster;

  beforeAll(async () => {
    cluster = await PostgresCluster.start();
  });

  afterAll(async () => {
    await cluster.end();
  });

  it('moves everything (migration-run/compared)', () =>
    thereAndBack(cluster.url({ table: 'moved' })));
});
