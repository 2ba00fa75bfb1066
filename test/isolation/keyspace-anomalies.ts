/**
 * Anomalies over several keyspaces, indexes and entries that expire, each as one explicit interleaving.
 *
 * Owns: what each looks like to its clients, and which level allows it. As in anomalies.ts a script answers whether a client
 * could see the anomaly; its steps are taken in the order in which they are written, but for those of a client that waits
 * for a lock. The table is that of docs/isolation.md; the names say through what it would be seen.
 *
 * Every script starts from k1 = 10 among the database's own keys, s1 = 20 in `stock`, and two people: ada in DE with the
 * address a, bob in FR with the address b. Addresses are unique.
 *
 * Suspension: scripts await every step.
 */
import { UniqueError } from '../../src/base/errors.ts';
import { LockingTransaction } from '../../src/api/locking-transaction.ts';
import type { Keyspace } from '../../src/api/keyspace.ts';
import type { TupleElement } from '../../src/bytes/tuple.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import type { Client, Db, Interleaving, Manner, Tx } from './interleaving.ts';

export interface Person {
  readonly place: string;
  readonly email: string | null;
  readonly count: number;
}

export interface Keyspaces {
  readonly people: Keyspace<string, Person>;
  readonly stock: Keyspace<string, number>;
}

/** A person as an index finds it. */
interface Found {
  readonly values: readonly TupleElement[];
  readonly key: string;
  readonly person: Person;
}

/** What clients do. Canaries plant their bugs here. */
export class World {
  readonly at: Interleaving;
  readonly db: Db;
  readonly clock: ManualClock;
  readonly people: Keyspace<string, Person>;
  readonly stock: Keyspace<string, number>;
  readonly #locksReads: boolean;
  /** Commits that were refused because of another row. */
  readonly refusals: UniqueError[] = [];

  constructor(at: Interleaving, keyspaces: Keyspaces, clock: ManualClock, manner: Manner) {
    this.at = at;
    this.db = at.db;
    this.clock = clock;
    this.people = keyspaces.people;
    this.stock = keyspaces.stock;
    this.#locksReads = manner === 'locks all';
  }

