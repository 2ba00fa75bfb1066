/**
 * Where the frames of an encrypted log are sealed.
 *
 * Owns: the counter of one log's frames, and one buffer for the frame that is written next.
 *
 * Invariants:
 *   frame-sealing/counts-attempts: the counter grows with each call, whatever becomes of the frame
 *       (log-encryption/counter-never-back). A log is written by one writer in its life, so no count comes twice under
 *       one salt.
 *
 * Suspension: `seal` is synchronous.
 */
import { assert } from '../base/assert.ts';
import type { FileCipher } from '../encryption/file-cipher.ts';
import { FRAME_SEAL_SIZE_BYTES } from './frame-format.ts';
import { encryptFrame } from './log-encryption.ts';

const CAPACITY_BYTES_INITIAL = 64 * 1024;
/** A buffer that one huge commit made is let go with the next frame. */
const CAPACITY_BYTES_KEPT_MAX = 8 * 1024 * 1024;

export class FrameSealing {
  readonly #cipher: FileCipher;
  #bytes: Uint8Array = new Uint8Array(CAPACITY_BYTES_INITIAL);
  #count = 0;

  constructor(cipher: FileCipher) {
    this.#cipher = cipher;
  }

  /** Seals the plain frame `bytes[0, length)` for that place in the file. Good until the next call. */
  seal(bytes: Uint8Array, length: number, offset: number): Uint8Array {
    const needed = length + FRAME_SEAL_SIZE_BYTES;
    const isTooLarge =
      this.#bytes.length > CAPACITY_BYTES_KEPT_MAX && needed < CAPACITY_BYTES_KEPT_MAX;
    if (needed > this.#bytes.length || isTooLarge) {
      this.#bytes = new Uint8Array(Math.max(needed, CAPACITY_BYTES_INITIAL));
    }
    this.#count++; // frame-sealing/counts-attempts
    assert(this.#count <= Number.MAX_SAFE_INTEGER, 'a counter does not come round');
    const frame = { bytes, start: 0, length, offset };
    const sealedLength = encryptFrame(this.#cipher, this.#count, frame, this.#bytes);
    return this.#bytes.subarray(0, sealedLength);
  }
}
