/**
 * Rows of a SQLite file.
 *
 * Owns: what a row is as an entry. Its key is the tuple of its primary key, or of its rowid; its value is a JSON object of
 * the other columns. `--keys` and `--values` say otherwise for a table of one key and one value. Each table is a keyspace.
 *
 * Suspension: the stream answers from one page of rows after the other; reading a page is synchronous.
 */
import { resolve } from 'node:path';

import { unreachable } from '../../base/assert.ts';
import { type TupleElement, TupleEncoder } from '../../bytes/tuple.ts';
import { UsageError } from '../../programs/outcome.ts';
import { elementsToJson } from '../../text/tuple-form.ts';
import { mustExist, opened } from './engine-sources.ts';
import {
  type ImportSource,
  keyspaceSaid,
  loadPackage,
  type SaidForm,
  type SaidOfEntries,
} from './import-source.ts';
import type { TransferEntry } from '../../migrate/tally.ts';
import { EntryChunk, type PlacedItem, type Position } from './items.ts';

/** Rows of one page: a page is in memory at once, and a row may be large. */
const PAGE_ROW_COUNT = 100;

type Cell = null | number | bigint | string | Uint8Array;
type Row = readonly Cell[];

interface SqlDatabase {
  /** The rows of a query, each as an array. */
  all(sql: string, parameters?: readonly Cell[]): readonly Row[];
  close(): void;
}

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  /** Positions in `columns`, in the order of the key; none: the rowid is the key. */
  readonly keyColumns: readonly number[];
  readonly hasRowid: boolean;
}

interface SqlitePosition {
  readonly table: string;
  /** Of the last row: what its table is ordered by, as a tuple in base64. */
  readonly after: readonly unknown[];
}

/** `into` names the keyspace of the only table; each table has one of its own name otherwise. */
export async function sqliteSource(
  path: string,
  said: SaidOfEntries,
  into: string | undefined,
): Promise<ImportSource> {
  mustExist(path);
  const db = await opened('SQLite', path, () => openSqlite(path));
  const { keys = 'tuple', values = 'json' } = said;
  const tables = await opened('SQLite', path, () => tablesOf(db, said.tables));
  for (const table of tables) checkForms(table, keys, values);
  return {
    name: path,
    fingerprint: `sqlite:${resolve(path)}:${tables.map(({ name }) => name).join(',')}`,
    hasEnds: false,
    keyspaces: tables.map(({ name }) => keyspaceSaid(into ?? name, keys, values)),
    items: (from) => items(db, tables, from as SqlitePosition | undefined, { keys, values, into }),
    close: () => Promise.resolve(db.close()),
  };
}

interface NodeSqlite {
  readonly DatabaseSync: new (
    path: string,
    options: object,
  ) => {
    prepare(sql: string): {
      setReadBigInts(on: boolean): void;
      all(...parameters: readonly Cell[]): Readonly<Record<string, Cell>>[];
    };
    close(): void;
  };
}

interface BetterSqlite {
  readonly default: new (
    path: string,
    options: object,
  ) => {
    prepare(sql: string): {
      safeIntegers(on: boolean): void;
      raw(on: boolean): { all(...parameters: readonly Cell[]): Cell[][] };
    };
    close(): void;
  };
}

/** By the module of Node.js where there is one, otherwise by the package. */
async function openSqlite(path: string): Promise<SqlDatabase> {
  const builtin = process.getBuiltinModule('node:sqlite') as unknown as NodeSqlite | undefined;
  if (builtin !== undefined) {
    const db = new builtin.DatabaseSync(path, { readOnly: true });
    return {
      all(sql, parameters = []) {
        const statement = db.prepare(sql);
        statement.setReadBigInts(true);
        return statement.all(...parameters).map((row) => Object.values(row));
      },
      close: () => db.close(),
    };
  }
  const { default: Database } = await loadPackage<BetterSqlite>('better-sqlite3', '--from sqlite');
  const db = new Database(path, { readonly: true, fileMustExist: true });
  return {
    all(sql, parameters = []) {
      const statement = db.prepare(sql);
      statement.safeIntegers(true);
      return statement.raw(true).all(...parameters);
    },
    close: () => db.close(),
  };
}

function tablesOf(db: SqlDatabase, wanted: readonly string[]): Table[] {
  const there = db
    .all(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
    )
    .map(([name]) => String(name));
  const missing = wanted.find((name) => !there.includes(name));
  if (missing !== undefined) throw new UsageError(`No such table: '${missing}'`);
  const names = wanted.length > 0 ? wanted : there;
  if (names.length === 0) throw new UsageError('The file has no tables');
  return names.map((name) => tableOf(db, name));
}

function tableOf(db: SqlDatabase, name: string): Table {
  const info = db.all(`SELECT name, pk FROM pragma_table_info(?) ORDER BY cid`, [name]);
  const keyColumns = info
    .map(([, order], index) => ({ order: Number(order), index }))
    .filter(({ order }) => order > 0)
    .sort((a, b) => a.order - b.order)
    .map(({ index }) => index);
  const [list] = db.all(`SELECT wr FROM pragma_table_list WHERE name = ?`, [name]);
  const columns = info.map(([column]) => String(column));
  return { name, columns, keyColumns, hasRowid: Number(list?.[0] ?? 0) === 0 };
}

