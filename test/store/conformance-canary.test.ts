/** Broken stores, each of which the suite must find. */
import { expect, it } from 'vitest';

import { resolveOptions, systemEnvironment } from '../../src/base/options.ts';
import { InlineJobRunner } from '../../src/compaction/job-runner.ts';
import { type LocalStore, openLocalStore } from '../../src/store/local-store.ts';
import type { Store } from '../../src/store/contract.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { CLAIMS } from './conformance.ts';

async function openStore(): Promise<LocalStore> {
  const vfs = new MemoryVfs();
  const environment = systemEnvironment();
  return openLocalStore({
    directory: '/db',
    vfs,
    options: resolveOptions({ background: 'inline' }),
    environment,
    runner: new InlineJobRunner(vfs, environment.clock),
    createIfMissing: true,
    errorIfExists: true,
  });
}

/** A store that answers some calls in its own way. */
function broken(store: LocalStore, changes: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name) {
      if (Object.hasOwn(changes, name)) return changes[name as keyof Store];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

const CANARIES: readonly {
  readonly fault: string;
  readonly claim: string;
  readonly breakIt: (store: LocalStore) => Store;
}[] = [
  {
    fault: 'a snapshot that moves on',
    claim: 'store/view-fixed',
    breakIt: (store) =>
      broken(store, {
        snapshot: () => {
          const place = store.snapshot();
          return {
            sequence: place.sequence,
            wallMs: place.wallMs,
            isDoomed: false,
            view: () => store.view(),
            advance: () => undefined,
            close: () => place.close(),
          };
        },
      }),
  },
  {
    fault: 'a commit that is acknowledged before it is visible',
    claim: 'store/own-commits',
    breakIt: (store) =>
      broken(store, {
        commit: (request) => {
          void store.commit(request);
          return Promise.resolve();
        },
      }),
  },
  {
    fault: 'a commit that validates nothing',
    claim: 'store/first-committer',
    breakIt: (store) =>
      broken(store, { commit: ({ contender: _, ...request }) => store.commit(request) }),
  },
  {
    fault: 'a transaction that begins at what is published',
    claim: 'store/one-order',
    breakIt: (store) => broken(store, { begin: () => store.begin('read-only') }),
  },
  {
    fault: 'a watcher that is called at the commit',
    claim: 'store/watch-after',
    breakIt: (store) => {
      const listeners = new Set<(change: { sequence: number }) => void>();
      return broken(store, {
        watch: (_, listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
        commit: (request) => {
          for (const listener of listeners) listener({ sequence: store.view().sequence });
          return store.commit(request);
        },
      });
    },
  },
  {
    fault: 'a refusal that resolves',
    claim: 'store/outcome-told',
    breakIt: (store) =>
      broken(store, {
        commit: async (request) => {
          await store.commit(request).catch(() => undefined);
        },
      }),
  },
  {
    fault: 'a close that leaves commits possible',
    claim: 'store/close-is-last',
    breakIt: (store) => broken(store, { close: () => Promise.resolve() }),
  },
];

it.each(CANARIES)('the suite finds $fault ($claim)', async ({ claim, breakIt }) => {
  const opened: LocalStore[] = [];
  const open = async (): Promise<Store> => {
    const store = await openStore();
    opened.push(store);
    return breakIt(store);
  };
  const found: string[] = [];
  for (const each of CLAIMS.filter((one) => one.claim.includes(claim))) {
    await each.check(open).catch(() => found.push(each.claim));
  }
  await Promise.all(opened.map((store) => store.close()));
  expect(found).not.toEqual([]);
});
