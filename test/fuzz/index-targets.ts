/**
 * Fuzz targets of the data model: entries of indexes, records of the keyspace catalog, and records of builds.
 *
 * Owns: a database with indexes, of which one entry of the tree is damaged below every checksum, and what must be true then.
 * Reads give rows as they are or a CorruptionError; writes go on or are refused by name; `verify` tells of every difference
 * between rows and indexes; a repair has all indexes as the rows say.
 *
 * What no read can see is an entry that was turned into a sound one of another row or of other values: it is shown as it
 * stands, with its row. `verify` is what finds it.
 *
 * Suspension: every target suspends for its database.
 */
import { isDeepStrictEqual } from 'node:util';
import { openForRepair, open } from '../../src/api/open.ts';
import type { Database } from '../../src/api/database.ts';
import type { Keyspace } from '../../src/api/keyspace.ts';
import { CATALOG_RANGE, catalogKey } from '../../src/api/catalog.ts';
import { CorruptionError, StorageError, UniqueError } from '../../src/base/errors.ts';
import { compareBytes } from '../../src/bytes/bytes.ts';
import { isInRange } from '../../src/bytes/key-range.ts';
import { keyspaceOf } from '../../src/bytes/keyspace-number.ts';
import { buildKey } from '../../src/indexes/index-build.ts';
import { repair } from '../../src/inspect/repair.ts';
import { CrashVfs } from '../support/crash-vfs.ts';
import type { Random } from '../support/prng.ts';
import { expectedEntries, INDEXES, type IndexName, type Person } from '../indexes/oracle.ts';
import { type FuzzTarget, type Input, WrongResult } from './fuzzer.ts';
import { joined, mutated } from './mutate.ts';

const DIRECTORY = '/db';
const REPAIRED = '/repaired';
/** Memtables, and those of a repair, before they are collected. */
const GROWTH_SIZE_BYTES_MAX = 256 * 1024 * 1024;
const PEOPLE = 2;
const NAMES = ['byEmail', 'byPlace', 'byTag'] as const;
const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;
const DECLARED = Object.fromEntries(NAMES.map((name) => [name, INDEXES[name]]));
const TUNING = { background: 'inline', memtableSizeBytes: 256 * 1024 } as const;

type People = Keyspace<string, Person>;
type TreeEntry = readonly [key: Uint8Array, value: Uint8Array];

interface Prepared {
  readonly disk: CrashVfs;
  readonly rows: ReadonlyMap<string, Person>;
  /** Everything in the tree. */
  readonly entries: readonly TreeEntry[];
}

const peopleOf = (db: Database, options: object = {}): Promise<People> =>
  db.keyspace<string, Person>('people', { ...ENCODINGS, ...options } as never);

/** Two keyspaces, of which one has indexes. */
async function prepare(count: number): Promise<Prepared> {
  const disk = new CrashVfs();
  const db = await open(DIRECTORY, { vfs: disk, ...TUNING });
  const people = await peopleOf(db, { indexes: DECLARED });
  const other = await db.keyspace<string, string>('other', ENCODINGS as never);
  const rows = new Map<string, Person>();
  for (let i = 0; i < count; i++) {
    rows.set(`p${String(i).padStart(3, '0')}`, {
      ...(i % 7 > 0 && { email: i % 11 === 0 ? null : `e${i}` }),
      ...(i % 3 > 0 && { country: ['DE', 'FR', 'DE\0'][i % 3]!, city: `c${i % 4}` }), // i % 3 < 3
      ...(i % 4 > 0 && { tags: ['a', 'b', 'c'].slice(i % 3) }),
    });
  }
  await people.batch([...rows].map(([key, value]) => ({ type: 'put', key, value })));
  await other.put('x', 'y');
  await db.flush();
  await db.close();
  const raw = await openForRepair(DIRECTORY, { vfs: disk, ...TUNING }, NO_ENCODINGS);
  const entries = await raw.entries().all();
  await raw.close();
  return { disk, rows, entries };
}

const NO_ENCODINGS = { key: undefined, value: undefined };

/** A copy of the disk, with one entry of the tree in the place of another. */
async function damaged(disk: CrashVfs, before: TreeEntry, after: TreeEntry): Promise<CrashVfs> {
  const copy = disk.kill();
  const raw = await openForRepair(DIRECTORY, { vfs: copy, ...TUNING }, NO_ENCODINGS);
  await raw.batch([
    { type: 'del', key: before[0] },
    { type: 'put', key: after[0], value: after[1] },
  ]);
  await raw.close();
  return copy;
}

