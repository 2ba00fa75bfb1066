/**
 * `varve/session` under the real express-session: over node:http with requests on loopback, and call by call.
 */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect, promisify } from 'node:util';
import session from 'express-session';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClosedError, type Database, MemoryVfs, open } from '../../src/index.ts';
import { sessionStore, type SessionStoreOptions } from '../../src/session/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

const DAY_MS = 86_400_000;

interface Data extends session.SessionData {
  readonly name?: string;
}

let db: Database<string, string>;
let clock: ManualClock;

beforeEach(async () => {
  clock = new ManualClock();
  db = await open('/db', {
    vfs: new MemoryVfs(),
    environment: { clock },
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
  });
});

afterEach(() => db.close());

/** The store, with promises. */
async function storeOf(options: Omit<SessionStoreOptions, 'database'> = {}) {
  const store = await sessionStore(session, { database: db, ...options });
  return {
    store,
    get: (id: string) => promisify<string, unknown>(store.get.bind(store))(id),
    set: (id: string, data: Data) => promisify(store.set.bind(store))(id, data),
    touch: (id: string, data: Data) => promisify(store.touch.bind(store))(id, data),
    destroy: (id: string) => promisify(store.destroy.bind(store))(id),
    clear: () => promisify(store.clear.bind(store))(),
    length: () => promisify(store.length.bind(store))(),
    all: () => promisify(store.all.bind(store))(),
  };
}

/** A session whose cookie ends so many milliseconds after now, or with the browser. */
function dataOf(maxAgeMs: number | undefined, more: Partial<Data> = {}): Data {
  const cookie = new session.Cookie();
  cookie.expires = maxAgeMs === undefined ? null : new Date(clock.wallMs() + maxAgeMs);
  cookie.originalMaxAge = maxAgeMs ?? null; // after `expires`, which sets it by the clock of the system
  return { cookie, ...more };
}

const commitCount = (): number => db.stats().commits.count;

describe('a server with sessions', () => {
  /** Answers `/name=x` with what the session holds afterwards, and `/out` by destroying it. */
  async function serve<T>(
    store: session.Store,
    use: (ask: (path: string) => Promise<string>) => Promise<T>,
  ): Promise<T> {
    const options = { secret: 's', store, resave: false, saveUninitialized: false, rolling: true };
    const sessions = session({ ...options, cookie: { maxAge: DAY_MS } });
    const listener: RequestListener = (request, response) => {
      void sessions(request as never, response as never, (error?: unknown) => {
        const current = (request as unknown as { session: session.Session & { name?: string } })
          .session;
        if (error !== undefined) return response.writeHead(500).end(inspect(error));
        if (request.url === '/out') return current.destroy(() => response.end('out'));
        const name = /^\/name=(.*)/.exec(request.url ?? '')?.[1];
        if (name !== undefined) current.name = name;
        return response.end(current.name ?? 'nobody');
      });
    };
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    let cookie = '';
    const ask = async (path: string): Promise<string> => {
      const headers = { cookie, connection: 'close' };
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
      cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
      return response.text();
    };
    try {
      return await use(ask);
    } finally {
      server.close();
      await once(server, 'close');
    }
  }

  it('keeps them over another store of the same database, until they are destroyed', async () => {
    clock.advance(Date.now() - clock.wallMs());
    const first = await storeOf();
    const second = await storeOf();
    await serve(first.store, async (ask) => {
      expect(await ask('/')).toBe('nobody');
      expect(await first.length()).toBe(0);
      expect(await ask('/name=ada')).toBe('ada');
      expect(await ask('/')).toBe('ada');
      expect(await second.all()).toMatchObject([{ name: 'ada' }]);
      expect(await ask('/out')).toBe('out');
      expect(await ask('/')).toBe('nobody');
    });
    expect(await second.length()).toBe(0);
  });

  it('answers with an error when the database is closed', async () => {
    clock.advance(Date.now() - clock.wallMs());
    const { store } = await storeOf();
    await serve(store, async (ask) => {
      await ask('/name=ada');
      await db.close();
      expect(await ask('/')).toContain('ClosedError');
    });
  });
});

