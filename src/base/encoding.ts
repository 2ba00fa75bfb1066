/**
 * Encodings: how a caller's keys and values become bytes and back.
 *
 * Owns: the built-in encodings, the custom one, and the rule that decoded bytes are the caller's own.
 *
 * Invariants:
 *   E1. `encode` leaves a position inside memory that only this call uses; the engine copies it before the call
 *       returns, so a caller may reuse its buffer at once.
 *   E2. `decode` never hands out engine memory: views are copies in slabs that are written once.
 *   E3. Keys are ordered by their encoded bytes. UTF-8 keeps the order of code points; JSON keys order as their text.
 */
import { copyInto } from './bytes.ts';
import { InvalidArgumentError } from './errors.ts';
import { describe } from './describe.ts';

export type EncodingName = 'view' | 'buffer' | 'utf8' | 'json';

/** A caller's own encoding. `decode` gets bytes that it may keep. */
export interface Encoding<T> {
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

/** Where an encoded value lies: `bytes[start, end)`, valid until the next `encode` into the same object. */
export class EncodedBytes {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Scratch memory for text; grows, and is let go when it is too large to keep. */
  #scratch: Buffer = Buffer.allocUnsafeSlow(4096);

  /** False when the bytes are gone at the next `encode`: they lie in memory that is used again. */
  get isLasting(): boolean {
    return this.bytes !== this.#scratch;
  }

  set(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.start = 0;
    this.end = bytes.length;
  }

  setText(text: string): void {
    if (text.length <= LOOP_TEXT_MAX_LENGTH && this.#setAscii(text)) return;
    const worst = text.length * 3;
    if (!this.#hasScratch(worst)) {
      this.set(Buffer.from(text, 'utf8'));
      return;
    }
    this.bytes = this.#scratch;
    this.start = 0;
    this.end = this.#scratch.write(text, 0, 'utf8');
  }

  /** Keys are mostly short and ASCII: a loop takes half the time of a call into the runtime. */
  #setAscii(text: string): boolean {
    const scratch = this.#scratch;
    const { length } = text;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return false;
      scratch[i] = code;
    }
    this.bytes = scratch;
    this.start = 0;
    this.end = length;
    return true;
  }

