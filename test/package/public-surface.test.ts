/**
 * The public surface is what is written down and documented, no more: in the declarations, and in the objects of a running
 * program. After a change that is meant, `npx vitest run test/package/public-surface -u` writes the list anew.
 */
import { inspect } from 'node:util';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type * as Library from '../../src/index.ts';
import { builtFile } from '../support/built.ts';
import { type PublicSurface, readSurface } from '../support/public-surface.ts';

let surface: PublicSurface;
let library: typeof Library;

beforeAll(async () => {
  surface = readSurface(builtFile('index.d.ts'));
  library = (await import(pathToFileURL(builtFile('index.js')).href)) as typeof Library;
});

describe('the declarations', () => {
  it('are those of the list', async () => {
    await expect(surface.text).toMatchFileSnapshot('public-surface.txt');
  });

  it('each have a comment', () => {
    expect(surface.undocumented).toEqual([]);
  });

  it('name what the module exports', () => {
    expect(Object.keys(library).sort()).toEqual(surface.values);
  });
});

describe.each([
  'level',
  'documents',
  'graph',
  'metrics',
  's3',
  'fastify',
  'session',
  'keyv',
  'postgres',
  'ledger',
  'etcd',
  'foundationdb',
  'ledger',
])('the declarations of varve/%s', (name) => {
  it('are those of the list, documented, and name what the module exports', async () => {
    const entry = readSurface(builtFile(`${name}.d.ts`));
    const address = pathToFileURL(builtFile(`${name}.js`)).href;
    const module = (await import(address)) as object;
    await expect(entry.text).toMatchFileSnapshot(`${name}-surface.txt`);
    expect(entry.undocumented).toEqual([]);
    expect(Object.keys(module).sort()).toEqual(entry.values);
  });
});

/** Names of properties, enumerable or not, own and inherited, but for those that every object has. */
function namesOf(object: object): string[] {
  const names = new Set<string>();
  let owner: object | null = object;
  while (owner !== null && owner !== Object.prototype) {
    for (const key of Reflect.ownKeys(owner)) if (typeof key === 'string') names.add(key);
    owner = Reflect.getPrototypeOf(owner);
  }
  names.delete('constructor');
  return [...names].sort();
}

const SYMBOLS = new Set<symbol>([
  Symbol.iterator,
  Symbol.asyncIterator,
  Symbol.dispose,
  Symbol.asyncDispose,
  inspect.custom,
]);

function symbolsOf(object: object): symbol[] {
  const prototype = Reflect.getPrototypeOf(object) ?? {};
  const keys = [...Reflect.ownKeys(object), ...Reflect.ownKeys(prototype)];
  return keys.filter((key) => typeof key === 'symbol');
}

describe('objects of a running program', () => {
  it('have the members of their declarations', async () => {
    const { open, MemoryVfs } = library;
    const db = await open('/db', { vfs: new MemoryVfs() });
    await db.put(Uint8Array.of(1), Uint8Array.of(2));
    const tx = db.begin({ isolation: 'serializable' });
    const locking = db.begin({ mode: 'pessimistic' });
    const scan = tx.entries();
    await scan.nextMany(1);
    const live: Readonly<Record<string, object>> = {
      Database: db,
      Transaction: tx,
      LockingTransaction: locking,
      Savepoint: tx.savepoint(),
      Snapshot: db.snapshot(),
      Scan: scan,
    };
    for (const [name, object] of Object.entries(live)) {
      expect(object.constructor.name).toBe(name);
      expect([name, ...namesOf(object)]).toEqual(
        [name, ...(surface.members.get(name) ?? [])].sort(),
      );
      expect(symbolsOf(object).filter((symbol) => !SYMBOLS.has(symbol))).toEqual([]);
      expect(Reflect.ownKeys(object)).toEqual([]);
    }
    await db.close();
  });

  it('are of classes without static members', () => {
    for (const name of [
      'Database',
      'Transaction',
      'LockingTransaction',
      'Savepoint',
      'Snapshot',
      'Scan',
    ]) {
      const type: unknown = Reflect.get(library, name);
      expect(Reflect.ownKeys(type as object).sort()).toEqual(['length', 'name', 'prototype']);
    }
  });
});
