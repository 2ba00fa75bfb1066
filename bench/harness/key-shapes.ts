/**
 * Keys as people have them.
 *
 * Owns: the shapes of keys that a comparison can be made with. Each maps the numbers below `span` to keys that ascend with
 * their number, so that scans and seeks can be checked; what is inserted beyond the span comes last.
 *
 * Kinds lie side by side in one database, a part of the numbers each, and a random order mixes them.
 */

export type KeyAt = (number: number) => string;

const KINDS = [
  'accounts',
  'invoice',
  'orders',
  'payment',
  'product',
  'reviews',
  'session',
  'users',
];
const TENANT_COUNT = 97;
const PROJECT_COUNT = 101;
const SENSOR_COUNT = 1000;
const DAY_COUNT = 365;

const digits = (value: number, length: number): string => String(value).padStart(length, '0');

/** Which of `count` equal parts of the span a number is in, and its place there. */
function partOf(number: number, span: number, count: number): { part: number; rest: number } {
  const size = Math.ceil(span / count);
  const part = Math.min(count - 1, Math.floor(number / size));
  return { part, rest: number - part * size };
}

/** Spread over 48 bits, in order, and then bits that look like any. */
function uuidAt(number: number, span: number): string {
  const head = Math.floor((number / (4 * span)) * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
  const mixed = Math.imul(number + 1, 0x9e3779b1) >>> 0;
  const tail = (mixed.toString(16) + (~mixed >>> 0).toString(16)).padStart(16, '7');
  return `${head.slice(0, 8)}-${head.slice(8)}-4${tail.slice(0, 3)}-a${tail.slice(3, 6)}-${digits(number, 12)}`;
}

function pathAt(number: number, span: number): string {
  const tenant = partOf(number, span, TENANT_COUNT);
  const project = partOf(tenant.rest, Math.ceil(span / TENANT_COUNT), PROJECT_COUNT);
  return `tenants/${digits(tenant.part, 6)}/projects/${digits(project.part, 10)}/documents/${digits(project.rest, 16)}`;
}

function sensorAt(number: number, span: number): string {
  const sensor = partOf(number, span, SENSOR_COUNT);
  const day = partOf(sensor.rest, Math.ceil(span / SENSOR_COUNT), DAY_COUNT);
  const month = 1 + Math.floor(day.part / 31);
  const date = `2026-${digits(month, 2)}-${digits(1 + (day.part % 31), 2)}`;
  return `sensor-${digits(sensor.part, 4)}/${date}/${digits(day.rest, 6)}`;
}

const SHAPES: Readonly<Record<string, (number: number, span: number) => string>> = {
  digits: (number) => digits(number, 16),
  uuids: uuidAt,
  'two-kinds': (number, span) => {
    const { part, rest } = partOf(number, span, 2);
    return `${part === 0 ? 'account' : 'posting'}:${digits(rest, 12)}`;
  },
  'eight-kinds': (number, span) => {
    const { part, rest } = partOf(number, span, KINDS.length);
    return `${KINDS[part]!}:${digits(rest, 10)}`; // part < length
  },
  paths: pathAt,
  sensors: sensorAt,
};

export const KEY_SHAPES: readonly string[] = Object.keys(SHAPES);

/** The keys of a shape for numbers below `span`. Throws Error for a shape that there is not. */
export function keysOf(shape: string, span: number): KeyAt {
  const keyAt = SHAPES[shape];
  if (keyAt === undefined)
    throw new Error(`No shape of keys: name=${shape} known=${KEY_SHAPES.join(',')}`);
  return (number) => keyAt(number, span);
}
