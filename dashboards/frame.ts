import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { CLUSTER, DATASOURCE, GATEWAY } from './panels.ts';

/** A variable with the values of a label; "All" by default. */
export function variable(name: string, label: string, query: string): QueryVariableBuilder {
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

/** Series of these metrics, a regular expression, that have the labels. */
export function seriesOf(metrics: string, matchers = ''): string {
  return `{__name__=~"${metrics}"${matchers && ','}${matchers}}`;
}

/** The variables of selector GATEWAY: namespaces and gateways that these metrics, a regular expression, are about. */
export function addGateways(dashboard: DashboardBuilder, metrics: string): DashboardBuilder {
  return dashboard
    .withVariable(variable('namespace', 'Namespace', `label_values(${seriesOf(metrics, CLUSTER)}, namespace)`))
    .withVariable(
      variable(
        'gateway',
        'Gateway',
        `label_values(${seriesOf(metrics, `${CLUSTER},namespace=~"$namespace"`)}, gateway)`,
      ),
    );
}

/** The variable of selector NODE. */
export function nodes(): QueryVariableBuilder {
  return variable('node', 'Node', `label_values(up{job="badgateway",${CLUSTER}}, node)`);
}

/** Marks in all panels while `expr` has a result. */
export function annotation(name: string, expr: string, title: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(DATASOURCE)
    .enable(true)
    .expr(expr)
    .titleFormat(title)
    .step('60s');
}

function reloads(): AnnotationQueryBuilder {
  return annotation(
    'Reloads',
    `sum by (gateway, pod, kind) (increase(badgateway_gateway_config_reloads_total{${GATEWAY}}[2m])) > 0`,
    '{{pod}} reloaded ({{kind}})',
  );
}

function rollouts(): AnnotationQueryBuilder {
  return annotation(
    'Rollouts',
    `sum by (upstream_namespace, upstream_service) (increase(badgateway_rollout_seconds_total{${CLUSTER}}[2m])) > 0`,
    '{{upstream_namespace}}/{{upstream_service}} is rolled out',
  );
}

/** Of gateways and of what is behind them: counted by workload, a pod that was replaced is none. */
function restarts(): AnnotationQueryBuilder {
  return annotation(
    'Restarts',
    `sum by (namespace, workload, reason) (increase(badgateway_pod_restarts_total{${CLUSTER}}[2m])) > 0`,
    '{{namespace}}/{{workload}} restarted ({{reason}})',
  );
}

/** What may have done it, in every dashboard. */
function changes(): AnnotationQueryBuilder[] {
  return [reloads(), rollouts(), restarts()];
}

/** What all dashboards have in common: read-only, linked by their tag, with a data source and a cluster to choose, and marks of changes. Needs the variables of GATEWAY. */
export function frame(title: string, uid: string, description: string): DashboardBuilder {
  const dashboard = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
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
    .withVariable(variable('cluster', 'Cluster', 'label_values(up{job="badgateway"}, cluster)'));
  for (const change of changes()) dashboard.annotation(change);
  return dashboard;
}
