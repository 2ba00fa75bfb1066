/**
 * The chain of logs: which logs follow one another, which torn tail is none, and what is refused.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { CorruptionError, IoError } from '../../src/base/errors.ts';
import { type ChainLog, LogChain, type LogChainOptions } from '../../src/log/log-chain.ts';
import { LOG_KIND_WAL } from '../../src/log/frame-format.ts';
import { LogWriter } from '../../src/log/log-writer.ts';
import type { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { frameBytes, makeMemoryVfs, readFile, replaceFile } from './log-fixture.ts';

const FLUSHED = 10;
let vfs: MemoryVfs;

beforeEach(() => {
  vfs = makeMemoryVfs();
});

/** A log with one frame of one operation for each sequence. */
async function makeLog(number: number, sequences: readonly number[]): Promise<ChainLog> {
  const path = `/db/${number}.log`;
  const log = await LogWriter.create(vfs, path, LOG_KIND_WAL, number, { zeroAheadBytes: 0 });
  for (const first of sequences) {
    const bytes = frameBytes({ payload: 'x', first, count: 1, durable: first - 1 }, number);
    log.append(bytes, bytes.length);
  }
  await log.finish();
  log.close();
  return { number, path };
}

/** Cuts the last bytes of a log. */
function tear({ path }: ChainLog, byteCount: number): void {
  const bytes = readFile(vfs, path);
  replaceFile(vfs, bytes.slice(0, bytes.length - byteCount), path);
}

/** The sequences that a reader of all logs sees, and how far the chain got. */
async function readAll(
  logs: readonly ChainLog[],
  options: Partial<LogChainOptions> = {},
): Promise<[sequences: number[], reached: number]> {
  const defaults = { flushedSequence: FLUSHED, isTornAllowed: true };
  const chain = await LogChain.of(vfs, logs, { ...defaults, ...options });
  const sequences: number[] = [];
  for (const log of chain.logs) {
    await chain.read(log, ({ firstSequence }) => void sequences.push(firstSequence));
  }
  return [sequences, chain.reached];
}

describe('a chain of logs', () => {
  it('is read from log to log, past logs without a frame (log-chain/contiguous)', async () => {
    const logs = [await makeLog(1, [9, 10, 11]), await makeLog(2, []), await makeLog(3, [12, 13])];
    expect(await readAll(logs)).toEqual([[9, 10, 11, 12, 13], 13]);
    expect(await readAll([])).toEqual([[], FLUSHED]);
    expect(await readAll([logs[1]!])).toEqual([[], FLUSHED]);
  });

  it.each<[string, number[], number[]]>([
    ['that repeats a sequence', [11, 12], [12, 13]],
    ['that leaves one out', [11, 12], [14]],
  ])('refuses a log %s (log-chain/contiguous)', async (_, older, newer) => {
    const read = readAll([await makeLog(1, older), await makeLog(2, newer)]);
    await expect(read).rejects.toThrow(CorruptionError);
    await expect(read).rejects.toThrow('out of sequence: first=');
  });

  it('refuses a first frame that lies further on than the tables reach (log-chain/no-hole)', async () => {
    const read = readAll([await makeLog(1, []), await makeLog(2, [12])]);
    await expect(read).rejects.toThrow('found=12 expected=11: file=/db/2.log offset=');
    expect(await readAll([await makeLog(3, [12])], { flushedSequence: 11 })).toEqual([[12], 12]);
  });

  it('takes a torn tail of the last log with frames, and of no other (log-chain/one-torn-tail)', async () => {
    const older = await makeLog(1, [11]);
    const torn = await makeLog(2, [12, 13]);
    tear(torn, 3);
    const empty = await makeLog(3, []);
    expect(await readAll([older, torn, empty])).toEqual([[11, 12], 12]);
    await expect(readAll([older, torn, empty], { isTornAllowed: false })).rejects.toThrow(
      'Log ends in no frame: file=/db/2.log offset=',
    );
    const successor = await makeLog(4, [13]);
    await expect(readAll([older, torn, successor])).rejects.toThrow('has a successor');
    replaceFile(vfs, readFile(vfs, successor.path).fill(0xff, 0, 32), successor.path);
    await expect(readAll([older, torn, successor])).rejects.toThrow('has a successor'); // it may have had frames
  });

  it('goes on after damage and after a log that cannot be read, as it is told', async () => {
    const damaged = await makeLog(1, [11, 12, 13]);
    const bytes = readFile(vfs, damaged.path);
    bytes[bytes.length - 60]! ^= 1;
    replaceFile(vfs, bytes, damaged.path);
    const missing: ChainLog = { number: 2, path: '/db/2.log' };
    const next = await makeLog(3, [14]);
    const logs = [damaged, missing, next];
    const options = { flushedSequence: FLUSHED, isTornAllowed: false, isUnreadableSkipped: true };
    const ignore = (): void => undefined;

    const chain = await LogChain.of(vfs, logs, options);
    await expect(chain.read(damaged, ignore)).rejects.toThrow(CorruptionError);
    chain.goOnAfter(13);
    await expect(chain.read(missing, ignore)).rejects.toThrow(IoError);
    await chain.read(next, ignore);
    expect(chain.reached).toBe(14);

    const forgetful = await LogChain.of(vfs, [missing, next], options);
    await expect(forgetful.read(missing, ignore)).rejects.toThrow(IoError);
    forgetful.forget();
    await forgetful.read(next, ignore);
    expect(forgetful.reached).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('does not take a log that cannot be read for one without frames, unless it is told to', async () => {
    const torn = await makeLog(1, [11, 12]);
    tear(torn, 3);
    const missing: ChainLog = { number: 2, path: '/db/2.log' };
    await expect(readAll([torn, missing])).rejects.toThrow(IoError);
  });
});
