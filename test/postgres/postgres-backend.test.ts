/** varve/postgres over a real server: the contract of a backend, and what is PostgreSQL's own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Backend } from '../../src/index.ts';
import { connect } from '../../src/postgres/index.ts';
import { byteaArray } from '../../src/postgres/binary.ts';
import { Session } from '../../src/postgres/session.ts';
import { statementsFor } from '../../src/postgres/statements.ts';
import { Deadline } from '../../src/adapters/time.ts';
import {
  commitOf,
  describeBackend,
  rowsOf,
  snapshotOf,
  watched,
} from '../remote/backend-contract.ts';
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
    commitCount: IS_LONG ? 20_000 : 300,
    seed: SEED,
  });

  it('shows exactly the commits up to a version, to every client (postgres-snapshot/prefix, statements/one-lock)', async () => {
    const backends = await Promise.all(['prefix', 'prefix', 'prefix'].map(open));
    let isOver = false;
    const audits = backends.map(async (backend) => {
      for (let last = -1; !isOver;) {
        const snapshot = await snapshotOf(backend);
        const rows = await rowsOf(snapshot, undefined, { rowCountMax: 1000 });
        expect(rows.length).toBe(snapshot.version); // each commit adds a key
        expect(snapshot.version).toBeGreaterThanOrEqual(last);
        last = snapshot.version;
        snapshot.close();
      }
    });
    await Promise.all(
      backends.map(async (backend, b) => {
        for (let i = 0; i < 10; i++) {
          await Promise.all(
            [0, 1, 2, 3].map((n) => backend.commit(commitOf({ [`k${b}/${i}/${n}`]: '1' }))),
          );
        }
      }),
    );
    isOver = true;
    await Promise.all(audits);
    await Promise.all(backends.map((each) => each.close()));
  });

  it('leaves the row of the lock as it was made (statements/lock-never-written)', async () => {
    const backend = await open('locked');
    const place = async (): Promise<unknown> =>
      cluster.servers[0]?.sql(`select ctid, xmin from varve."locked$meta" where name = 'order'`);
    const before = await place();
    for (let i = 0; i < 5; i++) await backend.commit(commitOf({ a: String(i) }));
    expect(await place()).toEqual(before);
    await backend.close();
  });

  it('gives places in the order of calls, those that meet among them (commit-lane/in-order)', async () => {
    const backend = await open('calls');
    await backend.commit(commitOf({ hot: '0' }));
    const snapshot = await snapshotOf(backend);
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        backend.commit(
          commitOf({ [i % 7 === 0 ? 'hot' : `k${i}`]: String(i) }, i % 3 === 0 ? { snapshot } : {}),
        ),
      ),
    );
    snapshot.close();
    const versions = outcomes.flatMap((each) => (each.isCommitted ? [each.version] : []));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    const lost = outcomes.flatMap(({ isCommitted }, i) => (isCommitted ? [] : [i]));
    expect(lost).toEqual([21, 42]); // the first with the snapshot comes first, those after it meet others
    await backend.close();
  });

  it('gives a stream large commits whole, amid those of others (log-feed/whole, log-feed/gapless)', async () => {
    const [one, two] = await Promise.all([open('stream'), open('stream')]);
    const large = Object.fromEntries(Array.from({ length: 2500 }, (_, i) => [`k${i}`, 'x']));
    const end = 42;
    const stream = watched(two, 0, end);
    for (let i = 0; i < 20; i++) {
      await Promise.all([
        one.commit(commitOf(i % 10 === 5 ? large : { a: String(i) })),
        two.commit(commitOf({ b: String(i) })),
      ]);
    }
    await one.commit(commitOf({ end: '1' }));
    await one.commit(commitOf({ end: '2' }));
    const commits = await stream;
    expect(commits.map(([version]) => version)).toEqual(
      Array.from({ length: end }, (_, i) => i + 1),
    );
    const sizes = commits.map(([, writes]) => Object.keys(writes).length);
    expect(sizes.filter((size) => size !== 1)).toEqual([2500, 2500]);
    await Promise.all([one.close(), two.close()]);
  });

  it('finds rows by an index, however new a table is (session/generic-plans)', async () => {
    await (await open('plans')).close();
    const [server] = cluster.servers;
    const connectionString = cluster.url();
    const session = await Session.open(
      { name: server?.name ?? '', connectionString },
      new Deadline(10_000),
    );
    const statements = statementsFor('varve', 'plans');
    const none = byteaArray([]);
    const uses: [{ name: string; text: string }, unknown[], string][] = [
      [statements.get, [Buffer.of(1)], "'x'"],
      [statements.getMany, [byteaArray([Buffer.of(1)])], "'{x}'"],
      [statements.page(true, true), [Buffer.of(1), Buffer.of(2), 10, 10], "'x', 'y', 10, 10"],
      [statements.page(false, false), [Buffer.of(1), 10, 10], "'x', 10, 10"],
      [statements.log, [1, 1, Buffer.of(1), undefined, 10, 10], "1, 1, 'x', null, 10, 10"],
      [statements.put, [1, 1], '1, 1'],
      [statements.del, [1, 1], '1, 1'],
      [statements.precheck, [1, none, none, none], "1, '{}', '{}', '{}'"],
    ];
    for (const [statement, values, literals] of uses) {
      await session.rows(statement, values);
      const plan = await session.run(
        `explain (costs off) execute "${statement.name}"(${literals})`,
      );
      expect(plan.join('\n'), statement.name).not.toMatch(/Seq Scan|Bitmap/);
    }
    await session.end();
  });
});
