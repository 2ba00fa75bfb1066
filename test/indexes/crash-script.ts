/**
 * One life of keyspaces with indexes, as a script whose every step is one commit, and the check of what a crash leaves of it.
 *
 * Owns: the steps (rows, unique claims, expiry, a build beside writes, drops, a rename), the state that each leaves, and the
 * check: what an open finds is one of the states that it may be, every index shows what follows from the rows, builds go on,
 * and nothing lies under a number that is gone.
 *
 * Suspension: everything here suspends.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Database } from '../../src/api/database.ts';
import type { Keyspace } from '../../src/api/keyspace.ts';
import { open, openForRepair } from '../../src/api/open.ts';
import { UniqueError } from '../../src/base/errors.ts';
import { keyspaceOf } from '../../src/bytes/keyspace-number.ts';
import type { Vfs } from '../../src/vfs/vfs.ts';
import type { CrashVfs } from '../support/crash-vfs.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import { settled } from '../support/settle.ts';
import { DIRECTORY } from '../api/fixture.ts';
import { expectedEntries, INDEXES, type IndexName, type Person } from './oracle.ts';

type People = Keyspace<string, Person>;

interface StoredRow {
  readonly person: Person;
  readonly expiresAtMs: number;
}

interface SpaceState {
  readonly rows: ReadonlyMap<string, StoredRow>;
  readonly indexes: readonly IndexName[];
}

/** The named keyspaces. Never changed. */
export type State = ReadonlyMap<string, SpaceState>;

export interface Step {
  readonly what: string;
  /** The state that it leaves when it is committed. */
  readonly apply: (state: State, nowMs: number) => State;
  readonly call: (db: Database) => Promise<unknown>;
  /** True for one that must be refused because of the steps before it. */
  readonly isRefusal?: boolean;
}

const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;
export const TUNING = { background: 'inline', memtableSizeBytes: 256 * 1024 } as const;
/** More than one lot of a build. */
const ROW_COUNT = 300;
const LIFE_MS = 1000;

const keyOf = (i: number): string => `p${String(i).padStart(3, '0')}`;

function spaceOf(db: Database, name: string, indexes?: readonly IndexName[]): Promise<People> {
  const declared = indexes && Object.fromEntries(indexes.map((index) => [index, INDEXES[index]]));
  return db.keyspace<string, Person>(name, {
    ...ENCODINGS,
    ...(declared ? { indexes: declared } : { createIfMissing: false }),
  } as never);
}

function with_(state: State, name: string, change: Partial<SpaceState>): State {
  const before = state.get(name) ?? { rows: new Map(), indexes: [] };
  return new Map(state).set(name, { ...before, ...change });
}

function without(state: State, name: string): State {
  const next = new Map(state);
  next.delete(name);
  return next;
}

function put(space: string, key: string, person: Person, ttlMs = Infinity): Step {
  return {
    what: `put ${key} into ${space}`,
    apply: (state, nowMs) => {
      const { rows } = state.get(space) ?? { rows: [] };
      return with_(state, space, {
        rows: new Map(rows).set(key, { person, expiresAtMs: nowMs + ttlMs }),
      });
    },
    call: async (db) => (await spaceOf(db, space)).put(key, person, { ttlMs }),
  };
}

function declare(space: string, indexes: readonly IndexName[]): Step {
  return {
    what: `open ${space} with ${indexes.join()}`,
    apply: (state) =>
      with_(state, space, {
        indexes: [...new Set([...(state.get(space)?.indexes ?? []), ...indexes])],
      }),
    call: (db) => spaceOf(db, space, indexes),
  };
}

const noCommit = (what: string, call: Step['call']): Step => ({
  what,
  apply: (state) => state,
  call,
});

const isReady = (space: string, index: IndexName): Step =>
  noCommit(`build ${index}`, async (db) => (await spaceOf(db, space)).index(index).ready());

const refused = (space: string, key: string, person: Person): Step => ({
  ...noCommit(`refuse ${key} in ${space}`, async (db) => {
    const people = await spaceOf(db, space);
    const error: unknown = await people.put(key, person).catch((reason: unknown) => reason);
    if (error instanceof UniqueError) return;
    throw error instanceof Error ? error : new Error(`Not refused: ${key}`);
  }),
  isRefusal: true,
});