/** An input: the place of the entry that is damaged, the size of its key, key and value. */
function inputOf(index: number, [key, value]: TreeEntry): Uint8Array {
  return joined(
    Uint8Array.of(index >>> 8, index & 0xff, key.length >>> 8, key.length & 0xff),
    key,
    value,
  );
}

function partsOf(bytes: Uint8Array): { readonly index: number; readonly entry: TreeEntry } {
  const keyEnd = 4 + bytes[2]! * 256 + bytes[3]!; // every input has a head
  return {
    index: bytes[0]! * 256 + bytes[1]!,
    entry: [bytes.slice(4, keyEnd), bytes.slice(keyEnd)],
  };
}

function wrong(what: string, cause?: unknown): WrongResult {
  return new WrongResult(what, { cause });
}

/** The result; undefined when it was refused as corrupt. */
async function orCorrupt<T>(what: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof CorruptionError) return undefined;
    throw wrong(`${what} ended with ${String(error)}`, error);
  }
}

/** Whether an index shows what the rows say; throws for a row that is not as it is stored. */
async function showsRight(
  people: People,
  name: IndexName,
  rows: ReadonlyMap<string, Person>,
): Promise<boolean> {
  const index = people.index(name);
  const found = await orCorrupt('entries()', () => index.entries().all());
  const keys = await orCorrupt('keys()', () => index.keys({ reverse: true }).all());
  const count = await orCorrupt('count()', () => index.count());
  for (const { key, value } of found ?? []) {
    if (!isDeepStrictEqual(value, rows.get(key))) throw wrong(`A row that is not: key=${key}`);
  }
  const expected = expectedEntries(name, rows);
  const shown = found?.map(({ values, key }) => [values, key]);
  return isDeepStrictEqual(shown, expected) && keys?.length === count && count === expected.length;
}

/** Lookups and writes beside the damage. */
async function use(people: People, rows: ReadonlyMap<string, Person>): Promise<void> {
  for (const [key, row] of rows) {
    const { email } = row;
    if (typeof email === 'string') {
      const found = await orCorrupt('get()', () => people.index('byEmail').get([email]));
      if (found !== undefined && !isDeepStrictEqual(found.value, rows.get(found.key))) {
        throw wrong(`A lookup shows a row that is not: key=${found.key}`);
      }
    }
    try {
      await people.put(key, { ...row, city: 'moved' });
    } catch (error) {
      if (!(error instanceof CorruptionError || error instanceof UniqueError)) {
        throw wrong(`put() ended with ${String(error)}`, error);
      }
    }
  }
}

/** A repaired copy has every row, and its indexes as these say. */
async function checkRepaired(vfs: CrashVfs, rows: ReadonlyMap<string, Person>): Promise<void> {
  await repair(DIRECTORY, REPAIRED, { vfs });
  const db = await open(REPAIRED, { vfs, ...TUNING });
  try {
    const people = await peopleOf(db, { indexes: DECLARED });
    for (const name of NAMES) {
      await people.index(name).ready();
      if (!(await showsRight(people, name, rows))) throw wrong(`Repaired, and not right: ${name}`);
    }
    const { problems } = await db.verify();
    if (problems.length > 0) throw wrong(`Repaired, and not sound: ${JSON.stringify(problems)}`);
  } finally {
    await db.close();
  }
}

