/**
 * `varve/fastify` in real servers of Fastify, over injected requests.
 */
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Database,
  DatabaseFailedError,
  InvalidArgumentError,
  LockedError,
  MemoryVfs,
  open,
} from '../../src/index.ts';
import { varveFastify, type VarveFastifyOptions } from '../../src/fastify/index.ts';
import { FaultVfs } from '../support/fault-vfs.ts';

declare module 'fastify' {
  interface FastifyInstance {
    varve: Database<string, unknown>;
  }
}

let vfs: MemoryVfs;
let app: FastifyInstance;

beforeEach(() => {
  vfs = new MemoryVfs();
  app = fastify();
});

afterEach(() => app.close());

const JSON_VALUES = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;
const inMemory = (): VarveFastifyOptions => ({
  location: '/data',
  options: { vfs, ...JSON_VALUES },
});
const reopened = (): Promise<Database<string, unknown>> => open('/data', { vfs, ...JSON_VALUES });

describe('a server with the plugin', () => {
  it('has the database, in its other plugins too, and closes it with itself', async () => {
    await app.register(varveFastify, inMemory());
    await app.register((routes) => {
      routes.post<{ Params: { id: string } }>('/notes/:id', async ({ params, body }) => {
        await routes.varve.put(params.id, body);
        return { saved: true };
      });
      return Promise.resolve();
    });
    const answer = await app.inject({
      method: 'POST',
      url: '/notes/a',
      payload: { text: 'hello' },
    });
    expect(answer.json()).toEqual({ saved: true });
    const { varve } = app;
    await app.close();
    expect(varve.isOpen).toBe(false);
    const db = await reopened();
    expect(await db.get('a')).toEqual({ text: 'hello' });
    await db.close();
  });

  it('answers the requests that it has before the database closes (fastify-plugin/closes-last)', async () => {
    await app.register(varveFastify, inMemory());
    let arrived = (): void => undefined;
    let goOn = (): void => undefined;
    const isThere = new Promise<void>((resolve) => (arrived = resolve));
    const mayGoOn = new Promise<void>((resolve) => (goOn = resolve));
    app.get('/slow', async () => {
      arrived();
      await mayGoOn;
      await app.varve.put('slow', 1);
      return { saved: true };
    });
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    // A connection that is kept would hold the server open for 70 seconds.
    const answer = fetch(`${address}/slow`, { headers: { connection: 'close' } });
    await isThere;
    const closing = app.close();
    goOn();
    expect(await (await answer).json()).toEqual({ saved: true });
    await closing;
    const db = await reopened();
    expect(await db.get('slow')).toBe(1);
    await db.close();
  });

  it('leaves a database open that it was given (fastify-plugin/closes-its-own)', async () => {
    const database = await reopened();
    await app.register(varveFastify, { database, name: 'notes' });
    expect(Reflect.get(app, 'notes')).toBe(database);
    await app.close();
    expect(database.isOpen).toBe(true);
    await database.close();
  });

  it('closes what it opened when it cannot go on (fastify-plugin/closes-its-own)', async () => {
    app.decorate('varve', 'taken' as never);
    await expect(async () => {
      await app.register(varveFastify, inMemory());
    }).rejects.toThrow(/varve/);
    await (await reopened()).close(); // else LockedError
  });

  it('does not start where another has the directory', async () => {
    const database = await reopened();
    await expect(async () => {
      await app.register(varveFastify, inMemory());
    }).rejects.toThrow(LockedError);
    await database.close();
  });

  it.each([
    {},
    { location: '/data', database: 1 },
    { location: '/data', path: '/health' },
    { location: '/data', name: '' },
    { location: '/data', health: 1 },
  ])('refuses options that are wrong: %o', async (options) => {
    await expect(async () => {
      await app.register(varveFastify, options as never);
    }).rejects.toThrow(InvalidArgumentError);
  });
});

describe('the route of health', () => {
  it('tells that the database takes writes, that it has failed, and that it is closed', async () => {
    const faulty = new FaultVfs(vfs);
    const database: Database<string, unknown> = await open('/data', {
      vfs: faulty,
      ...JSON_VALUES,
    });
    await app.register(varveFastify, { database, health: '/health' });
    const health = async (): Promise<[number, unknown]> => {
      const answer = await app.inject('/health');
      return [answer.statusCode, answer.json()];
    };
    expect(await health()).toEqual([200, { status: 'ok' }]);
    faulty.inject({ kinds: ['sync'], sticky: true });
    await expect(database.put('a', 1)).rejects.toThrow(DatabaseFailedError);
    expect(await health()).toEqual([
      503,
      { status: 'failed', reason: expect.any(String) as string },
    ]);
    await database.close().catch(() => undefined);
    expect(await health()).toEqual([503, { status: 'closed' }]);
  });

  it('is there on request alone', async () => {
    await app.register(varveFastify, inMemory());
    expect((await app.inject('/health')).statusCode).toBe(404);
  });
});
