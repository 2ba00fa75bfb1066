/**
 * Check: a table is read whole, held against what it says of itself, and hashed.
 *
 * Owns: that job. A backup asks for it: what is checked, what is hashed and what is moved are the same bytes, read once. A table
 * that is too large for that is checked and hashed in pieces, and its bytes are left to the asker.
 *
 * Invariants:
 *   check-job/same-bytes: with `bytes`, the problems and the hash are those of exactly these bytes.
 *
 * Suspension: suspends between pieces of a quarter of a megabyte, as the pacer says. A table never changes.
 */
import { createHash } from 'node:crypto';
import { CorruptionError } from '../base/errors.ts';
import { ProblemList } from '../version/verify-report.ts';
import { verifyTableFile } from '../version/verify-tables.ts';
import { fileName } from '../vfs/filenames.ts';
import { keyedVfs, keysOf } from '../vfs/keyed-vfs.ts';
import { MemoryVfs } from '../vfs/memory-vfs.ts';
import { readFullyAsync, type Vfs, type VfsFile, writeFully } from '../vfs/vfs.ts';
import type { CheckDescription, CheckedTable } from './compaction.ts';
import type { JobContext } from './job-context.ts';

const CHUNK_SIZE_BYTES = 256 * 1024;
const HELD = '/held';

/** Rejects with AbortedError, IoError, and CorruptionError for a file that is not there or shorter than it was. */
export async function runCheck(job: CheckDescription, context: JobContext): Promise<CheckedTable> {
  const { vfs, pacer } = context;
  const { table } = job;
  pacer.checkCancelled();
  const path = `${job.directory}/${fileName('table', table.number)}`;
  const pause = (): Promise<void> => pacer.pause();
  const isHeld = table.sizeBytes <= job.heldSizeBytesMax;
  const bytes = isHeld ? new Uint8Array(table.sizeBytes) : undefined;
  const hasher = createHash('sha256');
  const file = vfs.open(path, 'read');
  try {
    for (let at = 0; at < table.sizeBytes; at += CHUNK_SIZE_BYTES) {
      const length = Math.min(CHUNK_SIZE_BYTES, table.sizeBytes - at);
      const chunk = bytes?.subarray(at, at + length) ?? new Uint8Array(length);
      await readChunk(file, chunk, at);
      hasher.update(chunk);
      await pause();
    }
  } finally {
    file.closeSync();
  }
  const list = new ProblemList();
  const read = bytes === undefined ? { vfs, path } : heldIn(bytes, vfs); // check-job/same-bytes
  const verified = { number: table.number, path: read.path, metadata: table };
  await verifyTableFile(read.vfs, verified, list, pause);
  const [problem] = list.problems;
  const hash = hasher.digest('hex');
  return { hash, bytes, ...(problem !== undefined && { problem: { ...problem, file: path } }) };
}

async function readChunk(file: VfsFile, chunk: Uint8Array, position: number): Promise<void> {
  const count = await readFullyAsync(file, chunk, 0, chunk.length, position);
  if (count === chunk.length) return;
  const place = { file: file.path, offset: position + count };
  throw new CorruptionError('File is shorter than what was written to it', place);
}

/** The bytes as a file in memory, under the keys of the files that they come from. */
function heldIn(bytes: Uint8Array, vfs: Vfs): { readonly vfs: Vfs; readonly path: string } {
  const memory = new MemoryVfs();
  memory.makeDirectory(HELD);
  const path = `${HELD}/table`;
  const file = memory.open(path, 'create');
  writeFully(file, bytes, 0, bytes.length, 0);
  file.closeSync();
  return { vfs: keyedVfs(memory, keysOf(vfs)), path };
}
