/**
 * The code of the job worker, as text.
 *
 * Owns: its place. In the sources it is empty: the build, the test runner and scripts/run-ts.mjs each put the bundle
 * of job-worker.ts here (scripts/bundling.mjs), made from the same sources as the code around it.
 */
export const JOB_WORKER_CODE: string = '';
