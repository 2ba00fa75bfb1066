/** A follower beside a writer: files that vanish or are half written, what is on its way to the disk, and the end of the writer. */
import { describe, expect, it } from 'vitest';
import {
  CorruptionError,
  type Database,
  DirectoryLostError,
  MemoryVfs,
  StateGoneError,
} from '../../../src/index.ts';
import type { OpenMode, Vfs, VfsFile, VfsOwner } from '../../../src/vfs/vfs.ts';
import { DIRECTORY, errorOf, openMemory, TINY, turns } from '../../api/fixture.ts';
import { readFile, replaceFile } from '../../log/log-fixture.ts';
import { GateVfs } from '../../support/gate-vfs.ts';
import { WrappedFile, WrappedVfs } from '../../support/wrapped-vfs.ts';

type Texts = Database<string, string>;

const READ_ONLY = { readOnly: true, ...TINY } as const;

/** A reader's way to the files of a writer: it counts what would change them, and can do something after a read. */
class ReaderVfs extends WrappedVfs {
  changeCount = 0;
  /** Undefined: as the files say. */
  ownerIs: VfsOwner | 'nobody' | undefined = undefined;
  /** Called once after the first read of such a file. */
  after: { readonly path: RegExp; readonly call: () => Promise<void> } | undefined = undefined;

  owner(directory: string): Promise<VfsOwner | undefined> {
    if (this.ownerIs === 'nobody') return Promise.resolve(undefined);
    if (this.ownerIs !== undefined) return Promise.resolve(this.ownerIs);
    const { inner } = this as { inner: Vfs };
    return inner.owner?.(directory) ?? Promise.resolve({ token: '', sinceMs: 0 });
  }

  override open(path: string, mode: OpenMode): VfsFile {
    if (mode !== 'read') this.changeCount++;
    return super.open(path, mode);
  }

  override lock(directory: string): ReturnType<Vfs['lock']> {
    this.changeCount++;
    return super.lock(directory);
  }

  override wrap(file: VfsFile): VfsFile {
    const afterRead = async (): Promise<void> => {
      const { after } = this;
      if (after === undefined || !after.path.test(file.path)) return;
      this.after = undefined;
      await after.call();
    };
    return new (class extends WrappedFile {
      override async read(target: Uint8Array, offset: number, length: number, at: number) {
        const count = await super.read(target, offset, length, at);
        await afterRead();
        return count;
      }
    })(file);
  }
}

async function fill(db: Texts, first: number, count: number): Promise<void> {
  for (let i = first; i < first + count; i++) {
    await db.put(`key${String(i).padStart(4, '0')}`, `${i} ${'v'.repeat(2000)}`, {
      durability: 'os',
    });
  }
}

async function countOf(db: Texts): Promise<number> {
  let count = 0;
  for await (const _ of db.keys()) count++;
  return count;
}

function manifestOf(vfs: Vfs): string {
  const name = vfs.list(DIRECTORY).find((each) => each.startsWith('MANIFEST'));
  return `${DIRECTORY}/${name ?? 'none'}`;
}

describe('what is on its way to the disk', () => {
  it('is not shown before it is synced; what asks for no sync is shown at once (frame-format/published-when-written)', async () => {
    const files = new MemoryVfs();
    const gates = new GateVfs(files);
    const writer = await openMemory({ vfs: gates });
    await writer.put('os', '1', { durability: 'os' });
    const follower = await openMemory({ vfs: files, follow: true });
    expect(await follower.get('os')).toBe('1');
    const openUp = gates.shut('sync', /log$/);
    // Several: one alone would be synced by a call, which no gate holds.
    const puts = Promise.all(['a', 'b', 'c'].map((key) => writer.put(key, '2')));
    while (gates.waiterCount === 0) await turns(1);
    await follower.refresh(); // gives up after a second
    expect(await follower.get('a')).toBeUndefined();
    expect(follower.stats().follower?.behindOperationCount).toBeGreaterThan(0);
    openUp();
    await puts;
    await follower.refresh();
    expect(await follower.get('a')).toBe('2');
    expect(follower.stats().follower?.behindOperationCount).toBe(0);
  });

  it('is shown when its writer has been killed, as recovery will keep it', async () => {
    const files = new MemoryVfs();
    const gates = new GateVfs(files);
    const writer = await openMemory({ vfs: gates });
    await writer.put('first', '1', { durability: 'os' });
    const logCount = (): number => files.list(DIRECTORY).filter((name) => /log$/.test(name)).length;
    while (logCount() < 2) await turns(1); // the next log is made ahead: its sync is not the one to hold
    await turns(10);
    const openUp = gates.shut('sync', /log$/);
    const puts = Promise.all(['a', 'b', 'c'].map((key) => writer.put(key, '2')));
    try {
      while (gates.waiterCount === 0) await turns(1);
      const vfs = new ReaderVfs(files);
      const beside = await openMemory({ vfs, ...READ_ONLY });
      expect(await countOf(beside)).toBe(1);
      vfs.ownerIs = 'nobody';
      const reader = await openMemory({ vfs, ...READ_ONLY });
      expect(await countOf(reader)).toBeGreaterThan(1);
    } finally {
      openUp();
      await puts;
    }
  });
});

