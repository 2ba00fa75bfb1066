/**
 * The server of the studio: a page and its data, for one person on this machine.
 *
 * Owns: the routes, and what an error becomes.
 *
 * Invariants:
 *   studio/loopback: the server listens on 127.0.0.1 alone.
 *   studio/reads-only: without `isWritable` no request changes anything.
 *   studio/closes: `close` ends every connection, streams too; the database is the caller's, and stays open.
 *
 * Suspension: every handler suspends for its reads.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { InvalidArgumentError, ReadOnlyError, StorageError } from '../base/errors.ts';
import { bufferOf } from '../bytes/bytes.ts';
import type { Tree } from '../inspect/read-tree.ts';
import { UsageError } from '../programs/outcome.ts';
import { parseBytes } from '../text/text-form.ts';
import { PAGE_SCRIPT, PAGE_STYLE } from './assets.ts';
import {
  type BytesDatabase,
  oneEntry,
  openKeyspace,
  type OpenKeyspace,
  pageOfEntries,
  pageOfIndex,
  versionsOf,
} from './entries.ts';
import { EventStream, feedChanges, feedStats } from './feeds.ts';
import { addressOf, admit, type Admitted, type Gate, newToken } from './gate.ts';
import { ICON, PAGE, SAFE_HEADERS } from './page-html.ts';
import { bytesOfId, idOf } from './shown.ts';
import { treeOf } from './tree.ts';

export interface StudioSettings {
  /** With keys and values as bytes. */
  readonly db: BytesDatabase;
  /** 0 for any that is free. */
  readonly port: number;
  /** Whether the page may put and delete. */
  readonly isWritable: boolean;
  /** The version of the package. */
  readonly packageVersion: string;
  readonly readTree: () => Promise<Tree>;
}

/** A running studio. */
export interface Studio {
  /** The address to open, with its token. */
  readonly url: string;
  /** Resolves when the server has ended. */
  close(): Promise<void>;
}

/** Bytes of a request to write: a value of four MiB of any text fits. */
const BODY_SIZE_BYTES_MAX = 16 * 1024 * 1024;
/** Streams that are open at once; a page has two. */
const STREAM_COUNT_MAX = 32;

/** Rejects with the error of the system when the port is taken. */
export async function startStudio(settings: StudioSettings): Promise<Studio> {
  const streams = new Set<EventStream>();
  const server = createServer({ maxHeaderSize: 16_384 });
  const port = await listen(server, settings.port);
  const gate: Gate = { token: newToken(), port };
  const routes = new Routes(settings, streams);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    void answer(routes, gate, request, response);
  });
  const close = (): Promise<void> => {
    for (const stream of streams) stream.end();
    return new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  };
  return { url: addressOf(gate), close };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port); // of a server on TCP
    });
  });
}

/** Never rejects. */
async function answer(
  routes: Routes,
  gate: Gate,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for (const [name, value] of Object.entries(SAFE_HEADERS)) response.setHeader(name, value);
  try {
    const admitted = admit(request, gate);
    if ('status' in admitted) {
      sendJson(response, admitted.status, { error: { message: admitted.message } });
      return;
    }
    await routes.serve(admitted, request, response);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else sendJson(response, statusOf(error), { error: errorOf(error) });
  }
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json; charset=utf-8', JSON.stringify(value));
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
}

function statusOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof InvalidArgumentError) return 400;
  if (error instanceof NotFoundError) return 404;
  if (error instanceof ReadOnlyError) return 403;
  return 500;
}

function errorOf(error: unknown): object {
  const code = error instanceof StorageError ? error.code : undefined;
  return { code, message: error instanceof Error ? error.message : String(error) };
}

class Routes {
  readonly #settings: StudioSettings;
  readonly #db: BytesDatabase;
  readonly #streams: Set<EventStream>;

  constructor(settings: StudioSettings, streams: Set<EventStream>) {
    this.#settings = settings;
    this.#db = settings.db;
    this.#streams = streams;
  }

