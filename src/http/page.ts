import { explanationOf } from '../causes/index.ts';
import { Html, html, safeHref } from './html.ts';
import {
  collectorsSection,
  discoverySection,
  formatCount,
  ownSection,
  totalsSection,
  verdictsSection,
  wordsSection,
} from './page-sections.ts';
import { STYLE } from './page-style.ts';
import { formatAge, formatAgo } from './page-time.ts';
import type { StatusReport } from './views.ts';

const RECENT_MS = 5 * 60_000;
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%23c02626'/%3E%3Cpath d='M4 5h8M4 8h5M4 11h8' stroke='%23fff' stroke-width='1.6'/%3E%3C/svg%3E";

export interface PageView {
  readonly nowMs: number;
  /** Seconds between refreshes; null stops them. */
  readonly refresh: number | null;
  readonly metricsUrl: string;
}

/** The page, complete: no script, no second request. */
export function renderPage(report: StatusReport, view: PageView): string {
  const headline = summarize(report, view.nowMs);
  const body = html`${pageHead(headline.title, view)}<body>${pageHeader(report, view)}<main>
<div class="now ${headline.kind}" role="status"><h1>${headline.title}</h1><p>${headline.detail}</p>${
    headline.next === undefined ? null : html`<p><b>Next:</b> ${headline.next}</p>`
  }</div>
${verdictsSection(report, view.nowMs)}
<div class="two">${totalsSection(report)}${discoverySection(report)}</div>
${collectorsSection(report, view.nowMs)}
${wordsSection(report)}
${ownSection(report, view.nowMs)}</main>
<footer class="dim small">${new Date(view.nowMs).toISOString().slice(0, 19).replace('T', ' ')} UTC · ${
    view.refresh === null
      ? html`refresh is stopped, <a href="/">go on</a>`
      : html`refreshes every ${view.refresh} s, <a href="/?refresh=off">stop</a>`
  }</footer></body></html>`;
  return `<!doctype html>\n${body.text}`;
}

function pageHead(title: string, { refresh }: PageView): Html {
  return html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
${refresh === null ? null : html`<meta http-equiv="refresh" content="${refresh}">`}<title>${title} · badgateway</title>
<link rel="icon" href="${new Html(ICON)}"><style>${new Html(STYLE)}</style></head>`;
}

function pageHeader({ version, role, startedAt, links }: StatusReport, { nowMs, metricsUrl }: PageView): Html {
  const all = [{ label: 'Metrics', href: metricsUrl }, { label: 'Status as JSON', href: '/api/v1/status' }, ...links];
  const up = formatAge(nowMs - Date.parse(startedAt));
  return html`<header><b>badgateway</b><span class="dim small">${version} · ${role} · up ${up}</span>
<nav>${all.slice(0, 10).map(({ label, href }) => html`<a href="${safeHref(href)}">${label}</a>`)}</nav></header>`;
}

interface Headline {
  readonly kind: 'bad' | 'warn' | 'good';
  readonly title: string;
  readonly detail: string;
  readonly next?: string;
}

/** The one thing to read when woken up: failing now, blind somewhere, or quiet. */
export function summarize(report: StatusReport, nowMs: number): Headline {
  return summarizeFailures(report, nowMs) ?? summarizeSight(report);
}

function summarizeFailures({ verdicts }: StatusReport, nowMs: number): Headline | null {
  const recent = verdicts.filter(({ at }) => nowMs - Date.parse(at) <= RECENT_MS);
  if (recent.length === 0) return null;
  const worst = recent.reduce((most, verdict) => (verdict.count > most.count ? verdict : most));
  const { cause, gateway, upstream, peer, count, at } = worst;
  const others = new Set(recent.map((verdict) => verdict.cause)).size - 1;
  const place = [gateway, upstream, peer].filter((part) => part !== '').join(' → ');
  const words = explanationOf(cause);
  return {
    kind: 'bad',
    title: `Failing: ${words.title.toLowerCase()}${others > 0 ? ` and ${others} more` : ''}`,
    detail: `${place}: ${formatCount(count)} ${count === 1 ? 'failure' : 'failures'}, last ${formatAgo(at, nowMs)}. ${words.meaning}`,
    next: words.next,
  };
}

function summarizeSight({ collectors, config, checkpoint }: StatusReport): Headline {
  const blind = collectors.filter(({ state }) => state === 'failed' || state === 'not_permitted');
  const names = blind
    .map(({ name, state }) => `${name} (${state === 'failed' ? 'failed' : 'not permitted'})`)
    .join(', ');
  const quiet = 'No failure in the last 5 minutes';
  if (!collectors.some(({ state }) => state === 'ok')) {
    return {
      kind: 'warn',
      title: 'Nothing is watched yet',
      detail: 'See below what was discovered, and what not and why.',
    };
  }
  if (blind.length > 0)
    return { kind: 'warn', title: `${quiet}, but not everything is seen`, detail: `Not seen: ${names}` };
  if (!config.lastReloadSuccessful || checkpoint.state === 'failed') {
    return { kind: 'warn', title: `${quiet}, but badgateway needs a look`, detail: 'See “badgateway itself” below.' };
  }
  return { kind: 'good', title: quiet, detail: 'Everything that was found is being watched.' };
}
