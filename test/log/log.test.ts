/** The framed log: what LogWriter wrote, LogReader delivers, and its verdict on every kind of damage. */
import { describe, expect, it } from 'vitest';

import { CorruptionError, IncompatibleFormatError, IoError } from '../../src/base/errors.ts';
import { putUint32, putUint64 } from '../../src/bytes/coding.ts';
import { maskedCrc32 } from '../../src/bytes/crc32.ts';
import {
  decodeLogHeader,
  FRAME_SIZE_BYTES_MIN,
  LOG_HEADER_SIZE_BYTES,
  LOG_KIND_MANIFEST,
  LOG_KIND_WAL,
  type LogKind,
} from '../../src/log/frame-format.ts';
import { readLog } from '../../src/log/log-reader.ts';
import { type LogSalvage, salvageLog } from '../../src/log/log-salvager.ts';
import { LogWindow } from '../../src/log/log-window.ts';
import { LogWriter } from '../../src/log/log-writer.ts';
import type { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { CRASH_MODES, CrashVfs } from '../support/crash-vfs.ts';
import { hexExample } from '../support/doc-hex.ts';
import { FaultVfs } from '../support/fault-vfs.ts';
import { GateVfs } from '../support/gate-vfs.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { turns } from '../support/settle.ts';
import {
  appendFrame,
  frameBytes,
  makeMemoryVfs,
  NUMBER,
  PATH,
  readBack,
  readFile,
  replaceFile,
  WALL_MS,
  writeLog,
  type TestFrame,
} from './log-fixture.ts';

/** Ops 1..2 and 3 in one sync, then a durable mark, then ops 4..6 that nothing later proves. */
const FRAMES: readonly TestFrame[] = [
  { payload: 'one two', first: 1, count: 2, durable: 0 },
  { payload: 'three', first: 3, count: 1, durable: 0 },
  { payload: '', first: 4, count: 0, durable: 3, wallMs: WALL_MS + 7 },
  { payload: 'four five six', first: 4, count: 3, durable: 3, wallMs: 2 ** 48 - 1 },
];

/** How many leading frames of FRAMES a later frame proves: damage in them is corruption. */
const PROVEN_COUNT = 2;

function offsetsOf(frames: readonly TestFrame[]): number[] {
  const offsets = [LOG_HEADER_SIZE_BYTES];
  for (const frame of frames) offsets.push(offsets.at(-1)! + frameBytes(frame).length);
  return offsets;
}

function randomFrames(random: Random, count: number): TestFrame[] {
  const frames: TestFrame[] = [];
  let first = 1 + random.below(1000);
  let durable = first - 1;
  let wallMs = WALL_MS;
  for (let i = 0; i < count; i++) {
    const operations = random.chance(0.2) ? 0 : 1 + random.below(20);
    if (random.chance(0.4)) durable = first - 1;
    const length = 1 + random.below(random.chance(0.1) ? 20_000 : 100);
    const payload = operations === 0 ? '' : Buffer.from(random.bytes(length)).toString('latin1');
    if (random.chance(0.3)) wallMs = Math.min(2 ** 48 - 1, wallMs + random.below(2 ** 31) ** 1.3);
    const time = { wallMs: Math.floor(wallMs) };
    const frame = { payload, first, count: operations, durable };
    frames.push(time.wallMs === WALL_MS ? frame : { ...frame, ...time });
    first += operations;
  }
  return frames;
}

/** What reading gives: frames, or the documented refusal. Any other error fails the test. */
async function outcomeOf(
  vfs: MemoryVfs,
  kind: LogKind = LOG_KIND_WAL,
): Promise<{ frames: TestFrame[]; end: string } | { error: CorruptionError }> {
  try {
    const { frames, summary } = await readBack(vfs, { kind });
    expect(summary.frameCount).toBe(frames.length);
    return { frames, end: summary.end };
  } catch (error) {
    if (error instanceof CorruptionError) return { error };
    throw error;
  }
}

/** Salvages the log, frames unread. */
function salvage(vfs: MemoryVfs): Promise<LogSalvage> {
  return salvageLog(vfs, PATH, LOG_KIND_WAL, NUMBER, () => undefined);
}

describe('a log', () => {
  it('gives back what was appended, at every chunk size (log-reader/only-a-prefix)', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = makeRandom(seed);
      const vfs = makeMemoryVfs();
      const frames = randomFrames(random, random.below(30));
      const zeroAheadBytes = random.pick([0, 4096, 65_536]);
      const writer = await writeLog(vfs, frames, { zeroAheadBytes });
      const chunkSizeBytes = random.pick([64, 100, 4096, 1024 * 1024]);
      const { frames: read, summary } = await readBack(vfs, { chunkSizeBytes });
      expect(read, `seed=${seed}`).toEqual(frames);
      const last = frames.at(-1);
      expect(summary, `seed=${seed}`).toMatchObject({
        validEnd: writer.position,
        lastSequence: last === undefined ? 0 : last.first + last.count - 1,
        durableSequence: last?.durable ?? 0,
        wallMs: Math.max(0, ...frames.map(({ wallMs = WALL_MS }) => wallMs)),
        end: 'clean',
        tornAt: undefined,
      });
    }
  });

  it('has the bytes of the worked example of docs/formats/log.md', async () => {
    const vfs = makeMemoryVfs();
    const example = hexExample('log.md', 'log');
    await writeLog(vfs, FRAMES.slice(1, 3), { kind: LOG_KIND_MANIFEST });
    expect(Buffer.from(readFile(vfs)).toString('hex')).toBe(Buffer.from(example).toString('hex'));
    replaceFile(vfs, example);
    const { frames } = await readBack(vfs, { kind: LOG_KIND_MANIFEST });
    expect(frames).toEqual(FRAMES.slice(1, 3));
  });

  it('awaits the promise that a frame handler returns, and keeps the payload meanwhile', async () => {
    const vfs = makeMemoryVfs();
    await writeLog(vfs, FRAMES);
    const seen: string[] = [];
    const options = { chunkSizeBytes: 64 };
    await readLog(
      vfs,
      PATH,
      LOG_KIND_WAL,
      NUMBER,
      async (frame) => {
        await Promise.resolve();
        seen.push(Buffer.from(frame.payload).toString());
      },
      options,
    );
    expect(seen).toEqual(FRAMES.map((frame) => frame.payload));
  });

  it('gives a CorruptionError of the frame handler its file and offset', async () => {
    const vfs = makeMemoryVfs();
    await writeLog(vfs, FRAMES);
    const reading = readLog(vfs, PATH, LOG_KIND_WAL, NUMBER, (frame) => {
      if (frame.firstSequence === 3) throw new CorruptionError('Malformed varint');
    });
    await expect(reading).rejects.toMatchObject({ file: PATH, offset: offsetsOf(FRAMES)[1] });
  });
});

