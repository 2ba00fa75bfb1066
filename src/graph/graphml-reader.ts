/**
 * GraphML, as it is read.
 *
 * Owns: which elements a text may have and where, the types of keys, and what is refused: a document type, with the entities
 * that it could declare; hyperedges, ports, and graphs in nodes; elements in a value; values that break the type of their key;
 * text that is no XML. Each is an ImportError with line and column. What other tools add in namespaces of their own, and data
 * of keys without a name, is passed by.
 *
 * Memory: one piece of the text, the keys, one element with its values, and of the import an entry for each node. A value is
 * text of at most VALUE_LENGTH_MAX characters; an attribute, a tag or a comment of at most 64 KiB.
 *
 * Suspension: `itemsOfGraphMl` suspends for the text, and once for the package `sax`, which parses XML.
 */
import type * as Sax from 'sax';
import type { QualifiedTag, SAXOptions, SAXParser } from 'sax';
import { InvalidArgumentError } from '../index.ts';
import { ImportError } from './graph-errors.ts';
import { type ElementKind, FIXED_KEYS, GRAPHML_NAMESPACE } from './graphml.ts';
import type { ImportedItem } from './import.ts';
import { fromJson, JSON_SUFFIX, labelsOf, textOf, type TextSource } from './text-values.ts';
import type { PropertyValue } from './values.ts';

/** Options of how GraphML is read. */
export interface GraphMlReading {
  /** The type of edges that have no data of a key `type`, as those of other tools. By default they are refused. */
  readonly edgeType?: string;
}

/** A declared key. */
interface Key {
  /** Undefined: of another tool alone, and passed by. */
  readonly name: string | undefined;
  readonly kinds: readonly string[];
  readonly type: string;
  fallback: string | undefined;
}

/** The node or edge that is being read. */
interface Element {
  readonly kind: ElementKind;
  readonly attributes: Readonly<Record<string, string>>;
  readonly line: number;
  readonly column: number;
  readonly texts: Map<Key, string>;
}

/** No entities but the five of XML. */
const OPTIONS: SAXOptions & { readonly strictEntities: boolean } = {
  xmlns: true,
  position: true,
  strictEntities: true,
};
const PIECE_LENGTH = 32 * 1024;
const VALUE_LENGTH_MAX = 64 * 1024 * 1024;
const KEY_COUNT_MAX = 100_000;

/** The elements that each element may hold; the text of `default` and `data` counts. */
const CHILDREN: Readonly<Record<string, readonly string[]>> = {
  '': ['graphml'],
  graphml: ['desc', 'key', 'data', 'graph'],
  key: ['desc', 'default'],
  graph: ['desc', 'data', 'node', 'edge'],
  node: ['desc', 'data'],
  edge: ['desc', 'data'],
};
const KINDS: readonly string[] = [
  'node',
  'edge',
  'graph',
  'graphml',
  'all',
  'hyperedge',
  'port',
  'endpoint',
];
const TYPES: readonly string[] = ['boolean', 'int', 'long', 'float', 'double', 'string'];

