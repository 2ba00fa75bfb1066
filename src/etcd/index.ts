/**
 * `varve/etcd`: a database on a cluster of etcd.
 *
 * The public surface of this entry, listed name by name. It stands on the packages `@grpc/grpc-js` and `@grpc/proto-loader`,
 * which the program installs, and on the public surface of Varve alone.
 */
export type { EtcdOptions } from './address.ts';
export { connect } from './etcd-backend.ts';