async function makeEntryTarget(): Promise<FuzzTarget> {
  const { disk, rows, entries } = await prepare(24);
  // The indexes have the numbers after that of their keyspace; the key of each entry has one byte of head.
  const places = [...entries.keys()].filter((i) => {
    const number = keyspaceOf(entries[i]![0]); // i is in range
    return number > PEOPLE && number <= PEOPLE + NAMES.length;
  });
  return {
    name: 'index entry',
    cost: 100,
    growthSizeBytesMax: GROWTH_SIZE_BYTES_MAX,
    valid: places.slice(0, 3).map((i) => inputOf(i, entries[i]!)), // i is in range
    mutate: (random) => {
      const index = random.pick(places);
      const [key, value] = entries[index]!; // places are in range
      const others = places.map((i) => entries[i]!); // likewise
      const tail = (bytes: Uint8Array): Uint8Array => bytes.subarray(1);
      const isOfKey = random.chance(0.5);
      const newTail = isOfKey
        ? mutated(random, [tail(key), tail(random.pick(others)[0])])
        : tail(key);
      const newValue = isOfKey ? value : mutated(random, [value, random.pick(others)[1]]);
      return inputOf(index, [joined(key.subarray(0, 1), newTail), newValue]);
    },
    run: async ({ bytes, random }: Input) => {
      const { index, entry } = partsOf(bytes);
      const before = entries[index]!; // as `mutate` chose it
      const vfs = await damaged(disk, before, entry);
      const db = await open(DIRECTORY, { vfs, ...TUNING });
      let isRight = true;
      try {
        const people = await peopleOf(db, { indexes: DECLARED });
        for (const name of NAMES) isRight = (await showsRight(people, name, rows)) && isRight;
        const { problems, indexCount } = await db.verify();
        if (indexCount !== NAMES.length) throw wrong('verify() has not read every index');
        const isSame = isSameEntry(before, entry);
        if (problems.length > 0 === isSame) {
          throw wrong(`verify() found ${problems.length} problems, same=${isSame}`);
        }
        if (!isRight && problems.length === 0) throw wrong('verify() did not see the damage');
        isRight = isSame;
        if (random.chance(0.5)) await use(people, rows);
        else if (!isSame) await people.put('p000', rows.get('p000')!); // it has this row
      } finally {
        await db.close();
      }
      if (isRight) return;
      const again = await damaged(disk, before, entry);
      await checkRepaired(again, rows);
      throw new CorruptionError('verify found damage');
    },
  };
}

function isSameEntry([keyA, valueA]: TreeEntry, [keyB, valueB]: TreeEntry): boolean {
  return compareBytes(keyA, keyB) === 0 && compareBytes(valueA, valueB) === 0;
}

/** Values that mean something in a record, or nearly. */
const PLANTED: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  2,
  3,
  4,
  6,
  2.5,
  2 ** 32,
  '',
  'json',
  'tuple',
  'view',
  'none',
  'email',
  'x.',
  '[]',
  'a[].b[]',
  'toString',
  '__proto__',
  [],
  [['email']],
  {},
  { number: 3, on: ['email'] },
];

