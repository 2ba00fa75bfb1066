/**
 * The store of a thread keeps the contract (thread-store/owner-keeps, optimistic/writes-nothing-else,
 * owner-commit/unchanged-in-step, owner-commit/answer-when-seen, thread-link/parts-before-answer). Owner and thread are one
 * thread here.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

import { VALUE } from '../../src/base/value-type.ts';
import { sliceOf } from '../../src/bytes/bytes.ts';
import { hashKey } from '../../src/bytes/hash.ts';
import { LookupResult } from '../../src/iterator/internal-iterator.ts';
import { resolveOptions, systemEnvironment, type TuningOptions } from '../../src/base/options.ts';
import { InlineJobRunner } from '../../src/compaction/job-runner.ts';
import type { ThreadUsage } from '../../src/engine/read/shared-states.ts';
import { type LocalStore, openLocalStore } from '../../src/store/local-store.ts';
import type { ThreadAccess } from '../../src/store/thread-access.ts';
import { ThreadHost } from '../../src/threads/thread-host.ts';
import { attachStore, type ThreadStore } from '../../src/threads/thread-store.ts';
import { NodeVfs } from '../../src/vfs/node-vfs.ts';
import { commit, describeStore } from '../store/conformance.ts';

const NO_TRANSACTIONS = { transactionCount: 0, writeSetBytes: 0, readSetBytes: 0 };
const directories: string[] = [];

afterEach(() => {
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true });
});

/** An owner, to which threads can attach. */
async function openOwner(
  tuning: TuningOptions,
): Promise<{ owner: LocalStore; host: ThreadHost; access: ThreadAccess }> {
  const path = mkdtempSync(join(tmpdir(), 'varve-threads-'));
  directories.push(path);
  const vfs = new NodeVfs();
  const environment = systemEnvironment();
  const owner = await openLocalStore({
    directory: join(path, 'db'),
    vfs,
    options: resolveOptions({ ...tuning, background: 'inline' }),
    environment,
    runner: new InlineJobRunner(vfs, environment.clock),
    createIfMissing: true,
    errorIfExists: true,
  });
  const access = owner.threadAccess();
  return { owner, access, host: new ThreadHost({ store: owner, access, catalog: undefined }) };
}

/** A store over another, which it closes with itself. */
async function openBeside(tuning: TuningOptions): Promise<ThreadStore> {
  const { owner, host } = await openOwner(tuning);
  const store = await attachStore(host.share(undefined));
  const close = store.close.bind(store);
  store.close = async () => {
    await close();
    await owner.close();
    await host.close();
  };
  return store;
}

describeStore('a thread, over memory', () => openBeside({}), false);
describeStore(
  'a thread, over tables that are read anew',
  () => openBeside({ memtableSizeBytes: 256 * 1024, blockCacheSizeBytes: 0, blockSizeBytes: 1024 }),
  false,
);

it('refuses a view that is used after its turn (attached-states/end-of-turn)', async () => {
  const store = await openBeside({});
  const put = async (): Promise<void> => {
    await commit(store, [[VALUE, 'k', '1']]);
    await store.flush(undefined);
  };
  await put();
  const view = store.view();
  const key = Buffer.from('k');
  const find = (): boolean => view.findSync(sliceOf(key), hashKey(key, 0, 1), new LookupResult());
  expect(find()).toBe(true);
  await put();
  store.view();
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(find).toThrow('attached-states/end-of-turn');
  await store.close();
});

/** Lets the event loop turn until the condition holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise<void>((resolve) => setImmediate(resolve));
}

describe('threads of one owner', () => {
  const key = Buffer.from('k');
  const finds = (store: ThreadStore): boolean =>
    store.view().findSync(sliceOf(key), hashKey(key, 0, 1), new LookupResult());

  it('have index and filter of a table once, whoever opens it first (shared-lookups/first-stays)', async () => {
    const { owner, access, host } = await openOwner({});
    const [one, two, three] = [
      await attachStore(host.share(undefined)),
      await attachStore(host.share(undefined)),
      await attachStore(host.share(undefined)),
    ];
    await commit(one, [[VALUE, 'k', '1']]);
    await owner.flush(undefined);
    expect(access.lookups.all).toHaveLength(0);
    // Two threads open the table in one turn, before either hears of the other.
    for (const store of [one, two]) expect(finds(store)).toBe(true);
    await until(() => access.lookups.all.length === 1);
    await one.flush(undefined); // an answer comes behind all messages before it
    await two.flush(undefined);
    await three.flush(undefined);
    expect(finds(three)).toBe(true);
    // What all of them look into is one memory: an empty filter has no key for any of them.
    access.lookups.all[0]!.filter!.bits.fill(0);
    for (const store of [one, two, three]) expect(finds(store)).toBe(false);
    for (const store of [one, two, three]) await store.close();
    await owner.close();
    await host.close();
  });

  it('forget what they share of a table that goes', async () => {
    const { owner, access, host } = await openOwner({});
    const store = await attachStore(host.share(undefined));
    for (const value of ['1', '2']) {
      await commit(store, [[VALUE, 'k', value]]);
      await owner.flush(undefined);
      expect(finds(store)).toBe(true);
    }
    await until(() => access.lookups.all.length === 2);
    await owner.compact({ lower: undefined, upper: undefined }, undefined);
    await until(() => access.lookups.all.length === 0);
    expect(finds(store)).toBe(true);
    await until(() => access.lookups.all.length === 1);
    await store.close();
    await owner.close();
    await host.close();
  });

  it('tell the owner how long their reads take, until they end', async () => {
    const { owner, host } = await openOwner({});
    const [one, two] = [
      await attachStore(host.share(undefined)),
      await attachStore(host.share(undefined)),
    ];
    two.latencies.get.note(3);
    two.latencies.get.note(7);
    two.latencies.scanStep.note(1);
    const usage = (): readonly ThreadUsage[] => owner.stats(NO_TRANSACTIONS, 0).threads.each;
    expect(usage().map(({ get }) => get.maxMs)).toEqual([0, 7]);
    expect(usage()[1]!.scanStep.count).toBeGreaterThan(0);
    await two.close();
    await until(() => usage().length === 1);
    const third = await attachStore(host.share(undefined));
    expect(usage().map(({ get }) => get.count)).toEqual([0, 0]);
    for (const store of [one, third]) await store.close();
    await owner.close();
    await host.close();
  });
});
