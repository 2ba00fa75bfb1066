/** Schemas of three libraries, their types, versions, migration and the rewrite. */
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import {
  type Collection,
  collection,
  type CollectionOptions,
  type StandardSchema,
  type ValidationError,
} from '../../src/documents/index.ts';
import { MemoryVfs } from '../../src/index.ts';
import { CrashVfs } from '../support/crash-vfs.ts';
import { type AnyDatabase, openOn, refusal, withDatabase } from './document-database.ts';

const SCHEMAS: readonly [string, StandardSchema][] = [
  ['zod', z.object({ email: z.string().min(3), age: z.number().default(0) })],
  [
    'valibot',
    v.object({ email: v.pipe(v.string(), v.minLength(3)), age: v.optional(v.number(), 0) }),
  ],
  ['arktype', type({ email: 'string >= 3', age: 'number = 0' })],
];

describe.each(SCHEMAS)('a schema of %s', (_, schema) => {
  it('checks what is written, and says what is wrong and where', () =>
    withDatabase(async (db) => {
      const users = await collection(db, 'users', { schema });
      await users.insert({ id: 'a', email: 'a@x' } as never);
      expect(await users.get('a')).toEqual({ id: 'a', email: 'a@x', age: 0 });
      const error = (await refusal(
        users.insert({ email: 'x' } as never),
        'VALIDATION',
      )) as ValidationError;
      expect(error.issues.map(({ path }) => path)).toEqual(['email']);
      expect(error.message).toContain('email: ');
      await refusal(users.replace('a', { email: 5 } as never), 'VALIDATION');
      await refusal(users.patch('a', { set: { age: 'old' } } as never), 'VALIDATION');
      await refusal(users.patch('a', { unset: ['email'] }), 'VALIDATION');
      await db.transaction(async (tx) => {
        await refusal(users.in(tx).insert({}), 'VALIDATION');
      });
      expect(await users.find().all()).toEqual([{ id: 'a', email: 'a@x', age: 0 }]);
    }));
});

describe('a schema', () => {
  it('gives the types of what is written and of what is read', () =>
    withDatabase(async (db) => {
      const schema = z.object({
        email: z.string(),
        age: z.number().default(0),
        at: z.coerce.date(),
      });
      const users = await collection(db, 'users', { schema });
      expectTypeOf(users).toEqualTypeOf<
        Collection<z.output<typeof schema>, z.input<typeof schema>>
      >();
      const id = await users.insert({ email: 'a', at: '2026-01-31' });
      const user = await users.get(id);
      expectTypeOf(user).toEqualTypeOf<
        ({ email: string; age: number; at: Date } & { readonly id: string }) | undefined
      >();
      expect(user).toEqual({ id, email: 'a', age: 0, at: new Date('2026-01-31') });
      expect(await users.count({ at: { gt: new Date('2026-01-30') } })).toBe(1);
      // @ts-expect-error an email is text
      users.find({ where: { email: 5 } });
      // @ts-expect-error there is no such field
      users.find({ where: { emial: 'a' } });
      users.find({ where: { age: { gte: 18 }, 'tags[]': 'x', or: [{ email: 'a' }, { id: 'x' }] } });
    }));

  it('that answers with a promise is refused (standard-schema/synchronous)', () =>
    withDatabase(async (db) => {
      const asking = z.object({ email: z.string().refine(async () => Promise.resolve(true)) });
      const waiting: StandardSchema = {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: () => Promise.reject(new Error('x')),
        },
      };
      for (const schema of [asking, waiting]) {
        const users = await collection(db, 'users', { schema });
        await refusal(users.insert({ email: 'a' } as never), 'ASYNC_SCHEMA');
      }
    }));

  it('that gives no object is refused, and so is one without the interface', () =>
    withDatabase(async (db) => {
      const texts = await collection(db, 'texts', { schema: z.object({}).transform(() => 'text') });
      await refusal(texts.insert({}), 'INVALID_DOCUMENT');
      await refusal(collection(db, 'users', { schema: {} as never }), 'INVALID_OPTION');
    }));

  it.each<[string, object]>([
    ['an option that there is not', { indices: {} }],
    ['a version that is no whole number', { version: 0.5 }],
    ['migrate that is no function', { migrate: {} }],
    ['indexes that are no object', { indexes: [] }],
    ['an index without paths', { indexes: { a: { on: [] } } }],
    ['an index with another word', { indexes: { a: { on: ['a'], sparse: true } } }],
    ['an index through two arrays', { indexes: { a: { on: ['a[]', 'b[]'] } } }],
    ['an index with a wrong path', { indexes: { a: { on: ['a.'] } } }],
  ])('is opened without wrong options: %s', (_, options) =>
    withDatabase(async (db) => {
      await refusal(collection(db, 'users', options as CollectionOptions), 'INVALID_OPTION');
    }),
  );
});

interface Old {
  name: string;
  n: number;
}

