/** The shell: scripts on standard input, a person at a terminal, its words, its history. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { complete } from '../../src/cli/shell/completer.ts';
import { HistoryFile, historyPath } from '../../src/cli/shell/history-file.ts';
import { ShellSession } from '../../src/cli/shell/shell-session.ts';
import { runStatement } from '../../src/cli/shell/statements.ts';
import { readStatement } from '../../src/cli/shell/words.ts';
import { open } from '../../src/index.ts';
import { InterruptedError, UsageError } from '../../src/programs/outcome.ts';
import { MAIN, mustVarve, varve, withFolder } from './run-varve.ts';

describe('words', () => {
  const textsOf = (text: string): string[] => readStatement(text).words.map((word) => word.text);

  it('are split at blanks, quotes and brackets (shell-words/nothing-lost)', () => {
    expect(textsOf('put  alice 100 ')).toEqual(['put', 'alice', '100']);
    expect(textsOf(`put 'two words' "a\\tb"`)).toEqual(['put', 'two words', 'a\tb']);
    expect(textsOf('put ["a b", [1]] {"x": "]}"}')).toEqual(['put', '["a b", [1]]', '{"x": "]}"}']);
    expect(textsOf(`del it's`)).toEqual(['del', `it's`]);
    expect(readStatement('put "x"').words[1]?.raw).toBe('"x"');
    expect(textsOf('# put a b')).toEqual([]);
    expect(() => readStatement('put "\\x"')).toThrow(UsageError);
  });

  it('go on over lines until quotes and brackets are closed, or the backslash ends', () => {
    for (const open of ['put a {"x":', `put a 'b`, 'put a "b', 'put a [1, {"b": 2}', 'put a \\']) {
      expect(readStatement(open).isComplete).toBe(false);
    }
    expect(textsOf('put a \\\nb')).toEqual(['put', 'a', 'b']);
    expect(textsOf('put a {"x":\n 1}')).toEqual(['put', 'a', '{"x":\n 1}']);
  });
});

describe('a script', () => {
  it('reads and writes by the encodings, in keyspaces, indexes and transactions', () =>
    withFolder(async (folder) => {
      const directory = join(folder, 'db');
      const script = `
        # comments and empty lines are nothing
        put alice 100
        create orders --keys tuple --values json
        put ["alice", 2] {"total":
          5}
        begin
        put ["bob", 1] "text"
        get ["bob", 1]
        commit
        begin
        del --prefix ["alice"]
        count
        rollback
        count
        scan --reverse
        use default
        scan
        get nobody
        exit
        put never reached`;
      const output = await mustVarve(['shell', directory, '--create'], { input: script });
      expect(output).toBe(
        '"text"\n1\n2\n["bob",1]\t"text"\n["alice",2]\t{"total":5}\nalice\t100\n',
      );
      const json = await mustVarve(['shell', directory, '--json'], {
        input: 'get alice\nget nobody\nuse orders\nscan --keys --limit 1\ncount\n',
      });
      expect(json).toBe(
        '{"key":"alice","value":"100"}\n{"key":"nobody","value":null}\n{"key":["alice",2]}\n{"count":2}\n',
      );
    }));

  it('ends at its first error with the status of the command, and rolls back (shell/first-error)', () =>
    withFolder(async (folder) => {
      const directory = join(folder, 'db');
      const input = 'put kept 1\nbegin\nput lost 1\nput only-a-key\nput after 1\n';
      const failed = await varve(['shell', directory, '--create'], { input });
      expect(failed.status).toBe(2);
      expect(failed.stderr).toContain('ended at line 4');
      expect(failed.stderr).toContain('Write: put KEY VALUE');
      const unknown = await varve(['shell', directory], { input: 'toString\nput after 1\n' });
      expect(unknown.status).toBe(2);
      const open = await varve(['shell', directory], { input: `begin\nput lost 2\n` });
      expect(open.status).toBe(0);
      expect(open.stderr).toContain('rolled back');
      const torn = await varve(['shell', directory], { input: `put lost '3` });
      expect(torn.status).toBe(2);
      expect(await mustVarve(['scan', directory])).toBe('kept\t1\n');
    }));

  it('reads only where another process has the database, or where that is asked for', () =>
    withFolder(async (folder) => {
      const directory = join(folder, 'db');
      const db = await open(directory, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
      await db.put('a', '1');
      const run = await varve(['shell', directory], { input: 'get a\nput a 2\n' });
      expect(run.stdout).toBe('1\n');
      expect(run.stderr).toContain('reads only');
      expect(run.stderr).toContain('READ_ONLY');
      expect(run.status).toBe(3);
      await db.close();
      const asked = await varve(['shell', directory, '--read-only'], { input: 'put a 2\n' });
      expect(asked.status).toBe(3);
      expect(await mustVarve(['get', directory, 'a'])).toBe('1\n');
    }));
});

describe('statements', () => {
  async function withSession(use: (session: ShellSession) => Promise<void>): Promise<void> {
    await withFolder(async (folder) => {
      const db = await open(join(folder, 'db'), { background: 'inline' });
      await db.keyspace('users', {
        keyEncoding: 'utf8',
        valueEncoding: 'json',
        indexes: { byCity: { on: ['city'] } },
      });
      try {
        await use(await ShellSession.begin(db));
      } finally {
        await db.close();
      }
    });
  }
  const run = (
    session: ShellSession,
    text: string,
    signal = new AbortController().signal,
  ): Promise<void> => runStatement({ session, isJson: false, signal }, readStatement(text).words);

  it('a scan and a count end when they are interrupted (shell-statements/stops, shell/interrupt)', () =>
    withSession(async (session) => {
      await run(session, 'put a 1');
      await expect(run(session, 'scan', AbortSignal.abort())).rejects.toThrow(InterruptedError);
      await expect(run(session, 'count', AbortSignal.abort())).rejects.toThrow(InterruptedError);
    }));

  it('nothing is removed by omission, and options must be known (shell-statements/nothing-by-omission)', () =>
    withSession(async (session) => {
      await run(session, 'put a 1');
      for (const text of [
        'del',
        'del a --prefix b',
        'clear',
        'clear users',
        'del --al',
        'scan x',
        'scan --limit -1',
        'begin x',
      ]) {
        await expect(run(session, text)).rejects.toThrow(UsageError);
      }
      expect(await session.db.count()).toBe(1);
      await run(session, 'clear default');
      expect(await session.db.count()).toBe(0);
    }));

  it('a transaction has every statement until it ends (shell-session/in-transaction, shell-session/commit-ends)', () =>
    withSession(async (session) => {
      await expect(run(session, 'commit')).rejects.toThrow('No transaction runs');
      await run(session, 'begin');
      await expect(run(session, 'begin')).rejects.toThrow('A transaction runs');
      await run(session, 'put a 1');
      await run(session, 'use users');
      await run(session, 'put u {"city": "Graz"}');
      expect(await session.db.count()).toBe(0);
      await session.db.put(Buffer.from('a'), Buffer.from('2'));
      await expect(run(session, 'commit')).rejects.toThrow('Another commit came first');
      expect(session.isInTransaction).toBe(false);
      expect(await session.keyspace.count()).toBe(0);
    }));

  it('the tabulator offers statements, keyspaces, indexes and options', () =>
    withSession(async (session) => {
      expect(await complete(session, 'ro')).toEqual([['rollback'], 'ro']);
      expect(await complete(session, 'use u')).toEqual([['users'], 'u']);
      expect(await complete(session, 'scan --re')).toEqual([['--reverse'], '--re']);
      await session.use('users');
      expect(await complete(session, 'by ')).toEqual([['byCity'], '']);
      expect(await complete(session, 'constructor --')).toEqual([[], '--']);
    }));
});

describe('history', () => {
  it('is readable by its user alone, and bounded (shell-history/private, shell-history/bounded)', () =>
    withFolder(async (folder) => {
      const path = historyPath({ XDG_STATE_HOME: folder });
      expect(path).toBe(join(folder, 'varve', 'shell-history'));
      const history = new HistoryFile(path);
      expect(history.load()).toEqual([]);
      for (let number = 1; number <= 1005; number++) history.add(`get ${number}`);
      history.add('two\nlines');
      history.add('  ');
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(statSync(join(folder, 'varve')).mode & 0o777).toBe(0o700);
      expect(history.load()).toHaveLength(1000);
      expect(history.load().slice(0, 2)).toEqual(['get 1005', 'get 1004']);
      expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(1001);
    }));

  it('leaves alone what is no file of its own, and works without (shell-history/harmless)', () =>
    withFolder(async (folder) => {
      const target = join(folder, 'target');
      writeFileSync(target, 'precious\n');
      symlinkSync(target, join(folder, 'link'));
      const history = new HistoryFile(join(folder, 'link'));
      expect(history.load()).toEqual([]);
      history.add('get a');
      expect(readFileSync(target, 'utf8')).toBe('precious\n');
      mkdirSync(join(folder, 'folder'));
      const odd = new HistoryFile(join(folder, 'folder'));
      odd.add('get a');
      expect(odd.load()).toEqual([]);
    }));
});

const hasScript = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;

describe.skipIf(!hasScript)('at a terminal', () => {
  /** Resolves when the terminal shows it, after what was waited for before. */
  function watcher(child: ChildProcess): (text: string) => Promise<void> {
    let shown = '';
    let wake = (): void => undefined;
    child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
      shown += piece;
      wake();
    });
    return async (text) => {
      for (;;) {
        const at = shown.indexOf(text);
        if (at >= 0) {
          shown = shown.slice(at + text.length);
          return;
        }
        await new Promise<void>((resolve) => (wake = resolve));
      }
    };
  }

  it('prompts, goes on after an error and after Ctrl-C, and keeps its history (shell/interrupt)', () =>
    withFolder(async (folder) => {
      const directory = join(folder, 'db');
      await mustVarve(['put', directory, 'a', 'esc\u001b[2Jape']);
      const command = `'${process.execPath}' '${MAIN}' shell '${directory}'`;
      const env = { ...process.env, XDG_STATE_HOME: folder, TERM: 'xterm' };
      const child = spawn('script', ['-qec', command, '/dev/null'], { env, stdio: 'pipe' });
      const sees = watcher(child);
      await sees('default> ');
      child.stdin.write('get a\r');
      await sees('esc\\u001b[2Jape');
      await sees('default> ');
      child.stdin.write('nonsense\r');
      await sees('No such statement');
      await sees('default> ');
      child.stdin.write(`put b 'two\r`);
      await sees('... ');
      child.stdin.write('\u0003');
      await sees('default> ');
      child.stdin.write('begin\r');
      await sees('default*> ');
      child.stdin.write('exit\r');
      await sees('rolled back');
      const [status] = (await once(child, 'close')) as [number];
      expect(status).toBe(0);
      const lines = readFileSync(join(folder, 'varve', 'shell-history'), 'utf8')
        .trim()
        .split('\n');
      expect(lines).toEqual(['get a', 'nonsense', `put b 'two`, 'begin', 'exit']);
    }));
});
