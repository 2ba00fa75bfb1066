/**
 * Crash canaries: the harness must find planted bugs.
 *
 * Owns: engines with one bug each, planted below the engine (a Vfs that lies) or between it and the
 * caller (a promise that resolves early). For each the exploration of power-loss.test.ts, or the one
 * check that is meant to see it, has to fail; with none it passes, which power-loss.test.ts shows.
 *
 * A bug that is planted in the files that the engine writes is planted by rewriting what passes
 * through the Vfs, so that no production class needs a hook.
 */
import { describe, expect, test } from 'vitest';
import { type CheckpointReport } from '../../src/engine/copy/checkpoint.ts';
import { open } from '../../src/api/open.ts';
import {
  FRAME_END_MARK,
  FRAME_SIZE_BYTES_MIN,
  FrameHeader,
  LOG_HEADER_SIZE_BYTES,
  sealFrame,
} from '../../src/log/frame-format.ts';
import { LockingTransaction } from '../../src/api/locking-transaction.ts';
import { Transaction } from '../../src/api/transaction.ts';
import { type OpenMode, type Vfs, type VfsFile } from '../../src/vfs/vfs.ts';
import { EXPIRED, EXPIRES_LATE } from '../support/commit-oracle.ts';
import { BrokenPromiseError } from '../support/crash-checker.ts';
import { explore, type ExploreOptions, type Script } from '../support/crash-harness.ts';
import { commitScript, ingestScript, tableScript } from '../support/crash-scripts.ts';
import { type CrashSession, openOptions } from '../support/crash-session.ts';
import { allDamages, judge, makePatient } from '../support/damage.ts';
import { settled } from '../support/settle.ts';
import { NoSyncFile, NoSyncVfs } from '../support/no-sync-vfs.ts';
import { WrappedFile, WrappedVfs } from '../support/wrapped-vfs.ts';

const LOG = /\.log$/;
const TABLE = /\.sst$/;
const MANIFEST = /MANIFEST-\d+$/;

/** Bytes written into a table that exists, as the sequence of a bulk load is, are never synced. */
class NoStampSyncVfs extends WrappedVfs {
  override open(path: string, mode: OpenMode): VfsFile {
    const file = super.open(path, mode);
    return mode === 'modify' && TABLE.test(path) ? new NoSyncFile(file) : file;
  }
}

class NoDirectorySyncVfs extends WrappedVfs {
  override async syncDirectory(): Promise<void> {
    return Promise.resolve();
  }

  override syncDirectorySync(): void {}
}

/** CURRENT is renamed into place before its content is synced: the sync comes one step too late. */
class EarlyRenameVfs extends NoSyncVfs {
  constructor(inner: Vfs) {
    super(inner, /CURRENT\.tmp$/);
  }

  override async syncDirectory(path: string): Promise<void> {
    await super.syncDirectory(path);
    if (!this.exists(`${path}/CURRENT`)) return;
    const file = this.inner.open(`${path}/CURRENT`, 'modify');
    await file.sync();
    file.closeSync();
  }
}

/** Logs are removed as soon as the table that replaces them exists, before the manifest says so. */
class EarlyUnlinkVfs extends WrappedVfs {
  readonly #logs: string[] = [];

  override open(path: string, mode: OpenMode): VfsFile {
    if (mode === 'create' && LOG.test(path)) this.#logs.push(path);
    if (mode === 'create' && TABLE.test(path)) {
      const oldest = this.#logs.shift();
      if (oldest !== undefined && this.inner.exists(oldest)) this.inner.unlink(oldest);
    }
    return super.open(path, mode);
  }

  override unlink(path: string): void {
    if (this.inner.exists(path)) super.unlink(path);
  }
}

/** A torn tail is neither cut nor left alone: an open writes after the tear. */
class NoCutVfs extends WrappedVfs {
  override wrap(file: VfsFile): VfsFile {
    return LOG.test(file.path) ? new NoCutFile(file) : file;
  }
}

class NoCutFile extends WrappedFile {
  override truncateSync(): void {}
}

/**
 * Bytes from a file always fit their checksum: as if no checksum were checked. Frames of logs
 * are sealed anew as they are read.
 */
class NoChecksumVfs extends WrappedVfs {
  override wrap(file: VfsFile): VfsFile {
    return LOG.test(file.path) ? new NoChecksumFile(file) : file;
  }
}

