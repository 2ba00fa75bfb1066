/**
 * Verification of logs while a flush removes some of them.
 */
import { beforeEach, expect, it } from 'vitest';
import { fileNumber } from '../../../src/base/ids.ts';
import { VALUE } from '../../../src/base/value-type.ts';
import { type LogToVerify, verifyLogs } from '../../../src/engine/check/verify-logs.ts';
import { ProblemList } from '../../../src/version/verify-report.ts';
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

/** A log of one commit with each of these sequences. */
async function writeLog(number: number, ...sequences: number[]): Promise<LogToVerify> {
  const path = `/db/${number}`;
  const log = await LogWriter.create(vfs, path, LOG_KIND_WAL, number, { zeroAheadBytes: 0 });
  const frame = new FrameBuilder();
  for (const firstSequence of sequences) {
    frame.reset();
    frame.append(batchOf([[VALUE, KEY, KEY]]));
    const durableSequence = firstSequence - 1;
    const stamp = { fileNumber: number, firstSequence, durableSequence, wallMs: firstSequence };
    log.append(frame.bytes, frame.seal(stamp));
  }
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

it('tells of a hole after a damaged log exactly when one is there (log-chain/no-hole)', async () => {
  const damaged = await writeLog(1, 11, 12, 13);
  const file = vfs.open(damaged.path, 'modify');
  file.writeSync(Uint8Array.of(0xff, 0xff), 0, 2, file.sizeSync() >>> 1);
  file.closeSync();
  const damage: unknown = expect.stringContaining('Log is damaged');
  expect(await problemsOf([damaged, await writeLog(2, 14)], false)).toMatchObject([damage]);
  expect(await problemsOf([damaged, await writeLog(3, 15)], false)).toMatchObject([
    damage,
    expect.stringContaining('found=15 expected=14'),
  ]);
});
