import type { ConfPlace } from '../parse/nginx-conf-problem.ts';
import type { AuditInput } from './input.ts';
import type { Workload } from './workload.ts';

/** Closed set of `badgateway_audit_findings{severity}`. */
export const AUDIT_SEVERITIES = ['info', 'warning'] as const;
export type AuditSeverity = (typeof AUDIT_SEVERITIES)[number];

/** Where to look: a directive, a kernel parameter by its name in sysctl(8), or a workload (`namespace/name`). */
export type FindingPlace = ConfPlace | { readonly sysctl: string } | { readonly workload: string };

/**
 * Two things that disagree. Texts hold numbers and names of directives and upstreams; values that may be secret (headers,
 * keys, passwords) never.
 */
export interface Finding {
  readonly place: FindingPlace;
  /** One sentence with both numbers. */
  readonly message: string;
  /** What to write instead. */
  readonly fix: string;
  /** Default: that of the rule. */
  readonly severity?: AuditSeverity;
}

/** Why the rule could not look at something. */
export interface Unchecked {
  readonly unchecked: string;
}

/** What a rule says of itself. */
export interface RuleHead {
  /** The word of the label, of the file (with dashes), of the test and of the page. */
  readonly name: string;
  /** The highest that its findings have. */
  readonly severity: AuditSeverity;
  readonly summary: string;
}

/** One rule as data: one file, one test, one page, one line in rules/index.ts. */
interface Rule<Input> extends RuleHead {
  /** Pure, never throws, in the order of the input. */
  check(input: Input): Iterable<Finding | Unchecked>;
}

/** A rule for nginx configurations. */
export interface AuditRule extends Rule<AuditInput> {
  /** A directive that is not there is what it rests on: not checked while a part of the configuration cannot be read. */
  readonly needsWhole: boolean;
}

/** A rule for what stands behind gateways in Kubernetes, put to one workload after the other. */
export type WorkloadRule = Rule<Workload>;

export function unchecked(why: string): Unchecked {
  return { unchecked: why };
}

/** Why a default is not known to hold: only what is included in `http` or `stream` is there. */
export const OUTER_UNSEEN = 'the file that includes this one is not there: what it sets for all is not known';

/** `/etc/nginx/nginx.conf:3`, `net.core.somaxconn` or `shop/cart`. */
export function placeText(place: FindingPlace): string {
  if ('workload' in place) return place.workload;
  return 'sysctl' in place ? place.sysctl : `${place.file}:${place.line}`;
}

export { counted } from '../contract/counted.ts';
