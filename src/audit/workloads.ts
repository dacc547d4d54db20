import { type AuditResult, Findings } from './findings.ts';
import { WORKLOAD_RULES } from './rules/index.ts';
import type { Workload } from './workload.ts';

/** Puts every rule for workloads to each of them. Never throws. */
export function auditWorkloads(workloads: readonly Workload[]): AuditResult {
  const findings = new Findings();
  for (const rule of WORKLOAD_RULES) {
    findings.take(rule, []);
    for (const workload of workloads) findings.take(rule, rule.check(workload));
  }
  return findings.result();
}
