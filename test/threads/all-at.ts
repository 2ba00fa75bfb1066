/** All that a database shows at a snapshot, read in every way there is. The test and its threads run it. */
import type { Database, Snapshot } from '../../src/index.ts';

export const ROWS = {
  keyEncoding: 'utf8',
  valueEncoding: 'json',
  indexes: { byGroup: { on: ['group'] } },
} as const;

/** Text, so that two answers compare by value. */
export async function allAt(
  db: Database<string, string>,
  snapshot: Snapshot | undefined,
): Promise<string> {
  const at = snapshot === undefined ? {} : { snapshot };
  const rows = await db.keyspace('rows', ROWS);
  const keys = await db.keys({ prefix: 'k', ...at }).all();
  return JSON.stringify([
    await db.getMany(keys, at),
    keys.map((key) => db.getSync(key, at)),
    await db.entries({ prefix: 'k', reverse: true, ...at }).all(),
    await rows.entries(at).all(),
    await rows.index('byGroup').count({ prefix: [1], ...at }),
    await db.get('once', at),
  ]);
}
