/**
 * The comparison as a picture: one bar a row, our ratio to the best peer on a logarithmic axis.
 *
 * Owns: a small SVG writer. Colors come with a text for every bar, so that nothing depends on them; the chart says its
 * own title and description to readers that cannot see it.
 */
import { bestPeer, type Comparison, ratioToBest, type Row, verdictOf } from './results.ts';

const WIDTH = 900;
const ROW_HEIGHT = 22;
const LABEL_WIDTH = 330;
const RIGHT_MARGIN = 150;
const TOP = 56;
const BOTTOM = 30;
const BAR_HEIGHT = 14;
const TICKS = [0.25, 0.5, 1, 2, 4, 8, 16];
const COLORS = { reached: '#1a7f37', ahead: '#2f81c9', tie: '#8c959f', behind: '#c2410c' } as const;

interface Scale {
  readonly min: number;
  readonly max: number;
}

export function ratioChart(comparison: Comparison): string {
  const rows = comparison.rows.filter((row) => ratioToBest(row) !== undefined);
  const height = TOP + rows.length * ROW_HEIGHT + BOTTOM;
  const scale = scaleOf(rows);
  const title = 'Varve against the best peer of each row';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img"`,
    '  font-family="system-ui, sans-serif" font-size="12">',
    `  <title>${title}</title>`,
    '  <desc>One bar a row: how many times better than the best other engine; 1 is as good.</desc>',
    `  <rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `  <text x="12" y="22" font-size="15" font-weight="600">${title}</text>`,
    ...legend(),
    ...TICKS.filter((tick) => tick >= scale.min && tick <= scale.max).map((tick) =>
      tickLine(tick, scale, height),
    ),
    ...rows.map((row, index) => bar(row, index, scale)),
    '</svg>',
    '',
  ].join('\n');
}

function scaleOf(rows: readonly Row[]): Scale {
  const ratios = rows.map((row) => ratioToBest(row) ?? 1);
  return { min: Math.min(0.5, ...ratios) * 0.9, max: Math.max(2, ...ratios) * 1.1 };
}

function xOf(ratio: number, { min, max }: Scale): number {
  const share = Math.log(ratio / min) / Math.log(max / min);
  return Math.round(LABEL_WIDTH + share * (WIDTH - LABEL_WIDTH - RIGHT_MARGIN));
}

function legend(): string[] {
  return Object.entries(COLORS).map(([name, color], index) => {
    const x = LABEL_WIDTH + index * 90;
    return (
      `  <rect x="${x}" y="32" width="10" height="10" fill="${color}"/>` +
      `<text x="${x + 15}" y="41" fill="#444444">${name}</text>`
    );
  });
}

function tickLine(tick: number, scale: Scale, height: number): string {
  const x = xOf(tick, scale);
  const color = tick === 1 ? '#444444' : '#dddddd';
  return (
    `  <line x1="${x}" y1="${TOP - 6}" x2="${x}" y2="${height - BOTTOM}" stroke="${color}"/>` +
    `<text x="${x}" y="${height - 10}" text-anchor="middle" fill="#444444">${tick}x</text>`
  );
}

function bar(row: Row, index: number, scale: Scale): string {
  const ratio = ratioToBest(row) ?? 1;
  const y = TOP + index * ROW_HEIGHT;
  const [one, end] = [xOf(1, scale), xOf(ratio, scale)];
  const left = Math.min(one, end);
  const width = Math.max(1, Math.abs(end - one));
  const color = COLORS[verdictOf(row) ?? 'tie'];
  const textY = y + BAR_HEIGHT - 3;
  const label = `${ratio.toFixed(2)}x, ${bestPeer(row)?.name ?? ''}`;
  return (
    `  <text x="${LABEL_WIDTH - 10}" y="${textY}" text-anchor="end">${escaped(row.title)}</text>` +
    `<rect x="${left}" y="${y}" width="${width}" height="${BAR_HEIGHT}" fill="${color}"/>` +
    `<text x="${Math.max(one, end) + 6}" y="${textY}" fill="#444444">${escaped(label)}</text>`
  );
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
