/**
 * Lists in several keyspaces, behind the names that the clients of histories know.
 *
 * Owns: where each list lies, and how it is read and written there. A transaction of a client spans all of them:
 *
 *      k0, k3, ...   the keys of the database itself
 *      k1, k4, ...   keyspace `rows`: one row a list, which says whether it is live; a unique index by state and name
 *      k2, k5, ...   keyspace `names`: a row under each name, as in the database itself; an index by name
 *
 * So the deletion of a list in `rows` moves the entry of its row from one place of the index to another. Scans, and some of
 * the point reads, go through the indexes. Every other deletion outside of `rows` is a put that has expired by then: it must
 * show, conflict and recover as a deletion does. Every other put is one of an entry that expires, late.
 *
 * Suspension: as the calls of a transaction.
 */
import type { ExpiryOptions } from '../../src/api/expiry-options.ts';
import type { Keyspace } from '../../src/api/keyspace.ts';
import { LockingTransaction } from '../../src/api/locking-transaction.ts';
import type { RangeOptions, ScanOptions } from '../../src/api/ranges.ts';
import type { Transaction } from '../../src/api/transaction.ts';
import type { Update } from '../../src/api/update.ts';
import type { BeginOptions, Rows, Stored, Target, TargetTransaction } from './list-client.ts';
import type { Crowd } from './locking-target.ts';
import type { ListDatabase } from './run-history.ts';

type State = 'live' | 'dead';

interface NamedRow extends Stored {
  readonly name: string;
}

interface StatedRow extends Stored {
  readonly state: State;
  readonly key: string;
}

export interface Spaces {
  readonly db: ListDatabase;
  readonly rows: Keyspace<string, StatedRow>;
  readonly names: Keyspace<string, NamedRow>;
}

/** No clock of a run comes to it. */
const LATE = { expiresAt: 2 ** 48 - 1 };
const EXPIRED = { expiresAt: 0 };

const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;

export async function openSpaces(db: ListDatabase): Promise<Spaces> {
  const rows = await db.keyspace<string, StatedRow>('rows', {
    ...ENCODINGS,
    indexes: { byState: { on: ['state', 'key'], unique: true } },
  } as never);
  const names = await db.keyspace<string, NamedRow>('names', {
    ...ENCODINGS,
    indexes: { byName: { on: ['name'] } },
  } as never);
  return { db, rows, names };
}

/** One of the places, within one transaction. Names are such as `live/k3`; ranges are of lists that are live. */
interface Home {
  get(name: string): Promise<Stored | undefined>;
  getSync(name: string): Stored | undefined;
  put(name: string, value: Stored, options: ExpiryOptions): void;
  /** `isExpiry`: by an entry that has expired. */
  del(name: string, isExpiry: boolean): void;
  delRange(name: string): void;
  update(name: string, update: Update<Stored>): void;
  /** The rows of `[lower, upper)`, through the index if there is one: the first ones in the order of the scan. */
  scan(lower: string, upper: string, order: ScanOrder): Promise<[string, Stored][]>;
  scanSync(lower: string, upper: string): [string, Stored][];
  lock(name: string): Promise<void>;
  lockRange(lower: string, upper: string): Promise<void>;
}

interface ScanOrder {
  readonly reverse: boolean;
  readonly limit: number;
}

const locked = async (
  tx: Transaction<string, Stored>,
  range: { readonly gte: string; readonly lt?: string; readonly lte?: string },
): Promise<void> => {
  if (tx instanceof LockingTransaction) await tx.lockRange(range);
};

/** What the two keyspaces whose keys are the names have in common. */
abstract class HomeByName<R extends Stored> {
  readonly tx: Transaction<string, R>;

  constructor(tx: Transaction<string, R>) {
    this.tx = tx;
  }

  getSync(name: string): Stored | undefined {
    return this.tx.getSync(name);
  }

  delRange(name: string): void {
    this.tx.delRange({ gte: name, lte: name });
  }

  scanSync(lower: string, upper: string): [string, Stored][] {
    return [...this.tx.entries({ gte: `live/${lower}`, lt: `live/${upper}` })];
  }

  lock(name: string): Promise<void> {
    return locked(this.tx, { gte: name, lte: name });
  }

  lockRange(lower: string, upper: string): Promise<void> {
    return locked(this.tx, { gte: `live/${lower}`, lt: `live/${upper}` });
  }
}

