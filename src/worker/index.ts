/**
 * `varve/worker`: a database in a worker thread.
 *
 * The public surface of this entry, listed name by name. It is a part of that of Varve, for programs whose worker threads
 * use a database that another thread has opened.
 */
export {
  attach,
  type AttachOptions,
  type Database,
  type DatabaseHandle,
  type PoolFunctions,
  servePool,
} from '../index.ts';
