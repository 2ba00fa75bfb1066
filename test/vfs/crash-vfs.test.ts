/** The crash simulator really loses what was not synced, and nothing else. */
import { describe, expect, test } from 'vitest';

import { type VfsFile, writeFully } from '../../src/vfs/vfs.ts';
import { CRASH_MODES, type CrashMode, CrashVfs, SimulatedCrash } from '../support/crash-vfs.ts';
import { FaultVfs } from '../support/fault-vfs.ts';
import { makeRandom } from '../support/prng.ts';
import { readText, writeText } from '../support/vfs-contract.ts';

const SECTOR = 512;
const encoder = new TextEncoder();

function write(file: VfsFile, text: string, position: number): void {
  const bytes = encoder.encode(text);
  writeFully(file, bytes, 0, bytes.length, position);
}

/** A file whose name and first content are durable. */
function durableFile(vfs: CrashVfs, path: string, text: string): VfsFile {
  const file = vfs.open(path, 'create');
  write(file, text, 0);
  file.syncSync();
  vfs.syncDirectorySync('/');
  return file;
}

/** What the states of `count` seeds say to `look`, each answer once, in order. */
function outcomes(
  vfs: CrashVfs,
  mode: CrashMode,
  look: (state: CrashVfs) => string,
  count = 400,
): string[] {
  const seen = new Set<string>();
  for (let seed = 0; seed < count; seed++) seen.add(look(vfs.crash({ seed, mode })));
  return [...seen].sort();
}

function textOf(path: string): (state: CrashVfs) => string {
  return (state) => (state.exists(path) ? readText(state, path) : 'no file');
}

function namesIn(state: CrashVfs): string {
  return state.list('/').sort().join(' ');
}

describe('what was synced survives a power cut in every mode:', () => {
  test('content and size of a file (vfs/sync-keeps-content)', () => {
    const vfs = new CrashVfs();
    const file = durableFile(vfs, '/f', 'a'.repeat(3000));
    file.truncateSync(2000);
    write(file, 'b'.repeat(1000), 500);
    file.syncSync();
    for (const mode of CRASH_MODES) {
      expect(outcomes(vfs, mode, textOf('/f'))).toEqual([
        'a'.repeat(500) + 'b'.repeat(1000) + 'a'.repeat(500),
      ]);
    }
  });

  test('what an asynchronous sync() covered, and nothing later (vfs/sync-keeps-content)', async () => {
    const vfs = new CrashVfs();
    const file = durableFile(vfs, '/f', '');
    write(file, 'before', 0);
    const pending = file.sync();
    write(file, 'behind', 6);
    expect(textOf('/f')(vfs.crash({ seed: 1, mode: 'synced-only' }))).toBe('');
    await pending;
    expect(textOf('/f')(vfs.crash({ seed: 1, mode: 'synced-only' }))).toBe('before');
    expect(outcomes(vfs, 'prefix', textOf('/f'))).toEqual(['before', 'beforebehind']);
  });

  test('content and not the buffer that it was written from (vfs/sync-keeps-content)', () => {
    const vfs = new CrashVfs();
    const file = durableFile(vfs, '/f', '');
    const bytes = encoder.encode('text');
    writeFully(file, bytes, 0, 4, 0);
    bytes.fill(0);
    file.syncSync();
    expect(textOf('/f')(vfs.crash({ seed: 1, mode: 'synced-only' }))).toBe('text');
  });

  test('entries that an asynchronous syncDirectory() covered, and no later ones (vfs/sync-keeps-entries)', async () => {
    const vfs = new CrashVfs();
    writeText(vfs, '/before', '');
    const pending = vfs.syncDirectory('/');
    writeText(vfs, '/behind', '');
    expect(namesIn(vfs.crash({ seed: 1, mode: 'synced-only' }))).toBe('');
    await pending;
    expect(namesIn(vfs.crash({ seed: 1, mode: 'synced-only' }))).toBe('before');
  });

  test('entries created, renamed and removed (vfs/sync-keeps-entries)', async () => {
    const vfs = new CrashVfs();
    for (const name of ['/a', '/b', '/c']) writeText(vfs, name, name);
    vfs.rename('/a', '/d');
    vfs.unlink('/b');
    vfs.link('/c', '/e');
    vfs.makeDirectory('/g');
    await vfs.syncDirectory('/');
    for (const mode of CRASH_MODES) expect(outcomes(vfs, mode, namesIn)).toEqual(['c d e g']);
  });

  test('all of it again, after a second power cut', () => {
    const vfs = new CrashVfs();
    durableFile(vfs, '/f', 'text');
    const first = vfs.crash({ seed: 1, mode: 'synced-only' });
    const file = first.open('/f', 'modify');
    write(file, 'lost', 4);
    expect(textOf('/f')(first.crash({ seed: 2, mode: 'synced-only' }))).toBe('text');
    expect(textOf('/f')(first.crash({ seed: 2, mode: 'everything' }))).toBe('textlost');
    expect(textOf('/f')(vfs)).toBe('text');
  });
});

