/**
 * Opening a database on a backend.
 *
 * Owns: the public `openBackend`, its options, and the encodings that a database on a backend has recorded.
 *
 * What a kill leaves: nothing but the record of the encodings, which is one commit.
 *
 * Suspension: `openBackend` suspends for the backend.
 */
import { systemClock } from '../base/clock.ts';
import { describe } from '../base/describe.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import {
  type Durability,
  hasMethods,
  resolveOptions,
  type Taken,
  takeOptions,
  type Template,
  TUNING_OPTIONS,
} from '../base/options.ts';
import type { RecordedEncodings } from '../engine/recovery/recorded-encodings.ts';
import type { Backend } from '../remote/backend.ts';
import { bindEncodings } from '../remote/remote-encodings.ts';
import { RemoteStore } from '../remote/remote-store.ts';
import { type Database, makeDatabase } from './database.ts';
import { type Codec, codecOf, viewCodec } from './encoding.ts';
import type { DecodedBy, EncodingOption, EncodingsFor } from './encoding-types.ts';

/** Options of `openBackend`, and those of `open` that a connection string takes. */
export interface BackendOpenOptions {
  /** Default `'view'`: Uint8Array. */
  readonly keyEncoding?: EncodingOption;
  /** Default `'view'`: Uint8Array. */
  readonly valueEncoding?: EncodingOption;
  /** Default for commits that name none. A backend may do more than is asked. Default `'sync'`. */
  readonly durability?: Durability;
  /** Bytes of keys and values that one transaction may write; the backend may take fewer. Default 64 MiB. */
  readonly transactionSizeBytesMax?: number;
  /** For how long the id of a commit is remembered; 1 second to 10 years in ms, default 24 hours. */
  readonly commitIdRetentionMs?: number;
}

export const BACKEND_OPEN_OPTIONS: Template<BackendOpenOptions> = {
  keyEncoding: undefined,
  valueEncoding: undefined,
  durability: undefined,
  transactionSizeBytesMax: undefined,
  commitIdRetentionMs: undefined,
};

/**
 * Opens the database on a backend: the same calls as on a directory, over servers that others run. The backend is the
 * database's from then on: `close` closes it, and so does an open that fails. `open` does all this for a connection string.
 *
 * Rejects with InvalidArgumentError for a bad option, or another encoding than the recorded one; with UnavailableError when
 * no server answers.
 *
 * @example
 * const db = await openBackend(await connect('etcd://127.0.0.1:2379'), { keyEncoding: 'utf8', valueEncoding: 'json' });
 */
export function openBackend<
  const KE extends EncodingOption = 'view',
  const VE extends EncodingOption = 'view',
>(
  backend: Backend,
  options?: BackendOpenOptions & { readonly keyEncoding?: KE; readonly valueEncoding?: VE },
): Promise<Database<DecodedBy<KE>, DecodedBy<VE>>>;
export function openBackend<K, V>(
  backend: Backend,
  options: BackendOpenOptions & EncodingsFor<K, V>,
): Promise<Database<K, V>>;
export async function openBackend(
  backend: Backend,
  given?: BackendOpenOptions,
): Promise<Database<unknown, unknown>> {
  if (!hasMethods(backend, ['snapshot', 'commit', 'watch', 'close'])) {
    throw new InvalidArgumentError(`Backend must be a Backend: found=${describe(backend)}`);
  }
  try {
    const options = takeOptions('openBackend', given, BACKEND_OPEN_OPTIONS);
    const keyCodec: Codec<unknown> = codecOf('keyEncoding', options.keyEncoding);
    const valueCodec: Codec<unknown> = codecOf('valueEncoding', options.valueEncoding);
    const store = await startRemote(backend, options, {
      key: keyCodec.recordedName,
      value: valueCodec.recordedName,
    });
    return await makeDatabase({ store, keyCodec, valueCodec, isRaw: false });
  } catch (error) {
    await backend.close();
    throw error;
  }
}

/** The same with its store, of bytes, for what moves whole databases. Nothing is recorded. */
export async function openBackendParts(
  backend: Backend,
): Promise<{ readonly db: Database; readonly store: RemoteStore }> {
  try {
    const none: RecordedEncodings = { key: undefined, value: undefined };
    const store = await startRemote(backend, BACKEND_OPEN_OPTIONS, none);
    const codecs = { keyCodec: viewCodec, valueCodec: viewCodec };
    return { db: await makeDatabase({ store, ...codecs, isRaw: false }), store };
  } catch (error) {
    await backend.close();
    throw error;
  }
}

async function startRemote(
  backend: Backend,
  { durability, transactionSizeBytesMax, commitIdRetentionMs }: Taken<BackendOpenOptions>,
  asked: RecordedEncodings,
): Promise<RemoteStore> {
  const resolved = resolveOptions({
    ...TUNING_OPTIONS,
    durability,
    transactionSizeBytesMax,
    commitIdRetentionMs,
  });
  const encodings = await bindEncodings(backend, asked, systemClock.wallMs());
  const store = new RemoteStore(backend, { ...resolved, clock: systemClock, encodings });
  try {
    await store.start();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
