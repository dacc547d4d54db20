import { showInvisible } from '../http/html.ts';
import type { Action } from './actions.ts';
import type { Row } from './history.ts';
import { type CapacityReport, subjectOf } from './report.ts';
import { daysWords, figure, settingWords, trendWords, useWords, whyWords } from './words.ts';

const HEAD = ['resource', 'of', "week's peak", 'limit', 'use', 'trend of daily peaks', 'days until full'];

/** The report as Markdown. */
export function markdownOf(report: CapacityReport): string {
  const { rows, missing, actions, notes } = report;
  return [
    '# Capacity of the gateways',
    introduction(report).map(escapeCell).join('\n'),
    section('Change first', actions.length === 0 ? [whenNothing(report)] : actions.map(actionLine)),
    `## Headroom\n\n${rows.length === 0 ? 'Nothing was seen.' : table(rows)}`,
    section(
      'How sure',
      rows.map((row) => `- ${escapeCell(`${row.resource.title}, ${subjectOf(row.labels)}: ${whyWords(row)}`)}`),
    ),
    section(
      'Not seen, so nothing is known',
      missing.map(({ resource, why }) => `- ${escapeCell(`${resource.title}: ${why}`)}`),
    ),
    section(
      'Left out',
      notes.map((note) => `- ${escapeCell(note)}`),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

/** Where, when and how it was looked. */
export function introduction({ place, window, rows, queries, points }: CapacityReport): string[] {
  const end = new Date(window.endSeconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  const only = window.matchers === '' ? '' : `, only ${window.matchers}`;
  return [
    `${window.days} days until ${end} of ${place}${only}: ${rows.length} rows from ${queries} queries and ${points} values.`,
    'Peaks are the highest of each day. Days until full hold if it goes on as seen; what is not called uncertain is meant to be right within 15 %, or a day.',
  ];
}

/** Nothing is urgent: only as far as was seen. */
export function whenNothing({ rows, missing }: CapacityReport): string {
  if (rows.length === 0) return 'Nothing can be said: nothing was seen.';
  const unseen = missing.length === 0 ? '' : ` ${missing.length} resources were not seen.`;
  return `Nothing of what was seen has to change within 90 days, as far as can be told.${unseen}`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `## ${title}\n\n${lines.join('\n')}`;
}

function actionLine(action: Action, at: number): string {
  const { row, urgency, why, cost } = action;
  const { resource, labels } = row;
  const costs = cost === '' ? '' : ` (${cost})`;
  return `${at + 1}. **${urgency}**: ${escapeCell(`${subjectOf(labels)}, ${resource.title}: ${why}. Change ${settingWords(action)}${costs}. Mind: ${resource.advice}.`)}`;
}

function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.resource.title,
    subjectOf(row.labels),
    figure(row.weekPeak, row.resource.unit, row.isShare),
    row.isShare ? 'its own' : figure(row.limit, row.resource.unit),
    useWords(row),
    trendWords(row),
    daysWords(row),
  ]);
  const all = [HEAD, ...cells.map((line) => line.map(escapeCell))];
  const widths = HEAD.map((_, at) => Math.max(3, ...all.map((line) => line[at].length)));
  const lines = all.map((line) => `| ${line.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`);
  return [lines[0], `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...lines.slice(1)].join('\n');
}

/** Names come from elsewhere: no markup, no link, no second cell. */
export function escapeCell(text: string): string {
  return showInvisible(text).replace(/[\\`*<>[\]|]/g, (character) => `\\${character}`);
}
