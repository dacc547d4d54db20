import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { CLUSTER, lines, stackedBars, states } from './panels.ts';

const NOT_SCRAPED = 'no controller is scraped';
/** A pod by the label that its controller, or else the scrape, gives it. */
const INGRESS = 'controller_namespace, controller_pod';
const POD = 'namespace, pod';
const FABRIC = 'nginx_gateway_fabric';
const F5 = 'nginx_ingress_controller_nginx';

/** What controllers say of themselves, where Prometheus scrapes them (docs/install-kubernetes.md): ingress-nginx, NGINX Gateway Fabric, F5's. */
export function addControllers(dashboard: DashboardBuilder): void {
  const grown = (by: string, metric: string) => `sum by (${by}) (increase(${metric}{${CLUSTER}}[$__rate_interval]))`;
  dashboard
    .withRow(new RowBuilder('What the controllers say'))
    .withPanel(
      stackedBars(
        {
          title: 'Reloads by controllers, and failed ones',
          description:
            'As ingress-nginx, F5’s controller and NGINX Gateway Fabric 1 count them; badgateway’s own count is above. A reload that failed leaves nginx with the configuration of before. NGINX Gateway Fabric 2 counts none.',
          unit: 'short',
          width: 6,
          noValue: NOT_SCRAPED,
        },
        { expr: grown(INGRESS, 'nginx_ingress_controller_success'), legend: '{{controller_pod}}' },
        { expr: grown(INGRESS, 'nginx_ingress_controller_errors'), legend: 'failed {{controller_pod}}' },
        { expr: grown(`${POD}, reason`, `${F5}_reloads_total`), legend: '{{pod}} {{reason}}' },
        { expr: grown(POD, `${F5}_reload_errors_total`), legend: 'failed {{pod}}' },
        { expr: grown(POD, `${FABRIC}_nginx_reloads_total`), legend: '{{pod}} reloads' },
        { expr: grown(POD, `${FABRIC}_nginx_reload_errors_total`), legend: 'failed {{pod}} reloads' },
      ),
    )
    .withPanel(
      states(
        {
          title: 'Was the last configuration loaded?',
          description:
            'Red while nginx refuses what its controller has written: it goes on with older addresses. Of ingress-nginx and F5’s controller the result of the last reload, of NGINX Gateway Fabric 1 whether the configuration is stale.',
          unit: 'short',
          width: 6,
          noValue: NOT_SCRAPED,
        },
        {
          expr: `label_replace(min by (${INGRESS}) (nginx_ingress_controller_config_last_reload_successful{${CLUSTER}}), "pod", "$1", "controller_pod", "(.*)") or min by (${POD}) (${F5}_last_reload_status{${CLUSTER}}) or 1 - max by (${POD}) (${FABRIC}_nginx_stale_config{${CLUSTER}})`,
          legend: '{{pod}}',
        },
        { 0: 'refused', 1: 'loaded' },
        true,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Answers of 5xx by Ingress',
          description:
            'As ingress-nginx counts them, also where badgateway reads no access log; NginxBadGateway takes its 502 then.',
          unit: 'reqps',
          width: 6,
          noValue: NOT_SCRAPED,
        },
        [
          {
            expr: `sum by (namespace, ingress, status) (rate(nginx_ingress_controller_requests{${CLUSTER},status=~"5.."}[$__rate_interval]))`,
            legend: '{{namespace}}/{{ingress}} {{status}}',
          },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Time of a batch of changes',
          description:
            'What NGINX Gateway Fabric takes on the mean for a batch of changes in the cluster. Endpoints that change wait behind it, so that death gaps grow with it.',
          unit: 'ms',
          width: 6,
          noValue: NOT_SCRAPED,
        },
        [{ expr: `${batches('sum')} / (${batches('count')} > 0)`, legend: '{{pod}}' }],
      ),
    );
}

function batches(what: string): string {
  return `sum by (${POD}) (rate(${FABRIC}_event_batch_processing_milliseconds_${what}{${CLUSTER}}[$__rate_interval]))`;
}
