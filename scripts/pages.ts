import { APP_METRICS } from '../src/app.ts';
import { HARNESS_METRICS } from '../src/collectors/harness.ts';
import { COLLECTORS } from '../src/collectors/index.ts';
import { configLeaves } from '../src/config/leaves.ts';
import { configJsonSchema } from '../src/config/schema.ts';
import type { Declaration, MetricTable } from '../src/contract/metrics.ts';
import { CAUSES, COLLECTOR_STATES, SYMPTOMS } from '../src/contract/names.ts';
import { TRAFFIC_METRICS } from '../src/contract/traffic.ts';
import { HTTP_METRICS } from '../src/http/http-metrics.ts';
import { CONDITION_METRICS } from '../src/metrics/conditions.ts';
import { CONTROL_PLANE_METRICS } from '../src/metrics/control-plane.ts';
import { ENDPOINT_GAP_METRICS } from '../src/metrics/endpoint-gaps.ts';
import { ENDPOINT_INFO_METRICS } from '../src/metrics/endpoint-info.ts';
import { FACT_METRICS } from '../src/metrics/facts.ts';
import { FAILURE_METRICS } from '../src/metrics/failures.ts';
import { INCIDENT_METRICS } from '../src/metrics/incidents.ts';
import { NETWORK_METRICS } from '../src/metrics/networks.ts';
import { POD_METRICS } from '../src/metrics/pods.ts';
import { REGISTRY_METRICS } from '../src/metrics/registry.ts';
import { ROLLOUT_METRICS } from '../src/metrics/rollouts.ts';
import { SLICE_CHANGE_METRICS } from '../src/metrics/slice-changes.ts';
import { UPSTREAM_SOCKET_METRICS } from '../src/metrics/upstream-sockets.ts';
import { UPSTREAM_METRICS } from '../src/metrics/upstreams.ts';

export interface Group {
  readonly title: string;
  readonly summary: string;
  readonly metrics: MetricTable;
}

/** Every metric that badgateway can publish, by the unit that owns it. */
export function metricGroups(): Group[] {
  const units = COLLECTORS.map(({ name, summary, metrics }) => ({ title: `Collector ${name}`, summary, metrics }));
  return [
    { title: 'Failures', summary: 'What went wrong, and why', metrics: FAILURE_METRICS },
    { title: 'Traffic', summary: 'What clients got and what it took', metrics: TRAFFIC_METRICS },
    { title: 'Incidents', summary: 'What belongs together, with one root cause', metrics: INCIDENT_METRICS },
    { title: 'Conditions', summary: 'Bad states that exist without a request', metrics: CONDITION_METRICS },
    { title: 'Upstreams', summary: 'What running proxies use against the EndpointSlices', metrics: UPSTREAM_METRICS },
    {
      title: 'Death gap and propagation',
      summary: 'How long endpoints take into and out of running proxies',
      metrics: ENDPOINT_GAP_METRICS,
    },
    {
      title: 'Sockets of upstreams',
      summary: 'What connections to them take of the local ports',
      metrics: UPSTREAM_SOCKET_METRICS,
    },
    { title: 'Rollouts', summary: 'What fails while pods are replaced', metrics: ROLLOUT_METRICS },
    { title: 'Controllers', summary: 'What they did not deliver', metrics: CONTROL_PLANE_METRICS },
    {
      title: 'Endpoints of upstreams',
      summary: 'Which pods stand behind them, and when that last changed',
      metrics: { ...ENDPOINT_INFO_METRICS, ...SLICE_CHANGE_METRICS },
    },
    { title: 'Pods', summary: 'Of gateways and of the Services behind them', metrics: POD_METRICS },
    ...units,
    { title: 'Memories', summary: 'What verdicts rest on, and what of it was forgotten early', metrics: FACT_METRICS },
    { title: 'Networks', summary: 'Network namespaces of the node', metrics: NETWORK_METRICS },
    { title: 'Collectors themselves', summary: 'Whether we see what we should see', metrics: HARNESS_METRICS },
    { title: 'The program', summary: 'Version, configuration, checkpoint', metrics: APP_METRICS },
    { title: 'HTTP', summary: 'Our own listeners', metrics: HTTP_METRICS },
    { title: 'Series', summary: 'Limits that were hit', metrics: REGISTRY_METRICS },
  ];
}

export function metricsPage(): string {
  const groups = metricGroups().map(({ title, summary, metrics }) => {
    const rows = Object.values(metrics).map((declaration) => {
      const { name, type, labels } = declaration;
      return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(' ')} | ${cell(meaningOf(declaration))} |`;
    });
    return `## ${title}\n\n${summary}.\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `${notice('metrics')}# Metrics

Names are a contract. Counters end in \`_total\`, moments are timestamps, units are base units. \`namespace\`, \`pod\` and
\`container\` are the pod that the series is about (scrape with \`honorLabels: true\`), empty outside Kubernetes; \`gateway\` is its
workload or configured name. Counters and histograms of our own are shown at 0 before their first event, so that \`increase()\` sees it.
Besides these the process and Node.js metrics of prom-client are there (\`process_*\`, \`nodejs_*\`).

${groups.join('\n')}
## Closed sets

- \`cause\`: ${list(CAUSES)}
- \`symptom\`: ${list(SYMPTOMS)}
- \`state\` of a collector: ${list(COLLECTOR_STATES)}
`;
}

function meaningOf(declaration: Declaration): string {
  if (declaration.type !== 'histogram') return declaration.help;
  return `${declaration.help} Buckets: ${declaration.buckets.join(', ')}.`;
}

export function configPage(): string {
  const rows = configLeaves().map(
    ({ path, type, default: value, description, variable }) =>
      `| \`${path}\` | ${cell(type)} | ${value === undefined ? '' : `\`${cell(JSON.stringify(value))}\``} | ${cell(description)} | \`${variable}\` |`,
  );
  return `${notice('configuration')}# Configuration

Nothing configured is a working configuration. Flags win over the environment, the environment over the YAML file
(\`--config.file\`). \`badgateway check-config FILE\` (\`-\`: standard input) names every mistake at once; unknown keys are mistakes. SIGHUP reads the file
again, also \`POST /-/reload\` where \`web.enable_reload\` is set; a bad file changes nothing. [JSON Schema](configuration.schema.json)
for editors. YAML 1.2: \`yes\` and \`on\` are text, an empty file is an empty configuration.

| key | type | default | meaning | environment |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

export function configSchemaJson(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
}

function notice(page: string): string {
  return `<!-- Generated by scripts/generate-docs.ts (make docs); edit the code, not docs/${page}.md. -->\n\n`;
}

const list = (values: readonly string[]) => values.map((value) => `\`${value}\``).join(', ');
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
