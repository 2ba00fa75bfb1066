/** varve/postgres while connections break, servers die and stop, and the log is cut. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Backend, open } from '../../src/index.ts';
import { connect } from '../../src/postgres/index.ts';
import {
  between,
  bytesOf,
  commitOf,
  rowsOf,
  snapshotOf,
  watched,
} from '../remote/backend-contract.ts';
import { findViolation } from '../isolation/checker.ts';
import { type AnyDatabase, type Pair, runBank } from '../remote/database-contract.ts';
import { runListHistory } from '../remote/list-history.ts';
import { findBackendFault } from '../remote/backend-oracle.ts';
import { runClients } from '../remote/backend-run.ts';
import { makeRandom } from '../support/prng.ts';
import { CuttingProxy } from '../support/cutting-proxy.ts';
import { findPostgres, PostgresCluster } from './cluster.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const IS_LONG = process.env['VARVE_CLUSTER'] === 'all';
const isThere = findPostgres() !== undefined;
if (!isThere) console.log('SKIPPED: failures of PostgreSQL were not tried, this machine has none');

describe.skipIf(!isThere)('a server of PostgreSQL', () => {
  let cluster: PostgresCluster;
  let old: PostgresCluster | undefined;
  const backends: Backend[] = [];

  beforeAll(async () => {
    cluster = await PostgresCluster.start();
  });

  afterAll(async () => {
    await Promise.all(backends.map((each) => each.close()));
    await cluster.end();
    await old?.end();
  });

  const opened = async (location: string): Promise<Backend> => {
    const backend = await connect(location);
    backends.push(backend);
    return backend;
  };

  it(`breaks connections amid anything, and each commit is there once (seed ${SEED}, commit-lane/asks-again, commit-flight/once)`, async () => {
    const [server] = cluster.servers;
    const proxy = await CuttingProxy.start(server?.port ?? 0);
    const through = `postgres://varve@127.0.0.1:${proxy.port}/postgres?table=broken`;
    const [left, right] = [await opened(through), await opened(through)];
    proxy.cutAt({ random: makeRandom(SEED), chance: 0.01 });
    const run = await runClients([left, right], {
      commitCount: IS_LONG ? 10_000 : 300,
      seed: SEED,
    });
    proxy.cutAt(undefined);
    expect(findBackendFault(run), `seed=${SEED}`).toBeUndefined();
    expect(proxy.cutCount).toBeGreaterThan(5);
    await Promise.all([left.close(), right.close()]);
    await proxy.end();
  });

  it('is not asked any more when another is ahead of it (postgres-snapshot/newest-known)', async () => {
    const [server] = cluster.servers;
    const proxy = await CuttingProxy.start(server?.port ?? 0);
    old = await PostgresCluster.start();
    const backend = await opened(
      `postgres://varve@127.0.0.1:${proxy.port}/postgres?table=ahead&timeout_ms=2000`,
    );
    await connect(old.url({ table: 'ahead' })).then((each) => each.close());
    await backend.commit(commitOf({ a: '1' }));
    proxy.leadTo(old.servers[0]?.port ?? 0);
    await expect(snapshotOf(backend)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      cause: { message: expect.stringContaining('behind what this client has seen') as string },
    });
    proxy.leadTo(server?.port ?? 0);
    const snapshot = await snapshotOf(backend);
    expect(await rowsOf(snapshot)).toEqual([['a', '1']]);
    snapshot.close();
    await backend.close();
    await proxy.end();
  });

  it('says when all connections are in use, and goes on when one is free (connections/bounded)', async () => {
    const backend = await opened(cluster.url({ table: 'pool', connections: 2, timeout_ms: 2000 }));
    const held = [await snapshotOf(backend), await snapshotOf(backend)];
    await expect(snapshotOf(backend)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('connections=2') as string,
    });
    const controller = new AbortController();
    const aborted = expect(
      backend.snapshot({
        isolation: 'snapshot',
        isReadOnly: true,
        firstKey: undefined,
        signal: controller.signal,
      }),
    ).rejects.toMatchObject({ code: 'ABORTED' });
    controller.abort();
    await aborted;
    expect(await backend.commit(commitOf({ a: '1' }))).toMatchObject({ isCommitted: true });
    const next = snapshotOf(backend);
    held[0]?.close();
    const snapshot = await next;
    expect(await snapshot.get(bytesOf('a'))).toEqual(bytesOf('1'));
    for (const each of [...held, snapshot]) each.close();
  });

  it('cuts its log: old streams and old transactions are told (log-feed/gone-is-told, log-cutter/horizon-with-rows, log-cutter/newest-stays)', async () => {
    const backend = await opened(cluster.url({ table: 'cut', history_ms: 1000 }));
    const first = await backend.commit(commitOf({ a: '1' }));
    const old = await snapshotOf(backend);
    for (let i = 0; i < 5; i++) await backend.commit(commitOf({ [`b${i}`]: '2', a: `${i}` }));
    const [server] = cluster.servers;
    await server?.sql('update varve.cut$log set at_ms = at_ms - 1000000');
    const horizon = async (): Promise<number> => {
      const [row] =
        (await server?.sql("select value from varve.cut$meta where name = 'horizon'")) ?? [];
      return Number(row?.['value']);
    };
    while ((await horizon()) === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await horizon()).toBe(5);
    const [row] =
      (await server?.sql(
        'select count(*)::int as n, max(version)::int as newest from varve.cut$log',
      )) ?? [];
    expect(row).toEqual({ n: 2, newest: 6 });
    await expect(watched(backend, first.isCommitted ? first.version : 0, 6)).rejects.toMatchObject({
      code: 'HISTORY_GONE',
      oldestSequence: 6,
    });
    expect(await watched(backend, 5, 6)).toHaveLength(1);
    await expect(backend.commit(commitOf({ z: '1' }, { snapshot: old }))).rejects.toMatchObject({
      code: 'STATE_GONE',
    });
    expect(await old.get(bytesOf('a'))).toEqual(bytesOf('1')); // a reader keeps its state
    old.close();
    expect(await backend.commit(commitOf({ z: '2' }))).toMatchObject({ version: 7 });
  });

  it('ends the connection of a snapshot: each of its reads is told (session/no-silent-loss)', async () => {
    const backend = await opened(cluster.url({ table: 'gone' }));
    await backend.commit(commitOf({ a: '1' }));
    const snapshot = await snapshotOf(backend);
    const [server] = cluster.servers;
    server?.pause();
    const reads = Array.from({ length: 5 }, () => snapshot.get(bytesOf('a')));
    const told = expect(Promise.allSettled(reads)).resolves.toMatchObject(
      reads.map(() => ({ status: 'rejected', reason: { code: 'STATE_GONE' } })),
    );
    await server?.kill();
    await told;
    await server?.start();
    snapshot.close();
    const next = await snapshotOf(backend);
    expect(await next.get(bytesOf('a'))).toEqual(bytesOf('1'));
    next.close();
  });

  it('compares a commit that is far behind before it takes the lock (commit-lane/far-behind)', async () => {
    const backend = await opened(cluster.url({ table: 'far' }));
    await backend.commit(commitOf({ a: '1', b: '1', 'c/1': '1' }));
    const [lost, lostRange, won] = [
      await snapshotOf(backend),
      await snapshotOf(backend),
      await snapshotOf(backend),
    ];
    await backend.commit(commitOf({ b: '2', 'c/1': undefined }));
    for (let i = 0; i < 3; i++) {
      await Promise.all(
        Array.from({ length: 500 }, (_, n) => backend.commit(commitOf({ [`x${n}`]: `${i}` }))),
      );
    }
    expect(await backend.commit(commitOf({ b: '3' }, { snapshot: lost }))).toMatchObject({
      isCommitted: false,
    });
    expect(
      await backend.commit(
        commitOf({ a: '3' }, { snapshot: lostRange, reads: [between('c/', 'c0')] }),
      ),
    ).toMatchObject({ isCommitted: false });
    expect(
      await backend.commit(commitOf({ a: '4' }, { snapshot: won, reads: [between('d')] })),
    ).toMatchObject({ isCommitted: false }); // x was written
    expect(
      await backend.commit(commitOf({ a: '4' }, { snapshot: won, reads: [between('d', 'e')] })),
    ).toMatchObject({ isCommitted: true });
    for (const each of [lost, lostRange, won]) each.close();
  });

  it('stops to answer: the outcome is unknown, and is found out when it goes on', async () => {
    const backend = await opened(cluster.url({ table: 'stopped', timeout_ms: 2000 }));
    const [server] = cluster.servers;
    await backend.commit(commitOf({ a: '1' }));
    const snapshot = await snapshotOf(backend);
    server?.pause();
    const late = backend.commit(commitOf({ a: '2' }));
    await expect(late).rejects.toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
    server?.resume();
    expect(await snapshot.get(bytesOf('a'))).toEqual(bytesOf('1'));
    snapshot.close();
    expect(await backend.commit(commitOf({ b: '1' }))).toMatchObject({ isCommitted: true });
  });

  it('refuses a commit that another table would not: the others of its group go on (commit-lane/one-does-not-harm, commit-flight/all-or-none)', async () => {
    const backend = await opened(cluster.url({ table: 'limits' }));
    await backend.commit(commitOf({ a: '1' }));
    const key = makeRandom(SEED).bytes(5000); // the server compresses one with a pattern
    const outcomes = await Promise.allSettled([
      backend.commit(commitOf({ b: '1' })),
      backend.commit({ ...commitOf({}), writes: [{ key, value: bytesOf('too long a key') }] }),
      backend.commit(commitOf({ c: '1' })),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({
      reason: { code: 'INVALID_ARGUMENT', cause: { code: '54000' } },
    });
    const snapshot = await snapshotOf(backend);
    expect(await rowsOf(snapshot)).toEqual([
      ['a', '1'],
      ['b', '1'],
      ['c', '1'],
    ]);
    snapshot.close();
  });

  it('has tables of a newer format, or none of ours: both are refused by name (postgres-backend/format-known)', async () => {
    await (await connect(cluster.url({ table: 'newer' }))).close();
    const [server] = cluster.servers;
    await server?.sql("update varve.newer$meta set value = 2 where name = 'format'");
    await expect(connect(cluster.url({ table: 'newer' }))).rejects.toMatchObject({
      code: 'INCOMPATIBLE_FORMAT',
      message: expect.stringContaining('format=2 known=1') as string,
    });
    await server?.sql("delete from varve.newer$meta where name = 'format'");
    await expect(connect(cluster.url({ table: 'newer' }))).rejects.toMatchObject({
      code: 'INCOMPATIBLE_FORMAT',
    });
  });

  it('is opened by many clients at once, which make the tables together', async () => {
    const clients = await Promise.all(
      Array.from({ length: 8 }, () => connect(cluster.url({ schema: 'fresh', table: 'many' }))),
    );
    await Promise.all(clients.map((each, i) => each.commit(commitOf({ [`k${i}`]: '1' }))));
    const snapshot = await snapshotOf(clients[0]!); // one of eight
    expect(await rowsOf(snapshot)).toHaveLength(8);
    snapshot.close();
    await Promise.all(clients.map((each) => each.close()));
  });

  it('refuses logins and databases: the error says so at once', async () => {
    const { port } = cluster.servers[0] ?? {};
    await expect(connect(`postgres://varve@127.0.0.1:${port}/nothing`)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('sqlstate=3D000') as string,
    });
    await expect(connect(`postgres://nobody@127.0.0.1:${port}/postgres`)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('sqlstate=28000') as string,
    });
    await expect(
      connect('postgres://varve@127.0.0.1:1,127.0.0.1:2/postgres?timeout_ms=2000'),
    ).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(
        /servers=127.0.0.1:1,127.0.0.1:2 reason=.*ECONNREFUSED/,
      ) as string,
      cause: { code: 'ECONNREFUSED' },
    });
  });

  it('refuses a password: the error says so at once, and shows none', async () => {
    const [server] = cluster.servers;
    server?.requirePassword('locked');
    await server?.sql(
      "create role locked login password 'right'; grant all on database postgres to locked; select pg_reload_conf()",
    );
    const urlBy = (password: string): string =>
      `postgres://locked:${password}@127.0.0.1:${server?.port}/postgres?schema=locked`;
    const { code, message } = (await connect(urlBy('wr0ng')).catch((e: unknown) => e)) as {
      code: string;
      message: string;
    };
    expect(code).toBe('INVALID_ARGUMENT');
    expect(message).toContain('sqlstate=28P01');
    expect(message).not.toContain('wr0ng');
    await (await connect(urlBy('right'))).close();
  });

  it('is something else than PostgreSQL: the error says so in time', async () => {
    const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(
      connect(`postgres://varve@127.0.0.1:${port}/postgres?timeout_ms=500`),
    ).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    other.close();
  });
});

interface Fault {
  readonly name: string;
  readonly strike: (cluster: PostgresCluster) => Promise<void>;
}

/** How long a server stands still: most waits of a client are over by then. */
const STOP_MS = 3000;

