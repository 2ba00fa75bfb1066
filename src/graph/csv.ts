/**
 * A graph as two texts of comma-separated values, one of nodes and one of edges.
 *
 *      id,labels,name,born:json             id,from,to,type,since:json
 *      1,Person;Author,Ada,1815             3,1,2,KNOWS,2020
 *
 * Owns: the texts, both ways, by RFC 4180: cells with a comma, a quote or a line end are quoted, and quotes doubled.
 *
 * A column is text, or JSON when its name ends with `:json` (text-values.ts). An empty cell is no value, a quoted empty one
 * the empty text. Labels are divided by semicolons; one with a semicolon or a backslash has a backslash before it. Other
 * tools' texts need the columns `id`, or `from`, `to` and `type`; `labels` may be missing.
 *
 * Invariants:
 *   csv/back: nodes and edges that were exported are imported again as they were.
 *
 * Suspension: lots suspend. An export reads twice, first for the names of the columns, in one view.
 */
import { InvalidArgumentError } from '../index.ts';
import { ImportError } from './graph-errors.ts';
import { inLots, type Lots, mustGoOn } from './graph-stream.ts';
import type { ImportedItem } from './import.ts';
import type { ReadView } from './read-view.ts';
import { edgeOf, nodeOf, recordsIn } from './records.ts';
import {
  fromJson,
  JSON_SUFFIX,
  labelsOf,
  labelsText,
  textOf,
  type TextSource,
  toJson,
} from './text-values.ts';
import { type Properties, type PropertyValue, shown } from './values.ts';

export type CsvKind = 'nodes' | 'edges';

const FIXED: Readonly<Record<CsvKind, readonly string[]>> = {
  nodes: ['id', 'labels'],
  edges: ['id', 'from', 'to', 'type'],
};

/** Throws InvalidArgumentError. */
export function checkCsvKind(what: unknown): void {
  if (what === 'nodes' || what === 'edges') return;
  throw new InvalidArgumentError(`CSV is of 'nodes' or 'edges': found=${shown(what)}`);
}

/** The lines, each with its end. */
export function csvOf(
  view: ReadView,
  what: CsvKind,
  signal: AbortSignal | undefined,
): Lots<string> {
  return inLots(linesIn(view, what, signal), signal);
}

