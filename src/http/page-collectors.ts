import type { Target } from '../contract/unit.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { isStale } from './page-sight.ts';
import { ago } from './page-time.ts';
import { formatCount, pill } from './page-words.ts';
import type { CollectorStatus, StatusReport } from './views.ts';

const MOST_TARGETS = 20;
const MOST_ROWS = 100;
/** What a person must see first. */
const ORDER = ['failed', 'stale', 'not_permitted', 'ok', 'absent'];

/** Every source, those that fail first. */
export function collectorsSection({ collectors }: StatusReport, nowMs: number): Html {
  const rank = (one: CollectorStatus) => ORDER.indexOf(isStale(one, nowMs) ? 'stale' : one.state);
  const sorted = [...collectors].sort((a, b) => rank(a) - rank(b));
  return html`<section id="sources" aria-labelledby="sources-title"><h2 id="sources-title">Sources<span class="dim">what is watched, and how that goes</span></h2><div class="card">${
    collectors.length === 0
      ? html`<p class="empty"><b>No collector is enabled.</b> Enable one under <code>collectors</code> in the configuration file.</p>`
      : html`<table><thead><tr><th scope="col">Collector</th><th scope="col">State</th><th scope="col">Detail</th><th scope="col" class="num">Last good poll</th></tr></thead><tbody>${sorted
          .slice(0, MOST_ROWS)
          .map((collector) => collectorRow(collector, nowMs))}</tbody></table>`
  }</div></section>`;
}

function collectorRow(collector: CollectorStatus, nowMs: number): Html {
  const { name, state, detail, lastSuccessAt, durationMs, targets } = collector;
  const hidden = targets.length - MOST_TARGETS;
  // <data> is left out of what counts as a change of the page.
  const took = durationMs !== null && html` <data value="${durationMs}">· took ${durationMs.toFixed(1)} ms</data>`;
  return html`<tr><td class="name"><b>${name}</b></td><td class="state">${
    isStale(collector, nowMs) ? pill('failed', 'stale') : pill(state)
  }</td><td>${detail}${targets.slice(0, MOST_TARGETS).map(targetLine)}${
    hidden > 0 && html`<div class="dim small">and ${formatCount(hidden)} more, see /api/v1/status</div>`
  }</td><td class="num dim small">${lastSuccessAt === null ? 'never' : ago(lastSuccessAt, nowMs)}${took}</td></tr>`;
}

function targetLine({ name, state, detail }: Target): Html {
  return html`<div class="target">${state === 'ok' ? null : pill(state)} <code>${name}</code> <span class="dim small">${detail}</span></div>`;
}