describe('a session', () => {
  it('ends with its cookie, or after the time of the store', async () => {
    const { get, set, length } = await storeOf({ ttlMs: 5_000 });
    await set('short', dataOf(1_000, { name: 'a' }));
    await set('browser', dataOf(undefined));
    await set('over', dataOf(-1));
    expect(await get('short')).toMatchObject({ name: 'a', cookie: { originalMaxAge: 1_000 } });
    expect(await get('over')).toBe(null);
    expect(await length()).toBe(2);
    clock.advance(1_000);
    expect([await get('short'), await length()]).toEqual([null, 1]);
    clock.advance(4_000);
    expect([await get('browser'), await length()]).toEqual([null, 0]);
  });

  it('takes an end that is text, as the JSON of a cookie has it', async () => {
    const { get, set } = await storeOf();
    const data = JSON.parse(JSON.stringify(dataOf(1_000))) as Data;
    await set('s', data);
    clock.advance(999);
    expect(await get('s')).toEqual(data);
    clock.advance(1);
    expect(await get('s')).toBe(null);
  });

  it('keeps its data when a touch moves its end (sessions/touch-writes-no-data)', async () => {
    const { get, set, touch } = await storeOf();
    await set('s', dataOf(1_000, { name: 'new' }));
    clock.advance(900);
    await touch('s', dataOf(1_000, { name: 'old' }));
    clock.advance(900);
    const cookie: unknown = expect.objectContaining({ originalMaxAge: 1_000 });
    expect(await get('s')).toEqual({ name: 'new', cookie });
    clock.advance(100);
    expect(await get('s')).toBe(null);
  });

  it('is not made by a touch, however it races a destroy (sessions/touch-makes-none)', async () => {
    const { set, touch, destroy, length } = await storeOf();
    await touch('never', dataOf(1_000));
    for (let i = 0; i < 50; i++) {
      await set(`s${i}`, dataOf(1_000));
      await Promise.all([touch(`s${i}`, dataOf(2_000)), destroy(`s${i}`)]);
    }
    expect(await length()).toBe(0);
  });

  it('is not written by a touch that moves its end by less than touchAfterMs', async () => {
    const { get, set, touch } = await storeOf({ touchAfterMs: 100 });
    await set('s', dataOf(1_000));
    const before = commitCount();
    clock.advance(99);
    await touch('s', dataOf(1_000));
    expect(commitCount()).toBe(before);
    clock.advance(1);
    await touch('s', dataOf(1_000));
    expect(commitCount()).toBe(before + 1);
    await touch('s', dataOf(500)); // an end that comes sooner is always written
    clock.advance(500);
    expect(await get('s')).toBe(null);
  });
});

describe('a store', () => {
  it('counts, lists and clears its own keyspace alone', async () => {
    const { store, set, all, clear, length } = await storeOf({ keyspace: 'web' });
    const other = await storeOf();
    await other.set('x', dataOf(1_000));
    await set('a', dataOf(1_000, { name: 'a' }));
    await set('b', dataOf(1_000, { name: 'b' }));
    expect(await all()).toMatchObject([
      { id: 'a', name: 'a' },
      { id: 'b', name: 'b' },
    ]);
    await clear();
    expect([await length(), await other.length()]).toEqual([0, 1]);
    expect(store).toBeInstanceOf(session.Store);
  });

  it('calls back once, after its call (session-store/calls-back-once)', async () => {
    const { store, set } = await storeOf();
    const calls: unknown[] = [];
    store.get('nobody', (...given) => calls.push(given));
    expect(calls).toEqual([]);
    await set('s', dataOf(1_000));
    expect(calls).toEqual([[null, null]]);
  });

  it('gives an error to the callback, or emits it (session-store/no-silence)', async () => {
    const { store, get, touch } = await storeOf();
    await db.close();
    await expect(get('s')).rejects.toBeInstanceOf(ClosedError);
    await expect(touch('s', dataOf(1))).rejects.toBeInstanceOf(ClosedError);
    const emitted = once(store, 'error');
    store.destroy('s');
    expect(await emitted).toEqual([expect.any(ClosedError)]);
  });

  it.each([
    [{ ttlMs: 0 }, /ttlMs of a session store/],
    [{ ttlMs: 1.5 }, /ttlMs of a session store/],
    [{ touchAfterMs: -1 }, /touchAfterMs of a session store/],
    [{ keyspace: '' }, /name/i],
  ])('refuses %o', async (options, message) => {
    await expect(storeOf(options)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(message) as unknown,
    });
  });

  it('says what it needs when it is given something else than the module', async () => {
    const call = sessionStore({} as typeof session, { database: db });
    await expect(call).rejects.toThrow(/hand over what `import session/);
  });
});
