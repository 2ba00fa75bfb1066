/** Runs before every test file: turns the engine's costly self-checks on (src/base/assert.ts reads this at load). */
process.env['VARVE_INVARIANTS'] = '1';
