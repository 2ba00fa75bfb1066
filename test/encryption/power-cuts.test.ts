/**
 * Power cuts, kills and faults at file operations of a creation, of rotations and of an open: at every one of a rotation,
 * and at a seeded share of the others, all with VARVE_KEY_CUTS=all. SEED draws others.
 */
import { describe, expect, it } from 'vitest';
import { EncryptionKeyError, IoError, open, StorageError } from '../../src/index.ts';
import { CRASH_MODES, CrashVfs } from '../support/crash-vfs.ts';
import { FAULT_KINDS, FaultVfs } from '../support/fault-vfs.ts';
import { drawCases } from '../support/extent.ts';
import { KEY, openText, OTHER_KEY, SMALL, type TextDatabase } from './workload.ts';

const SEED = Number(process.env['SEED'] ?? 1);

interface Moment {
  readonly before: string;
  readonly disk: CrashVfs;
  /** What was acknowledged as durable. */
  readonly promised: ReadonlyMap<string, string>;
  /** The keys of which one must open it; none while it is being created. */
  readonly keys: readonly Uint8Array[];
  readonly isCreated: boolean;
}

/** A life with two rotations, and what a crash before each of its operations finds. */
async function momentsOf(): Promise<Moment[]> {
  const isTaken = drawCases('VARVE_KEY_CUTS', SEED, { sample: 0.4, quick: 0.08 });
  const disk = new CrashVfs();
  const moments: Moment[] = [];
  let nth = 0;
  const promised = new Map<string, string>();
  let keys: readonly Uint8Array[] = [KEY];
  let isCreated = false;
  let what = 'creation';
  disk.beforeOperation = ({ index, operation, path }) => {
    // Those of a rotation are tried in any case.
    if (!isTaken(++nth) && !what.startsWith('rotation')) return;
    moments.push({
      before: `${what}: operation ${index}, ${operation} ${path}`,
      disk: disk.kill(),
      promised: new Map(promised),
      keys,
      isCreated,
    });
  };
  const put = async (db: TextDatabase, key: string): Promise<void> => {
    await db.put(key, `value of ${key}`, { durability: 'sync' });
    promised.set(key, `value of ${key}`);
  };
  const db = await openText(disk);
  isCreated = true;
  what = 'work';
  await put(db, 'a');
  await db.flush();
  for (const [round, key] of [OTHER_KEY, KEY].entries()) {
    what = `rotation ${round}`;
    keys = [keys[0]!, key];
    await db.rotateKey(key);
    keys = [key];
    what = `work after ${round}`;
    await put(db, `b${round}`);
    await db.flush();
    await put(db, `c${round}`);
  }
  what = 'close';
  await db.close();
  return moments;
}

/** Opens what a crash left with each of the keys that may be the one, and compares. */
async function check(image: CrashVfs, { promised, keys, isCreated }: Moment): Promise<void> {
  const errors: unknown[] = [];
  for (const key of keys) {
    let db: TextDatabase;
    try {
      db = await openText(image.kill(), { encryption: { key } });
    } catch (error) {
      if (!(error instanceof EncryptionKeyError)) throw error;
      errors.push(error);
      continue;
    }
    for (const [name, value] of promised) expect(await db.get(name)).toBe(value);
    await db.put('more', 'and more'); // the key that opened it serves new files too
    await db.close();
  }
  expect(errors.length, 'one of the keys opens it').toBe(keys.length - 1);
  if (!isCreated) return;
  await expect(open('/data', { ...SMALL, vfs: image.kill() })).rejects.toBeInstanceOf(
    EncryptionKeyError,
  );
}

describe('an encrypted database', () => {
  it(`opens with the old key or the new one after a power cut or kill at any operation, seed=${SEED} (key-ring-file/old-or-new, database-keys/durable-before-used)`, async () => {
    const moments = await momentsOf();
    expect(moments.length).toBeGreaterThan(8);
    for (const [i, moment] of moments.entries()) {
      const images = [
        ['kill', moment.disk.kill()],
        ['all lost', moment.disk.crash({ seed: i, mode: 'synced-only' })],
        ['all kept', moment.disk.crash({ seed: i, mode: 'everything' })],
        ...CRASH_MODES.map((mode) => {
          return [mode, moment.disk.crash({ seed: SEED * 1009 + i, mode })] as const;
        }),
      ] as const;
      for (const [how, image] of images) {
        await check(image, moment).catch((cause: unknown) => {
          throw new Error(`seed=${SEED} ${moment.before}: ${how}: ${String(cause)}`, { cause });
        });
      }
    }
  });

  it.each(FAULT_KINDS.map((kind) => [kind]))(
    'loses nothing and no key when a %s fails at any step of an open, a rotation and a close',
    async (kind) => {
      for (let nth = 1; ; nth++) {
        const disk = new CrashVfs();
        const first = await openText(disk);
        await first.put('a', 'b', { durability: 'sync' });
        await first.close();
        const faults = new FaultVfs(disk);
        faults.inject({ kinds: [kind], code: 'EIO', nth });
        let isRotated: boolean | undefined = false;
        try {
          const db = await openText(faults);
          try {
            isRotated = undefined; // open, until the promise tells
            await db.rotateKey(OTHER_KEY);
            isRotated = true;
            await db.put('c', 'd', { durability: 'sync' });
          } finally {
            await db.close();
          }
        } catch (error) {
          expect(error, `nth=${nth}`).toBeInstanceOf(StorageError);
        }
        const keys = isRotated === undefined ? [KEY, OTHER_KEY] : [isRotated ? OTHER_KEY : KEY];
        let openedCount = 0;
        for (const key of keys) {
          const image = disk.crash({ seed: nth, mode: 'everything' });
          const db = await openText(image, { encryption: { key } }).catch((error: unknown) => {
            if (!(error instanceof EncryptionKeyError)) throw error;
          });
          if (db === undefined) continue;
          openedCount++;
          expect(await db.get('a')).toBe('b');
          await db.close();
        }
        expect(openedCount, `nth=${nth}`).toBe(1);
        if (faults.firedCount === 0) break;
      }
    },
  );

  it('goes on with the key before when a rotation fails, and rotates later', async () => {
    const disk = new CrashVfs();
    const faults = new FaultVfs(disk);
    const db = await openText(faults);
    for (const kind of ['create', 'write', 'sync', 'rename', 'syncDirectory'] as const) {
      faults.inject({ kinds: [kind], code: 'ENOSPC', path: /KEYRING|data$/ });
      await expect(db.rotateKey(OTHER_KEY), kind).rejects.toBeInstanceOf(IoError);
      faults.heal();
      await db.put(kind, 'written', { durability: 'sync' });
      await db.flush();
    }
    await db.rotateKey(OTHER_KEY);
    await db.put('last', 'written', { durability: 'sync' });
    const image = disk.crash({ seed: 1, mode: 'synced-only' });
    await db.close();
    const again = await openText(image, { encryption: { key: OTHER_KEY } });
    for (const key of ['create', 'syncDirectory', 'last']) {
      expect(await again.get(key)).toBe('written');
    }
    await again.close();
  });
});
