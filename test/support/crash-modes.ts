/**
 * Crash modes: the bytes that a power cut leaves of one file.
 *
 * Owns: the bytes of a simulated file (`Image`), the operations that wait for a sync, and the rule
 * of each `CrashMode` for which of them survive. `crash-vfs.ts` has the model as a whole.
 *
 * Suspension: every function here is synchronous.
 */
import { MemoryBytes } from '../../src/vfs/memory-vfs.ts';
import { type Random } from './prng.ts';

export const SECTOR_SIZE_BYTES = 512;
const PAGE_SIZE_BYTES = 4096;

/**
 * Which unsynced changes of a file's content survive:
 *   synced-only         none
 *   everything          all
 *   prefix              the first few, per file
 *   subset              each sector as of a moment of its own, and so the size
 *   torn                the first few and then some sectors of the next
 *   size-without-data   the size as of some moment; what the file grew by is zeros, noise or
 *                       another file's bytes
 */
export type CrashMode =
  'synced-only' | 'everything' | 'prefix' | 'subset' | 'torn' | 'size-without-data';

export const CRASH_MODES: readonly CrashMode[] = [
  'synced-only',
  'everything',
  'prefix',
  'subset',
  'torn',
  'size-without-data',
];

export interface DataWrite {
  readonly id: number;
  readonly position: number;
  readonly bytes: Uint8Array;
}

export interface DataTruncate {
  readonly id: number;
  readonly size: number;
}

export type DataOperation = DataWrite | DataTruncate;

/** Bytes that several states share until one of them writes (W2 of crash-vfs.ts). */
export class Image {
  #bytes: MemoryBytes;
  #isShared: boolean;

  constructor(bytes: MemoryBytes = new MemoryBytes(), isShared = false) {
    this.#bytes = bytes;
    this.#isShared = isShared;
  }

  get bytes(): MemoryBytes {
    return this.#bytes;
  }

  /** Constant time; either side copies before its next write. */
  fork(): Image {
    this.#isShared = true;
    return new Image(this.#bytes, true);
  }

  mutable(): MemoryBytes {
    if (this.#isShared) {
      this.#bytes = this.#bytes.clone();
      this.#isShared = false;
    }
    return this.#bytes;
  }

  apply(operation: DataOperation): void {
    if ('bytes' in operation) {
      this.mutable().write(operation.bytes, 0, operation.bytes.length, operation.position);
    } else {
      this.mutable().truncate(operation.size);
    }
  }
}

/**
 * Brings `image`, which is what was synced, to one state that a power cut may leave; `pending` is
 * not empty. `stale` is content of some other file.
 */
export function applyPending(
  mode: CrashMode,
  image: Image,
  pending: readonly DataOperation[],
  random: Random,
  stale: MemoryBytes | undefined,
): void {
  switch (mode) {
    case 'synced-only':
      return;
    case 'everything':
      return applyPrefix(image, pending, pending.length);
    case 'prefix':
      return applyPrefix(image, pending, random.below(pending.length + 1));
    case 'torn':
      return applyTorn(image, pending, random);
    case 'subset':
      return applySubset(image, pending, random);
    case 'size-without-data':
      return applySizeWithoutData(image, pending, random, stale);
  }
}

function applyPrefix(image: Image, pending: readonly DataOperation[], count: number): void {
  for (let i = 0; i < count; i++) image.apply(pending[i]!); // count is at most the length
}

/**
 * Everything up to some write, of which only the first sectors arrived; mostly it is the last one.
 */
function applyTorn(image: Image, pending: readonly DataOperation[], random: Random): void {
  const index = random.chance(0.5) ? pending.length - 1 : random.below(pending.length);
  applyPrefix(image, pending, index);
  const torn = pending[index]!; // index is under the length, which is not 0
  if (!('bytes' in torn)) return;
  const firstSector = Math.floor(torn.position / SECTOR_SIZE_BYTES);
  const endSector = Math.ceil((torn.position + torn.bytes.length) / SECTOR_SIZE_BYTES);
  const cutSector = firstSector + random.below(endSector - firstSector); // never the whole of it
  const length = cutSector * SECTOR_SIZE_BYTES - torn.position;
  if (length <= 0) return;
  image.apply({ id: torn.id, position: torn.position, bytes: torn.bytes.subarray(0, length) });
}

/**
 * Each sector has its content as of a moment of its own: before, after, or between any two of the
 * changes.
 */
function applySubset(image: Image, pending: readonly DataOperation[], random: Random): void {
  const sectorSize = random.chance(0.5) ? SECTOR_SIZE_BYTES : PAGE_SIZE_BYTES;
  const moments = new Map<number, number>();
  function momentOf(sector: number): number {
    let moment = moments.get(sector);
    if (moment === undefined) {
      moment = pickMoment(pending.length, random);
      moments.set(sector, moment);
    }
    return moment;
  }

  const bytes = image.mutable();
  const size = sizeAt(bytes.size, pending, pickMoment(pending.length, random));
  let index = 0;
  for (const operation of pending) {
    index++; // a sector of moment m holds the first m changes
    const isWrite = 'bytes' in operation;
    const start = isWrite ? operation.position : operation.size;
    const end = isWrite ? start + operation.bytes.length : bytes.size;
    for (let sector = Math.floor(start / sectorSize); sector * sectorSize < end; sector++) {
      if (momentOf(sector) < index) continue;
      const from = Math.max(start, sector * sectorSize);
      const to = Math.min(end, (sector + 1) * sectorSize);
      if (from >= to) continue; // a truncation that extends has nothing to clear
      if (isWrite) bytes.write(operation.bytes, from - start, to - from, from);
      else bytes.write(new Uint8Array(to - from), 0, to - from, from);
    }
  }
  bytes.truncate(size);
}

function pickMoment(count: number, random: Random): number {
  const draw = random.below(3);
  return draw === 0 ? 0 : draw === 1 ? count : random.below(count + 1);
}

/** The size of a file after the first `count` changes. */
function sizeAt(synced: number, pending: readonly DataOperation[], count: number): number {
  let size = synced;
  for (let i = 0; i < count; i++) {
    const operation = pending[i]!; // count is at most the length
    if (!('bytes' in operation)) size = operation.size;
    else size = Math.max(size, operation.position + operation.bytes.length);
  }
  return size;
}

/**
 * The size became durable, some of the data with it; the rest of what the file grew by is whatever
 * was there.
 */
function applySizeWithoutData(
  image: Image,
  pending: readonly DataOperation[],
  random: Random,
  stale: MemoryBytes | undefined,
): void {
  const dataCount = random.chance(0.5) ? 0 : random.below(pending.length);
  const sizeCount = random.chance(0.5)
    ? pending.length
    : dataCount + random.below(pending.length - dataCount + 1);
  const size = sizeAt(image.bytes.size, pending, sizeCount);
  applyPrefix(image, pending, dataCount);
  const start = image.bytes.size;
  image.mutable().truncate(size);
  if (size <= start) return;

  const draw = random.below(3); // 0: zeros, as they are
  if (draw === 1) image.mutable().write(random.bytes(size - start), 0, size - start, start);
  if (draw === 2 && stale !== undefined) {
    const garbage = new Uint8Array(size - start);
    // From the like offset, or from the start: a recycled block may hold a valid frame of another
    // log.
    stale.read(garbage, 0, garbage.length, random.chance(0.5) ? start : 0);
    image.mutable().write(garbage, 0, garbage.length, start);
  }
}
