import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { CLUSTER, GATEWAY as G, heatmap, lines, NODE as N, QUIET, stackedBars, table } from './panels.ts';

export function addReplicas(dashboard: DashboardBuilder): void {
  const age = `time() - max by (namespace, gateway, pod) (badgateway_upstreams_last_change_timestamp_seconds{${G}})`;
  const slices = `max by (upstream_namespace, upstream_service) (badgateway_upstream_slices_last_change_timestamp_seconds{${CLUSTER}})`;
  const inUse = `count by (upstream_namespace, upstream_service) (badgateway_upstream_endpoints{${G},upstream_service!=""})`;
  dashboard
    .withRow(new RowBuilder('Replicas and reloads'))
    .withPanel(
      table(
        {
          title: 'Replicas',
          description:
            'Replicas with the same hash send to the same addresses. The value is the time since their set of addresses last changed.',
          unit: 's',
          width: 8,
          height: 8,
          noValue: 'no configuration is read',
        },
        `count_values by (namespace, gateway, pod) ("hash", max by (namespace, gateway, pod) (badgateway_upstreams_hash{${G}})) * on (namespace, gateway, pod) group_left () (${age})`,
        ['gateway', 'pod', 'hash'],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Since the last change',
          description:
            'Time since the addresses of each replica last changed, and since the EndpointSlices of the five Services that changed last did. A replica whose line goes on rising where those of Services or of other replicas fall was left behind.',
          unit: 's',
          width: 8,
          noValue: 'no configuration is read',
        },
        [
          { expr: age, legend: '{{gateway}} {{pod}}' },
          {
            expr: `bottomk(5, time() - (${slices} and ${inUse}))`,
            legend: 'slices {{upstream_namespace}}/{{upstream_service}}',
          },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Reloads by kind, and scaling',
          description:
            'Reloads of nginx: changed, endpoints_only (only servers of upstreams differ), reordered (nothing differs); times that autoscalers scaled; the share of an hour’s endpoints_only reloads that came while they did.',
          unit: 'short',
          width: 8,
          noValue: 'no configuration is read',
        },
        [
          {
            expr: `sum by (kind) (increase(badgateway_gateway_config_reloads_total{${G}}[$__rate_interval]))`,
            legend: '{{kind}}',
          },
          {
            expr: `sum by (namespace, autoscaler) (increase(badgateway_autoscaler_scales_total{${N}}[$__rate_interval])) > 0`,
            legend: '{{namespace}}/{{autoscaler}} scales',
          },
          {
            expr: `gateway:badgateway_gateway_config_reloads_while_scaling:ratio1h{${G}}`,
            legend: '{{gateway}} share while scaling',
          },
        ],
      ),
    )
    .withPanel(loads());
}

function loads() {
  const grown = (part: string) =>
    `sum by (gateway) (increase(badgateway_gateway_config_load_seconds_${part}{${G}}[$__rate_interval]))`;
  return lines(
    {
      title: 'From a write to workers that run with it',
      description:
        'Mean and longest tenth of the reloads that something was written for: the wait of who writes until it tells nginx, and what nginx takes to read all of it.',
      unit: 's',
      width: 24,
      noValue: 'no reload after a write was seen',
    },
    [
      { expr: `${grown('sum')} / (${grown('count')} > 0)`, legend: '{{gateway}} mean' },
      {
        expr: `histogram_quantile(0.9, sum by (gateway, le) (increase(badgateway_gateway_config_load_seconds_bucket{${G}}[$__rate_interval])))`,
        legend: '{{gateway}} p90',
      },
    ],
  );
}

