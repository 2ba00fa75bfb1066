/**
 * Where an export is written: a file, or standard output.
 *
 * Owns: the file while it is not whole, which is `FILE.partial`, and going on with one that a run left.
 *
 * Invariants:
 *   export-target/whole-or-absent: a file has its own name only once all of it is synced. A power cut before leaves
 *       `FILE.partial`, and nothing of the name: a file that is there at the start refuses the export.
 *   export-target/goes-on: what a run left is kept up to its last whole line or block, if the database has not changed
 *       since. Otherwise the export begins anew.
 *
 * Suspension: each call waits for its write; calls do not overlap.
 */
import { existsSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';

import { CorruptionError, IncompatibleFormatError } from '../../base/errors.ts';
import { UsageError } from '../../programs/outcome.ts';
import { writeOut } from '../output.ts';
import type { Forms } from '../../text/text-form.ts';
import { Tally } from '../../migrate/tally.ts';
import { AT_THE_BEGINNING, type ExportPlace } from './database-source.ts';
import { blockOf, DUMP_MAGIC } from './dump-format.ts';
import { FileReader, itemsOf, readHead } from './file-source.ts';
import { type TransferHeader, type TransferItem } from './items.ts';
import { formsOfKeyspace, linesOf } from './json-lines.ts';
import { publishFile } from './publish-file.ts';

export type ExportFormat = 'lines' | 'dump';

/** Takes the items of an export, the header first. */
export interface ExportTarget {
  /** Where to go on; undefined: with the header. */
  readonly resumed: { readonly header: TransferHeader; readonly place: ExportPlace } | undefined;
  write(item: TransferItem): Promise<void>;
  /** Everything is written. */
  finish(): Promise<void>;
  /** Ends without that. What is written of a file stays. Idempotent. */
  close(): Promise<void>;
}

/** Makes the bytes of items. */
class ItemEncoder {
  readonly #format: ExportFormat;
  #forms: Forms = { key: 'utf8', value: 'utf8' };

  constructor(format: ExportFormat) {
    this.#format = format;
  }

  enter(header: TransferHeader, name: string | undefined): void {
    const keyspace = header.keyspaces.find((each) => each.name === name);
    if (keyspace !== undefined) this.#forms = formsOfKeyspace(keyspace);
  }

  encode(item: TransferItem): Uint8Array {
    if (item.kind === 'keyspace') this.#forms = formsOfKeyspace(item.keyspace);
    if (this.#format === 'lines') return Buffer.from(linesOf(item, this.#forms), 'utf8');
    const block = blockOf(item);
    return item.kind === 'header' ? Buffer.concat([DUMP_MAGIC, block]) : block;
  }
}

export function standardOutput(format: ExportFormat): ExportTarget {
  const encoder = new ItemEncoder(format);
  return {
    resumed: undefined,
    write: (item) => writeOut(encoder.encode(item)),
    finish: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** A file, which goes on where a run of the same export left it. Throws UsageError when the file is there. */
export async function fileTarget(
  path: string,
  format: ExportFormat,
  header: TransferHeader,
): Promise<ExportTarget> {
  if (existsSync(path)) throw new UsageError(`File is there already: '${path}'`);
  const partial = `${path}.partial`;
  const left = existsSync(partial) ? await leftBy(partial, format, header) : undefined;
  const file = await open(partial, left === undefined ? 'w' : 'r+');
  const encoder = new ItemEncoder(format);
  let position = 0;
  if (left !== undefined) {
    position = left.offset;
    await file.truncate(position);
    encoder.enter(left.header, left.place.begun?.name);
  }
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await file.close();
  };
  return {
    resumed: left,
    async write(item) {
      const bytes = encoder.encode(item);
      await writeAll(file, bytes, position);
      position += bytes.length;
    },
    async finish() {
      await file.sync();
      await close();
      publishFile(partial, path, dirname(path));
    },
    close,
  };
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

interface Left {
  readonly header: TransferHeader;
  readonly place: ExportPlace;
  readonly offset: number;
}

/** What a run left, up to its last whole unit; undefined when it is of no use (export-target/goes-on). */
async function leftBy(
  path: string,
  format: ExportFormat,
  wanted: TransferHeader,
): Promise<Left | undefined> {
  const reader = new FileReader(path);
  let left: Left | undefined;
  try {
    const head = await readHead(reader);
    const { header } = head;
    if (header === undefined || head.format !== format || !isSame(header, wanted)) return undefined;
    const forms: Forms = { key: 'utf8', value: 'utf8' };
    const items = itemsOf(reader, head, { offset: 0, keyspace: undefined }, forms);
    let place = AT_THE_BEGINNING;
    for await (const { item, position } of items) {
      if (item.kind === 'done') break;
      place = placeAfter(place, item);
      left = { header, place, offset: (position as { offset: number }).offset };
    }
  } catch (error) {
    const isEnd = error instanceof CorruptionError || error instanceof IncompatibleFormatError;
    if (!isEnd) throw error;
  } finally {
    await reader.close();
  }
  return left;
}

/** Of the same commits and keyspaces of the same database: only the id is another. */
function isSame(left: TransferHeader, wanted: TransferHeader): boolean {
  return JSON.stringify({ ...left, id: '' }) === JSON.stringify({ ...wanted, id: '' });
}

function placeAfter(place: ExportPlace, item: TransferItem): ExportPlace {
  switch (item.kind) {
    case 'keyspace': {
      const begun = { name: item.keyspace.name, tally: new Tally(), lastKey: undefined };
      return { ...place, begun };
    }
    case 'entries': {
      const { begun } = place;
      if (begun === undefined) return place;
      for (const entry of item.entries) begun.tally.add(entry);
      return { ...place, begun: { ...begun, lastKey: item.entries.at(-1)?.key } };
    }
    case 'end':
      return {
        done: [...place.done, item],
        doneCount: place.doneCount + item.entryCount,
        begun: undefined,
      };
    case 'header':
    case 'done':
      return place;
  }
}
