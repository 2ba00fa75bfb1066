/**
 * The proof of a shop: stock, orders and customers add up.
 *
 * Owns: the check of what shop.ts promises, read as of one moment.
 *
 * Suspension: waits for the database.
 */
import type { Shop } from './shop.ts';

/** What is wrong; empty when all is right. */
export async function audit(shop: Shop): Promise<string[]> {
  const problems: string[] = [];
  const snapshot = shop.db.snapshot();
  try {
    const held = new Map<string, number>();
    const orderCounts = new Map<string, number>();
    for await (const order of shop.orders.find({ snapshot })) {
      orderCounts.set(order.customer, (orderCounts.get(order.customer) ?? 0) + 1);
      const total = order.lines.reduce((sum, { count, price }) => sum + count * price, 0);
      if (total !== order.total) problems.push(`total of order ${order.id}`);
      if (order.status === 'cancelled') continue;
      for (const { product, count } of order.lines) {
        held.set(product, (held.get(product) ?? 0) + count);
      }
    }
    for await (const { id, stock, delivered } of shop.products.find({ snapshot })) {
      if (stock < 0) problems.push(`stock of ${id} is below zero`);
      if (stock + (held.get(id) ?? 0) !== delivered)
        problems.push(`stock of ${id} does not add up`);
      held.delete(id);
    }
    for (const product of held.keys())
      problems.push(`an order holds ${product}, which is not there`);
    const emails = new Set<string>();
    for await (const { id, email, orderCount } of shop.customers.find({ snapshot })) {
      if (emails.has(email)) problems.push(`two customers have the email ${email}`);
      emails.add(email);
      if (orderCount !== (orderCounts.get(id) ?? 0)) problems.push(`orders of customer ${email}`);
    }
  } finally {
    snapshot.close();
  }
  const { problems: found } = await shop.db.verify();
  return [...problems, ...found.map(({ message }) => message)];
}