/** The keys of the database itself. */
class OwnHome extends HomeByName<Stored> implements Home {
  get(name: string): Promise<Stored | undefined> {
    return this.tx.get(name);
  }

  put(name: string, value: Stored, options: ExpiryOptions): void {
    this.tx.put(name, value, options);
  }

  del(name: string, isExpiry: boolean): void {
    if (isExpiry) this.tx.put(name, { list: [], padding: 'expired' }, EXPIRED);
    else this.tx.del(name);
  }

  update(name: string, update: Update<Stored>): void {
    this.tx.update(name, update);
  }

  scan(lower: string, upper: string, order: ScanOrder): Promise<[string, Stored][]> {
    const range = { gte: `live/${lower}`, lt: `live/${upper}` };
    return this.tx.entries({ ...range, ...limited(order) }).all();
  }
}

/** Keyspace `names`. */
class NamesHome extends HomeByName<NamedRow> implements Home {
  readonly #indexed: Pick<Transaction<string, NamedRow>, 'index'>;
  readonly #alternate: () => boolean;

  constructor(
    tx: Transaction<string, NamedRow>,
    indexed: Pick<Transaction<string, NamedRow>, 'index'>,
    alternate: () => boolean,
  ) {
    super(tx);
    this.#indexed = indexed;
    this.#alternate = alternate;
  }

