import { type Dashboard, type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { addGateways, frame, nodes, reloads } from './frame.ts';
import { GATEWAY as G, lines, QUIET, stackedBars } from './panels.ts';

/** "Gateways / Connections": to upstreams, from clients, and what is refused. */
export function connections(): Dashboard {
  const dashboard = addGateways(
    frame(
      'Gateways / Connections',
      'badgateway-connections',
      'Sockets and local ports of gateways by upstream, clients of Envoy and what it refuses, event loops of backends. Made by badgateway.',
    ),
    'badgateway_failures_total',
  )
    .withVariable(nodes())
    .annotation(reloads());
  for (const add of [addSockets, addEnvoy, addBackends]) add(dashboard);
  return dashboard.build();
}

function addSockets(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('To upstreams'))
    .withPanel(
      lines(
        {
          title: 'Sockets in TIME_WAIT by upstream',
          description:
            'Each holds a local port for 60 s. Far more than are in use means that connections are not used again.',
          unit: 'short',
          width: 8,
          noValue: 'no socket table of a gateway is read',
        },
        [
          {
            expr: `topk(10, sum by (gateway, pod, upstream) (badgateway_upstream_sockets{${G},state="time_wait"}))`,
            legend: '{{gateway}} {{pod}} {{upstream}}',
          },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Local ports in use',
          description:
            'Share of the local ports that connections to the busiest address of an upstream take; GatewayLocalPortsHigh fires above 80 %.',
          unit: 'percentunit',
          width: 8,
          noValue: 'no socket table of a gateway is read',
        },
        [
          {
            expr: `topk(10, gateway_upstream:badgateway_upstream_local_ports_in_use_per_limit:ratio{${G}})`,
            legend: '{{gateway}} {{pod}} {{upstream}}',
          },
        ],
        0.8,
      ),
    );
}

function addEnvoy(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Envoy'))
    .withPanel(
      lines(
        {
          title: 'Envoy: clients by listener',
          description: 'New connections of clients per second, and those that are open.',
          unit: 'short',
          width: 8,
          noValue: 'no Envoy',
        },
        [
          {
            expr: `sum by (gateway, listener) (rate(badgateway_envoy_listener_connections_total{${G}}[$__rate_interval]))`,
            legend: '{{gateway}} {{listener}} new/s',
          },
          {
            expr: `sum by (gateway, listener) (badgateway_envoy_listener_connections_active{${G}})`,
            legend: '{{gateway}} {{listener}} open',
          },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Envoy: denied by RBAC',
          description:
            'By filter, and whether a policy denied it or none allowed it (none); unknown where a filter does not count its policies.',
          unit: 'reqps',
          width: 8,
          noValue: QUIET,
        },
        [
          {
            expr: `sum by (gateway, pod, filter, match) (rate(badgateway_envoy_rbac_denied_total{${G}}[$__rate_interval]))`,
            legend: '{{gateway}} {{pod}} {{filter}} {{match}}',
          },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Envoy: certificates refused',
          description:
            'Handshakes with upstreams that Envoy broke off: not trusted (error), another name (san), none given (no_cert), not the pinned one (cert_hash).',
          unit: 'reqps',
          width: 8,
          noValue: QUIET,
        },
        [
          {
            expr: `sum by (gateway, upstream, kind) (rate(badgateway_envoy_upstream_certificates_refused_total{${G}}[$__rate_interval]))`,
            legend: '{{gateway}} {{upstream}} {{kind}}',
          },
        ],
      ),
    );
}

function addBackends(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Backends'))
    .withPanel(
      lines(
        {
          title: 'Event loops of backends',
          description:
            'nodejs_eventloop_lag_p99_seconds of pods behind the gateways, as Prometheus has it from them; GatewayBackendEventLoopLag fires above 0.5 s.',
          unit: 's',
          width: 12,
          noValue: 'no backend exports nodejs_eventloop_lag_p99_seconds',
        },
        [
          {
            expr: 'topk(10, service_pod:nodejs_eventloop_lag_seconds:p99 * on (upstream_namespace, upstream_service) group_left () max by (upstream_namespace, upstream_service) (clamp(badgateway_upstream_endpoints{namespace=~"$namespace",gateway=~"$gateway",upstream_service!=""}, 1, 1)))',
            legend: '{{upstream_service}} {{endpoint_pod}}',
          },
        ],
        0.5,
      ),
    )
    .withPanel(
      stackedBars(
        {
          title: 'What backends wrote',
          description:
            'Lines in logs of pods behind the gateways that tell of trouble, by Service (collector backend_log, off by default).',
          unit: 'short',
          width: 12,
          noValue: 'none, or backend_log is off',
        },
        {
          expr: 'sum by (upstream_service, event) (increase(badgateway_backend_log_events_total{node=~"$node"}[$__rate_interval])) > 0',
          legend: '{{upstream_service}} {{event}}',
        },
      ),
    );
}