  async own({ tx }: Client, key: string): Promise<number | undefined> {
    if (this.#locksReads && tx instanceof LockingTransaction) await tx.lock(key);
    return this.ofOwn(tx).get(key);
  }

  async count({ tx }: Client, key: string): Promise<number | undefined> {
    if (this.#locksReads && tx instanceof LockingTransaction) await tx.in(this.stock).lock(key);
    return this.ofStock(tx).get(key);
  }

  async person({ tx }: Client, key: string): Promise<Person | undefined> {
    if (this.#locksReads && tx instanceof LockingTransaction) await tx.in(this.people).lock(key);
    return this.ofPeople(tx).get(key);
  }

  /** All of one value of an index: by a scan of its rows or of its keys, or by one lookup. */
  async find(
    { tx }: Client,
    index: 'byPlace' | 'byEmail',
    value: string,
    way: Way = 'entries',
  ): Promise<Found[]> {
    if (this.#locksReads && tx instanceof LockingTransaction) {
      await tx.in(this.people).lockRange({ gte: '' }); // an index itself has no locks
    }
    const source = this.indexedPeople(tx);
    const shown = ({
      values,
      key,
      value: person,
    }: {
      values: readonly TupleElement[];
      key: string;
      value: Person;
    }): Found => ({ values, key, person });
    if (way === 'get') {
      const found = await source.index(index).get([value]);
      return found === undefined ? [] : [shown(found)];
    }
    if (way === 'count') {
      const count = await source.index(index).count({ prefix: [value] });
      return Array.from({ length: count }, () => ({ values: [], key: '', person: NOBODY }));
    }
    if (way === 'keys') {
      const keys = await source
        .index(index)
        .keys({ prefix: [value] })
        .all();
      return keys.map((key) => ({ values: [value], key, person: NOBODY }));
    }
    const reverse = way === 'reverse';
    return (
      await source
        .index(index)
        .entries({ prefix: [value], reverse })
        .all()
    ).map(shown);
  }

  async putOwn({ tx }: Client, key: string, value: number): Promise<void> {
    if (tx instanceof LockingTransaction) await tx.lock(key);
    tx.put(key, value);
  }

  async putCount({ tx }: Client, key: string, value: number): Promise<void> {
    if (tx instanceof LockingTransaction) await tx.in(this.stock).lock(key);
    tx.in(this.stock).put(key, value);
  }

  async putPerson({ tx }: Client, key: string, person: Person): Promise<void> {
    if (tx instanceof LockingTransaction) await tx.in(this.people).lock(key);
    tx.in(this.people).put(key, person);
  }

  /** As a commit; one that is refused because of another row is noted, and no failure. */
  beginCommit(client: Client): void {
    client.begin(async () => {
      try {
        await this.finish(client);
        client.isCommitted = true;
      } catch (error) {
        if (!(error instanceof UniqueError)) throw error;
        this.refusals.push(error);
      }
    });
  }

  async commit(client: Client): Promise<void> {
    this.beginCommit(client);
    await this.at.rest();
  }

  /** Both at once: the second does not wait for the first. */
  async commitBoth(first: Client, second: Client): Promise<void> {
    this.beginCommit(first);
    this.beginCommit(second);
    await this.at.rest();
  }

  /** Who has each address, in the end. */
  async holders(): Promise<Map<string, string[]>> {
    const holders = new Map<string, string[]>();
    for (const [key, { email }] of await this.people.entries().all()) {
      if (email !== null) holders.set(email, [...(holders.get(email) ?? []), key]);
    }
    return holders;
  }

  async isAnyTwice(): Promise<boolean> {
    return [...(await this.holders()).values()].some(({ length }) => length > 1);
  }

  // What a planted bug replaces.

  protected ofOwn(tx: Tx): Pick<Tx, 'get'> {
    return tx;
  }

  protected ofStock(tx: Tx): Pick<Keyspace<string, number>, 'get'> {
    return tx.in(this.stock);
  }

  protected ofPeople(tx: Tx): Pick<Keyspace<string, Person>, 'get'> {
    return tx.in(this.people);
  }

  protected indexedPeople(tx: Tx): Pick<Keyspace<string, Person>, 'index'> {
    return tx.in(this.people);
  }

  protected finish({ tx }: Client): Promise<void> {
    return tx.commit();
  }
}

type Way = 'entries' | 'reverse' | 'keys' | 'count' | 'get';

const NOBODY: Person = { place: '', email: null, count: 0 };

export interface KeyspaceAnomaly {
  readonly name: string;
  readonly isAllowedBySnapshot: boolean;
  /** Resolves with whether the anomaly could be seen. */
  readonly run: (world: World) => Promise<boolean>;
}

const person = (place: string, email: string | null = null, count = 0): Person => ({
  place,
  email,
  count,
});

async function writeSkew(world: World): Promise<boolean> {
  const { at } = world;
  const [t1, t2] = [at.begin(), at.begin()];
  let [sum1, sum2] = [0, 0];
  await t1.step(async () => void (sum1 += (await world.own(t1, 'k1')) ?? 0));
  await t2.step(async () => void (sum2 += (await world.count(t2, 's1')) ?? 0));
  await t1.step(async () => void (sum1 += (await world.count(t1, 's1')) ?? 0));
  await t2.step(async () => void (sum2 += (await world.own(t2, 'k1')) ?? 0));
  // Each alone would leave a sum of 0.
  await t1.step(() => world.putOwn(t1, 'k1', 10 - sum1));
  await t2.step(() => world.putCount(t2, 's1', 20 - sum2));
  await world.commitBoth(t1, t2);
  return ((await world.db.get('k1')) ?? 0) + ((await world.stock.get('s1')) ?? 0) === -30;
}

async function readSkew(world: World): Promise<boolean> {
  const { at } = world;
  const [t1, t2] = [at.begin(), at.begin()];
  const seen: unknown[] = [];
  await t1.step(async () => void seen.push(await world.own(t1, 'k1')));
  await t2.step(() => world.putOwn(t2, 'k1', 12));
  await t2.step(() => world.putCount(t2, 's1', 18));
  await t2.step(() => world.putPerson(t2, 'ada', person('FR', 'a')));
  await world.commit(t2);
  await t1.step(async () => {
    seen.push(await world.count(t1, 's1'), (await world.person(t1, 'ada'))?.place);
    seen.push(...(await world.find(t1, 'byPlace', 'DE')).map(({ key }) => key));
  });
  await world.commit(t1);
  return seen.length > 0 && seen.join() !== '10,20,DE,ada';
}

async function halfOfCommit(world: World): Promise<boolean> {
  const { at } = world;
  const t1 = at.begin();
  await t1.step(() => world.putOwn(t1, 'k1', 11));
  await t1.step(() => world.putCount(t1, 's1', 11));
  await t1.step(() => world.putPerson(t1, 'eve', person('XX')));
  world.beginCommit(t1);
  const t2 = at.begin(); // while the commit is on its way
  const seen: unknown[] = [];
  t2.begin(async () => void seen.push(await world.own(t2, 'k1')));
  await at.rest();
  await t2.step(async () => {
    seen.push(await world.count(t2, 's1'));
    seen.push((await world.find(t2, 'byPlace', 'XX')).length);
  });
  await world.commit(t2);
  return !['', '10,20,0', '11,11,1'].includes(seen.join());
}

/** Both see nobody in XX, and each puts somebody there. */
function phantoms(way: Way): KeyspaceAnomaly['run'] {
  return async (world) => {
    const { at } = world;
    const clients = [at.begin(), at.begin()] as const;
    const found = new Map<Client, number>();
    for (const client of clients) {
      await client.step(async () => {
        found.set(client, (await world.find(client, 'byPlace', 'XX', way)).length);
      });
    }
    for (const [i, client] of clients.entries()) {
      await client.step(async () => {
        if (found.get(client) === 0) await world.putPerson(client, `new${i}`, person('XX'));
      });
    }
    await world.commitBoth(...clients);
    return (await world.people.index('byPlace').count({ prefix: ['XX'] })) === 2;
  };
}

/** One of two must stay in DE: each goes when it sees the other there. */
async function phantomsByMove(world: World): Promise<boolean> {
  const { at } = world;
  await world.people.put('bob', person('DE', 'b'));
  const clients = [at.begin(), at.begin()] as const;
  const found = new Map<Client, number>();
  for (const client of clients) {
    await client.step(async () => {
      found.set(client, (await world.find(client, 'byPlace', 'DE', 'keys')).length);
    });
  }
  for (const [client, key] of [
    [clients[0], 'ada'],
    [clients[1], 'bob'],
  ] as const) {
    await client.step(async () => {
      if (found.get(client) === 2) await world.putPerson(client, key, person('FR'));
    });
  }
  await world.commitBoth(...clients);
  return (await world.people.index('byPlace').count({ prefix: ['DE'] })) === 0;
}

/** Whoever finds a row by an index finds it as the index says. */
async function oldEntry(world: World): Promise<boolean> {
  const { at } = world;
  const [t1, t2] = [at.begin(), at.begin()];
  const found: Found[] = [];
  const look = (client: Client): Promise<void> =>
    client.step(async () => {
      for (const place of ['DE', 'FR', 'US']) {
        for (const way of ['entries', 'reverse'] as const) {
          found.push(...(await world.find(client, 'byPlace', place, way)));
        }
      }
    });
  await look(t1);
  await t2.step(() => world.putPerson(t2, 'ada', person('FR', 'a')));
  await look(t2);
  await world.commit(t2);
  await look(t1);
  await world.commit(t1);
  const t3 = at.begin();
  await t3.step(() => world.putPerson(t3, 'ada', person('US', 'a')));
  await look(t3);
  await world.commit(t3);
  const t4 = at.begin();
  await look(t4);
  await world.commit(t4);
  // A snapshot has ada once, in one place: each look finds two people, two ways.
  return found.length !== 20 || found.some(({ values, person }) => values[0] !== person.place);
}

async function lostUpdate(world: World): Promise<boolean> {
  const { at } = world;
  const clients = [at.begin(), at.begin()] as const;
  const found = new Map<Client, Found>();
  for (const client of clients) {
    await client.step(async () => {
      const [first] = await world.find(client, 'byEmail', 'a', 'get');
      if (first !== undefined) found.set(client, first);
    });
  }
  for (const client of clients) {
    await client.step(async () => {
      const { key, person } = found.get(client)!; // found by the step before, which came first
      await world.putPerson(client, key, { ...person, count: person.count + 1 });
    });
  }
  await world.commitBoth(...clients);
  const committedCount = clients.filter(({ isCommitted }) => isCommitted).length;
  return (await world.people.get('ada'))?.count !== committedCount || committedCount === 0;
}

async function abortedRead(world: World): Promise<boolean> {
  const { at } = world;
  const [t1, t2] = [at.begin(), at.begin()];
  let count = 0;
  const look = async (): Promise<void> => {
    await t2.step(async () => {
      for (const way of ['entries', 'keys', 'count', 'get'] as const) {
        count += (await world.find(t2, 'byPlace', 'XX', way)).length;
      }
    });
    count += await world.people.index('byPlace').count({ prefix: ['XX'] });
  };
  await t1.step(() => world.putPerson(t1, 'eve', person('XX')));
  await look();
  await t1.rollback();
  await look();
  await world.commit(t2);
  return count > 0;
}

/** Two rows that want one address. */
async function uniqueClaim(world: World): Promise<boolean> {
  const { at } = world;
  const [t1, t2] = [at.begin(), at.begin()];
  await t1.step(() => world.putPerson(t1, 'eve', person('DE', 'new')));
  await t2.step(() => world.putPerson(t2, 'fay', person('FR', 'new')));
  await world.commitBoth(t1, t2);
  const [error] = world.refusals;
  const [holder] = (await world.holders()).get('new') ?? [];
  const isNamed = error?.key === holder && error?.values.join() === 'new';
  return (await world.isAnyTwice()) || world.refusals.length !== 1 || !isNamed;
}

/** One gives an address up, another takes it: in this order it may, in the other it may not. */
async function uniqueHandover(world: World): Promise<boolean> {
  const { at } = world;
  const [giver, taker, early] = [at.begin(), at.begin(), at.begin()];
  await early.step(() => world.putPerson(early, 'eve', person('DE', 'a')));
  await world.commit(early);
  await giver.step(() => world.putPerson(giver, 'ada', person('DE', 'z')));
  await taker.step(() => world.putPerson(taker, 'bob', person('FR', 'a')));
  await world.commitBoth(giver, taker);
  const holders = await world.holders();
  const isHandedOver = holders.get('a')?.join() === 'bob' && holders.get('z')?.join() === 'ada';
  const isNamed = world.refusals.length === 1 && world.refusals[0]?.key === 'ada';
  return (await world.isAnyTwice()) || !isHandedOver || !isNamed;
}

/** An address that was looked for, and not found, before another took it. */
async function uniqueAfterLook(world: World): Promise<boolean> {
  const { at } = world;
  const [t1, t2] = [at.begin(), at.begin()];
  let isFree = false;
  await t1.step(async () => {
    isFree = (await world.find(t1, 'byEmail', 'new', 'get')).length === 0;
  });
  await t2.step(() => world.putPerson(t2, 'fay', person('FR', 'new')));
  world.beginCommit(t2);
  await at.rest();
  await t1.step(async () => {
    if (isFree) await world.putPerson(t1, 'eve', person('DE', 'new'));
  });
  await world.commit(t1);
  await at.rest();
  return (await world.isAnyTwice()) || [t1, t2].filter((each) => each.isCommitted).length !== 1;
}

/** An entry that expires goes for those who begin later, and for nobody else. */
async function vanishingEntry(world: World): Promise<boolean> {
  const { at, clock, people } = world;
  await people.put('eve', person('XX', 'e'), { ttlMs: 100 });
  const t1 = at.begin();
  const seen: unknown[] = [];
  const look = (client: Client): Promise<void> =>
    client.step(async () => {
      seen.push((await world.person(client, 'eve'))?.email);
      for (const way of ['entries', 'keys', 'count', 'get'] as const) {
        seen.push((await world.find(client, 'byPlace', 'XX', way)).length);
      }
    });
  await look(t1);
  clock.advance(200);
  await look(t1);
  await world.commit(t1);
  const t2 = at.begin();
  await look(t2);
  await t2.step(() => world.putPerson(t2, 'fay', person('DE', 'e'))); // the address is free
  await world.commit(t2);
  return (
    seen.join() !== 'e,1,1,1,1,e,1,1,1,1,,0,0,0,0' || (await world.people.get('fay')) === undefined
  );
}

const forbidden = (name: string, run: KeyspaceAnomaly['run']): KeyspaceAnomaly => ({
  name,
  isAllowedBySnapshot: false,
  run,
});

const serializableOnly = (name: string, run: KeyspaceAnomaly['run']): KeyspaceAnomaly => ({
  name,
  isAllowedBySnapshot: true,
  run,
});

export const KEYSPACE_ANOMALIES: readonly KeyspaceAnomaly[] = [
  serializableOnly('write skew across two keyspaces (G2-item)', writeSkew),
  forbidden('read skew across keyspaces and an index (G-single)', readSkew),
  forbidden('half of a commit across keyspaces (OTV)', halfOfCommit),
  serializableOnly('phantoms through a scan of an index (G2)', phantoms('entries')),
  serializableOnly('phantoms through a scan of an index backward (G2)', phantoms('reverse')),
  serializableOnly('phantoms through the keys of an index (G2)', phantoms('keys')),
  serializableOnly('phantoms through a count of an index (G2)', phantoms('count')),
  serializableOnly('phantoms through a lookup in an index (G2)', phantoms('get')),
  serializableOnly('phantoms by rows that move in an index (G2)', phantomsByMove),
  forbidden('a row found by its old entry (G-single)', oldEntry),
  forbidden('lost update of a row found by an index (P4)', lostUpdate),
  forbidden('aborted read through an index (G1a)', abortedRead),
  forbidden('one value of a unique index for two rows', uniqueClaim),
  forbidden('a unique value handed over too early', uniqueHandover),
  forbidden('a unique value taken after it was looked for', uniqueAfterLook),
  forbidden('an entry that vanishes amid a transaction', vanishingEntry),
];
