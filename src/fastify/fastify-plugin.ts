/**
 * A plugin that gives a Fastify server a database.
 *
 * Owns: when the database of a server opens and closes, its name on the server, and the route that tells of its health.
 *
 * Invariants:
 *   fastify-plugin/closes-last: the database closes once the server has answered its requests. Example: a request that writes
 *       while the server shuts down gets its answer, and its write is there after the next open.
 *   fastify-plugin/closes-its-own: a database that the plugin opened is closed, also when the server fails to start. One that
 *       it was given stays open.
 *
 * Suspension: the plugin suspends while the database opens and closes.
 */
import { type Database, InvalidArgumentError, open, type OpenOptions } from '../index.ts';

/** A database, whatever its own keys and values are. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the plugin reads and writes nothing
export type FastifyDatabase = Database<any, any>;

/** Options of the plugin: a `location` to open, or a `database` that is open. */
export interface VarveFastifyOptions {
  /** The directory of the database. The plugin opens it before the server is ready, and closes it with the server. */
  readonly location?: string;
  /** Options of `open`, for `location`. */
  readonly options?: OpenOptions;
  /** An open database, in place of `location`. The plugin does not close it. */
  readonly database?: FastifyDatabase;
  /** The name that the database has on the server. Default `'varve'`: `app.varve`. */
  readonly name?: string;
  /** The path of a route that tells of the health of the database. Default: no route. */
  readonly health?: string;
}

/** The part of an answer of Fastify that the plugin uses. */
export interface FastifyReplyLike {
  /** Sets the status. */
  code(statusCode: number): unknown;
  /** Sends the body. */
  send(body: unknown): unknown;
}

/** The part of a server of Fastify that the plugin uses. */
export interface FastifyLike {
  /** Gives the server a member. */
  decorate(name: string, value: unknown): unknown;
  /** Calls `hook` when the server closes. */
  addHook(name: 'onClose', hook: () => Promise<void>): unknown;
  /** Adds a route. */
  get(path: string, handler: (request: unknown, reply: FastifyReplyLike) => unknown): unknown;
}

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof VarveFastifyOptions>([
  'location',
  'options',
  'database',
  'name',
  'health',
]);

/** Options that Fastify itself takes beside those of a plugin. */
const OPTIONS_OF_FASTIFY: ReadonlySet<string> = new Set(['prefix', 'logLevel', 'logSerializers']);

/** With it Fastify gives the decoration to the whole server, and not to the plugin alone. */
const FOR_ALL = Symbol.for('skip-override');
const DISPLAY_NAME = Symbol.for('fastify.display-name');

/**
 * The plugin: `await app.register(varveFastify, { location: './data' })`. Opens the database, or takes yours, and puts it on
 * the server. When the server closes, it first answers the requests that it has; then the database closes.
 *
 * The route of `health` answers 200 with `{ status: 'ok' }`, and 503 with `{ status: 'failed', reason }` once the database takes
 * no more writes, or with `{ status: 'closed' }`.
 *
 * Rejects as `open` does, with InvalidArgumentError for options that are wrong, and as Fastify does for a name that is taken.
 *
 * @example
 * const app = fastify();
 * const options = { keyEncoding: 'utf8', valueEncoding: 'json' };
 * await app.register(varveFastify, { location: './data', options, health: '/health' });
 * app.get('/notes/:id', (request) => app.varve.get(request.params.id));
 *
 * await app.varve.put('a', { text: 'hello' });
 * (await app.inject('/notes/a')).json(); // => { text: 'hello' }
 * (await app.inject('/health')).json(); // => { status: 'ok' }
 * await app.close(); // the database too
 */
export async function varveFastify(server: FastifyLike, given: VarveFastifyOptions): Promise<void> {
  checkOptions(given);
  const { location, options, name = 'varve', health } = given;
  const database = given.database ?? (await open(location!, options)); // one of both is there
  try {
    server.decorate(name, database);
    if (health !== undefined) {
      server.get(health, (_, reply) => answerHealth(database, reply));
    }
    if (given.database === undefined) server.addHook('onClose', () => database.close());
  } catch (error) {
    if (given.database === undefined) await database.close(); // fastify-plugin/closes-its-own
    throw error;
  }
}

Object.assign(varveFastify, { [FOR_ALL]: true, [DISPLAY_NAME]: 'varve' });

function answerHealth(database: FastifyDatabase, reply: FastifyReplyLike): unknown {
  if (!database.isOpen) {
    reply.code(503);
    return reply.send({ status: 'closed' });
  }
  const reason = database.stats().failure;
  if (reason === undefined) return reply.send({ status: 'ok' });
  reply.code(503);
  return reply.send({ status: 'failed', reason });
}

function checkOptions(given: VarveFastifyOptions): void {
  for (const name of Object.keys(given)) {
    if (!OPTION_NAMES.has(name) && !OPTIONS_OF_FASTIFY.has(name)) {
      throw new InvalidArgumentError(`varveFastify has no such option: option=${name}`);
    }
  }
  const { location, database, options, name, health } = given;
  if ((location === undefined) === (database === undefined)) {
    throw new InvalidArgumentError('varveFastify needs a location to open, or an open database');
  }
  if (database !== undefined && options !== undefined) {
    throw new InvalidArgumentError(
      'varveFastify takes options for a location alone: give them to open()',
    );
  }
  for (const [option, value] of Object.entries({ name, health })) {
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw new InvalidArgumentError(`Option ${option} of varveFastify must be text`);
    }
  }
}
