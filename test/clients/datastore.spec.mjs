/** The suite of interface-datastore, over datastore-level over varve/level. For mocha. */
import { LevelDatastore } from 'datastore-level';
import { interfaceDatastoreTests } from 'interface-datastore-tests';
import { after, describe } from 'mocha';
import { newLevel, removeAll } from './store.mjs';

after(removeAll);

describe('datastore-level', () => {
  interfaceDatastoreTests({
    async setup() {
      const store = new LevelDatastore(newLevel({ keyEncoding: 'utf8', valueEncoding: 'view' }));
      await store.open();
      return store;
    },
    teardown: (store) => store.close(),
  });
});
