/**
 * A named consumer, as its user holds it: a reader of the stream of changes whose place the database keeps.
 *
 * Owns: the calls of a consumer, and the making, listing and dropping of consumers.
 *
 * What a power cut leaves: a place moves by a commit, so the place before it or after it. In a transaction it moves with the
 * writes of that transaction or not at all.
 *
 * Invariants:
 *   consumer/never-back: a place only moves on.
 *   consumer/exactly-once: a transaction that acknowledges a commit is refused when somebody has acknowledged it before. So of
 *       several readers with one name, one has its effect in the database.
 *
 * Suspension: as each method says.
 */
import { describe } from '../base/describe.ts';
import { ConsumerMovedError, InvalidArgumentError } from '../base/errors.ts';
import { checkInteger, takeOptions, type Template } from '../base/options.ts';
import { isName } from '../base/names.ts';
import {
  CONSUMER_KIND,
  SYSTEM_KEYSPACE,
  systemKey,
  systemRange,
} from '../bytes/keyspace-number.ts';
import type { ConsumerRecord } from '../engine/history/consumer-places.ts';
import { type Changes, CHANGES_OPTIONS, type ChangesOptions, makeChanges } from './changes.ts';
import type { WriteOptions } from './database-options.ts';
import { codecOf } from './encoding.ts';
import { INTERNAL, noConstructor, shows } from './facade.ts';
import { type Keyspace, makeKeyspace } from './keyspace.ts';
import { newEntry } from './keyspace-entry.ts';
import type { Session } from './session.ts';
import { Space } from './space.ts';
import type { Transaction } from './transaction.ts';

/** Options of `consumer`. */
export interface ConsumerOptions {
  /**
   * Of a new consumer: the sequence of the commit after which it begins, 0 for the very first. By default it begins with what
   * is committed from now on. One that is there keeps its place.
   */
  readonly since?: number;
  /**
   * Logs that it has not read stay on the disk for it, whatever `history` says, up to so many bytes of logs in all; 0 to
   * 64 TiB, by default 1 GiB. Recorded; given anew it counts from then on.
   */
  readonly holdBytes?: number;
}

/** Options of the stream of a consumer: as those of `changes`, without a start. */
export type ConsumerChangesOptions = Omit<ChangesOptions, 'since'>;

export const CONSUMER_OPTIONS: Template<ConsumerOptions> = {
  since: undefined,
  holdBytes: undefined,
};

const GIB = 1024 ** 3;
const HOLD_BYTES_MAX = 64 * 1024 * GIB;

type Records = Keyspace<string, ConsumerRecord>;

// Set by the class, whose private members nothing else can reach.
let construct: (session: Session, records: Records, name: string) => Consumer;

/**
 * A reader of the stream of changes whose place the database keeps, under a name. Made by `db.consumer`; it needs no closing.
 *
 * Its calls fail with ClosedError after the close of the database, and with InvalidArgumentError once it was dropped.
 */
export class Consumer {
  readonly #session: Session;
  readonly #records: Records;
  readonly #name: string;

  private constructor(token: symbol, session: Session, records: Records, name: string) {
    if (token !== INTERNAL) throw noConstructor('Consumer', 'db.consumer()');
    this.#session = session;
    this.#records = records;
    this.#name = name;
  }

