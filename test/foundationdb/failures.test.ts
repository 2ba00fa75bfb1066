/**
 * varve/foundationdb when calls fail, states grow old and clusters are gone: over a stand-in, which fails as it is told.
 *
 * Commits whose answers are open are applied once, and told truly: a random history is checked as one without faults is.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { connectBy } from '../../src/foundationdb/foundationdb-backend.ts';
import { parseLocation } from '../../src/foundationdb/settings.ts';
import type { Backend } from '../../src/index.ts';
import {
  between,
  bytesOf,
  commitOf,
  rowsOf,
  single,
  snapshotOf,
  watched,
} from '../remote/backend-contract.ts';
import { findBackendFault } from '../remote/backend-oracle.ts';
import { runClients } from '../remote/backend-run.ts';
import {
  type CommitFault,
  FoundationServers,
  standInClient,
} from '../support/foundationdb-stand-in.ts';
import { IS_LONG, openStandIn, SEED } from './clients.ts';

const OPEN: readonly CommitFault[] = ['applied', 'dropped', 'late', 'late', 1039, 1042, 1213, 1007];
const READ_FAULTS = [1009, 1037, 1039, 1078];

let servers: FoundationServers;
let backends: Backend[] = [];

beforeEach(() => {
  servers = new FoundationServers(SEED);
});

afterEach(async () => {
  servers.isDown = false;
  await Promise.all(backends.map((each) => each.close()));
  backends = [];
});

async function open(more = ''): Promise<Backend> {
  const backend = await openStandIn(servers, 'db', more);
  backends.push(backend);
  return backend;
}

const put = async (backend: Backend, key: string, value?: string): Promise<number> => {
  const outcome = await backend.commit(commitOf({ [key]: value }));
  if (!outcome.isCommitted) throw new Error('Commit has lost');
  return outcome.version;
};

describe('a commit whose answer is open', () => {
  it(`is applied once or has lost, in a random history with faults (foundationdb-commits/once, seed ${SEED})`, async () => {
    const pair = [await open(), await open()] as const;
    const faultCounts = new Map<CommitFault, number>();
    servers.onCommit = () => {
      if (!servers.random.chance(0.25)) return undefined;
      // 1007 is for those that take a new state by themselves, and 1039 comes also when nothing was applied.
      const fault = servers.random.pick(OPEN.filter((each) => each !== 1007));
      faultCounts.set(fault, (faultCounts.get(fault) ?? 0) + 1);
      return fault;
    };
    servers.onRead = () =>
      servers.random.chance(0.02) ? servers.random.pick(READ_FAULTS) : undefined;
    const run = await runClients(pair, { commitCount: IS_LONG ? 10_000 : 600, seed: SEED });
    expect(findBackendFault(run, { sharesVersions: true }), `seed=${SEED}`).toBeUndefined();
    expect([...faultCounts.values()].every((count) => count > 5)).toBe(true);
    expect(faultCounts.size).toBe(6);
  });

  it('that has lost does not take what another has made of it (foundationdb-commits/lost-is-final)', async () => {
    const backend = await open();
    await put(backend, 'k', '0');
    const snapshot = await snapshotOf(backend);
    await put(backend, 'k', '1');
    const faults: CommitFault[] = ['dropped'];
    servers.onCommit = () => faults.shift();
    const outcome = await backend.commit(commitOf({ k: '2' }, { snapshot }));
    expect(outcome).toEqual({ isCommitted: false, key: bytesOf('k') });
  });

  it('is told as unknown when nothing answers until the end', async () => {
    const backend = await open('&timeout_ms=100');
    servers.onCommit = () => {
      servers.isDown = true;
      return 'applied';
    };
    await expect(put(backend, 'k', '1')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      outcome: 'unknown',
    });
  });

  it('is told as unknown when what became of it is not kept any more (foundationdb-commits/not-forgotten)', async () => {
    const backend = await open();
    servers.onCommit = () => {
      servers.onRead = () => {
        servers.pass(3_700_000);
        servers.onRead = undefined;
        return 1037;
      };
      servers.onCommit = undefined;
      return 1021;
    };
    await expect(put(backend, 'k', '1')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      outcome: 'unknown',
    });
  });

  it('is told as unknown by a close, which waits for no server (foundationdb-cluster/ends-all)', async () => {
    const backend = await open();
    const isSent = new Promise<void>((resolve) => {
      servers.onCommit = () => {
        resolve();
        servers.isDown = true;
        return 'dropped';
      };
    });
    const commit = expect(put(backend, 'k', '1')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      outcome: 'unknown',
    });
    await isSent;
    await backend.close();
    await commit;
  });
});

describe('a cluster that does not answer', () => {
  it('is told as such, in time (foundationdb-cluster/bounded)', async () => {
    const backend = await open('&timeout_ms=100');
    servers.isDown = true;
    const told = { code: 'UNAVAILABLE', outcome: 'not-applied' };
    await expect(snapshotOf(backend)).rejects.toMatchObject(told);
    await expect(openStandIn(servers, 'db', '&timeout_ms=100')).rejects.toMatchObject(told);
  });

  it('ends waiting with a signal, before anything is sent', async () => {
    const backend = await open();
    servers.isDown = true;
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = [
      backend.commit(commitOf({ k: '1' }, { signal })),
      backend.snapshot({ isolation: 'snapshot', isReadOnly: true, firstKey: undefined, signal }),
      backend.tidy!(between(''), signal), // it has one
    ].map((call) => expect(call).rejects.toMatchObject({ code: 'ABORTED' }));
    controller.abort();
    await Promise.all(waiting);
    await expect(backend.commit(commitOf({ k: '1' }, { signal }))).rejects.toMatchObject({
      code: 'ABORTED',
    });
    servers.isDown = false;
    expect(await rowsOf(await snapshotOf(backend))).toEqual([]);
  });
});

describe('a state that is older than five seconds', () => {
  it('is told as gone by reads and by commits', async () => {
    const backend = await open();
    await put(backend, 'k', '1');
    const snapshot = await snapshotOf(backend);
    servers.pass(6000);
    const told = { code: 'STATE_GONE', message: expect.stringMatching(/five seconds/) as string };
    await expect(snapshot.get(bytesOf('k'))).rejects.toMatchObject(told);
    await expect(snapshot.getMany([bytesOf('k')])).rejects.toMatchObject(told);
    await expect(rowsOf(snapshot)).rejects.toMatchObject(told);
    await expect(backend.commit(commitOf({ k: '2' }, { snapshot }))).rejects.toMatchObject(told);
    const reads = { snapshot, reads: [single('k')] };
    await expect(backend.commit(commitOf({}, reads))).rejects.toMatchObject(told);
    expect(await rowsOf(await snapshotOf(backend))).toEqual([['k', '1']]);
  });

  it('is taken anew by a commit that depends on nothing', async () => {
    const backend = await open();
    const faults: CommitFault[] = [1007, 1007];
    servers.onCommit = () => faults.shift();
    await put(backend, 'k', '1');
    expect(faults).toEqual([]);
  });
});

describe('the log', () => {
  it('is cut by age, and a stream that needs what is gone is told (foundationdb-cutter/horizon-with-log, foundationdb-feed/gone-is-told)', async () => {
    const backend = await open('&history_ms=60000');
    const first = await put(backend, 'a', '1');
    const second = await put(backend, 'b', '2');
    servers.pass(30_000);
    const third = await put(backend, 'c', '3');
    servers.pass(40_000);
    await backend.tidy!(between(''), undefined); // it has one
    await backend.tidy!(between(''), undefined);
    expect(servers.rowsUnder('db\0l')).toHaveLength(1);
    await expect(watched(backend, first, third)).rejects.toMatchObject({
      code: 'HISTORY_GONE',
      message: expect.stringContaining('history_ms=') as string,
    });
    const { oldestSequence: oldest } = (await watched(backend, first, third).catch(
      (error: unknown) => error,
    )) as { oldestSequence: number };
    expect(oldest).toBeGreaterThan(second);
    expect(await watched(backend, oldest - 1, third)).toEqual([[third, { c: '3' }]]);
    expect(await rowsOf(await snapshotOf(backend))).toHaveLength(3);
    await expect(watched(backend, servers.visible + 10_000_000, Infinity)).rejects.toMatchObject({
      code: 'HISTORY_GONE',
    });
  });

  it('may be cut under a stream that has nothing to read, and gives it what comes then', async () => {
    const backend = await open('&history_ms=60000');
    servers.isDeaf = true; // it looks by itself
    const start = await put(backend, 'a', '1');
    const last = start + 100_000_000;
    const stream = watched(backend, start, last);
    for (let i = 0; i < 2; i++) {
      servers.pass(50_000);
      // The second read version that is asked for from here on comes after a whole look.
      let readCount = 0;
      await new Promise<void>((resolve) => {
        servers.onRead = () => void (++readCount === 5 && resolve());
      });
      servers.onRead = undefined;
    }
    await backend.tidy!(between(''), undefined); // it has one
    await put(backend, 'b', '1');
    expect((await stream).map(([, writes]) => writes)).toEqual([{ b: '1' }]);
  });

  it('gives commits whole that a lot of it ends within (foundationdb-feed/whole)', async () => {
    const backend = await open();
    const start = await put(backend, 'a', '1');
    const sizes = [95_000, 60_000, 99_000];
    const versions: number[] = [];
    for (const size of sizes) {
      const large = Object.fromEntries(
        Array.from({ length: 30 }, (_, i) => [`k${i}`, 'v'.repeat(size)]),
      );
      const outcome = await backend.commit(commitOf(large));
      if (outcome.isCommitted) versions.push(outcome.version);
    }
    const commits = await watched(backend, start, versions.at(-1)!);
    expect(commits.map(([version]) => version)).toEqual(versions);
    const found = commits.map(([, writes]) =>
      Object.values(writes).map((value) => value?.length ?? 0),
    );
    expect(found).toEqual(sizes.map((size) => Array.from({ length: 30 }, () => size)));
  });

  it('wakes a stream also where the cluster gives no watches', async () => {
    const backend = await open();
    servers.isDeaf = true;
    const start = await put(backend, 'a', '1');
    const stream = watched(backend, start, start + 1);
    await put(backend, 'b', '1');
    expect((await stream).map(([, writes]) => writes)).toEqual([{ b: '1' }]);
  });

  it('gives commits of one version as one, with the last value of a key (foundationdb-feed/whole, foundationdb-feed/gapless)', async () => {
    const backend = await open();
    const start = await put(backend, 'a', '1');
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, i) => put(backend, 'k', String(i))),
    );
    const versions = [...new Set(outcomes)].sort((a, b) => a - b);
    expect(versions.length).toBeLessThan(outcomes.length);
    const commits = await watched(backend, start, versions.at(-1)!);
    expect(commits.map(([version]) => version)).toEqual(versions);
    for (const [version, { k }] of commits) expect(outcomes[Number(k)]).toBe(version);
    const [[, value]] = (await rowsOf(await snapshotOf(backend), between('k'))) as [
      [string, string],
    ];
    expect(commits.at(-1)?.[1]).toEqual({ k: value });
  });

  it('holds nothing of tries that have ended, but for the last ones (foundationdb-cutter/keeps-tries)', async () => {
    const backend = await open();
    const faults: CommitFault[] = ['applied', 'dropped', 'late'];
    servers.onCommit = () => (servers.random.chance(0.3) ? servers.random.pick(faults) : undefined);
    for (let i = 0; i < 60; i++) await put(backend, 'k', String(i));
    servers.onCommit = undefined;
    for (let i = 0; i < 20; i++) await put(backend, 'k', String(i));
    expect(servers.rowsUnder('db\0i').length).toBeLessThan(4);
    servers.pass(3_599_000);
    await backend.tidy!(between(''), undefined); // it has one
    expect(servers.rowsUnder('db\0i').length).toBeGreaterThan(0);
    servers.pass(10_000);
    await backend.tidy!(between(''), undefined);
    expect(servers.rowsUnder('db\0i')).toEqual([]);
  });
});

describe('what does not fit', () => {
  it('a commit whose reads are too many is refused by name, and is not sent (foundationdb-plan/fits)', async () => {
    const backend = await open();
    const snapshot = await snapshotOf(backend);
    servers.onCommit = () => {
      throw new Error('Nothing may be sent');
    };
    const reads = Array.from({ length: 2000 }, (_, i) => single(`${i}${'k'.repeat(5000)}`));
    await expect(backend.commit(commitOf({ k: '1' }, { snapshot, reads }))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/max=10000000 writes=1 reads=2000/) as string,
    });
  });

  it('a commit as large as is told is taken, with keys of any size', async () => {
    const backend = await open();
    const snapshot = await snapshotOf(backend);
    const { commitSizeBytesMax, valueSizeBytesMax } = backend.capabilities;
    const value = 'v'.repeat(valueSizeBytesMax - 10);
    const large = Object.fromEntries(
      Array.from({ length: commitSizeBytesMax / valueSizeBytesMax }, (_, i) => [`k${i}`, value]),
    );
    const outcome = await backend.commit(commitOf(large, { snapshot }));
    expect(outcome.isCommitted).toBe(true);
  });

  it('what the cluster refuses for its size is told as such', async () => {
    const backend = await open();
    servers.onCommit = () => 2101;
    await expect(put(backend, 'k', '1')).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('code=2101') as string,
    });
  });

  it('data of another format is refused (foundationdb-backend/format-known)', async () => {
    const other = standInClient(servers).open().rawCreateTransaction();
    other.set(Buffer.from('db\0f'), Buffer.from('2'));
    await other.rawCommit();
    await expect(open()).rejects.toMatchObject({
      code: 'INCOMPATIBLE_FORMAT',
      message: expect.stringContaining('format=2 known=1') as string,
    });
  });

  it('another version of the interface in the same process is told with the parameter', async () => {
    await open();
    await expect(open('&api_version=710')).rejects.toThrow(
      /api_version=710 .*already initialized with API version 630/,
    );
  });

  it('a cluster file that is none is told with its name', async () => {
    const client = {
      ...standInClient(servers),
      open: () => {
        throw new Error('No cluster file');
      },
    };
    const settings = parseLocation('foundationdb:///none');
    await expect(connectBy(settings, client)).rejects.toThrow(/file=\/none .*No cluster file/);
  });
});

it('a snapshot is not older than any commit that was acknowledged (foundationdb-backend/newest)', async () => {
  const [one, two] = [await open(), await open()];
  for (let i = 0; i < 50; i++) {
    const version = await put(one, 'k', String(i));
    const snapshot = await snapshotOf(two, 'k');
    expect(snapshot.version).toBeGreaterThanOrEqual(version);
    expect(await snapshot.get(bytesOf('k'))).toEqual(bytesOf(String(i)));
  }
});

it('a commit that has read and written names both at either level (foundationdb-plan/first-committer)', async () => {
  const backend = await open();
  const snapshot = await snapshotOf(backend);
  await put(backend, 'b', undefined);
  const lost = await backend.commit(commitOf({ b: '1' }, { snapshot }));
  expect(lost).toEqual({ isCommitted: false, key: bytesOf('b') });
  const reads = { snapshot, reads: [between('a', 'c')] };
  expect(await backend.commit(commitOf({ z: '1' }, reads))).toEqual({
    isCommitted: false,
    key: bytesOf('a'),
  });
  expect((await backend.commit(commitOf({ z: '1' }, { snapshot }))).isCommitted).toBe(true);
});