async function* linesIn(
  view: ReadView,
  what: CsvKind,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, void> {
  const columns = await columnsOf(view, what, signal);
  const names = [...columns].map(([name, isJson]) =>
    cell(name + (isJson ? JSON_SUFFIX : ''), false),
  );
  yield `${[...FIXED[what], ...names].join()}\n`;
  for await (const { id, entries } of recordsIn(view[what], {})) {
    const { properties, ...record } = what === 'nodes' ? nodeOf(id, entries) : edgeOf(id, entries);
    const fixed =
      'labels' in record ? [labelsText(record.labels)] : [record.from, record.to, record.type];
    const cells = [id, ...fixed].map((each) => cell(String(each), false));
    for (const [name, isJson] of columns) cells.push(cellOf(properties, name, isJson));
    yield `${cells.join()}\n`;
  }
}

/** The cell of a property; empty where a record has none. */
function cellOf(properties: Properties, name: string, isJson: boolean): string {
  const value = Object.hasOwn(properties, name) ? properties[name] : undefined;
  if (value === undefined) return '';
  return isJson ? cell(JSON.stringify(toJson(value)), false) : cell(value as string, true);
}

/** The names of properties, in order; true for those with a value that is no text. */
async function columnsOf(
  view: ReadView,
  what: CsvKind,
  signal: AbortSignal | undefined,
): Promise<Map<string, boolean>> {
  const columns = new Map<string, boolean>();
  for await (const { entries } of recordsIn(view[what], {})) {
    mustGoOn(signal);
    for (const [key, [value]] of entries.slice(1)) {
      const name = key[1] as string;
      const isMarked = name.endsWith(JSON_SUFFIX) || FIXED[what].includes(name);
      columns.set(name, columns.get(name) === true || typeof value !== 'string' || isMarked);
    }
  }
  return new Map([...columns].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function cell(text: string, isValue: boolean): string {
  if (/[",\r\n]/.test(text) || (isValue && text === '')) return `"${text.replaceAll('"', '""')}"`;
  return text;
}

/** The items of two texts, nodes first. Throws ImportError with the line. */
export async function* itemsOfCsv(
  nodes: TextSource,
  edges: TextSource,
): AsyncGenerator<ImportedItem, void, void> {
  yield* itemsOf('nodes', nodes);
  yield* itemsOf('edges', edges);
}

async function* itemsOf(
  what: CsvKind,
  source: TextSource,
): AsyncGenerator<ImportedItem, void, void> {
  let names: string[] | undefined;
  for await (const { cells, line } of rowsOf(source)) {
    if (names === undefined) {
      names = cells.map(({ text }) => text);
      const needed = what === 'nodes' ? ['id'] : ['from', 'to', 'type'];
      const missing = needed.find((name) => names?.includes(name) === false);
      if (missing !== undefined) throw new ImportError(`Column is missing: name=${missing}`, line);
    } else {
      yield itemOf(what, names, cells, line);
    }
  }
}

function itemOf(
  what: CsvKind,
  names: readonly string[],
  cells: readonly Cell[],
  line: number,
): ImportedItem {
  if (cells.length !== names.length) {
    throw new ImportError(`Row has ${cells.length} cells, not ${names.length}`, line);
  }
  const fixed = new Map<string, string>();
  const values: [string, PropertyValue][] = [];
  names.forEach((name, i) => {
    const { text, isQuoted } = cells[i]!; // as many as names
    if (FIXED[what].includes(name)) fixed.set(name, text);
    else if (text !== '' || isQuoted) values.push(valueOf(name, text, line));
  });
  const properties = Object.fromEntries(values);
  const of = (name: string): string => fixed.get(name) ?? '';
  if (what === 'nodes') {
    return { kind: 'node', key: of('id'), labels: labelsOf(of('labels')), properties, line };
  }
  return { kind: 'edge', from: of('from'), to: of('to'), type: of('type'), properties, line };
}

function valueOf(name: string, text: string, line: number): [string, PropertyValue] {
  if (!name.endsWith(JSON_SUFFIX)) return [name, text];
  try {
    return [name.slice(0, -JSON_SUFFIX.length), fromJson(JSON.parse(text))];
  } catch (error) {
    throw new ImportError(`Cell is no JSON: column=${name}`, line, { cause: error });
  }
}

interface Cell {
  readonly text: string;
  readonly isQuoted: boolean;
}

interface Row {
  readonly cells: Cell[];
  /** Of its first cell, from 1. */
  readonly line: number;
}

/** The rows of a text in pieces of any size. Throws ImportError for a quote that is out of place. */
async function* rowsOf(source: TextSource): AsyncGenerator<Row, void, void> {
  const parser = new RowParser();
  for await (const text of textOf(source)) {
    parser.feed(text);
    yield* parser.take();
  }
  parser.end();
  yield* parser.take();
}

class RowParser {
  #rows: Row[] = [];
  #cells: Cell[] = [];
  #text = '';
  /** Within quotes; after the quote that may end them; or neither. */
  #state: 'plain' | 'quoted' | 'quote' = 'plain';
  #isQuoted = false;
  #line = 1;
  #startLine = 1;
  #isAfterReturn = false;

  take(): Row[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  feed(text: string): void {
    for (const char of text) {
      if (this.#state === 'quoted') this.#inQuotes(char);
      else this.#outside(char);
      if (char === '\n') this.#line++;
    }
  }

  end(): void {
    if (this.#state === 'quoted') throw new ImportError('Quotes do not end', this.#startLine);
    if (this.#text !== '' || this.#isQuoted || this.#cells.length > 0) this.#endRow();
  }

  #inQuotes(char: string): void {
    if (char === '"') this.#state = 'quote';
    else this.#text += char;
  }

  #outside(char: string): void {
    if (this.#isAfterReturn && char !== '\n') throw new ImportError('Line end is half', this.#line);
    if (char === '"') {
      if (this.#state === 'quote') {
        this.#text += '"';
      } else if (this.#text !== '') {
        throw new ImportError('Quote is amid a cell', this.#line);
      }
      this.#state = 'quoted';
      this.#isQuoted = true;
    } else if (char === ',') {
      this.#endCell();
    } else if (char === '\r') {
      this.#isAfterReturn = true;
    } else if (char === '\n') {
      this.#endRow();
    } else if (this.#state === 'quote') {
      throw new ImportError('Text is behind quotes', this.#line);
    } else {
      this.#text += char;
    }
  }

  #endCell(): void {
    this.#cells.push({ text: this.#text, isQuoted: this.#isQuoted });
    this.#text = '';
    this.#isQuoted = false;
    this.#state = 'plain';
  }

  #endRow(): void {
    this.#endCell();
    const isBlank =
      this.#cells.length === 1 && this.#cells[0]?.text === '' && !this.#cells[0].isQuoted;
    if (!isBlank) this.#rows.push({ cells: this.#cells, line: this.#startLine });
    this.#cells = [];
    this.#isAfterReturn = false;
    this.#startLine = this.#line + 1;
  }
}
