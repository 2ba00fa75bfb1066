/**
 * The steps of a history, and how they are written down.
 *
 * Owns: what a history may do, its text form, and the bytes behind a key and a value in it.
 *
 * Layout: one step a line, words apart by blanks. A key is itself with every byte that is no letter,
 * digit, `:`, `_` or `.` as `%hh`, and `-` when it is empty. A value is `seed:size`. `sN` and `tN` name a
 * snapshot or a transaction by slot. Lines from `#` on are comments.
 *
 *      update os a 12     (by the function of salt 12, update.ts)
 *      put sync user:01 7:200              batch os put a 1:0 ; del b ; delRange gte=c lt=d
 *      put os user:01 7:200 ttl=50         wait 30       (the clock moves only by these)
 *      scan db async entries reverse limit=3 gte=a prefix=user: seek=2:b
 *      ingest user:01 7:200 user:02 8:10
 *      begin t1 sync snapshot      tx t1 put a 2:10      get t1 a b      commit t1
 *      begin t2 os pessimistic     lock t2 getForUpdate a      lock t2 range gte=a lt=c
 *      savepoint t1                rollbackTo t1 0       (the first savepoint that is left)
 *
 * A step that names a slot in which nothing is open does nothing, so any part of a history is a history.
 *
 * Suspension: every function here is synchronous.
 */
import { CRASH_MODES, type CrashMode } from '../support/crash-vfs.ts';
import { makeRandom } from '../support/prng.ts';

/** Bytes as text, one character a byte: the order of such strings is the order of keys. */
export type Key = string;
/** `seed:size`; `valueOf` makes the bytes. */
export type Value = string;

export interface Bounds {
  readonly gt?: Key;
  readonly gte?: Key;
  readonly lt?: Key;
  readonly lte?: Key;
  readonly prefix?: Key;
}

export type Durability = 'sync' | 'os';

export const TRANSACTION_MODES = [
  'snapshot',
  'serializable',
  'readOnly',
  'pessimistic',
  'pessimisticSerializable',
] as const;
export type TransactionMode = (typeof TRANSACTION_MODES)[number];

/** A row of a bulk load; keys ascend. */
export interface Row {
  readonly key: Key;
  readonly value: Value;
}

export type Write =
  | { readonly op: 'put'; readonly key: Key; readonly value: Value; readonly ttlMs?: number }
  | { readonly op: 'del'; readonly key: Key }
  /** By the function of the salt (update.ts). */
  | { readonly op: 'update'; readonly key: Key; readonly salt: number }
  | { readonly op: 'delRange'; readonly bounds: Bounds };

/** The source of a read: the database as it is, a snapshot or a transaction. */
export type View = 'db' | `s${number}` | `t${number}`;

export interface Seek {
  /** Rows taken before. */
  readonly after: number;
  readonly key: Key;
}

export interface ScanShape {
  readonly bounds: Bounds;
  readonly isReverse: boolean;
  readonly limit: number | undefined;
}

export const LOCK_KINDS = ['getForUpdate', 'key', 'range'] as const;
/** `key` and `getForUpdate` lock `bounds.gte`, `range` all of the bounds. */
export type LockKind = (typeof LOCK_KINDS)[number];
export const READ_KINDS = ['get', 'getSync', 'has', 'getMany', 'expiresAt'] as const;
export const STEP_KINDS = ['sync', 'async', 'nextMany'] as const;
export const ROW_KINDS = ['entries', 'keys', 'values'] as const;
export type ReadKind = (typeof READ_KINDS)[number];
export type StepKind = (typeof STEP_KINDS)[number];
export type RowKind = (typeof ROW_KINDS)[number];

export type Step =
  | { readonly do: 'write'; readonly durability: Durability; readonly write: Write }
  | { readonly do: 'batch'; readonly durability: Durability; readonly writes: readonly Write[] }
  | {
      readonly do: 'read';
      readonly kind: ReadKind;
      readonly view: View;
      readonly keys: readonly Key[];
    }
  | {
      readonly do: 'scan';
      readonly kind: StepKind;
      readonly rows: RowKind;
      readonly view: View;
      readonly shape: ScanShape;
      readonly seeks: readonly Seek[];
    }
  | { readonly do: 'snapshot'; readonly slot: number }
  | { readonly do: 'closeSnapshot'; readonly slot: number }
  | {
      readonly do: 'openScan';
      readonly slot: number;
      readonly view: View;
      readonly shape: ScanShape;
    }
  | {
      readonly do: 'stepScan';
      readonly slot: number;
      readonly kind: StepKind;
      readonly count: number;
    }
  | { readonly do: 'seekScan'; readonly slot: number; readonly key: Key }
  | { readonly do: 'closeScan'; readonly slot: number }
  | {
      readonly do: 'begin';
      readonly slot: number;
      readonly durability: Durability;
      readonly mode: TransactionMode;
    }
  | { readonly do: 'tx'; readonly slot: number; readonly write: Write }
  | {
      readonly do: 'lock';
      readonly slot: number;
      readonly kind: LockKind;
      readonly bounds: Bounds;
    }
  | { readonly do: 'savepoint'; readonly slot: number }
  | { readonly do: 'rollbackTo'; readonly slot: number; readonly index: number }
  | { readonly do: 'commit'; readonly slot: number }
  | { readonly do: 'rollback'; readonly slot: number }
  | { readonly do: 'together'; readonly steps: readonly Step[] }
  | { readonly do: 'ingest'; readonly rows: readonly Row[] }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'flush' }
  | { readonly do: 'compact'; readonly bounds: Bounds }
  | { readonly do: 'reopen' }
  | { readonly do: 'kill' }
  | { readonly do: 'crash'; readonly seed: number; readonly mode: CrashMode };

