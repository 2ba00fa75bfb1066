/**
 * Fuzz target of kept logs: a stream comes to damaged bytes.
 *
 * Owns: a database with three kept logs, one of which is damaged, and the rule for what a stream may show of it: the commits as
 * they were, from the first on, and then an error that says what is wrong. Never another commit, and none left out.
 *
 * Suspension: the target suspends as the database does.
 */
import { open } from '../../src/api/open.ts';
import { HistoryGoneError } from '../../src/base/errors.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { readFile, replaceFile } from '../log/log-fixture.ts';
import { type FuzzTarget, WrongResult } from './fuzzer.ts';
import { changed, mutated } from './mutate.ts';

const DIRECTORY = '/db';
const MEMTABLE_SIZE_BYTES = 256 * 1024;

type Files = ReadonlyMap<string, Uint8Array>;

async function openAt(vfs: MemoryVfs) {
  return open(DIRECTORY, {
    vfs,
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
    memtableSizeBytes: MEMTABLE_SIZE_BYTES,
    history: {},
  });
}

type TextDatabase = Awaited<ReturnType<typeof openAt>>;

async function makeFiles(): Promise<Files> {
  const vfs = new MemoryVfs();
  const db = await openAt(vfs);
  for (let log = 0; log < 3; log++) {
    for (let i = 0; i < 4; i++) {
      await db.put(`k${i}`, `${log}.${i}`.repeat(3));
      await db.batch([
        { type: 'put', key: 'b', value: `${log}` },
        { type: 'del', key: 'k1' },
      ]);
    }
    await db.delRange({ gte: 'k2', lt: 'k3' });
    await db.flush();
  }
  await db.close();
  const names = vfs.list(DIRECTORY).filter((name) => !name.startsWith('LOCK'));
  return new Map(names.map((name) => [name, readFile(vfs, `${DIRECTORY}/${name}`).slice()]));
}

function diskOf(files: Files): MemoryVfs {
  const vfs = new MemoryVfs();
  vfs.makeDirectory(DIRECTORY);
  for (const [name, bytes] of files) replaceFile(vfs, bytes, `${DIRECTORY}/${name}`);
  return vfs;
}

/** What a stream shows up to its end or an error, which it returns. */
async function shownBy(db: TextDatabase): Promise<{ shown: string[]; error: Error | undefined }> {
  const shown: string[] = [];
  try {
    for await (const { sequence, operations } of db.changes({ since: 0, follow: false }))
      shown.push(JSON.stringify([sequence, operations]));
    return { shown, error: undefined };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { shown, error };
  }
}

export async function makeHistoryTarget(): Promise<FuzzTarget> {
  const files = await makeFiles();
  const db = await openAt(diskOf(files));
  const { shown: written } = await shownBy(db);
  const { logCount } = db.stats().history;
  await db.close();
  if (logCount !== 3) throw new Error(`Kept logs: ${logCount}`);
  const names = [...files.keys()].filter((name) => name.endsWith('.log')).sort();
  const kept = names.slice(0, 3).map((name) => ({ name, bytes: files.get(name)! })); // from the keys

  return {
    name: 'kept log',
    valid: kept.map(({ bytes }) => bytes),
    mutate: (random, valid) =>
      random.chance(0.7) ? changed(random, random.pick(valid).slice()) : mutated(random, valid),
    cost: 40,
    growthSizeBytesMax: 64 * 1024 * 1024,
    run: async ({ bytes, random }) => {
      const valid = kept.find((log) => Buffer.compare(log.bytes, bytes) === 0);
      const { name } = valid ?? random.pick(kept);
      const damaged = await openAt(diskOf(new Map(files).set(name, bytes)));
      try {
        const { shown, error } = await shownBy(damaged);
        if (shown.some((commit, i) => commit !== written[i])) {
          throw new WrongResult('A commit that is another, or out of its place');
        }
        if (error === undefined && shown.length < written.length) {
          throw new WrongResult('Commits are left out silently');
        }
        const { isSound } = await damaged.verify();
        const isGone = error instanceof HistoryGoneError; // cut between two frames, or replaced by another's
        if (isSound && error !== undefined && !isGone) {
          throw new WrongResult('verify() finds nothing');
        }
        if (error !== undefined && !isGone) throw error;
      } finally {
        await damaged.close();
      }
    },
  };
}
