/** Loaded before a program that requires `level`: it gets varve/level in its place. */
const Module = require('node:module');
const { VarveLevel } = require('../../dist/level.cjs');

const load = Module._load;
Module._load = (request, ...rest) =>
  request === 'level' ? { Level: VarveLevel } : load(request, ...rest);
