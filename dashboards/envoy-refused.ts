import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { GATEWAY as G, lines, QUIET } from './panels.ts';

const NO_ENVOY = 'no Envoy';

/** Of clients and of upstreams: what listeners take, and what filters and TLS turn away. */
export function addRefused(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Listeners, denials and certificates'))
    .withPanel(
      lines(
        {
          title: 'Clients by listener',
          description: 'New connections of clients per second, and those that are open.',
          unit: 'short',
          width: 6,
          noValue: NO_ENVOY,
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
          title: 'Denied by RBAC',
          description:
            'By filter, and whether a policy denied it or none allowed it (none); unknown where a filter does not count its policies.',
          unit: 'reqps',
          width: 6,
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
          title: 'Certificates refused',
          description:
            'Handshakes with upstreams that Envoy broke off: not trusted (error), another name (san), none given (no_cert), not the pinned one (cert_hash).',
          unit: 'reqps',
          width: 6,
          noValue: QUIET,
        },
        [
          {
            expr: `sum by (gateway, upstream, kind) (rate(badgateway_envoy_upstream_certificates_refused_total{${G}}[$__rate_interval]))`,
            legend: '{{gateway}} {{upstream}} {{kind}}',
          },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Certificates: time left',
          description:
            'Until the earliest certificate of each name expires, as Envoy (/certs) or files say; GatewayCertificateExpiring fires below 14 days, or a tenth of a life of 28 days or less.',
          unit: 's',
          width: 6,
          noValue: 'no certificate is known',
        },
        [
          {
            expr: `min by (gateway, name) (badgateway_certificate_expiry_timestamp_seconds{${G}}) - time()`,
            legend: '{{gateway}} {{name}}',
          },
        ],
      ),
    );
}
