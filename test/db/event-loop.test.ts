/**
 * The event loop turns while the database works.
 */
import { expect, it } from 'vitest';
import { MemoryVfs, open } from '../../src/index.ts';

it.each([1, 32])(
  'turns while %i callers await one os commit after the other (C6)',
  async (callers) => {
    const db = await open<string, string>('/db', {
      vfs: new MemoryVfs(),
      keyEncoding: 'utf8',
      valueEncoding: 'utf8',
      durability: 'os',
    });
    const total = 8192;
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    let next = 0;
    await Promise.all(
      Array.from({ length: callers }, async () => {
        while (next < total) await db.put(`key:${next++}`, 'value');
      }),
    );
    isDone = true;
    expect(turns).toBeGreaterThanOrEqual(total / 512);
    await db.close();
  },
);
