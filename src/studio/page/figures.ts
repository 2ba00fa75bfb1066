/**
 * How numbers look on the page.
 *
 * Owns: units and groups.
 *
 * Suspension: every function here is synchronous.
 */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** 1234567 -> '1.2M'. */
export function short(value: number): string {
  if (value < 10 && value > 0 && !Number.isInteger(value)) return value.toFixed(value < 1 ? 2 : 1);
  if (value < 10_000) return count(value);
  const units = ['', 'k', 'M', 'G', 'T'];
  let rest = value;
  let unit = 0;
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${rest.toFixed(rest < 100 ? 1 : 0)}${units[unit] ?? ''}`;
}

export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let rest = value;
  let unit = 0;
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(rest) : rest.toFixed(1)} ${units[unit] ?? ''}`;
}

export function milliseconds(value: number): string {
  if (value === 0) return '0 ms';
  if (value < 1) return `${(value * 1000).toFixed(value < 0.01 ? 1 : 0)} \u00b5s`;
  if (value < 1000) return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
  return `${(value / 1000).toFixed(1)} s`;
}

export function percent(value: number): string {
  return `${(value * 100).toFixed(value > 0.99 && value < 1 ? 1 : 0)} %`;
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** In the time of the reader. */
export function clock(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

export function moment(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(ms)}`;
}