const openOld = (db: AnyDatabase) =>
  collection<Old>(db, 'users', { indexes: { byName: { on: ['name'] } } });

const NEW = {
  schema: z.object({ first: z.string(), last: z.string(), n: z.number() }),
  version: 2,
  migrate: ({ name, ...rest }: Record<string, unknown>, from: number) => {
    expect(from).toBe(1);
    const [first, last] = String(name).split(' ');
    return { ...rest, first, last };
  },
  indexes: { byLast: { on: ['last'] }, byName: { on: ['first', 'last'] } },
};

describe('a new version', () => {
  it('migrates documents as they are read, in queries and indexes too (codec/current, document-index/of-its-version)', () =>
    withDatabase(async (db) => {
      const old = await openOld(db);
      await old.insertMany([
        { id: 'a', name: 'Ada Lovelace', n: 0 },
        { id: 'b', name: 'Bob Dylan', n: 0 },
      ] as never);
      const users = await collection(db, 'users', NEW);
      const ada = { id: 'a', first: 'Ada', last: 'Lovelace', n: 0 };
      expect(await users.get('a')).toEqual(ada);
      expect(await users.find({ where: { last: 'Lovelace' } }).all()).toEqual([ada]);
      await users.ready();
      expect(await users.find({ where: { last: 'Lovelace' } }).all()).toEqual([ada]);
      expect(await users.explain({ where: { first: 'Ada' }, orderBy: 'last' })).toMatchObject({
        plan: 'index-order',
        indexes: ['byName'],
        examinedCount: 1,
      });
      await users.patch('a', { increment: { n: 1 } });
      await users.delete('b');
      expect(await users.count({ last: 'Dylan' })).toBe(0);
      expect((await db.verify()).problems).toEqual([]);
    }));

  it('is refused without a migration, and to a program of an older one (collection-record/version-first)', async () => {
    const vfs = new MemoryVfs();
    await withDatabase(
      async (db) => void (await (await openOld(db)).insert({ name: 'A B', n: 0 })),
      vfs,
    );
    await withDatabase(async (db) => {
      const { migrate: _, ...without } = NEW;
      await refusal(collection(db, 'users', without), 'NO_MIGRATION');
      await collection(db, 'users', NEW);
      await refusal(openOld(db), 'NEWER_VERSION');
      await db.dropKeyspace('users');
      await openOld(db); // another collection of that name
    }, vfs);
  });

  it('whose migration gives what the schema refuses fails the read by name', () =>
    withDatabase(async (db) => {
      await (await openOld(db)).insert({ id: 'a', name: 'A', n: 0 });
      const users = await collection(db, 'users', {
        schema: NEW.schema,
        version: 2,
        migrate: () => ({}),
      });
      const error = await refusal(users.get('a'), 'DECODING');
      expect(error.cause).toMatchObject({ code: 'VALIDATION' });
    }));
});

describe('a rewrite', () => {
  it('writes old documents in lots beside other writes, and once (collection-record/newest)', () =>
    withDatabase(async (db) => {
      const old = await openOld(db);
      const names = Array.from({ length: 1000 }, (_, i) => ({
        id: `u${1000 + i}`,
        name: `A ${i}`,
        n: 0,
      }));
      await old.insertMany(names);
      const users = await collection(db, 'users', NEW);
      const patches = names.map(({ id }) => users.patch(id, { increment: { n: 1 } }));
      const reports: number[] = [];
      const report = await users.rewrite({
        onProgress: ({ examinedCount }) => reports.push(examinedCount),
      });
      await Promise.all(patches);
      expect(reports).toEqual([256, 512, 768, 1000]);
      expect(report.examinedCount).toBe(1000);
      expect(await users.count({ n: 1 })).toBe(1000);
      expect(await users.rewrite()).toEqual({ examinedCount: 0, rewrittenCount: 0 });
      const stored = await (await db.keyspace('users')).values().all();
      expect(stored.every((bytes) => Buffer.from(bytes).toString().startsWith('2 '))).toBe(true);
      expect((await db.verify()).problems).toEqual([]);
    }));

  it('goes on after a kill where it was (collection-record/resumed)', async () => {
    const vfs = new CrashVfs();
    const db = await openOn(vfs);
    const old = await openOld(db);
    await old.insertMany(
      Array.from({ length: 1000 }, (_, i) => ({
        id: `u${1000 + i}`,
        name: `A ${i}`,
        n: 0,
      })),
    );
    const stop = new AbortController();
    const users = await collection(db, 'users', NEW);
    await refusal(
      users.rewrite({
        signal: stop.signal,
        onProgress: ({ examinedCount }) => void (examinedCount === 512 && stop.abort()),
      }),
      'ABORTED',
    );
    await db.close();
    await withDatabase(async (again) => {
      const rest = await (await collection(again, 'users', NEW)).rewrite();
      expect(rest).toEqual({ examinedCount: 488, rewrittenCount: 488 });
    }, vfs);
  });
});
