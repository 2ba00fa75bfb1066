/**
 * Hostile values: a reader of their properties breaks.
 *
 * Owns: values that a program may throw, reject with or pass as an argument, each made anew.
 */

export const HOSTILE_VALUES: Readonly<Record<string, () => unknown>> = {
  'an error': () => new Error('plain'),
  undefined: () => undefined,
  'a symbol': () => Symbol('x'),
  'an object without prototype': () => Object.create(null) as unknown,
  'an object whose text throws': () => ({
    get message() {
      throw new Error('no message');
    },
    toString() {
      throw new Error('no text');
    },
  }),
  'an error whose message throws': () =>
    Object.defineProperty(new Error('x'), 'message', {
      get() {
        throw new Error('no message');
      },
    }),
  'an error whose name is no text': () => Object.assign(new Error('x'), { name: Symbol('name') }),
  'an object whose constructor throws': () => ({
    get constructor(): never {
      throw new Error('no constructor');
    },
  }),
  'a proxy that answers nothing': () => {
    const refuse = (): never => {
      throw new Error('no answer');
    };
    return new Proxy({}, { get: refuse, has: refuse, getPrototypeOf: refuse, ownKeys: refuse });
  },
  'a revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  'a very long text': () => 'x'.repeat(100_000),
};

/** A promise that rejects with anything at all, a moment later. */
export async function rejecting(reason: unknown): Promise<never> {
  await Promise.resolve();
  throw reason;
}