  async serve(
    { path, query, isWrite }: Admitted,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (isWrite) {
      sendJson(response, 200, await this.#write(path, await bodyOf(request)));
      return;
    }
    const asset = ASSETS.get(path);
    if (asset !== undefined) {
      send(response, 200, asset.type, asset.text);
    } else if (path === 'api/stats' || path === 'api/changes') {
      await this.#stream(path, query, request, response);
    } else {
      sendJson(response, 200, await this.#read(path, query));
    }
  }

  async #stream(
    path: string,
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (this.#streams.size >= STREAM_COUNT_MAX) {
      throw new UsageError('Too many streams are open: close other pages of the studio');
    }
    const since = sequenceOf(request.headers['last-event-id'] ?? query.get('since') ?? undefined);
    const stream = new EventStream(response);
    this.#streams.add(stream);
    stream.signal.addEventListener('abort', () => this.#streams.delete(stream), { once: true });
    if (path === 'api/stats') feedStats(this.#db, stream);
    else await feedChanges(this.#db, stream, since);
  }

  async #read(path: string, query: URLSearchParams): Promise<unknown> {
    const db = this.#db;
    switch (path) {
      case 'api/info':
        return this.#info();
      case 'api/tree':
        return treeOf(db, await this.#settings.readTree());
      case 'api/keyspaces':
        return this.#keyspaces();
      case 'api/entries':
        return pageOfEntries(await this.#open(query), query);
      case 'api/index':
        return pageOfIndex(await this.#open(query), mustHave(query, 'index'), query);
      case 'api/entry': {
        const opened = await this.#open(query);
        const entry = await oneEntry(opened, keyOf(query, opened));
        if (entry === undefined) throw new NotFoundError('The key has no value');
        return entry;
      }
      case 'api/versions': {
        const opened = await this.#open(query);
        return versionsOf(db, opened, keyOf(query, opened));
      }
      default:
        throw new NotFoundError(`There is nothing at this address: path=${path}`);
    }
  }

  async #info(): Promise<object> {
    const { follower, databaseId } = this.#db.stats();
    return {
      location: this.#db.location,
      databaseId,
      packageVersion: this.#settings.packageVersion,
      isFollower: follower !== undefined,
      isWritable: this.#settings.isWritable,
      defaultName: this.#db.name,
      keyspaces: await this.#keyspaces(),
    };
  }

  /** JSON has no Infinity: entries without a time to live have null for it. */
  async #keyspaces(): Promise<object[]> {
    const keyspaces = await this.#db.keyspaces();
    return keyspaces.map((each) => ({
      ...each,
      ttlMs: Number.isFinite(each.ttlMs) ? each.ttlMs : null,
    }));
  }

  #open(query: URLSearchParams): Promise<OpenKeyspace> {
    return openKeyspace(this.#db, query.get('keyspace') ?? this.#db.name, query.get('form'));
  }

  /** Keeps studio/reads-only. */
  async #write(path: string, body: Readonly<Record<string, unknown>>): Promise<object> {
    if (!this.#settings.isWritable) {
      throw new ReadOnlyError('The studio reads only: start it with --write to change something');
    }
    const text = (name: string): string => {
      const value = body[name];
      if (typeof value === 'string') return value;
      throw new UsageError(`Body must have text: name=${name}`);
    };
    const asked = body['form'] === undefined ? null : text('form');
    const opened = await openKeyspace(this.#db, text('keyspace'), asked);
    const { keyspace, forms } = opened;
    const key =
      body['id'] === undefined ? parseBytes(text('key'), forms.key) : bytesOfId(text('id'));
    switch (path) {
      case 'api/put':
        await keyspace.put(key, parseBytes(text('value'), forms.value));
        return { id: idOf(key) };
      case 'api/del':
        await keyspace.del(key);
        return { id: idOf(key) };
      default:
        throw new NotFoundError(`There is nothing to write at this address: path=${path}`);
    }
  }
}

interface Asset {
  readonly type: string;
  readonly text: string;
}

const ASSETS: ReadonlyMap<string, Asset> = new Map([
  ['', { type: 'text/html; charset=utf-8', text: PAGE }],
  ['main.js', { type: 'text/javascript; charset=utf-8', text: PAGE_SCRIPT }],
  ['style.css', { type: 'text/css; charset=utf-8', text: PAGE_STYLE }],
  ['icon.svg', { type: 'image/svg+xml', text: ICON }],
]);

/** The key that the query names by its id, or as it is written. */
function keyOf(query: URLSearchParams, { forms }: OpenKeyspace): Uint8Array {
  const id = query.get('id');
  return id === null ? parseBytes(mustHave(query, 'key'), forms.key) : bytesOfId(id);
}

function mustHave(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (value === null) throw new UsageError(`Parameter is missing: name=${name}`);
  return value;
}

function sequenceOf(text: string | string[] | undefined): number | undefined {
  if (text === undefined) return undefined;
  const sequence = Number(text);
  if (text !== '' && Number.isSafeInteger(sequence) && sequence >= 0) return sequence;
  throw new UsageError(`Sequence must be a whole number: found=${String(text)}`);
}

async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of request as AsyncIterable<Uint8Array>) {
    sizeBytes += piece.length;
    if (sizeBytes > BODY_SIZE_BYTES_MAX)
      throw new UsageError('The value is too large for the page');
    pieces.push(piece);
  }
  const parsed = parsedBody(bufferOf(Buffer.concat(pieces)).toString('utf8'));
  if (typeof parsed !== 'object' || parsed === null) throw new UsageError('Body must be an object');
  return parsed as Readonly<Record<string, unknown>>;
}

function parsedBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError('Body must be JSON');
    throw error;
  }
}
