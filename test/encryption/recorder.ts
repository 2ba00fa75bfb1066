/**
 * What an engine hands to its files, and whether a nonce is used twice in it.
 *
 * Owns: `RecordingVfs`, which keeps a copy of every write, and `checkNonces`, which reads the sealed pieces out of these.
 *
 * Suspension: as the Vfs inside.
 */
import { getUint32, getUint64 } from '../../src/bytes/coding.ts';
import { parseFileName } from '../../src/vfs/filenames.ts';
import type { OpenMode, VfsFile } from '../../src/vfs/vfs.ts';
import { WrappedFile, WrappedVfs } from '../support/wrapped-vfs.ts';

interface Write {
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** One life of one file, from its creation on. */
interface Life {
  readonly path: string;
  readonly writes: Write[];
}

class RecordedFile extends WrappedFile {
  readonly #life: Life;

  constructor(inner: VfsFile, life: Life) {
    super(inner);
    this.#life = life;
  }

  override writeSync(source: Uint8Array, offset: number, length: number, position: number): number {
    // Before it may fail: a part of it may reach the disk.
    this.#life.writes.push({ position, bytes: source.slice(offset, offset + length) });
    return super.writeSync(source, offset, length, position);
  }
}

export class RecordingVfs extends WrappedVfs {
  readonly lives: Life[] = [];

  override open(path: string, mode: OpenMode): VfsFile {
    const file = super.open(path, mode);
    if (mode === 'read') return file;
    let life = this.lives.findLast((each) => each.path === path);
    if (mode === 'create' || life === undefined) {
      life = { path, writes: [] };
      this.lives.push(life);
    }
    return new RecordedFile(file, life);
  }
}

/** Every key, nonce and ciphertext, as text. */
export class NonceLedger {
  readonly #sealed = new Map<string, string>();

  get size(): number {
    return this.#sealed.size;
  }

  /** Throws when the nonce was used for other bytes. */
  note(nonce: string, sealed: Uint8Array): void {
    const text = Buffer.from(sealed).toString('hex');
    const before = this.#sealed.get(nonce);
    if (before !== undefined && before !== text) throw new Error(`Nonce is used twice: ${nonce}`);
    this.#sealed.set(nonce, text);
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** Throws when two pieces were sealed with one nonce under one key. */
export function checkNonces({ lives }: RecordingVfs, ledger: NonceLedger): void {
  for (const { path, writes } of lives) {
    if (writes.length === 0) continue;
    const kind = parseFileName(path.slice(path.lastIndexOf('/') + 1))?.kind;
    if (kind === 'log' || kind === 'manifest') noteFrames(writes, ledger);
    else if (kind === 'table') noteTable(writes, ledger);
    else if (kind === 'keyRingTemporary') {
      const { bytes } = writes[0]!;
      ledger.note(`ring ${hex(bytes.subarray(32, 48))}`, bytes.subarray(48, -4));
    }
  }
}

function noteFrames([head, ...rest]: readonly Write[], ledger: NonceLedger): void {
  const salt = hex(head!.bytes.subarray(40, 56));
  for (const { bytes, position } of rest) {
    if (position < 64) throw new Error('The head of a log is written once');
    if (isZero(bytes)) continue;
    const length = getUint32(bytes, 4);
    if (length !== bytes.length) throw new Error('A frame is written by one call');
    ledger.note(`frame ${salt} ${getUint64(bytes, 40)}`, bytes.subarray(48, length - 1));
  }
}

function noteTable(writes: readonly Write[], ledger: NonceLedger): void {
  let content = new Uint8Array(0);
  const stamps: Write[] = [];
  for (const write of writes) {
    if (write.position < content.length) {
      stamps.push(write);
      continue;
    }
    if (write.position !== content.length) throw new Error('A table is written end to end');
    content = Uint8Array.from([...content, ...write.bytes]);
  }
  if (content.length < 112) return; // given up
  const end = content.length - 112;
  const salt = hex(content.subarray(end + 8, end + 24));
  for (const { bytes, position } of stamps) {
    for (const each of [content.subarray(position, position + bytes.length), bytes]) {
      ledger.note(`properties ${salt} ${getUint64(each, 0)}`, each.subarray(8, -5));
    }
  }
  ledger.note(`table ${salt}`, content.subarray(0, end)); // each block has its offset for a nonce
}
