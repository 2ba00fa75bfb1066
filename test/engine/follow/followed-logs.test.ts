/** The logs of another process: what is delivered, when, and what is damage. */
import { describe, expect, it } from 'vitest';
import { CorruptionError, StateGoneError } from '../../../src/base/errors.ts';
import { fileNumber } from '../../../src/base/ids.ts';
import { FollowedLogs } from '../../../src/engine/follow/followed-logs.ts';
import { FrameBuilder } from '../../../src/log/frame-builder.ts';
import { LOG_KIND_WAL } from '../../../src/log/frame-format.ts';
import { LogWriter } from '../../../src/log/log-writer.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import type { OpenMode, VfsFile } from '../../../src/vfs/vfs.ts';
import { readFile, replaceFile } from '../../log/log-fixture.ts';

const WALL_MS = 1_700_000_000_000;
const OWNER = { token: 'a', sinceMs: WALL_MS - 1000 };

/** Does something once, before a file of that name is opened. */
class HookedVfs extends MemoryVfs {
  before: { readonly path: string; readonly call: () => void } | undefined = undefined;

  override open(path: string, mode: OpenMode): VfsFile {
    const { before } = this;
    if (before?.path === path) {
      this.before = undefined;
      before.call();
    }
    return super.open(path, mode);
  }
}

class Bench {
  readonly vfs = new HookedVfs();
  readonly delivered: string[] = [];
  readonly logs: FollowedLogs;
  readonly #writers = new Map<number, LogWriter>();

  constructor() {
    this.vfs.makeDirectory('/db');
    this.logs = new FollowedLogs(this.vfs, '/db', {
      take: ({ firstSequence, operationCount, payload }) => {
        const text = Buffer.from(payload).toString('latin1');
        this.delivered.push(`${firstSequence}+${operationCount}=${text}`);
      },
      logEnded: () => this.delivered.push('end'),
      jump: () => this.delivered.push('jump'),
    });
  }

  pathOf(number: number): string {
    return `/db/${String(number).padStart(6, '0')}.log`;
  }

  async create(number: number): Promise<void> {
    const options = { zeroAheadBytes: 4096 };
    const writer = await LogWriter.create(
      this.vfs,
      this.pathOf(number),
      LOG_KIND_WAL,
      number,
      options,
    );
    this.#writers.set(number, writer);
  }

  /** One frame; without a count a mark. */
  append(number: number, first: number, count: number, isPublished = false): void {
    const builder = new FrameBuilder();
    if (count > 0) builder.payload(Buffer.from(`f${first}`), count);
    const stamp = { fileNumber: number, firstSequence: first, durableSequence: first - 1 };
    const length = builder.seal({ ...stamp, wallMs: WALL_MS, isPublished });
    this.#writers.get(number)!.append(builder.bytes, length); // created before
  }

  async finish(number: number): Promise<void> {
    await this.#writers.get(number)!.finish();
  }

  /** Reads as far as there is; returns what was delivered. */
  async read(liveLogs: readonly number[], flushedSequence = 0): Promise<string[]> {
    const missing = await this.logs.read({ liveLogs: liveLogs.map(fileNumber), flushedSequence });
    if (missing !== undefined) throw missing;
    return this.delivered.splice(0);
  }
}

describe('frames of a log that is being written', () => {
  it('are held back until something follows, unless they were published as they were written (followed-logs/published-only)', async () => {
    const bench = new Bench();
    await bench.create(1);
    bench.append(1, 1, 2);
    expect(await bench.read([1])).toEqual([]);
    expect(bench.logs.heldSequence).toBe(2);
    bench.append(1, 3, 1);
    expect(await bench.read([1])).toEqual(['1+2=f1']);
    bench.append(1, 4, 0);
    expect(await bench.read([1])).toEqual(['3+1=f3']);
    bench.append(1, 4, 1, true);
    expect(await bench.read([1])).toEqual(['4+1=f4']);
    expect(bench.logs.durable).toBe(3);
  });

  it.each([
    ['nobody has the directory', undefined, true],
    ['its owner came after them', { token: 'b', sinceMs: WALL_MS + 1 }, true],
    ['its owner is another than when they were seen', { token: 'b', sinceMs: 0 }, true],
    ['its owner is the one that wrote them', OWNER, false],
  ])(
    'are settled by who has the directory: %s (followed-logs/published-only)',
    async (_, owner, isShown) => {
      const bench = new Bench();
      await bench.create(1);
      bench.append(1, 1, 1);
      await bench.read([1]);
      bench.logs.settle(OWNER);
      expect(bench.delivered).toEqual([]);
      bench.logs.settle(owner);
      expect(bench.delivered).toEqual(isShown ? ['1+1=f1'] : []);
    },
  );

  it('are shown when they are in tables', async () => {
    const bench = new Bench();
    await bench.create(1);
    bench.append(1, 1, 1);
    expect(await bench.read([1])).toEqual([]);
    expect(await bench.read([1], 1)).toEqual(['1+1=f1']);
  });

  it('come whole: part of one is the end so far (frame-cursor/whole-or-not-yet)', async () => {
    const bench = new Bench();
    await bench.create(1);
    bench.append(1, 1, 1, true);
    const before = readFile(bench.vfs, bench.pathOf(1));
    bench.append(1, 2, 1, true);
    const after = readFile(bench.vfs, bench.pathOf(1));
    const frameLength = 43;
    for (let cut = 1; cut < frameLength; cut++) {
      const torn = Uint8Array.from(before);
      const start = 32 + frameLength;
      torn.set(after.subarray(start, start + cut), start);
      const file = bench.vfs.open(bench.pathOf(1), 'modify');
      file.writeSync(torn, 0, torn.length, 0);
      file.closeSync();
      expect(await bench.read([1]), `cut at ${cut}`).toEqual(cut === 1 ? ['1+1=f1'] : []);
    }
    const file = bench.vfs.open(bench.pathOf(1), 'modify');
    file.writeSync(after, 0, after.length, 0);
    file.closeSync();
    expect(await bench.read([1])).toEqual(['2+1=f2']);
  });

  it('are damage when a later frame proves them, and they stay as they are (followed-logs/damage-stays)', async () => {
    const bench = new Bench();
    await bench.create(1);
    for (let first = 1; first <= 3; first++) bench.append(1, first, 1, true);
    const bytes = readFile(bench.vfs, bench.pathOf(1));
    bytes[32 + 43 + 20]! ^= 1; // the second frame
    replaceFile(bench.vfs, bytes, bench.pathOf(1));
    await expect(bench.read([1])).rejects.toThrow(CorruptionError);
    await expect(bench.read([1])).rejects.toThrow(CorruptionError);
  });
});

