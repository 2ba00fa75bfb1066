/**
 * Databases for tests: opened in memory unless a test says otherwise, closed when it ends.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { type Codec, codecOf } from '../../src/api/encoding.ts';
import { resolveOptions, systemEnvironment, type TuningOptions } from '../../src/base/options.ts';
import { type Database, makeDatabase } from '../../src/api/database.ts';
import { LocalStore } from '../../src/store/local-store.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { Events } from '../../src/engine/state/events.ts';
import type { DecodedBy, EncodingOption } from '../../src/api/encoding-types.ts';
import { open, type OpenOptions } from '../../src/api/open.ts';
import { openEngine, type OpenRequest } from '../../src/engine/recovery/recovery.ts';
import { loadSnappy } from '../../src/sstable/snappy-package.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';

export const DIRECTORY = '/test/db';

/** Memtables of 256 KiB and what goes with them. */
export const TINY: TuningOptions = {
  memtableSizeBytes: 256 * 1024,
  targetFileSizeBytes: 64 * 1024,
  level1SizeBytes: 256 * 1024,
};

type Closeable = { close(): Promise<void> };

const opened: Closeable[] = [];
const directories: string[] = [];

afterEach(async () => {
  await Promise.allSettled(opened.splice(0).map((db) => db.close()));
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true });
});

/** In memory; `vfs` shares its files among several opens. */
export async function openMemory<
  const KE extends EncodingOption = 'utf8',
  const VE extends EncodingOption = 'utf8',
>(
  options: OpenOptions & { readonly keyEncoding?: KE; readonly valueEncoding?: VE } = {},
): Promise<Database<DecodedBy<KE>, DecodedBy<VE>>> {
  const opening: Promise<unknown> = open(DIRECTORY, {
    vfs: new MemoryVfs(),
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
    ...options,
  });
  const db = (await opening) as Database<DecodedBy<KE>, DecodedBy<VE>>; // as `open` types it
  opened.push(db);
  return db;
}

export interface EngineBench {
  readonly db: Database<string, string>;
  /** What lies below it. */
  readonly engine: Engine;
}

/** A new database whose jobs run where the test says. */
export async function openOnRunner(
  request: Pick<OpenRequest, 'directory' | 'vfs' | 'runner'> &
    Partial<Pick<OpenRequest, 'environment'>>,
  tuning: TuningOptions,
  onEvent: (name: string) => void = () => undefined,
): Promise<EngineBench> {
  loadSnappy(); // as open does
  const engine = await openEngine({
    environment: systemEnvironment(),
    ...request,
    options: resolveOptions(tuning),
    events: new Events(onEvent),
    createIfMissing: true,
    errorIfExists: false,
  });
  const codec = codecOf('keyEncoding', 'utf8') as Codec<string>;
  const store = new LocalStore(engine);
  const db = await makeDatabase({ store, keyCodec: codec, valueCodec: codec, isRaw: false });
  return { db: closeLater(db), engine };
}

/** A clock by which a read takes milliseconds: after the first one, awaited reads go to the pool (load-choice.ts). */
export function slowDiskClock(): ManualClock {
  const clock = new ManualClock();
  clock.tickMs = 1;
  return clock;
}

/** Closed at the end of the test, whatever happens. */
export function closeLater<T extends Closeable>(db: T): T {
  opened.push(db);
  return db;
}

/** A new directory of the operating system, removed at the end of the test. */
export function makeDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'varve-db-'));
  directories.push(path);
  return path;
}

/** The error that a call throws or rejects with; fails the test when it does neither. */
export async function errorOf(call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`Not an error: ${String(error)}`, { cause: error });
  }
  throw new Error('Nothing was thrown');
}

/** Lets everything that can go on go on, for so many turns of the event loop. */
export async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Whether a promise has settled by now. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  );
  const notYet = turns().then(() => false);
  return Promise.race([settled, notYet]);
}

/** Incompressible text of that many bytes. */
export function filler(sizeBytes: number, seed = 1): string {
  let text = '';
  let state = seed;
  while (text.length < sizeBytes) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    text += state.toString(36);
  }
  return text.slice(0, sizeBytes);
}

/** Lets the background work until `isDone`; throws when it has come to rest before, as far as so many turns can tell. */
export async function backgroundUntil(what: string, isDone: () => boolean): Promise<void> {
  for (let turn = 0; !isDone(); turn++) {
    if (turn > 20_000) throw new Error(`Never came about: ${what}`);
    await turns(1);
  }
}
