/** A cursor over the frames of a log that may still be written. */
import { describe, expect, it } from 'vitest';
import { CorruptionError, IoError } from '../../src/base/errors.ts';
import { FrameCursor } from '../../src/log/frame-cursor.ts';
import { LOG_KIND_MANIFEST, LOG_KIND_WAL } from '../../src/log/frame-format.ts';
import type { LogFrame } from '../../src/log/log-window.ts';
import { LogWriter } from '../../src/log/log-writer.ts';
import type { Vfs } from '../../src/vfs/vfs.ts';
import { WrappedFile, WrappedVfs } from '../support/wrapped-vfs.ts';
import {
  appendFrame,
  makeMemoryVfs,
  NUMBER,
  PATH,
  readFile,
  replaceFile,
  type TestFrame,
  WALL_MS,
  writeLog,
} from './log-fixture.ts';

function frame(first: number, payload = `op${first}`): TestFrame {
  return { payload, first, count: 1, durable: first - 1 };
}

function textOf(found: LogFrame | undefined): string | undefined {
  return found && Buffer.from(found.payload).toString('latin1');
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Tells of every read where it ended. */
class NotingVfs extends WrappedVfs {
  endMax = 0;

  override wrap(file: ReturnType<Vfs['open']>): WrappedFile {
    const note = (end: number): void => void (this.endMax = Math.max(this.endMax, end));
    return new (class extends WrappedFile {
      override read(target: Uint8Array, offset: number, length: number, at: number) {
        note(at + length);
        return super.read(target, offset, length, at);
      }
    })(file);
  }
}

describe('FrameCursor', () => {
  it('gives every frame of a finished log in order, with all that its header says', async () => {
    const vfs = makeMemoryVfs();
    const writer = await writeLog(vfs, [frame(1), frame(2), frame(3)]);
    await writer.finish();
    const cursor = new FrameCursor(vfs, PATH, NUMBER);
    expect(await cursor.next(undefined)).toMatchObject({
      firstSequence: 1,
      operationCount: 1,
      durableSequence: 0,
      wallMs: WALL_MS,
    });
    expect(textOf(await cursor.next(undefined))).toBe('op2');
    expect(textOf(await cursor.next(undefined))).toBe('op3');
    expect(await cursor.next(undefined)).toBe(undefined);
    expect(await cursor.next(undefined)).toBe(undefined);
    cursor.close();
  });

  it('looks at nothing at or above the limit, and goes on when it moves (frame-cursor/within-the-limit)', async () => {
    const vfs = new NotingVfs(makeMemoryVfs());
    const writer = await writeLog(vfs, [frame(1)], { zeroAheadBytes: 4096 });
    const cursor = new FrameCursor(vfs, PATH, NUMBER);
    const limit = writer.position;
    const half = readFile(vfs).slice();
    half.fill(0xab, limit, limit + 20); // the half of a frame that is being written
    expect(textOf(await cursor.next(limit))).toBe('op1');
    expect(await cursor.next(limit)).toBe(undefined);
    expect(vfs.endMax).toBe(limit);
    appendFrame(writer, frame(2));
    appendFrame(writer, frame(3, 'x'.repeat(200_000)));
    expect(await cursor.next(limit)).toBe(undefined);
    expect(textOf(await cursor.next(writer.position))).toBe('op2');
    expect(textOf(await cursor.next(writer.position))?.length).toBe(200_000);
    expect(await cursor.next(writer.position)).toBe(undefined);
    expect(vfs.endMax).toBe(writer.position);
    cursor.close();
  });

  it('reads a file to its end that has lost its name (frame-cursor/keeps-its-file)', async () => {
    const vfs = makeMemoryVfs();
    const writer = await writeLog(vfs, [frame(1), frame(2, 'y'.repeat(300_000)), frame(3)]);
    await writer.finish();
    const cursor = new FrameCursor(vfs, PATH, NUMBER);
    expect(textOf(await cursor.next(undefined))).toBe('op1');
    vfs.unlink(PATH);
    expect(textOf(await cursor.next(undefined))?.length).toBe(300_000);
    expect(textOf(await cursor.next(undefined))).toBe('op3');
    expect(await cursor.next(undefined)).toBe(undefined);
    cursor.close();
  });

  it('takes zeros after the last frame for the end, and nothing else', async () => {
    const vfs = makeMemoryVfs();
    const writer = await writeLog(vfs, [frame(1)], { zeroAheadBytes: 4096 });
    const cursor = new FrameCursor(vfs, PATH, NUMBER);
    expect(textOf(await cursor.next(undefined))).toBe('op1');
    expect(await cursor.next(undefined)).toBe(undefined);
    cursor.close();
    for (const at of [writer.position, writer.position + 1, 4000]) {
      const bytes = readFile(vfs).slice();
      bytes[at] = 1;
      replaceFile(vfs, bytes, '/db/copy.log');
      const damaged = new FrameCursor(vfs, '/db/copy.log', NUMBER);
      expect(textOf(await damaged.next(undefined))).toBe('op1');
      const error = await errorOf(damaged.next(undefined));
      expect(error).toBeInstanceOf(CorruptionError);
      expect(error).toMatchObject({ file: '/db/copy.log', offset: writer.position });
      damaged.close();
    }
  });

  it('never gives a frame that was not written, with any bit flipped', async () => {
    const vfs = makeMemoryVfs();
    const written = [frame(1), frame(2), frame(3)];
    const writer = await writeLog(vfs, written);
    await writer.finish();
    const bytes = readFile(vfs).slice();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
      replaceFile(vfs, bytes);
      const cursor = new FrameCursor(vfs, PATH, NUMBER);
      const found: (string | undefined)[] = [];
      const error = await errorOf(
        (async () => {
          for (let next = await cursor.next(undefined); next !== undefined;) {
            found.push(textOf(next));
            next = await cursor.next(undefined);
          }
        })(),
      );
      expect(error, `bit=${bit}`).toBeDefined();
      expect(found).toEqual(written.slice(0, found.length).map(({ payload }) => payload));
      cursor.close();
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
    }
  });

  it.each([
    ['another number', LOG_KIND_WAL, 8],
    ['another kind', LOG_KIND_MANIFEST, NUMBER],
  ] as const)('refuses a log of %s', async (_, kind, number) => {
    const vfs = makeMemoryVfs();
    const writer = await LogWriter.create(vfs, PATH, kind, number, { zeroAheadBytes: 0 });
    await writer.finish();
    const cursor = new FrameCursor(vfs, PATH, NUMBER);
    expect(await errorOf(cursor.next(undefined))).toBeInstanceOf(CorruptionError);
    cursor.close();
  });

  it('says that a log is missing with the error of the system', () => {
    expect(() => new FrameCursor(makeMemoryVfs(), PATH, NUMBER)).toThrow(IoError);
  });
});
