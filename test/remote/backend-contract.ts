/**
 * What every backend must keep: the guarantees of src/remote/backend.ts, as tests.
 *
 * Owns: the suite. An implementation calls `describeBackend` with a way to open an empty database, and to open it a second
 * time, as another client.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type {
  Backend,
  BackendCommit,
  BackendOutcome,
  BackendRange,
  BackendSnapshot,
  WatchedCommit,
} from '../../src/index.ts';
import { makeRandom } from '../support/prng.ts';
import { findBackendFault } from './backend-oracle.ts';
import { runClients } from './backend-run.ts';

/** Keys and values by their text; undefined deletes. */
export type Writes = Readonly<Record<string, string | undefined>>;

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** A commit of these writes that depends on nothing, unless told. */
export function commitOf(writes: Writes, more: Partial<BackendCommit> = {}): BackendCommit {
  return {
    snapshot: undefined,
    reads: [],
    guards: [],
    writes: Object.entries(writes)
      .map(([key, value]) => ({
        key: bytesOf(key),
        value: value === undefined ? value : bytesOf(value),
      }))
      .sort((a, b) => Buffer.compare(a.key, b.key)),
    id: randomBytes(16),
    durability: 'sync',
    wallMs: 1_700_000_000_000,
    signal: undefined,
    ...more,
  };
}

export function snapshotOf(backend: Backend, firstKey?: string): Promise<BackendSnapshot> {
  return backend.snapshot({
    isolation: 'serializable',
    isReadOnly: false,
    firstKey: firstKey === undefined ? undefined : bytesOf(firstKey),
    signal: undefined,
  });
}

export const single = (key: string): BackendRange => ({
  start: bytesOf(key),
  end: bytesOf(`${key}\0`),
});
export const between = (start: string, end?: string): BackendRange => ({
  start: bytesOf(start),
  end: end === undefined ? undefined : bytesOf(end),
});

/** All rows of a part of a range, read page by page. */
export async function rowsOf(
  snapshot: BackendSnapshot,
  { start, end }: BackendRange = between(''),
  { isReverse = false, rowCountMax = 3, sizeBytesMax = 100_000 } = {},
): Promise<[key: string, value: string][]> {
  const rows: [string, string][] = [];
  for (let [low, high] = [start, end]; ;) {
    const page = await snapshot.page({
      start: low,
      end: high,
      isReverse,
      rowCountMax,
      sizeBytesMax,
    });
    for (const { key, value } of page.rows) rows.push([textOf(key), textOf(value)]);
    const last = page.rows.at(-1);
    if (!page.hasMore || last === undefined) return rows;
    if (isReverse) high = last.key;
    else low = bytesOf(`${textOf(last.key)}\0`);
  }
}

const lostTo = (outcome: BackendOutcome): string | undefined | true =>
  outcome.isCommitted ? undefined : outcome.key === undefined ? true : textOf(outcome.key);

/** The first commits of a watch after a version, until `until` is among them. */
export async function watched(
  backend: Backend,
  after: number,
  until: number,
  range: BackendRange = between(''),
): Promise<[version: number, writes: Writes][]> {
  const controller = new AbortController();
  const found: [number, Writes][] = [];
  for await (const commit of backend.watch({ ...range, after, signal: controller.signal })) {
    found.push([commit.version, writesOf(commit)]);
    if (commit.version >= until) controller.abort();
  }
  return found;
}

export function writesOf({ writes }: WatchedCommit): Writes {
  return Object.fromEntries(writes.map(({ key, value }) => [textOf(key), value && textOf(value)]));
}

export interface ContractOptions {
  /** Opens the database of that name, which is empty at first; each call is another client. */
  readonly open: (name: string) => Promise<Backend>;
  /** Commits of the random run. */
  readonly commitCount: number;
  /** Commits of one client are applied in the order of their calls, also when they are not awaited. */
  readonly keepsCallOrder: boolean;
  /** An id is known to every client, for as long as a test lasts. */
  readonly keepsIds: boolean;
  /** Commits may share a version. And versions grow also without a commit. */
  readonly sharesVersions?: boolean;
  readonly seed: number;
}

