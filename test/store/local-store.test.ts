/** The embedded engine keeps the contract of a store, in memory and on disk, with and without a cache (read-view/one-state). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';

import { resolveOptions, systemEnvironment, type TuningOptions } from '../../src/base/options.ts';
import { InlineJobRunner } from '../../src/compaction/job-runner.ts';
import { openLocalStore } from '../../src/store/local-store.ts';
import type { Store } from '../../src/store/contract.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { NodeVfs } from '../../src/vfs/node-vfs.ts';
import type { Vfs } from '../../src/vfs/vfs.ts';
import { describeStore } from './conformance.ts';

const directories: string[] = [];

afterEach(() => {
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true });
});

async function openOver(vfs: Vfs, directory: string, tuning: TuningOptions): Promise<Store> {
  const environment = systemEnvironment();
  return openLocalStore({
    directory,
    vfs,
    options: resolveOptions({ ...tuning, background: 'inline' }),
    environment,
    runner: new InlineJobRunner(vfs, environment.clock),
    createIfMissing: true,
    errorIfExists: true,
  });
}

function makeDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'varve-store-'));
  directories.push(path);
  return join(path, 'db');
}

/** Tables after some commits, and every block read anew. */
const UNCACHED: TuningOptions = {
  memtableSizeBytes: 256 * 1024,
  blockCacheSizeBytes: 0,
  blockSizeBytes: 1024,
};

describeStore('the engine in memory', () => openOver(new MemoryVfs(), '/db', {}));
describeStore('the engine on disk', () => openOver(new NodeVfs(), makeDirectory(), {}));
describeStore('the engine on disk without a cache', () =>
  openOver(new NodeVfs(), makeDirectory(), UNCACHED),
);
