/** A look finds the files of the snappy package where installers put them, and says nothing where they are not. */
import { dirname, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, it, vi } from 'vitest';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, '../..').replaceAll('\\', '/');
const BINARY = `snappy-${process.platform}-${process.arch}`;

type Find = (exists: (path: string) => boolean) => boolean;

/** As in a thread that has neither looked nor loaded. */
async function fresh(): Promise<Find> {
  vi.resetModules();
  return (await import('../../src/sstable/snappy-package.ts')).findSnappy;
}

const among =
  (...paths: string[]) =>
  (path: string): boolean =>
    paths.some((each) => path.replaceAll('\\', '/').endsWith(each));

beforeEach(() => vi.resetModules());

it.each([
  ['beside it', `${ROOT}/node_modules/snappy/../@napi-rs/${BINARY}`],
  ['beside it, by the kind of library', `${ROOT}/node_modules/snappy/../@napi-rs/${BINARY}-gnu`],
  ['within it', `${ROOT}/node_modules/snappy/node_modules/@napi-rs/${BINARY}-musl`],
])('finds the package with its binary %s', async (_, binary) => {
  const find = await fresh();
  expect(find(among(`${ROOT}/node_modules/snappy/package.json`, binary))).toBe(true);
  expect(find(() => false)).toBe(true); // it was found before
});

it('does not find a package without its binary, or a binary of another platform', async () => {
  const find = await fresh();
  const snappy = `${ROOT}/node_modules/snappy`;
  expect(find(among(`${snappy}/package.json`))).toBe(false);
  expect(find(among(`${snappy}/../@napi-rs/${BINARY}`))).toBe(false);
  expect(find(among(`${snappy}/package.json`, `${snappy}/../@napi-rs/snappy-other-cpu`))).toBe(
    false,
  );
});

it('finds nothing where the process refuses native code', async () => {
  const find = await fresh();
  const real = process.dlopen.bind(process);
  process.dlopen = () => {
    throw new Error('native code was refused');
  };
  try {
    expect(find(() => true)).toBe(false);
  } finally {
    process.dlopen = real;
  }
  expect(find(() => true)).toBe(true);
});
