/**
 * A graph as GraphML (http://graphml.graphdrawing.org), as it is written.
 *
 *      <key id="n1" for="node" attr.name="born" attr.type="double"/>
 *      <node id="1"><data key="n1">1815</data></node>
 *      <edge id="3" source="1" target="2"><data key="e0">KNOWS</data></edge>
 *
 * Owns: which key a property has, and the text. Labels are the key `labels`, divided by semicolons as in CSV, the type of an
 * edge is the key `type`. Text is `string`, a boolean `boolean`, a number `double`, a bigint of 64 bits `long`. A property of
 * other values, or of several kinds, is JSON (text-values.ts) under its name with `:json` behind it.
 *
 * Invariants:
 *   graphml/back: nodes and edges that were exported are imported again as they were.
 *
 * Suspension: lots suspend. An export reads twice, first for the keys, in one view.
 */
import { InvalidArgumentError, type TupleElement } from '../index.ts';
import { inLots, type Lots, mustGoOn } from './graph-stream.ts';
import type { ReadView } from './read-view.ts';
import { edgeOf, nodeOf, recordsIn } from './records.ts';
import { JSON_SUFFIX, labelsText, toJson } from './text-values.ts';
import { type Properties, type PropertyValue, shown } from './values.ts';

/** What an element of the graph has beside its properties. */
export const FIXED_KEYS = { node: 'labels', edge: 'type' } as const;
export type ElementKind = keyof typeof FIXED_KEYS;
export const GRAPHML_NAMESPACE = 'http://graphml.graphdrawing.org/xmlns';

/** The types of keys that an export writes; `json` is of strings. */
type ColumnType = 'string' | 'boolean' | 'double' | 'long' | 'json';

interface Column {
  readonly id: string;
  readonly type: ColumnType;
}

const LONG_MAX = 2n ** 63n - 1n;
/** What XML 1.0 holds in no form: controls, halves of pairs, and two that are no characters. */
const UNWRITABLE =
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** The pieces of the text, in order. */
export function graphMlOf(view: ReadView, signal: AbortSignal | undefined): Lots<string> {
  return inLots(linesIn(view, signal), signal);
}

async function* linesIn(
  view: ReadView,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, void> {
  const nodeColumns = await columnsOf(view, 'node', signal);
  const edgeColumns = await columnsOf(view, 'edge', signal);
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="${GRAPHML_NAMESPACE}">\n`;
  for (const [kind, columns] of [
    ['node', nodeColumns],
    ['edge', edgeColumns],
  ] as const) {
    yield keyLine(kind, FIXED_KEYS[kind], { id: `${kind[0]}0`, type: 'string' });
    for (const [name, column] of columns) yield keyLine(kind, name, column);
  }
  yield '<graph id="g" edgedefault="directed">\n';
  for await (const { id, entries } of recordsIn(view.nodes, {})) {
    const { labels, properties } = nodeOf(id, entries);
    const own = labels.length === 0 ? '' : dataOf('n0', labelsText(labels));
    yield `<node id="${id}">${own}${propertiesText(properties, nodeColumns)}</node>\n`;
  }
  for await (const { id, entries } of recordsIn(view.edges, {})) {
    const { from, to, type, properties } = edgeOf(id, entries);
    const own = dataOf('e0', type);
    const ends = `source="${from}" target="${to}"`;
    yield `<edge id="${id}" ${ends}>${own}${propertiesText(properties, edgeColumns)}</edge>\n`;
  }
  yield '</graph>\n</graphml>\n';
}

/** The names of properties, in order, each with a key that holds every value. */
async function columnsOf(
  view: ReadView,
  kind: ElementKind,
  signal: AbortSignal | undefined,
): Promise<Map<string, Column>> {
  const types = new Map<string, ColumnType>();
  for await (const { entries } of recordsIn(kind === 'node' ? view.nodes : view.edges, {})) {
    mustGoOn(signal);
    for (const [key, [value]] of entries.slice(1)) {
      const name = key[1] as string;
      const isMarked = name.endsWith(JSON_SUFFIX) || name === FIXED_KEYS[kind];
      const type = isMarked ? 'json' : typeOf(value!); // a property has a value
      const known = types.get(name);
      types.set(name, known === undefined || known === type ? type : 'json');
    }
  }
  const sorted = [...types].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted.map(([name, type], i) => [name, { id: `${kind[0]}${i + 1}`, type }]));
}

function typeOf(value: TupleElement): ColumnType {
  switch (typeof value) {
    case 'string':
      return UNWRITABLE.test(value) ? 'json' : 'string';
    case 'boolean':
      return 'boolean';
    case 'number':
      return 'double';
    case 'bigint':
      return value <= LONG_MAX && value >= -LONG_MAX - 1n ? 'long' : 'json';
    default:
      return 'json';
  }
}

function keyLine(kind: ElementKind, name: string, { id, type }: Column): string {
  const [full, shownType] = type === 'json' ? [name + JSON_SUFFIX, 'string'] : [name, type];
  return `<key id="${id}" for="${kind}" attr.name="${escaped(full)}" attr.type="${shownType}"/>\n`;
}

function propertiesText(properties: Properties, columns: ReadonlyMap<string, Column>): string {
  let text = '';
  for (const [name, value] of Object.entries(properties)) {
    const { id, type } = columns.get(name)!; // of the first pass, in the same view
    text += dataOf(id, type === 'json' ? jsonText(value) : plainText(value));
  }
  return text;
}

/** Infinity is INF in the types of XML. */
function plainText(value: PropertyValue): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return value > 0 ? 'INF' : '-INF';
  return Object.is(value, -0) ? '-0' : String(value);
}

/** JSON escapes all that XML has no character for, but two. */
function jsonText(value: PropertyValue): string {
  return JSON.stringify(toJson(value)).replaceAll(
    /[\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16)}`,
  );
}

function dataOf(key: string, text: string): string {
  return `<data key="${key}">${escaped(text)}</data>`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

function escaped(text: string): string {
  if (UNWRITABLE.test(text)) {
    throw new InvalidArgumentError(
      `Label, type or name holds a character that XML has not: found=${shown(text)}`,
    );
  }
  return text.replaceAll(/[&<>"\t\n\r]/g, (char) => ESCAPES[char]!); // one of these
}
