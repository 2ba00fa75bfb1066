/** The suite of interface-blockstore, over blockstore-level over varve/level. For mocha. */
import { LevelBlockstore } from 'blockstore-level';
import { interfaceBlockstoreTests } from 'interface-blockstore-tests';
import { after, describe } from 'mocha';
import { newLevel, removeAll } from './store.mjs';

after(removeAll);

describe('blockstore-level', () => {
  interfaceBlockstoreTests({
    async setup() {
      const store = new LevelBlockstore(newLevel({ keyEncoding: 'utf8', valueEncoding: 'view' }));
      await store.open();
      return store;
    },
    teardown: (store) => store.close(),
  });
});
