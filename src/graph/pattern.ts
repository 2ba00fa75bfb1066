/**
 * Patterns: what a match looks for.
 *
 * Owns: the builders `node` and `edge`, and their types, which carry the names that a row will have.
 *
 * A builder never changes: each call returns another one.
 *
 * Suspension: everything here is synchronous.
 */
import { InvalidArgumentError } from '../index.ts';
import { checkCondition, type Condition, type ConditionOrValue } from './conditions.ts';
import { checkBound } from './traversal.ts';
import { checkId, checkName, type Direction, type NodeId, shown } from './values.ts';

/** Conditions by the names of properties; all of them count. */
export type Where = Readonly<Record<string, ConditionOrValue>>;

export interface NodeSpec {
  readonly name: string;
  readonly label: string | undefined;
  readonly id: NodeId | undefined;
  readonly where: readonly (readonly [string, Condition])[];
}

export interface EdgeSpec {
  readonly name: string | undefined;
  readonly types: readonly string[] | undefined;
  readonly direction: Direction;
  readonly lengthMin: number;
  readonly lengthMax: number;
  readonly where: readonly (readonly [string, Condition])[];
}

// Set by the classes, whose private members nothing else can reach.
let makeNode: <N extends string>(spec: NodeSpec) => NodePattern<N>;
let makeEdge: <E extends string>(spec: EdgeSpec) => EdgePattern<E>;
let nodeSpec: (pattern: unknown) => NodeSpec | undefined;
let edgeSpec: (pattern: unknown) => EdgeSpec | undefined;

/** A node of a pattern. Made by `node`. */
export class NodePattern<N extends string> {
  readonly #spec: NodeSpec;
  /** For the compiler alone. */
  declare readonly nodeName: N;

  private constructor(spec: NodeSpec) {
    this.#spec = spec;
  }

  static {
    makeNode = (spec) => new NodePattern(spec);
    nodeSpec = (pattern) =>
      typeof pattern === 'object' && pattern !== null && #spec in pattern
        ? pattern.#spec
        : undefined;
  }