const FAULTS: readonly Fault[] = [
  {
    name: 'a kill of the primary and its start',
    strike: async ({ servers: [primary] }) => {
      await primary?.kill();
      await primary?.start();
    },
  },
  {
    name: 'a kill of all servers and their start',
    strike: async ({ servers }) => {
      await Promise.all(servers.map((server) => server.kill()));
      for (const server of servers) await server.start();
    },
  },
  {
    name: 'a kill of one standby, and of the other when it is back',
    strike: async ({ servers: [, first, second] }) => {
      await first?.kill();
      await first?.start();
      await second?.kill();
      await second?.start();
    },
  },
  {
    name: 'a primary that is stopped and goes on',
    strike: async ({ servers: [primary] }) => {
      primary?.pause();
      await delay(STOP_MS);
      primary?.resume();
    },
  },
];

describe.skipIf(!isThere)('a primary with two standbys', () => {
  it(`dies, a standby is promoted: no commit is lost or there twice, and a bank balances (seed ${SEED}, connections/primary-only, backend/acknowledged-stays)`, async () => {
    const cluster = await PostgresCluster.start({ standbyCount: 2 });
    try {
      const backends: [Backend, Backend] = [
        await connect(cluster.url()),
        await connect(cluster.url()),
      ];
      const openBank = (): Promise<AnyDatabase> =>
        open<string, unknown>(cluster.url({ table: 'bank' }), {
          keyEncoding: 'utf8',
          valueEncoding: 'json',
        });
      const bank: Pair = [await openBank(), await openBank()];
      const transferCount = IS_LONG ? 10_000 : 150;
      let failover: Promise<unknown> | undefined;
      const failOver = async (): Promise<void> => {
        await cluster.servers[0]?.kill();
        await cluster.promote();
      };
      const [report, run] = await Promise.all([
        runBank(bank, {
          seed: SEED,
          transferCount,
          onProgress: (count) => {
            if (count >= transferCount / 3) failover ??= failOver();
          },
        }),
        runClients(backends, { commitCount: IS_LONG ? 10_000 : 300, seed: SEED }),
      ]);
      expect(failover, 'the primary has died').toBeDefined();
      const { gapMs, acknowledgedCount, unknownCount, auditCount } = report;
      console.log(
        `PostgreSQL, a dead primary: acknowledged=${acknowledgedCount} unknown=${unknownCount} audits=${auditCount} gap=${gapMs.toFixed(0)} ms`,
      );
      expect(report).toMatchObject({ wrongSums: [], missing: [], finalSum: report.expectedSum });
      expect(findBackendFault(run), `seed=${SEED}`).toBeUndefined();
      await Promise.all([...backends, ...bank].map((each) => each.close()));
    } finally {
      await cluster.end();
    }
  });

  it.runIf(IS_LONG).each(FAULTS)('keeps a bank through $name', async ({ name, strike }) => {
    const cluster = await PostgresCluster.start({ standbyCount: 2 });
    try {
      const openBank = (): Promise<AnyDatabase> =>
        open<string, unknown>(cluster.url({ table: 'bank' }), {
          keyEncoding: 'utf8',
          valueEncoding: 'json',
        });
      const bank: Pair = [await openBank(), await openBank()];
      let striking: Promise<unknown> | undefined;
      const report = await runBank(bank, {
        seed: SEED,
        transferCount: 3000,
        onProgress: (count) => {
          if (count >= 1000) striking ??= strike(cluster);
        },
      });
      await striking;
      const { gapMs, acknowledgedCount, unknownCount, auditCount } = report;
      console.log(
        `PostgreSQL, ${name}: acknowledged=${acknowledgedCount} unknown=${unknownCount} audits=${auditCount} gap=${gapMs.toFixed(0)} ms`,
      );
      expect(striking, 'the fault came').toBeDefined();
      expect(report).toMatchObject({ wrongSums: [], missing: [], finalSum: report.expectedSum });
      await Promise.all(bank.map((each) => each.close()));
    } finally {
      await cluster.end();
    }
  });

  it.runIf(IS_LONG).each(['snapshot', 'serializable'] as const)(
    'keeps %s isolation through the death of the primary',
    async (isolation) => {
      const cluster = await PostgresCluster.start({ standbyCount: 2 });
      try {
        const openOne = (): Promise<AnyDatabase> =>
          open<string, unknown>(cluster.url(), { keyEncoding: 'utf8', valueEncoding: 'json' });
        const pair: Pair = [await openOne(), await openOne()];
        const running = runListHistory({ pair, isolation, seed: SEED, transactionCount: 3000 });
        await cluster.servers[0]?.kill();
        await cluster.promote();
        const history = await running;
        await Promise.all(pair.map((each) => each.close()));
        expect(findViolation(history, isolation)?.message, `seed=${SEED}`).toBeUndefined();
      } finally {
        await cluster.end();
      }
    },
  );
});