/** The nodes and edges of a text. Throws ImportError with line and column. */
export async function* itemsOfGraphMl(
  source: TextSource,
  { edgeType }: GraphMlReading,
): AsyncGenerator<ImportedItem, void, void> {
  const { SAXParser: Parser } = await loadSax();
  const parser = new Parser(true, OPTIONS);
  const reader = new GraphMlReader(parser, edgeType);
  try {
    for await (const text of textOf(source)) {
      for (let at = 0; at < text.length; at += PIECE_LENGTH) {
        reader.feed(text.slice(at, at + PIECE_LENGTH));
        yield* reader.take();
      }
    }
  } catch (error) {
    if (Reflect.get(error as object, 'code') !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    throw reader.broken('Text is not encoded in UTF-8', error);
  }
  reader.end();
  yield* reader.take();
}

async function loadSax(): Promise<Pick<typeof Sax, 'SAXParser'>> {
  try {
    const loaded = await import(/* webpackIgnore: true */ 'sax'); // bundlers would warn where it is not installed
    return loaded.default;
  } catch (cause) {
    if (Reflect.get(cause as object, 'code') !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new InvalidArgumentError(
      'Import of GraphML needs a package that is not installed: npm install sax',
      { cause },
    );
  }
}

class GraphMlReader {
  readonly #parser: SAXParser;
  readonly #edgeType: string | undefined;
  readonly #keys = new Map<string, Key>();
  #items: ImportedItem[] = [];
  /** The names of the open elements. */
  readonly #open: string[] = [];
  /** Elements that are open in one that is passed by, itself included. */
  #passedDepth = 0;
  #element: Element | undefined = undefined;
  #key: Key | undefined = undefined;
  /** The text of `data` or `default`; undefined outside of them. */
  #text: string | undefined = undefined;
  #isGraphMl = false;

  constructor(parser: SAXParser, edgeType: string | undefined) {
    this.#parser = parser;
    this.#edgeType = edgeType;
    parser.onerror = (error) => {
      throw this.broken(`Text is no XML: ${error.message.split('\n')[0]}`, error);
    };
    parser.ondoctype = () => {
      throw this.broken('Document type is refused, with the entities that it could declare');
    };
    parser.onprocessinginstruction = ({ name, body }) => this.#declared(name, body);
    parser.onopentag = (tag) => this.#begin(tag as QualifiedTag); // xmlns is true
    parser.onclosetag = () => this.#finish();
    parser.ontext = (text) => this.#take(text);
    parser.oncdata = (text) => this.#take(text);
  }

  feed(text: string): void {
    this.#parser.write(text);
  }

  end(): void {
    this.#parser.close();
    if (!this.#isGraphMl) throw this.broken('Text is no GraphML: it has no element graphml');
  }

  take(): ImportedItem[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  /** An error at the place that was read last. */
  broken(message: string, cause?: unknown): ImportError {
    const { line, column } = this.#place;
    return new ImportError(message, line, { column, cause });
  }

  get #place(): { readonly line: number; readonly column: number } {
    return { line: this.#parser.line + 1, column: this.#parser.column };
  }

  #declared(name: string, body: string): void {
    const encoding = name === 'xml' ? /encoding\s*=\s*["']([^"']*)["']/.exec(body)?.[1] : undefined;
    if (encoding === undefined || /^(utf-?8|us-ascii)$/i.test(encoding)) return;
    throw this.broken(`Text must be in UTF-8: encoding=${encoding}`);
  }

  #begin({ local, uri, name, attributes }: QualifiedTag): void {
    if (this.#passedDepth > 0) {
      this.#passedDepth++;
      return;
    }
    if (this.#text !== undefined) throw this.broken(`Value holds an element: name=${name}`);
    const parent = this.#open.at(-1) ?? '';
    const isForeign = uri !== '' && uri !== GRAPHML_NAMESPACE;
    if (isForeign && parent !== '') {
      this.#passedDepth = 1;
      return;
    }
    if (isForeign || CHILDREN[parent]?.includes(local) !== true) {
      throw this.broken(`Element is not taken here: name=${name} in=${parent || 'the text'}`);
    }
    const given = Object.fromEntries(
      Object.entries(attributes).map(([each, { value }]) => [each, value]),
    );
    if (!this.#isTaken(local, parent, given)) {
      this.#passedDepth = 1;
      return;
    }
    this.#open.push(local);
  }

  /** False for an element that is passed by, with all that it holds. */
  #isTaken(name: string, parent: string, attributes: Readonly<Record<string, string>>): boolean {
    switch (name) {
      case 'graphml':
        if (this.#isGraphMl) throw this.broken('Text has a second element graphml');
        this.#isGraphMl = true;
        return true;
      case 'graph':
        return true;
      case 'key':
        this.#key = this.#declare(attributes);
        return true;
      case 'default':
        this.#text = '';
        return true;
      case 'node':
      case 'edge':
        this.#element = { kind: name, attributes, ...this.#place, texts: new Map() };
        return true;
      case 'data':
        return (parent === 'node' || parent === 'edge') && this.#beginData(parent, attributes);
      default:
        return false; // desc
    }
  }

  #declare(attributes: Readonly<Record<string, string>>): Key {
    const id = this.#mustHave(attributes, 'key', 'id');
    if (this.#keys.has(id)) throw this.broken(`Two keys have one id: id=${id}`);
    if (this.#keys.size >= KEY_COUNT_MAX) {
      throw this.broken(`Text has too many keys: max=${KEY_COUNT_MAX}`);
    }
    const { for: kind = 'all', 'attr.type': type = 'string' } = attributes;
    if (!KINDS.includes(kind))
      throw this.broken(`Key is for no known element: id=${id} for=${kind}`);
    const name = attributes['attr.name'];
    if (name !== undefined && !TYPES.includes(type)) {
      throw this.broken(`Key has no known type: id=${id} attr.type=${type}`);
    }
    const key: Key = { name, kinds: kind === 'all' ? KINDS : [kind], type, fallback: undefined };
    this.#keys.set(id, key);
    return key;
  }

  #beginData(kind: ElementKind, attributes: Readonly<Record<string, string>>): boolean {
    const id = this.#mustHave(attributes, 'data', 'key');
    const key = this.#keys.get(id);
    if (key === undefined) throw this.broken(`Data has a key that was not declared: key=${id}`);
    if (key.name === undefined) return false;
    if (!key.kinds.includes(kind))
      throw this.broken(`Data has a key that is not for a ${kind}: key=${id}`);
    if (this.#element?.texts.has(key) === true) throw this.broken(`Data comes twice: key=${id}`);
    this.#key = key;
    this.#text = '';
    return true;
  }

  #mustHave(attributes: Readonly<Record<string, string>>, element: string, name: string): string {
    const value = attributes[name];
    if (value !== undefined && value !== '') return value;
    throw this.broken(`Element lacks an attribute: name=${element} attribute=${name}`);
  }

  #take(text: string): void {
    if (this.#passedDepth > 0) return;
    if (this.#text === undefined) {
      if (text.trim() === '') return;
      throw this.broken(`Text is not within data: in=${this.#open.at(-1) ?? 'the text'}`);
    }
    if (this.#text.length + text.length > VALUE_LENGTH_MAX) {
      throw this.broken(`Value is too long: max=${VALUE_LENGTH_MAX}`);
    }
    this.#text += text;
  }

  #finish(): void {
    if (this.#passedDepth > 0) {
      this.#passedDepth--;
      return;
    }
    const name = this.#open.pop();
    const text = this.#text ?? '';
    this.#text = undefined;
    if (name === 'default')
      this.#key!.fallback = text; // it is within a key
    else if (name === 'data')
      this.#element!.texts.set(this.#key!, text); // within a node or an edge
    else if (name === 'node' || name === 'edge') this.#add(this.#element!);
  }

  #add({ kind, attributes, line, column, texts }: Element): void {
    for (const key of this.#keys.values()) {
      if (key.fallback === undefined || texts.has(key) || !key.kinds.includes(kind)) continue;
      texts.set(key, key.fallback);
    }
    const values: [string, PropertyValue][] = [];
    let own: string | undefined;
    for (const [key, text] of texts) {
      if (key.name === FIXED_KEYS[kind]) own = text;
      else values.push(this.#valueOf(key, text));
    }
    const names = new Set(values.map(([name]) => name));
    if (names.size < values.length) throw this.broken('Two keys of one element have one name');
    const properties = Object.fromEntries(values);
    if (kind === 'node') {
      const key = this.#mustHave(attributes, kind, 'id');
      const labels = labelsOf(own ?? '');
      this.#items.push({ kind, key, labels, properties, line, column });
      return;
    }
    const from = this.#mustHave(attributes, kind, 'source');
    const to = this.#mustHave(attributes, kind, 'target');
    const type = own ?? this.#edgeType;
    if (type === undefined) {
      throw this.broken('Edge has no data of a key with the name type: give one, or edgeType');
    }
    this.#items.push({ kind, from, to, type, properties, line, column });
  }

  #valueOf({ name, type }: Key, text: string): [string, PropertyValue] {
    const full = name!; // data of keys without one is passed by
    if (type === 'string' && full.endsWith(JSON_SUFFIX)) {
      try {
        return [full.slice(0, -JSON_SUFFIX.length), fromJson(JSON.parse(text))];
      } catch (error) {
        throw this.broken(`Value is no JSON: name=${full}`, error);
      }
    }
    const value = typedValue(type, text);
    if (value !== undefined) return [full, value];
    throw this.broken(
      `Value is no ${type}: name=${full} found=${JSON.stringify(text.slice(0, 40))}`,
    );
  }
}

/** The value of a text; undefined when it is none of the type. */
function typedValue(type: string, given: string): PropertyValue | undefined {
  if (type === 'string') return given;
  const text = given.trim();
  switch (type) {
    case 'boolean':
      if (text === 'true' || text === '1') return true;
      return text === 'false' || text === '0' ? false : undefined;
    case 'long':
      return /^[+-]?\d{1,19}$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
    case 'int':
      return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : undefined;
    default:
      if (/^[+-]?INF$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
  }
}
