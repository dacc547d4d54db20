import type { Subject } from '../contract/metrics.ts';
import type { ListedState, UpstreamsReport } from './views.ts';

/** What a person must see first: what should not be in use, what should be otherwise, what is not known, the rest. */
export const STATE_ORDER: readonly ListedState[] = [
  'stale',
  'foreign',
  'port_drift',
  'missing',
  'not_ready',
  'terminating',
  'unknown',
  '',
  'live',
];
const RANKS: ReadonlyMap<string, number> = new Map(STATE_ORDER.map((state, rank) => [state, rank]));
/** Classes of the style. */
const COLOURS: Readonly<Record<ListedState, string>> = {
  stale: 'failed',
  foreign: 'failed',
  port_drift: 'failed',
  missing: 'not_permitted',
  not_ready: 'not_permitted',
  terminating: 'not_permitted',
  unknown: 'absent',
  '': 'absent',
  live: 'ok',
};

/** Addresses in use that should not be. */
export function countDrift({ counts }: UpstreamsReport): number {
  return counts.stale + counts.foreign + counts.port_drift;
}

interface Judged {
  readonly state: string;
  /** ISO time in UTC: such texts stand in the order of their times. */
  readonly since: string | null;
}

/** The worst first, and of the same state the oldest. */
export function bySeverity(a: Judged, b: Judged): number {
  const unknown = STATE_ORDER.length;
  const byState = (RANKS.get(a.state) ?? unknown) - (RANKS.get(b.state) ?? unknown);
  if (byState !== 0 || a.since === b.since) return byState;
  if (a.since === null) return 1;
  return b.since === null || a.since < b.since ? -1 : 1;
}

export function colourOf(state: ListedState): string {
  return COLOURS[state];
}

/** A gateway and its replica. */
export function gatewayText({ gateway, pod }: Pick<Subject, 'gateway' | 'pod'>): string {
  return pod === '' || pod === gateway ? gateway : `${gateway} (${pod})`;
}

/** The kind of proxy and its gateway; one without a name of its own is called as its kind, which is said once. */
export function proxyText({ proxy, subject }: Named): string {
  const text = gatewayText(subject);
  return subject.gateway === proxy ? text : `${proxy} ${text}`;
}

interface Named {
  readonly proxy: string;
  readonly subject: Pick<Subject, 'gateway' | 'pod'>;
}
