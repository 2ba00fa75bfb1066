/** The store of a thread keeps the contract (thread-store/owner-keeps). Owner and thread are one thread here. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';

import { resolveOptions, systemEnvironment, type TuningOptions } from '../../src/base/options.ts';
import { InlineJobRunner } from '../../src/compaction/job-runner.ts';
import type { Store } from '../../src/store/contract.ts';
import { openLocalStore } from '../../src/store/local-store.ts';
import { ThreadHost } from '../../src/threads/thread-host.ts';
import { attachStore } from '../../src/threads/thread-store.ts';
import { NodeVfs } from '../../src/vfs/node-vfs.ts';
import { describeStore } from '../store/conformance.ts';

const directories: string[] = [];

afterEach(() => {
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true });
});

/** A store over another, which it closes with itself. */
async function openBeside(tuning: TuningOptions): Promise<Store> {
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
