/**
 * Verification of logs while a flush removes some of them.
 */
import { beforeEach, expect, it } from 'vitest';
import { fileNumber } from '../../../src/base/ids.ts';
import { VALUE } from '../../../src/base/value-type.ts';
import { type LogToVerify, verifyLogs } from '../../../src/engine/check/verify-logs.ts';
import { ProblemList } from '../../../src/engine/check/verify-report.ts';
import { batchOf } from '../../support/operations.ts';
import { FrameBuilder } from '../../../src/log/frame-builder.ts';
import { LOG_KIND_WAL } from '../../../src/log/frame-format.ts';
import { LogWriter } from '../../../src/log/log-writer.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';

const KEY = Buffer.from('key');
let vfs: MemoryVfs;

beforeEach(() => {
  vfs = new MemoryVfs();
  vfs.makeDirectory('/db');
});

/** A log of one commit with this sequence. */
async function writeLog(number: number, sequence: number): Promise<LogToVerify> {
  const path = `/db/${number}`;
  const log = await LogWriter.create(vfs, path, LOG_KIND_WAL, number, { zeroAheadBytes: 0 });
  const frame = new FrameBuilder();
  frame.append(batchOf([[VALUE, KEY, KEY]]));
  const stamp = { fileNumber: number, firstSequence: sequence, durableSequence: sequence - 1 };
  log.append(frame.bytes, frame.seal(stamp));
  await log.finish();
  log.close();
  return { number: fileNumber(number), path, sizeBytes: undefined };
}

async function problemsOf(logs: readonly LogToVerify[], isGone: boolean): Promise<string[]> {
  const list = new ProblemList();
  const expectations = { flushedSequence: 10, isTornAllowed: false, isGone: () => isGone };
  await verifyLogs(vfs, logs, expectations, list, () => undefined);
  return list.problems.map(({ message }) => message);
}

it('takes no log that was flushed and removed meanwhile for a hole', async () => {
  const removed = await writeLog(1, 11);
  const next = await writeLog(2, 12);
  expect(await problemsOf([removed, next], false)).toEqual([]);
  vfs.unlink(removed.path);
  expect(await problemsOf([removed, next], true)).toEqual([]);
  expect(await problemsOf([removed, next], false)).toMatchObject([
    expect.stringContaining('Log is missing'),
    expect.stringContaining('hole'),
  ]);
});

it('takes what follows a log that went meanwhile as it is, whatever was read before it', async () => {
  const first = await writeLog(1, 11);
  const removed = await writeLog(2, 12);
  const next = await writeLog(3, 13);
  vfs.unlink(removed.path);
  expect(await problemsOf([first, removed, next], true)).toEqual([]);
});
