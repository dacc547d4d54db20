import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { addHurt, addTraffic, addWhy } from './overview-gateways.ts';
import { addKernel, addObserver, addPods } from './overview-resources.ts';
import { DATASOURCE, GATEWAY as G } from './panels.ts';

function variable(name: string, label: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: 'All', value: '$__all' });
}

function annotation(name: string, expr: string, title: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(DATASOURCE)
    .enable(true)
    .expr(expr)
    .titleFormat(title)
    .step('60s');
}

/** "Gateways / Overview": is anyone hurt, where, and why? */
export function overview(): Dashboard {
  const dashboard = new DashboardBuilder('Gateways / Overview')
    .uid('badgateway-overview')
    .description('Is anyone hurt, where, and why: failures of NGINX and Envoy gateways by cause. Made by badgateway.')
    .tags(['badgateway'])
    .readonly()
    .refresh('1m')
    .time({ from: 'now-3h', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder('badgateway')
        .type(DashboardLinkType.Dashboards)
        .tags(['badgateway'])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    )
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(variable('namespace', 'Namespace', 'label_values(badgateway_failures_total, namespace)'))
    .withVariable(
      variable('gateway', 'Gateway', 'label_values(badgateway_failures_total{namespace=~"$namespace"}, gateway)'),
    )
    .withVariable(variable('cause', 'Cause', 'label_values(badgateway_failures_total, cause)'))
    .withVariable(variable('node', 'Node', 'label_values(up{job="badgateway"}, node)'))
    .annotation(
      annotation(
        'Gateway restarts',
        `gateway_container:kube_pod_container_status_restarts:increase1h{${G}} > 0.5`,
        '{{pod}} restarted',
      ),
    )
    .annotation(
      annotation(
        'badgateway starts',
        'changes(process_start_time_seconds{job="badgateway"}[2m]) > 0',
        'badgateway started on {{instance}}',
      ),
    )
    .annotation(
      annotation(
        'Log lines lost',
        `increase(badgateway_log_loss_events_total{${G}}[2m]) > 0`,
        'log of {{gateway}} lost: {{reason}}',
      ),
    );
  for (const add of [addHurt, addWhy, addTraffic, addKernel, addPods, addObserver]) add(dashboard);
  return dashboard.build();
}
