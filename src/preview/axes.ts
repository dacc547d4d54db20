import { type Html, html } from '../http/html.ts';
import { FAINT, GRID } from './colors.ts';
import type { Mark, Window } from './query.ts';
import { formatValue, niceStep } from './units.ts';

/** Where a plot is in its picture, pixels. */
export interface Plot {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const CHARACTER_PX = 6.2;
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];
const DAY_SECONDS = 86_400;
/** Between a plot and the end of its picture. */
const RIGHT_ROOM_PX = 8;

export const textWidth = (text: string): number => text.length * CHARACTER_PX;

export function timeX(atSeconds: number, { left, width }: Plot, { startSeconds, endSeconds }: Window): number {
  return left + (width * (atSeconds - startSeconds)) / (endSeconds - startSeconds);
}

export function valueY(value: number, { top, height }: Plot, [low, high]: readonly [number, number]): number {
  return top + height * (1 - (value - low) / (high - low));
}

/** Grid lines and numbers at the left. */
export function valueAxis(plot: Plot, bounds: readonly [number, number], unit: string): Html {
  return html`${ticksOf(bounds, unit).map((value) => {
    const y = valueY(value, plot, bounds).toFixed(1);
    return html`<line x1="${plot.left}" x2="${plot.left + plot.width}" y1="${y}" y2="${y}" stroke="${GRID}"/><text x="${plot.left - 6}" y="${y}" dy="0.32em" text-anchor="end" fill="${FAINT}">${formatValue(value, unit)}</text>`;
  })}`;
}

export function ticksOf([low, high]: readonly [number, number], unit: string): number[] {
  const step = niceStep(high - low, 4, unit);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first) + 1 }, (_, at) => (first + at) * step);
}

export function timeAxis(plot: Plot, window: Window): Html {
  const span = window.endSeconds - window.startSeconds;
  const most = Math.max(2, Math.floor(plot.width / 70));
  const step =
    TIME_STEPS.find((seconds) => span / seconds <= most) ?? Math.ceil(span / most / DAY_SECONDS) * DAY_SECONDS;
  const first = Math.ceil(window.startSeconds / step) * step;
  const times = Array.from(
    { length: Math.floor((window.endSeconds - first) / step) + 1 },
    (_, at) => first + at * step,
  );
  const y = plot.top + plot.height;
  return html`${times.map((at) => {
    const x = timeX(at, plot, window).toFixed(1);
    const label = timeText(at, step);
    const isWhole = Number(x) + textWidth(label) / 2 <= plot.left + plot.width + RIGHT_ROOM_PX;
    return html`<line x1="${x}" x2="${x}" y1="${plot.top}" y2="${y}" stroke="${GRID}"/>${isWhole && html`<text x="${x}" y="${y + 15}" text-anchor="middle" fill="${FAINT}">${label}</text>`}`;
  })}`;
}

/** UTC; seconds only where they tell labels apart. */
function timeText(atSeconds: number, stepSeconds: number): string {
  const text = new Date(atSeconds * 1000).toISOString();
  if (stepSeconds >= DAY_SECONDS) return text.slice(5, 10);
  return stepSeconds < 60 ? text.slice(11, 19) : text.slice(11, 16);
}

/** Dashed lines where annotations began. */
export function markLines(plot: Plot, window: Window, marks: readonly Mark[]): Html {
  return html`${marks.map(({ name, atSeconds }) => {
    const x = timeX(atSeconds, plot, window).toFixed(1);
    return html`<line x1="${x}" x2="${x}" y1="${plot.top}" y2="${plot.top + plot.height}" stroke="#fa6400" stroke-dasharray="3 3" stroke-opacity="0.6"><title>${name}</title></line>`;
  })}`;
}

/** Room for the numbers at the left, however long they are. */
export function leftRoom(bounds: readonly [number, number], unit: string): number {
  return 12 + Math.max(...ticksOf(bounds, unit).map((value) => textWidth(formatValue(value, unit))), 20);
}
