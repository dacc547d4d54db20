import { type Html, html, Html as Markup } from '../http/html.ts';
import type { Action } from './actions.ts';
import { chartOf } from './chart.ts';
import { type Row, useOf } from './history.ts';
import { introduction, whenNothing } from './markdown.ts';
import { type CapacityReport, subjectOf } from './report.ts';
import { STYLE } from './style.ts';
import { daysWords, figure, settingWords, trendWords, useWords, whyWords } from './words.ts';

/** So many rows have a chart; the table has all. */
const MOST_CHARTS = 60;
const [HIGH, FULL] = [0.8, 0.95];

/** The report as one HTML file that loads nothing. */
export function pageOf(report: CapacityReport): string {
  const { rows, missing, actions, notes, window } = report;
  const [when, how] = introduction(report);
  const day = new Date(window.endSeconds * 1000).toISOString().slice(0, 10);
  const charted = rows.slice(0, MOST_CHARTS);
  const body = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Capacity of the gateways, ${day}</title><style>${new Markup(STYLE)}</style></head><body><main>
<header><h1>Capacity of the gateways</h1><p>${when}</p><p class="dim">${how}</p></header>
<section><h2>Change first</h2>${actions.length === 0 ? html`<p class="card empty">${whenNothing(report)}</p>` : html`<ol class="actions">${actions.map(actionOf)}</ol>`}</section>
<section><h2>Headroom</h2>${rows.length === 0 ? html`<p class="card empty">Nothing was seen.</p>` : tableOf(rows)}</section>
${missing.length === 0 ? null : html`<section><h2>Not seen, so nothing is known</h2><ul class="card list">${missing.map(({ resource, why }) => html`<li><b>${resource.title}</b>: ${why}</li>`)}</ul></section>`}
${notes.length === 0 ? null : html`<section><h2>Left out</h2><ul class="card list">${notes.map((note) => html`<li>${note}</li>`)}</ul></section>`}
${charted.length === 0 ? null : html`<section><h2>Daily peaks</h2>${legend()}<div class="charts">${charted.map((row) => figureOf(row, window.endSeconds))}</div>${rows.length > MOST_CHARTS && html`<p class="dim">${rows.length - MOST_CHARTS} rows with less use have no chart here.</p>`}</section>`}
</main></body></html>
`;
  return body.text;
}

function actionOf(action: Action): Html {
  const { row, urgency, why, cost } = action;
  return html`<li class="card ${urgency}"><p><span class="tag">${urgency}</span> <b>${row.resource.title}</b> of <b>${subjectOf(row.labels)}</b>: ${why}.</p>
<p class="next">Change <code>${settingWords(action)}</code>${cost !== '' && html` (${cost})`}</p><p class="dim">Mind: ${row.resource.advice}.</p></li>`;
}

function tableOf(rows: readonly Row[]): Html {
  return html`<div class="card scroll"><table><thead><tr><th>Resource</th><th>Of</th><th class="r">Week’s peak</th><th class="r">Limit</th><th>Use</th><th>Trend of daily peaks</th><th>Days until full</th></tr></thead><tbody>${rows.map(
    (row) =>
      html`<tr><td>${row.resource.title}</td><td>${subjectOf(row.labels)}</td><td class="r">${figure(row.weekPeak, row.resource.unit, row.isShare)}</td><td class="r">${row.isShare ? 'its own' : figure(row.limit, row.resource.unit)}</td><td class="use">${meter(row)}</td><td>${trendWords(row)}</td><td class="${row.forecast.isCertain ? '' : 'unsure'}">${daysWords(row)}</td></tr>`,
  )}</tbody></table></div>`;
}

/** Bar of the share in use, and the figure. */
function meter(row: Row): Html {
  const use = useOf(row);
  if (use < 0) return html`<span class="dim">?</span>`;
  const level = use >= FULL ? 'full' : use >= HIGH ? 'high' : 'fine';
  const width = Math.round(Math.min(use, 1) * 600) / 10;
  return html`<svg class="meter" viewBox="0 0 60 8" aria-hidden="true"><rect class="rest" width="60" height="8" rx="2"/><rect class="${level}" width="${width}" height="8" rx="2"/></svg> ${useWords(row)}`;
}

function legend(): Html {
  return html`<p class="legend"><span class="k bar"></span> highest of the day <span class="k gap"></span> not seen as a whole <span class="k limit"></span> limit <span class="k ahead"></span> if it goes on as seen <span class="k ahead unsure"></span> uncertain</p>`;
}

function figureOf(row: Row, endSeconds: number): Html {
  return html`<figure class="card"><figcaption><b>${row.resource.title}</b> <span>${subjectOf(row.labels)}</span><br><span class="${row.forecast.isCertain ? 'days' : 'days unsure'}">${verdictOf(row)}</span></figcaption>${chartOf(row, endSeconds)}<p class="dim">${whyWords(row)}</p></figure>`;
}

function verdictOf(row: Row): string {
  const [trend, days] = [trendWords(row), daysWords(row)];
  return trend === days ? trend : `${trend}; days until full: ${days}`;
}
