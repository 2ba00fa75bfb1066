/**
 * Nothing of an encrypted database is readable: not in its files, nor in temporary ones, errors, events and figures; and no
 * nonce is used twice.
 */
import { describe, expect, it } from 'vitest';
import { FileCipher } from '../../src/encryption/file-cipher.ts';
import { createSecretKey } from 'node:crypto';
import { sealFrame } from '../../src/log/frame-format.ts';
import { encryptFrame } from '../../src/log/log-encryption.ts';
import { MemoryVfs } from '../../src/index.ts';
import { FaultVfs } from '../support/fault-vfs.ts';
import { checkNonces, NonceLedger, RecordingVfs } from './recorder.ts';
import {
  fill,
  KEY,
  keyOf,
  MARKERS,
  OTHER_KEY,
  openText,
  runWorkload,
  valueOf,
} from './workload.ts';

/** The markers that are found in what was written, with the files. */
function readable({ lives }: RecordingVfs): string[] {
  const found = new Set<string>();
  for (const { path, writes } of lives) {
    for (const { bytes } of writes) {
      const text = Buffer.from(bytes).toString('latin1');
      for (const marker of MARKERS) if (text.includes(marker)) found.add(`${marker} in ${path}`);
      for (const key of [KEY, OTHER_KEY]) {
        if (Buffer.from(bytes).includes(Buffer.from(key))) found.add(`a key in ${path}`);
      }
    }
  }
  return [...found];
}

describe('an encrypted database', () => {
  it('writes no byte from which a key, a value or a name can be read', async () => {
    const events: unknown[] = [];
    const recorder = new RecordingVfs(new MemoryVfs());
    await runWorkload(recorder, { onEvent: (...event) => void events.push(event) });
    const kinds = new Set(recorder.lives.map(({ path }) => path.replaceAll(/\d/g, '')));
    expect([...kinds].sort()).toEqual([
      '/copy/.log',
      '/copy/CURRENT.tmp',
      '/copy/KEYRING.tmp',
      '/copy/MANIFEST-',
      '/data/.log',
      '/data/.sst',
      '/data/CURRENT.tmp',
      '/data/KEYRING.tmp',
      '/data/MANIFEST-',
    ]);
    expect(readable(recorder)).toEqual([]);
    expect(events.length).toBeGreaterThan(3);
    const hidden = [Buffer.from(KEY).toString('hex'), KEY.join()];
    for (const text of hidden) expect(JSON.stringify(events)).not.toContain(text);
  });

  it('is compared with a plain one, in which all of that is found', async () => {
    const recorder = new RecordingVfs(new MemoryVfs());
    const db = await openText(recorder, { encryption: undefined } as never);
    await fill(db, 1500);
    await db.keyspace('spacemarker');
    await db.flush();
    await db.close();
    expect(readable(recorder).length).toBeGreaterThan(3);
  });

  it('shows no key in errors and statistics', async () => {
    const vfs = new MemoryVfs();
    const db = await openText(vfs);
    await db.put(keyOf(1), valueOf(1));
    const stats = JSON.stringify(db.stats());
    await db.close();
    const error: unknown = await openText(vfs, { encryption: { key: OTHER_KEY } }).catch(
      (each: unknown) => each,
    );
    const shown = stats + String((error as Error).stack) + JSON.stringify(error);
    for (const key of [KEY, OTHER_KEY]) {
      expect(shown).not.toContain(Buffer.from(key).toString('hex'));
      expect(shown).not.toContain(key.join());
    }
    for (const marker of MARKERS) expect(shown).not.toContain(marker);
  });

  it('uses no nonce twice: appends that fail, bulk loads, rotations, copies that go on (file-cipher/nonce-once, log-encryption/counter-never-back, block-encryption/written-once)', async () => {
    const disk = new MemoryVfs();
    const faults = new FaultVfs(disk);
    const recorder = new RecordingVfs(faults);
    await runWorkload(recorder);
    for (const directory of ['/data', '/copy']) {
      const db = await openText(recorder, {}, directory);
      for (let i = 0; i < 20; i++) {
        if (i % 3 === 1) faults.inject({ kinds: ['write'], code: 'ENOSPC', effect: 'torn' });
        await db.put(keyOf(i), `${directory} ${i}`).catch(() => undefined);
        faults.heal();
      }
      await db.flush();
      await db.close();
    }
    const ledger = new NonceLedger();
    checkNonces(recorder, ledger);
    expect(ledger.size).toBeGreaterThan(100);
  });

  it('is checked by a ledger that finds a nonce used twice', () => {
    const key = createSecretKey(KEY);
    const salt = new Uint8Array(16).fill(1);
    const cipher = new FileCipher(key, salt.subarray(0, 8), salt, { kind: 1, number: 7 }, 'f');
    const recorder = new RecordingVfs(new MemoryVfs());
    recorder.makeDirectory('/data');
    const file = recorder.open('/data/000007.log', 'create');
    file.writeSync(new Uint8Array(64), 0, 64, 0);
    for (const text of ['three', 'seven']) {
      const frame = new Uint8Array(46);
      frame.set(Buffer.from(text), 40);
      sealFrame(frame, 46, 1, { fileNumber: 7, firstSequence: 3, durableSequence: 0, wallMs: 1 });
      const sealed = new Uint8Array(70);
      encryptFrame(cipher, 1, { bytes: frame, start: 0, length: 46, offset: 64 }, sealed);
      file.writeSync(sealed, 0, 70, 64); // over the one before, with the same count
    }
    expect(() => checkNonces(recorder, new NonceLedger())).toThrow('Nonce is used twice');
  });
});
