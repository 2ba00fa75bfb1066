/**
 * A keyspace as other calls name it: `tx.in(keyspace)`, or `in` of an operation of a batch.
 *
 * Owns: the part of a Keyspace by which the compiler knows its types. At run time only a keyspace of the same database
 * is taken.
 */
export interface KeyspaceRef<K, V> {
  readonly name: string;
  getSync(key: K): V | undefined;
}
