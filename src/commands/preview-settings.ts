import type { Settings, Window } from '../preview/query.ts';

export interface PreviewFlags {
  readonly from?: string;
  readonly at?: string;
  readonly width: string;
  readonly scrapeInterval: string;
  readonly variable?: readonly string[];
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const SHORTEST_SECONDS = 10;
const LONGEST_SECONDS = 90 * 86_400;
/** Points of a line; Prometheus refuses more than 11,000. */
const MOST_POINTS = 300;
const NARROWEST = 800;
const WIDEST = 4000;

/** `now-3h` is what a dashboard says of itself. @throws Error that names the flag. */
export function readSettings(flags: PreviewFlags, dashboardFrom: string, nowMs: number): Settings {
  const scrapeSeconds = duration('--scrape-interval', flags.scrapeInterval);
  return {
    scrapeSeconds,
    window: readWindow(flags, dashboardFrom, nowMs),
    variables: Object.fromEntries((flags.variable ?? []).map(readVariable)),
  };
}

export function readWidth(text: string): number {
  const width = Number(text);
  if (!/^\d+$/.test(text) || width < NARROWEST || width > WIDEST)
    throw new Error(`--width ${JSON.stringify(text)}: pixels, ${NARROWEST} to ${WIDEST}`);
  return width;
}

function readWindow({ from, at }: PreviewFlags, dashboardFrom: string, nowMs: number): Window {
  const seconds = duration('--from', from ?? (/^now-(\d+[smhd])$/.exec(dashboardFrom)?.[1] || '3h'));
  if (seconds < SHORTEST_SECONDS || seconds > LONGEST_SECONDS) throw new Error('--from: 10s to 90d');
  const endMs = at === undefined ? nowMs : Date.parse(at);
  if (Number.isNaN(endMs)) throw new Error(`--at ${JSON.stringify(at)}: a time like 2026-11-20T12:00:00Z`);
  const stepSeconds = Math.max(1, Math.ceil(seconds / MOST_POINTS));
  const endSeconds = Math.floor(endMs / 1000);
  return { startSeconds: endSeconds - seconds, endSeconds, stepSeconds };
}

function duration(flag: string, text: string): number {
  const [, count, unit] = /^(?:now-)?(\d{1,7})([smhd])$/.exec(text) ?? [];
  if (unit === undefined || Number(count) === 0)
    throw new Error(`${flag} ${JSON.stringify(text)}: a time like 30s, 15m, 3h or 2d`);
  return Number(count) * UNITS[unit];
}

function readVariable(pair: string): [string, string] {
  const [, name, value] = /^(\w+)=(.*)$/s.exec(pair) ?? [];
  if (name === undefined || value === undefined)
    throw new Error(`--variable ${JSON.stringify(pair)}: name=value, e.g. namespace=shop`);
  return [name, value];
}
