import { type Dashboard, type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { addGateways, frame, nodes } from './frame.ts';
import { GATEWAY as G, lines, stackedBars } from './panels.ts';

/** "Gateways / Connections": to upstreams, and what the pods behind them say. What clients open on Envoy is on its dashboard. */
export function connections(): Dashboard {
  const dashboard = addGateways(
    frame(
      'Gateways / Connections',
      'badgateway-connections',
      'Sockets and local ports of gateways by upstream, whether connections are used again, event loops of backends. Made by badgateway.',
    ),
    'badgateway_failures_total',
  ).withVariable(nodes());
  for (const add of [addSockets, addReuse, addBackends]) add(dashboard);
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
          title: 'Sockets in use by upstream',
          description: 'Connections of gateways to each upstream now; a straight rise is a leak or a slow upstream.',
          unit: 'short',
          width: 8,
          noValue: 'no socket table of a gateway is read',
        },
        [
          {
            expr: `topk(10, sum by (gateway, pod, upstream) (badgateway_upstream_sockets{${G},state="active"}))`,
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

function addReuse(dashboard: DashboardBuilder): void {
  const sent = (connection: string) =>
    `sum by (gateway, upstream) (rate(badgateway_upstream_connections_total{${G},connection="${connection}"}[$__rate_interval]))`;
  dashboard
    .withRow(new RowBuilder('Are they used again?'))
    .withPanel(
      lines(
        {
          title: 'New connections and reused ones',
          description:
            'Attempts per second for which a connection was opened, and those of which the log says that it was open. Keepalive turns the first into the second.',
          unit: 'ops',
          width: 8,
          noValue: 'no log tells of connections',
        },
        [
          { expr: sent('new'), legend: 'new {{gateway}} {{upstream}}' },
          { expr: sent('reused'), legend: 'reused {{gateway}} {{upstream}}' },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Open connections of those that nginx keeps',
          description:
            'Sockets in use to an upstream, of keepalive × running workers; GatewayKeepalivePoolNearLimit fires above 90 %. Above 100 % those beyond are closed after their answer.',
          unit: 'percentunit',
          width: 8,
          noValue: 'no keepalive is configured, or no socket table of a gateway is read',
        },
        [
          {
            expr: `topk(10, gateway_upstream:badgateway_upstream_sockets_per_keepalive:ratio{${G}})`,
            legend: '{{gateway}} {{pod}} {{upstream}}',
          },
        ],
        0.9,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Requests per upstream connection',
          description:
            'How many attempts each new connection serves at most, the ten with the fewest: 1 is no keepalive.',
          unit: 'short',
          width: 8,
          noValue: 'no connection is opened, or no log tells of it',
        },
        [
          {
            expr: `bottomk(10, gateway_upstream:badgateway_upstream_attempts_per_connection:ratio_rate5m{${G}})`,
            legend: '{{gateway}} {{upstream}} {{upstream_service}}',
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
            expr: `topk(10, service_pod:nodejs_eventloop_lag_seconds:p99 * on (upstream_namespace, upstream_service) group_left () max by (upstream_namespace, upstream_service) (clamp(badgateway_upstream_endpoints{${G},upstream_service!=""}, 1, 1)))`,
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
