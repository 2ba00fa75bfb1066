/**
 * The script and the style of the page, as text.
 *
 * Owns: their place. In the sources they are empty: the build, the test runner and scripts/run-ts.mjs each put the bundle of
 * page/main.ts and page/style.css here (scripts/bundling.mjs). So the page needs no file beside the program, and no network.
 */
export const PAGE_SCRIPT: string = '';
export const PAGE_STYLE: string = '';
