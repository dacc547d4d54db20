import type { Html } from './html.ts';
import { html } from './html.ts';

/** `41 s`, `12 min`, `3 h`, `2 d`: how long ago, for people. The script of the page counts on in the same words. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** `just now` or `41 s ago`; empty for a text that is no time. */
export function formatAgo(iso: string, nowMs: number): string {
  const atMs = Date.parse(iso);
  if (Number.isNaN(atMs)) return '';
  return nowMs - atMs < 1000 ? 'just now' : `${formatAge(nowMs - atMs)} ago`;
}

/** Time of day in UTC, as in logs of servers. */
export function formatClock(iso: string): string {
  const atMs = Date.parse(iso);
  return Number.isNaN(atMs) ? '–' : new Date(atMs).toISOString().slice(11, 19);
}

/** `2026-11-21 02:59:19 UTC`. */
export function formatMoment(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** The age, with the exact moment for machines and under the pointer. Empty for a text that is no time. */
export function ago(at: string | number, nowMs: number): Html {
  const atMs = typeof at === 'number' ? at : Date.parse(at);
  if (!isMoment(atMs)) return html``;
  const iso = new Date(atMs).toISOString();
  return html`<time datetime="${iso}" title="${formatMoment(atMs)}" data-age>${formatAgo(iso, nowMs)}</time>`;
}

/** The time of day, with the exact moment for machines and under the pointer. */
export function clock(atMs: number): Html {
  if (!isMoment(atMs)) return html``;
  const iso = new Date(atMs).toISOString();
  return html`<time datetime="${iso}" title="${formatMoment(atMs)}">${formatClock(iso)}</time>`;
}

/** What Date can tell. */
function isMoment(atMs: number): boolean {
  return Math.abs(atMs) <= 8.64e15;
}