/** Throws UsageError for forms that rows of this table do not have. */
function checkForms({ name, columns, keyColumns }: Table, keys: SaidForm, values: SaidForm): void {
  if (keys === 'json') throw new UsageError('--keys is bytes, text or tuple');
  if (keys !== 'tuple' && keyColumns.length !== 1) {
    throw new UsageError(
      `--keys ${keys} needs a primary key of one column: table='${name}'; leave --keys out`,
    );
  }
  if (values === 'tuple') throw new UsageError('--values is bytes, text or json');
  if (values !== 'json' && columns.length - keyColumns.length !== 1) {
    throw new UsageError(
      `--values ${values} needs one column beside the key: table='${name}'; leave --values out`,
    );
  }
}

interface RowForms {
  readonly keys: SaidForm;
  readonly values: SaidForm;
  readonly into: string | undefined;
}

async function* items(
  db: SqlDatabase,
  tables: readonly Table[],
  from: SqlitePosition | undefined,
  forms: RowForms,
): AsyncGenerator<PlacedItem, void> {
  const begun = from === undefined ? 0 : tables.findIndex(({ name }) => name === from.table);
  for (const table of tables.slice(begun)) {
    let after: Row | undefined =
      from?.table === table.name ? from.after.map(cellFromJson) : undefined;
    if (after === undefined) {
      const keyspace = keyspaceSaid(forms.into ?? table.name, forms.keys, forms.values);
      yield await Promise.resolve({ item: { kind: 'keyspace', keyspace }, position: undefined });
    }
    const chunk = new EntryChunk();
    const position = (cells: readonly Cell[] = []): Position => ({
      table: table.name,
      after: elementsToJson([...cells]),
    });
    for (;;) {
      const rows = pageOf(db, table, after);
      for (const row of rows) {
        chunk.add(entryOf(row, table, forms));
        after = placeOf(row, table);
        if (chunk.isFull) yield { item: chunk.take(), position: position(after) };
      }
      if (rows.length < PAGE_ROW_COUNT) break;
    }
    if (!chunk.isEmpty) yield { item: chunk.take(), position: position(after) };
  }
}

/** Each row begins with its rowid, if the table has one. */
function pageOf(db: SqlDatabase, table: Table, after: readonly Cell[] | undefined): readonly Row[] {
  const { columns, keyColumns, hasRowid } = table;
  const order = hasRowid ? ['_rowid_'] : keyColumns.map((index) => quoted(columns[index] ?? ''));
  const marks = order.map(() => '?').join(', ');
  const where = after === undefined ? '' : `WHERE (${order.join(', ')}) > (${marks})`;
  const head = hasRowid ? `_rowid_ AS "${ROWID_ALIAS}", ` : '';
  return db.all(
    `SELECT ${head}${columns.map(quoted).join(', ')} FROM ${quoted(table.name)} ${where} ` +
      `ORDER BY ${order.join(', ')} LIMIT ${PAGE_ROW_COUNT}`,
    after ?? [],
  );
}

const ROWID_ALIAS = 'varve rowid';

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function placeOf(row: Row, { keyColumns, hasRowid }: Table): readonly Cell[] {
  if (hasRowid) return row.slice(0, 1);
  return keyColumns.map((index) => row[index] ?? null);
}

function entryOf(row: Row, table: Table, { keys, values }: RowForms): TransferEntry {
  const { columns, keyColumns, hasRowid } = table;
  const cells = (hasRowid ? row.slice(1) : row).map(plain);
  const key = keyColumns.map((index) => cells[index] ?? null);
  if (keyColumns.length === 0) key.push(plain(row[0] ?? null));
  const others = columns.map((_, index) => index).filter((index) => !keyColumns.includes(index));
  return {
    key:
      keys === 'tuple' ? Uint8Array.from(new TupleEncoder().encode(key)) : bytesOf(key[0] ?? null),
    value:
      values === 'json'
        ? jsonOf(others.map((index) => [columns[index] ?? '', cells[index] ?? null]))
        : bytesOf(cells[others[0] ?? 0] ?? null),
    expiresAt: Infinity,
  };
}

/** A safe integer as a number. */
function plain(cell: Cell): Cell {
  return typeof cell === 'bigint' && Number.isSafeInteger(Number(cell)) ? Number(cell) : cell;
}

function jsonOf(cells: readonly (readonly [string, Cell])[]): Uint8Array {
  const values = elementsToJson(cells.map(([, cell]) => cell as TupleElement));
  const fields = cells.map(([column], index) => [column, values[index]] as const);
  return Buffer.from(JSON.stringify(Object.fromEntries(fields)), 'utf8');
}

function bytesOf(cell: Cell): Uint8Array {
  if (cell instanceof Uint8Array) return cell;
  return Buffer.from(cell === null ? '' : String(cell), 'utf8');
}

/** As `elementsToJson` has written it. */
function cellFromJson(json: unknown): Cell {
  if (typeof json !== 'object' || json === null) return json as Cell;
  const [[name, text] = ['', '']] = Object.entries(json as Record<string, string>);
  switch (name) {
    case 'bytes':
      return Buffer.from(text, 'hex');
    case 'bigint':
      return BigInt(text);
    case 'number':
      return Number(text);
    default:
      return unreachable(name as never);
  }
}
