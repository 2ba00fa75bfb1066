/**
 * The social network: `node scripts/run-ts.mjs examples/social/main.ts`, after `make build`, shows it in a new directory.
 * With a directory it changes the network there for ever, and prints each member that has joined and each that has left:
 * made to be killed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { open } from 'varve';
import { Social } from './social.ts';

const given = process.argv[2];
if (given === undefined) await demonstrate();
else await changeForEver(given);

async function demonstrate(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'varve-social-'));
  const db = await open(directory);
  try {
    const social = await Social.open(db);
    const [ada, bob, cyd, dan] = await Promise.all(
      ['Ada', 'Bob', 'Cyd', 'Dan'].map((name) => social.join(name, 'London')),
    );
    await social.befriend(ada!, bob!);
    await social.befriend(bob!, cyd!);
    await social.befriend(cyd!, dan!);
    const post = await social.post(bob!, 'Hello', new Date(1));
    await social.post(bob!, 'Hello again', new Date(2));
    await social.like(cyd!, post);
    console.log(await social.timeline(ada!, 10));
    console.log(await social.suggestions(ada!, 3));
    console.log(await social.connection(ada!, dan!));
    await social.leave(bob!);
    console.log(await social.connection(ada!, dan!), await social.check());
  } finally {
    await db.close();
    await rm(directory, { recursive: true });
  }
}

async function changeForEver(directory: string): Promise<never> {
  const db = await open(directory, { durability: 'os' });
  const social = await Social.open(db);
  const members = await social.graph.findNodesByLabel('Member').all();
  for (let i = 0; ; i++) {
    const joined = await Promise.all([1, 2, 3].map((n) => social.join(`Member ${i}.${n}`, 'Rome')));
    members.push(...joined);
    console.log(`joined ${joined.join(' ')}`);
    const others = members.slice(0, -joined.length);
    if (others.length > 0) {
      const friendships = joined.map((member, n) =>
        social.befriend(member, others[(i * 7 + n) % others.length]!),
      );
      await Promise.all(friendships);
    }
    await social.post(joined[0]!, `Post ${i}`, new Date(i));
    if (i % 4 === 3) {
      const [leaving] = members.splice(0, 1);
      console.log(`leaves ${leaving}`);
      await social.leave(leaving!);
      console.log(`left ${leaving}`);
    }
  }
}
