import { showInvisible } from '../http/html.ts';
import { tableOf } from './report-text.ts';
import type { JudgedTimeout, ProxyTimeouts, UpstreamTimeouts } from './report-timeouts.ts';
import { boundsText, type TimeoutVerdict } from './report-timeouts-judge.ts';

const MOST_PLACES = 3;
const WORDS: Readonly<Record<TimeoutVerdict, string>> = {
  far_above: 'far above',
  below: 'below',
  fits: 'fits',
  unclear: 'unclear',
  unknown: 'unknown',
};

/** A table of upstreams, then a sentence for each timeout that does not fit or is not known. */
export function timeoutsText({ name, gateway, upstreams, atRunTime, missing }: ProxyTimeouts): string {
  const of = gateway === '' || name.endsWith(gateway) ? '' : ` (gateway ${gateway})`;
  const head = [
    `${name}${of}: timeouts of ${upstreams.length} ${upstreams.length === 1 ? 'upstream' : 'upstreams'}`,
    ...missing.map((part) => `not read: ${part}`),
    ...(atRunTime === 0 ? [] : [`not listed: ${atRunTime} places that send where only the running nginx knows`]),
  ];
  const table = tableOf(
    ['UPSTREAM', 'ATTEMPTS', 'P99.9', 'CONNECT', '', 'READ', ''],
    upstreams.map(({ name: upstream, observed, connect, read }) => [
      upstream === '' ? '(not told apart)' : upstream,
      observed === null ? '-' : `${observed.attempts}`,
      observed === null ? '-' : boundsText(observed.moreThan, observed.atMost),
      ...cells(connect),
      ...cells(read),
    ]),
  );
  const sentences = upstreams.flatMap(sentencesOf).map((line) => `${showInvisible(line)}\n`);
  return [`${head.map(showInvisible).join('\n')}\n`, table, sentences.join('')].filter(Boolean).join('\n');
}

function cells(timeout: JudgedTimeout): string[] {
  return [timeText(timeout), WORDS[timeout.verdict]];
}

function sentencesOf({ name, connect, read }: UpstreamTimeouts): string[] {
  const both = { connect, read };
  if (
    connect.verdict === read.verdict &&
    connect.why === read.why &&
    connect.verdict !== 'fits' &&
    connect.suggestedMs === null
  )
    return [`${name}: ${WORDS[connect.verdict]}: ${connect.why}`];
  return Object.entries(both).flatMap(([what, timeout]) => {
    const { verdict, why, suggestedMs, places } = timeout;
    if (verdict === 'fits') return [];
    const shown = places.length > MOST_PLACES ? [...places.slice(0, MOST_PLACES), '…'] : places;
    const where = places.length === 0 ? ', the default' : ` at ${shown.join(', ')}`;
    const set = timeout.leastMs === null ? '' : ` (${timeText(timeout)}${where})`;
    const next = suggestedMs === null ? '' : `; upper bound + slack: ${secondsText(suggestedMs)}`;
    return `${name}: ${what} timeout${set} ${verdict === 'far_above' || verdict === 'below' ? 'is ' : ''}${WORDS[verdict]}: ${why}${next}`;
  });
}

function timeText({ leastMs, mostMs }: JudgedTimeout): string {
  if (leastMs === null || mostMs === null) return '?';
  return leastMs === mostMs ? secondsText(leastMs) : `${secondsText(leastMs)} to ${secondsText(mostMs)}`;
}

function secondsText(ms: number): string {
  return `${ms / 1000} s`;
}