export function makeSteps(clock: ManualClock): readonly Step[] {
  const many = new Map(
    Array.from({ length: ROW_COUNT }, (_, i): [string, Person] => [
      keyOf(i),
      {
        country: `c${i % 5}`,
        city: 'Bonn',
        email: `e${i}`,
        tags: i % 4 === 0 ? ['a', 'b'] : ['c'],
      },
    ]),
  );
  return [
    declare('people', []),
    {
      what: 'batch of rows',
      apply: (state) =>
        with_(state, 'people', {
          rows: new Map([...many].map(([key, person]) => [key, { person, expiresAtMs: Infinity }])),
        }),
      call: async (db) =>
        (await spaceOf(db, 'people')).batch(
          [...many].map(([key, value]) => ({ type: 'put', key, value })),
        ),
    },
    put('people', 'old', { country: 'c1', email: 'old' }, LIFE_MS),
    declare('people', ['byPlace']),
    put('people', keyOf(299), { country: 'moved' }),
    put('people', keyOf(1), { country: 'moved', email: 'e1' }),
    isReady('people', 'byPlace'),
    declare('people', ['byEmail', 'byTag']),
    put('people', 'new', { email: 'new' }),
    isReady('people', 'byEmail'),
    isReady('people', 'byTag'),
    refused('people', 'twin', { email: 'e2' }),
    {
      what: 'hand e2 over',
      apply: (state) => {
        const rows = new Map(state.get('people')?.rows);
        rows.delete(keyOf(2));
        rows.set('twin', { person: { email: 'e2' }, expiresAtMs: Infinity });
        return with_(state, 'people', { rows });
      },
      call: async (db) =>
        (await spaceOf(db, 'people')).batch([
          { type: 'put', key: 'twin', value: { email: 'e2' } },
          { type: 'del', key: keyOf(2) },
        ]),
    },
    noCommit('flush', (db) => db.flush()),
    declare('guests', ['byEmail', 'byPlace']),
    put('guests', 'g', { email: 'g', country: 'DE' }, LIFE_MS),
    noCommit('time passes', async () => clock.advance(2 * LIFE_MS)),
    put('guests', 'h', { email: 'g', country: 'FR' }),
    put('people', 'heir', { email: 'old', country: 'c9' }),
    {
      what: 'delete a range of people',
      apply: (state) => {
        const rows = new Map(state.get('people')?.rows);
        for (const key of [...rows.keys()])
          if (key >= keyOf(10) && key < keyOf(290)) rows.delete(key);
        return with_(state, 'people', { rows });
      },
      call: async (db) =>
        (await spaceOf(db, 'people')).delRange({ gte: keyOf(10), lt: keyOf(290) }),
    },
    {
      what: 'drop byTag',
      apply: (state) =>
        with_(state, 'people', {
          indexes: (state.get('people')?.indexes ?? []).filter((index) => index !== 'byTag'),
        }),
      call: async (db) => (await spaceOf(db, 'people')).dropIndex('byTag'),
    },
    declare('people', ['byDecade', 'byTag']),
    {
      what: 'update a row',
      apply: (state) => {
        const rows = new Map(state.get('people')?.rows);
        rows.set(keyOf(0), { person: { age: 41, tags: ['z'] }, expiresAtMs: Infinity });
        return with_(state, 'people', { rows });
      },
      call: async (db) =>
        (await spaceOf(db, 'people')).update(keyOf(0), () => ({ age: 41, tags: ['z'] })),
    },
    {
      what: 'rename guests',
      apply: (state) => {
        const guests = state.get('guests');
        return guests === undefined ? state : with_(without(state, 'guests'), 'visitors', guests);
      },
      call: (db) => db.renameKeyspace('guests', 'visitors'),
    },
    noCommit('compact', (db) => db.compact()),
    put('visitors', 'i', { email: 'i', country: 'FR' }),
    {
      what: 'drop visitors',
      apply: (state) => without(state, 'visitors'),
      call: (db) => db.dropKeyspace('visitors'),
    },
    declare('guests', ['byEmail']),
    put('guests', 'g', { email: 'g' }),
    noCommit('flush', (db) => db.flush()),
  ];
}

export async function openAt(vfs: Vfs, clock: ManualClock): Promise<Database> {
  return settled('open', open(DIRECTORY, { vfs, environment: { clock }, ...TUNING }), clock);
}