describe('LogReader on damage', () => {
  it('takes a log cut at any length for a prefix of whole frames (log-reader/only-a-prefix)', async () => {
    const vfs = makeMemoryVfs();
    await writeLog(vfs, FRAMES);
    const whole = readFile(vfs);
    const offsets = offsetsOf(FRAMES);
    expect(offsets.at(-1)).toBe(whole.length);
    for (let length = 0; length <= whole.length; length++) {
      replaceFile(vfs, whole.slice(0, length));
      const count = offsets.filter((offset) => offset <= length).length - 1;
      const outcome = await outcomeOf(vfs);
      const end = offsets.includes(length) ? 'clean' : 'torn';
      expect(outcome, `length=${length}`).toEqual({
        frames: FRAMES.slice(0, Math.max(0, count)),
        end,
      });
    }
  });

  it.each([LOG_KIND_WAL, LOG_KIND_MANIFEST] as const)(
    'refuses any flipped bit before the durable point, and cuts those after it (log-reader/proven-damage, log-reader/torn-tail, frame-format/checksum-covers-all) kind=%i',
    async (kind) => {
      const vfs = makeMemoryVfs();
      const zeroAheadBytes = kind === LOG_KIND_WAL ? 256 : 0;
      await writeLog(vfs, FRAMES, { kind, zeroAheadBytes });
      const whole = readFile(vfs);
      const offsets = offsetsOf(FRAMES);
      for (let bit = 0; bit < whole.length * 8; bit++) {
        const bytes = whole.slice();
        bytes[bit >>> 3]! ^= 1 << (bit & 7);
        replaceFile(vfs, bytes);
        const damaged = offsets.filter((offset) => offset <= bit >>> 3).length - 1; // -1: the header
        const outcome = await outcomeOf(vfs, kind);
        if (damaged < PROVEN_COUNT) {
          const error = 'error' in outcome ? outcome.error : undefined;
          expect(error, `bit=${bit}`).toBeInstanceOf(CorruptionError);
          expect(error?.file).toBe(PATH);
          expect(error?.offset, `bit=${bit}`).toBe(damaged < 0 ? 0 : offsets[damaged]);
        } else {
          expect(outcome, `bit=${bit}`).toEqual({ frames: FRAMES.slice(0, damaged), end: 'torn' });
        }
      }
    },
  );

  it('finds the proof of damage at every chunk size (log-reader/proven-damage)', async () => {
    const vfs = makeMemoryVfs();
    await writeLog(vfs, FRAMES);
    const bytes = readFile(vfs);
    bytes[LOG_HEADER_SIZE_BYTES + 4] = 0; // the length: looks like the end of a log zeroed ahead
    replaceFile(vfs, bytes);
    for (let chunkSizeBytes = 33; chunkSizeBytes < 300; chunkSizeBytes++) {
      const reading = readBack(vfs, { chunkSizeBytes });
      await expect(reading, `chunk=${chunkSizeBytes}`).rejects.toThrow('durable point');
    }
  });

  it('does not take good frames after a bad one for a proof (log-reader/proven-damage)', async () => {
    const vfs = makeMemoryVfs();
    const unsynced = FRAMES.map((frame) => ({ ...frame, durable: 0 }));
    await writeLog(vfs, unsynced);
    const bytes = readFile(vfs);
    bytes[LOG_HEADER_SIZE_BYTES] = 0xff;
    replaceFile(vfs, bytes);
    expect(await outcomeOf(vfs)).toEqual({ frames: [], end: 'torn' });
  });

  it('proves damage of the first frame by any later durable sequence that reaches it (log-reader/proven-damage)', async () => {
    const vfs = makeMemoryVfs();
    const frames = [
      { payload: 'a', first: 501, count: 1, durable: 500 },
      { payload: 'b', first: 502, count: 1, durable: 500 },
      { payload: 'c', first: 503, count: 1, durable: 501 },
    ];
    await writeLog(vfs, frames);
    const bytes = readFile(vfs);
    bytes[offsetsOf(frames)[1]! - 1] = 0;
    replaceFile(vfs, bytes);
    await expect(readBack(vfs)).rejects.toThrow('durable point');
    await expect(readBack(vfs, { firstSequence: 501 })).rejects.toThrow('durable point');
    bytes.copyWithin(offsetsOf(frames)[2]!, offsetsOf(frames)[2]! + 1); // the proof is gone
    replaceFile(vfs, bytes);
    expect((await readBack(vfs, { firstSequence: 501 })).summary.end).toBe('torn');
    expect((await readBack(vfs)).summary.end).toBe('torn');
  });

  it('refuses a torn tail in a log that has a successor (log-reader/torn-tail)', async () => {
    const vfs = makeMemoryVfs();
    await writeLog(vfs, FRAMES, { zeroAheadBytes: 256 });
    expect((await readBack(vfs, { isLast: false })).frames).toEqual(FRAMES);
    const whole = readFile(vfs);
    for (const position of [whole.length - 1, offsetsOf(FRAMES).at(-2)! + 2, 3]) {
      const bytes = whole.slice();
      bytes[position]! ^= 0x10;
      replaceFile(vfs, bytes);
      await expect(readBack(vfs, { isLast: false })).rejects.toThrow(CorruptionError);
    }
  });

  it('refuses a gap or a repetition between whole frames (log-reader/only-a-prefix)', async () => {
    for (const first of [1, 2, 4, 9]) {
      const vfs = makeMemoryVfs();
      await writeLog(vfs, [FRAMES[0]!, { ...FRAMES[1]!, first }]);
      await expect(readBack(vfs), `first=${first}`).rejects.toThrow('out of sequence');
    }
    const vfs = makeMemoryVfs();
    await writeLog(vfs, FRAMES);
    await expect(readBack(vfs, { firstSequence: 2 })).rejects.toThrow('out of sequence');
    expect((await readBack(vfs, { firstSequence: 1 })).frames).toEqual(FRAMES);
  });

  it('refuses the log of another kind or number', async () => {
    const vfs = makeMemoryVfs();
    await writeLog(vfs, FRAMES);
    await expect(readBack(vfs, { kind: LOG_KIND_MANIFEST })).rejects.toThrow(CorruptionError);
    await expect(readBack(vfs, { number: 8 })).rejects.toThrow('another number');
  });

  it.each([
    ['a newer format', 8, 3, /newer format: .*version=3 supported=2/],
    ['a format that was never released', 8, 1, /never released, export .*version=1 supported=2/],
    ['a transform', 24, 9, /Log has an unknown transform: .*transform=9/],
  ] as const)(
    'refuses %s as incompatible, by name (frame-format/unknown-transform-refused)',
    async (_, at, value, message) => {
      const vfs = makeMemoryVfs();
      await writeLog(vfs, FRAMES);
      const bytes = readFile(vfs);
      bytes[at] = value;
      putUint32(bytes, 28, maskedCrc32(bytes, 0, 28));
      replaceFile(vfs, bytes);
      for (const read of [readBack(vfs), salvage(vfs)]) {
        const error: unknown = await read.catch((cause: unknown) => cause);
        expect(error).toBeInstanceOf(IncompatibleFormatError);
        expect(String(error)).toMatch(message);
      }
    },
  );

  it.each([25, 26, 27])(
    'takes a byte without a meaning in the header for damage: %i',
    async (at) => {
      const vfs = makeMemoryVfs();
      await writeLog(vfs, FRAMES);
      const bytes = readFile(vfs);
      bytes[at] = 1;
      putUint32(bytes, 28, maskedCrc32(bytes, 0, 28));
      replaceFile(vfs, bytes);
      await expect(readBack(vfs)).rejects.toThrow('header is damaged');
      expect(await salvage(vfs)).toMatchObject({ isHeaderSound: false, frameCount: FRAMES.length });
    },
  );

  it('refuses a frame with a transform as incompatible, after the frames before it (frame-format/unknown-transform-refused)', async () => {
    for (const [index, frame] of FRAMES.entries()) {
      const vfs = makeMemoryVfs();
      await writeLog(vfs, FRAMES);
      const bytes = readFile(vfs);
      const start = offsetsOf(FRAMES)[index]!;
      const end = start + frameBytes(frame).length;
      bytes[start + 38] = 0x21;
      replaceFile(vfs, bytes);
      const damaged = await outcomeOf(vfs);
      expect('error' in damaged || damaged.end === 'torn', `frame=${index}`).toBe(true);
      putUint32(bytes, start, maskedCrc32(bytes, start + 4, end));
      replaceFile(vfs, bytes);
      const message = `Frame has an unknown transform: file=${PATH} offset=${start} transform=33`;
      await expect(readBack(vfs)).rejects.toThrow(new IncompatibleFormatError(message));
      await expect(salvage(vfs)).rejects.toThrow(new IncompatibleFormatError(message));
    }
  });

  it.each<[string, (bytes: Uint8Array) => void]>([
    [
      'a zero end mark (frame-format/end-mark-not-zero)',
      (bytes) => bytes.fill(0, bytes.length - 1),
    ],
    [
      'a durable sequence that is not below its first (frame-format/durable-below-first)',
      (bytes) => putUint64(bytes, 24, 1),
    ],
    [
      'a payload without operations (frame-format/durable-mark)',
      (bytes) => putUint32(bytes, 12, 0),
    ],
    ['the number of another log', (bytes) => putUint32(bytes, 8, NUMBER + 1)],
    ['sequence 0', (bytes) => putUint64(bytes, 16, 0)],
    ['a sequence that is too large', (bytes) => putUint64(bytes, 16, 2 ** 52 - 1)],
    ['a byte that has no meaning', (bytes) => (bytes[39] = 2)],
    ['a length beyond the file', (bytes) => putUint32(bytes, 4, bytes.length + 1)],
  ])('does not take a frame with %s for one, though its checksum fits', async (_, damage) => {
    const vfs = makeMemoryVfs();
    const frame = frameBytes(FRAMES[0]!).slice();
    damage(frame);
    putUint32(frame, 0, maskedCrc32(frame, 4, frame.length));
    await writeLog(vfs, []);
    replaceFile(vfs, Buffer.concat([readFile(vfs), frame]));
    expect(await outcomeOf(vfs)).toEqual({ frames: [], end: 'torn' });
  });

  it('ignores frames of another log that lie after its own', async () => {
    const vfs = makeMemoryVfs();
    await writeLog(vfs, FRAMES);
    const stale = { payload: 'stale', first: 7, count: 1, durable: 6 };
    replaceFile(vfs, Buffer.concat([readFile(vfs), frameBytes(stale, NUMBER + 1)]));
    expect(await outcomeOf(vfs)).toEqual({ frames: FRAMES, end: 'torn' });
  });

  it('takes an unfinished header for an empty log, unless something refers to the log', async () => {
    const vfs = makeMemoryVfs();
    for (const bytes of [new Uint8Array(0), new Uint8Array(40), new Uint8Array(99).fill(7)]) {
      replaceFile(vfs, bytes);
      const { summary } = await readBack(vfs);
      expect(summary).toMatchObject({ validEnd: 0, end: 'torn', tornAt: 0, frameCount: 0 });
      const demanding = readBack(vfs, { isHeaderDurable: true });
      await expect(demanding).rejects.toThrow('header is damaged');
    }
  });

  it('delivers a prefix or refuses, whatever garbage follows or replaces the frames', async () => {
    for (let seed = 1; seed <= 3000; seed++) {
      const random = makeRandom(seed);
      const vfs = makeMemoryVfs();
      const frames = randomFrames(random, 1 + random.below(4));
      await writeLog(vfs, frames);
      const whole = readFile(vfs);
      const kept = random.below(whole.length + 1);
      const garbage = random.bytes(random.below(300));
      if (random.chance(0.5)) {
        // Frame-like: a copy of what is there, a few bytes off.
        garbage.set(whole.subarray(LOG_HEADER_SIZE_BYTES).subarray(0, garbage.length));
        if (garbage.length > 0) garbage[random.below(garbage.length)] = random.below(256);
      }
      replaceFile(vfs, Buffer.concat([whole.subarray(0, kept), garbage]));
      const outcome = await outcomeOf(vfs);
      if ('error' in outcome) continue;
      const expected = frames.slice(0, outcome.frames.length);
      expect(outcome.frames, `seed=${seed}`).toEqual(expected);
    }
  });
});

