/**
 * Blocks on their way to a file.
 *
 * Owns: where the next block goes, and the buffer that gathers blocks into large positional writes. A block is encoded
 * straight into that buffer, compressed there when that pays, and sealed.
 *
 * Invariants:
 *   block-writer/position-counts-the-buffer: `position` is the offset in the file of the next byte, written or still
 *       in the buffer.
 *   block-writer/failed-is-given-up: after a failed write the owner adds nothing more and gives the file up.
 *
 * Suspension: every method is synchronous.
 */
import { assert } from '../base/assert.ts';
import type { FileCipher } from '../encryption/file-cipher.ts';
import { type VfsFile, writeFully } from '../vfs/vfs.ts';
import { BLOCK_SEAL_SIZE_BYTES, ENCRYPTED_BITS, sealStored } from './block-encryption.ts';
import type { BlockHandle } from './block-handle.ts';
import {
  CODEC_NONE,
  CODEC_SNAPPY,
  maybeCompress,
  propertiesBlockOf,
  sealBlock,
  TRAILER_SIZE_BYTES,
} from './block-trailer.ts';

const WRITE_SIZE_BYTES = 256 * 1024;

export class BlockWriter {
  readonly #file: VfsFile;
  readonly #cipher: FileCipher | undefined;
  #buffer: Uint8Array = new Uint8Array(WRITE_SIZE_BYTES);
  /** Bytes of the buffer in use, and the file offset of its first. */
  #used = 0;
  #bufferPosition = 0;

  /** Blocks are encrypted by `cipher`, if there is one. */
  constructor(file: VfsFile, cipher?: FileCipher) {
    this.#file = file;
    this.#cipher = cipher;
  }

  get position(): number {
    return this.#bufferPosition + this.#used;
  }

  /**
   * Adds a block: `encode(target, start)` writes at most `sizeMax` bytes at `target[start...]` and returns the offset
   * after them.
   */
  addBlock(
    sizeMax: number,
    isCompressible: boolean,
    encode: (target: Uint8Array, start: number) => number,
  ): BlockHandle {
    this.#reserve(sizeMax + BLOCK_SEAL_SIZE_BYTES + TRAILER_SIZE_BYTES);
    const start = this.#used;
    let end = encode(this.#buffer, start);
    assert(
      end - start <= sizeMax,
      'a block keeps to the size it announced (block-builder/size-bound)',
    );
    let codec: number = CODEC_NONE;
    const compressed = isCompressible ? maybeCompress(this.#buffer, start, end) : undefined;
    if (compressed !== undefined) {
      codec = CODEC_SNAPPY;
      this.#buffer.set(compressed, start);
      end = start + compressed.length;
    }
    const offset = this.#bufferPosition + start;
    if (this.#cipher !== undefined) {
      codec |= ENCRYPTED_BITS;
      end = sealStored(this.#cipher, this.#buffer, { start, end }, codec, offset);
    }
    sealBlock(this.#buffer, start, end, codec);
    const handle = { offset, length: end - start };
    this.#used = end + TRAILER_SIZE_BYTES;
    return handle;
  }

  /** Adds the properties; `base` is the sequence base, 0 for none. */
  addProperties(payload: Uint8Array, base: number): BlockHandle {
    const offset = this.position;
    const block = propertiesBlockOf(payload, base, offset, this.#cipher);
    this.addRaw(block.length, (target, start) => target.set(block, start));
    return { offset, length: block.length - TRAILER_SIZE_BYTES };
  }

  /** Adds bytes that are no block: the footer. */
  addRaw(size: number, encode: (target: Uint8Array, start: number) => void): void {
    this.#reserve(size);
    encode(this.#buffer, this.#used);
    this.#used += size;
  }

  /** Hands everything to the file. Does not sync. */
  flush(): void {
    if (this.#used === 0) return;
    writeFully(this.#file, this.#buffer, 0, this.#used, this.#bufferPosition);
    this.#bufferPosition += this.#used;
    this.#used = 0;
  }

  #reserve(size: number): void {
    if (this.#used + size <= this.#buffer.length) return;
    this.flush();
    if (size > this.#buffer.length) {
      this.#buffer = new Uint8Array(size); // a huge value; the next blocks fill the larger buffer
    } else if (this.#buffer.length > WRITE_SIZE_BYTES && size <= WRITE_SIZE_BYTES) {
      this.#buffer = new Uint8Array(WRITE_SIZE_BYTES);
    }
  }
}
