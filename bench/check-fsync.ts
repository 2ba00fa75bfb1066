/**
 * Checks that what is called durable is: `node scripts/run-ts.mjs bench/check-fsync.ts`.
 *
 * Owns: the evidence. Each engine puts PUT_COUNT entries, one caller, each awaited, under `strace -f -c`, which counts
 * system calls of all threads. Durable means at least one fsync, fdatasync, msync or sync_file_range for every put;
 * 'os' must have far fewer. Synchronous writes through O_SYNC or O_DSYNC descriptors would not be counted: an engine
 * that relied on them alone fails here, and has to be looked at by hand.
 *
 * Ends with status 1 when an engine does not sync as often as it should, and with 2 when strace is missing.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { formatTable } from '../src/programs/figures.ts';
import { ENGINES, mustEngine } from './adapters/engines.ts';
import type { StoreDurability } from './adapters/store.ts';
import { inScratch } from './harness/scratch.ts';

const PUT_COUNT = 200;
const SYNC_CALLS = 'fsync,fdatasync,msync,sync_file_range';
const MIB = 1024 * 1024;
/** Opening and closing sync a little too. */
const OS_SYNC_COUNT_MAX = PUT_COUNT / 4;

async function putAll(name: string, durability: StoreDurability, directory: string): Promise<void> {
  const store = await mustEngine(name).open({
    directory,
    durability,
    clientCount: 1,
    cacheSizeBytes: 8 * MIB,
    writeBufferSizeBytes: 8 * MIB,
  });
  for (let i = 0; i < PUT_COUNT; i++) await store.put(`key${i}`, new Uint8Array(100));
  await store.close();
}

/** Calls that sync, by the summary of strace; undefined when the process failed. */
function countSyncs(name: string, durability: StoreDurability, root: string): number | undefined {
  const summary = join(root, `${name}-${durability}.txt`);
  const program = [process.execPath, process.argv[1] ?? ''];
  const task = ['--put', name, durability, join(root, `${name}-${durability}`)];
  const options = ['-f', '-c', '-e', `trace=${SYNC_CALLS}`, '-o', summary];
  const run = spawnSync('strace', [...options, ...program, ...task], { encoding: 'utf8' });
  if (run.status !== 0) {
    console.log(`${name}, ${durability}: failed: ${run.stderr.trim().split('\n')[0]}`);
    return undefined;
  }
  let count = 0;
  for (const line of readFileSync(summary, 'utf8').split('\n')) {
    // % time, seconds, usecs/call, calls, errors when there were any, name
    const fields = line.trim().split(/\s+/);
    if (SYNC_CALLS.split(',').includes(fields.at(-1) ?? '')) count += Number(fields[3]);
  }
  return count;
}

function checkAll(root: string): void {
  const rows: string[][] = [];
  for (const { name } of ENGINES) {
    const durable = countSyncs(name, 'sync', root);
    const os = countSyncs(name, 'os', root);
    const isRight =
      durable !== undefined && os !== undefined && durable >= PUT_COUNT && os <= OS_SYNC_COUNT_MAX;
    if (!isRight) process.exitCode = 1;
    const verdict = isRight ? 'as it says' : 'NOT AS IT SAYS';
    rows.push([name, String(durable ?? '-'), String(os ?? '-'), verdict]);
  }
  console.log(`Calls of ${SYNC_CALLS} for ${PUT_COUNT} puts, each awaited\n`);
  console.log(formatTable(['engine', 'sync', 'os', ''], rows, [0, 3]));
}

const [flag, name = '', durability, directory = ''] = process.argv.slice(2);
if (flag === '--put') {
  await putAll(name, durability === 'sync' ? 'sync' : 'os', directory);
} else if (spawnSync('strace', ['-V']).status !== 0) {
  console.error('strace is not installed: durability was not checked');
  process.exitCode = 2;
} else {
  await inScratch('fsync', (root) => {
    checkAll(root);
  });
}