describe('files that vanish between the manifest and their open', () => {
  it.each([
    ['logs', (db: Texts) => db.flush()],
    ['tables', (db: Texts) => db.compact()],
    [
      'manifest',
      async (db: Texts) => {
        await db.close();
        await (await openMemory({ vfs: shared, ...TINY })).put('key9999', 'v');
      },
    ],
  ])(
    'are read from a newer manifest: %s (followed-versions/whole-before-newest, follower/state-in-one-step)',
    async (_, change) => {
      const writer = await openMemory({ vfs: (shared = new MemoryVfs()), ...TINY });
      await fill(writer, 0, 20);
      await writer.flush();
      await fill(writer, 10, 20);
      await writer.flush();
      await fill(writer, 20, 20);
      const vfs = new ReaderVfs(shared);
      vfs.after = { path: /MANIFEST/, call: () => change(writer) };
      const reader = await openMemory({ vfs, ...READ_ONLY });
      expect(vfs.after).toBeUndefined();
      expect(await countOf(reader)).toBeGreaterThanOrEqual(40);
      expect((await reader.verify()).problems).toEqual([]);
      expect(vfs.changeCount).toBe(0); // follower/writes-nothing
    },
  );

  it('are damage when no newer manifest explains it (manifest-watch/damage-stays)', async () => {
    const vfs = new MemoryVfs();
    const writer = await openMemory({ vfs, ...TINY });
    await fill(writer, 0, 20);
    await writer.flush();
    await writer.close();
    const table = vfs.list(DIRECTORY).find((name) => name.endsWith('.sst'));
    vfs.unlink(`${DIRECTORY}/${table ?? ''}`);
    await expect(openMemory({ vfs, ...READ_ONLY })).rejects.toThrow('Table is missing');
  });
});

let shared = new MemoryVfs();

describe('tables that the writer compacts away', () => {
  it('stay readable on an open database, read for the first time too (follower/held-tables, followed-versions/held-while-read)', async () => {
    const vfs = new MemoryVfs();
    const writer = await openMemory({ vfs, ...TINY });
    await fill(writer, 0, 100);
    await writer.flush();
    const reader = await openMemory({ vfs, ...READ_ONLY });
    await writer.clear();
    await writer.compact();
    expect(vfs.list(DIRECTORY).some((name) => name.endsWith('.sst'))).toBe(false);
    expect(await countOf(reader)).toBe(100);
    expect((await reader.verify()).isSound).toBe(true);
    expect(reader.stats().follower?.heldTableCount).toBeGreaterThan(0);
    await reader.refresh();
    expect(await countOf(reader)).toBe(0);
    expect(reader.stats().follower?.heldTableCount).toBe(0);
  });

  it('are told by name where there were too many to hold, and a refresh helps', async () => {
    const vfs = new MemoryVfs();
    const writer = await openMemory({ vfs, ...TINY, compression: 'none' });
    await fill(writer, 0, 700); // 20 tables
    await writer.compact();
    const reader = await openMemory({ vfs, ...READ_ONLY, openTableCountMax: 8 });
    expect(reader.stats().tables.count).toBeGreaterThan(12);
    expect(reader.stats().follower?.heldTableCount).toBe(8);
    await writer.clear();
    await fill(writer, 0, 10);
    await writer.compact();
    const error = await errorOf(() => countOf(reader));
    expect(error).toBeInstanceOf(StateGoneError);
    expect(error.message).toContain('refresh');
    await expect(reader.verify()).rejects.toThrow(StateGoneError);
    await reader.refresh();
    expect(await countOf(reader)).toBe(10);
  });
});

