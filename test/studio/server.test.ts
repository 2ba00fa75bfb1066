/** The server of the studio by plain HTTP: who is let in, what is answered, and what nobody may do. */
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { api, post, rawRequest, withStream, withStudio } from './with-studio.ts';

interface Page {
  readonly entries: readonly {
    readonly id: string;
    readonly key: { readonly text: string; readonly form: string; readonly isCut: boolean };
    readonly value: {
      readonly text: string;
      readonly form: string;
      readonly sizeBytes: number;
      readonly isCut: boolean;
    };
    readonly values?: readonly unknown[];
  }[];
  readonly next?: string;
}

const HOSTILE = '<script>window.taken = true</script><img src=x onerror="window.taken = true">';

describe('who is let in', () => {
  it('the token is asked for each time, and without it every path answers alike (studio-gate/token-each-time)', () =>
    withStudio(false, async ({ studio }) => {
      const { origin, pathname } = new URL(studio.url);
      expect(pathname).toMatch(/^\/[\w-]{32}\/$/);
      const wrong = pathname.replace(/^\/./, (start) => (start === '/A' ? '/B' : '/A'));
      const texts = new Set<string>();
      for (const path of [
        '/',
        '/api/info',
        wrong,
        `${wrong}api/info`,
        pathname.slice(0, -1),
        '/constructor/',
      ]) {
        const { status, text, headers } = await rawRequest(origin + path);
        expect(status).toBe(404);
        expect(headers['content-security-policy']).toContain("default-src 'none'");
        texts.add(text);
      }
      expect(texts.size).toBe(1);
      expect((await rawRequest(studio.url)).status).toBe(200);
      expect((await rawRequest(`${studio.url}api/info`)).status).toBe(200);
    }));

  it('another host is refused, the page too (studio-gate/own-host)', () =>
    withStudio(false, async ({ studio }) => {
      const { port } = new URL(studio.url);
      for (const host of [
        'evil.example',
        `evil.example:${port}`,
        '127.0.0.1',
        `127.0.0.1:${port}.evil.example`,
      ]) {
        expect((await rawRequest(studio.url, { headers: { host } })).status).toBe(421);
      }
      const headers = { host: `localhost:${port}` };
      expect((await rawRequest(studio.url, { headers })).status).toBe(200);
    }));

  it('a page of another origin is refused, and no answer allows it (studio-gate/no-foreign-page)', () =>
    withStudio(true, async ({ studio, shown }) => {
      const url = `${studio.url}api/put`;
      const body = JSON.stringify({ keyspace: 'default', key: 'k', value: 'v' });
      const json = { 'content-type': 'application/json' };
      const refused: [Record<string, string>, number][] = [
        [{ ...json, origin: 'https://evil.example' }, 403],
        [{ ...json, origin: 'null' }, 403],
        [{ ...json, 'sec-fetch-site': 'cross-site' }, 403],
        [{ ...json, 'sec-fetch-site': 'same-site' }, 403],
        [{ 'content-type': 'text/plain' }, 415],
        [{}, 415],
      ];
      for (const [headers, status] of refused) {
        const answer = await rawRequest(url, { method: 'POST', headers, body });
        expect(answer.status).toBe(status);
        expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      }
      const asked = await rawRequest(url, {
        method: 'OPTIONS',
        headers: { origin: 'https://evil.example' },
      });
      expect(asked.status).toBe(405);
      expect(asked.headers['access-control-allow-origin']).toBeUndefined();
      expect(await shown.has(Buffer.from('k'))).toBe(false);
    }));

  it('it listens on the loopback address alone (studio/loopback)', () =>
    withStudio(false, async ({ studio }) => {
      const { hostname, port } = new URL(studio.url);
      expect(hostname).toBe('127.0.0.1');
      const isRefused = await new Promise<boolean>((resolve) => {
        const socket = connect({ host: '127.0.0.2', port: Number(port) });
        socket.on('connect', () => resolve(socket.destroy() === undefined));
        socket.on('error', () => resolve(true));
      });
      expect(isRefused).toBe(true);
    }));

  it('the page may run its own script alone (studio-page/own-code-alone)', () =>
    withStudio(false, async ({ studio, writer, shown }) => {
      await writer.put(HOSTILE, HOSTILE);
      await shown.refresh();
      const page = await rawRequest(studio.url);
      expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(page.headers['content-security-policy']).toContain("script-src 'self';");
      expect(page.headers['content-security-policy']).not.toContain('unsafe');
      expect(page.headers['referrer-policy']).toBe('no-referrer');
      expect(page.text).not.toContain('window.taken');
      expect(page.text).not.toMatch(/<script(?! type="module" src="main\.js">)/);
      const script = await rawRequest(`${studio.url}main.js`);
      expect(script.headers['content-type']).toContain('text/javascript');
      expect(script.text).toContain('EventSource');
      expect(script.text).not.toMatch(
        /innerHTML|insertAdjacentHTML|document\.write|https?:\/\/(?!www\.w3\.org)/,
      );
      expect((await rawRequest(`${studio.url}style.css`)).text).not.toMatch(/url\(|@import/);
    }));
});

describe('what is answered', () => {
  it('hostile keys and values are JSON that no browser takes for a page', () =>
    withStudio(false, async ({ studio, writer, shown }) => {
      await writer.put(HOSTILE, HOSTILE);
      await shown.refresh();
      const query = new URLSearchParams({ keyspace: 'default', prefix: '<script>' }).toString();
      const { headers, text } = await rawRequest(`${studio.url}api/entries?${query}`);
      expect(headers['content-type']).toBe('application/json; charset=utf-8');
      expect(headers['x-content-type-options']).toBe('nosniff');
      const { entries } = JSON.parse(text) as Page;
      expect(entries.map(({ key, value }) => [key.text, value.text])).toEqual([[HOSTILE, HOSTILE]]);
    }));

  it('pages that follow each other show each entry once, both ways (studio-entries/each-once)', () =>
    withStudio(false, async ({ studio, writer, shown }) => {
      const items = await writer.keyspace('items', {
        keyEncoding: 'tuple',
        valueEncoding: 'json',
        indexes: { byKind: { on: ['kind'] } },
      });
      const operations = Array.from({ length: 137 }, (_, number) => ({
        type: 'put' as const,
        in: items,
        key: [number % 2 === 0 ? 'even' : 'odd', number],
        value: { kind: number % 3 },
      }));
      await writer.batch(operations);
      await shown.refresh();
      const all = async (path: string): Promise<string[]> => {
        const seen: string[] = [];
        let page: Page | undefined;
        do {
          const after = page?.next === undefined ? '' : `&after=${encodeURIComponent(page.next)}`;
          page = await api<Page>(studio, `${path}&limit=20${after}`);
          expect(page.entries.length).toBeLessThanOrEqual(20);
          seen.push(...page.entries.map(({ key }) => key.text));
        } while (page.next !== undefined);
        return seen;
      };
      const whole = await all('entries?keyspace=items');
      expect(whole).toHaveLength(137);
      expect(new Set(whole).size).toBe(137);
      expect(await all('entries?keyspace=items&reverse=1')).toEqual([...whole].reverse());
      const odd = `prefix=${encodeURIComponent('["odd"]')}`;
      expect(await all(`entries?keyspace=items&${odd}`)).toEqual(
        whole.filter((key) => key.startsWith('["odd"')),
      );
      const byKind = await all('index?keyspace=items&index=byKind');
      expect(byKind).toHaveLength(137);
      expect(new Set(byKind).size).toBe(137);
      expect(await all('index?keyspace=items&index=byKind&reverse=1')).toEqual(
        [...byKind].reverse(),
      );
      expect(
        await all(`index?keyspace=items&index=byKind&prefix=${encodeURIComponent('[1]')}`),
      ).toHaveLength(46);
    }));

  it('an answer is bounded, also for values of megabytes and bytes that are no text (studio-entries/bounded)', () =>
    withStudio(true, async ({ studio, shown }) => {
      await shown.put(Buffer.from('large'), Buffer.from('\u00e9'.repeat(2 ** 20)));
      await shown.put(Uint8Array.of(0xff, 0), Uint8Array.of(0xfe));
      const { entries } = await api<Page>(studio, 'entries?keyspace=default');
      const [, large, odd] = entries;
      expect(large?.value).toMatchObject({ isCut: true, sizeBytes: 2 ** 21, form: 'utf8' });
      expect(large?.value.text).toMatch(/^\u00e9{190,200}$/);
      expect(odd).toMatchObject({
        key: { text: 'ff00', form: 'hex' },
        value: { text: 'fe', form: 'hex' },
      });
      for (const limit of ['0', '201', '1.5', 'x']) {
        expect(
          (await rawRequest(`${studio.url}api/entries?keyspace=default&limit=${limit}`)).status,
        ).toBe(400);
      }
    }));

  it('a wrong question gets a sentence, and an unknown one nothing', () =>
    withStudio(false, async ({ studio }) => {
      const status = async (path: string): Promise<number> =>
        (await rawRequest(`${studio.url}api/${path}`)).status;
      expect(await status('entries?keyspace=none')).toBe(400);
      expect(await status('entries?keyspace=default&after=*')).toBe(400);
      expect(await status('index?keyspace=default&index=none')).toBe(400);
      expect(await status('entry?keyspace=default&key=absent')).toBe(404);
      expect(await status('entry?keyspace=default')).toBe(400);
      expect(await status('nothing')).toBe(404);
      expect(await status('toString')).toBe(404);
      expect((await rawRequest(`${studio.url}constructor`)).status).toBe(404);
    }));

  it('the tree has the tables with their keys', () =>
    withStudio(false, async ({ studio, writer, shown }) => {
      await writer.put('a', '1');
      await writer.put('z', '2');
      await writer.flush();
      await shown.refresh();
      interface Tree {
        readonly tableCount: number;
        readonly levels: readonly { readonly tables: readonly object[] }[];
      }
      const { levels, tableCount } = await api<Tree>(studio, 'tree');
      expect(tableCount).toBe(1);
      expect(levels.flatMap(({ tables }) => tables)).toMatchObject([
        {
          first: { keyspace: 'default', key: { text: 'a' } },
          last: { keyspace: 'default', key: { text: 'z' } },
        },
      ]);
    }));

  it('versions of a key come from the history, newest first', () =>
    withStudio(false, async ({ studio, writer, shown }) => {
      await writer.put('k', 'one');
      await writer.put('other', 'x');
      await writer.del('k');
      await writer.put('k', 'two');
      await shown.refresh();
      interface Versions {
        readonly versions: readonly {
          readonly type: string;
          readonly value?: { readonly text: string };
        }[];
        readonly isWhole: boolean;
      }
      const { versions, isWhole } = await api<Versions>(studio, 'versions?keyspace=default&key=k');
      expect(isWhole).toBe(true);
      expect(versions.map(({ type, value }) => value?.text ?? type)).toEqual(['two', 'del', 'one']);
    }));
});

describe('writes', () => {
  it('are refused unless they were asked for (studio/reads-only)', () =>
    withStudio(false, async ({ studio, writer }) => {
      const put = await post(studio, 'put', { keyspace: 'default', key: 'k', value: 'v' });
      expect(put.status).toBe(403);
      expect(put.text).toContain('--write');
      expect((await post(studio, 'del', { keyspace: 'default', key: 'first' })).status).toBe(403);
      expect(await writer.get('first')).toBe('value');
      expect(await writer.get('k')).toBeUndefined();
    }));

  it('put and delete by the encodings of the keyspace', () =>
    withStudio(true, async ({ studio, shown }) => {
      await shown.keyspace('items', { keyEncoding: 'tuple', valueEncoding: 'json' });
      const put = await post(studio, 'put', {
        keyspace: 'items',
        key: '["a", 1]',
        value: '{ "n": 1 }',
      });
      expect(put.status).toBe(200);
      const { entries } = await api<Page>(studio, 'entries?keyspace=items');
      expect(entries.map(({ key, value }) => [key.text, value.text])).toEqual([
        ['["a",1]', '{"n":1}'],
      ]);
      expect((await post(studio, 'put', { keyspace: 'items', key: 'a', value: '1' })).status).toBe(
        400,
      );
      expect(
        (await post(studio, 'put', { keyspace: 'items', key: '["a"]', value: '{' })).status,
      ).toBe(400);
      expect((await post(studio, 'put', { keyspace: 'items', value: '1' })).status).toBe(400);
      expect((await post(studio, 'del', { keyspace: 'items', id: entries[0]!.id })).status).toBe(
        200,
      );
      expect((await api<Page>(studio, 'entries?keyspace=items')).entries).toEqual([]);
    }));
});

describe('streams', () => {
  it('statistics come at once, and say that a follower follows', () =>
    withStudio(false, async ({ studio }) => {
      await withStream(studio, 'stats', async (next) => {
        const { event, data } = await next();
        expect(event).toBe('stats');
        expect(data).toMatchObject({ stats: { follower: { isFollowing: true } } });
      });
    }));

  it('commits come as the writer makes them, each once, after those before (studio-feeds/bounded)', () =>
    withStudio(false, async ({ studio, writer }) => {
      await withStream(studio, 'changes', async (next) => {
        expect(await next()).toMatchObject({ event: 'begin', data: { historyKept: true } });
        expect((await next()).data).toMatchObject({
          operations: [{ type: 'put', keyspace: 'default', key: { text: 'first' } }],
        });
        await writer.put('new', HOSTILE);
        await writer.delRange({ gte: 'a', lt: 'c' });
        expect((await next()).data).toMatchObject({
          operations: [{ key: { text: 'new' }, value: { text: HOSTILE } }],
        });
        expect((await next()).data).toMatchObject({
          operations: [{ type: 'delRange', gte: { text: 'a' } }],
        });
      });
    }));

  it('the end of the studio ends them, and leaves the database open (studio-feeds/ends, studio/closes)', () =>
    withStudio(false, async ({ studio, shown }) => {
      await withStream(studio, 'stats', async (next) => {
        await next();
        await withStream(studio, 'changes', async (begin) => {
          await begin();
          await studio.close();
        });
      });
      expect(shown.isOpen).toBe(true);
      await expect(rawRequest(studio.url)).rejects.toThrow('ECONNREFUSED');
    }));
});
