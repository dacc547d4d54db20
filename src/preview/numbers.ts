import { type Html, html } from '../http/html.ts';
import { namedColor } from './colors.ts';
import { colorAt } from './dashboard.ts';
import { legendOf, type PanelData, type Window } from './query.ts';
import type { Size } from './size.ts';
import { formatValue } from './units.ts';

const MOST = 24;

interface Latest {
  readonly name: string;
  readonly value: number;
  readonly points: readonly (readonly [number, number])[];
}

function latestOf({ answers }: PanelData): Latest[] {
  return answers
    .flatMap(({ target, series }) =>
      series.flatMap(({ labels, points }) => {
        const inOrder = [...points].toSorted(([a], [b]) => a - b);
        const last = inOrder.at(-1);
        return last === undefined ? [] : { name: legendOf(target.legend, labels), value: last[1], points: inOrder };
      }),
    )
    .slice(0, MOST);
}

/** Numbers side by side with their course below: a stat panel. */
export function numbersPanel(data: PanelData, size: Size, window: Window): Html {
  const all = latestOf(data);
  const width = Math.floor(size.width / all.length);
  const fontSize = Math.max(14, Math.min(40, width / 5, size.height / 3));
  return html`<div class="numbers">${all.map(({ name, value, points }) => {
    const color = namedColor(colorAt(data.panel.steps, value));
    return html`<div style="width:${width}px;height:${size.height}px">${all.length > 1 && html`<small>${name}</small>`}<b style="color:${color};font-size:${fontSize.toFixed(0)}px">${formatValue(value, data.panel.unit)}</b>${course(points, width, window, color)}</div>`;
  })}</div>`;
}

function course(points: Latest['points'], width: number, window: Window, color: string): Html {
  const highest = Math.max(...points.map(([, value]) => value), 1e-12);
  const span = window.endSeconds - window.startSeconds;
  const bars = points.map(([at, value]) => {
    const height = Math.max(0, (28 * value) / highest);
    return html`<rect x="${((width * (at - window.startSeconds)) / span).toFixed(1)}" y="${(30 - height).toFixed(1)}" width="${Math.max(1, (width * window.stepSeconds) / span).toFixed(1)}" height="${height.toFixed(1)}"/>`;
  });
  return html`<svg width="${width}" height="30" fill="${color}" fill-opacity="0.25">${bars}</svg>`;
}

/** Names with horizontal bars: a bar gauge. */
export function barsPanel(data: PanelData, size: Size): Html {
  const all = latestOf(data);
  const highest = data.panel.max ?? Math.max(...all.map(({ value }) => value), 1e-12);
  const height = Math.max(16, Math.min(34, Math.floor(size.height / all.length)));
  return html`<div class="bars">${all.map(({ name, value }) => {
    const share = Math.min(100, Math.max(0, (100 * value) / highest)).toFixed(1);
    const color = namedColor(colorAt(data.panel.steps, value));
    return html`<div style="height:${height}px"><span>${name}</span><u><i style="width:${share}%;background:${color}"></i></u><b style="color:${color}">${formatValue(value, data.panel.unit)}</b></div>`;
  })}</div>`;
}
