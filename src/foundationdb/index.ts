/**
 * `varve/foundationdb`: a database whose data lies in FoundationDB.
 *
 * The public surface of this entry, listed name by name. It stands on the package `foundationdb`, which the program installs
 * together with the client library of FoundationDB, and on the public surface of Varve alone.
 * `open('foundationdb://...')` loads it.
 */
export { connect } from './foundationdb-backend.ts';
