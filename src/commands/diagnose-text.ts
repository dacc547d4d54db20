import { formatAge, formatClock } from '../http/page-time.ts';
import { countOf, formatCount, formatRate, formatShare } from '../http/page-words.ts';
import { type Colour, Paint, type PaintOptions } from './diagnose-paint.ts';
import type { BlindSpot, DiagnoseReport, Finding } from './diagnose-report.ts';
import { upstreamText } from './diagnose-upstream-text.ts';

const MOST_SHOWN = 20;
const MOST_TIMELINE = 8;
const MOST_SAMPLES = 2;
const LABEL = 12;
const OUTCOME_COLOURS: Readonly<Record<DiagnoseReport['outcome'], Colour>> = {
  healthy: 'green',
  findings: 'red',
  blind: 'yellow',
};

/** What the command prints without --json. */
export function diagnoseText(report: DiagnoseReport, options: PaintOptions): string {
  const paint = new Paint(options);
  const { source, at, since, summary, findings, blindSpots, notes, upstream, outcome } = report;
  const from = source.kind === 'server' ? `by the badgateway at ${source.url}` : 'by a look of this command';
  const span = formatAge(Date.parse(at) - Date.parse(since));
  return [
    paint.block('', `The last ${span} until ${at.slice(0, 19)}Z, seen ${from}`, 'dim'),
    '\n',
    ...(upstream === null ? [] : [upstreamText(upstream, paint), '\n']),
    paint.labelled(
      outcome === 'findings' ? '' : outcome === 'healthy' ? 'OK  ' : 'BLIND  ',
      OUTCOME_COLOURS[outcome],
      summary,
    ),
    '\n',
    ...findings.slice(0, MOST_SHOWN).map((finding, index) => findingText(finding, index + 1, at, paint)),
    findings.length > MOST_SHOWN ? `and ${findings.length - MOST_SHOWN} more: see --json\n\n` : '',
    ...(blindSpots.length > 0
      ? [paint.block('', 'Not seen:', 'yellow'), ...blindSpots.map((spot) => blindText(spot, at, paint)), '\n']
      : []),
    ...notes.map((note) => paint.block('note: ', note, 'dim')),
  ].join('');
}

function findingText(finding: Finding, number: number, at: string, paint: Paint): string {
  const { isNow, failures, title, next } = finding;
  const [word, colour] = stateOf(isNow, failures);
  const head = (label: string) => `   ${label.padEnd(LABEL)}`;
  const row = (label: string, text: string) => (text === '' ? '' : paint.block(head(label), text));
  const list = (label: string, texts: readonly string[]) =>
    texts.map((text, at) => row(at === 0 ? label : '', text)).join('');
  return [
    paint.labelled(`${number}. ${word}  `, colour, title),
    row('cause', causeText(finding)),
    row('numbers', numbersText(finding, at)),
    row('affected', listText(finding.affected)),
    list('condition', finding.conditions.map(conditionText)),
    list('evidence', finding.evidence),
    ...finding.timeline.slice(-MOST_TIMELINE).map((entry) => row(clockText(entry.at), entry.text)),
    list('log', finding.samples.slice(0, MOST_SAMPLES)),
    next === '' ? '' : paint.whole(head('next'), next, 'bold'),
    '\n',
  ].join('');
}

function conditionText({ condition, isActive, since, evidence }: Finding['conditions'][number]): string {
  return `${condition}, ${isActive ? `since ${clockText(since)}` : 'over'}${evidence === '' ? '' : `: ${evidence}`}`;
}

function stateOf(isNow: boolean, failures: number): [string, Colour] {
  if (!isNow) return ['OVER', 'dim'];
  return failures > 0 ? ['FAILING NOW', 'red'] : ['BAD STATE', 'yellow'];
}

function causeText({ cause, causes, failures }: Finding): string {
  if (causes.length === 0) return cause ?? '';
  if (causes.length === 1) return causes[0].cause;
  return causes
    .map((one) => `${one.cause} ${formatCount(one.count)} (${formatShare(failures === 0 ? 0 : one.count / failures)})`)
    .join(', ');
}

function numbersText({ failures, failuresPerSecond, share, startedAt, lastAt, isNow }: Finding, at: string): string {
  const ago = (moment: string) => `${formatAge(Date.parse(at) - Date.parse(moment))} ago`;
  const parts = [
    ...(failures > 0 ? [countOf(failures, 'failure')] : []),
    ...(failuresPerSecond > 0 ? [`now ${formatRate(failuresPerSecond)}`] : []),
    ...(share === null || failures === 0 ? [] : [`${formatShare(share)} of the gateway’s requests`]),
    `began ${clockText(startedAt)}, ${ago(startedAt)}`,
    ...(failures > 0 ? [`last ${ago(lastAt)}`] : isNow ? [] : [`ended ${ago(lastAt)}`]),
  ];
  return parts.join(', ');
}

/** `02:58:11Z`; the day is near. */
function clockText(iso: string): string {
  return `${formatClock(iso)}Z`;
}

function listText(names: readonly string[]): string {
  const shown = names.slice(0, MOST_TIMELINE).join(', ');
  return names.length > MOST_TIMELINE ? `${shown} and ${names.length - MOST_TIMELINE} more` : shown;
}

function blindText({ source, subject, why, detail, lastAt }: BlindSpot, at: string, paint: Paint): string {
  const last = lastAt === null ? '' : `, last seen ${formatAge(Date.parse(at) - Date.parse(lastAt))} ago`;
  return paint.block(' - ', `${subject} (${source}, ${why}${last})${detail === '' ? '' : `: ${detail}`}`);
}
