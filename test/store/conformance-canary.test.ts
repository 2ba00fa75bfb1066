/** Broken stores, each of which the suite must find. */
import { expect, it } from 'vitest';

import { resolveOptions, systemEnvironment } from '../../src/base/options.ts';
import { InlineJobRunner } from '../../src/compaction/job-runner.ts';
import { type LocalStore, openLocalStore } from '../../src/store/local-store.ts';
import type { Store } from '../../src/store/contract.ts';
import type { LateOperations } from '../../src/txn/late-operations.ts';
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
  {
    fault: 'late operations that see what is published alone',
    claim: 'late-operations/newest',
    breakIt: (store) =>
      broken(store, {
        commit: ({ late, ...request }) => {
          late?.addTo(request.batch, store.view());
          return store.commit(request);
        },
      }),
  },
  {
    fault: 'operations of the guard in front of the others',
    claim: 'late-operations/derived-last',
    breakIt: (store) =>
      broken(store, {
        commit: ({ late, guard, derived: _, ...request }) =>
          store.commit({ ...request, late: guard?.(), guard: () => late }),
      }),
  },
  {
    fault: 'a commit without the late operations that threw',
    claim: 'store/outcome-told',
    breakIt: (store) =>
      broken(store, {
        commit: ({ late, ...request }) =>
          store.commit({ ...request, late: late && changed(late, forgiving(late)) }),
      }),
  },
  {
    fault: 'a commit that reads ahead before it takes its turn',
    claim: 'read-ahead-line/in-call-order',
    breakIt: (store) =>
      broken(store, {
        commit: async ({ late, ...request }) => {
          await late?.readAhead(store.view(), request.batch);
          const read = late && changed(late, { readAhead: () => undefined });
          return store.commit({ ...request, late: read });
        },
      }),
  },
  {
    fault: 'late operations that are added to those of the time before',
    claim: 'late-operations/again',
    breakIt: (store) =>
      broken(store, {
        commit: ({ late, ...request }) =>
          store.commit({ ...request, late: late && changed(late, twice(late)) }),
      }),
  },
  {
    fault: 'late operations whose own commit passes',
    claim: 'late-operations/writes-nothing-else',
    breakIt: (store) => {
      let isIn = false;
      return broken(store, {
        commit: ({ late, ...request }) => {
          if (isIn) return Promise.resolve();
          const watched =
            late &&
            changed(late, {
              addTo: (batch, view) => {
                isIn = true;
                try {
                  late.addTo(batch, view);
                } finally {
                  isIn = false;
                }
              },
            });
          return store.commit({ ...request, late: watched });
        },
      });
    },
  },
];

function changed(late: LateOperations, changes: Partial<LateOperations>): LateOperations {
  const { keys, operationCount, sizeBytes } = late;
  return {
    keys,
    operationCount,
    sizeBytes,
    readAhead: (view, batch) => late.readAhead(view, batch),
    addTo: (batch, view) => late.addTo(batch, view),
    ...changes,
  };
}

/** Swallows what they throw. */
function forgiving(late: LateOperations): Partial<LateOperations> {
  return {
    addTo: (batch, view) => {
      try {
        late.addTo(batch, view);
      } catch {
        // the fault
      }
    },
  };
}

/** Runs them twice on one batch. */
function twice(late: LateOperations): Partial<LateOperations> {
  return {
    addTo: (batch, view) => {
      late.addTo(batch, view);
      late.addTo(batch, view);
    },
  };
}

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