export function describeBackend(name: string, options: ContractOptions): void {
  const { open, commitCount, seed, keepsCallOrder, keepsIds, sharesVersions = false } = options;
  describe(`${name}, as a backend`, () => {
    let [one, two] = [] as unknown as [Backend, Backend];

    beforeAll(async () => {
      [one, two] = await Promise.all([open('contract'), open('contract')]);
    });

    afterAll(async () => {
      await Promise.all([one, two].map((each) => each.close()));
    });

    const put = async (backend: Backend, writes: Writes): Promise<number> => {
      const outcome = await backend.commit(commitOf(writes));
      if (!outcome.isCommitted) throw new Error('Commit has lost');
      return outcome.version;
    };

    it('shows a snapshot as it was, and the newest state to a new one (backend/snapshot-fixed)', async () => {
      const first = await put(one, { 'a/1': 'x', 'a/2': 'y' });
      const snapshot = await snapshotOf(two, 'a/1');
      const second = await put(one, { 'a/1': undefined, 'a/2': 'z', 'a/3': 'new' });
      expect(second).toBeGreaterThan(first);
      expect(snapshot.version).toBeGreaterThanOrEqual(first);
      expect(snapshot.version).toBeLessThan(second);
      const keys = ['a/3', 'a/1', 'a/0', 'a/2'].map(bytesOf);
      expect((await snapshot.getMany(keys)).map((value) => value && textOf(value))).toEqual([
        undefined,
        'x',
        undefined,
        'y',
      ]);
      expect(await snapshot.get(bytesOf('a/1'))).toEqual(bytesOf('x'));
      expect(await snapshot.get(bytesOf('a/3'))).toBeUndefined();
      expect(await rowsOf(snapshot, between('a/', 'a0'))).toEqual([
        ['a/1', 'x'],
        ['a/2', 'y'],
      ]);
      snapshot.close();
      snapshot.close();
      const newer = await snapshotOf(two, 'a/1');
      if (sharesVersions) expect(newer.version).toBeGreaterThanOrEqual(second);
      else expect(newer.version).toBe(second);
      expect(await newer.get(bytesOf('a/1'))).toBeUndefined();
      expect(await rowsOf(newer, between('a/', 'a0'))).toEqual([
        ['a/2', 'z'],
        ['a/3', 'new'],
      ]);
      newer.close();
    });

    it('gives pages of any size, both ways, to both kinds of ends', async () => {
      const random = makeRandom(seed);
      const rows = Array.from({ length: 60 }, (_, i): [string, string] => [
        `p/${String.fromCharCode(128 + i)}${i % 7 === 0 ? '\0' : ''}`,
        'v'.repeat(1 + random.below(40)),
      ]);
      await put(one, Object.fromEntries(rows));
      const snapshot = await snapshotOf(two);
      for (const rowCountMax of [1, 7, 1000]) {
        for (const sizeBytesMax of [100, 1_000_000]) {
          for (const end of ['p0', `p/${String.fromCharCode(170)}`]) {
            const options = { rowCountMax, sizeBytesMax };
            const expected = rows.filter(([key]) => key < end);
            expect(await rowsOf(snapshot, between('p/', end), options)).toEqual(expected);
            expect(
              await rowsOf(snapshot, between('p/', end), { ...options, isReverse: true }),
            ).toEqual(expected.toReversed());
          }
        }
      }
      const open = await rowsOf(snapshot, between('p/'));
      expect(open.slice(0, rows.length)).toEqual(rows);
      expect((await rowsOf(snapshot, between('p/'), { isReverse: true })).toReversed()).toEqual(
        open,
      );
      const small = await snapshot.page({
        ...between('p/'),
        isReverse: false,
        rowCountMax: 60,
        sizeBytesMax: 50,
      });
      expect(small.rows.length).toBeLessThan(20);
      expect(await rowsOf(snapshot, between('p0', 'p0'))).toEqual([]);
      snapshot.close();
    });

    it.each<
      [
        what: string,
        before: Writes,
        other: Writes,
        mine: Partial<BackendCommit> & { put: Writes },
        to: string | undefined,
      ]
    >([
      ['writes what another has written', { k: '1' }, { k: '2' }, { put: { k: '3' } }, 'k'],
      ['writes what another has made', {}, { k: '2' }, { put: { k: '3' } }, 'k'],
      ['writes what another has deleted', { k: '1' }, { k: undefined }, { put: { k: '3' } }, 'k'],
      ['deletes what another has written', { k: '1' }, { k: '2' }, { put: { k: undefined } }, 'k'],
      ['deletes what another has made', {}, { k: '2' }, { put: { k: undefined } }, 'k'],
      [
        'has read a key that another wrote',
        { k: '1' },
        { k: '2' },
        { put: { z: '3' }, reads: [single('k')] },
        'k',
      ],
      [
        'has read that a key is absent',
        {},
        { k: '2' },
        { put: { z: '3' }, reads: [single('k')] },
        'k',
      ],
      [
        'has read a key that another deleted',
        { k: '1' },
        { k: undefined },
        { put: { z: '3' }, reads: [single('k')] },
        'k',
      ],
      [
        'has read a range that a key came into',
        {},
        { k: '2' },
        { put: { z: '3' }, reads: [between('j', 'l')] },
        'k',
      ],
      [
        'has read a range that a key was deleted from',
        { k: '1' },
        { k: undefined },
        { put: { z: '3' }, reads: [between('j')] },
        'k',
      ],
      [
        'has read, and writes nothing',
        { k: '1' },
        { k: '2' },
        { put: {}, reads: [single('k')] },
        'k',
      ],
      [
        'has read the keys around',
        { k: '1' },
        { k: '2' },
        { put: { z: '3' }, reads: [between('j', 'k'), between('k\0', 'l')] },
        undefined,
      ],
      ['writes another key', { k: '1' }, { k: '2' }, { put: { 'k\0': '3' } }, undefined],
      [
        'has read another key, and writes nothing',
        { k: '1' },
        { k: '2' },
        { put: {}, reads: [single('j')] },
        undefined,
      ],
    ])(
      'lets a commit lose, or not, that %s (backend/first-committer)',
      async (_, before, other, { put: mine, ...more }, to) => {
        await put(one, { j: undefined, k: undefined, z: undefined, ...before });
        const snapshot = await snapshotOf(two);
        await put(one, other);
        const outcome = await two.commit(commitOf(mine, { ...more, snapshot }));
        snapshot.close();
        const starts = more.reads?.map(({ start }) => textOf(start)) ?? [];
        if (lostTo(outcome) !== to)
          expect(to === undefined ? [] : starts).toContain(lostTo(outcome));
        const after = await snapshotOf(one);
        const expected =
          to === undefined ? { ...before, ...other, ...mine } : { ...before, ...other };
        for (const [key, value] of Object.entries(expected)) {
          expect(await after.get(bytesOf(key)), key).toEqual(
            value === undefined ? undefined : bytesOf(value),
          );
        }
        after.close();
      },
    );

    it('does not forget a key that was made and deleted since (backend/first-committer)', async () => {
      const snapshot = await snapshotOf(two);
      await put(one, { 'once/x': '1' });
      await put(one, { 'once/x': undefined });
      const outcome = await two.commit(commitOf({ 'once/x': '2' }, { snapshot }));
      expect(outcome.isCommitted).toBe(false);
      snapshot.close();
    });

    it('applies a commit only while its guards hold', async () => {
      await put(one, { 'g/n': '7' });
      const guarded = (value: string | undefined, key = 'g/n'): Promise<BackendOutcome> =>
        two.commit(
          commitOf(
            { 'g/out': `${value}` },
            {
              guards: [{ key: bytesOf(key), value: value === undefined ? value : bytesOf(value) }],
            },
          ),
        );
      expect(lostTo(await guarded('7'))).toBeUndefined();
      expect(lostTo(await guarded('6'))).toBe('g/n');
      expect(lostTo(await guarded(undefined))).toBe('g/n');
      expect(lostTo(await guarded(undefined, 'g/absent'))).toBeUndefined();
      if (!keepsCallOrder) return;
      const both = await Promise.all([put(two, { 'g/n': '8' }), guarded('7')]);
      expect(lostTo(both[1])).toBe('g/n');
    });

    it.runIf(keepsCallOrder)(
      'applies commits of one client in the order of their calls (backend/one-order)',
      async () => {
        const versions = await Promise.all(
          Array.from({ length: 30 }, (_, i) =>
            put(one, { 'o/k': String(i), [`o/${i % 3}`]: String(i) }),
          ),
        );
        expect(versions).toEqual([...versions].sort((a, b) => a - b));
        const snapshot = await snapshotOf(two);
        expect(await rowsOf(snapshot, between('o/', 'o0'))).toEqual([
          ['o/0', '27'],
          ['o/1', '28'],
          ['o/2', '29'],
          ['o/k', '29'],
        ]);
        snapshot.close();
      },
    );

    it.runIf(keepsIds)('applies a commit that it is given twice once (backend/once)', async () => {
      const commit = commitOf({ 'twice/k': '1' });
      const first = await one.commit(commit);
      await put(one, { 'twice/k': '2' });
      expect(await two.commit(commit)).toEqual(first);
      const snapshot = await snapshotOf(one);
      expect(await snapshot.get(bytesOf('twice/k'))).toEqual(bytesOf('2'));
      snapshot.close();
    });

    it('gives a watch each commit whole, with what of it is in the range (backend/watch-whole)', async () => {
      const from = await put(one, { 'w/start': '1' });
      const first = await put(one, { 'w/a': '1', 'w/b': '2', x: '3' });
      await put(two, { x: '4' });
      const large = Object.fromEntries(
        Array.from({ length: 5000 }, (_, i) => [`w/${i}`, 'v'.repeat((i % 50) + 1)]),
      );
      const second = await put(two, large);
      const third = await put(one, { 'w/a': undefined });
      const all = await watched(two, from, third, between('w/', 'w0'));
      expect(all.map(([version]) => version)).toEqual([first, second, third]);
      expect(all.map(([, writes]) => writes)).toEqual([
        { 'w/a': '1', 'w/b': '2' },
        large,
        { 'w/a': undefined },
      ]);
      expect(await watched(one, second, third)).toEqual([[third, { 'w/a': undefined }]]);
    });

    it('keeps keys and values up to the sizes that it tells', async () => {
      const { keySizeBytesMax, valueSizeBytesMax, commitSizeBytesMax } = one.capabilities;
      const key = new Uint8Array(randomBytes(keySizeBytesMax));
      const sizeBytes = Math.min(valueSizeBytesMax, commitSizeBytesMax - key.length, 4_000_000);
      const value = new Uint8Array(randomBytes(sizeBytes));
      await one.commit({ ...commitOf({}), writes: [{ key, value }] });
      const snapshot = await snapshotOf(two);
      expect(Buffer.compare((await snapshot.get(key)) ?? Buffer.alloc(0), value)).toBe(0);
      snapshot.close();
      await one.commit({ ...commitOf({}), writes: [{ key, value: undefined }] });
    });

    it(`keeps all guarantees in a run of ${commitCount} commits of two clients (seed ${seed})`, async () => {
      const [left, right] = await Promise.all([open('run'), open('run')]);
      const run = await runClients([left, right], { commitCount, seed });
      expect(findBackendFault(run, { sharesVersions }), `seed=${seed}`).toBeUndefined();
      const lost = run.commits.filter(({ version }) => version === undefined).length;
      expect(lost).toBeGreaterThan(commitCount / 50); // else it would prove little
      expect(run.commits.length - lost).toBeGreaterThan(commitCount / 4);
      await Promise.all([left, right].map((each) => each.close()));
    });

    it('ends what is under way when it is closed', async () => {
      const backend = await open('contract');
      const snapshot = await snapshotOf(backend);
      const watch = watched(backend, snapshot.version, Infinity);
      const ended = expect(watch).rejects.toMatchObject({ code: 'CLOSED' });
      await backend.close();
      await backend.close();
      await ended;
      await expect(backend.commit(commitOf({ a: '1' }))).rejects.toMatchObject({ code: 'CLOSED' });
      await expect(snapshotOf(backend)).rejects.toMatchObject({ code: 'CLOSED' });
      await expect(snapshot.get(bytesOf('a'))).rejects.toThrow();
      snapshot.close();
    });
  });
}
