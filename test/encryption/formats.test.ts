/**
 * The bytes of an encrypted database, against the worked examples of docs/formats/encryption.md.
 */
import { createSecretKey } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { FileCipher } from '../../src/encryption/file-cipher.ts';
import { FileKeys } from '../../src/encryption/file-keys.ts';
import {
  decodeKeyRing,
  encodeKeyRing,
  newRing,
  withNewGeneration,
} from '../../src/encryption/key-ring-format.ts';
import { callerKeyOf } from '../../src/encryption/key-source.ts';
import {
  CorruptionError,
  EncryptionKeyError,
  IncompatibleFormatError,
  TamperedError,
} from '../../src/index.ts';
import {
  encodeLogHeader,
  FrameHeader,
  isFrameIntact,
  sealFrame,
} from '../../src/log/frame-format.ts';
import {
  decodeKeyReference,
  decryptFrame,
  encodeKeyReference,
  encryptFrame,
} from '../../src/log/log-encryption.ts';
import { FrameSealing } from '../../src/log/frame-sealing.ts';
import { decodeEnvelope, encodeEnvelope, sealStored } from '../../src/sstable/block-encryption.ts';
import {
  openBlock,
  openPropertiesBlock,
  propertiesBlockOf,
  sealBlock,
  TRAILER_SIZE_BYTES,
} from '../../src/sstable/block-trailer.ts';
import { decodeFooter, encodeSealedFooter } from '../../src/sstable/footer.ts';
import { hexExample } from '../support/doc-hex.ts';

const filled = (size: number, byte: number): Uint8Array => new Uint8Array(size).fill(byte);
const example = (name: string): Uint8Array => hexExample('encryption.md', name);

const callerKey = callerKeyOf(filled(32, 0x11));
const databaseKey = createSecretKey(filled(32, 0x33));
const generation = filled(8, 0x22);
const salt = filled(16, 0x66);
const cipherOf = (kind: number, number: number): FileCipher =>
  new FileCipher(databaseKey, generation, salt, { kind, number }, 'f');
const log = cipherOf(1, 7);
const table = cipherOf(3, 9);
/** A copy with one bit of byte `index` changed. */
const flipped = (bytes: Uint8Array, index: number): Uint8Array => {
  const copy = bytes.slice();
  copy[index]! ^= 1;
  return copy;
};
const threeFrame = (): Uint8Array => {
  const bytes = new Uint8Array(46);
  bytes.set(Buffer.from('three'), 40);
  sealFrame(bytes, 46, 1, {
    fileNumber: 7,
    firstSequence: 3,
    durableSequence: 0,
    wallMs: 1_700_000_000_000,
  });
  return bytes;
};

describe('the key ring', () => {
  it('is as the format says', () => {
    const bytes = example('ring');
    const ring = decodeKeyRing(bytes, callerKey, 'KEYRING');
    expect([...ring.generations.keys()]).toEqual(['22'.repeat(8)]);
    expect(ring.generations.get('22'.repeat(8))!.equals(databaseKey)).toBe(true);
    expect(encodeKeyRing(ring, callerKey, filled(16, 0x55))).toEqual(bytes);
  });

  it('keeps its generations in order, each with a key of its own (key-ring-format/newest-last)', () => {
    const ring = withNewGeneration(withNewGeneration(newRing()));
    const read = decodeKeyRing(encodeKeyRing(ring, callerKey), callerKey, 'KEYRING');
    expect([...read.generations.keys()]).toEqual([...ring.generations.keys()]);
    const keys = [...read.generations.values()].map((key) => key.export().toString('hex'));
    expect(new Set(keys).size).toBe(3);
    expect(Buffer.from(read.id)).toEqual(Buffer.from(ring.id));
  });

  it('has other bytes at each writing (key-ring-format/sealed-under-a-new-key)', () => {
    const ring = newRing();
    const [a, b] = [encodeKeyRing(ring, callerKey), encodeKeyRing(ring, callerKey)];
    expect(Buffer.compare(a.subarray(32, 48), b.subarray(32, 48))).not.toBe(0);
    expect(Buffer.compare(a.subarray(48), b.subarray(48))).not.toBe(0);
  });

  it('tells damage from a wrong key, and refuses both (key-ring-format/damage-is-not-a-wrong-key)', () => {
    const bytes = example('ring');
    const read = (of: Uint8Array, key = callerKey) => decodeKeyRing(of, key, 'KEYRING');
    for (let i = 0; i < bytes.length; i++) {
      expect(() => read(flipped(bytes, i)), `byte=${i}`).toThrow(CorruptionError);
      expect(() => read(bytes.subarray(0, i)), `length=${i}`).toThrow(CorruptionError);
    }
    expect(() => read(bytes, callerKeyOf(filled(32, 0x12)))).toThrow(EncryptionKeyError);
  });

  it('refuses a newer version by number', () => {
    const ring = encodeKeyRing(newRing(), callerKey);
    const newer = ring.slice();
    newer[8] = 2;
    reseal(newer);
    expect(() => decodeKeyRing(newer, callerKey, 'KEYRING')).toThrow(IncompatibleFormatError);
    const many = ring.slice();
    many[12] = 2;
    reseal(many);
    expect(() => decodeKeyRing(many, callerKey, 'KEYRING')).toThrow(CorruptionError);
  });
});

