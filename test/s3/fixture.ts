/**
 * A server of the protocol of S3 for tests, and clients of it.
 *
 * Owns: the server's process and its directory, and a client that notes its commands and fails on request.
 *
 * Suspension: starting and killing suspend.
 */
import { S3Client } from '@aws-sdk/client-s3';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { S3ClientLike } from '../../src/s3/index.ts';

export const BUCKET = 'backups';

const PROGRAM = fileURLToPath(new URL('server.mjs', import.meta.url));

/** Keeps its objects on the disk: one that was killed can be started again. */
export class Server {
  readonly #directory = mkdtempSync(join(tmpdir(), 'varve-s3-'));
  readonly #clients: S3Client[] = [];
  #child: ChildProcess | undefined;
  #port = 0;

  async start(): Promise<void> {
    // The continuation tokens of the server are made by a cipher that OpenSSL 3 has put aside.
    const execArgv = ['--openssl-legacy-provider'];
    const child = fork(PROGRAM, [this.#directory, BUCKET], { execArgv });
    const [port] = (await once(child, 'message')) as [number];
    this.#child = child;
    this.#port = port;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** A client of the server that runs now. */
  client(): S3Client {
    const client = new S3Client({
      region: 'us-east-1',
      endpoint: `http://127.0.0.1:${this.#port}`,
      forcePathStyle: true,
      credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
      maxAttempts: 1,
    });
    this.#clients.push(client);
    return client;
  }

  async end(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.kill();
    rmSync(this.#directory, { recursive: true });
  }
}

/** A command of the SDK, as far as tests look at it. */
export interface Sent {
  readonly name: string;
  readonly input: { Key?: string; MaxKeys?: number; ContentLength?: number; Prefix?: string };
  readonly signal: AbortSignal | undefined;
}

/** Notes each command, then sends it. */
export class NotingClient implements S3ClientLike {
  readonly sent: Sent[] = [];
  /** Called before each command; what it rejects with, `send` does. */
  before: (command: Sent) => void | Promise<void> = () => undefined;
  readonly #client: S3ClientLike;

  constructor(client: S3ClientLike) {
    this.#client = client;
  }

  async send(command: never, options?: { abortSignal?: AbortSignal }): Promise<unknown> {
    const { input, constructor } = command as {
      input: Sent['input'];
      constructor: { name: string };
    };
    const sent = { name: constructor.name, input, signal: options?.abortSignal };
    this.sent.push(sent);
    await this.before(sent);
    return this.#client.send(command, options);
  }

  names(): string {
    return this.sent.map(({ name }) => name.replace(/Command$/, '')).join(' ');
  }
}
