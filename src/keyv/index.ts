/**
 * `varve/keyv`: a storage adapter of Keyv over a Varve database.
 *
 * The public surface of this entry, listed name by name. It stands on that of the library, and loads no package.
 */
export {
  KeyvVarve,
  keyvStore,
  type KeyvDatabase,
  type KeyvEntry,
  type KeyvStoreOptions,
} from './keyv-store.ts';
