/**
 * A view for as long as something is read from it.
 *
 * Owns: that a view is closed when its reading ends, however that is (graph-view/one-state).
 *
 * Suspension: as what is read.
 */
import type { Lots } from './graph-stream.ts';
import type { ReadSource, ReadView } from './read-view.ts';

/** Reads in lots. */
export async function* inView<T>(source: ReadSource, read: (view: ReadView) => Lots<T>): Lots<T> {
  const view = source.open();
  try {
    yield* read(view);
  } finally {
    view.close();
  }
}
