/**
 * What each isolation level allows and forbids over several keyspaces, indexes and entries that expire
 * (keyspace-anomalies.ts has the interleavings), in each mode, and planted bugs that the scripts must see.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DELETION } from '../../src/base/value-type.ts';
import { ConflictError, CorruptionError, UniqueError } from '../../src/base/errors.ts';
import { IndexMaintenance } from '../../src/indexes/index-maintenance.ts';
import type { Keyspace } from '../../src/api/keyspace.ts';
import { open } from '../../src/api/open.ts';
import type { Isolation } from '../../src/api/transaction-options.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type Client, Interleaving, type Manner, type Tx } from './interleaving.ts';
import {
  KEYSPACE_ANOMALIES,
  type KeyspaceAnomaly,
  type Person,
  World,
} from './keyspace-anomalies.ts';

const LEVELS: readonly Isolation[] = ['snapshot', 'serializable'];
const MANNERS: readonly Manner[] = ['optimistic', 'locks all', 'locks writes'];
const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;

interface Case {
  readonly anomaly: KeyspaceAnomaly;
  readonly level: Isolation;
  readonly manner: Manner;
}

async function isSeen(
  { anomaly, level, manner }: Case,
  makeWorld: typeof World = World,
  isPlanted = false,
): Promise<boolean> {
  const clock = new ManualClock();
  const db = await open<string, number>('/db', {
    ...ENCODINGS,
    vfs: new MemoryVfs(),
    environment: { clock },
  });
  try {
    const people = await db.keyspace<string, Person>('people', {
      ...ENCODINGS,
      indexes: { byPlace: { on: ['place'] }, byEmail: { on: ['email'], unique: true } },
    } as never);
    const stock = await db.keyspace<string, number>('stock', ENCODINGS as never);
    await db.put('k1', 10);
    await stock.put('s1', 20);
    await people.put('ada', { place: 'DE', email: 'a', count: 0 });
    await people.put('bob', { place: 'FR', email: 'b', count: 0 });
    const at = new Interleaving(db, level, [manner]);
    const isFound = await anomaly.run(new makeWorld(at, { people, stock }, clock, manner));
    if (makeWorld === World && !isPlanted) expect((await db.verify()).problems).toEqual([]);
    const { heldKeyCount, heldRangeCount, waiterCount } = db.stats().locks;
    expect([heldKeyCount, heldRangeCount, waiterCount]).toEqual([0, 0, 0]);
    return isFound;
  } finally {
    await db.close();
  }
}

function isAllowed({ anomaly, level, manner }: Case): boolean {
  return anomaly.isAllowedBySnapshot && level === 'snapshot' && manner !== 'locks all';
}

const CASES = LEVELS.flatMap((level) =>
  MANNERS.flatMap((manner) =>
    KEYSPACE_ANOMALIES.map((anomaly) => ({
      level,
      manner,
      anomaly,
      name: anomaly.name,
      verb: isAllowed({ level, manner, anomaly }) ? 'allows' : 'forbids',
    })),
  ),
);

describe('isolation over keyspaces', () => {
  it.each(CASES)('$level, $manner, $verb: $name', async (each) => {
    expect(await isSeen(each)).toBe(isAllowed(each));
  });
});

/** Indexes show what is newest, not the snapshot. */
class IndexesShowNewest extends World {
  protected override indexedPeople(): Keyspace<string, Person> {
    return this.people;
  }
}

/** Every read shows what is newest. */
class ReadsShowNewest extends IndexesShowNewest {
  protected override ofOwn(): World['db'] {
    return this.db;
  }

  protected override ofStock(): Keyspace<string, number> {
    return this.stock;
  }

  protected override ofPeople(): Keyspace<string, Person> {
    return this.people;
  }
}

/** Every write is a commit of its own, at once. */
class WritesAtOnce extends World {
  override putOwn(_client: Client, key: string, value: number): Promise<void> {
    return this.db.put(key, value);
  }

  override putCount(_client: Client, key: string, value: number): Promise<void> {
    return this.stock.put(key, value);
  }

  override async putPerson(_client: Client, key: string, value: Person): Promise<void> {
    await this.people.put(key, value).catch((error: unknown) => {
      if (!(error instanceof UniqueError)) throw error;
    });
  }
}

