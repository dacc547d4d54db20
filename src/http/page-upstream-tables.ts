import { ENDPOINT_STATES } from '../contract/endpoint.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { ago } from './page-time.ts';
import { formatCount } from './page-words.ts';
import { bySeverity, colourOf, proxyText } from './upstream-words.ts';
import type { AddressStatus, GatewayUpstreams, ListedState, UpstreamStatus, UpstreamsReport } from './views.ts';

/** Begins our own name of an address in a proxy_pass. */
const IMPLICIT = /^(?:stream:)?implicit:/;
const MOST_ROWS = 100;
/** One line for each. */
const MOST_FOLDED = 500;
const API = '/api/v1/upstreams';

/** Of what folds away. */
const HEADS = {
  unknown: html`<thead><tr><th scope="col">Upstream</th><th scope="col">Address</th><th scope="col" class="num">Configured at</th></tr></thead>`,
  live: html`<thead><tr><th scope="col">Upstream</th><th scope="col" class="num">Live addresses</th></tr></thead>`,
  'not-compared': html`<thead><tr><th scope="col">Upstream</th><th scope="col">Address</th><th scope="col" class="num">Why not compared</th></tr></thead>`,
} as const;

interface Row {
  readonly gateway: GatewayUpstreams;
  readonly upstream: UpstreamStatus;
  readonly address: AddressStatus;
}

/** All that is not live, the worst of all gateways first. Nothing where all is unknown for one reason, which is said once. */
export function driftTable(report: UpstreamsReport, nowMs: number): Html {
  if (isWithoutCluster(report)) return html``;
  const rows = rowsOf(report, (state) => state !== 'live' && state !== '');
  const all = ENDPOINT_STATES.reduce((sum, state) => sum + (state === 'live' ? 0 : report.counts[state]), 0);
  const hidden = all - Math.min(rows.length, MOST_ROWS);
  const nothing = html`<p class="empty"><b>Nothing drifts.</b> Every compared address is a live endpoint of its Service.</p>`;
  if (all === 0) return report.counts.live > 0 ? nothing : html``;
  const table = html`<table class="upstreams"><thead><tr><th scope="col">State</th><th scope="col">Address</th><th scope="col">Configured at</th><th scope="col" class="num">Since</th></tr></thead><tbody>${rows.slice(0, MOST_ROWS).map((row) => rowOf(row, nowMs))}</tbody></table>`;
  return html`${rows.length > 0 && table}${
    hidden > 0 && html`<p class="line dim small">and ${formatCount(hidden)} more, see <a href="${API}">${API}</a></p>`
  }`;
}

function isWithoutCluster({ cluster, counts }: UpstreamsReport): boolean {
  const slices = cluster.find(({ resource }) => resource === 'endpointslices');
  return (
    slices?.freshness === 'unwatched' && ENDPOINT_STATES.every((state) => state === 'unknown' || counts[state] === 0)
  );
}

function rowsOf({ gateways }: UpstreamsReport, isShown: (state: ListedState) => boolean): Row[] {
  const rows: Row[] = [];
  for (const gateway of gateways)
    for (const upstream of gateway.upstreams)
      for (const address of upstream.addresses) if (isShown(address.state)) rows.push({ gateway, upstream, address });
  return rows.sort((a, b) => bySeverity(a.address, b.address));
}

function rowOf({ gateway, upstream, address }: Row, nowMs: number): Html {
  const { state, since, place, owner } = address;
  const { service, name, mapping, slicesChangedAt } = upstream;
  const of =
    service === null
      ? html`no Service known: ${mapping.reason}`
      : html`Service <bdi>${service.namespace}/${service.name}:${service.port}</bdi>${
          slicesChangedAt !== null && html`, its endpoints changed ${ago(slicesChangedAt, nowMs)}`
        }`;
  const pod =
    owner !== null && html` <span class="dim small">pod <bdi>${owner.pod}</bdi>${!owner.isCurrent && ' (gone)'}</span>`;
  return html`<tr><td class="state"><span class="pill ${colourOf(state)}">${state.replace('_', ' ')}</span></td><td><code>${address.address}</code>${pod}
<div class="dim small"><bdi>${proxyText(gateway)}</bdi> → ${nameText(name)} · ${of}</div></td>
<td>${place !== '' && html`<code>${place}</code>`}</td><td class="num dim small">${since !== null && ago(since, nowMs)}</td></tr>`;
}

/** What a proxy_pass names itself has no name but its address, which stands above. */
function nameText(name: string): Html {
  return IMPLICIT.test(name) ? html`no upstream block` : html`upstream <bdi>${name}</bdi>`;
}

/** What is as it should be, and what cannot be compared or (without a cluster) judged, out of the way. */
export function foldedTables(report: UpstreamsReport): Html[] {
  const upstreams = report.gateways.flatMap((gateway) => gateway.upstreams.map((upstream) => ({ gateway, upstream })));
  const live = upstreams.filter(({ upstream }) => upstream.counts.live > 0);
  const apart = rowsOf(report, (state) => state === '');
  const named = ({ gateway, upstream }: Pick<Row, 'gateway' | 'upstream'>) =>
    html`<bdi>${upstream.name.replace(IMPLICIT, '')}</bdi> <span class="dim small"><bdi>${proxyText(gateway)}</bdi></span>`;
  const liveRows = live
    .slice(0, MOST_FOLDED)
    .map(
      (row) =>
        html`<tr><td>${named(row)}</td><td class="num" data-unit="live">${formatCount(row.upstream.counts.live)}</td></tr>`,
    );
  const apartRows = apart.slice(0, MOST_ROWS).map((row) => {
    const { address, why } = row.address;
    return html`<tr><td>${named(row)}</td><td><code>${address}</code></td><td class="num">${why.replace('_', ' ')}</td></tr>`;
  });
  const unknown = isWithoutCluster(report) ? rowsOf(report, (state) => state === 'unknown') : [];
  const unknownRows = unknown.slice(0, MOST_ROWS).map((row) => {
    const { address, place } = row.address;
    return html`<tr><td>${named(row)}</td><td><code>${address}</code></td><td class="num">${place !== '' && html`<code>${place}</code>`}</td></tr>`;
  });
  return [
    fold('unknown', `${formatCount(report.counts.unknown)} unknown`, unknownRows, report.counts.unknown),
    fold('live', `${formatCount(report.counts.live)} live`, liveRows, live.length),
    fold('not-compared', `${formatCount(report.notCompared)} not compared`, apartRows, apart.length),
  ];
}

function fold(id: keyof typeof HEADS, summary: string, rows: readonly Html[], count: number): Html {
  if (rows.length === 0) return html``;
  const hidden = count - rows.length;
  const [head, what] = [HEADS[id], id === 'live' ? 'upstreams' : 'addresses'];
  return html`<details class="fold" id="upstreams-${id}"><summary>${summary}</summary><table>${head}<tbody>${rows}</tbody></table>${
    hidden > 0 &&
    html`<p class="line dim small">and ${formatCount(hidden)} more ${what}, see <a href="${API}">${API}</a></p>`
  }</details>`;
}
