import { explanationOf } from '../causes/index.ts';
import type { Incident } from '../incidents/incident.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import {
  causesPart,
  conditionsPart,
  evidencePart,
  placesPart,
  samplesPart,
  timelinePart,
} from './page-incident-parts.ts';
import { prose } from './page-prose.ts';
import { ago } from './page-time.ts';
import { countOf, formatRate, formatShare } from './page-words.ts';
import { proxyText } from './upstream-words.ts';

const API = '/api/v1/incidents';
/** With everything; the others are a line that opens. */
const MOST_OPENED = 3;
const MOST_SHOWN = 30;
/** Characters of markup: beyond it an incident is a line without more. */
const MOST_MARKUP = 300_000;

/** Failing now by rate, then those that failed, then bad states, then what is over, the latest first. */
export function rankIncidents(incidents: readonly Incident[]): Incident[] {
  const rank = ({ isOpen, failures }: Incident) => (isOpen ? (failures > 0 ? 0 : 1) : 2);
  return [...incidents].sort((a, b) => {
    const byRank = rank(a) - rank(b);
    if (byRank !== 0) return byRank;
    if (!a.isOpen) return b.lastMs - a.lastMs;
    return b.rate - a.rate || b.failures - a.failures || a.startedMs - b.startedMs;
  });
}

/**
 * @param incidents ranked
 * @param total how many there are, also those that are not given
 */
export function incidentsSection(incidents: readonly Incident[], total: number, nowMs: number): Html {
  const open = incidents.filter(({ isOpen }) => isOpen).slice(0, MOST_SHOWN);
  const over = incidents.filter(({ isOpen }) => !isOpen).slice(0, MOST_SHOWN);
  const hidden = Math.max(total, incidents.length) - open.length - over.length;
  let room = MOST_MARKUP;
  const shown = (incident: Incident, index: number): Html => {
    const shape = !incident.isOpen || index >= MOST_OPENED ? 'folded' : index === 0 ? 'headline' : 'open';
    const part = room > 0 ? incidentPart(incident, shape, nowMs) : lineOf(incident, nowMs);
    room -= part.text.length;
    return part;
  };
  const openParts = open.map(shown);
  const overParts = over.map(shown);
  return html`<section id="incidents" aria-labelledby="incidents-title"><h2 id="incidents-title">Incidents<span class="dim">${
    open.length === 0 ? 'none is open' : html`${open.length} open, the most urgent first`
  } · <a href="${API}">as JSON</a></span></h2>${openParts}${
    overParts.length > 0 &&
    html`<details class="card over" id="incidents-over"><summary>${countOf(over.length, 'incident')} over</summary>${overParts}</details>`
  }${hidden > 0 && html`<p class="dim small">and ${countOf(hidden, 'more incident')}, see <a href="${API}">${API}</a></p>`}</section>`;
}

/** The first of the open ones stands in the headline: there are its sentence, its next step and its figures. */
type Shape = 'headline' | 'open' | 'folded';

function incidentPart(incident: Incident, shape: Shape, nowMs: number): Html {
  const { id, title, cause, isOpen, next } = incident;
  const todo = html`<p class="next"><b>${isOpen ? 'Next:' : 'If it comes back:'}</b> ${prose(next)}</p>${figuresPart(incident)}`;
  const body = html`${shape !== 'headline' && todo}<div class="parts">${evidencePart(incident)}${timelinePart(incident)}${conditionsPart(incident, nowMs)}${causesPart(incident)}</div>${placesPart(incident)}${samplesPart(incident)}`;
  if (shape === 'folded')
    return html`<details class="card incident" id="${id}"><summary><h3>${title}</h3>${metaOf(incident, nowMs)}</summary>${body}</details>`;
  const why = cause === null ? 'a bad state, no request has failed' : explanationOf(cause).title.toLowerCase();
  const heading =
    shape === 'headline'
      ? html`Why: ${why}${cause !== null && html` <code class="dim">${cause}</code>`}`
      : html`${title}`;
  return html`<article class="card incident" id="${id}" aria-labelledby="${id}-title"><h3 id="${id}-title">${heading}</h3>${metaOf(incident, nowMs)}${body}</article>`;
}

function figuresPart({ failures, rate, share }: Incident): Html {
  if (failures === 0) return html`<p class="dim">No request has failed yet.</p>`;
  return html`<dl class="figures"><div><dt>Failures</dt><dd>${countOf(failures, 'failure')}</dd></div>${
    rate > 0 && html`<div><dt>In the last minute</dt><dd>${formatRate(rate)}</dd></div>`
  }<div><dt>Share of requests</dt><dd>${share === null ? 'not known' : formatShare(share)}</dd></div></dl>`;
}

function lineOf(incident: Incident, nowMs: number): Html {
  return html`<div class="card incident" id="${incident.id}"><h3>${incident.title}</h3>${metaOf(incident, nowMs)}</div>`;
}

function metaOf(
  { isOpen, failures, proxy, gateway, namespace, affected, startedMs, lastMs }: Incident,
  nowMs: number,
): Html {
  const state = isOpen
    ? failures > 0
      ? html`<span class="pill failed">failing</span>`
      : html`<span class="pill not_permitted">bad state</span>`
    : html`<span class="pill absent">over</span>`;
  const name = namespace === '' ? gateway : `${namespace}/${gateway}`;
  const where = proxy === null ? name : proxyText({ proxy, subject: { gateway: name, pod: '' } });
  const [first, ...others] = affected;
  return html`<p class="meta">${state} <span class="dim"><bdi>${where}</bdi>${
    first !== undefined && html` → <bdi>${first}</bdi>${others.length > 0 && html` and ${others.length} more`}`
  }</span> <span class="dim">began ${ago(startedMs, nowMs)}</span> <span class="dim">last ${ago(lastMs, nowMs)}</span></p>`;
}
