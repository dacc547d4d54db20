import { type Html, html } from '../http/html.ts';
import { leftRoom, markLines, type Plot, timeAxis, timeX, valueAxis, valueY } from './axes.ts';
import { namedColor, seriesColor } from './colors.ts';
import { legendOf, type Mark, type PanelData, type Window } from './query.ts';
import type { Size } from './size.ts';

const MOST_SERIES = 40;
const LEGEND_ROW_PX = 17;
const LEGEND_PX = 3 * LEGEND_ROW_PX;
const AXIS_PX = 22;
/** Points further apart than this many steps are not joined. */
const GAP_STEPS = 3;
const PIECE = 500;

interface Line {
  readonly name: string;
  readonly color: string;
  /** Seconds, value; in the order of time. */
  readonly points: readonly (readonly [number, number])[];
}

/** Lines over time, or bars on top of each other. */
export function linesPanel(data: PanelData, size: Size, window: Window, marks: readonly Mark[]): Html {
  const all = linesOf(data);
  const drawn = all.slice(0, MOST_SERIES);
  const stacked = data.panel.isStacked ? stack(drawn) : null;
  const bounds = boundsOf(data, stacked ?? drawn);
  const left = leftRoom(bounds, data.panel.unit);
  const plot: Plot = { left, top: 6, width: size.width - left - 8, height: size.height - 6 - AXIS_PX - LEGEND_PX };
  const body =
    stacked === null ? drawn.map((line) => path(line, plot, window, bounds)) : bars(stacked, plot, window, bounds);
  return html`<svg width="${size.width}" height="${size.height - LEGEND_PX}">${valueAxis(plot, bounds, data.panel.unit)}${timeAxis(plot, window)}${markLines(plot, window, marks)}${body}${threshold(data, plot, bounds)}</svg>${legend(drawn, all.length - drawn.length)}`;
}

function linesOf({ answers }: PanelData): Line[] {
  return answers
    .flatMap(({ target, series }) =>
      series.map(({ labels, points }) => ({
        name: legendOf(target.legend, labels),
        points: [...points].toSorted(([a], [b]) => a - b),
      })),
    )
    .filter(({ points }) => points.length > 0)
    .map((line, index) => ({ ...line, color: seriesColor(index) }));
}

function boundsOf({ panel }: PanelData, lines: readonly Line[]): [number, number] {
  let low = panel.min ?? Infinity;
  let high = panel.max ?? -Infinity;
  for (const { points } of lines)
    for (const [, value] of points) {
      if (panel.min === null) low = Math.min(low, value);
      if (panel.max === null) high = Math.max(high, value);
    }
  if (!Number.isFinite(low)) low = 0;
  if (!Number.isFinite(high) || high <= low) high = low + 1;
  return panel.max === null ? [low, high + (high - low) * 0.05] : [low, high];
}

function path({ points, color }: Line, plot: Plot, window: Window, bounds: readonly [number, number]): Html {
  let last = -Infinity;
  const steps = points.map(([at, value]) => {
    const joins = at - last <= GAP_STEPS * window.stepSeconds;
    last = at;
    return `${joins ? 'L' : 'M'}${timeX(at, plot, window).toFixed(1)} ${valueY(value, plot, bounds).toFixed(1)}`;
  });
  // A point by itself is a line of no length, which round ends show.
  const d = points.length === 1 ? `${steps[0]}h0.1` : steps.join('');
  return html`<path d="${uncut(d)}" fill="none" stroke="${color}" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"/>`;
}

/** The template cuts long texts. */
function uncut(figures: string): Html {
  const count = Math.ceil(figures.length / PIECE);
  return html`${Array.from({ length: count }, (_, at) => html`${figures.slice(at * PIECE, (at + 1) * PIECE)}`)}`;
}

/** Upper ends; the lower one is the line before at that time. */
function stack(lines: readonly Line[]): Line[] {
  const sums = new Map<number, number>();
  return lines.map((line) => ({
    ...line,
    points: line.points.map(([at, value]) => {
      const sum = (sums.get(at) ?? 0) + value;
      sums.set(at, sum);
      return [at, sum] as const;
    }),
  }));
}

function bars(lines: readonly Line[], plot: Plot, window: Window, bounds: readonly [number, number]): Html[] {
  const width = Math.max(1, (plot.width * window.stepSeconds) / (window.endSeconds - window.startSeconds) - 0.5);
  const below = new Map<number, number>();
  return lines.map(
    ({ points, color }) =>
      html`<g fill="${color}">${points.map(([at, value]) => {
        const base = valueY(below.get(at) ?? Math.max(0, bounds[0]), plot, bounds);
        const top = valueY(value, plot, bounds);
        below.set(at, value);
        if (base - top < 0.05) return html``;
        const x = Math.max(plot.left, timeX(at, plot, window) - width);
        return html`<rect x="${x.toFixed(1)}" y="${top.toFixed(1)}" width="${width.toFixed(1)}" height="${(base - top).toFixed(1)}"/>`;
      })}</g>`,
  );
}

function threshold({ panel }: PanelData, plot: Plot, bounds: readonly [number, number]): Html {
  if (!panel.showsThreshold) return html``;
  return html`${panel.steps
    .filter(({ value }) => value !== null && value > bounds[0] && value <= bounds[1])
    .map(({ value, color }) => {
      const y = valueY(value ?? 0, plot, bounds).toFixed(1);
      return html`<line x1="${plot.left}" x2="${plot.left + plot.width}" y1="${y}" y2="${y}" stroke="${namedColor(color)}" stroke-dasharray="8 5"/>`;
    })}`;
}

function legend(lines: readonly Line[], more: number): Html {
  const items = lines.map(({ name, color }) => html`<li><i style="background:${color}"></i>${name}</li>`);
  return html`<ul class="legend">${items}${more > 0 && html`<li>and ${more} more</li>`}</ul>`;
}
