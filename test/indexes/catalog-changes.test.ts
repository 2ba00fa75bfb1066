/** What happens to indexes while the catalog changes: names, drops beside builds, refused drops, snapshots at the end of a build. */
import { describe, expect, it } from 'vitest';
import {
  CorruptionError,
  type Database,
  InvalidArgumentError,
  type Keyspace,
  MemoryVfs,
  NotReadyError,
  open,
  UniqueError,
} from '../../src/index.ts';
import { catalogKey, decodeRecord, encodeRecord } from '../../src/api/catalog.ts';
import { openForRepair } from '../../src/api/open.ts';
import { INDEX_BUILD_KIND, keyspaceOf } from '../../src/bytes/keyspace-number.ts';
import { buildKey } from '../../src/indexes/index-build.ts';
import { CrashVfs } from '../support/crash-vfs.ts';
import { FaultVfs } from '../support/fault-vfs.ts';
import { GateVfs } from '../support/gate-vfs.ts';
import {
  backgroundUntil,
  closeLater,
  DIRECTORY,
  errorOf,
  slowDiskClock,
  turns,
} from '../api/fixture.ts';
import { INDEXES, type Person } from './oracle.ts';

type People = Keyspace<string, Person>;

async function peopleOf(db: Database, indexes?: object): Promise<People> {
  const options = { keyEncoding: 'utf8', valueEncoding: 'json', ...(indexes && { indexes }) };
  return db.keyspace<string, Person>('people', options as never);
}

/** What the tree has of an index that is gone: entries, and records of builds. */
async function leftovers(vfs: MemoryVfs): Promise<string[]> {
  const raw = await openForRepair(DIRECTORY, { vfs }, { key: undefined, value: undefined });
  try {
    const keys = await raw.keys().all();
    const isLeft = (key: Uint8Array): boolean =>
      keyspaceOf(key) > 2 || (keyspaceOf(key) === 0 && key[1] === INDEX_BUILD_KIND);
    return keys.filter(isLeft).map((key) => Buffer.from(key).toString('hex'));
  } finally {
    await raw.close();
  }
}

/** Names that every object has a property of. */
const INHERITED = ['toString', 'constructor', '__proto__', 'hasOwnProperty'];

describe('an index with the name of an inherited property', () => {
  it.each(INHERITED)('%s is like any other', async (name) => {
    const vfs = new MemoryVfs();
    let db = closeLater(await open(DIRECTORY, { vfs }));
    const indexes = Object.fromEntries([[name, INDEXES.byPlace]]);
    const people = await peopleOf(db);
    expect(await errorOf(() => people.dropIndex(name))).toBeInstanceOf(InvalidArgumentError);
    await people.put('ada', { country: 'DE' });
    await peopleOf(db, indexes);
    await people.index(name).ready();
    expect((await people.index(name).get(['DE']))?.key).toBe('ada');
    await db.close();
    db = closeLater(await open(DIRECTORY, { vfs }));
    const again = await peopleOf(db, indexes);
    expect(await again.index(name).count()).toBe(1);
    await again.dropIndex(name);
    expect((await db.keyspaces())[1]?.indexes).toEqual([]);
  });
});

describe('a build that is overtaken by a drop', () => {
  it.each(['index', 'keyspace'])(
    'of its %s writes nothing under a number that is gone (index-build/no-write-after-drop)',
    async (what) => {
      const memory = new MemoryVfs();
      const vfs = new GateVfs(memory);
      const key = Uint8Array.of(1);
      let db = closeLater(await open(DIRECTORY, { vfs }));
      await db.put(key, key);
      await db.flush();
      const [table] = vfs.list(DIRECTORY).filter((name) => name.endsWith('.sst'));
      let people = await peopleOf(db);
      for (let i = 0; i < 10; i++) await people.put(`p${i}`, { country: 'DE' });
      await db.flush();
      await db.close();
      const environment = { clock: slowDiskClock() };
      db = closeLater(await open(DIRECTORY, { vfs, environment, blockCacheSizeBytes: 0 }));
      people = await peopleOf(db);
      await db.get(key);
      const letBuildOn = vfs.shut('read', new RegExp(`(?<!${table})$`));
      const index = (await peopleOf(db, { byPlace: INDEXES.byPlace })).index('byPlace');
      const ended = errorOf(() => index.ready());
      await backgroundUntil('the build reads rows', () => vfs.waiterCount > 0);
      const letUpdateOn = vfs.shut('read', new RegExp(`${table}$`));
      const update = db.update(key, () => Uint8Array.of(2)); // reads ahead: commits stand in line behind it
      const drop = what === 'index' ? people.dropIndex('byPlace') : db.dropKeyspace('people');
      await turns();
      letBuildOn();
      await turns(20); // the lot of the build stands behind the drop
      letUpdateOn();
      await Promise.all([update, drop, ended]);
      await db.close();
      expect(await leftovers(memory)).toEqual([]);
    },
  );
});