  /**
   * The properties that it must have: `where({ age: { gte: 30 }, city: 'London' })`.
   *
   * @example
   * await g.match(node('a', 'Person').where({ age: { gt: 40 } })).select('a').all(); // => [ { a: 3 } ]
   */
  where(conditions: Where): NodePattern<N> {
    const added = checkWhere(conditions);
    return makeNode({ ...this.#spec, where: [...this.#spec.where, ...added] });
  }

  /**
   * The one node that it must be.
   *
   * @example
   * await g.match(node('a').is(bob), edge('KNOWS'), node('b')).select('b').all(); // => [ { b: 3 } ]
   */
  is(id: NodeId): NodePattern<N> {
    return makeNode({ ...this.#spec, id: checkId('Node', id) });
  }
}

/** An edge of a pattern, or a way of several. Made by `edge`. */
export class EdgePattern<E extends string> {
  readonly #spec: EdgeSpec;
  /** For the compiler alone. */
  declare readonly edgeName: E;

  private constructor(spec: EdgeSpec) {
    this.#spec = spec;
  }

  static {
    makeEdge = (spec) => new EdgePattern(spec);
    edgeSpec = (pattern) =>
      typeof pattern === 'object' && pattern !== null && #spec in pattern
        ? pattern.#spec
        : undefined;
  }

  /**
   * From the node on its right to that on its left. The default is from left to right.
   *
   * @example
   * await g.match(node('a').is(bob), edge('KNOWS').in(), node('b')).select('b').all(); // => [ { b: 1 } ]
   */
  in(): EdgePattern<E> {
    return makeEdge({ ...this.#spec, direction: 'in' });
  }

  /**
   * In either direction.
   *
   * @example
   * (await g.match(node('a').is(bob), edge('KNOWS').both(), node('b')).all()).length; // => 2
   */
  both(): EdgePattern<E> {
    return makeEdge({ ...this.#spec, direction: 'both' });
  }

  /**
   * A way of this many edges, from 1 on. Each such way is a row.
   *
   * @example
   * await g.match(node('a').is(ada), edge('KNOWS').between(2, 3), node('b')).select('b').all(); // => [ { b: 3 } ]
   */
  between(lengthMin: number, lengthMax: number): EdgePattern<E> {
    checkBound('lengthMin', lengthMin, 1);
    if (checkBound('lengthMax', lengthMax, lengthMin) > LENGTH_MAX) {
      throw new InvalidArgumentError(`Way is too long: lengthMax=${lengthMax} max=${LENGTH_MAX}`);
    }
    return makeEdge({ ...this.#spec, lengthMin, lengthMax });
  }

  /**
   * The properties that each edge must have.
   *
   * @example
   * await g.match(node('a'), edge('KNOWS').where({ since: { lt: 2021 } }), node('b')).select('b').all(); // => [ { b: 2 } ]
   */
  where(conditions: Where): EdgePattern<E> {
    const added = checkWhere(conditions);
    return makeEdge({ ...this.#spec, where: [...this.#spec.where, ...added] });
  }

  /**
   * Gives it a name: rows have the ids of its edges under it.
   *
   * @example
   * const [{ knows }] = await g.match(node('a').is(ada), edge('KNOWS').as('knows'), node('b')).all();
   * knows.length; // => 1
   */
  as<const E2 extends string>(name: E2): EdgePattern<E2> {
    return makeEdge({ ...this.#spec, name: checkPatternName(name) });
  }
}

const LENGTH_MAX = 32;

/**
 * A node of a pattern, under a name; of a label when one is given. A name that comes twice is the same node.
 *
 * @example
 * const person = node('p', 'Person'); // a node with this label, under the name p
 * await g.match(person).select('p').first(1); // => [ { p: 1 } ]
 */
export function node<const N extends string>(name: N, label?: string): NodePattern<N> {
  return makeNode({
    name: checkPatternName(name),
    label: label === undefined ? undefined : checkName('Label', label),
    id: undefined,
    where: [],
  });
}

/**
 * An edge of a pattern, from left to right; of a type, or one of several, when they are given.
 *
 * @example
 * const known = edge('KNOWS'); // one edge of this type, along its direction
 * await g.match(node('a').is(ada), known, node('b')).select('b').all(); // => [ { b: 2 } ]
 */
export function edge(type?: string | readonly string[]): EdgePattern<never> {
  const types = (typeof type === 'string' ? [type] : type)?.map((each) => checkName('Type', each));
  const length = { lengthMin: 1, lengthMax: 1 };
  return makeEdge({ name: undefined, types, direction: 'out', ...length, where: [] });
}

/** Nodes and edges in turn. Throws InvalidArgumentError. */
export function checkPattern(parts: readonly unknown[]): {
  readonly nodes: readonly NodeSpec[];
  readonly edges: readonly EdgeSpec[];
} {
  const nodes: NodeSpec[] = [];
  const edges: EdgeSpec[] = [];
  parts.forEach((part, i) => {
    const spec = i % 2 === 0 ? nodeSpec(part) : edgeSpec(part);
    if (spec === undefined) {
      throw new InvalidArgumentError(
        `Pattern must be node, edge, node and so on: position=${i} found=${shown(part)}`,
      );
    }
    if (i % 2 === 0) nodes.push(spec as NodeSpec);
    else edges.push(spec as EdgeSpec);
  });
  if (nodes.length !== edges.length + 1) {
    throw new InvalidArgumentError('Pattern must begin and end with a node');
  }
  const names = edges.flatMap(({ name }) => name ?? []);
  const taken = names.find(
    (name, i) => names.indexOf(name) < i || nodes.some((n) => n.name === name),
  );
  if (taken === undefined) return { nodes, edges };
  throw new InvalidArgumentError(`Name of an edge is taken: name=${taken}`);
}

/** A name is part of `name.property`, so it holds no dot. */
function checkPatternName<N extends string>(name: N): N {
  if (!checkName('Name in a pattern', name).includes('.')) return name;
  throw new InvalidArgumentError(`Name in a pattern must not hold a dot: found=${name}`);
}

function checkWhere(conditions: Where): (readonly [string, Condition])[] {
  if (typeof conditions !== 'object' || conditions === null) {
    throw new InvalidArgumentError(
      `Conditions must be an object by names of properties: found=${shown(conditions)}`,
    );
  }
  return Object.entries(conditions).map(
    ([name, condition]) =>
      [checkName('Name of a property', name), checkCondition(condition)] as const,
  );
}
