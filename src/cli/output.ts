/**
 * Printing: the only place of the command that writes to standard output and standard error.
 *
 * Owns: waiting for a slow reader, noticing one that has gone, the shape of JSON and of errors, and how numbers look.
 *
 * Invariants:
 *   output/waits-for-the-stream: a write resolves when the stream has taken the bytes, so that a scan holds at most
 *       one chunk in memory.
 *   output/reader-gone: when the reader has gone, the write that notices throws BrokenPipeError. The command then
 *       unwinds through its `finally` blocks and ends with status 0.
 */
import { InvalidArgumentError, StorageError, systemCodeOf, UniqueError } from '../base/errors.ts';
import { describe } from '../base/describe.ts';
import { describeKey } from '../bytes/bytes.ts';
import { BrokenPipeError } from '../programs/outcome.ts';
import { safeJson, safeText } from './terminal-text.ts';
import { bytesToJson } from './text-form.ts';

/** Bytes collected before they are written; one pipe buffer on Linux. */
const CHUNK_SIZE_BYTES = 64 * 1024;

/** Without a listener a broken pipe is an uncaught exception; the write itself reports it (output/reader-gone). */
export function guardStandardStreams(): void {
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
}

export function writeOut(chunk: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(chunk, (error) => {
      if (error === null || error === undefined) resolve();
      else if (isGone(error)) reject(new BrokenPipeError('Nobody reads the output'));
      else reject(error);
    });
  });
}

function isGone(error: Error): boolean {
  const code = systemCodeOf(error);
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || code === 'EOF';
}

export function printLine(text: string): Promise<void> {
  return writeOut(`${text}\n`);
}

/** True when a person reads standard output, and a terminal obeys what is in it. */
export function isTerminal(): boolean {
  return process.stdout.isTTY;
}

/** One JSON value on one line. */
export function printJson(value: unknown): Promise<void> {
  return printLine(safeJson(value));
}

/** A report on standard error, when standard output has the data: text, or an object as JSON. */
export function printNote(note: string | object): void {
  const text = typeof note === 'string' ? safeText(note) : safeJson(note);
  process.stderr.write(`${text}\n`);
}

/** Collects small pieces into chunks. Call `flush` when `isFull`, and at the end. */
export class ChunkWriter {
  #pieces: Uint8Array[] = [];
  #sizeBytes = 0;

  get isFull(): boolean {
    return this.#sizeBytes >= CHUNK_SIZE_BYTES;
  }

  add(piece: Uint8Array | string): void {
    const bytes = typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece;
    this.#pieces.push(bytes);
    this.#sizeBytes += bytes.length;
  }

  async flush(): Promise<void> {
    if (this.#sizeBytes === 0) return;
    const chunk = Buffer.concat(this.#pieces, this.#sizeBytes);
    this.#pieces = [];
    this.#sizeBytes = 0;
    await writeOut(chunk);
  }
}

/** An error as JSON: its stable code, its message, and the facts that its class carries. */
export function errorToJson(error: unknown): Record<string, unknown> {
  const json: Record<string, unknown> = { code: codeOf(error), message: messageOf(error) };
  for (const name of ['path', 'file', 'offset', 'outcome', 'systemCode', 'keyspace'] as const) {
    const fact: unknown = error instanceof StorageError ? Reflect.get(error, name) : undefined;
    if (fact !== undefined) json[name] = fact;
  }
  const key: unknown = error instanceof StorageError ? Reflect.get(error, 'key') : undefined;
  if (key instanceof Uint8Array) json['key'] = bytesToJson(key, 'utf8');
  if (error instanceof StorageError && error.cause instanceof Error) {
    json['cause'] = error.cause.message;
  }
  if (error instanceof UniqueError) {
    json['index'] = error.index;
    json['values'] = error.values.map((value) => (isJsonValue(value) ? value : describe(value)));
    json['key'] = error.key instanceof Uint8Array ? bytesToJson(error.key, 'utf8') : error.key;
  }
  return json;
}

function isJsonValue(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

export function codeOf(error: unknown): string {
  if (error instanceof StorageError) return error.code;
  if (!(error instanceof Error)) return 'INTERNAL';
  const isUsage = error.name === 'UsageError' || error.name === 'CommanderError';
  return isUsage ? 'USAGE' : (systemCodeOf(error) ?? 'INTERNAL');
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof UniqueError) {
    const values = error.values.map((value) => describe(value)).join(', ');
    const key = Array.isArray(error.key) ? JSON.stringify(error.key) : describeKey(error.keyBytes);
    return `${error.message} values=[${values}] key=${key}`;
  }
  return error.message.replace(/^error: /, '');
}

/** Says on standard error what went wrong. An unforeseen error brings its stack: it is a bug to be reported. */
export function printError(error: unknown, isJson: boolean): void {
  if (isJson) {
    process.stderr.write(`${safeJson({ error: errorToJson(error) })}\n`);
    return;
  }
  const code = codeOf(error);
  const isExpected = error instanceof StorageError || code !== 'INTERNAL';
  const detail = !isExpected && error instanceof Error ? `\n${error.stack ?? ''}` : '';
  const label = code === 'USAGE' ? '' : `${code}: `;
  process.stderr.write(safeText(`varve: ${label}${messageOf(error)}${detail}\n`));
  if (code === 'USAGE' && !(error instanceof InvalidArgumentError)) {
    process.stderr.write('Add --help for the options and examples.\n');
  }
}