describe('LogWriter', () => {
  it('zeroes nothing ahead of frames that need no sync, and goes on with it before a sync', async () => {
    const vfs = makeMemoryVfs();
    const writer = await writeLog(vfs, [], { zeroAheadBytes: 4096 });
    let first = 1;
    const append = (isSyncNext: boolean): void => {
      const payload = 'x'.repeat(3000);
      const bytes = frameBytes({ payload, first: first++, count: 1, durable: 0 });
      writer.append(bytes, bytes.length, isSyncNext);
    };
    while (writer.position < 10_000) append(false);
    expect(readFile(vfs).length).toBe(writer.position);
    append(true);
    expect(readFile(vfs).length).toBe(16_384);
    expect((await readBack(vfs)).frames.length).toBe(first - 1);
  });

  it('zeroes ahead in steps and never over a frame (log-writer/written-once)', async () => {
    const vfs = makeMemoryVfs();
    const writer = await writeLog(vfs, [], { zeroAheadBytes: 4096 });
    expect(writer.sizeBytes).toBe(4096);
    const frames: TestFrame[] = [];
    for (let i = 0; i < 60; i++) {
      const payload = 'x'.repeat(1 + ((i * 997) % 3000));
      const frame = { payload, first: i + 1, count: 1, durable: 0 };
      appendFrame(writer, frame);
      frames.push(frame);
      expect(readFile(vfs).length).toBe(writer.sizeBytes);
      expect(writer.sizeBytes % 4096).toBe(0);
      expect(writer.sizeBytes).toBeGreaterThan(writer.position);
    }
    expect((await readBack(vfs)).frames).toEqual(frames);
    await writer.finish();
    expect(readFile(vfs).length).toBe(writer.position);
    expect(() => appendFrame(writer, FRAMES[0]!)).toThrow('finished');
    writer.close();
    expect((await readBack(vfs, { isLast: false })).frames).toEqual(frames);
  });

  it.each(['fail', 'torn', 'after'] as const)(
    'stays usable after a failed append, with nothing of the frame left (log-writer/no-gap) effect=%s',
    async (effect) => {
      const vfs = new FaultVfs(makeMemoryVfs());
      const writer = await writeLog(vfs, FRAMES.slice(0, 2), { zeroAheadBytes: 4096 });
      const position = writer.position;
      vfs.inject({ kinds: ['write'], effect, code: 'ENOSPC', nth: 1 });
      expect(() => appendFrame(writer, FRAMES[3]!)).toThrow(IoError);
      expect(writer.position).toBe(position);
      expect(writer.isBroken).toBe(false);
      const { frames, summary } = await readBack(vfs);
      expect(frames).toEqual(FRAMES.slice(0, 2));
      expect(summary.end).toBe('clean');
      appendFrame(writer, FRAMES[2]!);
      appendFrame(writer, FRAMES[3]!);
      expect((await readBack(vfs)).frames).toEqual(FRAMES);
    },
  );

  it('loops over short writes', async () => {
    const vfs = new FaultVfs(makeMemoryVfs());
    vfs.inject({ kinds: ['write'], effect: 'short', sticky: true });
    await writeLog(vfs, FRAMES, { zeroAheadBytes: 64 });
    expect((await readBack(vfs)).frames).toEqual(FRAMES);
  });

  it('refuses appends after a frame that could not be taken back (log-writer/no-gap)', async () => {
    const vfs = new FaultVfs(makeMemoryVfs());
    const writer = await writeLog(vfs, FRAMES.slice(0, 2));
    vfs.inject({ kinds: ['write'], effect: 'torn' });
    vfs.inject({ kinds: ['truncate'] });
    expect(() => appendFrame(writer, FRAMES[2]!)).toThrow(IoError);
    expect(writer.isBroken).toBe(true);
    expect(() => appendFrame(writer, FRAMES[2]!)).toThrow('no longer');
    const { frames, summary } = await readBack(vfs);
    expect(frames).toEqual(FRAMES.slice(0, 2));
    expect(summary.end).toBe('torn');
  });

  it.each(['async', 'sync'])(
    'is broken by a failed sync (log-writer/failed-sync-breaks) form=%s',
    async (form) => {
      const vfs = new FaultVfs(makeMemoryVfs());
      const writer = await writeLog(vfs, FRAMES.slice(0, 2));
      vfs.inject({ kinds: ['sync'] });
      if (form === 'sync') expect(() => writer.syncSync()).toThrow(IoError);
      else await expect(writer.sync()).rejects.toThrow(IoError);
      expect(() => appendFrame(writer, FRAMES[2]!)).toThrow('no longer');
    },
  );

  describe('whose frames are not synced', () => {
    /** Appends until a sync is begun behind: 9 frames of a MiB. */
    function appendMuch(writer: LogWriter): void {
      for (let first = 1; first <= 9; first++) {
        const payload = 'x'.repeat(1024 * 1024);
        const bytes = frameBytes({ payload, first, count: 1, durable: 0 });
        writer.append(bytes, bytes.length, false);
      }
    }

    it('is synced in the background, by one sync at a time (log-writer/synced-behind)', async () => {
      const gates = new GateVfs(makeMemoryVfs());
      const writer = await writeLog(gates, []);
      const open = gates.shut('sync');
      appendMuch(writer);
      appendMuch(writer);
      expect([gates.waiterCount, writer.isSyncingBehind]).toEqual([1, true]);
      expect(() => writer.syncSync()).toThrow('log-writer/failed-sync-breaks');
      open();
      await writer.sync();
      expect(writer.isSyncingBehind).toBe(false);
      writer.syncSync();
    });

    it('is not synced in the background while another sync is under way (log-writer/synced-behind)', async () => {
      const gates = new GateVfs(makeMemoryVfs());
      const writer = await writeLog(gates, []);
      const open = gates.shut('sync');
      const synced = writer.sync();
      appendMuch(writer);
      expect([gates.waiterCount, writer.isSyncingBehind]).toEqual([1, false]);
      open();
      await synced;
      appendMuch(writer);
      expect(writer.isSyncingBehind).toBe(true);
    });

    it('fails a sync that begins while a failing background sync is under way (log-writer/failed-sync-breaks)', async () => {
      const faults = new FaultVfs(makeMemoryVfs());
      const gates = new GateVfs(faults);
      const writer = await writeLog(gates, []);
      const open = gates.shut('sync', /./, 1);
      appendMuch(writer);
      const synced = writer.sync(); // overtakes the one behind, and succeeds
      faults.inject({ kinds: ['sync'], nth: 2 });
      open();
      await expect(synced).rejects.toThrow(IoError);
      expect(() => appendFrame(writer, FRAMES[0]!)).toThrow('no longer');
      await expect(writer.finish()).rejects.toThrow(IoError);
    });

    it('is broken when the background sync fails (log-writer/failed-sync-breaks)', async () => {
      const faults = new FaultVfs(makeMemoryVfs());
      const writer = await writeLog(faults, []);
      faults.inject({ kinds: ['sync'], nth: 1 });
      appendMuch(writer);
      await turns(2);
      expect(() => appendFrame(writer, FRAMES[0]!)).toThrow('no longer');
      await expect(writer.sync()).rejects.toThrow(IoError);
    });
  });

  it('is torn by any one byte among the zeros, the first, the last or between (log-reader/clean-end, frame-format/length-not-zero)', async () => {
    for (const chunkSizeBytes of [undefined, 64]) {
      const vfs = makeMemoryVfs();
      const writer = await writeLog(vfs, FRAMES, { zeroAheadBytes: 512 });
      const zeros = { start: writer.position, end: writer.sizeBytes };
      const read = (): ReturnType<typeof readLog> =>
        readLog(vfs, PATH, LOG_KIND_WAL, NUMBER, () => undefined, {
          isLast: true,
          ...(chunkSizeBytes === undefined ? {} : { chunkSizeBytes }),
        });
      expect((await read()).end).toBe('clean');
      const file = vfs.open(PATH, 'modify');
      for (const at of [zeros.start, zeros.start + 1, zeros.end - 2, zeros.end - 1]) {
        file.writeSync(Uint8Array.of(1), 0, 1, at);
        expect(await read(), `at=${at}`).toMatchObject({ end: 'torn', validEnd: zeros.start });
        file.writeSync(Uint8Array.of(0), 0, 1, at);
      }
      file.closeSync();
    }
  });

  it('does without zeros when there is no space for them (log-writer/zeros-may-fail)', async () => {
    const vfs = new FaultVfs(makeMemoryVfs());
    vfs.inject({ kinds: ['write'], effect: 'torn', code: 'ENOSPC', nth: 2 }); // 1 is the header
    const writer = await writeLog(vfs, FRAMES.slice(0, 1), { zeroAheadBytes: 4096 });
    expect(vfs.firedCount).toBe(1);
    expect(writer.sizeBytes).toBe(4096); // zeroed at the first frame, once there was space again
    for (const frame of FRAMES.slice(1)) appendFrame(writer, frame);
    expect((await readBack(vfs)).frames).toEqual(FRAMES);
  });

  it('has a durable header before its first frame (log-writer/header-first)', async () => {
    const vfs = new CrashVfs();
    vfs.makeDirectory('/db');
    await LogWriter.create(vfs, PATH, LOG_KIND_WAL, NUMBER, { zeroAheadBytes: 512 });
    const crashed = vfs.crash({ seed: 1, mode: 'synced-only', entries: 'everything' });
    expect((await readBack(crashed, { isHeaderDurable: true })).summary.end).toBe('clean');
    expect(decodeLogHeader(readFile(crashed))).toMatchObject({ number: NUMBER });
  });

  it('leaves no file behind when it cannot be created', async () => {
    const vfs = new FaultVfs(makeMemoryVfs());
    vfs.inject({ kinds: ['sync'] });
    await expect(writeLog(vfs, [])).rejects.toThrow(IoError);
    expect(vfs.exists(PATH)).toBe(false);
    await writeLog(vfs, []);
    await expect(writeLog(vfs, [])).rejects.toMatchObject({ systemCode: 'EEXIST' });
  });
});

