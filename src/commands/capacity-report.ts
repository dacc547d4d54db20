import type { Row } from '../capacity/history.ts';
import { jsonOf } from '../capacity/json.ts';
import { markdownOf } from '../capacity/markdown.ts';
import { pageOf } from '../capacity/page.ts';
import { type PrometheusAccess, PrometheusClient } from '../capacity/prometheus.ts';
import { type CapacityReport, readReport } from '../capacity/report.ts';
import { showInvisible } from '../http/html.ts';
import { readWindow, type WindowFlags, wholeDays } from './capacity-report-window.ts';
import { ownTerminal, type ReportTerminal } from './report.ts';

export interface CapacityReportOptions extends PrometheusAccess, WindowFlags {
  readonly format?: 'md' | 'html' | 'json';
  readonly failUnder?: string;
}

const WRITERS = {
  md: markdownOf,
  html: pageOf,
  json: (report: CapacityReport) => `${showInvisible(jsonOf(report))}\n`,
} as const;

/** The command `capacity-report`: returns the exit code. 0: asked; 1: with --fail-under, something may be full; 2: it cannot be told. */
export async function runCapacityReport(
  options: CapacityReportOptions,
  terminal: Pick<ReportTerminal, 'out' | 'note'> = ownTerminal(),
): Promise<number> {
  try {
    const window = readWindow(options, Date.now());
    const failUnder = options.failUnder === undefined ? null : wholeDays('--fail-under', options.failUnder);
    const report = await readReport(new PrometheusClient(options), window);
    terminal.out(WRITERS[options.format ?? 'md'](report));
    if (report.rows.length === 0) {
      terminal.note(showInvisible(nothingSeen(report)));
      return 2;
    }
    return failUnder !== null && report.rows.some((row) => mayBeFull(row, failUnder)) ? 1 : 0;
  } catch (error) {
    terminal.note(showInvisible((error as Error).message));
    return 2;
  }
}

function nothingSeen({ place, window }: CapacityReport): string {
  const only = window.matchers === '' ? '' : ` with ${window.matchers}`;
  const end = new Date(window.endSeconds * 1000).toISOString().replace('.000Z', 'Z');
  return `${place}: no capacity series of badgateway${only} in the last ${window.days} days: is badgateway scraped by this Prometheus (up{job=~".*badgateway.*"}), and since before ${end}?`;
}

/** Guidelines are no walls. */
function mayBeFull({ forecast, resource }: Row, days: number): boolean {
  if (typeof resource.limit === 'number') return false;
  return forecast.shape === 'at_limit' || (forecast.daysLeft !== null && forecast.daysLeft.least <= days);
}