describe('a drop that is refused for lack of space', () => {
  it('leaves the index as it was: its function, its handle, its first snapshot (keyspaces/refused-as-before)', async () => {
    const vfs = new FaultVfs(new CrashVfs());
    const db = closeLater(await open(DIRECTORY, { vfs }));
    const people = await peopleOf(db);
    await people.put('ada', { age: 36 });
    const early = db.snapshot();
    await peopleOf(db, { byDecade: INDEXES.byDecade });
    const index = people.index('byDecade');
    await index.ready();
    vfs.inject({ kinds: ['write', 'create', 'sync'], code: 'ENOSPC', sticky: true });
    const error = await errorOf(() => people.dropIndex('byDecade'));
    expect(Reflect.get(error, 'outcome')).toBe('not-applied');
    vfs.heal();
    await people.put('bob', { age: 41 });
    expect(await index.count()).toBe(2);
    expect(await errorOf(() => index.count({ snapshot: early }))).toBeInstanceOf(NotReadyError);
    early.close();
    expect((await db.verify()).problems).toEqual([]);
  });
});

describe('a snapshot from before the end of a build', () => {
  it('is refused from the commit that ends it on, acknowledged or not (index-reads/whole)', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const db = closeLater(await open(DIRECTORY, { vfs }));
    const people = await peopleOf(db);
    for (let i = 0; i < 10; i++) await people.put(`p${i}`, { country: 'DE' });
    const early = db.snapshot();
    await peopleOf(db, { byPlace: INDEXES.byPlace });
    const index = people.index('byPlace');
    const letOn = vfs.shut('sync', /\.log$/);
    await backgroundUntil('the build ends', () => index.isReady);
    const outcome: unknown = await index
      .count({ snapshot: early })
      .catch((error: unknown) => error);
    letOn();
    expect(outcome).toBeInstanceOf(NotReadyError);
    await index.ready();
    expect(await index.count()).toBe(10);
    early.close();
  });
});

describe('the record of a build', () => {
  it.each([
    ['another keyspace', Uint8Array.of(1, 0x70)],
    ['no keyspace', new Uint8Array(0)],
    ['the end of its own', Uint8Array.of(3)],
  ])('that is of %s is corruption, and no foreign row gets into the index', async (_of, value) => {
    const vfs = new MemoryVfs();
    let db = closeLater(await open(DIRECTORY, { vfs }));
    await db.put(Uint8Array.of(0x71), Buffer.from('{"country":"DE"}'));
    const people = await peopleOf(db, { byPlace: INDEXES.byPlace });
    await people.put('ada', { country: 'DE' });
    await db.close();
    const raw = await openForRepair(DIRECTORY, { vfs }, { key: undefined, value: undefined });
    const record = decodeRecord(2, (await raw.get(catalogKey(2)))!); // it was written above
    const byPlace = { on: ['country', 'city'], number: 3, isBuilding: true } as const;
    await raw.put(catalogKey(2), encodeRecord({ ...record, indexes: { byPlace } }));
    await raw.put(buildKey(3), value);
    await raw.close();
    db = closeLater(await open(DIRECTORY, { vfs }));
    const index = (await peopleOf(db)).index('byPlace');
    expect(await errorOf(() => index.ready())).toBeInstanceOf(CorruptionError);
    expect(await errorOf(() => index.count())).toBeInstanceOf(NotReadyError);
    await (await peopleOf(db)).dropIndex('byPlace');
    const anew = (await peopleOf(db, { byPlace: INDEXES.byPlace })).index('byPlace');
    await anew.ready();
    expect(await anew.keys().all()).toEqual(['ada']);
  });
});

describe('a unique index that failed to build', () => {
  it('goes on where it was, once the rows are changed, and misses none (index-build/unique)', async () => {
    const db = closeLater(await open(DIRECTORY, { vfs: new MemoryVfs() }));
    const people = await peopleOf(db);
    for (let i = 0; i < 600; i++)
      await people.put(`p${String(i).padStart(3, '0')}`, { email: `e${i}` });
    await people.put('p599', { email: 'e3' }); // the third lot fails
    await peopleOf(db, { byEmail: INDEXES.byEmail });
    const index = people.index('byEmail');
    expect(await errorOf(() => index.ready())).toBeInstanceOf(UniqueError);
    expect(await errorOf(() => people.put('p598', { email: 'e5' }))).toBeInstanceOf(UniqueError);
    await people.del('p003'); // whose entry is there: e3 is free for the other
    await people.put('p000', { email: 'e0 too' });
    await people.put('p597', { email: 'e0' });
    await peopleOf(db);
    await index.ready();
    expect(await index.count()).toBe(599);
    expect((await index.get(['e3']))?.key).toBe('p599');
    expect((await db.verify()).problems).toEqual([]);
  });
});
