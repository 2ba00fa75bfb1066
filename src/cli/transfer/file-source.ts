/**
 * Reading an export, or lines of entries, from a file or from standard input.
 *
 * Owns: which of the formats it is, and byte offsets as positions. Memory is bounded by one chunk and the longest line
 * or block.
 *
 * Invariants:
 *   file-source/whole-units: a position lies after a whole line or block. An export that ends within one is cut short,
 *       which is an error, and nothing of the rest is taken for data.
 *
 * Suspension: the streams suspend for each piece of the file.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

import { CorruptionError, IoError, systemCodeOf } from '../../base/errors.ts';
import { bufferOf } from '../../bytes/bytes.ts';
import type { Forms } from '../../text/text-form.ts';
import {
  BLOCK_HEAD_SIZE_BYTES,
  checkMagic,
  DUMP_MAGIC,
  itemOf,
  payloadLengthOf,
} from './dump-format.ts';
import { EntryChunk, type PlacedItem, type TransferHeader } from './items.ts';
import { entryOf, formsOfKeyspace, type LinePlace, parseLine } from './json-lines.ts';

/** Where reading goes on. */
export interface FilePosition {
  readonly offset: number;
  /** The keyspace that the offset lies in; undefined outside of one. */
  readonly keyspace: string | undefined;
}

/** Standard input, in place of a path. */
export const STANDARD_INPUT = '-';
const NAME_OF_INPUT = 'standard input';
const LINE_FEED = 10;

/** What the beginning of a file tells. */
export interface FileHead {
  readonly format: 'dump' | 'lines';
  /** Undefined for lines without a header. */
  readonly header: TransferHeader | undefined;
  /** The same for the same file, unlike those of others. */
  readonly fingerprint: string;
}

/** A file, from its beginning to its end, once. */
export class FileReader {
  readonly name: string;
  /** Written by readHead: lines that somebody wrote may lack the last line feed, those of an export may not. */
  mustEndLines = true;
  readonly #pieces: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);
  /** Of the first byte in `held`. */
  #offset = 0;
  #isAtEnd = false;