describe('from one log to the next', () => {
  it('every frame comes once, also those of a log that loses its name (followed-logs/whole-and-once)', async () => {
    const bench = new Bench();
    await bench.create(1);
    bench.append(1, 1, 1, true);
    expect(await bench.read([1])).toEqual(['1+1=f1']);
    bench.append(1, 2, 1);
    await bench.finish(1);
    await bench.create(2);
    bench.append(2, 3, 1, true);
    bench.vfs.unlink(bench.pathOf(1)); // flushed, though it was not read to its end
    expect(await bench.read([2], 2)).toEqual(['2+1=f2', 'end', '3+1=f3']);
    expect(await bench.read([2], 2)).toEqual([]);
  });

  it('frames come that were written while the next log was looked for (followed-logs/whole-and-once)', async () => {
    const bench = new Bench();
    await bench.create(1);
    await bench.create(2);
    bench.append(1, 1, 1, true);
    const call = (): void => {
      bench.append(1, 2, 1, true);
      bench.append(2, 3, 1, true);
    };
    bench.vfs.before = { path: bench.pathOf(2), call };
    expect(await bench.read([1, 2])).toEqual(['1+1=f1', '2+1=f2', 'end', '3+1=f3']);
  });

  it('a log that was made ahead, and is empty, ends nothing', async () => {
    const bench = new Bench();
    await bench.create(1);
    await bench.create(2);
    bench.append(1, 1, 1, true);
    expect(await bench.read([1, 2])).toEqual(['1+1=f1']);
    bench.append(1, 2, 1, true);
    expect(await bench.read([1, 2])).toEqual(['2+1=f2']);
    await bench.finish(1);
    bench.append(2, 3, 1, true);
    expect(await bench.read([1, 2])).toEqual(['end', '3+1=f3']);
  });

  it('what tables alone hold is passed over, and told as a jump', async () => {
    const bench = new Bench();
    await bench.create(1);
    bench.append(1, 1, 1, true);
    expect(await bench.read([1])).toEqual(['1+1=f1']);
    await bench.create(5);
    bench.append(5, 9, 1, true);
    await expect(bench.read([5])).rejects.toThrow('hole'); // unless a newer manifest explains it
    expect(await bench.read([5], 8)).toEqual(['end', 'jump', '9+1=f9']);
  });

  it('a log that begins below what was read is a loss, not a change (followed-logs/never-back)', async () => {
    const bench = new Bench();
    await bench.create(1);
    for (let first = 1; first <= 3; first++) bench.append(1, first, 1, true);
    expect(await bench.read([1])).toHaveLength(3);
    await bench.create(2);
    bench.append(2, 3, 1, true); // as after a recovery that found two commits
    await expect(bench.read([1, 2])).rejects.toThrow(StateGoneError);
    expect(bench.delivered).toEqual([]);
  });

  it('a missing log, and one whose successor has frames though its own are cut off, are damage (followed-logs/damage-stays)', async () => {
    const missing = new Bench();
    await expect(missing.read([4])).rejects.toThrow('Log is missing');

    const bench = new Bench();
    await bench.create(1);
    bench.append(1, 1, 1, true);
    const bytes = readFile(bench.vfs, bench.pathOf(1));
    bytes[32 + 43 + 4] = 50; // part of a frame
    replaceFile(bench.vfs, bytes, bench.pathOf(1));
    await bench.create(2);
    bench.append(2, 2, 1, true);
    await expect(bench.read([1, 2])).rejects.toThrow('successor');
  });
});
