import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { SUBJECT } from './node-selectors.ts';
import { lines, NODE, QUIET, table } from './panels.ts';

export function addAudit(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Configuration and kernel'))
    .withPanel(
      table(
        {
          title: 'Findings of the audit',
          description:
            'What badgateway audit finds in running configurations; the command prints file, line and fix, docs/audit/RULE.md says why. Not listed: rules that find nothing or could not look.',
          unit: 'short',
          width: 12,
          height: 8,
          noValue: QUIET,
        },
        `sort_desc(sum by (namespace, gateway, pod, rule, severity) (badgateway_audit_findings{${SUBJECT}}) > 0)`,
        ['namespace', 'gateway', 'pod', 'rule', 'severity'],
      ),
    )
    .withPanel(
      table(
        {
          title: 'Kernel parameters',
          description:
            'Limits of queues, ports and connection tracking with its buckets and timeouts (s), as far as badgateway sees them: those of pods cannot be read from outside.',
          unit: 'none',
          width: 12,
          height: 8,
          noValue: 'no parameter is seen',
        },
        kernelParameters(),
        ['instance', 'netns', 'name'],
      ),
    );
}

/** Connection tracking has metrics of its own, read more often; the audit has the rest. */
function kernelParameters(): string {
  const prefix = 'net.netfilter.nf_conntrack_';
  const known = `${prefix}(max|buckets|tcp_timeout_(established|close_wait))`;
  const named = (expr: string, name: string) => `label_replace(${expr}, "name", "${prefix}${name}", "state", "(.*)")`;
  return [
    `max by (instance, netns, name) (badgateway_sysctl{${NODE},name!~"${known}"})`,
    named(`max by (instance) (badgateway_conntrack_entries_limit{${NODE}})`, 'max'),
    named(`max by (instance) (badgateway_conntrack_buckets{${NODE}})`, 'buckets'),
    named(`max by (instance, netns, state) (badgateway_conntrack_tcp_timeout_seconds{${NODE}})`, 'tcp_timeout_$1'),
  ].join(' or ');
}

export function addCost(dashboard: DashboardBuilder): void {
  dashboard.withRow(new RowBuilder('Cost of badgateway')).withPanel(
    lines(
      {
        title: 'Time of the last poll',
        description:
          'How long the last poll of each collector took, waiting included; other work gets its turn between the slices of a poll.',
        unit: 's',
        width: 24,
      },
      [
        {
          expr: `max by (instance, collector) (badgateway_collector_duration_seconds{${NODE}})`,
          legend: '{{collector}} {{instance}}',
        },
      ],
    ),
  );
}
