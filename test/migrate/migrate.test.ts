/**
 * `migrate`: a database moves between directories and backends, beside its writers, and goes on where it was stopped.
 * SEED= replays a run. MIGRATE_RUNS= for a long one.
 */
import { describe, expect, it } from 'vitest';

import {
  type Backend,
  type BackendCapabilities,
  type Database,
  migrate,
  type MigrateOptions,
  type MigrationEnd,
  type MigrationReport,
  MemoryVfs,
  open,
  openBackend,
} from '../../src/index.ts';
import { migrateInLots } from '../../src/migrate/migrate.ts';
import { MemoryBackend, MemoryServers } from '../remote/memory-backend.ts';
import { CRASH_MODES, CrashVfs } from '../support/crash-vfs.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { contentOf, type TextDatabase, Writer } from './moved-database.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const RUNS = Number(process.env['MIGRATE_RUNS'] ?? 1);
const IS_LONG = RUNS > 1;
const TEXT = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;
const SIZES = { countMax: 7, sizeBytes: 400, perRound: 2 };
/** Rounds enough that commits come in between. */
const ONE_BY_ONE = { countMax: 1, sizeBytes: 1, perRound: 1 };
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
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
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
  [
    'directory to servers',
    () => ({ ...directorySite(), hasLedger: false }),
    () => serversSite(NARROW),
  ],
  ['servers to directory', () => serversSite(), directorySite],
  ['servers to servers', () => serversSite(), () => serversSite(NARROW)],
];