describe('a log after a power cut', () => {
  /** Appends and syncs at random; returns the frames and the last sequence that a returned sync covered. */
  async function runWriter(
    vfs: CrashVfs,
    random: Random,
  ): Promise<{ frames: TestFrame[]; durable: number }> {
    const zeroAheadBytes = random.pick([0, 512, 4096]);
    const writer = await writeLog(vfs, [], { zeroAheadBytes });
    const frames: TestFrame[] = [];
    let first = 1;
    let durable = 0;
    for (let step = 3 + random.below(12); step > 0; step--) {
      if (random.chance(0.25)) {
        const synced = first - 1;
        await writer.sync();
        durable = synced;
      } else {
        const count = random.chance(0.1) ? 0 : 1 + random.below(5);
        const payload = count === 0 ? '' : String(first).repeat(1 + random.below(300));
        const frame = { payload, first, count, durable };
        appendFrame(writer, frame);
        frames.push(frame);
        first += count;
      }
    }
    return { frames, durable };
  }

  it.each(CRASH_MODES)(
    'holds every synced frame and a prefix of the others, and opens (log-reader/only-a-prefix, log-reader/proven-damage) mode=%s',
    async (mode) => {
      for (let seed = 1; seed <= 300; seed++) {
        const random = makeRandom(seed);
        const vfs = new CrashVfs();
        vfs.makeDirectory('/db');
        vfs.syncDirectorySync('/');
        const { frames, durable } = await runWriter(vfs, random);
        const crashed = vfs.crash({ seed, mode, entries: 'everything' });
        const options = random.chance(0.5) ? { firstSequence: 1, isHeaderDurable: true } : {};
        const read = await readBack(crashed, options);
        expect(read.frames, `seed=${seed}`).toEqual(frames.slice(0, read.frames.length));
        expect(read.summary.lastSequence, `seed=${seed}`).toBeGreaterThanOrEqual(durable);
      }
    },
  );

  it('leaves the creation of a log without frames, or with none', async () => {
    for (let stopAt = 0; stopAt < 8; stopAt++) {
      for (const mode of CRASH_MODES) {
        const vfs = new CrashVfs();
        vfs.makeDirectory('/db');
        vfs.syncDirectorySync('/');
        vfs.stopAt = vfs.operationCount + stopAt;
        await LogWriter.create(vfs, PATH, LOG_KIND_WAL, NUMBER, { zeroAheadBytes: 512 }).catch(
          (error: unknown) => expect(error).toBeInstanceOf(IoError),
        );
        const crashed = vfs.crash({ seed: stopAt, mode, entries: 'everything' });
        if (!crashed.exists(PATH)) continue;
        const { summary } = await readBack(crashed);
        expect(summary.frameCount).toBe(0);
      }
    }
  });
});

