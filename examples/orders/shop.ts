/**
 * A shop: products with stock, orders, and the rules that hold between them.
 *
 * Owns: the documents, and each change as one transaction.
 *
 * Invariants:
 *   S1. What an open or paid order holds was taken out of stock in the commit of the order, and a cancelled order gives it
 *       back in the commit of its cancellation. So stock and orders add up to what was delivered, after a kill too.
 *   S2. Stock is never below zero: the order that would take it there is refused.
 *   S3. A customer has one account for an email, however many registrations come at once.
 *   S4. An order bears the id that its sender chose: sent again, it is placed once.
 *
 * Suspension: everything waits for the database. An acknowledged change is durable.
 */
import type { Database } from 'varve';
import {
  type AnyTransaction,
  type Collection,
  collection,
  type Document,
  DocumentError,
} from 'varve/documents';

export interface Product {
  readonly name: string;
  readonly category: string;
  /** In cents. */
  readonly price: number;
  /** Pieces that can be sold. */
  readonly stock: number;
  /** Pieces that have ever been delivered to the shop. */
  readonly delivered: number;
}

export interface Customer {
  readonly email: string;
  readonly orderCount: number;
}

export interface Line {
  readonly product: string;
  readonly count: number;
  /** In cents, for one, as it was when the order was placed. */
  readonly price: number;
}

export type Status = 'open' | 'paid' | 'cancelled';

export interface Order {
  readonly customer: string;
  readonly status: Status;
  readonly lines: readonly Line[];
  readonly total: number;
  readonly placedAt: Date;
}

export interface Wanted {
  readonly product: string;
  readonly count: number;
}

/** Too little is left of a product. */
export class OutOfStockError extends Error {
  readonly product: string;

  constructor(product: string) {
    super(`Too little is left: product=${product}`);
    this.product = product;
  }
}

export class Shop {
  readonly db: Database<unknown, unknown>;
  readonly products: Collection<Product>;
  readonly customers: Collection<Customer>;
  readonly orders: Collection<Order>;

  private constructor(
    db: Database<unknown, unknown>,
    products: Collection<Product>,
    customers: Collection<Customer>,
    orders: Collection<Order>,
  ) {
    this.db = db;
    this.products = products;
    this.customers = customers;
    this.orders = orders;
  }

  static async open(db: Database<unknown, unknown>): Promise<Shop> {
    const products = await collection<Product>(db, 'products', {
      indexes: { byCategory: { on: ['category', 'price'] } },
    });
    const customers = await collection<Customer>(db, 'customers', {
      indexes: { byEmail: { on: ['email'], unique: true } },
    });
    const orders = await collection<Order>(db, 'orders', {
      indexes: {
        byCustomer: { on: ['customer', 'placedAt'] },
        byProduct: { on: ['lines[].product', 'status'] },
      },
    });
    return new Shop(db, products, customers, orders);
  }

  /** Adds pieces of a product, which is new or there. Deliveries of one product never wait for each other. */
  async deliver(id: string, count: number, product: Pick<Product, 'name' | 'category' | 'price'>) {
    const increment = { stock: count, delivered: count };
    try {
      await this.products.patch(id, { increment });
    } catch (error) {
      if (!isRefusal(error, 'NOT_FOUND')) throw error;
      await this.products
        .insert({ id, ...product, stock: 0, delivered: 0 })
        .catch((other: unknown) => {
          if (!isRefusal(other, 'ID_EXISTS')) throw other; // delivered by another at the same time
        });
      await this.products.patch(id, { increment });
    }
  }

  /** The id of the customer with that email, who is made when there is none. */
  async register(email: string): Promise<string> {
    return this.#change(async (tx) => {
      const customers = this.customers.in(tx);
      const known = await customers.first({ where: { email } });
      return known?.id ?? customers.insert({ email, orderCount: 0 });
    });
  }

  /** Places an order, once however often it is sent. Rejects with OutOfStockError. */
  async place(
    id: string,
    customer: string,
    wanted: readonly Wanted[],
    now: number,
  ): Promise<Document<Order>> {
    return this.#change(async (tx) => {
      const orders = this.orders.in(tx);
      const placed = await orders.get(id);
      if (placed !== undefined) return placed;
      const lines: Line[] = [];
      for (const { product, count } of wanted) {
        const found = await this.products.in(tx).get(product);
        if (found === undefined || found.stock < count) throw new OutOfStockError(product);
        await this.products.in(tx).patch(product, { increment: { stock: -count } });
        lines.push({ product, count, price: found.price });
      }
      const total = lines.reduce((sum, { count, price }) => sum + count * price, 0);
      const order: Order = { customer, status: 'open', lines, total, placedAt: new Date(now) };
      await orders.insert({ id, ...order });
      await this.customers.in(tx).patch(customer, { increment: { orderCount: 1 } });
      return { id, ...order };
    });
  }

  /** Marks an open order as paid; tells whether it was open. */
  async pay(id: string): Promise<boolean> {
    return this.#settle(id, 'paid');
  }

  /** Cancels an open order, and gives back what it held; tells whether it was open. */
  async cancel(id: string): Promise<boolean> {
    return this.#settle(id, 'cancelled');
  }

  #settle(id: string, status: Status): Promise<boolean> {
    return this.#change(async (tx) => {
      const order = await this.orders.in(tx).get(id);
      if (order?.status !== 'open') return false;
      await this.orders.in(tx).patch(id, { set: { status } });
      if (status === 'cancelled') {
        for (const { product, count } of order.lines) {
          await this.products.in(tx).patch(product, { increment: { stock: count } });
        }
      }
      return true;
    });
  }

  /** Serializable: a patch does not conflict by itself, so what was read before it must be checked at the commit (S2). */
  #change<R>(body: (tx: AnyTransaction) => Promise<R>): Promise<R> {
    return this.db.transaction(body, { isolation: 'serializable' });
  }

  /** The orders of a customer, newest first, page by page. */
  async ordersOf(customer: string, limit: number, after?: string) {
    const query = { where: { customer }, orderBy: { placedAt: 'desc' }, limit } as const;
    return this.orders.find(after === undefined ? query : { ...query, after }).page();
  }
}

function isRefusal(error: unknown, code: DocumentError['code']): boolean {
  return error instanceof DocumentError && error.code === code;
}
