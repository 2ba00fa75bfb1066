/**
 * How numbers look in what programs print.
 *
 * Owns: digits in groups, sizes in binary units, rows and tables in columns.
 *
 * Suspension: every function is synchronous.
 */

/** 1234567 -> '1,234,567'; independent of the locale, so that output can be compared. */
export function formatCount(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function formatBytes(sizeBytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = sizeBytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]!}`; // unit < length by the loop
}

/** Rows under headings; the columns of `textColumns` to the left, numbers to the right. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns: readonly number[] = [0],
): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [headings, ...rows].map((row) => formatRow(row, widths, textColumns)).join('\n');
}

export function formatRow(
  cells: readonly string[],
  widths: readonly number[],
  textColumns: readonly number[] = [0],
): string {
  return cells
    .map((cell, column) => {
      const width = widths[column] ?? 0;
      return textColumns.includes(column) ? cell.padEnd(width) : cell.padStart(width);
    })
    .join('  ')
    .trimEnd();
}
