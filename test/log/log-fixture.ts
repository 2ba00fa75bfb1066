/**
 * Logs for tests.
 *
 * Owns: the frames that a test means, written through FrameBuilder and LogWriter, and read back as plain data.
 *
 * Suspension: whatever touches a file suspends.
 */
import { FrameBuilder } from '../../src/log/frame-builder.ts';
import { LOG_KIND_WAL, type LogKind } from '../../src/log/frame-format.ts';
import { readLog, type LogSummary, type ReadLogOptions } from '../../src/log/log-reader.ts';
import { LogWriter } from '../../src/log/log-writer.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { readFully, writeFully, type Vfs } from '../../src/vfs/vfs.ts';

export const PATH = '/db/000007.log';
export const NUMBER = 7;

/** A frame as a test means it: the payload stands for `count` operations; an empty one is a durable mark. */
export interface TestFrame {
  readonly payload: string;
  readonly first: number;
  readonly count: number;
  readonly durable: number;
  /** Default: WALL_MS. */
  readonly wallMs?: number;
}

/** Some day in 2023. */
export const WALL_MS = 1_700_000_000_000;

export function makeMemoryVfs(): MemoryVfs {
  const vfs = new MemoryVfs();
  vfs.makeDirectory('/db');
  return vfs;
}

const builder = new FrameBuilder();

/** The frame's bytes: a view that the next call replaces. */
export function frameBytes(frame: TestFrame, number = NUMBER): Uint8Array {
  builder.reset();
  if (frame.count > 0) builder.payload(Buffer.from(frame.payload, 'latin1'), frame.count);
  const length = builder.seal({
    fileNumber: number,
    firstSequence: frame.first,
    durableSequence: frame.durable,
    wallMs: frame.wallMs ?? WALL_MS,
  });
  return builder.bytes.subarray(0, length);
}

export function appendFrame(writer: LogWriter, frame: TestFrame): void {
  const bytes = frameBytes(frame, writer.number);
  writer.append(bytes, bytes.length);
}

export async function writeLog(
  vfs: Vfs,
  frames: readonly TestFrame[],
  options: { kind?: LogKind; zeroAheadBytes?: number } = {},
): Promise<LogWriter> {
  const { kind = LOG_KIND_WAL, zeroAheadBytes = 0 } = options;
  const writer = await LogWriter.create(vfs, PATH, kind, NUMBER, { zeroAheadBytes });
  for (const frame of frames) appendFrame(writer, frame);
  await writer.sync();
  return writer;
}

export interface ReadResult {
  readonly frames: TestFrame[];
  readonly summary: LogSummary;
}

export async function readBack(
  vfs: Vfs,
  options?: ReadLogOptions & { kind?: LogKind; number?: number },
): Promise<ReadResult> {
  const frames: TestFrame[] = [];
  const summary = await readLog(
    vfs,
    PATH,
    options?.kind ?? LOG_KIND_WAL,
    options?.number ?? NUMBER,
    (frame) => {
      frames.push({
        payload: Buffer.from(frame.payload).toString('latin1'),
        first: frame.firstSequence,
        count: frame.operationCount,
        durable: frame.durableSequence,
        ...(frame.wallMs === WALL_MS ? {} : { wallMs: frame.wallMs }),
      });
    },
    options,
  );
  return { frames, summary };
}

export function readFile(vfs: Vfs, path = PATH): Uint8Array {
  const file = vfs.open(path, 'read');
  const bytes = new Uint8Array(file.sizeSync());
  readFully(file, bytes, 0, bytes.length, 0);
  file.closeSync();
  return bytes;
}

export function replaceFile(vfs: Vfs, bytes: Uint8Array, path = PATH): void {
  if (vfs.exists(path)) vfs.unlink(path);
  const file = vfs.open(path, 'create');
  writeFully(file, bytes, 0, bytes.length, 0);
  file.closeSync();
}
