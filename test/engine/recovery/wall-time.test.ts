/** The wall time of frames: in commit order it never goes back, across logs, flushes and opens. */
import { dirname } from 'node:path';

import { expect, it } from 'vitest';

import { fileNumber } from '../../../src/base/ids.ts';
import { LOG_KIND_MANIFEST, LOG_KIND_WAL } from '../../../src/log/frame-format.ts';
import { readLog } from '../../../src/log/log-reader.ts';
import { readCurrent } from '../../../src/version/manifest.ts';
import { fileName, parseFileName } from '../../../src/vfs/filenames.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import {
  bytesOf,
  filesOf,
  openText,
  SOURCE,
  type TextDatabase,
} from '../../support/text-database.ts';

const HOUR_MS = 3_600_000;

class Times {
  readonly vfs: MemoryVfs;
  readonly clock = new ManualClock();

  constructor(vfs = new MemoryVfs()) {
    this.vfs = vfs;
  }

  /** The files as they are now, as a killed process would leave them. */
  killed(): Times {
    const vfs = new MemoryVfs();
    vfs.makeDirectory(dirname(SOURCE));
    vfs.makeDirectory(SOURCE);
    for (const name of this.vfs.list(SOURCE).filter((each) => !each.startsWith('LOCK'))) {
      const bytes = bytesOf(this.vfs, `${SOURCE}/${name}`);
      const file = vfs.open(`${SOURCE}/${name}`, 'create');
      if (bytes.length > 0) file.writeSync(bytes, 0, bytes.length, 0);
      file.closeSync();
    }
    return new Times(vfs);
  }

  open(clock: ManualClock = this.clock): Promise<TextDatabase> {
    return openText(this.vfs, SOURCE, { environment: { clock } });
  }

  /** The wall times of all frames with a commit, in commit order. */
  async ofCommits(): Promise<number[]> {
    const times: number[] = [];
    for (const path of filesOf(this.vfs, SOURCE, 'log')) {
      const number = parseFileName(path.slice(SOURCE.length + 1))?.number ?? 0;
      await readLog(this.vfs, path, LOG_KIND_WAL, number, (frame) => {
        if (frame.operationCount > 0) times.push(frame.wallMs);
      });
    }
    return times;
  }

  async ofEdits(): Promise<number[]> {
    const number = readCurrent(this.vfs, SOURCE);
    const times: number[] = [];
    const path = `${SOURCE}/${fileName('manifest', fileNumber(number))}`;
    await readLog(this.vfs, path, LOG_KIND_MANIFEST, number, ({ wallMs }) => {
      times.push(wallMs);
    });
    return times;
  }
}

it('is that of the injected clock when the frame was written', async () => {
  const times = new Times();
  const startMs = times.clock.wallMs();
  const db = await times.open();
  await db.put('a', '1');
  times.clock.advance(5);
  await db.put('b', '2');
  expect(await times.ofCommits()).toEqual([startMs, startMs + 5]);
  expect(await times.ofEdits()).toContain(startMs);
  await db.close();
});

it('stays where it is while the clock is behind, and goes on once it has caught up (frame-clock/never-back)', async () => {
  const times = new Times();
  const startMs = times.clock.wallMs();
  const db = await times.open();
  await db.put('a', '1');
  times.clock.wallErrorMs = -HOUR_MS;
  await db.put('b', '2');
  times.clock.advance(HOUR_MS + 1);
  await db.put('c', '3');
  expect(await times.ofCommits()).toEqual([startMs, startMs, startMs + 1]);
  await db.close();
});

it('goes on from the logs after a process was killed (frame-clock/never-back)', async () => {
  const times = new Times();
  const startMs = times.clock.wallMs();
  const db = await times.open();
  await db.put('a', '1');
  times.clock.wallErrorMs = HOUR_MS;
  await db.put('b', '2');
  const after = times.killed();
  expect(Math.max(...(await after.ofEdits()))).toBe(startMs); // the logs alone know the last time
  await db.close();
  const again = await after.open();
  await again.put('c', '3');
  expect(await after.ofCommits()).toEqual([startMs, startMs + HOUR_MS, startMs + HOUR_MS]);
  await again.close();
});

it('goes on from the manifest where the logs of the last commits are gone (frame-clock/never-back)', async () => {
  const times = new Times();
  const startMs = times.clock.wallMs();
  let db = await times.open();
  times.clock.wallErrorMs = HOUR_MS;
  await db.put('a', '1');
  times.clock.wallErrorMs = 0;
  await db.compact();
  await db.close();
  expect(await times.ofCommits()).toEqual([]);
  for (let i = 0; i < 2; i++) {
    db = await times.open(new ManualClock());
    await db.put('c', '3');
    await db.compact();
    await db.close();
    expect(Math.min(...(await times.ofEdits()))).toBe(startMs + HOUR_MS);
  }
});

it('goes on in a copy (frame-clock/never-back)', async () => {
  const times = new Times();
  times.clock.wallErrorMs = HOUR_MS;
  const latestMs = times.clock.wallMs();
  let db = await times.open();
  await db.put('a', '1');
  await db.compact();
  await db.checkpoint('/data/copy');
  await db.close();
  const environment = { clock: new ManualClock() };
  db = await openText(times.vfs, '/data/copy', { environment });
  await db.put('b', '2');
  const seen: number[] = [];
  for (const path of filesOf(times.vfs, '/data/copy', 'log')) {
    const number = parseFileName(path.slice('/data/copy/'.length))?.number ?? 0;
    await readLog(times.vfs, path, LOG_KIND_WAL, number, ({ wallMs }) => void seen.push(wallMs));
  }
  expect(new Set(seen)).toEqual(new Set([latestMs]));
  await db.close();
});