  static {
    construct = (session, records, name) => new Consumer(INTERNAL, session, records, name);
    shows(Consumer, (consumer) => (#name in consumer ? { name: consumer.name } : undefined));
  }

  /** Its name. */
  get name(): string {
    return this.#name;
  }

  /**
   * The sequence of the last commit that was acknowledged.
   *
   * @example
   * const mails = await db.consumer('mails', { since: 0 });
   * await mails.place(); // => 0
   */
  async place(): Promise<number> {
    return mustBeThere(this.#name, await this.#records.get(this.#name)).sequence;
  }

  /**
   * The commits after its place, as `db.changes` shows them. It ends with HistoryGoneError when it was away for so long that
   * more than `holdBytes` of logs were written. Throws OwnerOnlyError in a thread that has attached itself.
   *
   * @example
   * const mails = await db.consumer('mails', { since: 0 });
   * for await (const { sequence, operations } of mails.changes({ in: accounts, follow: false })) {
   *   console.log(operations[0].key);
   *   await mails.ack(sequence);
   * }
   * // => alice
   * // => bob
   */
  changes(options?: ConsumerChangesOptions): Changes {
    this.#session.mustBeOpen();
    const taken = takeOptions<ChangesOptions>('changes of a consumer', options, CHANGES_OPTIONS);
    if (taken.since !== undefined) {
      throw new InvalidArgumentError('A consumer begins at its place: since is given');
    }
    const { sequence } = mustBeThere(this.#name, this.#records.getSync(this.#name));
    return makeChanges(this.#session, { ...taken, since: sequence });
  }

  /**
   * Moves its place to a commit: this one and all before it are not shown again. At or before its place nothing happens. Resolves
   * as a write does. A crash before that shows what was not acknowledged again: at least once.
   *
   * @example
   * const mails = await db.consumer('mails', { since: 0 });
   * await mails.ack(2);
   * await mails.place(); // => 2
   */
  async ack(sequence: number, options?: WriteOptions): Promise<void> {
    this.#session.mustBeOpen();
    this.#check(sequence);
    if ((await this.place()) >= sequence) return;
    await this.#records.update(
      this.#name,
      (record) => {
        const { sequence: before, ...rest } = mustBeThere(this.#name, record);
        return { ...rest, sequence: Math.max(before, sequence) }; // consumer/never-back
      },
      options,
    );
  }

  /**
   * The same as a part of a transaction: its place moves when the transaction commits, and not without. So what the transaction
   * writes has its effect exactly once, whatever crash comes in between.
   *
   * Throws ConsumerMovedError when the commit was acknowledged before, by another reader with this name: let it end the
   * transaction, and begin the stream anew. Two at the same time conflict, as any two writes of one key do.
   *
   * @example
   * const mails = await db.consumer('mails', { since: 0 });
   * await db.transaction((tx) => {
   *   tx.put('mail:1', 'sent');
   *   mails.ackIn(tx, 2);
   * });
   * await mails.place(); // => 2
   */
  ackIn<K, V>(tx: Transaction<K, V>, sequence: number): void {
    this.#session.mustBeOpen();
    this.#check(sequence);
    const records = this.#session.transactor.mustOwn(tx).in(this.#records);
    const record = mustBeThere(this.#name, records.getSync(this.#name));
    if (record.sequence >= sequence) {
      throw new ConsumerMovedError(
        `Commit was acknowledged before: consumer=${this.#name} sequence=${sequence} place=${record.sequence} ` +
          `(another reader has this name: end the transaction, and begin the stream anew)`,
      );
    }
    records.put(this.#name, { ...record, sequence });
  }

  #check(sequence: unknown): void {
    checkSequence('sequence', sequence, this.#session.store.horizons.published);
  }
}

/** The consumer of that name, which is made when it is missing. Rejects as `Database.consumer` documents. */
export async function openConsumer(
  session: Session,
  name: string,
  options: ConsumerOptions | undefined,
): Promise<Consumer> {
  const { since, holdBytes } = takeOptions('consumer', options, CONSUMER_OPTIONS);
  checkName(name);
  const { published } = session.store.horizons;
  const start = since === undefined ? published : checkSequence('since', since, published);
  const held =
    holdBytes === undefined ? undefined : checkInteger('holdBytes', holdBytes, 0, HOLD_BYTES_MAX);
  session.mustBeOpen();
  const records = recordsOf(session);
  const known = await records.get(name);
  if (known !== undefined && (held === undefined || held === known.holdBytes)) {
    return construct(session, records, name);
  }
  session.mustBeWritable();
  if (!session.store.isHistoryKept) {
    throw new InvalidArgumentError(
      'A consumer needs logs that stay: open the database with the option history',
    );
  }
  await records.update(
    name,
    (record) => ({
      sequence: record?.sequence ?? start,
      holdBytes: held ?? record?.holdBytes ?? GIB,
    }),
    { durability: 'sync' },
  );
  return construct(session, records, name);
}

/** Rejects with InvalidArgumentError when there is none. */
export async function dropConsumer(session: Session, name: string): Promise<void> {
  checkName(name);
  session.mustBeWritable();
  await recordsOf(session).update(
    name,
    (record) => {
      mustBeThere(name, record);
      return undefined;
    },
    { durability: 'sync' },
  );
}

/** Their records, as a keyspace that no name leads to. */
function recordsOf(session: Session): Records {
  const codecs = {
    key: codecOf('keyEncoding', 'utf8'),
    value: codecOf('valueEncoding', 'json'),
  };
  const entry = newEntry(SYSTEM_KEYSPACE, { name: 'consumers' });
  const place = { head: systemKey(CONSUMER_KIND), range: systemRange(CONSUMER_KIND) };
  return makeKeyspace(session, new Space(entry, session, codecs, place)) as unknown as Records;
}

function mustBeThere(name: string, record: ConsumerRecord | undefined): ConsumerRecord {
  if (record !== undefined) return record;
  throw new InvalidArgumentError(`There is no consumer of this name: name=${name}`);
}

function checkName(name: unknown): void {
  if (isName(name)) return;
  throw new InvalidArgumentError(
    `Name of a consumer must be text of 1 to 200 characters: found=${describe(name)}`,
  );
}

function checkSequence(what: string, sequence: unknown, published: number): number {
  if (typeof sequence !== 'number' || !Number.isSafeInteger(sequence) || sequence < 0) {
    throw new InvalidArgumentError(
      `Option ${what} must be the sequence of a commit: found=${describe(sequence)}`,
    );
  }
  if (sequence <= published) return sequence;
  throw new InvalidArgumentError(
    `Sequence is in the future: ${what}=${sequence} newest=${published}`,
  );
}
