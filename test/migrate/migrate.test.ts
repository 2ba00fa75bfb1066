/**
 * `migrate`: a database moves between directories and backends, beside its writers, and goes on where it was stopped.
 * SEED= replays a run. MIGRATE_RUNS= for a long one.
 */
import { describe, expect, it } from 'vitest';

import {
  type Backend,
  type BackendCapabilities,
  type Database,
  type MigrateOptions,
  type MigrationEnd,
  type MigrationReport,
  MemoryVfs,
  open,
  openBackend,
} from '../../src/index.ts';
import { migrateInLots } from '../../src/migrate/migrate.ts';
import { MemoryBackend, MemoryServers } from '../remote/memory-backend.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { turns } from '../support/settle.ts';
import { contentOf, type TextDatabase, Writer } from './moved-database.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const RUNS = Number(process.env['MIGRATE_RUNS'] ?? 1);
const TEXT = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;
const SIZES = { countMax: 7, sizeBytes: 400, perRound: 2 };
/** Few enough that commits of the source are taken in parts, with what their indexes need. */
const NARROW = { commitWriteCountMax: 16 };

/** A place for a database: an end of a migration, and how a program opens it. */
interface Site {
  readonly name: string;
  readonly end: () => MigrationEnd;
  readonly openText: () => Promise<TextDatabase>;
  readonly openBytes: () => Promise<Database>;
  readonly hasLedger: boolean;
}

function directorySite(): Site {
  const vfs = new MemoryVfs();
  return {
    name: 'directory',
    end: () => ({ location: '/db', vfs }),
    openText: () => open<string, unknown>('/db', { ...TEXT, vfs, history: { keepMs: 1e9 } }),
    openBytes: () => open('/db', { vfs, createIfMissing: false }),
    hasLedger: true,
  };
}

function serversSite(capabilities: Partial<BackendCapabilities> = {}): Site {
  const servers = new MemoryServers();
  const backend = (): Backend => new MemoryBackend(servers, capabilities);
  return {
    name: 'servers',
    end: backend,
    openText: () => openBackend<string, unknown>(backend(), TEXT),
    openBytes: () => openBackend(backend()),
    hasLedger: false,
  };
}

const move = (from: Site, to: Site, options?: MigrateOptions): Promise<MigrationReport> =>
  migrateInLots(from.end(), to.end(), options, SIZES);

/** A signal that is aborted when it was asked so many times. */
function abortedAtLook(count: number): AbortSignal {
  const controller = new AbortController();
  let looks = 0;
  const { signal } = controller;
  return new Proxy(signal, {
    get(target, name) {
      if (name === 'aborted' && ++looks > count) controller.abort();
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function mustBeEqual(from: Site, to: Site, note: string): Promise<void> {
  const [ours, theirs] = [await from.openBytes(), await to.openBytes()];
  try {
    expect(await contentOf(theirs), note).toEqual(await contentOf(ours));
    expect((await theirs.verify()).problems, note).toEqual([]);
  } finally {
    await ours.close();
    await theirs.close();
  }
}

async function fill(
  site: Site,
  random: Random,
  count: number,
): Promise<{ readonly db: TextDatabase; readonly writer: Writer }> {
  const db = await site.openText();
  const writer = await Writer.open(db, random, site.hasLedger);
  for (let i = 0; i < count; i++) await writer.commit();
  return { db, writer };
}

const PAIRS: readonly (readonly [string, (hasLedger: boolean) => Site, () => Site])[] = [
  ['directory to directory', directorySite, directorySite],
  ['directory to servers', () => ({ ...directorySite(), hasLedger: false }), () => serversSite(NARROW)],
  ['servers to directory', () => serversSite(), directorySite],
  ['servers to servers', () => serversSite(), () => serversSite(NARROW)],
];

describe('a migration', () => {
  it.each(PAIRS)('%s moves what is there, beside writers (migration-run/as-of)', async (_, makeFrom, makeTo) => {
    for (let run = 0; run < RUNS; run++) {
      const seed = SEED + run;
      const random = makeRandom(seed);
      const [from, to] = [makeFrom(false), makeTo()];
      const { db, writer } = await fill(from, random, 150);
      let isMoving = true;
      const writing = (async () => {
        for (; isMoving; await turns(3)) await writer.commit();
      })();
      let commitCount = 0;
      const reports = await move(from, to, {
        onProgress: (progress) => {
          commitCount = progress.commitCount;
          if (progress.phase === 'comparing') isMoving = false;
        },
      });
      isMoving = false;
      await writing;
      await db.close();
      expect(reports, `seed=${seed}`).toMatchObject({ isEqual: true, problems: [], isResumed: false });
      expect(commitCount, `seed=${seed}`).toBeGreaterThan(0);
    }
  });

  it.each(PAIRS)(
    '%s goes on after an abort at every step (migration-run/resumed, target/place-with-rows)',
    async (_, makeFrom, makeTo) => {
      for (let run = 0; run < RUNS; run++) {
        const seed = SEED + run;
        const random = makeRandom(seed);
        const [from, to] = [makeFrom(false), makeTo()];
        const { db, writer } = await fill(from, random, 120);
        let abortCount = 0;
        for (let looks = 1; ; looks += 1 + random.below(3)) {
          const signal = abortedAtLook(looks);
          const ended = await move(from, to, { signal }).catch((error: unknown) => {
            if (!String(error).includes('abort')) console.log((error as Error).stack);
            expect(error, `seed=${seed} looks=${looks}`).toMatchObject({ code: 'ABORTED' });
            return undefined;
          });
          if (ended !== undefined) {
            expect(ended, `seed=${seed}`).toMatchObject({ isEqual: true, isResumed: true });
            break;
          }
          abortCount++;
          const commits = random.below(6);
          for (let i = 0; i < commits; i++) await writer.commit();
        }
        await db.close();
        expect(abortCount, `seed=${seed}`).toBeGreaterThan(8);
        await mustBeEqual(from, to, `seed=${seed}`);
      }
    },
  );
});
