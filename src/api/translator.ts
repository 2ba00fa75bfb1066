/**
 * The translator of a keyspace: between the caller's types and bytes.
 *
 * Owns: the two codecs of a keyspace, the head of its keys, the limits of keys and values, ranges as bytes, and the
 * error for stored bytes that cannot be decoded.
 *
 * A key in the tree is the head of its keyspace, then the key as encoded. `encodeKey` and ranges give such keys, and
 * `decodeKey` takes them.
 *
 * Invariants:
 *   translator/caller-first: code of the caller's runs before the bytes of a call are placed, never after. Only the
 *       engine runs between the return of `encodeKey` or `encodeEntry` and the next call of either. So one place for
 *       each is enough, however encoders nest. Example: an encoder that calls `db.put` overwrites no bytes of the outer
 *       call.
 *   translator/open-after: when code of the caller's has run, the database is looked at again: it may be closed by now.
 *   translator/decoded-apart: a custom decoder runs after its call has copied everything that it still needs.
 *
 * Suspension: every method is synchronous.
 */
import {
  compareBytes,
  copyRange,
  describeKey,
  EMPTY_BYTES,
  keySuccessor,
  prefixSuccessor,
} from '../bytes/bytes.ts';
import { EXPIRY_SIZE_BYTES, NEVER } from '../bytes/expiry.ts';
import { type BoundedRange, nonEmpty } from '../bytes/key-range.ts';
import { type Codec, EncodedBytes, keptApart, type Prepared } from './encoding.ts';
import { EXPIRING_VALUE, VALUE } from '../base/value-type.ts';
import { DecodingError, InvalidArgumentError, StorageError } from '../base/errors.ts';
import type { InternalIterator } from '../iterator/internal-iterator.ts';
import { type Taken, takeOperationRange, takeOptions } from '../base/options.ts';
import { RANGE_OPTIONS, type RangeOptions } from './ranges.ts';

export const KEY_SIZE_BYTES_MAX: number = 64 * 1024;
export const VALUE_SIZE_BYTES_MAX: number = 512 * 1024 * 1024;

/** The part of the tree that a translator is for: keys between `range`, each beginning with `head`. */
export interface KeyPlace {
  readonly head: Uint8Array;
  readonly range: BoundedRange;
}

/** A value, placed: behind its time in an entry that expires. */
export interface EncodedValue {
  readonly type: typeof VALUE | typeof EXPIRING_VALUE;
  readonly value: EncodedBytes;
}

/** A key and a value, placed. */
export interface EncodedEntry extends EncodedValue {
  readonly key: EncodedBytes;
}

export class Translator<K, V> {
  readonly #keyCodec: Codec<K>;
  readonly #valueCodec: Codec<V>;
  readonly #headSize: number;
  /** Every key of the keyspace. */
  readonly range: BoundedRange;
  /** The recorded name of the encoding of keys; undefined as below. */
  readonly keyEncoding: string | undefined;
  /** The recorded name of the encoding of values; undefined for bytes, and for an encoding without a name. */
  readonly valueEncoding: string | undefined;
  /** Throws ClosedError. */
  readonly mustBeOpen: () => void;
  readonly #entry: EncodedEntry;
  /** With the same key; made when it is first needed. */
  #expiring: EncodedEntry | undefined = undefined;

