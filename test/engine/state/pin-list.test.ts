/** Live read sequences: ordered within a queue, each pinned once. */
import { describe, expect, it } from 'vitest';
import { livePinSequences, Pin, PinQueue } from '../../../src/engine/state/pin-list.ts';
import { makeRandom } from '../../support/prng.ts';

const pinAt = (sequence: number, ms = 0): Pin => new Pin('snapshot', sequence, ms);

describe('PinQueue', () => {
  it('keeps the oldest at its head through removals in any order (pin-list/in-order, pin-list/listed-once)', () => {
    const seed = 11;
    const random = makeRandom(seed);
    const queue = new PinQueue();
    const live: Pin[] = [];
    let sequence = 0;
    for (let step = 0; step < 5000; step++) {
      if (live.length === 0 || random.chance(0.52)) {
        sequence += random.below(3);
        const pin = pinAt(sequence, step);
        queue.add(pin);
        live.push(pin);
      } else {
        const [pin] = live.splice(random.below(live.length), 1);
        queue.remove(pin!); // live is not empty
        queue.remove(pin!);
      }
      expect([seed, step, queue.count, queue.oldest]).toEqual([seed, step, live.length, live[0]]);
    }
    expect([...queue.pins()]).toEqual(live);
  });

  it('refuses a pin that is older than its tail, or pinned already', () => {
    const queue = new PinQueue();
    const pin = pinAt(5);
    queue.add(pin);
    expect(() => queue.add(pin)).toThrow('pin-list/listed-once');
    expect(() => queue.add(pinAt(4))).toThrow('pin-list/in-order');
    expect(queue.count).toBe(1);
  });

  it('clamps what is above a horizon that fell back, so that later pins are in order', () => {
    const queue = new PinQueue();
    const pins = [3, 5, 8, 9].map((sequence) => pinAt(sequence));
    for (const pin of pins) queue.add(pin);
    queue.clamp(6);
    expect(pins.map((pin) => pin.sequence)).toEqual([3, 5, 6, 6]);
    queue.add(pinAt(6));
    expect(queue.count).toBe(5);
  });

  it('lists the distinct sequences of several queues in ascending order', () => {
    const [first, second] = [new PinQueue(), new PinQueue()];
    for (const sequence of [1, 10, 10, 200]) first.add(pinAt(sequence));
    for (const sequence of [9, 10, 1000]) second.add(pinAt(sequence));
    expect(livePinSequences(first, second)).toEqual([1, 9, 10, 200, 1000]);
    expect(livePinSequences(second, first)).toEqual([1, 9, 10, 200, 1000]);
    expect(livePinSequences(new PinQueue(), new PinQueue())).toEqual([]);
  });
});
