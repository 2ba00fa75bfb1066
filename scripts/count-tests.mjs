/**
 * Prints the closing line of a test run, `N passed, N failed`: `node scripts/count-tests.mjs <vitest.json> <status>`.
 *
 * A test file that could not be loaded counts as one failure, and a run that failed is never reported as having none.
 */
import { readFileSync } from 'node:fs';

const [file = '', status = '1'] = process.argv.slice(2);

function readReport() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, testResults: [] }; // the run ended before any test
  }
}

const report = readReport();
const hasFailedTest = (result) => result.assertionResults.some((test) => test.status === 'failed');
const brokenFiles = report.testResults.filter(
  (result) => result.status === 'failed' && !hasFailedTest(result),
);
let failed = report.numFailedTests + brokenFiles.length;
if (status !== '0' && failed === 0) failed = 1;
console.log(`${report.numPassedTests} passed, ${failed} failed`);