function liveRows({ rows }: SpaceState, nowMs: number): Map<string, Person> {
  const live = [...rows].filter(([, { expiresAtMs }]) => expiresAtMs > nowMs);
  return new Map(live.map(([key, { person }]) => [key, person]));
}

type Shown = Record<string, { readonly rows: Map<string, Person>; readonly indexes: string[] }>;

function shownOf(state: State, nowMs: number): Shown {
  return Object.fromEntries(
    [...state].map(([name, space]) => [
      name,
      { rows: liveRows(space, nowMs), indexes: [...space.indexes].sort() },
    ]),
  );
}

export interface Recovered {
  /** Builds that were under way, and went on. */
  readonly resumedCount: number;
}

/** Opens what a crash has left. Throws when it is none of the states, or any index differs from its rows. */
export async function checkRecovered(
  disk: CrashVfs,
  states: readonly State[],
  nowMs: number,
  clock: ManualClock,
): Promise<Recovered> {
  const db = await openAt(disk, clock);
  let resumedCount = 0;
  let numbers = 0;
  try {
    const found: Shown = {};
    const spaces = new Map<string, People>();
    for (const { name, indexes } of (await db.keyspaces()).slice(1)) {
      const names = indexes.map((index) => index.name as IndexName);
      resumedCount += indexes.filter((index) => !index.isReady).length;
      numbers += 1 + indexes.length;
      const space = await settled('keyspace', spaceOf(db, name, names), clock);
      spaces.set(name, space);
      found[name] = { rows: new Map(await space.entries().all()), indexes: names.sort() };
    }
    if (!states.some((state) => isDeepStrictEqual(shownOf(state, nowMs), found))) {
      const shapes = states.map((state) => shapeOf(shownOf(state, nowMs))).join(' or ');
      throw new Error(`None of the states: found ${shapeOf(found)}, may be ${shapes}`);
    }
    await checkIndexes(db, spaces, clock);
    const people = spaces.get('people');
    if (people !== undefined) {
      await settled('write', people.put(keyOf(0), { country: 'after', email: 'after' }), clock);
      await settled('delete', people.del('twin'), clock);
      await checkIndexes(db, spaces, clock);
    }
    await settled('compact', db.compact(), clock);
    if ((await db.keyspaces()).length !== spaces.size + 1)
      throw new Error('A keyspace came or went');
  } finally {
    await settled('close', db.close(), clock);
  }
  await checkNumbers(disk, numbers);
  return { resumedCount };
}

async function checkIndexes(
  db: Database,
  spaces: ReadonlyMap<string, People>,
  clock: ManualClock,
): Promise<void> {
  for (const [name, space] of spaces) {
    const rows = new Map(await space.entries().all());
    const info = (await db.keyspaces()).find((each) => each.name === name);
    for (const { name: index } of info?.indexes ?? []) {
      await settled('build', space.index(index).ready(), clock);
      const entries = await space.index(index).entries().all();
      const shown = entries.map(({ values, key }) => [values, key]);
      const expected = expectedEntries(index as IndexName, rows);
      if (isDeepStrictEqual(shown, expected)) continue;
      throw new Error(
        `${name}.${index} shows ${JSON.stringify(shown)} for ${JSON.stringify(expected)}`,
      );
    }
  }
  const { problems, uncheckedIndexes } = await settled('verify', db.verify(), clock);
  if (problems.length > 0 || uncheckedIndexes.length > 0) {
    throw new Error(`verify() found ${JSON.stringify([problems, uncheckedIndexes])}`);
  }
}

/** No entry lies under a number that the catalog does not have. */
async function checkNumbers(disk: CrashVfs, count: number): Promise<void> {
  const raw = await openForRepair(DIRECTORY, { vfs: disk, ...TUNING }, NO_ENCODINGS);
  try {
    const keys = await raw.keys().all();
    const numbers = new Set(keys.map((key) => keyspaceOf(key)).filter((number) => number > 1));
    if (numbers.size > count) throw new Error(`Entries of ${numbers.size} keyspaces, not ${count}`);
  } finally {
    await raw.close();
  }
}

const NO_ENCODINGS = { key: undefined, value: undefined };

function shapeOf(shown: Shown): string {
  return Object.entries(shown)
    .map(([name, { rows, indexes }]) => `${name}(${rows.size} rows; ${indexes.join()})`)
    .join(' ');
}
