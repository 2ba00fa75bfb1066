/** examples/social: what it answers, its rules under concurrent requests, and that a kill breaks none of them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryVfs, open } from 'varve';
import { Social } from '../../examples/social/social.ts';
import { builtFile } from '../support/built.ts';

let child: ChildProcess | undefined;
let directory: string | undefined;

afterEach(() => {
  child?.kill('SIGKILL');
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
});

describe('a social network', () => {
  it('answers, and keeps its rules among requests at once', async () => {
    builtFile('graph.js'); // refuses a stale build
    const db = await open('/db', { vfs: new MemoryVfs() });
    const social = await Social.open(db);
    const names = ['Ada', 'Bob', 'Cyd', 'Dan', 'Eve'];
    const members = await Promise.all(names.map((name) => social.join(name, 'London')));
    const [ada, bob, cyd, dan, eve] = members as [number, number, number, number, number];
    const pairs = [
      [ada, bob],
      [bob, ada],
      [bob, cyd],
      [cyd, dan],
      [ada, eve],
      [eve, cyd],
    ] as const;
    const made = await Promise.all(pairs.map(([a, b]) => social.befriend(a, b)));
    expect(made.filter(Boolean)).toHaveLength(5);
    const post = await social.post(bob, 'Hello', new Date(1));
    await social.post(eve, 'Later', new Date(2));
    await social.like(cyd, post);
    expect(await social.timeline(ada, 10)).toEqual([
      { author: 'Eve', text: 'Later', likes: 0 },
      { author: 'Bob', text: 'Hello', likes: 1 },
    ]);
    expect(await social.suggestions(ada, 3)).toEqual([{ member: cyd, name: 'Cyd', common: 2 }]);
    expect(await social.connection(ada, dan)).toHaveLength(4);
    await Promise.all([social.leave(bob), social.leave(eve)]);
    expect(await social.connection(ada, dan)).toBeUndefined();
    expect(await social.check()).toEqual([]);
    await db.close();
  });

  it('that is killed again and again keeps its rules, and every member that had joined', async () => {
    builtFile('graph.js');
    directory = mkdtempSync(join(tmpdir(), 'varve-social-'));
    const members = new Set<number>();
    for (let round = 0; round < 3; round++) {
      const args = ['scripts/run-ts.mjs', 'examples/social/main.ts', directory];
      child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      let leaving: number | undefined;
      let count = 0;
      for await (const line of createInterface({ input: child.stdout! })) {
        const [word, ...ids] = line.split(' ');
        if (word === 'joined') for (const id of ids) members.add(Number(id));
        if (word === 'leaves') leaving = Number(ids[0]);
        if (word === 'left') members.delete(Number(ids[0]));
        if (++count === 20 + 7 * round) child.kill('SIGKILL');
      }
      const db = await open(directory);
      const social = await Social.open(db);
      expect(await social.check()).toEqual([]);
      const found = new Set(await social.graph.findNodesByLabel('Member').all());
      for (const member of members) {
        if (found.has(member)) continue;
        expect(member).toBe(leaving); // it was on its way out
        members.delete(member);
      }
      await db.close();
    }
  });
});
