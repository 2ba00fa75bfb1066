#!/usr/bin/env node
/**
 * The `varve` command.
 *
 * Owns: the order of loading. The check of the Node.js version runs before any module that an old version cannot
 * parse or link. So an old version is refused by name and not by a stack trace. For that, nothing is imported
 * statically here.
 */

try {
  await import('../base/runtime.ts');
} catch (error) {
  process.stderr.write(`varve: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
}

const { runCommandLine } = await import('./program.ts');
await runCommandLine(process.argv.slice(2));

export {};