  /** Takes a copy of bytes that their owner may write again before they are used (E1). */
  setCopy(bytes: Uint8Array): void {
    if (!this.#hasScratch(bytes.length)) {
      this.set(bytes.slice());
      return;
    }
    copyInto(this.#scratch, 0, bytes, 0, bytes.length);
    this.bytes = this.#scratch;
    this.start = 0;
    this.end = bytes.length;
  }

  /** Makes room for that many bytes in the scratch memory; false when that is more than is kept. */
  #hasScratch(length: number): boolean {
    if (length <= this.#scratch.length) return true;
    if (length > SCRATCH_KEPT_BYTES_MAX) return false;
    this.#scratch = Buffer.allocUnsafeSlow(Math.max(length, this.#scratch.length * 2));
    return true;
  }
}

const SCRATCH_KEPT_BYTES_MAX = 1024 * 1024;
const LOOP_TEXT_MAX_LENGTH = 32;

/** The engine's side of an encoding. */
export interface Codec<T> {
  readonly name: string;
  /** Throws InvalidArgumentError when the value is none that this encoding takes. */
  encode(value: T, target: EncodedBytes): void;
  decode(bytes: Uint8Array, start: number, end: number): T;
}

const SLAB_SIZE_BYTES = 64 * 1024;
/** Larger results get memory of their own, so that a slab is not pinned by one small result beside a large one. */
const SLAB_RESULT_BYTES_MAX = 4096;

let slab = Buffer.allocUnsafeSlow(SLAB_SIZE_BYTES);
/** Of `slab`, which starts where it does. Kept, since an array takes 35 ns to tell. */
let slabBuffer = slab.buffer;
let slabUsed = 0;

/**
 * Room for `length` bytes that nobody else will write. Sets `slabUsed` past it, at a multiple of eight bytes: what lies
 * there in the memtable is copied eight bytes at a time then.
 */
function takeFromSlab(length: number): number {
  if (slabUsed + length > SLAB_SIZE_BYTES) {
    slab = Buffer.allocUnsafeSlow(SLAB_SIZE_BYTES);
    slabBuffer = slab.buffer;
    slabUsed = 0;
  }
  const offset = slabUsed;
  slabUsed += (length + 7) & ~7;
  return offset;
}

/** The caller's own copy of `bytes[start, end)`: a Uint8Array into a slab that is written once. */
export function copyToView(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  if (length > SLAB_RESULT_BYTES_MAX) return bytes.slice(start, end);
  const offset = takeFromSlab(length);
  copyInto(slab, offset, bytes, start, end);
  return new Uint8Array(slabBuffer, offset, length);
}

function copyToBuffer(bytes: Uint8Array, start: number, end: number): Buffer {
  const length = end - start;
  if (length > SLAB_RESULT_BYTES_MAX) {
    const copy = Buffer.allocUnsafeSlow(length);
    copy.set(bytes.subarray(start, end));
    return copy;
  }
  const offset = takeFromSlab(length);
  copyInto(slab, offset, bytes, start, end);
  return slab.subarray(offset, offset + length);
}

/** `Buffer.prototype.utf8Slice` works on any Uint8Array and needs no Buffer around it; it is not in the typings. */
const utf8Slice = Reflect.get(Buffer.prototype, 'utf8Slice') as (
  this: Uint8Array,
  start: number,
  end: number,
) => string;

function decodeText(bytes: Uint8Array, start: number, end: number): string {
  return utf8Slice.call(bytes, start, end);
}

function encodeView(value: unknown, target: EncodedBytes): void {
  target.set(mustBeView(value));
}

function mustBeView(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new InvalidArgumentError(`Expected a Uint8Array: found=${describe(value)}`);
}

const viewCodec: Codec<Uint8Array> = { name: 'view', encode: encodeView, decode: copyToView };
const bufferCodec: Codec<Buffer> = { name: 'buffer', encode: encodeView, decode: copyToBuffer };

const utf8Codec: Codec<string> = {
  name: 'utf8',
  encode(value: unknown, target) {
    if (typeof value !== 'string') {
      throw new InvalidArgumentError(`Expected a string: found=${describe(value)}`);
    }
    target.setText(value);
  },
  decode: decodeText,
};

const jsonCodec: Codec<unknown> = {
  name: 'json',
  encode(value, target) {
    const text = stringify(value);
    if (text === undefined) {
      throw new InvalidArgumentError(`JSON has no text for this value: found=${describe(value)}`);
    }
    target.setText(text);
  },
  decode: (bytes, start, end): unknown => JSON.parse(decodeText(bytes, start, end)),
};

function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new InvalidArgumentError('JSON cannot hold this value', { cause });
  }
}

function customCodec(encoding: Encoding<unknown>): Codec<unknown> {
  return {
    name: 'custom',
    // One encoder may fill one buffer for the key and the value of a call.
    encode: (value, target) => target.setCopy(mustBeView(encoding.encode(value))),
    decode: (bytes, start, end) => encoding.decode(copyToView(bytes, start, end)),
  };
}

const BUILT_IN: Readonly<Record<EncodingName, Codec<unknown>>> = {
  view: erased(viewCodec),
  buffer: erased(bufferCodec),
  utf8: erased(utf8Codec),
  json: jsonCodec,
};

/** Every built-in encoder checks its argument at run time, so it may be asked about anything. */
function erased<T>(codec: Codec<T>): Codec<unknown> {
  return codec;
}

/** The codec for an option's value. Throws InvalidArgumentError when it is none. */
export function codecOf(option: string, encoding: unknown): Codec<unknown> {
  if (encoding === undefined) return BUILT_IN.view;
  if (typeof encoding === 'string' && Object.hasOwn(BUILT_IN, encoding)) {
    return BUILT_IN[encoding as EncodingName];
  }
  if (isEncoding(encoding)) return customCodec(encoding);
  throw new InvalidArgumentError(
    `Option ${option} must be one of ${Object.keys(BUILT_IN).join(', ')} or { encode, decode }: ` +
      `found=${describe(encoding)}`,
  );
}

function isEncoding(value: unknown): value is Encoding<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return (
    typeof Reflect.get(value, 'encode') === 'function' &&
    typeof Reflect.get(value, 'decode') === 'function'
  );
}
