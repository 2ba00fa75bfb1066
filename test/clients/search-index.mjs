/** Documents of search-index over varve/level: indexed, searched, reopened, and deleted. */
import assert from 'node:assert/strict';
import { SearchIndex } from 'search-index';
import { newDirectory, removeAll, VarveLevel } from './store.mjs';

const name = newDirectory();
const documents = Array.from({ length: 100 }, (_, i) => ({
  _id: i,
  title: i % 2 === 0 ? `clay of spring ${i}` : `silt of autumn ${i}`,
  body: 'a layer of sediment',
}));

const opened = () => new SearchIndex({ name, Level: VarveLevel });
const countOf = async (index, query) => (await index.QUERY(query)).RESULT_LENGTH;

let index = opened();
await index.PUT(documents);
assert.equal(await index.DOCUMENT_COUNT(), 100);
assert.equal(await countOf(index, { AND: ['spring'] }), 50);
assert.equal(await countOf(index, { AND: ['silt', '7'] }), 1);
assert.equal(await countOf(index, { OR: ['clay', 'silt'] }), 100);
await index.INDEX.STORE.close();

index = opened();
assert.equal(await countOf(index, { AND: ['title:autumn'] }), 50);
await index.DELETE(1, 3, 5);
assert.equal(await countOf(index, { AND: ['title:autumn'] }), 47);
await index.INDEX.STORE.close();
removeAll();
console.log('SEARCH-INDEX OK');