/** Gives a ring the checksum of its bytes. */
function reseal(bytes: Uint8Array): void {
  const block = new Uint8Array(bytes.length + 1);
  block.set(bytes.subarray(0, -4));
  sealBlock(block, 0, bytes.length - 5, bytes.at(-5)!);
  bytes.set(block.subarray(bytes.length - 4, bytes.length), bytes.length - 4);
}

describe('keys in memory', () => {
  it('show none of their bytes when they are printed (file-keys/keys-stay-objects)', () => {
    const keys = new FileKeys({ generations: new Map([['22'.repeat(8), databaseKey]]) });
    const cipher = keys.create({ kind: 3, number: 9 }, 'f');
    for (const thing of [keys, keys.material, cipher, callerKey]) {
      const text = inspect(thing, { depth: 9, showHidden: true }) + JSON.stringify(thing);
      expect(text).not.toMatch(/33 ?33|51, ?51|11 11 11|17, ?17/);
    }
  });

  it('give each new file a salt and so a key of its own (file-cipher/own-key, file-keys/fresh-salt)', () => {
    const keys = new FileKeys({ generations: new Map([['22'.repeat(8), databaseKey]]) });
    const piece = { use: 1, number: 0, clear: filled(1, 0), offset: 0 } as const;
    const sealed = (cipher: FileCipher): string => {
      const target = new Uint8Array(48);
      cipher.seal(piece, filled(32, 7), target, 0);
      return Buffer.from(target).toString('hex');
    };
    const seen = new Set<string>();
    for (let i = 0; i < 50; i++) seen.add(sealed(keys.create({ kind: 3, number: 9 }, 'f')));
    for (const kind of [1, 2, 3])
      for (const number of [7, 9]) seen.add(sealed(cipherOf(kind, number)));
    expect(seen.size).toBe(56);
  });
});

describe('an encrypted log', () => {
  it('is as the format says', () => {
    const bytes = example('log');
    const head = Buffer.concat([encodeLogHeader(1, 7, 1), encodeKeyReference(log)]);
    expect(Buffer.from(bytes.subarray(0, 64))).toEqual(head);
    expect(decodeKeyReference(bytes.subarray(32))).toEqual({ generation, salt });
    const placed = { bytes, start: 64, length: 70, offset: 64 };
    expect(isFrameIntact(bytes, 64, 70)).toBe(true);
    expect(Buffer.from(decryptFrame(log, placed)).toString()).toBe('three');
    const target = new Uint8Array(70);
    const frame = { bytes: threeFrame(), start: 0, length: 46, offset: 64 };
    expect(encryptFrame(log, 1, frame, target)).toBe(70);
    expect(target).toEqual(bytes.subarray(64));
    expect(bytes).toHaveLength(64 + 70);
  });

  it('tells damage before it looks at a tag (log-encryption/damage-first)', () => {
    const bytes = example('log').subarray(64);
    for (let i = 0; i < bytes.length; i++) {
      const header = new FrameHeader();
      const changed = flipped(bytes, i);
      header.decode(changed, 0);
      const isGood = header.isPlausible(7, 70) && isFrameIntact(changed, 0, 70);
      expect(isGood, `byte=${i}`).toBe(false);
    }
  });

  it('binds every byte of the header, and the place (log-encryption/header-is-bound, file-cipher/bound-to-its-place)', () => {
    const bytes = example('log').subarray(64);
    const open = (of: Uint8Array, offset = 64, cipher = log) =>
      decryptFrame(cipher, { bytes: of, start: 0, length: 70, offset });
    for (let i = 4; i < 69; i++) {
      expect(() => open(flipped(bytes, i)), `byte=${i}`).toThrow(TamperedError);
    }
    expect(() => open(bytes, 65)).toThrow(TamperedError);
    expect(() => open(bytes, 64, cipherOf(2, 7))).toThrow(TamperedError);
    expect(() => open(bytes, 64, cipherOf(1, 8))).toThrow(TamperedError);
    expect(Buffer.from(open(bytes)).toString()).toBe('three');
  });

  it('never seals two frames with one count, at one place neither (frame-sealing/counts-attempts, log-encryption/counter-never-back)', () => {
    const sealing = new FrameSealing(log);
    const first = sealing.seal(threeFrame(), 46, 64).slice();
    const second = sealing.seal(threeFrame(), 46, 64).slice();
    expect(first.subarray(48, 53)).not.toEqual(second.subarray(48, 53));
    expect([first[40], second[40]]).toEqual([1, 2]);
  });

  it('refuses a damaged key reference', () => {
    const reference = encodeKeyReference(log);
    for (let i = 0; i < reference.length; i++) {
      expect(decodeKeyReference(flipped(reference, i)), `byte=${i}`).toBeUndefined();
    }
  });
});

