/**
 * A bucket of S3 as a store of backups.
 *
 * Owns: the requests that each verb makes, and the keys of the objects, which are the prefix and the name. The client is
 * the program's own, with its region, credentials, retries and time limits.
 *
 * What a death of the process leaves, step by step of `put`: nothing while content is gathered; a request that S3 takes
 * whole or not at all; of a large object an upload that is not completed, which is no object and is in no list.
 *
 * Invariants:
 *   s3-store/whole-requests: content is sent when all bytes of the request are there, so that what fails can be sent
 *       again. An object appears by one request, the last (backup-store/put-whole).
 *   s3-store/absent-is-no-key: an object is absent when S3 names its key as missing. A missing bucket is an error.
 *   s3-store/all-pages: a list ends where S3 says so, or fails.
 *
 * S3 has been strongly consistent since 2020: a list has each object whose put was answered before (backup-store/list-complete).
 *
 * Suspension: every verb suspends for its requests, `put` for its content too.
 */
import { Readable } from 'node:stream';

import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandOutput,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  UploadPartCommand,
  type UploadPartCommandOutput,
} from '@aws-sdk/client-s3';

import {
  BackupError,
  type BackupPutOptions,
  type BackupStore,
  InvalidArgumentError,
  type StoredObject,
} from '../index.ts';

const MIB = 1024 * 1024;
/** Larger objects go in parts. S3 takes parts from 5 MiB on. */
const PART_SIZE_BYTES = 8 * MIB;
/** The limit of S3. */
const PART_COUNT_MAX = 10_000;
/** With a name, which has 250 bytes at most, a key stays below the limit of S3, which is 1,024. */
const PREFIX_SIZE_BYTES_MAX = 700;

/** What the store asks of a client: an `S3Client` of `@aws-sdk/client-s3`, of any version 3. */
export interface S3ClientLike {
  /** Sends one command. Resolves with the answer. */
  send(command: never, options?: { abortSignal?: AbortSignal }): Promise<unknown>;
}

/** The options of `s3Store`. */
export interface S3StoreOptions {
  /** Stays the program's, which destroys it after the last call on the store. */
  readonly client: S3ClientLike;
  /** The bucket, which exists. */
  readonly bucket: string;
  /**
   * The folder of the bucket where the backups lie, such as `'ledger/production'`: 700 bytes at most. A slash at its end
   * may be left out. Default: all of the bucket.
   */
  readonly prefix?: string;
}

/**
 * A bucket as the target of backups and archives, and their source. Several databases and machines may use one at once.
 *
 * An object of up to 8 MiB is one request. A larger one is an upload in parts, one after the other, and memory holds one
 * part: 8 MiB, and a 10,000th of an object beyond 80 GB. What the client throws is the `cause` of a BackupError with the
 * code BACKUP_STORE. Throws InvalidArgumentError for a wrong option.
 *
 * @example
 * const client = new S3Client({ region: 'eu-west-1' }); // of @aws-sdk/client-s3
 * const bucketStore = s3Store({ client, bucket: 'my-backups', prefix: 'ledger' });
 * await db.backup(bucketStore);
 * (await listBackups(bucketStore)).length; // => 1
 * client.destroy();
 */
export function s3Store(options: S3StoreOptions): BackupStore {
  return new S3Store(options);
}

