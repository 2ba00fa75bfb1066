/**
 * Memory that this process takes.
 *
 * Owns: the sources of the figures. The peak is the kernel's own high-water mark of resident memory, which no sampling
 * can miss; where /proc is missing it is that of getrusage, which may count what the parent held before it forked.
 */
import { readFileSync } from 'node:fs';

const KIB = 1024;

/** Resident memory at its highest, since the program was loaded. */
export function peakResidentBytes(): number {
  const mark = procValue('VmHWM');
  return mark ?? process.resourceUsage().maxRSS * KIB;
}

export function residentBytes(): number {
  return process.memoryUsage.rss();
}

function procValue(name: string): number | undefined {
  try {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(
      readFileSync('/proc/self/status', 'utf8'),
    );
    return match === null ? undefined : Number(match[1]) * KIB;
  } catch {
    return undefined; // no such file on this system
  }
}
