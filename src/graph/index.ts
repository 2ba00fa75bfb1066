/**
 * `varve/graph`: nodes, edges and properties over a Varve database.
 *
 * The public surface of this entry, listed name by name. It stands on the public surface of Varve alone.
 */
export { Graph, graph, type GraphMlOptions, GraphSnapshot, GraphTransaction } from './graph.ts';
export type { GraphMlReading } from './graphml-reader.ts';
export { GraphReads } from './graph-reads.ts';
export type {
  EdgePropertyIndexInfo,
  NearbyOptions,
  Neighbor,
  NeighborOptions,
  PropertyIndexInfo,
} from './graph-reads.ts';
export { GraphWrites } from './graph-writes.ts';
export type { DeleteNodeOptions, EdgeInput, NodeInput } from './graph-writes.ts';
export type {
  LoadEdge,
  LoadInput,
  LoadNode,
  LoadOptions,
  LoadReport,
  NodeKey,
  Source,
} from './bulk-load.ts';
export type { ImportOptions, ImportReport } from './import.ts';
export type { TextSource } from './text-values.ts';
export { GraphStream } from './graph-stream.ts';
export type { AnyDatabase, AnyTransaction } from './layout.ts';
export type { Condition, ConditionOrValue } from './conditions.ts';
export type { FindOptions } from './finding.ts';
export { graphFunctions } from './graph-functions.ts';
export { Match } from './match.ts';
export type {
  EdgeNames,
  MatchExplanation,
  MatchRow,
  NodeNames,
  Selectable,
  SelectedRow,
} from './match.ts';
export type { StartKind } from './match-plan.ts';
export { edge, EdgePattern, node, NodePattern, type Where } from './pattern.ts';
export type { Path, PathsOptions, ShortestPathOptions } from './paths.ts';
export type { GraphEdge, GraphNode } from './records.ts';
export type { BfsOptions, EdgeOptions, Step, TraversalOptions } from './traversal.ts';
export type {
  Direction,
  EdgeId,
  NodeId,
  Properties,
  PropertyChanges,
  PropertyValue,
} from './values.ts';
export type { GraphReport, VerifyGraphOptions } from './verify.ts';
export {
  EdgeNotFoundError,
  ImportError,
  type ImportErrorOptions,
  NodeHasEdgesError,
  NodeNotFoundError,
  TraversalLimitError,
  WeightError,
} from './graph-errors.ts';