/** A commit that has lost is made again without a look at what others have written. */
class Unchecked extends World {
  readonly #written = new Map<Client, (() => Promise<void>)[]>();

  #note(client: Client, write: () => Promise<void>): void {
    this.#written.set(client, [...(this.#written.get(client) ?? []), write]);
  }

  override async putOwn(client: Client, key: string, value: number): Promise<void> {
    this.#note(client, () => this.db.put(key, value));
    await super.putOwn(client, key, value);
  }

  override async putCount(client: Client, key: string, value: number): Promise<void> {
    this.#note(client, () => this.stock.put(key, value));
    await super.putCount(client, key, value);
  }

  override async putPerson(client: Client, key: string, value: Person): Promise<void> {
    this.#note(client, () => this.people.put(key, value));
    await super.putPerson(client, key, value);
  }

  protected override async finish(client: Client): Promise<void> {
    try {
      await super.finish(client);
    } catch (error) {
      if (!(error instanceof ConflictError || error instanceof UniqueError)) throw error;
      for (const write of this.#written.get(client) ?? []) await write();
    }
  }
}

/** A transaction sees what has expired since its begin as gone. */
class FollowsTheClock extends World {
  #beganAtMs = this.clock.wallMs();

  protected override ofPeople(tx: Tx): Pick<Keyspace<string, Person>, 'get'> {
    const hasMoved = this.clock.wallMs() > this.#beganAtMs;
    return hasMoved ? this.people : super.ofPeople(tx);
  }
}

type Derive = IndexMaintenance['derive'];

/** Bugs in the upkeep of indexes, planted in the engine. */
const UPKEEP_BUGS: Readonly<Record<string, (whole: Derive) => Derive>> = {
  'checks no unique index': (whole) =>
    function (this: IndexMaintenance, batch, view) {
      whole.call(this, batch, view, false);
    },
  'leaves old entries behind': (whole) =>
    function (this: IndexMaintenance, batch, view, isChecked) {
      const add = batch.add.bind(batch);
      batch.add = (type, key, second) => {
        if (type !== DELETION) add(type, key, second);
      };
      try {
        whole.call(this, batch, view, isChecked);
      } finally {
        Reflect.deleteProperty(batch, 'add');
      }
    },
};

const WORLD_BUGS: readonly (readonly [string, typeof World])[] = [
  ['shows what is newest in indexes', IndexesShowNewest],
  ['shows what is newest', ReadsShowNewest],
  ['writes at once', WritesAtOnce],
  ['checks no conflicts', Unchecked],
  ['follows the clock within a transaction', FollowsTheClock],
];

afterEach(() => {
  vi.restoreAllMocks();
});

/** Names of the anomalies that are seen, each at a level that forbids it. */
async function seenWith(makeWorld: typeof World): Promise<string[]> {
  const seen: string[] = [];
  for (const anomaly of KEYSPACE_ANOMALIES) {
    const level = anomaly.isAllowedBySnapshot ? 'serializable' : 'snapshot';
    const isFound = await isSeen({ anomaly, level, manner: 'optimistic' }, makeWorld, true).catch(
      (error: unknown) => error instanceof CorruptionError, // an entry without its row
    );
    if (isFound) seen.push(anomaly.name);
  }
  return seen;
}

describe('the scripts', () => {
  it('find out each of the bugs, and each is seen to find one', async () => {
    const found = new Set<string>();
    const note = async (bug: string, makeWorld: typeof World): Promise<void> => {
      const seen = await seenWith(makeWorld);
      expect(seen, bug).not.toEqual([]);
      for (const name of seen) found.add(name);
    };
    for (const [bug, makeWorld] of WORLD_BUGS) await note(bug, makeWorld);
    const { derive } = IndexMaintenance.prototype;
    for (const [bug, plant] of Object.entries(UPKEEP_BUGS)) {
      vi.spyOn(IndexMaintenance.prototype, 'derive').mockImplementation(plant(derive));
      await note(bug, World);
      vi.restoreAllMocks();
    }
    const blind = KEYSPACE_ANOMALIES.filter(({ name }) => !found.has(name));
    expect(blind.map(({ name }) => name)).toEqual([]);
  });
});
