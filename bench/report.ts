/**
 * Puts the results of a comparison into the documents:
 * `node scripts/run-ts.mjs bench/report.ts [results.json] [document.md]`.
 *
 * Owns: what stands between the two marker comments of docs/performance.md, and the picture beside it. Everything else
 * in the document is left as it is; without both markers nothing is written.
 *
 *      <!-- comparison:begin -->
 *      <!-- comparison:end -->
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';

import { ratioChart } from './harness/chart.ts';
import type { Comparison } from './harness/results.ts';
import { readComparison } from './harness/results-file.ts';
import { behindOf, describeSetting, failuresOf, markdownTable } from './harness/table.ts';

const BEGIN = '<!-- comparison:begin -->';
const END = '<!-- comparison:end -->';
const LINE_LENGTH_MAX = 110;

function render(comparison: Comparison, chartName: string): string {
  const behind = behindOf(comparison).map(({ title }) => title);
  const failures = failuresOf(comparison);
  return [
    ...describeSetting(comparison).map(bullet),
    '',
    `![Ratio to the best peer, row by row](${chartName})`,
    '',
    markdownTable(comparison),
    '',
    'Rates are per second: higher is better; milliseconds and megabytes: lower. `reached`: the aim of the design is',
    'met; `ahead`: by a quarter or more of the best peer; `tie`: gaps under a quarter say nothing on a noisy machine.',
    '',
    behind.length === 0 ? 'Behind in no row.' : broken(`Behind in: ${behind.join('; ')}.`, ''),
    ...(failures.length === 0 ? [] : ['', 'Failed:', '', ...failures.map((line) => `- ${line}`)]),
  ].join('\n');
}

function bullet(text: string): string {
  return broken(`* ${text}`, '  ');
}

/** Broken between words; `indent` begins each line but the first. */
function broken(text: string, indent: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1] ?? '';
    if (last.length + 1 + word.length <= LINE_LENGTH_MAX) {
      lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
    } else {
      lines.push(`${indent}${word}`);
    }
  }
  return lines.join('\n');
}

/** `text` with `content` between the markers; undefined when it has not both of them in order. */
function withContent(text: string, content: string): string | undefined {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) return undefined;
  return `${text.slice(0, begin + BEGIN.length)}\n\n${content}\n\n${text.slice(end)}`;
}

const [resultsPath = 'bench/results/comparison.json', documentPath = 'docs/performance.md'] =
  process.argv.slice(2);
const chartPath = documentPath.replace(/\.md$/, '.svg');
const comparison = readComparison(resolve(resultsPath));
const text = readFileSync(resolve(documentPath), 'utf8');
const updated = withContent(text, render(comparison, basename(chartPath)));
if (updated === undefined) {
  console.error(`${documentPath} has no place for the results: add ${BEGIN} and ${END}`);
  process.exitCode = 1;
} else {
  writeFileSync(resolve(documentPath), updated);
  writeFileSync(resolve(chartPath), ratioChart(comparison));
  console.log(`Written: ${documentPath}, ${chartPath}`);
}
