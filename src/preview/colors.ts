/** Colours of series in Grafana's classic order, and by the names that thresholds use. */
export const SERIES_COLORS = [
  '#56a64b',
  '#e0b400',
  '#3274d9',
  '#ff780a',
  '#e02f44',
  '#a352cc',
  '#1f9e9e',
  '#8f3bb8',
  '#806600',
  '#c4162a',
  '#5794f2',
  '#73bf69',
] as const;

const NAMED: Readonly<Record<string, string>> = { green: '#37872d', red: '#c4162a', orange: '#fa6400' };
export const INK = '#24292e';
export const FAINT = '#6b7280';
export const GRID = '#e5e7eb';

export const seriesColor = (index: number): string => SERIES_COLORS[index % SERIES_COLORS.length];

export function namedColor(name: string): string {
  return Object.hasOwn(NAMED, name) ? NAMED[name] : INK;
}

/** From pale to dark orange, 0 to 1. */
export function heatColor(share: number): string {
  const mix = (from: number, to: number) => Math.round(from + (to - from) * Math.min(1, Math.max(0, share)));
  return `rgb(${mix(254, 166)},${mix(237, 54)},${mix(222, 3)})`;
}