describe('a manifest that is being written', () => {
  it('ends with its last whole edit, wherever the next one is torn (manifest-watch/whole-edits)', async () => {
    const vfs = new MemoryVfs();
    const writer = await openMemory({ vfs, ...TINY });
    await fill(writer, 0, 10);
    const path = manifestOf(vfs);
    const before = readFile(vfs, path);
    await writer.flush();
    const after = readFile(vfs, manifestOf(vfs));
    expect(manifestOf(vfs)).toBe(path);
    await writer.close();
    const logs = new MemoryVfs(); // the files of a moment in the flush: the log is there, and the table
    logs.makeDirectory(DIRECTORY);
    const copied = await openMemory({ vfs: logs, ...TINY });
    await fill(copied, 0, 10);
    const whole = readFile(logs, manifestOf(logs));
    const frameLength = Buffer.from(after).readUInt32LE(before.length + 4);
    expect(before.length + frameLength).toBeLessThanOrEqual(after.length);
    for (let cut = 1; cut < frameLength; cut += 7) {
      const torn = Buffer.concat([whole, after.subarray(before.length, before.length + cut)]);
      replaceFile(logs, torn, manifestOf(logs));
      const reader = await openMemory({ vfs: logs, ...READ_ONLY });
      expect(await countOf(reader), `cut at ${cut}`).toBe(10);
      await reader.close();
      expect(readFile(logs, manifestOf(logs))).toEqual(Uint8Array.from(torn)); // not cut
    }
    replaceFile(logs, whole, manifestOf(logs));
  });

  it('of another database is no newer state (manifest-watch/one-database)', async () => {
    const vfs = new MemoryVfs();
    const writer = await openMemory({ vfs, ...TINY });
    await writer.put('a', '1');
    await writer.close();
    const reader = await openMemory({ vfs, ...READ_ONLY });
    for (const name of vfs.list(DIRECTORY)) vfs.unlink(`${DIRECTORY}/${name}`);
    await expect(reader.refresh()).rejects.toThrow(CorruptionError); // nothing is there
    await (await openMemory({ vfs, ...TINY })).put('a', '2');
    await expect(reader.refresh()).rejects.toThrow(DirectoryLostError);
    expect(await reader.get('a')).toBe('1');
  });
});

describe('a follower', () => {
  it('keeps up by itself, through flushes, compactions and another writer, and tells watchers', async () => {
    const vfs = new MemoryVfs();
    let writer = await openMemory({ vfs, ...TINY });
    const follower = await openMemory({ vfs, ...TINY, follow: true });
    const waitFor = async (key: string): Promise<void> => {
      const { promise, resolve } = withResolvers();
      const unwatch = follower.watch({ gte: key, lte: key }, resolve);
      if ((await follower.get(key)) === undefined) await promise;
      unwatch();
      expect(await follower.get(key)).toBeDefined();
    };
    await writer.put('one', '1');
    await waitFor('one');
    await fill(writer, 0, 300);
    await writer.compact();
    await writer.put('two', '2');
    await waitFor('two');
    await writer.close();
    writer = await openMemory({ vfs, ...TINY });
    await writer.put('three', '3');
    await waitFor('three');
    await writer.ingest([['zzz', 'loaded']]);
    await waitFor('zzz');
    expect(await countOf(follower)).toBe(304);
    const { follower: figures } = follower.stats();
    expect(figures?.isFollowing).toBe(true);
    expect(figures?.versionCount).toBeGreaterThan(1);
  });

  it('says that it follows no more when the writer has lost what it has shown', async () => {
    const vfs = new MemoryVfs();
    const writer = await openMemory({ vfs, ...TINY });
    await writer.put('a', '1');
    const heard: unknown[] = [];
    const follower = await openMemory({
      vfs,
      follow: true,
      onEvent: (name, event) => void (name === 'failed' && heard.push(event)),
    });
    const current = `${DIRECTORY}/CURRENT`;
    const bytes = readFile(vfs, current);
    replaceFile(vfs, Buffer.from('nonsense'), current);
    while (heard.length === 0) await turns(1);
    expect(follower.stats().failure).toContain('CURRENT is damaged');
    expect(await follower.get('a')).toBe('1');
    replaceFile(vfs, bytes, current);
  });
});

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
