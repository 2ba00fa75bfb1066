/** A graph of quadstore over varve/level: written, asked in both directions, reopened, and changed in one batch. */
import assert from 'node:assert/strict';
import { Quadstore } from 'quadstore';
import { DataFactory } from 'rdf-data-factory';
import { newDirectory, removeAll, VarveLevel } from './store.mjs';

const PERSON_COUNT = 500;
const dataFactory = new DataFactory();
const directory = newDirectory();
const node = (name) => dataFactory.namedNode(`http://example.org/${name}`);
const knows = node('knows');
const quad = (from, to) => dataFactory.quad(node(`p${from}`), knows, node(`p${to}`));

async function opened() {
  const store = new Quadstore({ backend: new VarveLevel(directory), dataFactory });
  await store.open();
  return store;
}

const countOf = async (store, pattern) => (await store.get(pattern)).items.length;

let store = await opened();
const quads = Array.from({ length: PERSON_COUNT }, (_, i) => quad(i, i % 10));
await store.multiPut(quads);
assert.equal(await countOf(store, {}), PERSON_COUNT);
assert.equal(await countOf(store, { subject: node('p7') }), 1);
assert.equal(await countOf(store, { object: node('p7') }), PERSON_COUNT / 10);
await store.close();

store = await opened();
await store.multiPatch(quads.slice(0, 100), [quad(0, 499), quad(1, 499)]);
assert.equal(await countOf(store, { predicate: knows }), PERSON_COUNT - 98);
assert.equal(await countOf(store, { object: node('p499') }), 2);
await store.clear();
assert.equal(await countOf(store, {}), 0);
await store.close();
removeAll();
console.log('QUADSTORE OK');
