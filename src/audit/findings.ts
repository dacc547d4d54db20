import {
  type AuditSeverity,
  type Finding,
  type FindingPlace,
  placeText,
  type RuleHead,
  type Unchecked,
} from './rule.ts';

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

/** What rules have said, each thing once. */
export class Findings {
  readonly #findings: ListedFinding[] = [];
  readonly #counts = new Map<string, Record<AuditSeverity, number>>();
  readonly #unchecked = new Map<string, string>();
  /** What several places include is read, and wrong, several times. */
  readonly #said = new Map<string, Set<string>>();
  #omitted = 0;

  unchecked({ name }: RuleHead, why: string): void {
    if (!this.#unchecked.has(name)) this.#unchecked.set(name, why);
  }

  take(rule: RuleHead, all: Iterable<Finding | Unchecked>): void {
    const count = this.#counts.get(rule.name) ?? { info: 0, warning: 0 };
    const said = this.#said.get(rule.name) ?? new Set<string>();
    this.#counts.set(rule.name, count);
    this.#said.set(rule.name, said);
    for (const found of all) {
      if ('unchecked' in found) {
        this.unchecked(rule, found.unchecked);
        continue;
      }
      const key = `${placeText(found.place)} ${found.message}`;
      if (said.has(key)) continue;
      said.add(key);
      const severity = found.severity ?? rule.severity;
      count[severity]++;
      if (said.size > MOST_OF_A_RULE) this.#omitted++;
      else
        this.#findings.push({ rule: rule.name, severity, place: found.place, message: found.message, fix: found.fix });
    }
  }

  result(): AuditResult {
    const counts = [...this.#counts].filter(
      ([name, { info, warning }]) => info + warning > 0 || !this.#unchecked.has(name),
    );
    return {
      findings: [...this.#findings.filter(isWarning), ...this.#findings.filter((finding) => !isWarning(finding))],
      counts: new Map(counts),
      unchecked: [...this.#unchecked].map(([rule, why]) => ({ rule, why })),
      omitted: this.#omitted,
    };
  }
}

export function isWarning({ severity }: Pick<ListedFinding, 'severity'>): boolean {
  return severity === 'warning';
}
