/**
 * A graph as JSON Lines: one node or edge a line, nodes first.
 *
 *      {"node":1,"labels":["Person"],"properties":{"name":"Ada"}}
 *      {"edge":3,"from":1,"to":2,"type":"KNOWS","properties":{"since":{"date":"2020-01-01T00:00:00.000Z"}}}
 *
 * Owns: the lines, both ways. `from` and `to` are what lines of nodes have as `node`, text or a number. The ids of a graph
 * that is imported are others; that of an edge is not read.
 *
 * Suspension: lots suspend.
 */
import { ImportError } from './graph-errors.ts';
import { inLots, type Lots } from './graph-stream.ts';
import type { ImportedEdge, ImportedItem, ImportedNode } from './import.ts';
import type { ReadView } from './read-view.ts';
import { edgeOf, nodeOf, recordsIn } from './records.ts';
import { fromJson, linesOf, type TextSource, toJson } from './text-values.ts';
import type { Properties, PropertyValue } from './values.ts';

/** The lines, each with its end. */
export function jsonLinesOf(view: ReadView, signal: AbortSignal | undefined): Lots<string> {
  return inLots(linesIn(view), signal);
}

async function* linesIn({ nodes, edges }: ReadView): AsyncGenerator<string, void, void> {
  for await (const { id, entries } of recordsIn(nodes, {})) {
    const { labels, properties } = nodeOf(id, entries);
    yield lineOf({ node: id, labels, properties: propertiesToJson(properties) });
  }
  for await (const { id, entries } of recordsIn(edges, {})) {
    const { from, to, type, properties } = edgeOf(id, entries);
    yield lineOf({ edge: id, from, to, type, properties: propertiesToJson(properties) });
  }
}

function lineOf(item: object): string {
  return `${JSON.stringify(item)}\n`;
}

function propertiesToJson(properties: Properties): object {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [name, toJson(value)]),
  );
}

/** The items of lines. Throws ImportError with the line. */
export async function* itemsOfJsonLines(
  source: TextSource,
): AsyncGenerator<ImportedItem, void, void> {
  let line = 0;
  for await (const text of linesOf(source)) {
    line++;
    if (text.trim() === '') continue;
    try {
      yield itemOf(JSON.parse(text), line);
    } catch (error) {
      throw new ImportError(`Line is no node and no edge: ${(error as Error).message}`, line, {
        cause: error,
      });
    }
  }
}

function itemOf(json: unknown, line: number): ImportedItem {
  if (typeof json !== 'object' || json === null) throw new SyntaxError('Expected an object');
  const { node, labels = [], from, to, type, properties = {} } = json as Record<string, unknown>;
  const values = Object.fromEntries(
    Object.entries(properties as object).map(([name, value]): [string, PropertyValue] => [
      name,
      fromJson(value),
    ]),
  );
  if ('node' in json) {
    return { kind: 'node', key: node, labels, properties: values, line } as ImportedNode;
  }
  return { kind: 'edge', from, to, type, properties: values, line } as ImportedEdge;
}
