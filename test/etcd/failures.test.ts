/**
 * varve/etcd over three members that are killed and stopped under load: nothing that was acknowledged is lost, nothing is
 * applied twice, streams have no gap (backend/acknowledged-stays, backend/once, etcd-members/again, etcd-watch/gapless).
 *
 * (etcd-members/patient: a stopped member answers late; etcd-watch/whole.)
 *
 * VARVE_CLUSTER=all runs every fault, with more transfers; else one.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { open } from '../../src/index.ts';
import { findViolation } from '../isolation/checker.ts';
import { type AnyDatabase, closePair, type Pair, runBank } from '../remote/database-contract.ts';
import { runListHistory } from '../remote/list-history.ts';
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
