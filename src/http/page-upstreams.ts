import type { Html } from './html.ts';
import { html } from './html.ts';
import { conditionsPart, freshnessPart } from './page-cluster.ts';
import { ago } from './page-time.ts';
import { driftTable, foldedTables } from './page-upstream-tables.ts';
import { formatCount } from './page-words.ts';
import { colourOf, proxyText, STATE_ORDER } from './upstream-words.ts';
import type { UpstreamsReport } from './views.ts';

const MOST_OLD = 20;
const API = '/api/v1/upstreams';

/** What running proxies use against what the cluster says: all that is not live, and how sure that is. */
export function upstreamsSection(report: UpstreamsReport, nowMs: number): Html {
  const { gateways, cluster } = report;
  const isOld = cluster.some(({ resource, freshness }) => resource === 'endpointslices' && freshness === 'stale');
  const title = html`<h2 id="upstreams-title">Upstreams<span class="dim">addresses in use, compared with the cluster’s EndpointSlices · <a href="${API}">as JSON</a></span></h2>`;
  const nothing = html`<p class="empty"><b>No upstream is known.</b> They come from the configuration of a running nginx, or from Envoy; “What was discovered” says what was looked for.</p>`;
  return html`<section id="upstreams" aria-labelledby="upstreams-title">${title}<div class="${isOld ? 'card aged' : 'card'}">${freshnessPart(report, nowMs)}${
    gateways.length === 0
      ? nothing
      : [
          countsLine(report),
          oldLines(report, nowMs),
          driftTable(report, nowMs),
          ...foldedTables(report),
          cutLine(report),
        ]
  }${conditionsPart(report, nowMs)}</div></section>`;
}

function countsLine({ counts, notCompared }: UpstreamsReport): Html {
  const shown = STATE_ORDER.filter((state) => state !== '').filter((state) => counts[state] > 0);
  const pills = shown.map(
    (state) =>
      html`<a class="pill ${colourOf(state)}" href="${API}?state=${state}">${formatCount(counts[state])} ${state.replace('_', ' ')}</a> `,
  );
  const rest = notCompared > 0 && html`<span class="dim small">${formatCount(notCompared)} not compared</span>`;
  return html`<p class="line">${pills}${rest}</p>`;
}

/** Proxies that were read too long ago. */
function oldLines({ gateways }: UpstreamsReport, nowMs: number): Html {
  const old = gateways.filter(({ isOld }) => isOld).slice(0, MOST_OLD);
  return html`${old.map(
    (gateway) =>
      html`<p class="old"><b><bdi>${proxyText(gateway)}</bdi></b> was read ${ago(gateway.readAt, nowMs)} (${gateway.source}): its addresses are unknown.</p>`,
  )}`;
}

function cutLine({ truncated }: UpstreamsReport): Html {
  if (truncated === 0) return html``;
  return html`<p class="old">${formatCount(truncated)} addresses are too many for this page: ask <a href="${API}">${API}</a> for a gateway, an upstream or a state.</p>`;
}