  constructor(path: string) {
    this.name = path === STANDARD_INPUT ? NAME_OF_INPUT : path;
    const stream = path === STANDARD_INPUT ? process.stdin : createReadStream(path);
    this.#pieces = (stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  }

  get offset(): number {
    return this.#offset;
  }

  /** The next `count` bytes without passing over them; fewer at the end. */
  async peek(count: number): Promise<Buffer> {
    if (this.#held.length < count) {
      const pieces: Uint8Array[] = [this.#held];
      let length = this.#held.length;
      while (length < count) {
        const piece = await this.#next();
        if (piece === undefined) break;
        pieces.push(piece);
        length += piece.length;
      }
      this.#held = Buffer.concat(pieces, length);
    }
    return this.#held.subarray(0, count);
  }

  /** The next `count` bytes; fewer at the end. */
  async take(count: number): Promise<Buffer> {
    const bytes = await this.peek(count);
    this.#held = this.#held.subarray(bytes.length);
    this.#offset += bytes.length;
    return bytes;
  }

  /** The next line without its line feed; undefined at the end. Throws CorruptionError for one without (file-source/whole-units). */
  async line(): Promise<Buffer | undefined> {
    let end = this.#held.indexOf(LINE_FEED);
    if (end < 0) {
      const pieces: Uint8Array[] = [this.#held];
      let length = this.#held.length;
      while (end < 0) {
        const piece = await this.#next();
        if (piece === undefined) break;
        const found = piece.indexOf(LINE_FEED);
        if (found >= 0) end = length + found;
        pieces.push(piece);
        length += piece.length;
      }
      this.#held = Buffer.concat(pieces, length);
    }
    if (end < 0) {
      if (this.#held.length === 0) return undefined;
      if (this.mustEndLines) throw cutShort(this.name, this.#offset);
      return this.take(this.#held.length);
    }
    const line = this.#held.subarray(0, end);
    this.#held = this.#held.subarray(end + 1);
    this.#offset += end + 1;
    return line;
  }

  /** Passes over everything before `offset`. */
  async skipTo(offset: number): Promise<void> {
    const stepSizeBytes = 64 * 1024;
    while (this.#offset < offset) {
      const taken = await this.take(Math.min(offset - this.#offset, stepSizeBytes));
      if (taken.length === 0) throw cutShort(this.name, this.#offset);
    }
  }

  async close(): Promise<void> {
    this.#isAtEnd = true;
    await this.#pieces.return?.();
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#isAtEnd) return undefined;
    try {
      const step: IteratorResult<Uint8Array, unknown> = await this.#pieces.next();
      if (step.done !== true) return step.value;
    } catch (error) {
      const code = systemCodeOf(error);
      if (code === undefined) throw error;
      throw new IoError(`File cannot be read: path=${this.name}`, { cause: error });
    }
    this.#isAtEnd = true;
    return undefined;
  }
}

function cutShort(file: string, offset: number): CorruptionError {
  return new CorruptionError('File is cut short', { file, offset });
}

/** Looks at the beginning, and leaves the reader there. */
export async function readHead(reader: FileReader): Promise<FileHead> {
  const start = await reader.peek(DUMP_MAGIC.length);
  if (start.equals(DUMP_MAGIC)) {
    const head = (await reader.peek(DUMP_MAGIC.length + BLOCK_HEAD_SIZE_BYTES)).subarray(8);
    if (head.length < BLOCK_HEAD_SIZE_BYTES) throw cutShort(reader.name, 0);
    const length = payloadLengthOf(head, reader.name, DUMP_MAGIC.length);
    const all = await reader.peek(DUMP_MAGIC.length + BLOCK_HEAD_SIZE_BYTES + length);
    const payload = all.subarray(DUMP_MAGIC.length + BLOCK_HEAD_SIZE_BYTES);
    if (payload.length < length) throw cutShort(reader.name, 0);
    const item = itemOf(head, payload, reader.name, DUMP_MAGIC.length);
    if (item.kind !== 'header') {
      throw new CorruptionError('Dump has no header', { file: reader.name, offset: 8 });
    }
    return { format: 'dump', header: item.header, fingerprint: `export:${item.header.id}` };
  }
  const line = await peekLine(reader);
  const parsed = line.length === 0 ? undefined : parseLine(line.toString('utf8'), at(reader, 0));
  if (parsed?.kind === 'header') {
    const { header } = parsed;
    return { format: 'lines', header, fingerprint: `export:${header.id}` };
  }
  reader.mustEndLines = false;
  const digest = createHash('sha256').update(line).digest('hex');
  return { format: 'lines', header: undefined, fingerprint: `lines:${digest}` };
}

async function peekLine(reader: FileReader): Promise<Buffer> {
  for (let size = 4096; ; size *= 2) {
    const bytes = await reader.peek(size);
    const end = bytes.indexOf(LINE_FEED);
    if (end >= 0) return bytes.subarray(0, end);
    if (bytes.length < size) return bytes;
  }
}

const at = (reader: FileReader, offset: number): LinePlace => ({ file: reader.name, offset });

/** The items from the reader's place on. `forms` are those of lines outside of a keyspace. */
export function itemsOf(
  reader: FileReader,
  { format, header }: FileHead,
  from: FilePosition,
  forms: Forms,
): AsyncGenerator<PlacedItem, void> {
  if (format === 'dump') return dumpItems(reader, from);
  const keyspace = header?.keyspaces.find(({ name }) => name === from.keyspace);
  return lineItems(reader, from, keyspace === undefined ? forms : formsOfKeyspace(keyspace));
}

async function* dumpItems(
  reader: FileReader,
  { offset, keyspace: begun }: FilePosition,
): AsyncGenerator<PlacedItem, void> {
  if (offset === 0) checkMagic(await reader.take(DUMP_MAGIC.length), reader.name);
  let keyspace = begun;
  for (;;) {
    const start = reader.offset;
    const head = Buffer.from(await reader.take(BLOCK_HEAD_SIZE_BYTES));
    if (head.length === 0) return;
    if (head.length < BLOCK_HEAD_SIZE_BYTES) throw cutShort(reader.name, start);
    const length = payloadLengthOf(head, reader.name, start);
    const payload = await reader.take(length);
    if (payload.length < length) throw cutShort(reader.name, start);
    const item = itemOf(head, payload, reader.name, start);
    if (item.kind === 'keyspace') keyspace = item.keyspace.name;
    if (item.kind === 'end') keyspace = undefined;
    yield { item, position: { offset: reader.offset, keyspace } };
  }
}

async function* lineItems(
  reader: FileReader,
  { keyspace: begun }: FilePosition,
  givenForms: Forms,
): AsyncGenerator<PlacedItem, void> {
  const chunk = new EntryChunk();
  let forms = givenForms;
  let keyspace = begun;
  for (;;) {
    const start = reader.offset;
    const bytes = await reader.line();
    if (bytes === undefined) break;
    if (bytes.length === 0) continue;
    const place = at(reader, start);
    const parsed = parseLine(bufferOf(bytes).toString('utf8'), place);
    if (parsed.kind === 'entry') {
      chunk.add(entryOf(parsed, forms, place));
      if (chunk.isFull) yield { item: chunk.take(), position: { offset: reader.offset, keyspace } };
      continue;
    }
    if (!chunk.isEmpty) yield { item: chunk.take(), position: { offset: start, keyspace } };
    if (parsed.kind === 'keyspace') {
      keyspace = parsed.keyspace.name;
      forms = formsOfKeyspace(parsed.keyspace);
    }
    if (parsed.kind === 'end') keyspace = undefined;
    yield { item: parsed, position: { offset: reader.offset, keyspace } };
  }
  if (!chunk.isEmpty) yield { item: chunk.take(), position: { offset: reader.offset, keyspace } };
}