it('a window over a long log holds one chunk or one frame (log-window/bounded-memory)', async () => {
  const vfs = makeMemoryVfs();
  const frames = Array.from({ length: 200 }, (_, i): TestFrame => {
    const payload = 'x'.repeat(i === 100 ? 3000 : 300);
    return { payload, first: i + 1, count: 1, durable: i };
  });
  await writeLog(vfs, frames, { zeroAheadBytes: 65_536 });
  const largest = Math.max(...frames.map((frame) => frameBytes(frame).length));
  const file = vfs.open(PATH, 'read');
  const window = new LogWindow(file, NUMBER, { chunkSizeBytes: 1024 });
  let offset = LOG_HEADER_SIZE_BYTES;
  let frameCount = 0;
  while (await window.loadFrame(offset)) {
    expect(window.bytes.length).toBeLessThanOrEqual(largest);
    offset += window.header.length;
    frameCount++;
  }
  expect(frameCount).toBe(frames.length);
  expect(await window.isZeroFrom(offset)).toBe(true);
  expect(window.bytes.length).toBeLessThanOrEqual(largest);
  file.closeSync();
});

it('a durable mark is the smallest frame', () => {
  expect(frameBytes(FRAMES[2]!).length).toBe(FRAME_SIZE_BYTES_MIN);
});
