import { explanationOf } from '../causes/index.ts';
import type { Cause } from '../contract/names.ts';
import type { Incident } from '../incidents/incident.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { prose } from './page-prose.ts';
import { ago } from './page-time.ts';
import { formatCount, pill } from './page-words.ts';
import type { StatusReport } from './views.ts';

const MOST_ROWS = 100;

export function totalsSection({ totals }: StatusReport): Html {
  const rows = [...totals].filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  const most = rows[0]?.count ?? 1;
  return html`<section id="totals" aria-labelledby="totals-title"><h2 id="totals-title">Failures by cause<span class="dim">all counted so far</span></h2><div class="card">${
    rows.length === 0
      ? html`<p class="empty">None counted.</p>`
      : html`<table><thead><tr><th scope="col">Cause</th><th scope="col" class="num">Failures</th></tr></thead><tbody>${rows
          .slice(0, MOST_ROWS)
          .map(
            ({ gateway, cause, count }) => html`<tr><td><a href="#cause-${cause}">${explanationOf(cause).title}</a>
<span class="dim small"><bdi>${gateway}</bdi></span><svg class="bar" aria-hidden="true"><rect width="${((100 * count) / most).toFixed(1)}%" height="4"/></svg></td>
<td class="num" data-unit="failures">${formatCount(count)}</td></tr>`,
          )}</tbody></table>`
  }</div></section>`;
}

export function discoverySection({ discovery }: StatusReport): Html {
  return html`<section id="discovery" aria-labelledby="discovery-title"><h2 id="discovery-title">What was discovered</h2><div class="card">${
    discovery.length === 0
      ? html`<p class="empty"><b>No gateway found.</b> Start nginx or Envoy on this host, or name its error log or admin address in the configuration file.</p>`
      : html`<ul>${[...new Set(discovery)].slice(0, MOST_ROWS).map((sentence) => html`<li>${sentence}</li>`)}</ul>`
  }</div></section>`;
}

export function ownSection({ config, checkpoint, startedAt, role }: StatusReport, nowMs: number): Html {
  const source = config.source === 'defaults' ? html`defaults, no file` : html`<code>${config.source}</code>`;
  const when = config.lastReloadAt === null ? html`at start` : ago(config.lastReloadAt, nowMs);
  const read = config.lastReloadSuccessful
    ? html`${pill('ok')} read ${when}`
    : html`${pill('failed')} the new version was refused ${when}; the old one is in force. The log names the line.`;
  const checkpointState = checkpoint.state === 'disabled' ? 'absent' : checkpoint.state;
  return html`<section id="own" aria-labelledby="own-title"><h2 id="own-title">badgateway itself</h2><div class="card"><dl><dt>Role</dt><dd>${role}</dd>
<dt>Running</dt><dd>since ${startedAt.slice(0, 19).replace('T', ' ')} UTC (${ago(startedAt, nowMs)})</dd>
<dt>Configuration</dt><dd>${source}</dd><dt>Last reload</dt><dd>${read}</dd>
<dt>Checkpoint</dt><dd>${pill(checkpointState, checkpoint.state)} <data value="">${checkpoint.detail}</data></dd></dl></div></section>`;
}

/** The meaning of every cause on the page: works without a network. */
export function wordsSection({ totals }: StatusReport, incidents: readonly Incident[]): Html | null {
  const seen = new Set<Cause>([
    ...incidents.flatMap(({ causes }) => causes.map(({ cause }) => cause)),
    ...totals.filter(({ count }) => count > 0).map(({ cause }) => cause),
  ]);
  if (seen.size === 0) return null;
  return html`<section id="words" aria-labelledby="words-title"><h2 id="words-title">What these causes mean, and the next step</h2><div class="card">${[
    ...seen,
  ].map((cause) => {
    const { title, meaning, next } = explanationOf(cause);
    return html`<div class="words" id="cause-${cause}"><h3>${title} <code class="dim">${cause}</code></h3><p>${meaning}</p><p><b>Next:</b> ${prose(next)}</p></div>`;
  })}</div></section>`;
}
