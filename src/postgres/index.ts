/**
 * `varve/postgres`: a database whose data lies in PostgreSQL.
 *
 * The public surface of this entry, listed name by name. It stands on the package `pg`, which the program installs, and on
 * the public surface of Varve alone. `open('postgres://...')` loads it.
 */
export { connect } from './postgres-backend.ts';