describe('what was not synced is lost as the mode says:', () => {
  function pendingWrites(): CrashVfs {
    const vfs = new CrashVfs();
    const file = durableFile(vfs, '/f', '....');
    write(file, 'A', 0);
    write(file, 'B', 1);
    write(file, 'CD', 3);
    return vfs;
  }

  test('synced-only and everything', () => {
    expect(outcomes(pendingWrites(), 'synced-only', textOf('/f'))).toEqual(['....']);
    expect(outcomes(pendingWrites(), 'everything', textOf('/f'))).toEqual(['AB.CD']);
  });

  test('prefix: writes in order, no holes', () => {
    expect(outcomes(pendingWrites(), 'prefix', textOf('/f'))).toEqual(
      ['....', 'A...', 'AB..', 'AB.CD'].sort(),
    );
  });

  test('prefix: each file has its own', () => {
    const vfs = new CrashVfs();
    const [a, b] = [durableFile(vfs, '/a', ''), durableFile(vfs, '/b', '')];
    write(a, 'x', 0);
    write(b, 'y', 0);
    const both = (state: CrashVfs): string => `${readText(state, '/a')}|${readText(state, '/b')}`;
    expect(outcomes(vfs, 'prefix', both)).toEqual(['x|', 'x|y', '|', '|y'].sort());
  });

  test('subset: later sectors without earlier ones, no sector mixed, and any size', () => {
    const vfs = new CrashVfs();
    const file = durableFile(vfs, '/f', '.'.repeat(4 * SECTOR));
    for (let i = 0; i < 4; i++) write(file, 'x'.repeat(SECTOR), i * SECTOR);
    const seen = outcomes(vfs, 'subset', (state) => {
      const text = readText(state, '/f');
      expect(text.length).toBe(4 * SECTOR);
      let pattern = '';
      for (let i = 0; i < 4; i++) {
        const sector = text.slice(i * SECTOR, (i + 1) * SECTOR);
        expect([...sector].every((character) => character === sector[0])).toBe(true);
        pattern += sector[0] ?? '';
      }
      return pattern;
    });
    expect(seen.length).toBe(16);
    write(file, 'tail', 4 * SECTOR);
    const tails = outcomes(vfs, 'subset', (state) => readText(state, '/f').slice(4 * SECTOR));
    expect(tails).toEqual(['', '\0\0\0\0', 'tail']);
    write(file, '!', 0);
    file.truncateSync(0);
    expect(outcomes(vfs, 'subset', textOf('/f'))).toContain('');
  });

  test('subset: of two writes to one sector never the second alone', () => {
    const vfs = new CrashVfs();
    const file = durableFile(vfs, '/f', '....');
    write(file, 'A', 0);
    write(file, 'B', 1);
    expect(outcomes(vfs, 'subset', textOf('/f'))).toEqual(['....', 'A...', 'AB..']);
  });

  test('torn: the last write ends at a sector', () => {
    const vfs = new CrashVfs();
    const file = durableFile(vfs, '/f', '');
    write(file, 'a'.repeat(100), 0);
    write(file, 'b'.repeat(3 * SECTOR), 100);
    const sizes = outcomes(vfs, 'torn', (state) => {
      const text = readText(state, '/f');
      expect(text).toBe(('a'.repeat(100) + 'b'.repeat(3 * SECTOR)).slice(0, text.length));
      return String(text.length);
    });
    expect(sizes.map(Number).sort((x, y) => x - y)).toEqual([
      0,
      100,
      SECTOR,
      2 * SECTOR,
      3 * SECTOR,
    ]);
  });

  test('size-without-data: what grew is zeros, noise or stale content', () => {
    const vfs = new CrashVfs();
    durableFile(vfs, '/e', 'stale content of another file');
    const file = durableFile(vfs, '/f', 'kept');
    write(file, 'grown', 4);
    const kinds = outcomes(vfs, 'size-without-data', (state) => {
      const text = readText(state, '/f');
      expect(text.startsWith('kept')).toBe(true);
      const rest = text.slice(4);
      if (rest === '' || rest === '\0\0\0\0\0') return rest;
      return 'stale content of another file'.includes(rest) ? 'stale' : 'noise';
    });
    expect(kinds).toEqual(['', '\0\0\0\0\0', 'noise', 'stale']);
  });

  test('a truncation may be undone', () => {
    const vfs = new CrashVfs();
    const file = durableFile(vfs, '/f', 'abcdef');
    file.truncateSync(3);
    expect(outcomes(vfs, 'synced-only', textOf('/f'))).toEqual(['abcdef']);
    expect(outcomes(vfs, 'prefix', textOf('/f'))).toEqual(['abc', 'abcdef']);
    expect(outcomes(vfs, 'subset', textOf('/f'))).toContain('abcdef');
  });
});