  constructor(
    keyCodec: Codec<K>,
    valueCodec: Codec<V>,
    { head, range }: KeyPlace,
    mustBeOpen: () => void,
  ) {
    this.#keyCodec = keyCodec;
    this.#valueCodec = valueCodec;
    this.#headSize = head.length;
    this.range = range;
    this.keyEncoding = keyCodec.recordedName;
    this.valueEncoding = valueCodec.recordedName;
    this.mustBeOpen = mustBeOpen;
    this.#entry = {
      type: VALUE,
      key: new EncodedBytes(head),
      value: new EncodedBytes(EMPTY_BYTES),
    };
  }

  /** Valid until the next call. Throws InvalidArgumentError for a bad or too long key. */
  encodeKey(key: K): EncodedBytes {
    const prepared = this.#prepareKey(key);
    if (this.#keyCodec.isEncodedByCaller) this.mustBeOpen();
    return this.#placeKey(prepared);
  }

  /**
   * Key and value are valid until the next call. Throws InvalidArgumentError for a bad or too long key or value.
   * `expiresAtMs`: NEVER, or milliseconds since 1970.
   */
  encodeEntry(key: K, value: V, expiresAtMs: number): EncodedEntry {
    let preparedKey = this.#prepareKey(key);
    mustBeThere('Value', value);
    const isValueByCaller = this.#valueCodec.isEncodedByCaller;
    if (isValueByCaller) preparedKey = keptApart(preparedKey);
    const preparedValue = this.#valueCodec.prepare(value);
    if (isValueByCaller || this.#keyCodec.isEncodedByCaller) this.mustBeOpen();
    this.#placeKey(preparedKey);
    const entry = this.#entryFor(expiresAtMs);
    placeValue(entry.value, preparedValue);
    return entry;
  }

  #entryFor(expiresAtMs: number): EncodedEntry {
    if (expiresAtMs === NEVER) return this.#entry;
    this.#expiring ??= {
      type: EXPIRING_VALUE,
      key: this.#entry.key,
      value: new EncodedBytes(new Uint8Array(EXPIRY_SIZE_BYTES)),
    };
    this.#expiring.value.setExpiry(expiresAtMs);
    return this.#expiring;
  }

  /** Valid until the next call of this or of `encodeEntry`. Throws InvalidArgumentError for a bad or too long value. */
  encodeValue(value: V, expiresAtMs: number): EncodedValue {
    mustBeThere('Value', value);
    const prepared = this.#valueCodec.prepare(value);
    if (this.#valueCodec.isEncodedByCaller) this.mustBeOpen();
    const entry = this.#entryFor(expiresAtMs);
    placeValue(entry.value, prepared);
    return entry;
  }

  /** The value that a read of `key` would find there. */
  decodeEncoded({ type, value }: EncodedValue, key: Uint8Array): V {
    const start = type === EXPIRING_VALUE ? EXPIRY_SIZE_BYTES : 0;
    return this.decodeValue(value.bytes, start, value.end, key, 0, key.length);
  }

  /** The key in memory of its own. */
  keyBytes(key: K): Uint8Array {
    const { bytes, start, end } = this.encodeKey(key);
    return copyRange(bytes, start, end);
  }

  /** The key as its user has it, of a key in the tree. Throws DecodingError. */
  decodeKey(bytes: Uint8Array, treeStart: number, end: number): K {
    const codec = this.#keyCodec;
    const start = treeStart + this.#headSize;
    if (codec.isTotal) return codec.decode(bytes, start, end);
    const before = codec.isDecodedByCaller ? copyRange(bytes, start, end) : undefined;
    try {
      return codec.decode(bytes, start, end);
    } catch (cause) {
      throw decodingError('Key', codec, cause, before ?? copyRange(bytes, start, end), end - start);
    }
  }

  /** Throws DecodingError, which names the key. */
  decodeValue(
    bytes: Uint8Array,
    start: number,
    end: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
  ): V {
    const codec = this.#valueCodec;
    if (codec.isTotal) return codec.decode(bytes, start, end);
    const before = codec.isDecodedByCaller ? this.userKey(key, keyStart, keyEnd) : undefined;
    try {
      return codec.decode(bytes, start, end);
    } catch (cause) {
      const own = before ?? this.userKey(key, keyStart, keyEnd);
      throw decodingError('Value', codec, cause, own, end - start);
    }
  }

  decodeEntry(cursor: InternalIterator): [K, V] {
    const { key, keyStart, keyEnd, value, valueStart, valueEnd } = cursor;
    if (!this.#keyCodec.isDecodedByCaller) {
      const decodedKey = this.decodeKey(key, keyStart, keyEnd);
      return [decodedKey, this.decodeValue(value, valueStart, valueEnd, key, keyStart, keyEnd)];
    }
    // The decoder of the key may move the cursor or end the scan.
    const ownKey = copyRange(key, keyStart, keyEnd);
    const own = copyRange(value, valueStart, valueEnd);
    const decodedKey = this.decodeKey(ownKey, 0, ownKey.length);
    return [decodedKey, this.decodeValue(own, 0, own.length, ownKey, 0, ownKey.length)];
  }

  /** The bytes of a key in the tree as its user has encoded them, in memory of its own. */
  userKey(key: Uint8Array, start = 0, end: number = key.length): Uint8Array {
    return copyRange(key, start + this.#headSize, end);
  }

  /** The bounds of a range in the tree, as their users' bytes; a bound at an end of the keyspace is none. */
  userBounds({ start, end }: BoundedRange): { gteBytes?: Uint8Array; ltBytes?: Uint8Array } {
    const isFromStart = compareBytes(start, this.range.start) <= 0;
    const isToEnd = compareBytes(end, this.range.end) >= 0;
    return {
      ...(isFromStart ? {} : { gteBytes: this.userKey(start) }),
      ...(isToEnd ? {} : { ltBytes: this.userKey(end) }),
    };
  }

  /** A key in the tree for an error: decoded when that works. */
  describedKey(key: Uint8Array): unknown {
    try {
      return this.decodeKey(key, 0, key.length);
    } catch {
      return undefined;
    }
  }

  /** The bytes of a range: the tighter bound of each side, and the ends of the keyspace for what is open. */
  boundsOf(range: Taken<RangeOptions<K>>): BoundedRange {
    const starts: Uint8Array[] = [this.range.start];
    const ends: Uint8Array[] = [this.range.end];
    if (range.gte !== undefined) starts.push(this.keyBytes(range.gte));
    if (range.gt !== undefined) starts.push(keySuccessor(this.keyBytes(range.gt)));
    if (range.lt !== undefined) ends.push(this.keyBytes(range.lt));
    if (range.lte !== undefined) ends.push(keySuccessor(this.keyBytes(range.lte)));
    if (range.prefix !== undefined) {
      const prefix = this.keyBytes(range.prefix);
      starts.push(prefix);
      const successor = this.#keyCodec.prefixEnd?.(prefix) ?? prefixSuccessor(prefix);
      if (successor !== undefined) ends.push(successor);
    }
    return {
      start: starts.reduce((a, b) => (compareBytes(a, b) < 0 ? b : a)),
      end: ends.reduce((a, b) => (compareBytes(a, b) > 0 ? b : a)),
    };
  }

  /** The range of a call that deletes or locks; undefined when it holds no key. An absent range is refused. */
  boundedRangeOf(what: string, range: RangeOptions<K>): BoundedRange | undefined {
    if (range === undefined) throw new InvalidArgumentError(`Options of ${what} must be an object`);
    return nonEmpty(this.boundsOf(takeOptions<RangeOptions<K>>(what, range, RANGE_OPTIONS)));
  }

  /** The range of an operation of a batch, which is its own range. */
  operationRange(operation: object): BoundedRange | undefined {
    return nonEmpty(this.boundsOf(takeOperationRange(operation) as Taken<RangeOptions<K>>));
  }

  #prepareKey(key: K): Prepared {
    mustBeThere('Key', key);
    return this.#keyCodec.prepare(key);
  }

  #placeKey(prepared: Prepared): EncodedBytes {
    const encoded = this.#entry.key;
    encoded.place(prepared);
    const length = encoded.end - this.#headSize;
    if (length > KEY_SIZE_BYTES_MAX) {
      throw new InvalidArgumentError(`Key is too long: size=${length} max=${KEY_SIZE_BYTES_MAX}`);
    }
    return encoded;
  }
}

function placeValue(encoded: EncodedBytes, prepared: Prepared): void {
  encoded.place(prepared);
  if (encoded.end <= VALUE_SIZE_BYTES_MAX) return;
  throw new InvalidArgumentError(
    `Value is too long: size=${encoded.end} max=${VALUE_SIZE_BYTES_MAX}`,
  );
}

function mustBeThere(what: 'Key' | 'Value', value: unknown): void {
  if (value !== undefined && value !== null) return;
  throw new InvalidArgumentError(`${what} must not be ${String(value)}`);
}

/** What a decoder threw, as the error that names the key; an error of this library as it is. */
function decodingError(
  what: 'Key' | 'Value',
  { name }: Codec<unknown>,
  cause: unknown,
  key: Uint8Array,
  sizeBytes: number,
): StorageError {
  if (cause instanceof StorageError) return cause;
  return new DecodingError(
    `${what} is not what encoding ${name} can decode; was it written with another? ` +
      `key=${describeKey(key)} size=${sizeBytes}`,
    key,
    { cause },
  );
}
