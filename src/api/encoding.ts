/**
 * Encodings: how a caller's keys and values become bytes and back.
 *
 * Owns: the built-in encodings, the custom one, and the rule that decoded bytes are the caller's own.
 *
 * Encoding has two steps. `prepare` runs all code of the caller's: a custom encoder, `toJSON`, a getter.
 * `EncodedBytes.place` then copies the bytes to memory that only the engine writes, and runs none. A call prepares
 * everything, then places, then uses the placed bytes. So code of the caller's may use the database in the middle of a
 * call.
 *
 * Invariants:
 *   encoding/placed-once: `place` reads the caller's memory once. The engine hashes, compares, logs and inserts the
 *       copy. A large value is referred to, unless its memory is shared with another thread.
 *   encoding/own-memory: `decode` hands out memory that holds nothing but the result. So a caller may transfer, send or
 *       overwrite it without harm to the database (docs/adr/0026-result-memory.md). Only `pooled` is asked not to.
 *   encoding/order-of-bytes: keys are ordered by their encoded bytes. UTF-8 keeps the order of code points. JSON keys
 *       are ordered as their text: `10` before `9`.
 *
 * Suspension: every function is synchronous.
 */
import { putExpiry } from '../bytes/expiry.ts';
import { types } from 'node:util';
import { type ByteSlice, copyInto, copyRange } from '../bytes/bytes.ts';
import { byteCountOf, isBytes, isGone, isShared, plainView } from '../base/caller-value.ts';
import { WordCopier } from '../bytes/word-copier.ts';
import { decodeTuple, TupleEncoder, tuplePrefixEnd } from '../bytes/tuple.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { describe } from '../base/describe.ts';

/** A built-in encoding: Uint8Array (`pooled`: in memory shared by results), Buffer, text, what JSON has text for, or arrays in the order of their elements. */
export type EncodingName = 'view' | 'pooled' | 'buffer' | 'utf8' | 'json' | 'tuple';

/** A caller's own encoding. `decode` gets bytes that it may keep. */
export interface Encoding<T> {
  /**
   * The bytes of a value. The call copies them before it returns. An error of `encode` is thrown by that call.
   */
  encode(value: T): Uint8Array;
  /** The value of bytes. An error of `decode` becomes the `cause` of a DecodingError. */
  decode(bytes: Uint8Array): T;
  /**
   * In place of `decode`, when it is there: the value of `bytes[start, end)`, which is memory of the engine. It spares a
   * copy of each value. `decodeIn` neither changes nor keeps these bytes, and has read them before it uses the database.
   */
  decodeIn?(bytes: Uint8Array, start: number, end: number): T;
  /** Recorded in the database, which then opens with no other; without a name nothing is recorded or compared. */
  readonly name?: string;
}

/** A prepared value: text or bytes, still in the caller's memory. */
export type Prepared = string | Uint8Array;

/** Where an encoded value lies: `bytes[start, end)`, valid until the next `place` into the same object. */
export class EncodedBytes implements ByteSlice {
  bytes: Uint8Array = new Uint8Array(0);
  readonly start = 0;
  end = 0;
  readonly #headSize: number;
  /** Scratch memory, which begins with the head; grows, and is let go when it is too large to keep. */
  #scratch: Buffer = Buffer.allocUnsafeSlow(4096);

  /** The bytes `head` come before every value that is placed. */
  constructor(head: Uint8Array) {
    this.#headSize = head.length;
    this.#scratch.set(head);
  }

