import type { Html } from './html.ts';
import { html } from './html.ts';
import { ago } from './page-time.ts';
import { formatCount } from './page-words.ts';
import { gatewayText } from './upstream-words.ts';
import type { ClusterStatus, ConditionStatus, UpstreamsReport } from './views.ts';

const MOST_CONDITIONS = 50;
const API = '/api/v1/upstreams';

/** How old is what is known of the cluster; an old view says so in words. */
export function freshnessPart({ cluster, gateways }: UpstreamsReport, nowMs: number): Html {
  const slices = cluster.find(({ resource }) => resource === 'endpointslices');
  const age = slices?.currentAt == null ? html`` : ago(slices.currentAt, nowMs);
  const parts = cluster.map(
    (one) =>
      html`<span class="fresh"><span class="pill ${freshnessColour(one)}">${one.freshness}</span> <code>${one.resource}</code> <span class="dim small">${formatCount(one.objects)}${one.currentAt !== null && html`, current ${ago(one.currentAt, nowMs)}`}</span></span>`,
  );
  const warning = html`<p class="old"><b>${
    slices?.freshness === 'stale'
      ? html`What is known of the cluster is old: it was current ${age}.`
      : 'Nothing is known of the cluster yet.'
  }</b> Every address is unknown until the EndpointSlices are read again; none of them is said to be live or stale.</p>`;
  const isOld = slices?.freshness === 'stale' || slices?.freshness === 'pending';
  const unwatched = html`<p class="old">No source of EndpointSlices is watched, so there is nothing to compare with: every address is unknown. Outside of Kubernetes that is as it should be; else set <code>collectors.kubernetes.kubeconfig</code> or <code>collectors.endpoints_file.path</code>.</p>`;
  return html`<p class="line">${parts}</p>${isOld && warning}${slices?.freshness === 'unwatched' && gateways.length > 0 && unwatched}`;
}

function freshnessColour({ freshness }: ClusterStatus): string {
  return { fresh: 'ok', pending: 'not_permitted', stale: 'failed', unwatched: 'absent' }[freshness];
}

/** Bad states that hold now, with what they rest on. */
export function conditionsPart({ conditions }: UpstreamsReport, nowMs: number): Html {
  const active = conditions.filter(({ isActive }) => isActive);
  const hidden = active.length - MOST_CONDITIONS;
  if (conditions.length === 0) return html``;
  if (active.length === 0)
    return html`<h3 class="line">Conditions</h3><p class="line dim small">none of ${formatCount(conditions.length)} that were looked at is active</p>`;
  return html`<h3 class="line">Conditions</h3><table><thead><tr><th scope="col">Condition</th><th scope="col">Of</th><th scope="col" class="num">Since</th></tr></thead><tbody>${active.slice(0, MOST_CONDITIONS).map((one) => conditionRow(one, nowMs))}</tbody></table><p class="line dim small">${hidden > 0 && html`and ${formatCount(hidden)} more, see <a href="${API}">${API}</a>; `}${formatCount(conditions.length - active.length)} more looked at, not active</p>`;
}

function conditionRow({ condition, subject, since, evidence }: ConditionStatus, nowMs: number): Html {
  return html`<tr><td class="state"><span class="pill failed">${condition.replaceAll('_', ' ')}</span></td><td><bdi>${gatewayText(subject)}</bdi>${
    evidence !== '' && html`<div class="small"><bdi>${evidence}</bdi></div>`
  }</td><td class="num dim small">${ago(since, nowMs)}</td></tr>`;
}
