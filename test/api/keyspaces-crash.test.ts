/** Power cuts around the commits that change the catalog: each is there whole, or not at all. */
import { describe, expect, it } from 'vitest';
import { open } from '../../src/index.ts';
import { CRASH_MODES, CrashVfs } from '../support/crash-vfs.ts';
import { DIRECTORY } from './fixture.ts';

const TEXT = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;
const TUNING = { background: 'inline', memtableSizeBytes: 256 * 1024 } as const;

/** What an open finds: the names, and the keys of each. */
async function found(vfs: CrashVfs): Promise<Record<string, string[]>> {
  const db = await open(DIRECTORY, { vfs, ...TUNING });
  try {
    const state: Record<string, string[]> = {};
    for (const { name } of (await db.keyspaces()).slice(1)) {
      state[name] = await (await db.keyspace(name, TEXT)).keys().all();
    }
    expect((await db.verify()).problems).toEqual([]);
    await db.compact();
    return state;
  } finally {
    await db.close();
  }
}

describe.each(CRASH_MODES)('a power cut in mode %s', (mode) => {
  it('at any sync leaves the catalog as it was before or after', async () => {
    const vfs = new CrashVfs();
    /** What each step leaves, in order; the last one that was acknowledged, or the one under way, is found. */
    const states: Record<string, string[]>[] = [{}];
    const images: { image: CrashVfs; acknowledged: number }[] = [];
    let seed = 1;
    const take = (): void => {
      images.push({ image: vfs.crash({ seed: seed++, mode }), acknowledged: states.length - 1 });
    };
    const db = await open(DIRECTORY, { vfs, ...TUNING });
    const step = async (
      after: Record<string, string[]>,
      call: () => Promise<unknown>,
    ): Promise<void> => {
      take();
      const done = call();
      take(); // nothing, or a part, of it is written
      await Promise.resolve();
      take();
      await done;
      states.push(after);
      take();
    };
    await step({ a: [] }, () => db.keyspace('a', TEXT));
    const a = await db.keyspace('a', TEXT);
    await step({ a: ['k'] }, () => a.put('k', 'v'.repeat(1000)));
    await step({ a: ['k'], b: [] }, () => db.keyspace('b', TEXT));
    await step({ c: ['k'], b: [] }, () => db.renameKeyspace('a', 'c'));
    await db.flush();
    await step({ b: [] }, () => db.dropKeyspace('c'));
    await step({ b: [], a: [] }, () => db.keyspace('a', TEXT));
    await db.flush();
    take();
    await db.close();
    for (const { image, acknowledged } of images) {
      const state = await found(image);
      expect([states[acknowledged], states[acknowledged + 1]]).toContainEqual(state);
    }
  });
});
