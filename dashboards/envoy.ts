import { type Dashboard, type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { answersByCode, failuresByCause, symptoms } from './causes.ts';
import { addRefused } from './envoy-refused.ts';
import { addGateways, annotation, frame } from './frame.ts';
import { GATEWAY as G, lines, QUIET, states } from './panels.ts';

const ENVOY = ',proxy="envoy"';
const NO_ENVOY = 'no Envoy';

/** "Gateways / Envoy": clusters and their hosts, limits, what is refused, and whether Envoy hears of its control plane. */
export function envoy(): Dashboard {
  const dashboard = addGateways(
    frame(
      'Gateways / Envoy',
      'badgateway-envoy',
      'Envoy: failures by cause, hosts and limits of clusters, listeners, denials and certificates, control plane and memory. Made by badgateway.',
    ),
    'badgateway_envoy_up',
  ).annotation(
    annotation(
      'Envoy starts',
      `changes(badgateway_envoy_start_timestamp_seconds{${G}}[2m]) > 0`,
      'Envoy of {{gateway}} {{pod}} started',
    ),
  );
  for (const add of [addFailures, addClusters, addRefused, addServer]) add(dashboard);
  return dashboard.build();
}

function addFailures(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('What fails?'))
    .withPanel(answersByCode({ width: 8 }, ENVOY))
    .withPanel(failuresByCause({ width: 8 }, ENVOY))
    .withPanel(symptoms({ width: 8, title: 'What Envoy says (statistics and response flags)' }, ENVOY));
}

function addClusters(dashboard: DashboardBuilder): void {
  const members = (state: string) =>
    `max by (gateway, upstream) (badgateway_envoy_cluster_members{${G},state="${state}"})`;
  dashboard
    .withRow(new RowBuilder('Clusters'))
    .withPanel(
      lines(
        {
          title: 'Hosts that Envoy uses',
          description: 'Healthy hosts of each cluster, as Envoy lists them; at 0 every request is answered with 503.',
          unit: 'short',
          width: 8,
          noValue: NO_ENVOY,
        },
        [{ expr: members('healthy'), legend: '{{gateway}} {{upstream}}' }],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Hosts without health',
          description:
            'Hosts of each cluster that Envoy does not use: health checks failed, or they were ejected for their errors.',
          unit: 'short',
          width: 8,
          noValue: NO_ENVOY,
        },
        [{ expr: `${members('total')} - ${members('healthy')}`, legend: '{{gateway}} {{upstream}}' }],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Connects that fail',
          description:
            'Attempts by clusters that got no connection: refused, no answer, no route; and those that broke off in the TLS handshake. GatewayConnectsFailing tells of any.',
          unit: 'ops',
          width: 8,
          noValue: QUIET,
        },
        [
          {
            expr: `sum by (gateway, symptom) (rate(badgateway_symptoms_total{${G},proxy="envoy",symptom=~"connect_.*|host_unreachable|network_unreachable|tls_.*"}[$__rate_interval]))`,
            legend: '{{gateway}} {{symptom}}',
          },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Circuit breakers in use',
          description:
            'Use of the limits of each cluster; at 100 % Envoy answers 503 (circuit_open). GatewayUpstreamPoolNearLimit fires above 90 %.',
          unit: 'percentunit',
          width: 12,
          noValue: NO_ENVOY,
        },
        [
          {
            expr: `topk(10, gateway_upstream_breaker:badgateway_envoy_cluster_active_per_limit:ratio_max{${G}})`,
            legend: '{{upstream}} {{breaker}}',
          },
        ],
        0.9,
      ),
    )
    .withPanel(
      states(
        {
          title: 'Circuit breakers',
          description:
            'Red where a breaker was at its limit when it was looked at; between two looks it may have been.',
          unit: 'short',
          width: 12,
          noValue: NO_ENVOY,
        },
        {
          expr: `max by (gateway, upstream, breaker) (badgateway_envoy_cluster_circuit_open{${G}})`,
          legend: '{{upstream}} {{breaker}}',
        },
        { 0: 'closed', 1: 'open: requests are refused' },
      ),
    );
}

function addServer(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Envoy itself'))
    .withPanel(
      states(
        {
          title: 'Control plane',
          description:
            'Green while Envoy is connected to its control plane; without it Envoy keeps the addresses that it has. No row: an Envoy without one.',
          unit: 'short',
          width: 8,
          noValue: 'no Envoy with a control plane',
        },
        {
          expr: `min by (gateway, pod) (badgateway_envoy_control_plane_connected{${G}})`,
          legend: '{{gateway}} {{pod}}',
        },
        { 0: 'not connected', 1: 'connected' },
        true,
      ),
    )
    .withPanel(
      states(
        {
          title: 'Live',
          description: 'Green while Envoy is live; red while it initialises or drains.',
          unit: 'short',
          width: 8,
          noValue: NO_ENVOY,
        },
        { expr: `min by (gateway, pod) (badgateway_envoy_server_live{${G}})`, legend: '{{gateway}} {{pod}}' },
        { 0: 'initialises or drains', 1: 'live' },
        true,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Memory of Envoy',
          description:
            'In use by the allocator, and reserved by it. The container needs more; its limit is in the dashboard of the node.',
          unit: 'bytes',
          width: 8,
          noValue: NO_ENVOY,
        },
        [
          {
            expr: `max by (gateway, pod) (badgateway_envoy_memory_allocated_bytes{${G}})`,
            legend: 'allocated {{gateway}} {{pod}}',
          },
          {
            expr: `max by (gateway, pod) (badgateway_envoy_memory_heap_bytes{${G}})`,
            legend: 'heap {{gateway}} {{pod}}',
          },
        ],
      ),
    );
}
