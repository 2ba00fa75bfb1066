/**
 * The matrix as a table and as a picture: our ratio to the best peer, by workload and scene.
 *
 * Owns: a small SVG writer. Every cell has its number, so that nothing depends on colors.
 */
import { formatTable } from '../../src/programs/figures.ts';
import { bestPeer, type Comparison, ratioToBest, type Row } from './results.ts';

/** A shape of keys, a size of values, a share of the data that the cache holds, and what was measured there. */
export interface Scene {
  readonly keyShape: string;
  readonly valueSizeBytes: number;
  readonly cacheShare: number;
  readonly comparison: Comparison;
}

const LABEL_WIDTH = 230;
const CELL_WIDTH = 74;
const CELL_HEIGHT = 26;
const TOP = 92;

function headOf({ keyShape, valueSizeBytes, cacheShare }: Scene): string[] {
  return [
    keyShape,
    `${valueSizeBytes} B`,
    cacheShare > 1 ? 'all held' : `${cacheShare * 100} % held`,
  ];
}

/** Ids and titles of the rows, in the order of the first scene that has them. */
function rowsOf(scenes: readonly Scene[]): Map<string, string> {
  const titles = new Map<string, string>();
  for (const { comparison } of scenes) {
    for (const { id, title } of comparison.rows) if (!titles.has(id)) titles.set(id, title);
  }
  return titles;
}

function rowIn({ comparison }: Scene, id: string): Row | undefined {
  return comparison.rows.find((row) => row.id === id);
}

/** `1.42 lmdb`: the ratio, and who the best peer was. */
export function matrixTable(scenes: readonly Scene[]): string {
  const cells = [...rowsOf(scenes)].map(([id, title]) => [
    title,
    ...scenes.map((scene) => {
      const row = rowIn(scene, id);
      const ratio = row && ratioToBest(row);
      return ratio === undefined ? '-' : `${ratio.toFixed(2)} ${bestPeer(row!)?.name ?? ''}`; // there is a ratio
    }),
  ]);
  return formatTable(['', ...scenes.map((scene) => headOf(scene).join(', '))], cells);
}

export function matrixChart(scenes: readonly Scene[]): string {
  const titles = [...rowsOf(scenes)];
  const width = LABEL_WIDTH + scenes.length * CELL_WIDTH + 12;
  const height = TOP + titles.length * CELL_HEIGHT + 12;
  const name = 'Varve against the best peer, by keys, values and cache';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img"`,
    '  font-family="system-ui, sans-serif" font-size="11">',
    `  <title>${name}</title>`,
    '  <desc>Each cell: how many times better than the best other engine; 1 is as good.</desc>',
    `  <rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `  <text x="12" y="22" font-size="15" font-weight="600">${name}</text>`,
    ...scenes.flatMap((scene, column) =>
      headOf(scene).map((text, line) => {
        const x = LABEL_WIDTH + (column + 0.5) * CELL_WIDTH;
        return `  <text x="${x}" y="${46 + 14 * line}" text-anchor="middle" fill="#444444">${text}</text>`;
      }),
    ),
    ...titles.flatMap(([id, title], index) => {
      const y = TOP + index * CELL_HEIGHT;
      const label = `  <text x="12" y="${y + 17}" fill="#222222">${title.replaceAll('&', '&amp;')}</text>`;
      return [label, ...scenes.map((scene, column) => cell(rowIn(scene, id), column, y))];
    }),
    '</svg>',
    '',
  ].join('\n');
}

function cell(row: Row | undefined, column: number, y: number): string {
  const ratio = row && ratioToBest(row);
  const x = LABEL_WIDTH + column * CELL_WIDTH;
  const text = ratio === undefined ? '-' : ratio.toFixed(2);
  return (
    `  <rect x="${x + 1}" y="${y + 1}" width="${CELL_WIDTH - 2}" height="${CELL_HEIGHT - 2}" fill="${colorOf(ratio)}"/>` +
    `<text x="${x + CELL_WIDTH / 2}" y="${y + 17}" text-anchor="middle" fill="#111111">${text}</text>`
  );
}

/** From orange, at a half and below, over white to green, at four and above. */
function colorOf(ratio: number | undefined): string {
  if (ratio === undefined) return '#eeeeee';
  const share = Math.max(-1, Math.min(1, Math.log2(ratio) / (ratio < 1 ? 1 : 2)));
  const [red, green, blue] = share < 0 ? [244, 145, 84] : [110, 190, 125];
  const mix = (full: number): number => Math.round(255 + (full - 255) * Math.abs(share));
  return `rgb(${mix(red)}, ${mix(green)}, ${mix(blue)})`; // three numbers
}