class NoChecksumFile extends WrappedFile {
  override async read(
    target: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<number> {
    const count = await super.read(target, offset, length, position);
    if (position === 0) resealFrames(target.subarray(offset, offset + count));
    return count;
  }
}

function resealFrames(bytes: Uint8Array): void {
  const header = new FrameHeader();
  const smallest = FRAME_SIZE_BYTES_MIN;
  for (
    let start = LOG_HEADER_SIZE_BYTES;
    start + smallest <= bytes.length;
    start += header.length
  ) {
    header.decode(bytes, start);
    if (header.length < smallest || start + header.length > bytes.length) return;
    const frame = bytes.subarray(start, start + header.length);
    if (frame[frame.length - 1] !== FRAME_END_MARK) return;
    const { length, lowNumber, operationCount, firstSequence, durableSequence, wallMs } = header;
    const stamp = { fileNumber: lowNumber, firstSequence, durableSequence, wallMs };
    sealFrame(frame, length, operationCount, stamp);
  }
}

async function findsBug(
  script: Script,
  options: Omit<ExploreOptions, 'name'> & { readonly name?: string },
  message: RegExp = /./,
): Promise<void> {
  const exploring = explore(script, {
    name: 'canary',
    seedCount: 2,
    nestEvery: Infinity,
    continueEvery: Infinity,
    ...options,
  });
  const error: unknown = await exploring.catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(BrokenPromiseError);
  expect(String(error)).toMatch(message);
}

describe('a power cut shows', () => {
  test('directory entries that are never synced (background-work/files-before-the-edit)', async () => {
    await findsBug(commitScript, { wrap: (vfs) => new NoDirectorySyncVfs(vfs) });
  });

  test.each([
    ['logs', LOG, commitScript],
    ['tables', TABLE, tableScript],
    ['manifests', MANIFEST, tableScript],
    ['CURRENT', /CURRENT\.tmp$/, commitScript],
  ] as const)('%s that are never synced', async (_, pattern, script) => {
    await findsBug(script, { wrap: (vfs) => new NoSyncVfs(vfs, pattern) });
  });

  test('the sequence of a bulk load that is never synced (ingest-tables/durable)', async () => {
    await findsBug(ingestScript, { wrap: (vfs) => new NoStampSyncVfs(vfs) });
  });

  test('CURRENT renamed before it is synced', async () => {
    await findsBug(commitScript, { wrap: (vfs) => new EarlyRenameVfs(vfs) });
  });

  test('a log removed before the manifest names the table that replaces it (engine/log-with-its-table)', async () => {
    const oneFlush: Script = async (session) => {
      await session.open();
      session.put('k00', 'sync');
      session.put('k01', 'os');
      await session.flush();
    };
    await findsBug(oneFlush, { wrap: (vfs) => new EarlyUnlinkVfs(vfs) });
  });

  test('a torn tail that is not cut before the next log begins (recovery/torn-tail-cut)', async () => {
    await findsBug(commitScript, { wrapRecovery: (vfs) => new NoCutVfs(vfs), continueEvery: 1 });
  });

  test('an acknowledgement that comes before the sync', async () => {
    const early: Script = async (session) => {
      await session.open();
      session.put('k00');
      session.oracle.acknowledge(0, 'sync'); // what a caller told too early believes
      await session.settle();
    };
    await findsBug(early, {});
  });
});

/** One copy, of a table and a log. */
const oneCopy: Script = async (session) => {
  await session.open();
  session.put('k00', 'sync');
  await session.flush();
  session.put('k01', 'os');
  await session.settle();
  await settled('checkpoint', session.checkpoint('/data/copies/one'));
};

const IN_COPY = /^\/data\/copies\//;

/** Entries of the copy's own directory are never synced. */
class NoCopyEntriesVfs extends WrappedVfs {
  override async syncDirectory(path: string): Promise<void> {
    if (!IN_COPY.test(path)) await super.syncDirectory(path);
  }
}

/** The entry of the copy itself, in the directory made for it, is never synced. */
class NoParentEntriesVfs extends WrappedVfs {
  override syncDirectorySync(path: string): void {
    if (path !== '/data/copies') super.syncDirectorySync(path);
  }
}

/** `open` of a copy does not see the files that prove that CURRENT is missing. */
class BlindOpenVfs extends WrappedVfs {
  override list(directory: string): string[] {
    const names = super.list(directory);
    return IN_COPY.test(directory) ? names.filter((name) => !TABLE.test(name)) : names;
  }
}

describe('a power cut during or after a checkpoint shows', () => {
  test.each([
    ['a log', /^\/data\/copies\/.*\.log$/],
    ['a manifest', /^\/data\/copies\/.*MANIFEST-\d+$/],
    ['CURRENT', /^\/data\/copies\/.*CURRENT\.tmp$/],
  ] as const)('%s that is never synced', async (_, pattern) => {
    await findsBug(oneCopy, { wrap: (vfs) => new NoSyncVfs(vfs, pattern) }, /Checkpoint .*one/);
  });

  test('entries that are never synced', async () => {
    const options = { wrap: (vfs: Vfs): Vfs => new NoCopyEntriesVfs(vfs) };
    await findsBug(oneCopy, options, /Checkpoint .*one/);
  });

  test('a directory whose own entry is never synced', async () => {
    const options = { wrap: (vfs: Vfs): Vfs => new NoParentEntriesVfs(vfs) };
    await findsBug(oneCopy, options, /is no database/);
  });

  test('a half-made copy that is taken for an empty database', async () => {
    const options = { wrapRecovery: (vfs: Vfs): Vfs => new BlindOpenVfs(vfs) };
    await findsBug(oneCopy, options, /takes it for a database/);
  });

  test('a copy that resolves before it is there', async () => {
    const early: Script = async (session) => {
      await session.open();
      const { db } = session;
      const copying = db.checkpoint('/data/copies/one');
      db.checkpoint = async () => noReport;
      await session.checkpoint('/data/copies/one');
      await settled('checkpoint', copying);
    };
    await findsBug(early, {}, /is no database/);
  });

  test('a copy without a commit that was acknowledged before the call', async () => {
    const stale: Script = async (session) => {
      await session.open();
      const { db } = session;
      await settled('checkpoint', db.checkpoint('/data/copies/one'));
      session.put('k00', 'sync');
      await session.settle();
      db.checkpoint = async () => noReport;
      await session.checkpoint('/data/copies/one');
    };
    await findsBug(stale, {}, /Checkpoint .*one.*promised 1 of 1/);
  });

  test('a copy with a commit that began after it', async () => {
    const shared: Script = async (session) => {
      await session.open();
      await session.checkpoint('/data/copies/one');
      const index = session.oracle.begin([{ type: 'put', key: 'k00', value: session.value() }]);
      const copy = await open('/data/copies/one', openOptions(session.disk, session.clock));
      await copy.put('k00', session.oracle.state.get('k00')!);
      await settled('close', copy.close());
      session.oracle.acknowledge(index, 'os');
    };
    await findsBug(shared, {}, /Checkpoint .*one.*promised 0 of 0/);
  });
});

const noReport: CheckpointReport = {
  location: '',
  sequence: 0,
  tableCount: 0,
  logCount: 0,
  tableSizeBytes: 0,
  logSizeBytes: 0,
};

/** Calls that the engine is made to do wrongly while the oracle does them right. */
async function expectMismatch(
  misbehave: (session: CrashSession) => Promise<void>,
  message: RegExp = /./,
): Promise<void> {
  const script: Script = async (session) => {
    await session.open();
    session.put('k00', 'sync');
    session.put('k01', 'sync');
    await session.flush();
    await misbehave(session);
    await session.settle();
  };
  await findsBug(script, {}, message);
}

describe('the oracle shows', () => {
  test('a tombstone dropped while the value under it is still there', async () => {
    await expectMismatch(async (session) => {
      const index = session.oracle.begin([{ type: 'del', key: 'k01' }]);
      await session.db.compact(); // the tombstone is gone, and the old value is back
      session.oracle.acknowledge(index, 'sync');
    });
  });

  test('an entry that has expired and is dropped while the value under it is still there', async () => {
    await expectMismatch(async (session) => {
      const put = { type: 'put', key: 'k01', value: session.value(), expiresAt: EXPIRED } as const;
      const index = session.oracle.begin([put]);
      await session.db.compact(); // the entry is gone, and the old value is back
      session.oracle.acknowledge(index, 'sync');
    });
  });

  test('an entry that is there after its time', async () => {
    await expectMismatch(async (session) => {
      const put = { type: 'put', key: 'k01', value: session.value() } as const;
      const index = session.oracle.begin([{ ...put, expiresAt: EXPIRED }]);
      await session.db.put('k01', put.value, { expiresAt: EXPIRES_LATE });
      session.oracle.acknowledge(index, 'sync');
    });
  });

  test('a commit that was refused for a conflict and comes back', async () => {
    await expectMismatch(async (session) => {
      await session.db.put('k00-lost', session.value()); // never begun, as far as the caller knows
    });
  });

  test('a batch of which only a part is there', async () => {
    await expectMismatch(async (session) => {
      const value = session.value();
      const index = session.oracle.begin([
        { type: 'put', key: 'k02', value },
        { type: 'put', key: 'k03', value },
      ]);
      await session.db.put('k02', value);
      session.oracle.acknowledge(index, 'sync');
    });
  });

  test('writes that a savepoint took back', async () => {
    await expectMismatch(async (session) => {
      const { rollbackTo } = Transaction.prototype;
      Transaction.prototype.rollbackTo = () => undefined;
      const put = { type: 'put', key: 'k02', value: session.value() } as const;
      await session.transaction([put], { isRolledBackFirst: true }).finally(() => {
        Transaction.prototype.rollbackTo = rollbackTo;
      });
    }, /taken-back: found taken back/);
  });

  test('a commit whose id is forgotten', async () => {
    await expectMismatch(async (session) => {
      const put = { type: 'put', key: 'k02', value: session.value() } as const;
      const index = session.oracle.begin([put], 'an id');
      await session.db.put('k02', put.value);
      session.oracle.acknowledge(index, 'sync');
    }, /Commit ids do not fit 3 commits: known=$/m);
  });

  test('an id whose commit was refused', async () => {
    await expectMismatch(async (session) => {
      const put = { type: 'put', key: 'k02', value: session.value() } as const;
      await session.transaction([put], { commitId: 'an id' });
      session.oracle.refuse('an id'); // what a caller believes who was told of a conflict
    }, /Commit ids do not fit 3 commits: known=an id$/m);
  });

  test('commits whose order in the log is not the order in which they were made', async () => {
    await expectMismatch(async (session) => {
      const [older, newer] = [session.value(), session.value()];
      session.oracle.begin([{ type: 'put', key: 'k02', value: older }]);
      const index = session.oracle.begin([{ type: 'put', key: 'k02', value: newer }]);
      await session.db.put('k02', newer);
      await session.db.put('k02', older);
      session.oracle.acknowledge(index, 'sync');
    });
  });
});

describe('a script shows', () => {
  test.each(['write', 'read', 'scan'] as const)(
    'that nothing conflicts: a lost transaction, %s',
    async (how) => {
      const script: Script = async (session) => {
        await session.open();
        const { db } = session;
        // A transaction that begins at its commit conflicts with none: validation skipped.
        Object.assign(db, {
          transaction: async (body: (tx: Transaction<string, Uint8Array>) => Promise<void>) => {
            const early = db.begin();
            await body(early);
            early.rollback();
            await db.put('k00', session.value());
          },
        });
        await session.lostTransaction('k00', how);
      };
      const exploring = explore(script, { name: 'canary' });
      await expect(exploring).rejects.toThrow('Expected to end with CONFLICT');
    },
  );

  test('locks that hold no writer back', async () => {
    const script: Script = async (session) => {
      await session.open();
      const { lockRange } = LockingTransaction.prototype;
      LockingTransaction.prototype.lockRange = async () => Promise.resolve();
      await session.lockedPut('k00').finally(() => {
        LockingTransaction.prototype.lockRange = lockRange;
      });
    };
    await expect(explore(script, { name: 'canary' })).rejects.toThrow('came first');
  });
});

test('a flipped bit is not noticed by a reader that checks no checksum', async () => {
  const patient = await makePatient('killed');
  const flips = allDamages(patient).filter(({ kind, file }) => kind === 'flip' && LOG.test(file));
  const problems = new Set<string>();
  for (const [index, damage] of flips.entries()) {
    if (index % 41 !== 0) continue;
    try {
      await judge(patient, damage, (vfs) => new NoChecksumVfs(vfs));
    } catch (error) {
      problems.add(String(error).replace(/:.*/s, ''));
    }
  }
  expect(problems.size).toBeGreaterThan(0);
});
