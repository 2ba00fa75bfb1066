/**
 * A small shop, of which the pictures are made.
 *
 * Owns: its keyspaces, its entries, and the life in it. All of it is the same at each run, but for the times.
 *
 * Suspension: filling suspends for writes.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { open } from '../../dist/index.js';

const CITIES = ['Graz', 'Porto', 'Turku', 'Bergen', 'Lyon', 'Krakow', 'Ghent', 'Malaga'];

function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Small tables, so that there are several levels. */
export function openShop(directory) {
  return open(directory, {
    keyEncoding: 'utf8',
    memtableSizeBytes: 1024 * 1024,
    level1SizeBytes: 1024 * 1024,
    targetFileSizeBytes: 256 * 1024,
    history: { keepMs: 3_600_000, keepBytes: 64 * 1024 * 1024 },
  });
}

/** Returns what `live` needs. */
export async function fillShop(db) {
  const pick = random(7);
  const users = await db.keyspace('users', {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
    indexes: { byCity: { on: ['city', 'age'] }, byEmail: { on: ['email'], unique: true } },
  });
  const orders = await db.keyspace('orders', { keyEncoding: 'tuple', valueEncoding: 'json' });
  await db.keyspace('sessions', { keyEncoding: 'utf8', valueEncoding: 'json', ttlMs: 86_400_000 });
  const user = (number) => ({
    name: `user ${number}`,
    email: `user${number}@example.org`,
    city: CITIES[number % CITIES.length],
    age: 18 + pick(60),
  });
  for (let lot = 0; lot < 100; lot++) {
    const operations = [];
    for (let index = 0; index < 200; index++) {
      const number = lot * 200 + index;
      operations.push({
        type: 'put',
        in: users,
        key: `user:${String(number).padStart(6, '0')}`,
        value: user(number),
      });
    }
    await db.batch(operations, { durability: 'os' });
  }
  const text = 'The quick brown fox jumps over the lazy dog. ';
  for (let number = 0; number < 30_000; number++) {
    const value = {
      total: pick(90_000) / 100,
      items: 1 + pick(9),
      note: text.slice(0, pick(45)) + pick(1e9),
    };
    await orders.put([pick(20_000), new Date(1.77e12 + number * 61_000)], value, {
      durability: 'os',
    });
  }
  return { users, orders, user, pick };
}

/** Some hundred operations a second, until `life.isEnded`. */
export async function live(db, { users, orders, user, pick }, life) {
  for (let round = 0; !life.isEnded; round++) {
    for (let index = 0; index < 1 + pick(30); index++) {
      const number = pick(20_000);
      await db.transaction((tx) => {
        tx.in(orders).put([number, new Date(1.78e12 + round * 1000 + index)], {
          total: pick(9000) / 100,
          items: 1 + pick(9),
        });
        tx.in(users).put(`user:${String(number).padStart(6, '0')}`, user(number));
      });
    }
    await delay(20 + pick(60));
  }
}
