/** Awaited reads read by calls while calls are quick, and by the pool while they are not. */
import { describe, expect, it } from 'vitest';
import { LoadChoice } from '../../src/cache/load-choice.ts';

/** A disk whose calls take so long. */
class Disk {
  callMs = 0.005;
  #nowMs = 0;
  readonly choice = new LoadChoice(() => this.#nowMs);

  /** Loads `count` blocks; how many of them by calls. */
  load(count: number, sizeBytes = 4096): number {
    let callCount = 0;
    for (let i = 0; i < count; i++) {
      if (!this.choice.next()) continue;
      callCount++;
      this.choice.timed(sizeBytes, () => (this.#nowMs += this.callMs));
    }
    return callCount;
  }
}

describe('LoadChoice', () => {
  it('calls while calls are quick', () => {
    expect(new Disk().load(1000)).toBe(1000);
  });

  it('gives a slow disk ever fewer trials (load-choice/slow-calls-are-rare)', () => {
    const disk = new Disk();
    disk.callMs = 10;
    expect(disk.load(1)).toBe(1);
    expect(disk.load(32)).toBe(0);
    expect(disk.load(1)).toBe(1);
    expect(disk.load(64)).toBe(0);
    expect(disk.load(1)).toBe(1);
    disk.load(20_000);
    expect(disk.load(41_000)).toBeLessThanOrEqual(11);
  });

  it('leaves a disk of 0.1 ms to the pool, which reads many at once', () => {
    const disk = new Disk();
    disk.callMs = 0.1;
    disk.load(100);
    expect(disk.load(10_000)).toBeLessThan(10);
  });

  it('comes back to calls with the first one that is quick', () => {
    const disk = new Disk();
    disk.callMs = 0.1;
    disk.load(10_000);
    disk.callMs = 0.005;
    disk.load(4096);
    expect(disk.load(1000)).toBe(1000);
    disk.callMs = 10; // and a pause is short again
    expect(disk.load(2)).toBe(1);
    disk.callMs = 0.005;
    expect(disk.load(1000)).toBe(1000 - 31);
  });

  it('passes over a single slow call that a busy machine makes', () => {
    const disk = new Disk();
    disk.load(100);
    disk.callMs = 5;
    expect(disk.load(1)).toBe(1);
    disk.callMs = 0.005;
    expect(disk.load(1000)).toBe(1000 - 32);
  });

  it('allows a long read its time', () => {
    const disk = new Disk();
    disk.callMs = 0.4;
    expect(disk.load(1000, 512 * 1024)).toBe(1000);
  });
});