describe('unsynced directory entries:', () => {
  test('a created file is lost although its content was synced (vfs/sync-keeps-entries)', () => {
    const vfs = new CrashVfs();
    const file = vfs.open('/f', 'create');
    write(file, 'text', 0);
    file.syncSync();
    expect(outcomes(vfs, 'synced-only', textOf('/f'))).toEqual(['no file']);
    expect(outcomes(vfs, 'prefix', textOf('/f'))).toEqual(['no file', 'text']);
  });

  test('an unlinked file comes back (vfs/sync-keeps-entries)', () => {
    const vfs = new CrashVfs();
    durableFile(vfs, '/f', 'text').closeSync();
    vfs.unlink('/f');
    expect(outcomes(vfs, 'synced-only', textOf('/f'))).toEqual(['text']);
    expect(outcomes(vfs, 'subset', textOf('/f'))).toEqual(['no file', 'text']);
  });

  test('a rename happens whole or not at all (vfs/rename-is-one-step)', () => {
    const vfs = new CrashVfs();
    durableFile(vfs, '/current', 'old');
    durableFile(vfs, '/temporary', 'new');
    vfs.rename('/temporary', '/current');
    for (const mode of ['prefix', 'subset', 'torn'] as const) {
      const seen = outcomes(
        vfs,
        mode,
        (state) => `${namesIn(state)}: ${readText(state, '/current')}`,
      );
      expect(seen).toEqual(['current temporary: old', 'current: new']);
    }
  });

  test('a rename of a file never synced leaves its name and not its content (vfs/rename-is-one-step)', () => {
    const vfs = new CrashVfs();
    durableFile(vfs, '/current', 'old');
    writeText(vfs, '/temporary', 'new');
    vfs.rename('/temporary', '/current');
    vfs.syncDirectorySync('/');
    expect(outcomes(vfs, 'synced-only', textOf('/current'))).toEqual(['']);
  });

  test('prefix keeps their order, subset does not', () => {
    const vfs = new CrashVfs();
    for (const name of ['/a', '/b', '/c']) vfs.open(name, 'create').closeSync();
    const seen = (entries: 'prefix' | 'subset'): string[] => {
      const names = new Set<string>();
      for (let seed = 0; seed < 200; seed++) {
        names.add(namesIn(vfs.crash({ seed, mode: 'everything', entries })));
      }
      return [...names].sort();
    };
    expect(seen('prefix')).toEqual(['', 'a', 'a b', 'a b c']);
    expect(seen('subset')).toEqual(['', 'a', 'a b', 'a b c', 'a c', 'b', 'b c', 'c']);
  });

  test('prefix: nothing overtakes a lost rename, in either of its directories', () => {
    const vfs = new CrashVfs();
    vfs.makeDirectory('/a');
    vfs.makeDirectory('/b');
    writeText(vfs, '/a/f', '');
    for (const directory of ['/', '/a', '/b']) vfs.syncDirectorySync(directory);
    vfs.rename('/a/f', '/b/f');
    writeText(vfs, '/a/g', '');
    writeText(vfs, '/b/g', '');
    const look = (state: CrashVfs): string =>
      `${state.list('/a').sort().join()}|${state.list('/b').sort().join()}`;
    expect(outcomes(vfs, 'prefix', look, 50)).toContain('f|');
    const names = new Set<string>();
    for (let seed = 0; seed < 400; seed++) {
      names.add(look(vfs.crash({ seed, mode: 'everything', entries: 'prefix' })));
    }
    expect([...names].sort()).toEqual(['f|', 'g|f', 'g|f,g', '|f', '|f,g'].sort());
  });

  test('syncing one directory leaves the others unsynced (vfs/sync-keeps-entries)', () => {
    const vfs = new CrashVfs();
    vfs.makeDirectory('/d/e');
    writeText(vfs, '/d/f', '');
    vfs.syncDirectorySync('/d');
    expect(vfs.crash({ seed: 1, mode: 'synced-only' }).list('/')).toEqual([]);
    vfs.syncDirectorySync('/');
    const state = vfs.crash({ seed: 1, mode: 'synced-only' });
    expect(state.list('/d').sort()).toEqual(['e', 'f']);
  });

  test('a rename between directories is durable once either is synced', () => {
    for (const synced of ['/a', '/b']) {
      const vfs = new CrashVfs();
      vfs.makeDirectory('/a');
      vfs.makeDirectory('/b');
      vfs.syncDirectorySync('/');
      vfs.open('/a/f', 'create').closeSync();
      vfs.rename('/a/f', '/b/f');
      vfs.syncDirectorySync(synced);
      for (const mode of CRASH_MODES) {
        const look = (state: CrashVfs): string =>
          `${state.list('/a').join()}|${state.list('/b').join()}`;
        expect(outcomes(vfs, mode, look, 50)).toEqual(['|f']);
      }
    }
  });

  test('two names of one file are two names of one file after a power cut', () => {
    const vfs = new CrashVfs();
    durableFile(vfs, '/f', 'text');
    vfs.link('/f', '/g');
    const state = vfs.crash({ seed: 1, mode: 'everything' });
    const file = state.open('/f', 'modify');
    write(file, 'T', 0);
    expect(readText(state, '/g')).toBe('Text');
  });
});

