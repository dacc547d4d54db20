import type { AuditInput } from './input.ts';
import { type AuditSeverity, type FindingPlace, placeText } from './rule.ts';
import { AUDIT_RULES } from './rules/index.ts';

export interface ListedFinding {
  readonly rule: string;
  readonly severity: AuditSeverity;
  readonly place: FindingPlace;
  readonly message: string;
  readonly fix: string;
}

export interface AuditResult {
  /** Warnings first, then in the order of the rules; at most 100 of each rule. */
  readonly findings: readonly ListedFinding[];
  /** All findings, by rule: a rule that looked at everything is there with 0, one that could not is not. */
  readonly counts: ReadonlyMap<string, Readonly<Record<AuditSeverity, number>>>;
  /** Rules that could not look at everything, each with why. */
  readonly unchecked: readonly { readonly rule: string; readonly why: string }[];
  /** Findings beyond those listed. */
  readonly omitted: number;
}

/** A generator that makes a mistake makes it in every server. */
const MOST_OF_A_RULE = 100;
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
  const findings: ListedFinding[] = [];
  const counts = new Map<string, Record<AuditSeverity, number>>();
  const unchecked = new Map<string, string>();
  let omitted = 0;
  for (const rule of AUDIT_RULES) {
    yield;
    const count = { info: 0, warning: 0 };
    // What several places include is read, and wrong, several times.
    const said = new Set<string>();
    if (rule.needsWhole && input.missing.length > 0) {
      unchecked.set(rule.name, `a part of the configuration cannot be read: ${someOf(input.missing)}`);
      continue;
    }
    for (const found of rule.check(input)) {
      if ('unchecked' in found) {
        if (!unchecked.has(rule.name)) unchecked.set(rule.name, found.unchecked);
        continue;
      }
      const key = `${placeText(found.place)} ${found.message}`;
      if (said.has(key)) continue;
      said.add(key);
      const severity = found.severity ?? rule.severity;
      count[severity]++;
      if (said.size > MOST_OF_A_RULE) omitted++;
      else findings.push({ rule: rule.name, severity, place: found.place, message: found.message, fix: found.fix });
    }
    if (count.info + count.warning > 0 || !unchecked.has(rule.name)) counts.set(rule.name, count);
  }
  const bySeverity = [...findings.filter(isWarning), ...findings.filter((finding) => !isWarning(finding))];
  return { findings: bySeverity, counts, unchecked: [...unchecked].map(([rule, why]) => ({ rule, why })), omitted };
}

export function isWarning({ severity }: Pick<ListedFinding, 'severity'>): boolean {
  return severity === 'warning';
}

function someOf(parts: readonly string[]): string {
  const rest = parts.length - MOST_PARTS;
  return `${parts.slice(0, MOST_PARTS).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
