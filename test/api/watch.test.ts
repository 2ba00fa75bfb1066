/** A watch hears of commits to its range, once they are visible, whatever made them. */
import { describe, expect, it } from 'vitest';
import {
  ClosedError,
  type Database,
  InvalidArgumentError,
  type Keyspace,
} from '../../src/index.ts';
import { errorOf, openMemory, turns } from './fixture.ts';

async function watched(): Promise<{
  db: Database<string, string>;
  mails: Keyspace<string, string>;
  heard: string[];
}> {
  const db = await openMemory();
  const mails = await db.keyspace('mails', { keyEncoding: 'utf8', valueEncoding: 'utf8' });
  const heard: string[] = [];
  mails.watch({ prefix: 'in/' }, ({ sequence }) => {
    heard.push(`${sequence <= db.stats().sequence.published}:${String(mails.getSync('in/1'))}`);
  });
  return { db, mails, heard };
}

type Way = (db: Database<string, string>, mails: Keyspace<string, string>) => Promise<unknown>;

describe('watch()', () => {
  const touching: Record<string, Way> = {
    put: (_, mails) => mails.put('in/1', 'new'),
    'an os put': (_, mails) => mails.put('in/1', 'new', { durability: 'os' }),
    update: (_, mails) => mails.update('in/1', () => 'new'),
    'a batch of the database': (db, mails) =>
      db.batch([
        { type: 'put', key: 'in/1', value: 'own' },
        { type: 'put', in: mails, key: 'in/1', value: 'new' },
      ]),
    transaction: (db, mails) => db.transaction((tx) => tx.in(mails).put('in/1', 'new')),
    ingest: (_, mails) => mails.ingest([['in/1', 'new']]),
    'a range over it': async (_, mails) => {
      await mails.put('in/1', 'new', { durability: 'os' });
      await mails.delRange({ gte: 'in/2' });
    },
    'a whole keyspace': async (_, mails) => {
      await mails.clear();
      await mails.put('in/1', 'new');
    },
  };
  it.each(Object.keys(touching))('hears of: %s', async (name) => {
    const { db, mails, heard } = await watched();
    await touching[name]!(db, mails); // a name of it
    await turns();
    expect(heard.at(-1)).toBe('true:new');
  });

  const passing: Record<string, Way> = {
    'another key': (_, mails) => mails.put('out/1', 'x'),
    'the same key elsewhere': (db) => db.put('in/1', 'x'),
    'a range beside it': (_, mails) => mails.delRange({ lt: 'in/' }),
    'a read': (_, mails) => mails.get('in/1'),
    'a commit that was refused': (_, mails) =>
      errorOf(() =>
        mails.update('in/1', () => {
          throw new Error('no');
        }),
      ),
  };
  it.each(Object.keys(passing))('does not hear of: %s', async (name) => {
    const { db, mails, heard } = await watched();
    await passing[name]!(db, mails); // a name of it
    await turns();
    expect(heard).toEqual([]);
  });

  it('hears once of what was published together, and nothing after its end', async () => {
    const db = await openMemory();
    let count = 0;
    const end = db.watch({}, () => count++);
    await Promise.all(Array.from({ length: 50 }, (_, i) => db.put(`k${i}`, 'v')));
    await turns();
    expect(count).toBe(1);
    end();
    end();
    await db.put('k', 'v');
    await turns();
    expect(count).toBe(1);
  });

  it('refuses what is no range or no listener, and a database that is closed', async () => {
    const db = await openMemory();
    const nothing = (): void => undefined;
    expect(() => db.watch({ from: 'a' } as never, nothing)).toThrow(InvalidArgumentError);
    expect(() => db.watch({ gte: undefined } as never, nothing)).toThrow(InvalidArgumentError);
    expect(() => db.watch({}, 'listener' as never)).toThrow(InvalidArgumentError);
    await db.close();
    expect(() => db.watch({}, nothing)).toThrow(ClosedError);
  });
});
