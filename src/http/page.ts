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
import { upstreamsSection } from './page-upstreams.ts';
import { countDrift } from './upstream-words.ts';
import type { StatusReport, UpstreamsReport } from './views.ts';

const RECENT_MS = 5 * 60_000;
const QUIET = 'No failure in the last 5 minutes';
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%23c02626'/%3E%3Cpath d='M4 5h8M4 8h5M4 11h8' stroke='%23fff' stroke-width='1.6'/%3E%3C/svg%3E";

export interface PageView {
  readonly nowMs: number;
  /** Seconds between refreshes; null stops them. */
  readonly refresh: number | null;
  readonly metricsUrl: string;
}

/** The page, complete: no script, no second request. */
export function renderPage(report: StatusReport, upstreams: UpstreamsReport, view: PageView): string {
  const headline = summarize(report, upstreams, view.nowMs);
  const body = html`${pageHead(headline.title, view)}<body>${pageHeader(report, view)}<main>
<div class="now ${headline.kind}" role="status"><h1>${headline.title}</h1><p>${headline.detail}</p>${
    headline.next === undefined ? null : html`<p><b>Next:</b> ${headline.next}</p>`
  }</div>
${verdictsSection(report, view.nowMs)}
${upstreamsSection(upstreams, view.nowMs)}
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

/** The one thing to read when woken up: failing now, about to fail, blind somewhere, or quiet. */
export function summarize(report: StatusReport, upstreams: UpstreamsReport, nowMs: number): Headline {
  return summarizeFailures(report, nowMs) ?? summarizeTruth(upstreams, nowMs) ?? summarizeSight(report);
}

function summarizeTruth(upstreams: UpstreamsReport, nowMs: number): Headline | null {
  const count = countDrift(upstreams);
  if (count === 0) return summarizeAge(upstreams, nowMs);
  return {
    kind: 'warn',
    title: `${QUIET}, but ${formatCount(count)} ${count === 1 ? 'address' : 'addresses'} in use should not be`,
    detail: 'A running proxy sends requests to addresses that are not, or no longer, endpoints of their Service.',
    next: 'See “Upstreams” below for the addresses and the lines of the configuration; reload or restart the proxy that still has them.',
  };
}

function summarizeAge({ cluster, counts }: UpstreamsReport, nowMs: number): Headline | null {
  const slices = cluster.find(({ resource }) => resource === 'endpointslices');
  if (slices?.freshness !== 'stale' || counts.unknown === 0) return null;
  return {
    kind: 'warn',
    title: `${QUIET}, but what is known of the cluster is old`,
    detail: `The EndpointSlices were current ${formatAgo(slices.currentAt ?? '', nowMs)}: no address can be told from a stale one.`,
  };
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
  if (!collectors.some(({ state }) => state === 'ok')) {
    return {
      kind: 'warn',
      title: 'Nothing is watched yet',
      detail: 'See below what was discovered, and what not and why.',
    };
  }
  if (blind.length > 0)
    return { kind: 'warn', title: `${QUIET}, but not everything is seen`, detail: `Not seen: ${names}` };
  if (!config.lastReloadSuccessful || checkpoint.state === 'failed') {
    return { kind: 'warn', title: `${QUIET}, but badgateway needs a look`, detail: 'See “badgateway itself” below.' };
  }
  return { kind: 'good', title: QUIET, detail: 'Everything that was found is being watched.' };
}