/** A record in which one property, at any depth, is changed, renamed, doubled or gone. */
function changedRecord(random: Random, bytes: Uint8Array): Uint8Array {
  const record: unknown = JSON.parse(Buffer.from(bytes).toString());
  const objects: Record<string, unknown>[] = [];
  const gather = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    objects.push(value as Record<string, unknown>);
    for (const each of Object.values(value)) gather(each);
  };
  gather(record);
  const object = random.pick(objects);
  const names = Object.keys(object);
  const name = names.length > 0 ? random.pick(names) : 'name';
  const value = object[name];
  const define = (at: string, to: unknown): void => {
    Object.defineProperty(object, at, {
      value: to,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  };
  switch (random.below(4)) {
    case 0:
      Reflect.deleteProperty(object, name);
      break;
    case 1:
      Reflect.deleteProperty(object, name);
      define(random.pick(['name', 'on', 'version', 'toString', '__proto__', 'isBuilding']), value);
      break;
    case 2:
      define(random.pick(['copy', 'byEmail', '__proto__', 'isUnique']), value);
      break;
    default:
      define(name, random.pick(PLANTED));
  }
  return Buffer.from(JSON.stringify(record));
}

async function makeCatalogTarget(): Promise<FuzzTarget> {
  const { disk, rows, entries } = await prepare(24);
  const places = [...entries.keys()].filter((i) => isInRange(CATALOG_RANGE, entries[i]![0])); // i is in range
  return {
    name: 'keyspace catalog',
    cost: 40,
    growthSizeBytesMax: GROWTH_SIZE_BYTES_MAX,
    valid: places.map((i) => inputOf(i, entries[i]!)), // i is in range
    mutate: (random) => {
      const index = random.pick(places);
      const [key, value] = entries[index]!; // places are in range
      const newValue = random.chance(0.8) ? changedRecord(random, value) : mutated(random, [value]);
      return inputOf(index, [key, newValue]);
    },
    run: async ({ bytes }: Input) => {
      const { index, entry } = partsOf(bytes);
      const vfs = await damaged(disk, entries[index]!, entry); // as `mutate` chose it
      let db: Database;
      try {
        db = await open(DIRECTORY, { vfs, ...TUNING });
      } catch (error) {
        if (error instanceof StorageError && error.code !== 'INVALID_ARGUMENT') throw error;
        throw wrong(`open() ended with ${String(error)}`, error);
      }
      try {
        await checkKeyspaces(db, rows);
      } finally {
        await db.close();
      }
    },
  };
}

/** Whatever the catalog says: rows are as they are, and an index that `verify` has nothing against is right. */
async function checkKeyspaces(db: Database, rows: ReadonlyMap<string, Person>): Promise<void> {
  for (const { name, indexes, keyEncoding, valueEncoding } of (await db.keyspaces()).slice(1)) {
    if (keyEncoding !== 'utf8' || valueEncoding !== 'json') continue; // binds otherwise, or is of bytes
    const space = await db.keyspace<string, Person>(name, ENCODINGS as never);
    const found = new Map(await space.entries().all());
    if (found.size > 1 && !isDeepStrictEqual(found, rows))
      throw wrong(`Rows that are not: ${name}`);
    if (found.size <= 1) continue;
    for (const { name: index } of indexes) {
      await space
        .index(index)
        .ready()
        .catch((error: unknown) => {
          if (!(error instanceof StorageError)) throw wrong('ready() failed', error);
        });
    }
    const { problems, uncheckedIndexes } = await db.verify();
    const isSound = problems.length === 0 && uncheckedIndexes.length === 0;
    for (const { name: index, on } of (await db.keyspaces()).flatMap((each) =>
      each.name === name ? each.indexes : [],
    )) {
      const own = NAMES.find((each) => isDeepStrictEqual(INDEXES[each].on, on));
      if (own === undefined || !space.index(index).isReady) continue;
      const shown = await orCorrupt('entries()', () => space.index(index).entries().all());
      for (const { key, value } of shown ?? []) {
        if (!isDeepStrictEqual(value, rows.get(key))) throw wrong(`A row that is not: key=${key}`);
      }
      const isRight = isDeepStrictEqual(
        shown?.map(({ values, key }) => [values, key]),
        expectedEntries(own, rows),
      );
      if (!isRight && isSound) throw wrong(`verify() did not see what became of ${index}`);
    }
    if (!isSound) throw new CorruptionError('verify found damage');
  }
}

/** An index that is half built. */
async function makeBuildTarget(): Promise<FuzzTarget> {
  const { disk: whole, rows, entries } = await prepare(300);
  const number = PEOPLE + 1 + NAMES.indexOf('byPlace');
  const lastBuilt = 'p255';
  const disk = whole.kill();
  const raw = await openForRepair(DIRECTORY, { vfs: disk, ...TUNING }, NO_ENCODINGS);
  const record = JSON.parse(Buffer.from((await raw.get(catalogKey(PEOPLE)))!).toString()) as {
    indexes: Record<string, object>;
  };
  record.indexes['byPlace'] = { ...record.indexes['byPlace'], isBuilding: true };
  await raw.put(catalogKey(PEOPLE), Buffer.from(JSON.stringify(record)));
  for (const [key] of entries) {
    if (keyspaceOf(key) !== number) continue;
    const primaryKey = Buffer.from(key).toString('latin1').slice(-5, -1);
    if (primaryKey > lastBuilt) await raw.del(key);
  }
  const built: TreeEntry = [
    buildKey(number),
    joined(Uint8Array.of(PEOPLE), Buffer.from(lastBuilt)),
  ];
  await raw.put(...built);
  await raw.close();
  return {
    name: 'index build record',
    cost: 60,
    growthSizeBytesMax: GROWTH_SIZE_BYTES_MAX,
    valid: [inputOf(0, built)],
    mutate: (random) => {
      const other = Buffer.from(`p${String(random.below(400)).padStart(3, '0')}`);
      const value = random.chance(0.3)
        ? joined(Uint8Array.of(random.below(8)), other)
        : mutated(random, [built[1]]);
      return inputOf(0, [built[0], value]);
    },
    run: async ({ bytes }: Input) => {
      const vfs = await damaged(disk, built, partsOf(bytes).entry);
      const db = await open(DIRECTORY, { vfs, ...TUNING });
      try {
        const people = await peopleOf(db, { indexes: DECLARED });
        await people.index('byPlace').ready();
        const isRight = await showsRight(people, 'byPlace', rows);
        const { problems } = await db.verify();
        if (isRight !== (problems.length === 0)) throw wrong(`right=${isRight}, verify() differs`);
        if (!isRight) throw new CorruptionError('verify found damage');
      } finally {
        await db.close();
      }
    },
  };
}

export async function makeIndexTargets(): Promise<FuzzTarget[]> {
  return [await makeEntryTarget(), await makeCatalogTarget(), await makeBuildTarget()];
}
