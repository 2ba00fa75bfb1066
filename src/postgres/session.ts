/**
 * One connection to a server.
 *
 * Owns: the client of the package `pg`, and whether it is of use. Statements are sent as they are called, without waiting for
 * the answers of those before: a transaction of five statements takes one round trip. The server runs them in order. After
 * a statement that failed it refuses the rest of its transaction, and makes a rollback of the commit.
 *
 * Invariants:
 *   session/no-silent-loss: when the connection breaks, each statement without an answer rejects.
 *   session/generic-plans: the server plans a statement once, and finds rows by an index: statistics of a table that has
 *       just grown lead to no scan of all of it.
 *
 * Suspension: statements suspend until their answer.
 */
import { Client } from 'pg';
import { ClosedError } from '../index.ts';
import { isLoss } from './failures.ts';
import type { Deadline } from '../adapters/time.ts';

/** A statement that the server keeps under a name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export type Row = readonly unknown[];

const CONNECT_MS = 5000;
/** What not every engine with this protocol knows: a refusal changes nothing. */
const TUNING = [
  'set jit = off',
  'set plan_cache_mode = force_generic_plan',
  'set enable_seqscan = off',
  'set enable_bitmapscan = off',
  'set statement_timeout = 0',
  'set idle_in_transaction_session_timeout = 0',
];

export class Session {
  /** Of the server that it is connected to. */
  readonly server: string;
  readonly #client: Client;
  readonly #endings: (() => void)[] = [];
  #loss: Error | undefined;

  private constructor(client: Client, server: string) {
    this.#client = client;
    this.server = server;
    const lose = (error: Error): void => {
      this.#lose(error);
    };
    client.on('error', lose);
    client.on('end', () => {
      this.#lose(new Error('Connection has ended'));
    });
  }

  /** Connects, within 5 s. Rejects with what the server or the network says. */
  static async open(
    server: { readonly name: string; readonly connectionString: string },
    deadline: Deadline,
  ): Promise<Session> {
    const client = new Client({
      connectionString: server.connectionString,
      connectionTimeoutMillis: Math.max(1, Math.min(CONNECT_MS, deadline.leftMs)),
      fallback_application_name: 'varve',
      keepAlive: true,
      pipeline: true,
    });
    const session = new Session(client, server.name);
    try {
      await client.connect();
    } catch (error) {
      session.discard();
      throw error;
    }
    for (const text of TUNING) session.#client.query(text).catch(() => undefined);
    return session;
  }

  /** True when no statement can be sent any more. */
  get isLost(): boolean {
    return this.#loss !== undefined;
  }

  /** Calls back once when the connection breaks, or has been ended. */
  onEnd(callback: () => void): void {
    if (this.#loss !== undefined) callback();
    else this.#endings.push(callback);
  }

  onNotification(callback: () => void): void {
    this.#client.on('notification', callback);
  }

  /** The rows of a prepared statement. */
  async rows(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    const config = { ...statement, values: [...values], rowMode: 'array' as const };
    const { rows } = await this.#client.query<unknown[]>(config);
    return rows;
  }

  /** Runs statements that take no parameters; resolves with the rows of the last one. */
  async run(text: string): Promise<Row[]> {
    return (await this.#send(text)).rows;
  }

  /** Ends a transaction. Resolves with false when the server has rolled it back. */
  async commit(): Promise<boolean> {
    return (await this.#send('commit')).command === 'COMMIT';
  }

  /** The event loop does not wait for it: a process may end with connections that nobody uses. */
  rest(): void {
    referable(this.#client).unref();
  }

  wake(): void {
    referable(this.#client).ref();
  }

  /** Breaks the connection now. Idempotent. */
  discard(): void {
    this.#lose(new ClosedError('Connection was given up'));
    this.#client.connection.stream.destroy();
  }

  /** Ends the connection when its statements are done. Resolves when it is gone. */
  async end(): Promise<void> {
    if (this.#loss !== undefined) return;
    await this.#client.end();
  }

  async #send(text: string): Promise<{ rows: Row[]; command: string }> {
    const found = await this.#client.query<unknown[]>({ text, rowMode: 'array' });
    const last = Array.isArray(found) ? (found as (typeof found)[]).at(-1) : found;
    if (last === undefined) throw new Error('No statement was sent');
    return last;
  }

  #lose(error: Error): void {
    if (this.#loss !== undefined) return;
    this.#loss = error;
    for (const callback of this.#endings.splice(0)) callback();
  }
}

/** Runs a call of a session; one that shows the connection to be of no use ends it. */
export async function within<T>(session: Session, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (isLoss(error)) session.discard();
    throw error;
  }
}

interface Referable {
  ref(): void;
  unref(): void;
}

/** Methods of a client that its package documents and its types leave out. */
function referable(client: Client): Referable {
  return client as unknown as Referable;
}
