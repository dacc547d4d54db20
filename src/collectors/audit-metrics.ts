import { gauge, type MetricTable, SUBJECT_LABELS } from '../contract/metrics.ts';

export const AUDIT_METRICS = {
  findings: gauge(
    'badgateway_audit_findings',
    'Findings of `badgateway audit` for the configuration of a running gateway, or (without gateway) for the pods of a namespace behind one; 0: checked and nothing found, no series: could not be checked.',
    [...SUBJECT_LABELS, 'rule', 'severity'],
  ),
  unchecked: gauge(
    'badgateway_audit_unchecked_rules',
    'Rules that could not look at everything: a part of the configuration or a fact of the machine is not known.',
    [...SUBJECT_LABELS],
  ),
  sysctl: gauge(
    'badgateway_sysctl',
    'Kernel parameters that decide over connections, as sysctl(8) names them; netns says of which network namespace, `machine` those that all share.',
    ['name', 'netns'],
  ),
} as const satisfies MetricTable;