export function addRollouts(dashboard: DashboardBuilder): void {
  const quantile = (q: number, metric: string) =>
    `histogram_quantile(${q}, sum by (gateway, le) (increase(badgateway_${metric}_seconds_bucket{${G}}[$__rate_interval])))`;
  dashboard
    .withRow(new RowBuilder('Rollouts'))
    .withPanel(
      heatmap(
        {
          title: 'Death gaps',
          description:
            'From an endpoint losing ready to the proxy no longer using it. A pod that ends earlier fails its share of the requests.',
          unit: 's',
          width: 8,
          noValue: 'no endpoint has ended',
        },
        `sum by (le) (increase(badgateway_endpoint_death_gap_seconds_bucket{${G}}[$__rate_interval]))`,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Death gap and propagation',
          description:
            'p50 and p99 until an ended endpoint is dropped, p99 until a ready one is used; GatewayDeathGapLong fires above 15 s. p10 from the deletion of a pod until its container ends.',
          unit: 's',
          width: 8,
          noValue: 'no endpoint has changed',
        },
        [
          { expr: quantile(0.5, 'endpoint_death_gap'), legend: '{{gateway}} gap p50' },
          { expr: quantile(0.99, 'endpoint_death_gap'), legend: '{{gateway}} gap p99' },
          { expr: quantile(0.99, 'endpoint_propagation'), legend: '{{gateway}} propagation p99' },
          { expr: ENDS, legend: '{{workload}} {{container}} ends p10' },
        ],
        15,
      ),
    )
    .withPanel(
      table(
        {
          title: 'Recommended preStop sleep',
          description:
            'So long the pods of a Service should sleep before they end: the p99 of the gaps that were measured, and a second.',
          unit: 's',
          width: 8,
          height: 8,
          noValue: 'no gap was measured yet',
        },
        `sort_desc(max by (gateway, upstream_namespace, upstream_service) (badgateway_recommended_prestop_seconds{${G}}))`,
        ['gateway', 'upstream_namespace', 'upstream_service'],
      ),
    )
    .withPanel(
      stackedBars(
        {
          title: 'Restarts by reason',
          description:
            'Restarts of containers of gateways and of the pods behind them, by why they ended; OOM kills among them.',
          unit: 'short',
          width: 24,
          noValue: 'pods are not watched',
        },
        {
          expr: `sum by (namespace, workload, reason) (increase(badgateway_pod_restarts_total{${N}}[$__rate_interval])) > 0`,
          legend: '{{namespace}}/{{workload}} {{reason}}',
        },
      ),
    );
}

/** The quickest tenth: below a second it breaks off what is in flight (graceful_shutdown_missing), below the gap it comes too soon. */
const ENDS = `histogram_quantile(0.1, sum by (namespace, workload, container, le) (increase(badgateway_pod_termination_seconds_bucket{${N}}[$__range])))`;

export function addSight(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Does badgateway see the cluster?'))
    .withPanel(
      lines(
        {
          title: 'Age of what is known',
          description:
            'Time since the last word of the API server on each resource; above 180 s addresses become unknown (upstreams.stale_after). By how much its clock and ours differ at least.',
          unit: 's',
          width: 8,
          noValue: 'the API server is not asked',
        },
        [
          {
            expr: `time() - max by (instance, resource) (badgateway_watch_last_activity_timestamp_seconds{${N}})`,
            legend: '{{instance}} {{resource}}',
          },
          {
            expr: `max by (instance) (clamp_min(badgateway_api_server_clock_offset_seconds{${N},bound="least"}, 0) or clamp_min(-badgateway_api_server_clock_offset_seconds{${N},bound="most"}, 0))`,
            legend: '{{instance}} clocks differ at least',
          },
        ],
        180,
      ),
    )
    .withPanel(
      stackedBars(
        {
          title: 'Watches that ended',
          description: 'Ends of lists and watches by reason; ended and idle are usual, every few minutes.',
          unit: 'short',
          width: 8,
          noValue: 'the API server is not asked',
        },
        {
          expr: `sum by (resource, reason) (increase(badgateway_watch_restarts_total{${N}}[$__rate_interval]))`,
          legend: '{{resource}} {{reason}}',
        },
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Lost events and refused requests',
          description:
            'Objects that a list showed to be other than was known, which must stay 0, and requests to the API server that were not answered with 200.',
          unit: 'short',
          width: 8,
          noValue: 'the API server is not asked',
        },
        [
          {
            expr: `sum by (instance, resource) (increase(badgateway_relist_drift_total{${N}}[$__rate_interval]))`,
            legend: 'lost {{instance}} {{resource}}',
          },
          {
            expr: `sum by (instance, resource, code) (increase(badgateway_kubernetes_requests_total{${N},code!="200"}[$__rate_interval])) > 0`,
            legend: '{{code}} {{instance}} {{resource}}',
          },
        ],
      ),
    )
    .withPanel(
      table(
        {
          title: 'Bad states now',
          description:
            'Conditions that hold without any request, by gateway and replica; the page and API of badgateway say why.',
          unit: 'short',
          width: 12,
          height: 8,
          noValue: QUIET,
        },
        `max by (namespace, pod, gateway, condition) (badgateway_condition_active{${G}}) == 1`,
        ['namespace', 'pod', 'gateway', 'condition'],
      ),
    );
}
