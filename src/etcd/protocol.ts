/**
 * The calls of etcd that a backend makes.
 *
 * Owns: the shapes of requests and responses, and the description of the wire format, by which the gRPC packages encode
 * them. It covers what is used of the v3 API of etcd (rpc.proto and kv.proto there), which has not changed since 3.3: ranges,
 * transactions, watches, compaction and the status.
 *
 * Numbers of 64 bits come as JavaScript numbers: revisions stay below 2^53.
 *
 * Suspension: everything here is synchronous.
 */

/** One key and its newest value at the revision of the read. */
export interface KeyValue {
  readonly key: Buffer;
  /** Of the commit that created the key. */
  readonly create_revision: number;
  /** Of the commit that wrote it last. */
  readonly mod_revision: number;
  readonly version: number;
  readonly value: Buffer;
}

export interface ResponseHeader {
  readonly revision: number;
}

export interface RangeRequest {
  readonly key: Uint8Array;
  readonly range_end?: Uint8Array;
  readonly limit?: number;
  readonly revision?: number;
  /** 0: as the keys are ordered; 2: backward. */
  readonly sort_order?: number;
  readonly serializable?: boolean;
  readonly keys_only?: boolean;
  readonly count_only?: boolean;
}

export interface RangeResponse {
  readonly header: ResponseHeader;
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
  readonly count: number;
}

export interface PutRequest {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface DeleteRangeRequest {
  readonly key: Uint8Array;
  readonly range_end?: Uint8Array;
}

export type RequestOp =
  | { readonly request_range: RangeRequest }
  | { readonly request_put: PutRequest }
  | { readonly request_delete_range: DeleteRangeRequest };

export interface ResponseOp {
  readonly response_range?: RangeResponse;
}

/** How a compare decides. Numbers of the wire. */
export const COMPARE = { EQUAL: 0, GREATER: 1, LESS: 2, NOT_EQUAL: 3 } as const;
/** What it compares. */
export const TARGET = { VERSION: 0, CREATE: 1, MOD: 2, VALUE: 3 } as const;

export interface Compare {
  readonly result: number;
  readonly target: number;
  readonly key: Uint8Array;
  readonly range_end?: Uint8Array;
  readonly version?: number;
  readonly mod_revision?: number;
  readonly value?: Uint8Array;
}

export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}

export interface TxnResponse {
  readonly header: ResponseHeader;
  readonly succeeded: boolean;
  readonly responses: readonly ResponseOp[];
}

export interface WatchCall {
  readonly create_request: {
    readonly key: Uint8Array;
    readonly range_end: Uint8Array;
    readonly start_revision: number;
    /** Large revisions come in parts. */
    readonly fragment: boolean;
  };
}

export interface WatchEvent {
  /** 0: a put; 1: a deletion. */
  readonly type: number;
  readonly kv: KeyValue;
}

export interface WatchResponse {
  readonly header: ResponseHeader;
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compact_revision: number;
  readonly cancel_reason: string;
  readonly fragment: boolean;
  readonly events: readonly WatchEvent[];
}

/** Fields of a message: name, type, number; `repeated` before the type of a list. */
type Fields = readonly (readonly [name: string, type: string, id: number])[];

interface FieldDescription {
  type: string;
  id: number;
  rule?: 'repeated';
}

function message(fields: Fields, oneofs: Readonly<Record<string, readonly string[]>> = {}): object {
  const described: Record<string, FieldDescription> = {};
  for (const [name, type, id] of fields) {
    const isRepeated = type.startsWith('repeated ');
    described[name] = isRepeated
      ? { rule: 'repeated', type: type.slice('repeated '.length), id }
      : { type, id };
  }
  const unions = Object.entries(oneofs).map(([name, oneof]) => [name, { oneof }] as const);
  return { oneofs: Object.fromEntries(unions), fields: described };
}

const MVCC = {
  KeyValue: message([
    ['key', 'bytes', 1],
    ['create_revision', 'int64', 2],
    ['mod_revision', 'int64', 3],
    ['version', 'int64', 4],
    ['value', 'bytes', 5],
    ['lease', 'int64', 6],
  ]),
  Event: message([
    ['type', 'int32', 1],
    ['kv', 'KeyValue', 2],
  ]),
};

