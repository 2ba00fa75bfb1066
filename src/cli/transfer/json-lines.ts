/**
 * An export as JSON Lines (docs/formats/export.md).
 *
 * Owns: the lines. An entry is the line that `varve scan --json` prints, with the time at which it expires if it does.
 * So the output of a scan is read like an export without header and ends.
 *
 * Invariants:
 *   json-lines/exact: an entry reads back as the same bytes. Where text, JSON or a tuple would not, it is base64.
 *
 * Suspension: everything here is synchronous.
 */
import { CorruptionError, IncompatibleFormatError } from '../../base/errors.ts';
import { equalBytes } from '../../bytes/bytes.ts';
import { UsageError } from '../../programs/outcome.ts';
import {
  bytesToJson,
  type Forms,
  formsIn,
  parseBytes,
  type TextForm,
} from '../../text/text-form.ts';
import type { TransferKeyspace } from '../../migrate/keyspace-copy.ts';
import type { TransferEntry } from '../../migrate/tally.ts';
import {
  doneFrom,
  endFrom,
  fieldsOf,
  headerFrom,
  keyspaceFrom,
  type TransferItem,
  TRANSFER_VERSION,
} from './items.ts';

/** A value that is larger has no room in one text of JavaScript. */
const TEXT_SIZE_BYTES_MAX = 256 * 1024 * 1024;

export function formsOfKeyspace({ keyEncoding, valueEncoding }: TransferKeyspace): Forms {
  return formsIn({ keyEncoding, valueEncoding }, 'utf8');
}

/** The lines of one item, with their line feeds. */
export function linesOf(item: TransferItem, forms: Forms): string {
  switch (item.kind) {
    case 'header':
      return line({ varve: 'export', ...item.header });
    case 'keyspace':
      return line({ keyspace: item.keyspace });
    case 'entries':
      return item.entries.map((entry) => line(entryToJson(entry, forms))).join('');
    case 'end': {
      const { name, entryCount, checksum } = item;
      return line({ end: { keyspace: name, entries: entryCount, checksum } });
    }
    case 'done':
      return line({ done: { keyspaces: item.keyspaceCount, entries: item.entryCount } });
  }
}

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

function entryToJson({ key, value, expiresAt }: TransferEntry, forms: Forms): unknown {
  const json = { key: exactly(key, forms.key), value: exactly(value, forms.value) };
  return expiresAt === Infinity ? json : { ...json, expiresAt };
}

/** json-lines/exact. */
function exactly(bytes: Uint8Array, form: TextForm): unknown {
  if (bytes.length > TEXT_SIZE_BYTES_MAX) {
    throw new UsageError(
      `Value is too large for JSON Lines, use --format dump: size=${bytes.length}`,
    );
  }
  const json = bytesToJson(bytes, form);
  if (form === 'utf8') return json; // its two forms are a text and an object
  try {
    if (equalBytes(bytesFrom(json, form), bytes)) return json;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
  }
  return { base64: bytesToJson(bytes, 'base64') };
}

/** The bytes of a key or a value. Throws UsageError for what the form does not have. */
function bytesFrom(json: unknown, form: TextForm): Uint8Array {
  const { base64, ...others } = fieldsOf(json);
  if (typeof base64 === 'string' && Object.keys(others).length === 0) {
    return parseBytes(base64, 'base64');
  }
  if (form === 'json' || form === 'tuple') return parseBytes(JSON.stringify(json), form);
  if (typeof json !== 'string') {
    throw new UsageError(`Not a text: found=${JSON.stringify(json)}; JSON needs --values json`);
  }
  return parseBytes(json, form);
}

/** Where a line came from, for errors. */
export interface LinePlace {
  readonly file: string;
  readonly offset: number;
}

/** One line, parsed. */
export type ParsedLine =
  | {
      readonly kind: 'entry';
      readonly key: unknown;
      readonly value: unknown;
      readonly expiresAt: number;
    }
  | Exclude<TransferItem, { readonly kind: 'entries' }>;

/** Throws CorruptionError for a line that is none of an export, IncompatibleFormatError for a newer one. */
export function parseLine(text: string, { file, offset }: LinePlace): ParsedLine {
  const fields = fieldsOf(jsonOf(text, file, offset));
  if ('key' in fields && 'value' in fields) {
    const { key, value, expiresAt = Infinity } = fields;
    if (typeof expiresAt !== 'number') throw notALine(file, offset);
    return { kind: 'entry', key, value, expiresAt };
  }
  if (fields['varve'] === 'export') {
    const { version } = fields;
    if (typeof version === 'number' && version > TRANSFER_VERSION) {
      throw new IncompatibleFormatError(
        `Export is of a newer version: version=${version} known=${TRANSFER_VERSION}`,
      );
    }
    return { kind: 'header', header: headerFrom(fields, file, offset) };
  }
  if ('keyspace' in fields) {
    return { kind: 'keyspace', keyspace: keyspaceFrom(fields['keyspace'], file, offset) };
  }
  if ('end' in fields) return endFrom(fields['end'], file, offset) as ParsedLine;
  if ('done' in fields) return doneFrom(fields['done'], file, offset) as ParsedLine;
  throw notALine(file, offset);
}

/** The entry of a line, in the forms of its keyspace. Throws CorruptionError, with the place. */
export function entryOf(
  { key, value, expiresAt }: Extract<ParsedLine, { kind: 'entry' }>,
  forms: Forms,
  { file, offset }: LinePlace,
): TransferEntry {
  try {
    return { key: bytesFrom(key, forms.key), value: bytesFrom(value, forms.value), expiresAt };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new CorruptionError(error.message, { file, offset, cause: error });
  }
}

function jsonOf(text: string, file: string, offset: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CorruptionError('Line is no JSON', { file, offset, cause: error });
  }
}

function notALine(file: string, offset: number): CorruptionError {
  return new CorruptionError(
    'Line is no part of an export: expected {"key": ..., "value": ...} or a line that varve export writes',
    { file, offset },
  );
}
