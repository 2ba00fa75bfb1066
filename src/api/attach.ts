/**
 * Attaching to a database that another thread has opened.
 *
 * Owns: the public `attach` and its options.
 *
 * Suspension: `attach` suspends until the owner has answered.
 */
import { InvalidArgumentError } from '../base/errors.ts';
import { keepingAlive } from '../base/liveness.ts';
import { takeOptions, type Template } from '../base/options.ts';
import type { DatabaseHandle } from '../threads/messages.ts';
import { attachStore, type ThreadStore } from '../threads/thread-store.ts';
import { type Database, makeDatabase } from './database.ts';
import { type Codec, codecOf } from './encoding.ts';
import type { DecodedBy, EncodingOption, EncodingsFor } from './encoding-types.ts';

/** Options of `attach`: the encodings of this thread. They bind as those of `open` do. */
export interface AttachOptions {
  /** Default `'view'`: Uint8Array. */
  readonly keyEncoding?: EncodingOption;
  /** Default `'view'`: Uint8Array. */
  readonly valueEncoding?: EncodingOption;
}

const ATTACH_OPTIONS: Template<AttachOptions> = {
  keyEncoding: undefined,
  valueEncoding: undefined,
};

/**
 * The database of a handle from `db.share()`, for this thread: the same calls over the same data. Reads take what is
 * published from shared memory. Commits go to the thread that has opened the database, and join its groups. A handle is for
 * one `attach`. Close what it gives: `close` ends it for this thread alone. A thread that ends closes it too.
 *
 * Rejects with InvalidArgumentError for anything but a handle, a bad option or another encoding than the recorded one, and
 * with ClosedError when the database is closed.
 *
 * @example
 * import { parentPort, workerData } from 'node:worker_threads';
 * import { attach } from 'varve/worker';
 *
 * const encodings = { keyEncoding: 'utf8', valueEncoding: 'json' };
 * const db = await attach(workerData.handle, encodings);
 * const accounts = await db.keyspace('accounts', encodings);
 * let sum = 0;
 * for await (const { balance } of accounts.values()) sum += balance;
 * await db.close();
 * parentPort.postMessage(sum);
 */
export function attach<
  const KE extends EncodingOption = 'view',
  const VE extends EncodingOption = 'view',
>(
  handle: DatabaseHandle,
  options?: AttachOptions & { readonly keyEncoding?: KE; readonly valueEncoding?: VE },
): Promise<Database<DecodedBy<KE>, DecodedBy<VE>>>;
export function attach<K, V>(
  handle: DatabaseHandle,
  options: AttachOptions & EncodingsFor<K, V>,
): Promise<Database<K, V>>;
export async function attach(
  handle: DatabaseHandle,
  given?: AttachOptions,
): Promise<Database<unknown, unknown>> {
  return (await attachTo(handle, given)).db;
}

/** As `attach`, with the store that the database lies on. */
export async function attachTo(
  handle: DatabaseHandle,
  given: AttachOptions | undefined,
): Promise<{ readonly db: Database<unknown, unknown>; readonly store: ThreadStore }> {
  const options = takeOptions('attach', given, ATTACH_OPTIONS);
  const keyCodec: Codec<unknown> = codecOf('keyEncoding', options.keyEncoding);
  const valueCodec: Codec<unknown> = codecOf('valueEncoding', options.valueEncoding);
  return keepingAlive(async () => {
    const store = await attachStore(handle);
    try {
      const { key, value } = store.encodings;
      mustAgree('Keys', key, keyCodec.recordedName);
      mustAgree('Values', value, valueCodec.recordedName);
    } catch (error) {
      await store.close();
      throw error;
    }
    return { db: await makeDatabase({ store, keyCodec, valueCodec, isRaw: false }), store };
  });
}

function mustAgree(what: string, recorded: string | undefined, asked: string | undefined): void {
  if (asked === undefined || recorded === asked) return;
  throw new InvalidArgumentError(
    `${what} of this database have another encoding: recorded=${recorded ?? 'bytes'} asked=${asked}`,
  );
}
