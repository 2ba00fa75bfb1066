/**
 * A busy day at the shop: `node scripts/run-ts.mjs examples/orders/load.ts <directory> <seed>`, until it is killed.
 *
 * Owns: a random load of several clients, and a line for each change once it is acknowledged:
 *
 *      placed <order>    paid <order>    cancelled <order>    delivered <product> <total so far of this process>
 */
import { open } from 'varve';
import { OutOfStockError, Shop } from './shop.ts';

const CLIENT_COUNT = 8;
const PRODUCT_COUNT = 6;

const [directory = '', seedText = '1'] = process.argv.slice(2);
let state = Number(seedText);

/** A linear congruence: a load needs no better one. */
function below(count: number): number {
  state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.floor((state / 2_147_483_648) * count);
}

const db = await open(directory);
const shop = await Shop.open(db);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function work(client: number): Promise<never> {
  const mine: string[] = [];
  for (let i = 0; ; i++) {
    const product = `p${below(PRODUCT_COUNT)}`;
    const kind = below(10);
    const order = mine[below(mine.length)];
    if (kind < 2) {
      await shop.deliver(product, 5, { name: product, category: 'c', price: 100 });
      say(`delivered ${product}`);
    } else if (kind < 4 && order !== undefined) {
      const isPaid = kind === 2;
      const isDone = isPaid ? await shop.pay(order) : await shop.cancel(order);
      if (isDone) say(`${isPaid ? 'paid' : 'cancelled'} ${order}`);
    } else {
      const customer = await shop.register(`user${below(5)}@example.org`);
      const id = `${seedText}-${client}-${i}`;
      const wanted = [{ product, count: 1 + below(3) }];
      try {
        await shop.place(id, customer, wanted, i);
        mine.push(id);
        say(`placed ${id}`);
      } catch (error) {
        if (!(error instanceof OutOfStockError)) throw error;
      }
    }
  }
}

await Promise.all(Array.from({ length: CLIENT_COUNT }, (_, client) => work(client)));
