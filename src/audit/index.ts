import { type AuditResult, Findings } from './findings.ts';
import type { AuditInput } from './input.ts';
import { AUDIT_RULES } from './rules/index.ts';

const MOST_PARTS = 3;

/** Puts every rule to one configuration. Never throws. */
export function audit(input: AuditInput): AuditResult {
  const steps = auditSteps(input);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same in steps, for who has other work to do in between: a configuration of a thousand upstreams takes tens of milliseconds. */
export function* auditSteps(input: AuditInput): Generator<undefined, AuditResult> {
  for (const part of ['settings', 'upstreams', 'proxies'] as const) {
    void input[part];
    yield;
  }
  const findings = new Findings();
  for (const rule of AUDIT_RULES) {
    yield;
    if (rule.needsWhole && input.missing.length > 0)
      findings.unchecked(rule, `a part of the configuration cannot be read: ${someOf(input.missing)}`);
    else findings.take(rule, rule.check(input));
  }
  return findings.result();
}

function someOf(parts: readonly string[]): string {
  const rest = parts.length - MOST_PARTS;
  return `${parts.slice(0, MOST_PARTS).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
