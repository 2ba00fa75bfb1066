/**
 * The connections to the members of a cluster.
 *
 * Owns: which member is asked, when another one is, and for how long. One is asked until it fails: then all calls go to the
 * next one.
 *
 * Invariants:
 *   etcd-members/again: a call is sent again, with the same bytes, until a member answers it or its time is over. So a call
 *       must be one that may be carried out twice, or that sees to it itself (commit-slots.ts).
 *   etcd-members/patient: the time for one answer doubles from try to try. So a slow disk is not taken for a dead member for
 *       ever.
 *
 * Suspension: `call` suspends for answers.
 */
import {
  type ChannelCredentials,
  type ClientDuplexStream,
  type ClientUnaryCall,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';

import { ClosedError } from '../index.ts';
import type { EtcdSettings } from './address.ts';
import { errorOf, failureOf, unavailable } from './failures.ts';
import {
  DESCRIPTION,
  DESCRIPTION_OPTIONS,
  type RangeRequest,
  type RangeResponse,
  type TxnRequest,
  type TxnResponse,
  type WatchCall,
  type WatchResponse,
} from './protocol.ts';
import { nowMs, sleep, startTimeout, stopTimeout } from '../adapters/time.ts';

/** A servers-side stream with requests of ours. */
export type WatchStream = ClientDuplexStream<WatchCall, WatchResponse>;

type Answer<T> = (error: ServiceError | null, response: T) => void;

/** A client of the gRPC package, as the description makes it. */
interface KvClient {
  Range(request: RangeRequest, metadata: Metadata, answer: Answer<RangeResponse>): ClientUnaryCall;
  Txn(request: TxnRequest, metadata: Metadata, answer: Answer<TxnResponse>): ClientUnaryCall;
  close(): void;
}

interface WatchClient {
  Watch(metadata: Metadata): WatchStream;
  close(): void;
}

type ClientClass<T> = new (
  address: string,
  credentials: ChannelCredentials,
  options: Readonly<Record<string, number>>,
) => T;

interface Services {
  readonly etcdserverpb: {
    readonly KV: ClientClass<KvClient>;
    readonly Watch: ClientClass<WatchClient>;
  };
}

interface Member {
  readonly kv: KvClient;
  readonly watch: WatchClient;
}

/** A ping under five seconds makes etcd close the connection. */
const CHANNEL_OPTIONS: Readonly<Record<string, number>> = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 3000,
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.enable_retries': 0,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.use_local_subchannel_pool': 1,
};

/** The time for the first answer, and how it ends. */
const ANSWER_MS_FIRST = 1500;
const ANSWER_MS_MAX = 10_000;
const PAUSE_MS_FIRST = 20;
const PAUSE_MS_MAX = 500;

export class Members {
  readonly #members: readonly Member[];
  readonly #timeoutMs: number;
  readonly #closed = new AbortController();
  readonly #calls = new Set<ClientUnaryCall>();
  #current = 0;

  constructor(settings: EtcdSettings) {
    const services = loadPackageDefinition(
      fromJSON(DESCRIPTION, DESCRIPTION_OPTIONS),
    ) as unknown as Services; // of this description
    const { KV, Watch } = services.etcdserverpb;
    const secrets = credentialsOf(settings);
    this.#timeoutMs = settings.timeoutMs;
    this.#members = settings.endpoints.map((address) => ({
      kv: new KV(address, secrets, CHANNEL_OPTIONS),
      watch: new Watch(address, secrets, CHANNEL_OPTIONS),
    }));
  }

  /** Rejects as a read does: StateGoneError, UnavailableError, ClosedError. */
  range(request: RangeRequest): Promise<RangeResponse> {
    return this.#call('read', (member, metadata, answer) =>
      member.kv.Range(request, metadata, answer),
    );
  }

  /** The same for several reads. */
  reads(request: TxnRequest): Promise<TxnResponse> {
    return this.#call('read', (member, metadata, answer) =>
      member.kv.Txn(request, metadata, answer),
    );
  }

  /** Rejects with UnavailableError of unknown outcome when a try may have been carried out and no member tells. */
  commit(request: TxnRequest): Promise<TxnResponse> {
    return this.#call('commit', (member, metadata, answer) =>
      member.kv.Txn(request, metadata, answer),
    );
  }

  /** A stream of the current member; `failed` makes the next one current. */
  watch(): { readonly stream: WatchStream; readonly failed: () => void } {
    if (this.#closed.signal.aborted) throw closed();
    const index = this.#current;
    const stream = this.#members[index]!.watch.Watch(withLeader()); // current is one of them
    return { stream, failed: () => this.#leave(index) };
  }

  /** Aborted by the close. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  close(): void {
    this.#closed.abort();
    for (const call of this.#calls) call.cancel();
    for (const { kv, watch } of this.#members) {
      kv.close();
      watch.close();
    }
  }

  /** etcd-members/again, etcd-members/patient. */
  async #call<T>(
    what: 'read' | 'commit',
    send: (member: Member, metadata: Metadata, answer: Answer<T>) => ClientUnaryCall,
  ): Promise<T> {
    const endMs = nowMs() + this.#timeoutMs;
    let answerMs = ANSWER_MS_FIRST;
    let pauseMs = PAUSE_MS_FIRST;
    let mayBeApplied = false;
    for (;;) {
      const index = this.#current;
      const leftMs = endMs - nowMs();
      try {
        return await this.#once(this.#members[index]!, Math.min(answerMs, leftMs), send); // current
      } catch (error) {
        if (this.#closed.signal.aborted) throw closed(error);
        const failure = failureOf(error);
        if (failure !== 'try-again' && failure !== 'lags') {
          if (mayBeApplied && failure === 'other') throw unavailable(error, what, 'unknown');
          throw errorOf(error, what);
        }
        mayBeApplied ||= what === 'commit';
        this.#leave(index);
        if (nowMs() + pauseMs >= endMs) {
          throw unavailable(error, what, mayBeApplied ? 'unknown' : 'not-applied');
        }
      }
      await sleep(pauseMs, this.#closed.signal);
      answerMs = Math.min(ANSWER_MS_MAX, 2 * answerMs);
      pauseMs = Math.min(PAUSE_MS_MAX, 2 * pauseMs);
    }
  }

  #once<T>(
    member: Member,
    answerMs: number,
    send: (member: Member, metadata: Metadata, answer: Answer<T>) => ClientUnaryCall,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#closed.signal.aborted) throw closed();
      const call = send(member, withLeader(), (error, response) => {
        stopTimeout(timeout);
        this.#calls.delete(call);
        if (error === null) resolve(response);
        else reject(error);
      });
      this.#calls.add(call);
      const timeout = startTimeout(() => call.cancel(), answerMs);
    });
  }

  #leave(index: number): void {
    if (this.#current === index) this.#current = (index + 1) % this.#members.length;
  }
}

/** A member that has no leader says so at once. */
function withLeader(): Metadata {
  const metadata = new Metadata();
  metadata.set('hasleader', 'true');
  return metadata;
}

function credentialsOf(settings: EtcdSettings): ChannelCredentials {
  const { rootCertificate, clientKey, clientCertificate } = settings;
  if (rootCertificate === undefined) return credentials.createInsecure();
  const buffer = (bytes: Uint8Array | undefined): Buffer | null =>
    bytes === undefined ? null : Buffer.from(bytes);
  return credentials.createSsl(
    buffer(rootCertificate),
    buffer(clientKey),
    buffer(clientCertificate),
  );
}

function closed(cause?: unknown): ClosedError {
  return new ClosedError('Database is closed', { cause });
}
