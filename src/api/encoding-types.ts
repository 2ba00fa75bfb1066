/**
 * The types that encodings stand for.
 *
 * Owns: what the compiler knows of the options `keyEncoding` and `valueEncoding`.
 */
import type { Tuple } from '../bytes/tuple.ts';
import type { Encoding, EncodingName } from './encoding.ts';

/** A built-in encoding by its name, or one of the caller's. */
export type EncodingOption = EncodingName | Encoding<unknown>;

/** The type that an encoding stands for. JSON is `unknown`: name your types, as in `open<string, Account>`. */
export type DecodedBy<E> = E extends 'utf8'
  ? string
  : E extends 'buffer'
    ? Buffer
    : E extends 'tuple'
      ? Tuple
      : E extends 'json'
        ? unknown
        : E extends Encoding<infer T>
          ? T
          : Uint8Array;

/** The encodings that give this type. */
export type EncodingFor<T> =
  | 'json'
  | Encoding<T>
  | (unknown extends T ? EncodingName : never)
  | (T extends string ? 'utf8' : never)
  | (T extends Tuple ? 'tuple' : never)
  | (Uint8Array extends T ? 'view' | 'pooled' : never)
  | (Buffer extends T ? 'buffer' : never);

/** The encodings that must be named for these types: bytes need none. */
export type EncodingsFor<K, V> = (Uint8Array extends K
  ? { readonly keyEncoding?: EncodingFor<K> }
  : { readonly keyEncoding: EncodingFor<K> }) &
  (Uint8Array extends V
    ? { readonly valueEncoding?: EncodingFor<V> }
    : { readonly valueEncoding: EncodingFor<V> });