describe('a migration', () => {
  it.each(PAIRS)(
    '%s moves what is there, beside writers (migration-run/as-of)',
    async (_, makeFrom, makeTo) => {
      for (let run = 0; run < RUNS; run++) {
        const seed = SEED + run;
        const random = makeRandom(seed);
        const [from, to] = [makeFrom(false), makeTo()];
        const { db, writer } = await fill(from, random, IS_LONG ? 150 : 50);
        let written = Promise.resolve();
        let commitCount = 0;
        const options: MigrateOptions = {
          onProgress: (progress) => {
            ({ commitCount } = progress);
            if (progress.phase === 'copying') written = written.then(() => writer.commit());
          },
        };
        const reports = await migrateInLots(from.end(), to.end(), options, ONE_BY_ONE);
        await written;
        await db.close();
        expect(reports, `seed=${seed}`).toMatchObject({
          isEqual: true,
          problems: [],
          isResumed: false,
        });
        expect(commitCount, `seed=${seed}`).toBeGreaterThan(0);
      }
    },
  );

  it.each(PAIRS)(
    '%s goes on after an abort at every step (migration-run/resumed, target/place-with-rows)',
    async (_, makeFrom, makeTo) => {
      for (let run = 0; run < RUNS; run++) {
        const seed = SEED + run;
        const random = makeRandom(seed);
        const [from, to] = [makeFrom(false), makeTo()];
        const { db, writer } = await fill(from, random, IS_LONG ? 120 : 40);
        let abortCount = 0;
        const growth = IS_LONG ? 1.05 : 1.4;
        for (let looks = 5; ; looks = Math.ceil(looks * growth) + random.below(3)) {
          const signal = abortedAtLook(looks);
          const ended = await move(from, to, { signal }).catch((error: unknown) => {
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
        expect(abortCount, `seed=${seed}`).toBeGreaterThan(2);
        await mustBeEqual(from, to, `seed=${seed}`);
      }
    },
  );

  it('goes on with what a power cut or a kill leaves of the target (migration-run/resumed, target/place-with-rows)', async () => {
    for (let run = 0; run < RUNS; run++) {
      const seed = SEED + run;
      const random = makeRandom(seed);
      const from = directorySite();
      const { db, writer } = await fill(from, random, 30);
      const disk = new CrashVfs();
      const cuts: { readonly what: string; readonly disk: CrashVfs }[] = [];
      let written = Promise.resolve();
      const cut = (phase: string): void => {
        if (!random.chance(0.4)) return;
        const mode = random.pick(CRASH_MODES);
        const isKill = random.chance(0.2);
        const what = `seed=${seed} ${phase} ${isKill ? 'kill' : mode}`;
        cuts.push({ what, disk: isKill ? disk.kill() : disk.crash({ seed, mode }) });
        written = written.then(() => writer.commit());
      };
      const end = { location: '/db', vfs: disk };
      await migrateInLots(from.end(), end, { onProgress: ({ phase }) => cut(phase) }, SIZES);
      await written;
      expect(cuts.length, `seed=${seed}`).toBeGreaterThan(0);
      for (const { what, disk: vfs } of cuts) {
        const report = await migrateInLots(from.end(), { location: '/db', vfs }, {}, SIZES);
        expect(report, what).toMatchObject({ isEqual: true, problems: [] });
      }
      await db.close();
    }
  });

  it('names what the target cannot hold, before a byte is written (migrate/refused-first)', async () => {
    const from = directorySite();
    const db = await from.openText();
    const servers = new MemoryServers();
    const backend = (): Backend => new MemoryBackend(servers, { valueSizeBytesMax: 1000 });
    const refusal = (end: MigrationEnd, options?: MigrateOptions): Promise<unknown> =>
      migrate(from.end(), end, options).then(
        () => undefined,
        (error: unknown) => error,
      );

    await db.put('large', 'x'.repeat(1000));
    expect(await refusal(backend())).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining("keyspace=default key='large' value size=") as string,
    });
    await db.del('large');
    await db.keyspace('log', { mode: 'append-only' });
    expect(await refusal(backend())).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('keyspaces=log') as string,
    });
    expect(servers.rows.size).toBe(0);

    const vfs = new MemoryVfs();
    const other = await open('/db', { vfs });
    await other.put(Buffer.from('a'), Buffer.from('b'));
    await other.close();
    expect(await refusal({ location: '/db', vfs })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('Target is not empty') as string,
    });
    expect(await refusal(from.end())).toMatchObject({
      message: expect.stringContaining('Source and target are the same') as string,
    });
    expect(await refusal('', { once: true, follow: true })).toMatchObject({
      message: 'Options once and follow exclude each other',
    });
    expect(await refusal('')).toMatchObject({
      message: expect.stringContaining('End of a migration must be a path') as string,
    });
    await db.close();
  });

  it('begins again where keyspaces have changed, and takes no other source (migration-run/same-catalog, target/no-stranger)', async () => {
    const [from, to] = [serversSite(), directorySite()];
    const random = makeRandom(SEED);
    const { db, writer } = await fill(from, random, 30);
    await expect(move(from, to, { signal: abortedAtLook(12) })).rejects.toThrow('aborted');
    await db.keyspace('later');
    await expect(move(from, to)).rejects.toThrow('have changed since the migration began');
    const stranger = directorySite();
    await (await stranger.openText()).close();
    await expect(move(stranger, to)).rejects.toThrow('migration of another source');
    await expect(move(to, directorySite())).rejects.toThrow('finish that one first');
    await writer.commit();
    expect(await move(from, to, { restart: true })).toMatchObject({
      isEqual: true,
      isResumed: false,
    });
    await db.close();
    await mustBeEqual(from, to, 'restarted');
  });

  it('copies one state, and nothing that comes later (migration-run/compared)', async () => {
    const [from, to] = [directorySite(), directorySite()];
    const { db, writer } = await fill(from, makeRandom(SEED), 20);
    const sequence = db.stats().sequence.published;
    let isWritten: Promise<void> | undefined;
    const report = await move(from, to, {
      once: true,
      onProgress: () => {
        isWritten ??= writer.commit();
      },
    });
    await isWritten;
    expect(report).toMatchObject({ isEqual: true, commitCount: 0, sequence });
    await db.close();
  });

  it('follows until it is aborted, and ends with the next call (migration-run/as-of)', async () => {
    const [from, to] = [serversSite(), directorySite()];
    const { db, writer } = await fill(from, makeRandom(SEED), 10);
    const controller = new AbortController();
    let heard = -1;
    const followed = move(from, to, {
      follow: true,
      signal: controller.signal,
      onProgress: ({ phase, behind, commitCount }) => {
        if (phase !== 'following' || behind > 0 || commitCount === heard) return;
        heard = commitCount;
        if (heard < 5) void writer.commit();
        else controller.abort();
      },
    });
    await expect(followed).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await move(from, to)).toMatchObject({ isEqual: true, isResumed: true });
    await db.close();
    await mustBeEqual(from, to, 'followed');
  });

  it('says what to do when the source keeps too little history, and tells a target that differs', async () => {
    const servers = new MemoryServers();
    const db = await openBackend<string, unknown>(new MemoryBackend(servers), TEXT);
    for (let i = 0; i < 20; i++) await db.put(`k${i}`, i);
    const to = directorySite();
    const from = (): Backend => new MemoryBackend(servers);
    const aborted = migrateInLots(from(), to.end(), { signal: abortedAtLook(10) }, SIZES);
    await expect(aborted).rejects.toThrow('aborted');
    await db.put('k1', 'later');
    servers.forgotten = servers.version;
    await expect(migrateInLots(from(), to.end(), {}, SIZES)).rejects.toMatchObject({
      code: 'HISTORY_GONE',
      message: expect.stringContaining('begin again with restart') as string,
    });
    const bytes = await to.openBytes();
    await bytes.put(Buffer.from('stray'), Buffer.from('1'));
    await bytes.close();
    servers.forgotten = 0;
    const report = await migrateInLots(from(), to.end(), {}, SIZES);
    expect(report.isEqual).toBe(false);
    expect(report.keyspaces[0]).toMatchObject({ name: 'default', isEqual: false, entryCount: 20 });
    await db.close();
  });
});