  async get(name: string): Promise<Stored | undefined> {
    if (this.#alternate()) return this.tx.get(name);
    return (await this.#indexed.index('byName').get([name]))?.value;
  }

  put(name: string, value: Stored, options: ExpiryOptions): void {
    this.tx.put(name, { ...value, name }, options);
  }

  del(name: string, isExpiry: boolean): void {
    if (isExpiry) this.tx.put(name, { list: [], padding: 'expired', name }, EXPIRED);
    else this.tx.del(name);
  }

  update(name: string, update: Update<Stored>): void {
    this.tx.update(name, (row) => {
      const next = update(row);
      return next && { ...next, name };
    });
  }

  async scan(lower: string, upper: string, order: ScanOrder): Promise<[string, Stored][]> {
    const range = { gte: [`live/${lower}`], lt: [`live/${upper}`], ...limited(order) };
    const index = this.#indexed.index('byName');
    if (this.#alternate()) {
      const found = await index.entries(range).all();
      return found.map(({ values, value }) => [String(values[0]), value]);
    }
    const keys = await index.keys(range).all();
    const values = await this.tx.getMany(keys);
    return keys.map((key, i) => [key, mustBeThere(values[i], key)]);
  }
}

/** Keyspace `rows`. */
class RowsHome implements Home {
  readonly #tx: Transaction<string, StatedRow>;
  readonly #indexed: Pick<Transaction<string, StatedRow>, 'index'>;
  readonly #alternate: () => boolean;

  constructor(
    tx: Transaction<string, StatedRow>,
    indexed: Pick<Transaction<string, StatedRow>, 'index'>,
    alternate: () => boolean,
  ) {
    this.#tx = tx;
    this.#indexed = indexed;
    this.#alternate = alternate;
  }

  async get(name: string): Promise<Stored | undefined> {
    const [state, key] = partsOf(name);
    if (this.#alternate()) return inState(await this.#tx.get(key), state);
    return (await this.#indexed.index('byState').get([state, key]))?.value;
  }

  getSync(name: string): Stored | undefined {
    const [state, key] = partsOf(name);
    return inState(this.#tx.getSync(key), state);
  }

  put(name: string, value: Stored, options: ExpiryOptions): void {
    const [state, key] = partsOf(name);
    this.#tx.put(key, { ...value, state, key }, options);
  }

  /** The row is that of both names: only the one that it has now can be deleted. */
  del(name: string): void {
    if (this.getSync(name) !== undefined) this.#tx.del(partsOf(name)[1]);
  }

  delRange(name: string): void {
    const [, key] = partsOf(name);
    if (this.getSync(name) !== undefined) this.#tx.delRange({ gte: key, lte: key });
  }

  update(name: string, update: Update<Stored>): void {
    const [state, key] = partsOf(name);
    this.#tx.update(key, (row) => {
      const next = update(inState(row, state));
      return next === undefined ? row : { ...next, state, key };
    });
  }

  async scan(lower: string, upper: string, order: ScanOrder): Promise<[string, Stored][]> {
    const range = { gte: ['live', lower], lt: ['live', upper], ...limited(order) };
    const found = await this.#indexed.index('byState').entries(range).all();
    return found.map(({ values, value }) => [`live/${String(values[1])}`, value]);
  }

  scanSync(lower: string, upper: string): [string, Stored][] {
    const rows = [...this.#tx.entries({ gte: lower, lt: upper })];
    return rows
      .filter(([, { state }]) => state === 'live')
      .map(([key, row]) => [`live/${key}`, row]);
  }

  lock(name: string): Promise<void> {
    const [, key] = partsOf(name);
    return locked(this.#tx, { gte: key, lte: key });
  }

  lockRange(lower: string, upper: string): Promise<void> {
    return locked(this.#tx, { gte: lower, lt: upper });
  }
}

function partsOf(name: string): readonly [State, string] {
  const [state, key = ''] = name.split('/');
  return [state as State, key];
}

function inState(row: StatedRow | undefined, state: State): StatedRow | undefined {
  return row?.state === state ? row : undefined;
}

function limited({ reverse, limit }: ScanOrder): Pick<ScanOptions<string>, 'reverse' | 'limit'> {
  return { reverse, ...(limit === Infinity ? {} : { limit }) };
}

function mustBeThere<T>(value: T | undefined, key: string): T {
  if (value === undefined) throw new Error(`Index shows a row that is not there: key=${key}`);
  return value;
}

/** What a place reads its indexes with, when that is not its transaction: for planted bugs. */
export interface Plan {
  /** By home: 0 that of the database itself, 1 `rows`, 2 `names`. */
  readonly transactions: readonly [
    Transaction<string, Stored>,
    Transaction<string, Stored>,
    Transaction<string, Stored>,
  ];
  readonly rowsIndexed?: Pick<Transaction<string, StatedRow>, 'index'>;
  readonly namesIndexed?: Pick<Transaction<string, NamedRow>, 'index'>;
}

export class SpacesTransaction implements TargetTransaction {
  readonly #plan: Plan;
  readonly #homes: readonly Home[];
  #callCount = 0;
  /** For bugs that show before the first write alone. */
  hasWritten = false;

  constructor({ rows, names }: Spaces, plan: Plan) {
    this.#plan = plan;
    const [own, inRows, inNames] = plan.transactions;
    const alternate = (): boolean => this.#callCount++ % 2 === 0;
    this.#homes = [
      new OwnHome(own),
      new RowsHome(inRows.in(rows), plan.rowsIndexed ?? inRows.in(rows), alternate),
      new NamesHome(inNames.in(names), plan.namesIndexed ?? inNames.in(names), alternate),
    ];
  }

  get(name: string): Promise<Stored | undefined> {
    return this.#homeOf(name).get(name);
  }

  getSync(name: string): Stored | undefined {
    return this.#homeOf(name).getSync(name);
  }

  async getMany(names: readonly string[]): Promise<(Stored | undefined)[]> {
    const values: (Stored | undefined)[] = [];
    for (const name of names) values.push(await this.get(name));
    return values;
  }

  put(name: string, value: Stored): void {
    this.hasWritten = true;
    this.#homeOf(name).put(name, value, this.#callCount++ % 2 === 0 ? LATE : {});
  }

  del(name: string): void {
    this.hasWritten = true;
    this.#homeOf(name).del(name, this.#callCount++ % 2 === 0);
  }

  update(name: string, update: Update<Stored>): void {
    this.hasWritten = true;
    this.#homeOf(name).update(name, update);
  }

  /** Of one name, as the clients delete. */
  delRange(range: RangeOptions<string>): void {
    this.hasWritten = true;
    const name = range.gte ?? '';
    this.#homeOf(name).delRange(name);
  }

  entries({ gte = '', lt = '', reverse = false, limit }: ScanOptions<string>): Rows {
    const homes = this.#homes;
    const [lower, upper] = [partsOf(gte)[1], partsOf(lt)[1]];
    const order = { reverse, limit: limit ?? Infinity };
    return {
      async *[Symbol.asyncIterator]() {
        const found: [string, Stored][] = [];
        if (lower < upper) {
          for (const home of homes) found.push(...(await home.scan(lower, upper, order)));
        }
        yield* inOrder(found, order);
      },
      *[Symbol.iterator]() {
        const found = lower < upper ? homes.flatMap((home) => home.scanSync(lower, upper)) : [];
        yield* inOrder(found, order);
      },
    };
  }

  async commit(): Promise<void> {
    for (const tx of new Set(this.#plan.transactions)) await tx.commit();
  }

  rollback(): void {
    for (const tx of this.#plan.transactions) tx.rollback();
  }

  lockFor(name: string): Promise<void> {
    return this.#homeOf(name).lock(name);
  }

  async lockAll(lower: string, upper: string): Promise<void> {
    const [from, to] = [partsOf(lower)[1], partsOf(upper)[1]];
    for (const home of this.#homes) await home.lockRange(from, to);
  }

  #homeOf(name: string): Home {
    const number = Number(name.slice(name.indexOf('/k') + 2));
    return this.#homes[number % this.#homes.length]!; // under the length
  }
}

function inOrder(found: [string, Stored][], { reverse, limit }: ScanOrder): [string, Stored][] {
  found.sort(([a], [b]) => (a < b === reverse ? 1 : -1));
  return found.slice(0, limit);
}

const allIn = (tx: Transaction<string, Stored>): Plan => ({ transactions: [tx, tx, tx] });

/** Every transaction that may write is pessimistic, or every other one, or none. */
export function spacesTargetOf(crowd: Crowd): (db: ListDatabase) => Promise<Target> {
  return async (db) => {
    const spaces = await openSpaces(db);
    let count = 0;
    return {
      begin({ readOnly, ...options }): TargetTransaction {
        const locks = crowd === 'pessimistic' || (crowd === 'both modes' && count++ % 2 === 0);
        const tx =
          readOnly || !locks
            ? db.begin({ ...options, readOnly })
            : db.begin({ ...options, mode: 'pessimistic' });
        return new SpacesTransaction(spaces, allIn(tx));
      },
    };
  };
}

type Begin = (spaces: Spaces, options: BeginOptions) => TargetTransaction;

const eachBegin =
  (begin: Begin) =>
  async (db: ListDatabase): Promise<Target> => {
    const spaces = await openSpaces(db);
    return { begin: (options) => begin(spaces, options) };
  };

export interface SpacesCanary {
  readonly bug: string;
  readonly isolation: 'snapshot' | 'serializable';
  readonly makeTarget: (db: ListDatabase) => Promise<Target>;
}

function inBoth(bug: string, begin: Begin): SpacesCanary[] {
  const makeTarget = eachBegin(begin);
  return [
    { bug, isolation: 'snapshot', makeTarget },
    { bug, isolation: 'serializable', makeTarget },
  ];
}

/** Passes everything on to another transaction as well, whose scans are shown. */
class Shadowed extends SpacesTransaction {
  readonly #shadow: SpacesTransaction;

  constructor(spaces: Spaces, plan: Plan, shadow: Plan) {
    super(spaces, plan);
    this.#shadow = new SpacesTransaction(spaces, shadow);
  }

  override put(name: string, value: Stored): void {
    super.put(name, value);
    this.#shadow.put(name, value);
  }

  override update(name: string, update: Update<Stored>): void {
    super.update(name, update);
    this.#shadow.update(name, update);
  }

  override del(name: string): void {
    super.del(name);
    this.#shadow.del(name);
  }

  override delRange(range: RangeOptions<string>): void {
    super.delRange(range);
    this.#shadow.delRange(range);
  }

  override entries(options: ScanOptions<string>): Rows {
    return this.#shadow.entries(options);
  }
}

export const SPACES_CANARIES: readonly SpacesCanary[] = [
  ...inBoth('reads of indexes see the newest state', (spaces, options) => {
    const { db, rows, names } = spaces;
    const tx = db.begin(options);
    const newest: SpacesTransaction = new SpacesTransaction(spaces, {
      ...allIn(tx),
      rowsIndexed: { index: (name) => (newest.hasWritten ? tx.in(rows) : rows).index(name) },
      namesIndexed: { index: (name) => (newest.hasWritten ? tx.in(names) : names).index(name) },
    });
    return newest;
  }),
  ...inBoth('each keyspace has a transaction of its own', (spaces, options) => {
    const { db } = spaces;
    return new SpacesTransaction(spaces, {
      transactions: [db.begin(options), db.begin(options), db.begin(options)],
    });
  }),
  {
    bug: 'scans of indexes are not validated',
    isolation: 'serializable',
    makeTarget: eachBegin((spaces, options) => {
      const { db } = spaces;
      const shadow = db.begin({ ...options, isolation: 'snapshot', readOnly: false });
      return new Shadowed(spaces, allIn(db.begin(options)), allIn(shadow));
    }),
  },
];