const SERVER = {
  ResponseHeader: message([
    ['cluster_id', 'uint64', 1],
    ['member_id', 'uint64', 2],
    ['revision', 'int64', 3],
    ['raft_term', 'uint64', 4],
  ]),
  RangeRequest: message([
    ['key', 'bytes', 1],
    ['range_end', 'bytes', 2],
    ['limit', 'int64', 3],
    ['revision', 'int64', 4],
    ['sort_order', 'int32', 5],
    ['serializable', 'bool', 7],
    ['keys_only', 'bool', 8],
    ['count_only', 'bool', 9],
  ]),
  RangeResponse: message([
    ['header', 'ResponseHeader', 1],
    ['kvs', 'repeated mvccpb.KeyValue', 2],
    ['more', 'bool', 3],
    ['count', 'int64', 4],
  ]),
  PutRequest: message([
    ['key', 'bytes', 1],
    ['value', 'bytes', 2],
    ['lease', 'int64', 3],
  ]),
  PutResponse: message([['header', 'ResponseHeader', 1]]),
  DeleteRangeRequest: message([
    ['key', 'bytes', 1],
    ['range_end', 'bytes', 2],
  ]),
  DeleteRangeResponse: message([
    ['header', 'ResponseHeader', 1],
    ['deleted', 'int64', 2],
  ]),
  RequestOp: message(
    [
      ['request_range', 'RangeRequest', 1],
      ['request_put', 'PutRequest', 2],
      ['request_delete_range', 'DeleteRangeRequest', 3],
    ],
    { request: ['request_range', 'request_put', 'request_delete_range'] },
  ),
  ResponseOp: message(
    [
      ['response_range', 'RangeResponse', 1],
      ['response_put', 'PutResponse', 2],
      ['response_delete_range', 'DeleteRangeResponse', 3],
    ],
    { response: ['response_range', 'response_put', 'response_delete_range'] },
  ),
  Compare: message(
    [
      ['result', 'int32', 1],
      ['target', 'int32', 2],
      ['key', 'bytes', 3],
      ['version', 'int64', 4],
      ['create_revision', 'int64', 5],
      ['mod_revision', 'int64', 6],
      ['value', 'bytes', 7],
      ['range_end', 'bytes', 64],
    ],
    { target_union: ['version', 'create_revision', 'mod_revision', 'value'] },
  ),
  TxnRequest: message([
    ['compare', 'repeated Compare', 1],
    ['success', 'repeated RequestOp', 2],
    ['failure', 'repeated RequestOp', 3],
  ]),
  TxnResponse: message([
    ['header', 'ResponseHeader', 1],
    ['succeeded', 'bool', 2],
    ['responses', 'repeated ResponseOp', 3],
  ]),
  WatchCreateRequest: message([
    ['key', 'bytes', 1],
    ['range_end', 'bytes', 2],
    ['start_revision', 'int64', 3],
    ['fragment', 'bool', 8],
  ]),
  WatchRequest: message([['create_request', 'WatchCreateRequest', 1]]),
  WatchResponse: message([
    ['header', 'ResponseHeader', 1],
    ['watch_id', 'int64', 2],
    ['created', 'bool', 3],
    ['canceled', 'bool', 4],
    ['compact_revision', 'int64', 5],
    ['cancel_reason', 'string', 6],
    ['fragment', 'bool', 7],
    ['events', 'repeated mvccpb.Event', 11],
  ]),
  KV: {
    methods: {
      Range: { requestType: 'RangeRequest', responseType: 'RangeResponse' },
      Txn: { requestType: 'TxnRequest', responseType: 'TxnResponse' },
    },
  },
  Watch: {
    methods: {
      Watch: {
        requestType: 'WatchRequest',
        requestStream: true,
        responseType: 'WatchResponse',
        responseStream: true,
      },
    },
  },
};

/** The description of the wire format, as `@grpc/proto-loader` takes it. */
export const DESCRIPTION: object = {
  nested: { etcdserverpb: { nested: SERVER }, mvccpb: { nested: MVCC } },
};

/** How it is read: names as they are, numbers of 64 bits as numbers, every field there. */
export const DESCRIPTION_OPTIONS: DescriptionOptions = {
  keepCase: true,
  longs: Number,
  defaults: true,
  oneofs: false,
};

interface DescriptionOptions {
  readonly keepCase: boolean;
  readonly longs: NumberConstructor;
  readonly defaults: boolean;
  readonly oneofs: boolean;
}
