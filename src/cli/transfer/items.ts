/**
 * What moves between a database and a file: the parts of an export, in their order.
 *
 *   header                          which database, as of which commit, and its keyspaces
 *   for each keyspace:
 *     keyspace                      begins it
 *     entries ...                   chunks, in key order
 *     end                           how many there were, and their checksum
 *   done                            nothing follows
 *
 * Owns: these shapes, and how much a chunk holds. A source that is no export gives keyspaces and entries alone.
 *
 * Suspension: everything here is synchronous.
 */
import { CorruptionError } from '../../base/errors.ts';
import type { TransferKeyspace } from '../../migrate/keyspace-copy.ts';
import type { TransferEntry } from '../../migrate/tally.ts';

/** Version of both file formats. Persisted. */
export const TRANSFER_VERSION = 1;

/** Where an import keeps its progress. No export has it. Persisted. */
export const IMPORT_KEYSPACE = 'varve.import';

/** A chunk is closed at so many entries or bytes. An entry that is larger is a chunk alone. */
export const CHUNK_COUNT_MAX = 1000;
export const CHUNK_SIZE_BYTES: number = 1024 * 1024;

export interface TransferHeader {
  readonly version: number;
  /** Unlike that of any other export. */
  readonly id: string;
  readonly databaseId: string;
  /** The last commit that is in it. */
  readonly sequence: number;
  readonly keyspaces: readonly TransferKeyspace[];
}

/** Where a source goes on after an item. JSON, and the source's own: a byte offset, or the last key. */
export type Position = unknown;

export type TransferItem =
  | { readonly kind: 'header'; readonly header: TransferHeader }
  | { readonly kind: 'keyspace'; readonly keyspace: TransferKeyspace }
  | { readonly kind: 'entries'; readonly entries: readonly TransferEntry[] }
  | {
      readonly kind: 'end';
      readonly name: string;
      readonly entryCount: number;
      readonly checksum: string;
    }
  | { readonly kind: 'done'; readonly keyspaceCount: number; readonly entryCount: number };

/** An item, and where the source goes on after it. */
export interface PlacedItem {
  readonly item: TransferItem;
  readonly position: Position;
}

/** Collects entries into chunks. */
export class EntryChunk {
  #entries: TransferEntry[] = [];
  #sizeBytes = 0;

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  get isFull(): boolean {
    return this.#entries.length >= CHUNK_COUNT_MAX || this.#sizeBytes >= CHUNK_SIZE_BYTES;
  }

  add(entry: TransferEntry): void {
    this.#entries.push(entry);
    this.#sizeBytes += entry.key.length + entry.value.length;
  }

  /** What was collected; empty afterwards. */
  takeEntries(): readonly TransferEntry[] {
    const entries = this.#entries;
    this.#entries = [];
    this.#sizeBytes = 0;
    return entries;
  }

  /** The same as an item. */
  take(): TransferItem {
    return { kind: 'entries', entries: this.takeEntries() };
  }
}

/** The header that parsed JSON is. Throws CorruptionError. */
export function headerFrom(json: unknown, file: string, offset: number): TransferHeader {
  const fields = fieldsOf(json);
  const keyspaces = fields['keyspaces'];
  const { version, id, databaseId, sequence } = fields;
  const isWhole =
    typeof version === 'number' &&
    typeof id === 'string' &&
    typeof databaseId === 'string' &&
    typeof sequence === 'number' &&
    Array.isArray(keyspaces);
  if (!isWhole) throw malformed('header', file, offset);
  return {
    version,
    id,
    databaseId,
    sequence,
    keyspaces: keyspaces.map((keyspace) => keyspaceFrom(keyspace, file, offset)),
  };
}

/** The keyspace that parsed JSON is. Throws CorruptionError. */
export function keyspaceFrom(json: unknown, file: string, offset: number): TransferKeyspace {
  if (typeof fieldsOf(json)['name'] !== 'string') throw malformed('keyspace', file, offset);
  return json as TransferKeyspace; // the calls that are given the rest of it check it
}

/** The end of a keyspace that parsed JSON is. Throws CorruptionError. */
export function endFrom(json: unknown, file: string, offset: number): TransferItem {
  const { keyspace: name, entries: entryCount, checksum } = fieldsOf(json);
  const isWhole =
    typeof name === 'string' && typeof entryCount === 'number' && typeof checksum === 'string';
  if (!isWhole) throw malformed('end of a keyspace', file, offset);
  return { kind: 'end', name, entryCount, checksum };
}

/** The end of an export that parsed JSON is. Throws CorruptionError. */
export function doneFrom(json: unknown, file: string, offset: number): TransferItem {
  const { keyspaces: keyspaceCount, entries: entryCount } = fieldsOf(json);
  if (typeof keyspaceCount !== 'number' || typeof entryCount !== 'number') {
    throw malformed('end of the export', file, offset);
  }
  return { kind: 'done', keyspaceCount, entryCount };
}

/** The fields of parsed JSON; none for what is no object. */
export function fieldsOf(json: unknown): Record<string, unknown> {
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
  return isObject ? (json as Record<string, unknown>) : {};
}

function malformed(what: string, file: string, offset: number): CorruptionError {
  return new CorruptionError(`Malformed ${what} of an export`, { file, offset });
}