describe('kill()', () => {
  test('leaves all that was written, as unsynced as it was', () => {
    const vfs = new CrashVfs();
    const file = durableFile(vfs, '/f', 'synced');
    write(file, ' not', 6);
    writeText(vfs, '/g', 'new');
    const state = vfs.kill();
    expect([readText(state, '/f'), readText(state, '/g')]).toEqual(['synced not', 'new']);
    const lost = state.crash({ seed: 1, mode: 'synced-only' });
    expect([textOf('/f')(lost), textOf('/g')(lost)]).toEqual(['synced', 'no file']);

    state.open('/f', 'modify').syncSync();
    state.syncDirectorySync('/');
    const kept = state.crash({ seed: 1, mode: 'synced-only' });
    expect([textOf('/f')(kept), textOf('/g')(kept)]).toEqual(['synced not', '']);
  });

  test('shares nothing with the state it came from (W2)', () => {
    const vfs = new CrashVfs();
    const file = durableFile(vfs, '/f', 'one');
    const state = vfs.kill();
    write(file, 'TWO', 0);
    file.syncSync();
    vfs.unlink('/f');
    vfs.syncDirectorySync('/');
    expect(textOf('/f')(state)).toBe('one');
    expect(textOf('/f')(state.crash({ seed: 1, mode: 'synced-only' }))).toBe('one');
    const other = state.open('/f', 'modify');
    write(other, 'III', 0);
    expect(textOf('/f')(vfs.crash({ seed: 1, mode: 'synced-only' }))).toBe('no file');
  });

  test('frees the lock, as does crash()', async () => {
    const vfs = new CrashVfs();
    await vfs.lock('/');
    await (await vfs.kill().lock('/')).release();
    await (await vfs.crash({ seed: 1, mode: 'everything' }).lock('/')).release();
  });
});

