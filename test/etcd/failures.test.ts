/**
 * varve/etcd over three members that are killed and stopped under load: nothing that was acknowledged is lost, nothing is
 * applied twice, streams have no gap (backend/acknowledged-stays, backend/once, etcd-members/again, etcd-watch/gapless).
 *
 * (etcd-members/patient: a stopped member answers late; etcd-watch/whole.)
 *
 * VARVE_CLUSTER=all runs every fault, with more transfers; else one.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { connect } from '../../src/etcd/index.ts';
import { type Backend, open, openBackend } from '../../src/index.ts';
import { findViolation } from '../isolation/checker.ts';
import { commitOf, rowsOf, snapshotOf } from '../remote/backend-contract.ts';
import { findBackendFault } from '../remote/backend-oracle.ts';
import { runClients } from '../remote/backend-run.ts';
import { type AnyDatabase, closePair, type Pair, runBank } from '../remote/database-contract.ts';
import { runListHistory } from '../remote/list-history.ts';
import { CuttingProxy } from '../support/cutting-proxy.ts';
import { makeRandom } from '../support/prng.ts';
import { EtcdCluster, findEtcd } from './cluster.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const IS_LONG = process.env['VARVE_CLUSTER'] === 'all';
const TRANSFER_COUNT = IS_LONG ? 3000 : 150;
const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;

interface Fault {
  readonly name: string;
  /** Does it; returns what mends it. */
  readonly strike: (cluster: EtcdCluster, first: number) => Promise<() => Promise<unknown>>;
  readonly isShort?: boolean;
}

const FAULTS: readonly Fault[] = [
  {
    name: 'a kill of the member that the clients talk to',
    isShort: true,
    strike: async (cluster, first) => {
      await cluster.members[first]!.kill();
      return () => cluster.startAll();
    },
  },
  {
    name: 'a kill of the leader, while the clients talk to another member',
    strike: async (cluster) => {
      await cluster.members[await cluster.leader()]!.kill();
      return () => cluster.startAll();
    },
  },
  {
    name: 'a kill of all members',
    strike: async (cluster) => {
      await Promise.all(cluster.members.map((member) => member.kill()));
      await cluster.startAll();
      return () => Promise.resolve();
    },
  },
  {
    name: 'a stopped leader',
    strike: async (cluster) => {
      const leader = cluster.members[await cluster.leader()]!;
      leader.pause();
      return () => {
        leader.goOn();
        return Promise.resolve();
      };
    },
  },
];

describe.skipIf(findEtcd() === undefined)('three members of etcd', () => {
  let cluster: EtcdCluster;

  beforeAll(async () => {
    cluster = await EtcdCluster.start({ memberCount: 3 });
  });

  afterAll(async () => {
    await cluster.end();
  });

  /** Two clients, which talk to the member with this index as long as it answers. */
  async function openPair(name: string, first: number): Promise<Pair> {
    const openOne = (): Promise<AnyDatabase> =>
      open<string, unknown>(cluster.url(name, first), ENCODINGS);
    return [await openOne(), await openOne()];
  }

  const faults = FAULTS.map((fault, i) => ({ ...fault, i })).filter(
    ({ isShort = false }) => IS_LONG || isShort,
  );

  it.each(faults)('keep a bank through $name', async ({ name, strike, i }) => {
    const leader = await cluster.leader();
    const first = name.includes('another') ? (leader + 1) % 3 : leader;
    const pair = await openPair(`bank${i}`, first);
    const streamed = collect(pair[1]);
    let mending: Promise<() => Promise<unknown>> | undefined;
    const report = await runBank(pair, {
      seed: SEED,
      transferCount: TRANSFER_COUNT,
      onProgress: (count) => {
        if (count >= TRANSFER_COUNT / 3) mending ??= strike(cluster, first);
      },
    });
    const mend = await mending;
    await mend?.();
    const found = await pair[0].keys({ prefix: 'transfer/' }).all();
    await pair[0].put('end', 1);
    expect(await streamed, 'each commit once').toEqual(found);
    await closePair(pair);
    const { gapMs, acknowledgedCount, unknownCount, auditCount } = report;
    console.log(
      `etcd, ${name}: acknowledged=${acknowledgedCount} unknown=${unknownCount} audits=${auditCount} gap=${gapMs.toFixed(0)} ms`,
    );
    expect(mend, 'the fault came').toBeDefined();
    expect(report).toMatchObject({ wrongSums: [], missing: [], finalSum: report.expectedSum });
  });

  it.runIf(IS_LONG).each(['snapshot', 'serializable'] as const)(
    'keep %s isolation through a kill of the leader',
    async (isolation) => {
      const leader = await cluster.leader();
      const pair = await openPair(`history-${isolation}`, leader);
      const running = runListHistory({ pair, isolation, seed: SEED, transactionCount: 2000 });
      await cluster.members[leader]!.kill();
      const history = await running;
      await cluster.startAll();
      await closePair(pair);
      expect(findViolation(history, isolation)?.message, `seed=${SEED}`).toBeUndefined();
    },
  );
});

