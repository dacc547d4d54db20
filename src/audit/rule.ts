import type { ConfPlace } from '../parse/nginx-conf-problem.ts';
import type { AuditInput } from './input.ts';

/** Closed set of `badgateway_audit_findings{severity}`. */
export const AUDIT_SEVERITIES = ['info', 'warning'] as const;
export type AuditSeverity = (typeof AUDIT_SEVERITIES)[number];

/** Where to look: a directive, or a kernel parameter by its name in sysctl(8). */
export type FindingPlace = ConfPlace | { readonly sysctl: string };

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

/** One rule as data: one file, one test, one page, one line in rules/index.ts. */
export interface AuditRule {
  /** The word of the label, of the file (with dashes), of the test and of the page. */
  readonly name: string;
  /** The highest that its findings have. */
  readonly severity: AuditSeverity;
  readonly summary: string;
  /** A directive that is not there is what it rests on: not checked while a part of the configuration cannot be read. */
  readonly needsWhole: boolean;
  /** Pure, never throws, in the order of the configuration. */
  check(input: AuditInput): Iterable<Finding | Unchecked>;
}

export function unchecked(why: string): Unchecked {
  return { unchecked: why };
}

/** Why a default is not known to hold: only what is included in `http` or `stream` is there. */
export const OUTER_UNSEEN = 'the file that includes this one is not there: what it sets for all is not known';

/** `/etc/nginx/nginx.conf:3` or `net.core.somaxconn`. */
export function placeText(place: FindingPlace): string {
  return 'sysctl' in place ? place.sysctl : `${place.file}:${place.line}`;
}

/** `1 place`, `3 places`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
