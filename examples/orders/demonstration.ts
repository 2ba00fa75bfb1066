/**
 * A small day at a shop, told line by line.
 *
 * Owns: what `main.ts` shows: a race for the last pieces, a cancellation, pages, a plan, the audit.
 */
import { audit } from './audit.ts';
import type { Shop } from './shop.ts';

const DAY = Date.UTC(2026, 0, 31);

export async function demonstrate(shop: Shop, print: (text: string) => void): Promise<void> {
  await shop.deliver('lamp', 5, { name: 'Lamp', category: 'home', price: 2500 });
  await shop.deliver('mug', 20, { name: 'Mug', category: 'home', price: 800 });

  print('Ten people register with one email at once. There is one customer.');
  const ids = await Promise.all(Array.from({ length: 10 }, () => shop.register('ada@example.org')));
  print(`  ${new Set(ids).size} customer`);
  const ada = ids[0]!; // ten were asked for

  print('Eight orders come at once for five lamps.');
  const orders = Array.from({ length: 8 }, (_, i) =>
    shop.place(`lamp-${i}`, ada, [{ product: 'lamp', count: 1 }], DAY + i),
  );
  const placed = (await Promise.allSettled(orders)).filter(({ status }) => status === 'fulfilled');
  print(`  ${placed.length} placed, ${(await shop.products.get('lamp'))?.stock} left`);

  print('One of them is cancelled. Its lamp is for sale again.');
  const open = await shop.orders.first({ where: { status: 'open', 'lines[].product': 'lamp' } });
  await shop.cancel(open?.id ?? '');
  print(`  ${(await shop.products.get('lamp'))?.stock} left`);

  print('Her orders, newest first, two on a page:');
  for (let after: string | undefined; ;) {
    const page = await shop.ordersOf(ada, 2, after);
    print(`  ${page.documents.map(({ status, total }) => `${status} ${total / 100}`).join(', ')}`);
    after = page.cursor;
    if (after === undefined) break;
  }
  const { plan, examinedCount } = await shop.orders.explain({
    where: { customer: ada },
    orderBy: { placedAt: 'desc' },
    limit: 2,
  });
  print(`  found by ${plan}, ${examinedCount} documents read`);

  const problems = await audit(shop);
  print(problems.length === 0 ? 'The audit finds nothing.' : `The audit: ${problems.join('; ')}`);
}