interface Shown {
  readonly type: string;
  readonly key: string;
}

describe.skipIf(findEtcd() === undefined)('a member of etcd', () => {
  let cluster: EtcdCluster;

  beforeAll(async () => {
    cluster = await EtcdCluster.start({ memberCount: 1, isInMemory: true });
  });

  afterAll(async () => {
    await cluster.end();
  });

  it(`loses connections amid anything, and each commit is there once (seed ${SEED}, etcd-commit/once, etcd-commit/not-reused)`, async () => {
    const proxy = await CuttingProxy.start(cluster.members[0]!.clientPort);
    const through = (): Promise<Backend> => connect(`etcd://127.0.0.1:${proxy.port}/broken`);
    const clients = [await through(), await through()] as const;
    proxy.cutAt({ random: makeRandom(SEED), chance: IS_LONG ? 0.01 : 0.04 });
    const run = await runClients(clients, { commitCount: IS_LONG ? 5000 : 100, seed: SEED });
    proxy.cutAt(undefined);
    expect(findBackendFault(run), `seed=${SEED}`).toBeUndefined();
    expect(proxy.cutCount).toBeGreaterThan(2);
    await Promise.all(clients.map((each) => each.close()));
    await proxy.end();
  });

  it('that answers no more is told in time: the outcome is unknown, and the commit is there once or not at all', async () => {
    const proxy = await CuttingProxy.start(cluster.members[0]!.clientPort);
    const url = `etcd://127.0.0.1:${proxy.port}/silent`;
    const backend = await connect(url, { timeoutMs: 300 });
    proxy.isMute = true; // requests arrive, and no answer comes back
    const lost = { code: 'UNAVAILABLE', outcome: 'unknown' };
    await expect(backend.commit(commitOf({ k: '1' }))).rejects.toMatchObject(lost);
    proxy.isMute = false;
    await backend.close();
    const next = await connect(cluster.url('silent'));
    const snapshot = await snapshotOf(next);
    expect([[], [['k', '1']]]).toContainEqual(await rowsOf(snapshot));
    snapshot.close();
    await next.close();
    await proxy.end();
  });

  it('is not there, or is something else: the error says so in time, and what to look at', async () => {
    const told = { code: 'UNAVAILABLE', outcome: 'not-applied' };
    const options = { timeoutMs: 300 };
    await expect(connect('etcd://127.0.0.1:1', options)).rejects.toMatchObject({
      ...told,
      message: expect.stringMatching(/whether a majority runs.*ECONNREFUSED/) as string,
    });
    const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(connect(`etcd://127.0.0.1:${port}`, options)).rejects.toMatchObject(told);
    other.close();
  });

  it('takes less than it was said to: the error says what to raise, and nothing is lost', async () => {
    const options = { txnOperationCountMax: 1000, requestSizeBytesMax: 8 * 1024 * 1024 };
    const db = await openBackend<string, unknown>(
      await connect(cluster.url('less'), options),
      ENCODINGS,
    );
    await db.put('kept', 1);
    const refused = {
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/raise --max/) as string,
    };
    const rows = Array.from({ length: 200 }, (_, i) => ({ type: 'put', key: `k${i}`, value: 1 }));
    await expect(db.batch(rows as never)).rejects.toMatchObject(refused);
    await expect(db.put('k', 'x'.repeat(4_000_000))).rejects.toMatchObject(refused);
    expect(await db.entries().all()).toEqual([['kept', 1]]);
    await db.put('kept', 2);
    await db.close();
  });

  it('has data of a newer format: it is refused by name (etcd-backend/format-known)', async () => {
    const backend = await connect(cluster.url('newer'));
    await backend.commit(commitOf({ a: '1' }));
    await backend.close();
    await cluster.put(Buffer.from('newer\0f'), '2');
    await expect(connect(cluster.url('newer'))).rejects.toMatchObject({
      code: 'INCOMPATIBLE_FORMAT',
      message: expect.stringContaining('format=2') as string,
    });
  });
});

/** The ids of the transfers that a stream shows, sorted, until it shows the end. */
async function collect(db: AnyDatabase): Promise<string[]> {
  const ids: string[] = [];
  for await (const { operations } of db.changes()) {
    for (const { type, key } of operations as unknown as readonly Shown[]) {
      if (type === 'put' && key.startsWith('transfer/')) ids.push(key);
      if (key === 'end') return ids.sort();
    }
  }
  return ids.sort();
}
