/**
 * Fuzz target of the whole: a directory in which one file is damaged.
 *
 * Owns: a small database with tables, a log and a manifest, the states that its commits went through, and the rule
 * that an open either refuses or shows one of them.
 *
 * Suspension: opening suspends.
 */
import { CorruptionError } from '../../src/base/errors.ts';
import { open } from '../../src/api/open.ts';
import type { Database } from '../../src/api/database.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import type { Vfs } from '../../src/vfs/vfs.ts';
import { makeRandom } from '../support/prng.ts';
import { type FuzzTarget, type Input, WrongResult } from './fuzzer.ts';
import { mutated } from './mutate.ts';

const DIRECTORY = '/db';
/** Of the log: its zeros are of no interest. */
const LOG_SIZE_BYTES_MAX = 2048;

type Db = Database<string, string>;

interface Prepared {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Every state between two commits, as text. */
  readonly states: ReadonlySet<string>;
}

const openAt = (vfs: Vfs): Promise<Db> =>
  open<string, string>(DIRECTORY, {
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
    vfs,
    memtableSizeBytes: 256 * 1024,
    blockSizeBytes: 256,
  });

async function stateOf(db: Db): Promise<string> {
  return JSON.stringify(await db.entries().all());
}

function readFile(vfs: Vfs, path: string): Uint8Array {
  const file = vfs.open(path, 'read');
  const bytes = new Uint8Array(file.sizeSync());
  file.readSync(bytes, 0, bytes.length, 0);
  file.closeSync();
  return bytes;
}

/** Killed, not closed: the log still holds the last commits. */
async function prepare(): Promise<Prepared> {
  const vfs = new MemoryVfs();
  const db = await openAt(vfs);
  const states = new Set([await stateOf(db)]);
  const random = makeRandom(5);
  for (let i = 0; i < 30; i++) {
    const key = `k${random.below(12)}`;
    if (random.chance(0.2)) await db.del(key);
    else if (random.chance(0.1)) await db.delRange({ gte: 'k3', lt: 'k5' });
    else
      await db.batch(
        [0, 1].map((n) => ({
          type: 'put',
          key: key + n,
          value: `value ${i} `.repeat(5),
          // By no clock of a run has the one expired, or has the other not.
          expiresAt: random.pick([Infinity, Infinity, 2 ** 48 - 1, 0]),
        })),
      );
    states.add(await stateOf(db));
    if (i === 8 || i === 16) await db.flush();
  }
  const files = new Map<string, Uint8Array>();
  for (const name of vfs.list(DIRECTORY)) {
    const bytes = readFile(vfs, `${DIRECTORY}/${name}`);
    files.set(name, name.endsWith('.log') ? bytes.slice(0, LOG_SIZE_BYTES_MAX) : bytes);
  }
  await db.close();
  return { files, states };
}

export async function makeDatabaseTarget(): Promise<FuzzTarget> {
  const { files, states } = await prepare();
  const names = [...files.keys()].filter((name) => name !== 'LOCK');
  const indexOf = (name: string, bytes: Uint8Array): Uint8Array =>
    new Uint8Array([names.indexOf(name), ...bytes]);
  return {
    name: 'database directory',
    cost: 50,
    valid: names.map((name) => indexOf(name, files.get(name)!)), // its own keys
    mutate: (random) => {
      const name = random.pick(names);
      return indexOf(name, mutated(random, [files.get(name)!])); // its own keys
    },
    run: async ({ bytes }: Input) => {
      const vfs = new MemoryVfs();
      vfs.makeDirectory(DIRECTORY);
      for (const [name, content] of files) {
        const isDamaged = names.indexOf(name) === bytes[0];
        const written = isDamaged ? bytes.subarray(1) : content;
        const file = vfs.open(`${DIRECTORY}/${name}`, 'create');
        if (written.length > 0) file.writeSync(written, 0, written.length, 0);
        file.closeSync();
      }
      const db = await openAt(vfs);
      try {
        const state = await stateOf(db);
        if (!states.has(state)) throw new WrongResult(`A state that never was: ${state}`);
        const { problems } = await db.verify();
        if (problems.length > 0) throw new CorruptionError('verify found damage');
      } finally {
        await db.close();
      }
    },
  };
}
