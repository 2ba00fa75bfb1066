/** The keys of the stress tests: groups of keys that each commit writes together. */
export const GROUP_COUNT = 50;
export const GROUP_SIZE = 8;

export function keyOf(group: number, index: number): string {
  return `group${String(group).padStart(3, '0')}:${index}`;
}
