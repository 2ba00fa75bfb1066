/**
 * `varve/session`: sessions of `express-session` in a Varve database.
 *
 * The public surface of this entry, listed name by name. It stands on that of the library. The program hands over the
 * package `express-session`, so this entry loads no package.
 */
export {
  sessionStore,
  type SessionDatabase,
  type SessionModule,
  type SessionRecord,
  type SessionStoreCalls,
  type SessionStoreOptions,
} from './session-store.ts';
