/**
 * The store of a thread keeps the contract (thread-store/owner-keeps, optimistic/writes-nothing-else,
 * owner-commit/unchanged-in-step, owner-commit/answer-when-seen, thread-link/parts-before-answer). Owner and thread are one
 * thread here.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';

import { VALUE } from '../../src/base/value-type.ts';
import { sliceOf } from '../../src/bytes/bytes.ts';
import { hashKey } from '../../src/bytes/hash.ts';
import { LookupResult } from '../../src/iterator/internal-iterator.ts';
import { resolveOptions, systemEnvironment, type TuningOptions } from '../../src/base/options.ts';
import { InlineJobRunner } from '../../src/compaction/job-runner.ts';
import { openLocalStore } from '../../src/store/local-store.ts';
import { ThreadHost } from '../../src/threads/thread-host.ts';
import { attachStore, type ThreadStore } from '../../src/threads/thread-store.ts';
import { NodeVfs } from '../../src/vfs/node-vfs.ts';
import { commit, describeStore } from '../store/conformance.ts';

const directories: string[] = [];

afterEach(() => {
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true });
});

/** A store over another, which it closes with itself. */
async function openBeside(tuning: TuningOptions): Promise<ThreadStore> {
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
  const host = new ThreadHost({ store: owner, access: owner.threadAccess(), catalog: undefined });
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
