/** The users in a collection of `varve/documents`. */
import { collection, type Collection } from '../../src/documents/index.ts';
import { type Database, open } from '../../src/index.ts';
import { RANGE_LIMIT, type Side, type User } from './users.ts';

export async function openVarve(directory: string): Promise<Side> {
  const db = (await open(directory, { durability: 'os' })) as unknown as Database<unknown, unknown>;
  const users: Collection<User> = await collection<User>(db, 'users', {
    indexes: {
      byEmail: { on: ['email'], unique: true },
      byPlace: { on: ['country', 'age'] },
      byTag: { on: ['tags[]'] },
    },
  });
  return {
    isAsynchronous: true,
    isDurable: true,
    insert: async (documents, isDurable) => {
      await users.insertMany(documents, { durability: isDurable ? 'sync' : 'os' });
    },
    get: (id) => users.get(id),
    byEmail: (email) => users.first({ where: { email } }),
    range: (country, age) =>
      users
        .find({ where: { country, age: { gte: age } }, orderBy: 'age', limit: RANGE_LIMIT })
        .all(),
    byTag: (tag) => users.find({ where: { tags: { contains: tag } } }).all(),
    increment: async (id) => {
      await users.patch(id, { increment: { visits: 1 } });
    },
    close: () => db.close(),
  };
}