describe('stopAt', () => {
  function script(vfs: CrashVfs): void {
    const file = vfs.open('/f', 'create');
    write(file, 'abc', 0);
    file.syncSync();
    file.truncateSync(1);
    vfs.syncDirectorySync('/');
    vfs.link('/f', '/g');
    vfs.rename('/g', '/h');
    vfs.unlink('/f');
    vfs.makeDirectory('/d');
    vfs.removeDirectory('/d');
  }

  test('counts each operation that changes or syncs, in a trace', () => {
    const vfs = new CrashVfs();
    script(vfs);
    expect(vfs.operationCount).toBe(10);
    expect(vfs.trace.map((entry) => `${entry.operation} ${entry.path} ${entry.detail}`)).toEqual([
      'create /f ',
      'write /f position=0 length=3',
      'sync /f ',
      'truncate /f size=1',
      'syncDirectory / ',
      'link /f to=/g',
      'rename /g to=/h',
      'unlink /f ',
      'makeDirectory /d ',
      'removeDirectory /d ',
    ]);
  });

  test('stops before operation k for every k, and nothing happens after (W1)', () => {
    const states: string[] = [];
    const hooked: string[] = [];
    const look = (vfs: CrashVfs): string =>
      namesIn(vfs.kill()) + '|' + namesIn(vfs.crash({ seed: 1, mode: 'synced-only' }));
    const whole = new CrashVfs({ beforeOperation: () => hooked.push(look(whole)) });
    script(whole);
    for (let k = 0; k < 10; k++) {
      const vfs = new CrashVfs({ stopAt: k });
      expect(() => {
        script(vfs);
      }).toThrow(SimulatedCrash);
      expect([vfs.operationCount, vfs.isStopped]).toEqual([k, true]);
      const before = look(vfs);
      expect(() => vfs.open('/late', 'create')).toThrow(SimulatedCrash);
      expect(() => vfs.open('/f', 'read')).toThrow(SimulatedCrash);
      expect(() => vfs.list('/')).toThrow(SimulatedCrash);
      expect(look(vfs)).toBe(before);
      states.push(before);
    }
    expect(states).toEqual(hooked);
    expect(states.at(-1)).toBe('d h|f');
  });

  test('a sync still waiting when the machine stops has no effect (W1)', async () => {
    const vfs = new CrashVfs();
    const file = durableFile(vfs, '/f', 'old');
    write(file, 'new', 0);
    const sync = file.sync();
    const syncDirectory = vfs.syncDirectory('/');
    vfs.stop();
    await expect(sync).rejects.toBeInstanceOf(SimulatedCrash);
    await expect(syncDirectory).rejects.toBeInstanceOf(SimulatedCrash);
    expect(textOf('/f')(vfs.crash({ seed: 1, mode: 'synced-only' }))).toBe('old');
  });
});

describe('dropUnsynced()', () => {
  test('leaves the bytes in sight and keeps later syncs from writing them', () => {
    for (const drop of ['by path', 'by a failed sync'] as const) {
      const vfs = new CrashVfs();
      durableFile(vfs, '/f', 'old').closeSync();
      const faults = new FaultVfs(vfs);
      const file = faults.open('/f', 'modify');
      write(file, 'new', 0);
      if (drop === 'by path') vfs.dropUnsynced('/f');
      else {
        faults.inject({ kinds: ['sync'] });
        expect(() => {
          file.syncSync();
        }).toThrow('EIO');
      }
      file.syncSync();
      expect(readText(vfs, '/f')).toBe('new');
      write(file, '!', 3);
      file.syncSync();
      for (const mode of CRASH_MODES)
        expect(outcomes(vfs, mode, textOf('/f'), 20)).toEqual(['old!']);
    }
  });
});

test('equal seeds give equal states, and crash() changes nothing (W2, W3)', () => {
  function build(crashesMeanwhile: boolean): string {
    const random = makeRandom(7);
    const vfs = new CrashVfs();
    const files = ['/a', '/b', '/c'].map((name) => vfs.open(name, 'create'));
    for (let i = 0; i < 200; i++) {
      const file = random.pick(files);
      const draw = random.below(10);
      if (draw === 0) file.syncSync();
      else if (draw === 1) vfs.syncDirectorySync('/');
      else if (draw === 2) file.truncateSync(random.below(3000));
      else writeFully(file, random.bytes(200), 0, 200, random.below(3000));
      if (crashesMeanwhile) vfs.crash({ seed: i, mode: 'subset' });
    }
    let text = '';
    for (const mode of CRASH_MODES) {
      for (let seed = 0; seed < 5; seed++) {
        const state = vfs.crash({ seed, mode });
        for (const name of state.list('/')) text += name + readText(state, '/' + name);
      }
    }
    return text;
  }
  expect(build(false)).toBe(build(true));
});
