import { type Html, html } from '../http/html.ts';
import { type Plot, textWidth, timeAxis, timeX } from './axes.ts';
import { FAINT, heatColor, namedColor } from './colors.ts';
import { colorAt } from './dashboard.ts';
import { legendOf, type PanelData, type Window } from './query.ts';
import type { Size } from './size.ts';
import { formatValue } from './units.ts';

const MOST_ROWS = 24;
const AXIS_PX = 22;
const LONGEST_NAME_PX = 260;

/** Cumulative buckets as cells: the more, the darker. */
export function heatmapPanel({ panel, answers }: PanelData, size: Size, window: Window): Html {
  const buckets = answers
    .flatMap(({ series }) => series)
    .map(({ labels, points }) => ({ le: Number(labels.le?.replace('+Inf', 'Infinity')), points }))
    .toSorted((a, b) => a.le - b.le);
  const cells = buckets.map(({ le, points }, at) => ({
    name: Number.isFinite(le) ? formatValue(le, panel.unit) : '+Inf',
    points: [...points].map(([time, value]) => [time, value - (buckets[at - 1]?.points.get(time) ?? 0)] as const),
  }));
  const most = Math.max(...cells.flatMap(({ points }) => points.map(([, value]) => value)), 1e-12);
  const rows = cells.toReversed().map(({ name, points }) => ({
    name,
    cells: points.filter(([, value]) => value > 0).map(([time, value]) => [time, heatColor(value / most)] as const),
  }));
  return grid(rows, size, window);
}

/** A row a series, coloured by its state. */
export function statesPanel({ panel, answers }: PanelData, size: Size, window: Window): Html {
  const rows = answers.flatMap(({ target, series }) =>
    series.map(({ labels, points }) => ({
      name: legendOf(target.legend, labels),
      cells: [...points].map(([time, value]) => {
        const color = panel.words[String(value)]?.color || colorAt(panel.steps, value);
        return [time, namedColor(color)] as const;
      }),
    })),
  );
  return grid(rows.slice(0, MOST_ROWS), size, window);
}

interface GridRow {
  readonly name: string;
  readonly cells: readonly (readonly [number, string])[];
}

interface Run {
  readonly from: number;
  to: number;
  readonly color: string;
}

/** Neighbours of one colour are one cell: no seams. */
function runsOf(cells: GridRow['cells'], stepSeconds: number): Run[] {
  const runs: Run[] = [];
  for (const [time, color] of cells.toSorted(([a], [b]) => a - b)) {
    const last = runs.at(-1);
    if (last?.color === color && time - last.to <= 1.5 * stepSeconds) last.to = time;
    else runs.push({ from: time - stepSeconds, to: time, color });
  }
  return runs;
}

function grid(rows: readonly GridRow[], size: Size, window: Window): Html {
  const left = 10 + Math.min(LONGEST_NAME_PX, size.width / 2, Math.max(...rows.map(({ name }) => textWidth(name)), 20));
  const plot: Plot = { left, top: 4, width: size.width - left - 8, height: size.height - 4 - AXIS_PX };
  const height = plot.height / Math.max(1, rows.length);
  const characters = Math.floor((left - 8) / textWidth('x'));
  const body = rows.map(({ name, cells }, at) => {
    const y = plot.top + at * height;
    const shown = name.length > characters ? `${name.slice(0, characters - 1)}…` : name;
    return html`<text x="${left - 6}" y="${(y + height / 2).toFixed(1)}" dy="0.32em" text-anchor="end" fill="${FAINT}">${shown}</text>${runsOf(
      cells,
      window.stepSeconds,
    ).map(({ from, to, color }) => {
      const x = Math.max(left, timeX(from, plot, window));
      const width = Math.max(1, timeX(to, plot, window) - x);
      return html`<rect x="${x.toFixed(1)}" y="${(y + 1).toFixed(1)}" width="${width.toFixed(1)}" height="${Math.max(1, height - 2).toFixed(1)}" fill="${color}"/>`;
    })}`;
  });
  return html`<svg width="${size.width}" height="${size.height}">${timeAxis(plot, window)}${body}</svg>`;
}
