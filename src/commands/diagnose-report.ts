import { lookAtSight, type Sight, type Unseen } from '../http/page-sight.ts';
import { countOf } from '../http/page-words.ts';
import type { IncidentsReport, StatusReport, UpstreamsReport } from '../http/views.ts';
import { findingsOf } from './diagnose-findings.ts';
import type { UpstreamAnswer } from './diagnose-upstream.ts';

/** What a running badgateway answers, or one that looked for some seconds knows. */
export interface Looked {
  readonly status: StatusReport;
  readonly upstreams: UpstreamsReport;
  readonly incidents: IncidentsReport;
}

/** Something that fails, failed or is about to. Times are ISO. */
export interface Finding {
  /** `incident`: as kept. `condition`: a bad state that no incident has. `drift`: addresses in use that should not be. */
  readonly kind: 'incident' | 'condition' | 'drift';
  /** Of the incident; null without one. */
  readonly id: string | null;
  /** Fails, or holds, as this is written. */
  readonly isNow: boolean;
  /** One sentence. */
  readonly title: string;
  readonly gateway: string;
  readonly namespace: string;
  /** The root cause; null: no request has failed. */
  readonly cause: string | null;
  readonly failures: number;
  readonly failuresPerSecond: number;
  /** Of the gateway's requests, 0 to 1; null: not known. */
  readonly share: number | null;
  readonly startedAt: string;
  readonly lastAt: string;
  /** Services or upstreams, the most affected first. */
  readonly affected: readonly string[];
  readonly causes: readonly { readonly cause: string; readonly count: number }[];
  readonly conditions: readonly {
    readonly condition: string;
    readonly isActive: boolean;
    readonly since: string;
    readonly evidence: string;
  }[];
  /** The root cause's first. */
  readonly evidence: readonly string[];
  readonly timeline: readonly { readonly at: string; readonly kind: string; readonly text: string }[];
  /** Redacted log lines. */
  readonly samples: readonly string[];
  readonly next: string;
}

export interface BlindSpot {
  readonly source: string;
  /** What is not seen. */
  readonly subject: string;
  readonly why: Unseen['why'];
  /** What its collector says, the right it needs included. */
  readonly detail: string;
  readonly lastAt: string | null;
}

/** `here`: looked at by this command. */
export type ReportSource = { readonly kind: 'server'; readonly url: string } | { readonly kind: 'here' };

/** `blind`: nothing was found because nothing could be seen. */
export type ReportOutcome = 'healthy' | 'findings' | 'blind';
export const EXIT_CODES: Readonly<Record<ReportOutcome, number>> = { healthy: 0, findings: 1, blind: 2 };

/** The answer of `badgateway diagnose --json`. Fields may be added, never renamed. */
export interface DiagnoseReport {
  readonly at: string;
  readonly since: string;
  readonly source: ReportSource;
  readonly outcome: ReportOutcome;
  /** One sentence. */
  readonly summary: string;
  /** At least one gateway's failed requests could be read. */
  readonly seesFailures: boolean;
  /** The most urgent first. */
  readonly findings: readonly Finding[];
  readonly blindSpots: readonly BlindSpot[];
  /** Sentences on what the answer does not cover. */
  readonly notes: readonly string[];
  /** The steps, when an upstream was asked for. */
  readonly upstream: UpstreamAnswer | null;
}

export interface ReportInput {
  readonly looked: Looked;
  readonly source: ReportSource;
  readonly atMs: number;
  readonly sinceMs: number;
  readonly notes: readonly string[];
}

const iso = (ms: number) => new Date(ms).toISOString();

/** Ranks what was seen and says what was not. */
export function buildReport({ looked, source, atMs, sinceMs, notes }: ReportInput): DiagnoseReport {
  const { status, upstreams } = looked;
  const sight = lookAtSight(status, upstreams, atMs);
  const findings = findingsOf(looked, { atMs, sinceMs });
  const { seesFailures } = sight;
  const outcome = findings.length > 0 ? 'findings' : seesFailures ? 'healthy' : 'blind';
  const blindSpots = blindSpotsOf(sight, status);
  return {
    ...{ at: iso(atMs), since: iso(sinceMs), source, outcome },
    summary: summaryOf(outcome, findings, blindSpots),
    ...{ seesFailures, findings, blindSpots },
    notes: [...notes, ...(outcome === 'blind' ? whyBlind(status) : []), ...startNotes(looked, source, sinceMs)],
    upstream: null,
  };
}

function blindSpotsOf({ blind, barred }: Sight, { collectors }: StatusReport): BlindSpot[] {
  return [...blind, ...barred].map((unseen) => {
    const [name] = unseen.source.split(' ');
    const collector = collectors.find((one) => one.name === name);
    const target = collector?.targets.find((one) => `${name} ${one.name}` === unseen.source);
    return { ...unseen, detail: target?.detail ?? collector?.detail ?? '' };
  });
}

function summaryOf(outcome: ReportOutcome, findings: readonly Finding[], blindSpots: readonly BlindSpot[]): string {
  if (outcome === 'blind') return 'Could not look: no gateway’s failed requests can be read here';
  const unseen = blindSpots.length > 0 ? `; ${countOf(blindSpots.length, 'source')} could not be read` : '';
  if (outcome === 'healthy') return `Nothing found${unseen === '' ? '' : ` in what could be seen${unseen}`}`;
  const failing = findings.filter(({ isNow, failures }) => isNow && failures > 0).length;
  const holding = findings.filter(({ isNow, failures }) => isNow && failures === 0).length;
  const parts = [
    ...(failing > 0 ? [`${failing} failing now`] : []),
    ...(holding > 0 ? [`${holding} bad ${holding === 1 ? 'state' : 'states'} without a failure`] : []),
    ...(findings.length > failing + holding ? [`${findings.length - failing - holding} over`] : []),
  ];
  return `${countOf(findings.length, 'finding')}: ${parts.join(', ')}${unseen}`;
}

/** What the sources of failures say of themselves. */
function whyBlind({ collectors, discovery }: StatusReport): string[] {
  const sources = ['nginx_error_log', 'envoy'];
  const said = sources.map((name) => {
    const one = collectors.find((collector) => collector.name === name);
    return one === undefined ? `${name}: switched off` : `${name}: ${one.detail}`;
  });
  return [...new Set([...said, ...discovery.filter((note) => /nginx|envoy/i.test(note))])].slice(0, 12);
}

function startNotes({ status, incidents }: Looked, source: ReportSource, sinceMs: number): string[] {
  const notes: string[] = [];
  if (source.kind === 'server' && Date.parse(status.startedAt) > sinceMs)
    notes.push(
      `this badgateway runs since ${status.startedAt}: what it missed before is not here; --no-server reads the logs back`,
    );
  if (incidents.total > incidents.incidents.length)
    notes.push(`${incidents.total - incidents.incidents.length} more incidents are not listed: shorten --since`);
  return notes;
}
