/**
 * Damage to the files of a database, and what may come of it.
 *
 * Owns: two small databases (one closed, one killed), every flip, cut, loss and swap of their files,
 * and the verdict on how an engine takes it:
 *
 *   D1. CorruptionError or IncompatibleFormatError that names a file, from open or from a read; or
 *   D2. the data as it was; or
 *   D3. for a log, a prefix of the commits that has every frame before the damage, unless an intact
 *       frame after the damage proves that what was lost had been synced.
 *
 * Never other data, never another exception, never a hang.
 *
 * Suspension: everything here suspends, and gives up with HangError.
 */
import { CorruptionError, IncompatibleFormatError } from '../../src/base/errors.ts';
import { open } from '../../src/api/open.ts';
import {
  FRAME_SIZE_BYTES_MIN,
  FrameHeader,
  isFrameIntact,
  LOG_HEADER_SIZE_BYTES,
} from '../../src/log/frame-format.ts';
import { parseFileName } from '../../src/vfs/filenames.ts';
import { type Vfs } from '../../src/vfs/vfs.ts';
import { CrashSession, DIRECTORY, openOptions, type TestDatabase } from './crash-session.ts';
import { type CommitOracle, EXPIRED, EXPIRES_LATE } from './commit-oracle.ts';
import { type CrashVfs } from './crash-vfs.ts';
import { ManualClock } from './manual-clock.ts';
import { settled } from './settle.ts';

export interface Patient {
  readonly name: 'closed' | 'killed';
  readonly disk: CrashVfs;
  readonly oracle: CommitOracle;
}

/** Tables on two levels with tombstones of both kinds and a bulk load, logs with commits, a manifest with edits. */
export async function makePatient(name: Patient['name']): Promise<Patient> {
  const session = new CrashSession();
  await session.open();
  for (let i = 0; i < 8; i++) session.put(`k${i}`, 'os', 60);
  await session.flush();
  session.del('k1', 'os');
  session.delRange('k2', 'k4', 'os');
  await session.compact();
  session.put('k2', 'os');
  session.put('ka', 'os', 20, { expiresAt: EXPIRES_LATE });
  session.put('kb', 'os', 20, { expiresAt: EXPIRED });
  session.delRange('k5', 'k6', 'os');
  await session.flushEarly();
  await session.ingest(['k5', 'k6']);
  session.put('k3', 'os');
  session.put('k4', 'sync');
  await session.settle();
  await session.reopen(); // a log of its own for what follows
  session.put('k8', 'sync');
  await session.settle();
  session.batch([
    { type: 'put', key: 'k9', value: session.value() },
    { type: 'del', key: 'k7' },
    { type: 'put', key: 'kc', value: session.value(), expiresAt: EXPIRES_LATE },
  ]);
  await session.settle();
  session.put('k0', 'os');
  await session.settle();
  if (name === 'closed') await session.close();
  return { name, disk: session.disk.kill(), oracle: session.oracle };
}

export type Damage =
  | { readonly kind: 'flip'; readonly file: string; readonly offset: number; readonly bit: number }
  | { readonly kind: 'cut'; readonly file: string; readonly size: number }
  | { readonly kind: 'delete'; readonly file: string }
  | { readonly kind: 'swap'; readonly file: string; readonly other: string };

/** Every place that can be damaged. Only the first few of the zeros ahead in a log count. */
export function allDamages({ disk }: Patient): Damage[] {
  const damages: Damage[] = [];
  const files = disk.list(DIRECTORY).filter((name) => parseFileName(name)?.kind !== 'lock');
  for (const file of files) {
    const bytes = contentOf(disk, file);
    const end = Math.min(bytes.length, usedSize(bytes) + 80);
    for (let offset = 0; offset < end; offset++) {
      for (let bit = 0; bit < 8; bit++) damages.push({ kind: 'flip', file, offset, bit });
      damages.push({ kind: 'cut', file, size: offset });
    }
    damages.push({ kind: 'delete', file });
    const kind = parseFileName(file)?.kind;
    for (const other of files) {
      if (other > file && parseFileName(other)?.kind === kind) {
        damages.push({ kind: 'swap', file, other });
      }
    }
  }
  return damages;
}

export function describeDamage(damage: Damage): string {
  return JSON.stringify(damage);
}

/** `refused`: D1. `same`: D2. `shorter`: D3. Throws for anything else. */
export type Verdict = 'refused' | 'same' | 'shorter';

/** `wrap` puts a bug between the engine and the disk, for the canary. */
export async function judge(
  patient: Patient,
  damage: Damage,
  wrap: (vfs: Vfs) => Vfs = (vfs) => vfs,
): Promise<Verdict> {
  const disk = patient.disk.kill();
  inflict(disk, damage);
  let found: ReadonlyMap<string, Uint8Array>;
  try {
    found = await readAll(wrap(disk), patient.oracle);
  } catch (error) {
    const isNamed =
      (error instanceof CorruptionError && error.file !== undefined) ||
      (error instanceof IncompatibleFormatError && error.message.includes('file='));
    if (isNamed) return 'refused';
    throw error;
  }
  const counts = patient.oracle.countsOf(found);
  if (counts.includes(patient.oracle.count)) return 'same';
  const count = counts.at(-1);
  if (count === undefined) throw new Error(`Other data: ${[...found.keys()].join(' ')}`);
  if (count < shortestAllowed(patient, damage)) {
    throw new Error(`Lost commits in silence: ${count} of ${patient.oracle.count} are left`);
  }
  return 'shorter';
}