  /** Sets the head of what is placed next: a time, of EXPIRY_SIZE_BYTES. */
  setExpiry(expiresAtMs: number): void {
    putExpiry(this.#scratch, 0, expiresAtMs);
  }

  /** Runs no code of the caller's. Throws InvalidArgumentError for a view whose memory is gone. */
  place(prepared: Prepared): void {
    if (typeof prepared === 'string') this.#placeText(prepared);
    else this.#placeBytes(prepared);
  }

  #placeText(text: string): void {
    if (text.length <= LOOP_TEXT_MAX_LENGTH && this.#setAscii(text)) return;
    const worst = text.length * 3;
    if (!this.#hasScratch(worst)) {
      this.#set(Buffer.from(text, 'utf8'));
      return;
    }
    this.bytes = this.#scratch;
    this.end = this.#headSize + this.#scratch.write(text, this.#headSize, 'utf8');
  }

  /** Keys are mostly short and ASCII: a loop takes half the time of a call into the runtime. */
  #setAscii(text: string): boolean {
    const scratch = this.#scratch;
    const headSize = this.#headSize;
    const { length } = text;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return false;
      scratch[headSize + i] = code;
    }
    this.bytes = scratch;
    this.end = headSize + length;
    return true;
  }

  #placeBytes(view: Uint8Array): void {
    const length = byteCountOf(view);
    const headSize = this.#headSize;
    if (length <= LOOP_BYTES_MAX_LENGTH) {
      if (length === 0 && isGone(view)) throw memoryGone(view);
      const scratch = this.#scratch;
      for (let i = 0; i < length; i++) scratch[headSize + i] = view[i]!; // below its length
      this.bytes = scratch;
      this.end = headSize + length;
    } else if (length <= COPIED_BYTES_MAX) {
      this.#scratch.set(view, headSize); // `set` reads the memory itself, and calls no code of the caller's
      this.bytes = this.#scratch;
      this.end = headSize + length;
    } else {
      const isCopied = headSize === 0 && isShared(view);
      this.#set(isCopied ? plainView(view, length).slice() : plainView(view, length));
    }
  }

  #set(bytes: Uint8Array): void {
    const headSize = this.#headSize;
    if (headSize === 0) {
      this.bytes = bytes;
    } else {
      this.bytes = new Uint8Array(headSize + bytes.length);
      this.bytes.set(this.#scratch.subarray(0, headSize));
      this.bytes.set(bytes, headSize);
    }
    this.end = this.bytes.length;
  }

  /** Makes room for that many bytes after the head; false when they are too many to keep. */
  #hasScratch(length: number): boolean {
    const needed = this.#headSize + length;
    if (needed <= this.#scratch.length) return true;
    if (needed > SCRATCH_KEPT_BYTES_MAX) return false;
    const scratch = Buffer.allocUnsafeSlow(Math.max(needed, this.#scratch.length * 2));
    scratch.set(this.#scratch.subarray(0, this.#headSize));
    this.#scratch = scratch;
    return true;
  }
}

const SCRATCH_KEPT_BYTES_MAX = 1024 * 1024;
const LOOP_TEXT_MAX_LENGTH = 32;
const LOOP_BYTES_MAX_LENGTH = 32;
/** Up to this length a copy costs less than reading `buffer`, which below 64 bytes even allocates one. */
const COPIED_BYTES_MAX = 1024;

/** Copies bytes to memory that the caller's code cannot reach, before more of that code runs. */
export function keptApart(prepared: Prepared): Prepared {
  if (typeof prepared === 'string') return prepared;
  const length = byteCountOf(prepared);
  if (length === 0 && isGone(prepared)) throw memoryGone(prepared);
  const copy = new Uint8Array(length);
  copy.set(prepared);
  return copy;
}

function memoryGone(view: Uint8Array): InvalidArgumentError {
  return new InvalidArgumentError(
    `Bytes were transferred away or lie outside of their buffer: found=${describe(view)}`,
  );
}

/** The engine's side of an encoding. */
export interface Codec<T> {
  readonly name: string;
  /** The name that a database records; undefined for raw bytes and for an encoding without a name. */
  readonly recordedName: string | undefined;
  /** True when `prepare` may run code of the caller's. */
  readonly isEncodedByCaller: boolean;
  /** True when `decode` may run code of the caller's that wants its bytes for itself. */
  readonly isDecodedByCaller: boolean;
  /** True when `decode` takes any bytes and never throws. */
  readonly isTotal: boolean;
  /** Where the keys end that `prefix` stands for, exclusive; undefined for those whose bytes begin with its bytes. */
  prefixEnd?(encoded: Uint8Array): Uint8Array;
  /** Throws InvalidArgumentError for a value that this encoding does not take, and any error of the caller's code. */
  prepare(value: T): Prepared;
  decode(bytes: Uint8Array, start: number, end: number): T;
}

/** Above this size `slice` copies without clearing first. */
const CLEARED_BYTES_MAX = 4096;

/**
 * The caller's own copy of `bytes[start, end)`. Up to 64 bytes it lies on the heap of the runtime and costs some 40 ns
 * more than a part of a shared buffer would; above, the runtime makes a buffer for it, for 300 to 500 ns.
 */
export function copyToView(bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (end - start > CLEARED_BYTES_MAX) return bytes.slice(start, end);
  return copyRange(bytes, start, end);
}

/** The caller's own copy as a Buffer. Not by `Buffer.from`: its results share the runtime's pool. */
function copyToBuffer(bytes: Uint8Array, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(end - start);
  copyInto(copy, 0, bytes, start, end);
  return copy;
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

function mustBeBytes(value: unknown): Uint8Array {
  if (isBytes(value)) return value;
  const isMemory = ArrayBuffer.isView(value) || isBuffer(value);
  const hint = isMemory
    ? 'wrap its memory in one'
    : "or set keyEncoding and valueEncoding to what you use, such as 'utf8' or 'json'";
  throw unexpected(`a Uint8Array; ${hint}`, value);
}

/** A promise in place of a value is mostly a forgotten await, whatever the encoding. */
function unexpected(expected: string, value: unknown): InvalidArgumentError {
  if (types.isPromise(value))
    return new InvalidArgumentError('Expected a value, not a promise: await it first');
  return new InvalidArgumentError(`Expected ${expected}: found=${describe(value)}`);
}

function isBuffer(value: unknown): boolean {
  return types.isAnyArrayBuffer(value);
}

/** Of bytes, each result with memory of its own: the default. */
export const viewCodec: Codec<Uint8Array> = {
  name: 'view',
  recordedName: undefined,
  isEncodedByCaller: false,
  isDecodedByCaller: false,
  isTotal: true,
  prepare: mustBeBytes,
  decode: copyToView,
};

const bufferCodec: Codec<Buffer> = {
  name: 'buffer',
  recordedName: undefined,
  isEncodedByCaller: false,
  isDecodedByCaller: false,
  isTotal: true,
  prepare: mustBeBytes,
  decode: copyToBuffer,
};

const utf8Codec: Codec<string> = {
  name: 'utf8',
  recordedName: 'utf8',
  isEncodedByCaller: false,
  isDecodedByCaller: false,
  isTotal: true,
  prepare(value: unknown) {
    if (typeof value === 'string') return value;
    throw unexpected("a string, for the encoding 'utf8'", value);
  },
  decode: decodeText,
};

const jsonCodec: Codec<unknown> = {
  name: 'json',
  recordedName: 'json',
  isEncodedByCaller: true, // toJSON, getters, proxies
  isDecodedByCaller: false,
  isTotal: false,
  prepare(value) {
    if (types.isPromise(value)) throw unexpected('a value', value); // it would be stored as {}
    const text = stringify(value);
    if (text !== undefined) return text;
    throw new InvalidArgumentError(`JSON has no text for this value: found=${describe(value)}`);
  },
  decode: (bytes, start, end): unknown => JSON.parse(decodeText(bytes, start, end)),
};

/** Results of more bytes have memory of their own: they would fill the pool. */
const POOLED_SIZE_BYTES_MAX = 4096;
const POOL_SIZE_BYTES = 64 * 1024;

/**
 * Results are parts of one array after another, each written once. So they cost no buffer each, and who transfers, posts or
 * keeps one does so with its neighbours (docs/adr/0038-no-pool-for-results.md). Each database has a pool of its own.
 */
function pooledCodec(): Codec<Uint8Array> {
  const copier = new WordCopier();
  let pool = new Uint8Array(0);
  let buffer = pool.buffer; // to read it from the array costs 35 ns
  let offset = 0;
  return {
    ...viewCodec,
    name: 'pooled',
    decode(bytes, start, end) {
      const length = end - start;
      if (length === 0 || length > POOLED_SIZE_BYTES_MAX) return copyToView(bytes, start, end);
      if (offset + length > pool.length) {
        pool = new Uint8Array(POOL_SIZE_BYTES);
        buffer = pool.buffer;
        offset = 0;
      }
      copier.copy(pool, offset, bytes, start, end);
      const result = new Uint8Array(buffer, offset, length);
      offset += length;
      return result;
    },
  };
}

/** Each database has its own: an encoder has memory that it uses again. */
function tupleCodec(): Codec<unknown> {
  let spare: TupleEncoder | undefined = new TupleEncoder();
  return {
    name: 'tuple',
    recordedName: 'tuple',
    isEncodedByCaller: true, // getters and proxies, which may encode another in the middle
    isDecodedByCaller: false,
    isTotal: false,
    prefixEnd: tuplePrefixEnd,
    prepare(value) {
      const encoder = spare ?? new TupleEncoder();
      spare = undefined;
      try {
        return encoder.encode(value);
      } finally {
        spare = encoder;
      }
    },
    decode: decodeTuple,
  };
}

function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new InvalidArgumentError('JSON cannot hold this value', { cause });
  }
}

function customCodec(option: string, encoding: Encoding<unknown>): Codec<unknown> {
  const name: unknown = encoding.name;
  if (name !== undefined && !isEncodingName(name)) {
    throw new InvalidArgumentError(
      `Name of option ${option} must be text of 1 to ${NAME_LENGTH_MAX} characters: found=${describe(name)}`,
    );
  }
  return {
    name: name === undefined ? 'custom' : `'${name}'`,
    recordedName: name === undefined ? undefined : `custom:${name}`,
    isEncodedByCaller: true,
    isDecodedByCaller: encoding.decodeIn === undefined,
    isTotal: false,
    prepare: (value) => mustBeBytes(encoding.encode(value)),
    decode: (bytes, start, end) =>
      encoding.decodeIn === undefined
        ? encoding.decode(copyToView(bytes, start, end))
        : encoding.decodeIn(bytes, start, end),
  };
}

/** Characters of a name: their UTF-8 fits into a record of the manifest. */
const NAME_LENGTH_MAX = 80;

function isEncodingName(name: unknown): name is string {
  return typeof name === 'string' && name.length > 0 && name.length <= NAME_LENGTH_MAX;
}

const BUILT_IN: Readonly<Record<EncodingName, () => Codec<unknown>>> = {
  view: () => erased(viewCodec),
  pooled: () => erased(pooledCodec()),
  buffer: () => erased(bufferCodec),
  utf8: () => erased(utf8Codec),
  json: () => jsonCodec,
  tuple: tupleCodec,
};

/** A built-in codec for any value: every built-in encoder checks its argument at run time. */
function erased<T>(codec: Codec<T>): Codec<unknown> {
  return codec;
}

/** The codec of a recorded name; of bytes for one that is not built in, and for none. */
export function recordedCodec(name: string | undefined): Codec<unknown> {
  return isBuiltIn(name) ? BUILT_IN[name]() : BUILT_IN.view();
}

/** Whether a value is the name of an encoding that this library has. */
export function isBuiltIn(name: unknown): name is EncodingName {
  return typeof name === 'string' && Object.hasOwn(BUILT_IN, name);
}

/** The codec for an option's value. Throws InvalidArgumentError when it is none. */
export function codecOf(option: string, encoding: unknown): Codec<unknown> {
  if (encoding === undefined) return BUILT_IN.view();
  if (isBuiltIn(encoding)) return BUILT_IN[encoding]();
  if (isEncoding(encoding)) return customCodec(option, encoding);
  throw new InvalidArgumentError(
    `Option ${option} must be one of ${Object.keys(BUILT_IN).join(', ')} or { encode, decode }: ` +
      `found=${describe(encoding)}`,
  );
}

function isEncoding(value: unknown): value is Encoding<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return (
    typeof Reflect.get(value, 'encode') === 'function' &&
    typeof Reflect.get(value, 'decode') === 'function' &&
    ['function', 'undefined'].includes(typeof Reflect.get(value, 'decodeIn'))
  );
}
