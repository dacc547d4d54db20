import type { HistoryReport } from '../metrics/history.ts';
import { Html, html, safeHref } from './html.ts';
import { collectorsSection } from './page-collectors.ts';
import { gaugesSection } from './page-gauges.ts';
import { headlinePart, type PageData, summarize } from './page-headline.ts';
import { incidentsSection, rankIncidents } from './page-incidents.ts';
import { SCRIPT } from './page-script.ts';
import { discoverySection, ownSection, totalsSection, wordsSection } from './page-sections.ts';
import { STYLE } from './page-style.ts';
import { ago, formatMoment } from './page-time.ts';
import { upstreamsSection } from './page-upstreams.ts';
import type { StatusReport, StatusSource } from './views.ts';

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%23b3261e'/%3E%3Cpath d='M4 5h8M4 8h5M4 11h8' stroke='%23fff' stroke-width='1.6'/%3E%3C/svg%3E";
/** Asked of the book: more than the page shows, so that it can say how many more there are. */
const MOST_INCIDENTS = 200;

export interface PageReport extends PageData {
  /** How many incidents there are, also those that are not in the report. */
  readonly incidentsTotal: number;
  readonly history: HistoryReport;
}

export interface PageView {
  readonly nowMs: number;
  /** Seconds between refreshes where no script runs; null stops them, and the script. */
  readonly refresh: number | null;
  readonly metricsUrl: string;
}

/** All that the page shows. */
export function readReport(source: StatusSource): PageReport {
  const book = source.incidents({ limit: MOST_INCIDENTS });
  return {
    status: source.status(),
    upstreams: source.upstreams({}),
    incidents: rankIncidents(book.incidents),
    incidentsTotal: book.total,
    history: source.history(),
  };
}

/** The page, complete: no second request is needed to read it. */
export function renderPage(report: PageReport, view: PageView): string {
  const { nowMs, refresh } = view;
  const body = html`${pageHead(titleOf(report, nowMs), view)}<body><a class="skip" href="#incidents">Skip to the incidents</a>
${pageHeader(report.status, view)}<p class="lost" id="lost" role="alert" hidden></p>
${mainPart(report, nowMs)}
<footer class="dim small"><span id="live">As of ${formatMoment(nowMs)}${
    refresh !== null && html`<noscript>, made anew every ${refresh} s</noscript>`
  }</span> · ${refresh === null ? html`stopped, <a href="/">go on</a>` : html`<a href="/?refresh=off">stop</a>`}</footer>${refresh !== null && html`<script>${new Html(SCRIPT)}</script>`}</body></html>`;
  return `<!doctype html>\n${body.text}`;
}

/** What /events sends. */
export function renderMain(report: PageReport, nowMs: number): string {
  return mainPart(report, nowMs).text;
}

function mainPart(report: PageReport, nowMs: number): Html {
  const { status, upstreams, incidents, incidentsTotal, history } = report;
  return html`<main data-now="${nowMs}" data-title="${titleOf(report, nowMs)}">${headlinePart(report, nowMs)}
${incidentsSection(incidents, incidentsTotal, nowMs)}
${gaugesSection(history)}
${upstreamsSection(upstreams, nowMs)}
${collectorsSection(status, nowMs)}
<div class="two" id="found">${totalsSection(status)}${discoverySection(status)}</div>
${wordsSection(status, incidents)}
${ownSection(status, nowMs)}</main>`;
}

function titleOf(report: PageReport, nowMs: number): string {
  return `${summarize(report, nowMs).title} · badgateway`;
}

function pageHead(title: string, { refresh }: PageView): Html {
  return html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">
${refresh === null ? null : html`<noscript><meta http-equiv="refresh" content="${refresh}"></noscript>`}<title>${title}</title>
<link rel="icon" href="${new Html(ICON)}"><style>${new Html(STYLE)}</style></head>`;
}

function pageHeader({ version, role, startedAt, links }: StatusReport, { nowMs, metricsUrl }: PageView): Html {
  const all = [{ label: 'Metrics', href: metricsUrl }, { label: 'Status as JSON', href: '/api/v1/status' }, ...links];
  return html`<header class="top"><b>badgateway</b><span class="dim small">${version} · ${role} · started ${ago(startedAt, nowMs)}</span>
<nav aria-label="Data">${all.slice(0, 10).map(({ label, href }) => html`<a href="${safeHref(href)}">${label}</a>`)}</nav></header>`;
}
