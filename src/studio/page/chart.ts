/**
 * A chart of the last minutes: lines over time, drawn anew at each sample.
 *
 * Owns: the scale, and the figures that are shown for the moment under the pointer or for now.
 *
 * Suspension: everything here is synchronous.
 */
import { make, makeSvg } from './dom.ts';
import { clock } from './figures.ts';

/** Samples that are kept, one a second. */
export const SAMPLE_COUNT = 180;

/** A chart that has just begun is this wide, so that its line can be seen. */
const SPAN_MIN = 40;

const WIDTH = 300;
const HEIGHT = 72;

export interface Series {
  readonly label: string;
  /** Of the colours in style.css: 1 to 3. */
  readonly colour: number;
}

export interface ChartSettings {
  readonly title: string;
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  /** What the figures are of, in a sentence. */
  readonly note?: string;
}

/** Values by series; undefined where there is none, such as a latency of no operation. */
export interface Sample {
  readonly atMs: number;
  readonly values: readonly (number | undefined)[];
}

export class Chart {
  readonly element: HTMLElement;
  readonly #settings: ChartSettings;
  readonly #figures: HTMLElement;
  readonly #plot: SVGSVGElement;
  readonly #top: HTMLElement;
  readonly #time: HTMLElement;
  #samples: Sample[] = [];
  /** The sample under the pointer. */
  #pointed: number | undefined = undefined;

  constructor(settings: ChartSettings) {
    this.#settings = settings;
    this.#figures = make('div', { class: 'figures' });
    this.#top = make('span', { class: 'top' });
    this.#time = make('span', { class: 'time' }, 'now');
    this.#plot = makeSvg('svg', {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      role: 'img',
    });
    this.element = make(
      'section',
      { class: 'card chart' },
      make('header', {}, make('h3', {}, settings.title), this.#figures),
      make('div', { class: 'plot' }, this.#plot, this.#top, this.#time),
      settings.note === undefined ? undefined : make('p', { class: 'note' }, settings.note),
    );
    this.#plot.addEventListener('pointermove', (event) => this.#point(event));
    this.#plot.addEventListener('pointerleave', () => {
      this.#pointed = undefined;
      this.#draw();
    });
  }

  show(samples: readonly Sample[]): void {
    this.#samples = [...samples];
    this.#draw();
  }

  #point({ clientX }: PointerEvent): void {
    const { left, width } = this.#plot.getBoundingClientRect();
    const place = (clientX - left) / width;
    const offset = this.#span - this.#samples.length;
    const index = Math.round(place * (this.#span - 1)) - offset;
    this.#pointed = index < 0 ? undefined : Math.min(index, this.#samples.length - 1);
    this.#draw();
  }

  #draw(): void {
    const { series, format, title } = this.#settings;
    const max = niceMax(
      Math.max(0, ...this.#samples.flatMap(({ values }) => values.map((each) => each ?? 0))),
    );
    const shapes = series.flatMap(({ colour }, index) => this.#shapes(index, colour, max));
    const pointed = this.#samples[this.#pointed ?? this.#samples.length - 1];
    if (this.#pointed !== undefined) {
      const x = this.#x(this.#pointed);
      shapes.push(makeSvg('line', { x1: x, x2: x, y1: 0, y2: HEIGHT, class: 'pointer' }));
    }
    this.#plot.replaceChildren(...shapes);
    this.#top.textContent = max === 0 ? '' : format(max);
    const figures = series.map(({ label, colour }, index) => {
      const value = pointed?.values[index];
      const text = value === undefined ? '\u2013' : format(value);
      return { label, colour, text };
    });
    this.#figures.replaceChildren(
      ...figures.map(({ label, colour, text }) =>
        make(
          'span',
          { class: `figure colour-${colour}` },
          make('b', {}, text),
          series.length > 1 ? ` ${label}` : '',
        ),
      ),
    );
    this.#time.textContent =
      this.#pointed === undefined || pointed === undefined ? 'now' : clock(pointed.atMs);
    const said = figures.map(({ label, text }) => `${label} ${text}`).join(', ');
    this.#plot.setAttribute('aria-label', `${title}: ${said}`);
  }

  get #span(): number {
    return Math.max(SPAN_MIN, this.#samples.length);
  }

  #x(index: number): number {
    return ((this.#span - this.#samples.length + index) / (this.#span - 1)) * WIDTH;
  }

  /** The line, in pieces where values are missing, and the area under the first series. */
  #shapes(series: number, colour: number, max: number): SVGElement[] {
    const pieces: { x: number; y: number }[][] = [[]];
    this.#samples.forEach(({ values }, index) => {
      const value = values[series];
      if (value === undefined) {
        pieces.push([]);
        return;
      }
      const y = max === 0 ? HEIGHT - 1 : HEIGHT - 1 - (value / max) * (HEIGHT - 6);
      pieces.at(-1)?.push({ x: this.#x(index), y });
    });
    return pieces
      .filter((points) => points.length > 0)
      .flatMap((points) => {
        const [first, last] = [points[0]!, points.at(-1)!]; // not empty
        const steps = points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`);
        if (points.length === 1) steps.push(`${(first.x + 1).toFixed(1)},${first.y.toFixed(1)}`);
        const path = `M${steps.join('L')}`;
        const line = makeSvg('path', { d: path, class: `line colour-${colour}` });
        if (series > 0) return [line];
        const area = `${path}L${last.x.toFixed(1)},${HEIGHT}L${first.x.toFixed(1)},${HEIGHT}Z`;
        return [makeSvg('path', { d: area, class: `area colour-${colour}` }), line];
      });
  }
}

/** 1, 2 or 5 times a power of ten, at or above. */
function niceMax(value: number): number {
  if (value <= 0) return 0;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((each) => each * power >= value) ?? 10;
  return step * power;
}
