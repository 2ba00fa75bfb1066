/** Connection strings of varve/postgres. */
import { describe, expect, it } from 'vitest';

import { parseLocation } from '../../src/postgres/settings.ts';

describe('parseLocation()', () => {
  it('makes one string for each host, without its own parameters', () => {
    const found = parseLocation(
      'postgres://me:pw@a:5433,b/bank?schema=s1&table=t1&sslmode=require&connections=5&timeout_ms=100&history_ms=1000&target_session_attrs=read-write',
    );
    expect(found).toEqual({
      servers: [
        { name: 'a:5433', connectionString: 'postgres://me:pw@a:5433/bank?sslmode=require' },
        { name: 'b', connectionString: 'postgres://me:pw@b/bank?sslmode=require' },
      ],
      shown: 'postgres://me@a:5433,b/bank?schema=s1&table=t1',
      schema: 's1',
      table: 't1',
      connectionCountMax: 5,
      timeoutMs: 100,
      historyMs: 1000,
    });
  });

  it('has defaults, and shows no password', () => {
    const { shown, ...rest } = parseLocation('postgresql://me:p:w@a/bank');
    expect(shown).toBe('postgresql://me@a/bank?schema=varve&table=entries');
    expect(rest).toMatchObject({ connectionCountMax: 20, timeoutMs: 60_000, historyMs: 600_000 });
  });

  it.each([
    ['postgres:/a/b', 'Location must be like'],
    ['postgres://a/b?schema=My"schema', 'schema'],
    ['postgres://a/b?table=1t', 'table'],
    ['postgres://a/b?connections=0', 'connections'],
    ['postgres://a/b?timeout_ms=1.5', 'timeout_ms'],
    ['postgres://a/b?history_ms=x', 'history_ms'],
    ['postgres://a/b?target_session_attrs=any', 'target_session_attrs'],
  ])('refuses %s', (location, named) => {
    expect(() => parseLocation(location)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(named) as string,
      }),
    );
  });
});