describe('an encrypted table', () => {
  const footer = {
    properties: { offset: 19000, length: 100 },
    index: { offset: 19105, length: 842 },
    filter: { offset: 0, length: 0 },
    rangeTombstones: { offset: 0, length: 0 },
  };

  it('has blocks as the format says', () => {
    const bytes = example('block');
    expect(Buffer.from(openBlock(bytes, 21, 'f', 4096, table)).toString()).toBe('varve');
    const block = new Uint8Array(26);
    block.set(Buffer.from('varve'));
    sealBlock(block, 0, sealStored(table, block, { start: 0, end: 5 }, 0x10, 4096), 0x10);
    expect(block).toEqual(bytes);
  });

  it('has properties as the format says, other ones for each sequence base (block-encryption/written-once, file-cipher/nonce-once)', () => {
    const bytes = example('properties');
    expect(openPropertiesBlock(bytes, 32, 'f', 8192, table)).toEqual(filled(8, 1));
    expect(propertiesBlockOf(filled(8, 1), 5, 8192, table)).toEqual(bytes);
    const before = propertiesBlockOf(filled(8, 1), 0, 8192, table);
    expect(before.subarray(8, 16)).not.toEqual(bytes.subarray(8, 16));
  });

  it('has an end as the format says', () => {
    const bytes = example('tail');
    const envelope = decodeEnvelope(bytes.subarray(0, 48), 'f', 0);
    expect(envelope).toMatchObject({ generation, salt });
    const seal = { cipher: table, tag: envelope.footerTag };
    expect(decodeFooter(bytes.subarray(48), 'f', 20_000, seal)).toEqual(footer);
    const sealed = encodeSealedFooter(footer, table, 20_000);
    const again = encodeEnvelope({ generation, salt, footerTag: sealed.tag });
    expect(Buffer.concat([again, sealed.bytes])).toEqual(Buffer.from(bytes));
  });

  it('tells damage from tampering, byte by byte (block-encryption/damage-first, file-cipher/opened-whole)', () => {
    const bytes = example('block');
    for (let i = 0; i < bytes.length; i++) {
      const damaged = flipped(bytes, i);
      expect(
        codeOf(() => openBlock(damaged, 21, 'f', 4096, table)),
        `byte=${i}`,
      ).toBe('CORRUPTION');
      if (i > 20) continue;
      sealBlock(damaged, 0, 21, 0x10); // somebody who knows the format
      expect(
        codeOf(() => openBlock(damaged, 21, 'f', 4096, table)),
        `byte=${i}`,
      ).toBe('TAMPERED');
    }
  });

  it('binds codec, place and file (block-encryption/codec-is-bound, file-cipher/bound-to-its-place)', () => {
    const bytes = example('block');
    expect(codeOf(() => openBlock(bytes, 21, 'f', 4097, table))).toBe('TAMPERED');
    expect(codeOf(() => openBlock(bytes, 21, 'f', 4096, cipherOf(3, 10)))).toBe('TAMPERED');
    const recoded = bytes.slice();
    sealBlock(recoded, 0, 21, 0x11);
    expect(codeOf(() => openBlock(recoded, 21, 'f', 4096, table))).toBe('TAMPERED');
    const tail = example('tail');
    const seal = { cipher: table, tag: tail.subarray(24, 40) };
    expect(codeOf(() => decodeFooter(tail.subarray(48), 'f', 20_001, seal))).toBe('TAMPERED');
  });

  it('refuses a plain block, and a plain table an encrypted one (block-trailer/transform-of-the-table)', () => {
    const plain = new Uint8Array(5 + TRAILER_SIZE_BYTES);
    sealBlock(plain, 0, 5, 0);
    expect(codeOf(() => openBlock(plain, 5, 'f', 0, table))).toBe('TAMPERED');
    expect(codeOf(() => openBlock(example('block'), 21, 'f', 4096))).toBe('ENCRYPTION_KEY');
    expect(codeOf(() => decodeFooter(example('tail').subarray(48), 'f', 20_000))).toBe(
      'ENCRYPTION_KEY',
    );
  });
});

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'none';
}
