/** The log salvager: every frame that is whole, and every stretch that is not. */
import { describe, expect, it } from 'vitest';

import { FRAME_SIZE_BYTES_MIN, LOG_KIND_WAL } from '../../src/log/frame-format.ts';
import { type LogSalvage, salvageLog } from '../../src/log/log-salvager.ts';
import type { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { damage } from '../support/text-database.ts';
import { makeMemoryVfs, NUMBER, PATH, type TestFrame, writeLog } from './log-fixture.ts';

const FRAMES: readonly TestFrame[] = [
  { payload: 'first', first: 1, count: 2, durable: 0 },
  { payload: 'second', first: 3, count: 1, durable: 2 },
  { payload: '', first: 4, count: 0, durable: 3 },
  { payload: 'third '.repeat(30), first: 4, count: 5, durable: 3 },
  { payload: 'fourth', first: 9, count: 1, durable: 8 },
];

const HEADER_SIZE_BYTES = 32;

async function salvaged(
  vfs: MemoryVfs,
): Promise<{ salvage: LogSalvage; payloads: string[]; offsets: number[] }> {
  const payloads: string[] = [];
  const offsets: number[] = [];
  const salvage = await salvageLog(vfs, PATH, LOG_KIND_WAL, NUMBER, (frame) => {
    payloads.push(Buffer.from(frame.payload).toString('latin1'));
    offsets.push(frame.offset);
  });
  return { salvage, payloads, offsets };
}

describe('salvageLog()', () => {
  it.each([0, 4096])(
    'of a sound log (zeros ahead: %i) gives every frame',
    async (zeroAheadBytes) => {
      const vfs = makeMemoryVfs();
      (await writeLog(vfs, FRAMES, { zeroAheadBytes })).close();
      const { salvage, payloads } = await salvaged(vfs);
      expect(payloads).toEqual(FRAMES.map(({ payload }) => payload));
      expect(salvage).toEqual({ isHeaderSound: true, frameCount: 5, damages: [] });
    },
  );

  it('of a log with any one byte damaged gives all frames but that one, and its place (log-salvager/every-byte-told)', async () => {
    const vfs = makeMemoryVfs();
    const writer = await writeLog(vfs, FRAMES, { zeroAheadBytes: 4096 });
    writer.close();
    const { offsets } = await salvaged(vfs);
    const ends = [...offsets.slice(1), writer.position];
    for (let at = 0; at < writer.position; at++) {
      damage(vfs, PATH, at);
      const { salvage, payloads } = await salvaged(vfs);
      const hit = ends.findIndex((end) => at < end);
      if (at < HEADER_SIZE_BYTES) {
        expect(salvage, `at=${at}`).toMatchObject({ isHeaderSound: false, frameCount: 5 });
      } else {
        const others = FRAMES.filter((_, index) => index !== hit).map(({ payload }) => payload);
        expect(payloads, `at=${at}`).toEqual(others);
        const [found] = salvage.damages;
        expect(salvage.damages.length, `at=${at}`).toBe(1);
        expect(found?.offset).toBe(offsets[hit]);
        // The end of the last one is not known: zeros follow it.
        if (hit < 4) expect(found!.offset + found!.sizeBytes, `at=${at}`).toBe(ends[hit]);
        expect(found?.sequenceAfter).toBe(FRAMES[hit + 1]?.first);
      }
      damage(vfs, PATH, at);
    }
  });

  it('of a log cut anywhere gives the whole frames before the cut', async () => {
    for (let size = 0; ; size++) {
      const vfs = makeMemoryVfs();
      const writer = await writeLog(vfs, FRAMES);
      const end = writer.position;
      writer.close();
      if (size > end) break;
      const file = vfs.open(PATH, 'modify');
      file.truncateSync(size);
      file.closeSync();
      const { payloads, salvage, offsets } = await salvaged(vfs);
      expect(payloads, `size=${size}`).toEqual(
        FRAMES.slice(0, offsets.length).map(({ payload }) => payload),
      );
      const isDamaged = salvage.damages.length > 0;
      if (size === end)
        expect({ isDamaged, count: offsets.length }).toEqual({ isDamaged: false, count: 5 });
      expect(salvage.frameCount).toBe(offsets.length);
    }
  });

  it('passes over a whole frame whose sequences go back: an old copy (log-salvager/never-goes-back)', async () => {
    const vfs = makeMemoryVfs();
    const [first, second] = FRAMES;
    (await writeLog(vfs, [first!, second!, first!])).close();
    const { salvage, payloads } = await salvaged(vfs);
    expect(payloads).toEqual(['first', 'second']);
    expect(salvage.damages.length).toBe(1);
    expect(salvage.damages[0]!.sizeBytes).toBe(FRAME_SIZE_BYTES_MIN + 'first'.length);
  });
});