export function keyBytes(key: Key): Uint8Array {
  return new Uint8Array(Buffer.from(key, 'latin1'));
}

export function keyText(bytes: Uint8Array): Key {
  return Buffer.from(bytes).toString('latin1');
}

/** Even seeds give bytes that compress, odd ones bytes that do not. */
export function valueOf(value: Value): Uint8Array {
  const [seed = 0, size = 0] = value.split(':').map(Number);
  const random = makeRandom(seed);
  if (seed % 2 === 1) return random.bytes(size);
  const pattern = random.bytes(16);
  return Uint8Array.from({ length: size }, (_, i) => pattern[i % 16]! ^ ((i >> 8) & 0xff)); // i % 16 < 16
}

// Text

function encodeKey(key: Key): string {
  if (key === '') return '-';
  return key.replace(
    /[^A-Za-z0-9:_.]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

function decodeKey(text: string): Key {
  if (text === '-') return '';
  return text.replace(/%([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
}

const BOUND_NAMES = ['gt', 'gte', 'lt', 'lte', 'prefix'] as const;

function boundsWords(bounds: Bounds): string[] {
  return BOUND_NAMES.flatMap((name) => {
    const key = bounds[name];
    return key === undefined ? [] : [`${name}=${encodeKey(key)}`];
  });
}

function shapeWords({ bounds, isReverse, limit }: ScanShape): string[] {
  return [
    ...(isReverse ? ['reverse'] : []),
    ...(limit === undefined ? [] : [`limit=${limit}`]),
    ...boundsWords(bounds),
  ];
}

function writeWords(write: Write): string[] {
  if (write.op === 'put') {
    const ttl = write.ttlMs === undefined ? [] : [`ttl=${write.ttlMs}`];
    return ['put', encodeKey(write.key), write.value, ...ttl];
  }
  if (write.op === 'del') return ['del', encodeKey(write.key)];
  if (write.op === 'update') return ['update', encodeKey(write.key), `${write.salt}`];
  return ['delRange', ...boundsWords(write.bounds)];
}

export function printStep(step: Step): string {
  return wordsOf(step).join(' ');
}

function wordsOf(step: Step): (string | number)[] {
  switch (step.do) {
    case 'write': {
      const [op = '', ...rest] = writeWords(step.write);
      return [op, step.durability, ...rest];
    }
    case 'batch':
      return [
        'batch',
        step.durability,
        step.writes.map((w) => writeWords(w).join(' ')).join(' ; '),
      ];
    case 'read':
      return [step.kind, step.view, ...step.keys.map(encodeKey)];
    case 'scan': {
      const seeks = step.seeks.map(({ after, key }) => `seek=${after}:${encodeKey(key)}`);
      return ['scan', step.view, step.kind, step.rows, ...shapeWords(step.shape), ...seeks];
    }
    case 'openScan':
      return ['openScan', step.slot, step.view, ...shapeWords(step.shape)];
    case 'stepScan':
      return ['stepScan', step.slot, step.kind, step.count];
    case 'seekScan':
      return ['seekScan', step.slot, encodeKey(step.key)];
    case 'begin':
      return ['begin', `t${step.slot}`, step.durability, step.mode];
    case 'tx':
      return ['tx', `t${step.slot}`, ...writeWords(step.write)];
    case 'lock':
      return ['lock', `t${step.slot}`, step.kind, ...boundsWords(step.bounds)];
    case 'rollbackTo':
      return ['rollbackTo', `t${step.slot}`, step.index];
    case 'savepoint':
    case 'commit':
    case 'rollback':
      return [step.do, `t${step.slot}`];
    case 'snapshot':
    case 'closeSnapshot':
      return [step.do, `s${step.slot}`];
    case 'closeScan':
      return [step.do, step.slot];
    case 'together':
      return ['together', step.steps.map(printStep).join(' || ')];
    case 'ingest':
      return ['ingest', ...step.rows.flatMap(({ key, value }) => [encodeKey(key), value])];
    case 'compact':
      return ['compact', ...boundsWords(step.bounds)];
    case 'crash':
      return ['crash', step.seed, step.mode];
    case 'wait':
      return ['wait', step.ms];
    default:
      return [step.do];
  }
}

export function parseHistory(text: string): Step[] {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*$/, '').trim())
    .filter((line) => line !== '')
    .map(parseStep);
}

export function parseStep(line: string): Step {
  const [name = '', ...words] = line.split(/ +/);
  const [first = '', second = '', third = ''] = words;
  const slot = Number(first.replace(/^[st]/, ''));
  switch (name) {
    case 'put':
    case 'del':
    case 'update':
    case 'delRange':
      return {
        do: 'write',
        durability: oneOf(first, ['sync', 'os']),
        write: parseWrite([name, ...words.slice(1)]),
      };
    case 'batch': {
      const parts = words.slice(1).join(' ').split(' ; ');
      const writes = parts.filter((part) => part !== '').map((part) => parseWrite(part.split(' ')));
      return { do: 'batch', durability: oneOf(first, ['sync', 'os']), writes };
    }
    case 'get':
    case 'getSync':
    case 'has':
    case 'getMany':
    case 'expiresAt':
      return { do: 'read', kind: name, view: first as View, keys: words.slice(1).map(decodeKey) };
    case 'scan':
      return {
        do: 'scan',
        view: first as View,
        kind: oneOf(second, STEP_KINDS),
        rows: oneOf(third, ROW_KINDS),
        ...parseShape(words.slice(3)),
      };
    case 'openScan':
      return { do: name, slot, view: second as View, shape: parseShape(words.slice(2)).shape };
    case 'stepScan':
      return { do: name, slot, kind: oneOf(second, STEP_KINDS), count: Number(third) };
    case 'seekScan':
      return { do: name, slot, key: decodeKey(second) };
    case 'begin':
      return {
        do: name,
        slot,
        durability: oneOf(second, ['sync', 'os']),
        mode: oneOf(third, TRANSACTION_MODES),
      };
    case 'tx':
      return { do: name, slot, write: parseWrite(words.slice(1)) };
    case 'lock': {
      const { bounds } = parseShape(words.slice(2)).shape;
      return { do: name, slot, kind: oneOf(second, LOCK_KINDS), bounds };
    }
    case 'rollbackTo':
      return { do: name, slot, index: Number(second) };
    case 'snapshot':
    case 'closeSnapshot':
    case 'closeScan':
    case 'savepoint':
    case 'commit':
    case 'rollback':
      return { do: name, slot };
    case 'together':
      return { do: name, steps: words.join(' ').split(' || ').map(parseStep) };
    case 'ingest':
      return { do: name, rows: parseRows(words) };
    case 'compact':
      return { do: name, bounds: parseShape(words).shape.bounds };
    case 'crash':
      return { do: name, seed: Number(first), mode: oneOf(second, CRASH_MODES) };
    case 'wait':
      return { do: name, ms: Number(first) };
    case 'flush':
    case 'reopen':
    case 'kill':
      return { do: name };
    default:
      throw new Error(`No such step: ${line}`);
  }
}

function parseWrite([op = '', ...words]: readonly string[]): Write {
  const [key = '', value = '', ttl] = words;
  if (op === 'put') {
    const expiry = ttl === undefined ? {} : { ttlMs: Number(ttl.replace('ttl=', '')) };
    return { op, key: decodeKey(key), value, ...expiry };
  }
  if (op === 'del') return { op, key: decodeKey(key) };
  if (op === 'update') return { op, key: decodeKey(key), salt: Number(value) };
  if (op === 'delRange') return { op, bounds: parseShape(words).shape.bounds };
  throw new Error(`No such write: ${op}`);
}

function parseRows(words: readonly string[]): Row[] {
  const rows: Row[] = [];
  for (let i = 0; i + 1 < words.length; i += 2) {
    rows.push({ key: decodeKey(words[i]!), value: words[i + 1]! }); // i + 1 < length
  }
  return rows;
}

function parseShape(words: readonly string[]): { shape: ScanShape; seeks: Seek[] } {
  const bounds: { -readonly [N in keyof Bounds]: Key } = {};
  const seeks: Seek[] = [];
  let isReverse = false;
  let limit: number | undefined;
  for (const word of words) {
    const [name = '', ...rest] = word.split('=');
    const text = rest.join('=');
    if (name === 'reverse') isReverse = true;
    else if (name === 'limit') limit = Number(text);
    else if (name === 'seek') {
      const colon = text.indexOf(':');
      seeks.push({ after: Number(text.slice(0, colon)), key: decodeKey(text.slice(colon + 1)) });
    } else bounds[oneOf(name, BOUND_NAMES)] = decodeKey(text);
  }
  return { shape: { bounds, isReverse, limit }, seeks };
}

function oneOf<T extends string>(word: string, words: readonly T[]): T {
  const found = words.find((each) => each === word);
  if (found === undefined) throw new Error(`Expected one of ${words.join(', ')}: found=${word}`);
  return found;
}
