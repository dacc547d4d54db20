import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { GATEWAY as G, lines, number, QUIET, stackedBars, table } from './panels.ts';

const UPSTREAM =
  'cluster, instance, namespace, pod, gateway, proxy, upstream, upstream_namespace, upstream_service, upstream_port';
const endpoints = (states: string) =>
  `max without (state) (gateway_upstream_state:badgateway_upstream_endpoints:max{${G},state=~"${states}"})`;

export function addTruth(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Do proxies send where the cluster is?'))
    .withPanel(
      number(
        {
          title: 'Addresses that should not be in use',
          description:
            'Addresses in running configurations that are gone (stale), somebody else’s (foreign) or on the wrong port, over all replicas.',
          unit: 'short',
          width: 6,
          noValue: 'no upstream is compared',
        },
        `sum(badgateway_upstream_endpoints{${G},state=~"stale|foreign|port_drift"}) or 0 * sum(badgateway_upstream_endpoints{${G}})`,
        1,
      ),
    )
    .withPanel(
      number(
        {
          title: 'Oldest of them',
          description: 'Age of the oldest such address; ticket above 30 s, page above 120 s.',
          unit: 's',
          width: 6,
          noValue: QUIET,
        },
        `max(time() - badgateway_upstream_drift_since_timestamp_seconds{${G}})`,
        30,
      ),
    )
    .withPanel(
      number(
        {
          title: 'Upstreams without a live address',
          description: 'The Service has ready endpoints and the replica uses none of them: every request fails there.',
          unit: 'short',
          width: 6,
        },
        `count(${endpoints('missing')} > 0 unless ${endpoints('live|unknown')} > 0) or vector(0)`,
        1,
      ),
    )
    .withPanel(
      number(
        {
          title: 'Addresses that cannot be judged',
          description:
            'Share of the addresses whose state is unknown: no Service is known for the upstream, or the view of the cluster is too old.',
          unit: 'percentunit',
          width: 6,
          noValue: 'no upstream is compared',
        },
        `(sum(badgateway_upstream_endpoints{${G},state="unknown"}) or 0 * sum(badgateway_upstream_endpoints{${G}})) / (sum(badgateway_upstream_endpoints{${G}}) > 0)`,
        0.2,
      ),
    );
}

export function addEndpoints(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Endpoints'))
    .withPanel(
      stackedBars(
        {
          title: 'Addresses by state',
          description:
            'What the EndpointSlices say of the addresses in use, over all replicas; missing are ready endpoints that are not in use.',
          unit: 'short',
          width: 12,
          noValue: 'no upstream is compared',
        },
        { expr: `sum by (state) (badgateway_upstream_endpoints{${G}})`, legend: '{{state}}' },
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Not live, by gateway',
          description:
            'Addresses in use or missing that are not live, per gateway and state; seconds of it are a rollout, minutes are a fault.',
          unit: 'short',
          width: 12,
          noValue: 'no upstream is compared',
        },
        [
          {
            expr: `sum by (gateway, state) (badgateway_upstream_endpoints{${G},state!="live"}) > 0`,
            legend: '{{gateway}} {{state}}',
          },
        ],
      ),
    )
    .withPanel(
      table(
        {
          title: 'Drift',
          description:
            'Upstreams with an address that should not be in use, and for how long the oldest has been there.',
          unit: 's',
          width: 14,
          height: 8,
          noValue: QUIET,
        },
        `sort_desc(time() - min by (${UPSTREAM}) (badgateway_upstream_drift_since_timestamp_seconds{${G}}))`,
        ['gateway', 'pod', 'instance', 'upstream', 'upstream_namespace', 'upstream_service', 'upstream_port'],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Upstreams by mapping',
          description:
            'How the Service behind an upstream was found; none: not found, nothing is said of its addresses.',
          unit: 'short',
          width: 10,
          noValue: 'no upstream is known',
        },
        [{ expr: `sum by (gateway, method) (badgateway_upstream_mapping{${G}})`, legend: '{{gateway}} {{method}}' }],
      ),
    );
}