class S3Store implements BackupStore {
  readonly #client: S3ClientLike;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor({ client, bucket, prefix = '' }: S3StoreOptions) {
    mustBe(
      typeof (client as Partial<S3ClientLike> | undefined)?.send === 'function',
      'client',
      'an S3Client',
    );
    mustBe(typeof bucket === 'string' && bucket !== '', 'bucket', 'the name of a bucket');
    const isPrefix =
      typeof prefix === 'string' && Buffer.byteLength(prefix) <= PREFIX_SIZE_BYTES_MAX;
    mustBe(isPrefix, 'prefix', `text of at most ${PREFIX_SIZE_BYTES_MAX} bytes`);
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  }

  async put(
    name: string,
    content: AsyncIterable<Uint8Array>,
    { sizeBytes, signal }: BackupPutOptions,
  ): Promise<void> {
    if (sizeBytes > PART_SIZE_BYTES) {
      await this.#putInParts(name, content, { sizeBytes, signal });
      return;
    }
    for await (const Body of portionsOf(name, content, sizeBytes, sizeBytes)) {
      const command = { ...this.#at(name), Body, ContentLength: sizeBytes };
      await this.#send(new PutObjectCommand(command), signal);
    }
  }

  async get(name: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    try {
      const answer = await this.#send(new GetObjectCommand(this.#at(name)));
      const body: unknown = (answer as GetObjectCommandOutput).Body;
      // One that breaks before it is read has nobody who listens; who reads it hears of it all the same.
      if (body instanceof Readable) body.on('error', () => undefined);
      return body as AsyncIterable<Uint8Array>;
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw error;
    }
  }

  async *list(prefix: string): AsyncGenerator<StoredObject, void> {
    const Prefix = this.#prefix + prefix;
    let ContinuationToken: string | undefined;
    do {
      const command = new ListObjectsV2Command({ Bucket: this.#bucket, Prefix, ContinuationToken });
      const page = (await this.#send(command)) as ListObjectsV2CommandOutput;
      for (const { Key, Size } of page.Contents ?? []) {
        if (Key === undefined || Size === undefined) continue;
        yield { name: Key.slice(this.#prefix.length), sizeBytes: Size };
      }
      ContinuationToken = page.NextContinuationToken;
      if (page.IsTruncated === true && ContinuationToken === undefined) {
        throw new BackupError('BACKUP_STORE', 'List was cut short, and has no next page', prefix); // s3-store/all-pages
      }
    } while (ContinuationToken !== undefined);
  }

  async delete(name: string): Promise<void> {
    try {
      await this.#send(new DeleteObjectCommand(this.#at(name)));
    } catch (error) {
      if (!isAbsence(error)) throw error;
    }
  }

  async #putInParts(
    name: string,
    content: AsyncIterable<Uint8Array>,
    { sizeBytes, signal }: BackupPutOptions,
  ): Promise<void> {
    const at = this.#at(name);
    const started = await this.#send(new CreateMultipartUploadCommand(at), signal);
    const { UploadId } = started as CreateMultipartUploadCommandOutput;
    const upload = { ...at, UploadId };
    try {
      const Parts: CompletedPart[] = [];
      for await (const Body of portionsOf(name, content, sizeBytes, partSizeOf(sizeBytes))) {
        const PartNumber = Parts.length + 1;
        const command = { ...upload, PartNumber, Body, ContentLength: Body.length };
        const part = await this.#send(new UploadPartCommand(command), signal);
        Parts.push({ PartNumber, ETag: (part as UploadPartCommandOutput).ETag });
      }
      const command = { ...upload, MultipartUpload: { Parts } };
      await this.#send(new CompleteMultipartUploadCommand(command), signal);
    } catch (error) {
      // Parts that stay after this cost money and nothing else. The error that led here is the one to report.
      await this.#send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
      throw error;
    }
  }

  #at(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + name };
  }

  #send(command: object, abortSignal?: AbortSignal): Promise<unknown> {
    return this.#client.send(command as never, abortSignal === undefined ? {} : { abortSignal });
  }
}

function mustBe(condition: boolean, option: string, what: string): void {
  if (!condition) throw new InvalidArgumentError(`Option ${option} of s3Store must be ${what}`);
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && error.name === 'NoSuchKey'; // s3-store/absent-is-no-key
}

/** As few bytes as ten thousand parts allow, in whole MiB. */
function partSizeOf(sizeBytes: number): number {
  return Math.max(PART_SIZE_BYTES, Math.ceil(sizeBytes / PART_COUNT_MAX / MIB) * MIB);
}

/**
 * The content in portions of one size, but for the last; an empty one when it is empty. The last comes when the content has
 * ended with the size that was said, and else BackupError (s3-store/whole-requests).
 */
async function* portionsOf(
  name: string,
  content: AsyncIterable<Uint8Array>,
  sizeBytes: number,
  portionSizeBytes: number,
): AsyncGenerator<Uint8Array, void> {
  let position = 0;
  let portion = new Uint8Array(Math.min(sizeBytes, portionSizeBytes));
  let filled = 0;
  for await (const chunk of content) {
    let taken = 0;
    position += chunk.length;
    if (position > sizeBytes) break;
    while (taken < chunk.length) {
      if (filled === portion.length) {
        yield portion;
        portion = new Uint8Array(
          Math.min(sizeBytes - position + chunk.length - taken, portionSizeBytes),
        );
        filled = 0;
      }
      const count = Math.min(portion.length - filled, chunk.length - taken);
      portion.set(chunk.subarray(taken, taken + count), filled);
      filled += count;
      taken += count;
    }
  }
  if (position !== sizeBytes) {
    const message = `Content has another size than was said: size=${position} expected=${sizeBytes}`;
    throw new BackupError('BACKUP_STORE', message, name);
  }
  yield portion;
}
