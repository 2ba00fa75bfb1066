/**
 * Errors of a graph.
 *
 * Owns: the classes whose cases a program acts on, each with a stable `code`. A call that is wrong in itself gets
 * InvalidArgumentError, as everywhere.
 *
 * Suspension: everything here is synchronous.
 */
import { StorageError, type StorageErrorOptions } from '../index.ts';

/** A write names a node that is not there, or is there no more. Nothing was written. */
export class NodeNotFoundError extends StorageError {
  readonly code = 'NODE_NOT_FOUND';
  /** The id that was given. */
  readonly node: number;

  constructor(node: number, options?: StorageErrorOptions) {
    super(`Node is not there, it may have been deleted: node=${node}`, options);
    this.node = node;
  }
}

/** A write names an edge that is not there, or is there no more. Nothing was written. */
export class EdgeNotFoundError extends StorageError {
  readonly code = 'EDGE_NOT_FOUND';
  /** The id that was given. */
  readonly edge: number;

  constructor(edge: number, options?: StorageErrorOptions) {
    super(`Edge is not there, it may have been deleted: edge=${edge}`, options);
    this.edge = edge;
  }
}

/** A node that has edges is deleted without `cascade`. Nothing was written. */
export class NodeHasEdgesError extends StorageError {
  readonly code = 'NODE_HAS_EDGES';
  /** The node. */
  readonly node: number;

  constructor(node: number, options?: StorageErrorOptions) {
    super(
      `Node has edges: delete them first, or delete it with { cascade: true }: node=${node}`,
      options,
    );
    this.node = node;
  }
}

/** A traversal met more nodes than `visitedMax` lets it remember. */
export class TraversalLimitError extends StorageError {
  readonly code = 'TRAVERSAL_LIMIT';

  constructor(visitedMax: number, options?: StorageErrorOptions) {
    super(
      `Traversal met too many nodes: bound it by depthMax, type or filter, or raise visitedMax: visitedMax=${visitedMax}`,
      options,
    );
  }
}

/** An edge on the way has no weight: a number that is neither negative nor infinite. */
export class WeightError extends StorageError {
  readonly code = 'WEIGHT';
  /** The edge. */
  readonly edge: number;

  constructor(edge: number, found: string, options?: StorageErrorOptions) {
    super(
      `Weight of an edge must be a number from 0: give it one, or weightDefault: edge=${edge} found=${found}`,
      options,
    );
    this.edge = edge;
  }
}

/** Options of an ImportError. */
export interface ImportErrorOptions extends StorageErrorOptions {
  /** As the column of the error. */
  readonly column?: number | undefined;
}

/** Text that is imported breaks its format. What was imported before it stays, unless the import says otherwise. */
export class ImportError extends StorageError {
  readonly code = 'IMPORT';
  /** The line of the text, from 1. */
  readonly line: number;
  /** The character of the line, from 0, that was read last; undefined where a format knows lines alone. */
  readonly column: number | undefined;

  constructor(message: string, line: number, options: ImportErrorOptions = {}) {
    const { column } = options;
    super(`${message}: line=${line}${column === undefined ? '' : ` column=${column}`}`, options);
    this.line = line;
    this.column = column;
  }
}