function inflict(disk: CrashVfs, damage: Damage): void {
  const path = `${DIRECTORY}/${damage.file}`;
  if (damage.kind === 'delete') {
    disk.unlink(path);
    return;
  }
  if (damage.kind === 'swap') {
    const other = `${DIRECTORY}/${damage.other}`;
    disk.rename(path, `${path}.swap`);
    disk.rename(other, path);
    disk.rename(`${path}.swap`, other);
    return;
  }
  const file = disk.open(path, 'modify');
  if (damage.kind === 'cut') {
    file.truncateSync(damage.size);
  } else {
    const byte = new Uint8Array(1);
    file.readSync(byte, 0, 1, damage.offset);
    byte[0] = (byte[0] ?? 0) ^ (1 << damage.bit);
    file.writeSync(byte, 0, 1, damage.offset);
  }
  file.closeSync();
}

/** Every way to read, which must agree, and verify() on top. */
async function readAll(vfs: Vfs, oracle: CommitOracle): Promise<ReadonlyMap<string, Uint8Array>> {
  const clock = new ManualClock();
  const opening = open(DIRECTORY, openOptions(vfs, clock)) as Promise<TestDatabase>;
  const db = await settled('open', opening, clock);
  try {
    const entries = await settled('scan', db.entries().all(), clock);
    const found = new Map(entries);
    const reverse = await settled('reverse', db.entries({ reverse: true }).all(), clock);
    if (reverse.length !== entries.length) throw new Error('Scans disagree');
    for (const key of new Set([...found.keys(), ...oracle.state.keys()])) {
      const value = db.getSync(key);
      const expected = found.get(key);
      if (value?.length !== expected?.length) throw new Error(`getSync disagrees: key=${key}`);
    }
    const report = await settled('verify', db.verify(), clock);
    for (const { file, code } of report.problems) {
      if (code !== 'CORRUPTION' && code !== 'INCOMPATIBLE_FORMAT') {
        throw new Error(`verify() says ${code} of ${file ?? 'no file'}`);
      }
    }
    return found;
  } finally {
    await settled('close', db.close(), clock);
  }
}

/** D3: how many commits must be left. Everything, for files that are not logs. */
function shortestAllowed({ disk, oracle }: Patient, damage: Damage): number {
  const isCutOrFlip = damage.kind === 'cut' || damage.kind === 'flip';
  if (!isCutOrFlip || parseFileName(damage.file)?.kind !== 'log') return oracle.count;
  const at = damage.kind === 'cut' ? damage.size : damage.offset;
  const bytes = contentOf(disk, damage.file);
  const frames = framesOf(bytes);
  const lost = frames.filter(({ end }) => end > at);
  const firstLost = lost.find(({ operationCount }) => operationCount > 0);
  if (firstLost === undefined) return oracle.count;
  const isProven =
    damage.kind === 'flip' &&
    lost.some(({ start, durable }) => start > at && durable >= firstLost.firstSequence);
  return isProven ? oracle.count : commitsBefore(oracle, firstLost.firstSequence);
}

/** How many commits lie wholly before a sequence number. */
function commitsBefore(oracle: CommitOracle, sequence: number): number {
  let count = 0;
  let last = 0;
  for (const size of oracle.operationCounts) {
    last += size;
    if (last >= sequence) break;
    count++;
  }
  return count;
}

interface Frame {
  readonly start: number;
  readonly end: number;
  readonly operationCount: number;
  readonly firstSequence: number;
  readonly durable: number;
}

function framesOf(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  const header = new FrameHeader();
  let start = LOG_HEADER_SIZE_BYTES;
  while (start + FRAME_SIZE_BYTES_MIN <= bytes.length) {
    header.decode(bytes, start);
    const end = start + header.length;
    if (header.length < FRAME_SIZE_BYTES_MIN || end > bytes.length) break;
    if (!isFrameIntact(bytes, start, header.length)) break;
    const { operationCount, firstSequence, durableSequence: durable } = header;
    frames.push({ start, end, operationCount, firstSequence, durable });
    start = end;
  }
  return frames;
}

function usedSize(bytes: Uint8Array): number {
  let size = bytes.length;
  while (size > 0 && bytes[size - 1] === 0) size--;
  return size;
}

function contentOf(disk: CrashVfs, name: string): Uint8Array {
  const file = disk.open(`${DIRECTORY}/${name}`, 'read');
  const bytes = new Uint8Array(file.sizeSync());
  file.readSync(bytes, 0, bytes.length, 0);
  file.closeSync();
  return bytes;
}
