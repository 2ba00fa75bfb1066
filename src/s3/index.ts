/**
 * `varve/s3`: backups in a bucket of S3, or of a service with its protocol.
 *
 * The public surface of this entry, listed name by name. It stands on the package `@aws-sdk/client-s3`, which the program
 * installs, and on the public surface of Varve alone.
 */
export { type S3ClientLike, s3Store, type S3StoreOptions } from './s3-store.ts';
