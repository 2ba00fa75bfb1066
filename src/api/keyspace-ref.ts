/**
 * A keyspace as other calls name it.
 *
 * Owns: the part of a Keyspace by which the compiler knows its types.
 */

/** A Keyspace, as `tx.in` and `in` of an operation take it. At run time only one of the same database is taken. */
export interface KeyspaceRef<K, V> {
  /** As that of a Keyspace. */
  readonly name: string;
  /** As that of a Keyspace. */
  getSync(key: K): V | undefined;
}
