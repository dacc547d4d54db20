import { showInvisible } from '../http/html.ts';
import { nextStep } from './verify-errors.ts';
import type { LoadResult } from './verify-load.ts';
import type { VerifyPlan } from './verify-options.ts';
import type { Latencies } from './verify-tally.ts';

/** What came of the run; the answer of --json. */
export interface VerifyReport {
  readonly method: string;
  /** Without its query. */
  readonly url: string;
  readonly qps: number;
  readonly seconds: number;
  readonly expect: string;
  readonly planned: number;
  /** Answers and failures; less than `planned` when it was cut short. */
  readonly counted: number;
  readonly cutOff: number;
  readonly reopened: number;
  readonly results: readonly ResultRow[];
  /** Milliseconds; null: there was no answer. */
  readonly latencies: Latencies | null;
  readonly failures: number;
  readonly maxFailures: number;
  /** `cut_short`: it was ended before all was sent, and what there is has not failed. */
  readonly verdict: 'passed' | 'failed' | 'cut_short';
}

export interface ResultRow {
  /** The code, or the kind of error. */
  readonly result: string;
  readonly isExpected: boolean;
  readonly count: number;
  /** Of `counted`. */
  readonly share: number;
  /** The first error of this kind; '' for an answer. */
  readonly detail: string;
}

export function reportOf({ load, expect, isExpected, maxFailures }: VerifyPlan, result: LoadResult): VerifyReport {
  const { tally, planned, cutOff, reopened, seconds } = result;
  const counted = tally.total();
  const rows = [
    ...tally.codes().map(([code, count]) => ({ result: `${code}`, isExpected: isExpected(code), count, detail: '' })),
    ...tally.errors().map(({ kind, count, detail }) => ({ result: kind, isExpected: false, count, detail })),
  ];
  const failures = rows.reduce((sum, row) => sum + (row.isExpected ? 0 : row.count), 0);
  return {
    ...{ method: load.method, url: `${load.url.origin}${load.url.pathname}`, qps: load.qps, seconds, expect },
    ...{ planned, counted, cutOff, reopened },
    results: rows.map((row) => ({ ...row, share: row.count / counted })),
    latencies: tally.latencies(),
    ...{ failures, maxFailures },
    verdict: failures > maxFailures ? 'failed' : counted < planned ? 'cut_short' : 'passed',
  };
}

/** A table of results, the latencies, and a sentence. */
export function reportText(report: VerifyReport): string {
  const { method, url, counted, planned, qps, seconds, latencies, results } = report;
  const head = `${method} ${url}: ${counted} of ${planned} requests, ${qps}/s, ${seconds.toFixed(1)} s`;
  const table = [
    ['RESULT', 'COUNT', 'SHARE', ''],
    ...results.map(({ result, count, share, isExpected, detail }) => [
      result,
      `${count}`,
      shareText(share),
      [isExpected ? '' : 'not expected', detail === '' ? '' : `(${detail})`].join(' ').trim(),
    ]),
  ];
  const widths = [0, 1, 2].map((at) => Math.max(...table.map((row) => row[at].length)));
  const rows = table.map(([result, count, share, note]) =>
    [result.padEnd(widths[0]), count.padStart(widths[1]), share.padStart(widths[2]), note].join('  ').trimEnd(),
  );
  const paragraphs = [[head], rows, ...(latencies === null ? [] : [latencyLines(latencies)]), [sentence(report)]];
  return `${paragraphs.map((lines) => lines.map(showInvisible).join('\n')).join('\n\n')}\n`;
}

/** The next step for each kind of error, and what else must be known about the figures. */
export function reportNotes({ results, reopened, cutOff }: VerifyReport): string[] {
  const kinds = results.flatMap(({ result, detail }) => (detail === '' ? [] : result));
  return [
    ...kinds.map((kind) => nextStep(kind as Parameters<typeof nextStep>[0])),
    ...(reopened === 0
      ? []
      : [`${reopened} times the server closed an idle connection as it was used again; sent again over a new one`]),
    ...(cutOff === 0 ? [] : [`${cutOff} requests were under way at the end and count as nothing`]),
  ];
}

function latencyLines({ p50, p90, p99, p999, max }: Latencies): string[] {
  const named = { p50, p90, p99, 'p99.9': p999, max };
  const cells = Object.entries(named).map(([name, value]) => [name, latencyText(value)] as const);
  const line = (at: 0 | 1) =>
    cells.map((cell) => cell[at].padStart(Math.max(cell[0].length, cell[1].length))).join('  ');
  return [line(0), line(1)];
}

function sentence({ verdict, failures, counted, planned, expect, maxFailures }: VerifyReport): string {
  const allowed = maxFailures === 0 ? '' : ` (${maxFailures} may)`;
  if (failures > 0) {
    const cut = verdict === 'cut_short' ? ', cut short' : '';
    return `${verdict === 'failed' ? 'failed' : 'passed'}${cut}: ${failures} of ${counted} were not answered with ${expect}${allowed}`;
  }
  if (verdict === 'cut_short')
    return `cut short: ${counted} of ${planned} were answered with ${expect}; the rest was not asked`;
  return `passed: ${counted} of ${counted} were answered with ${expect}`;
}

/** Never 0 % of something, nor 100 % of less than all. */
function shareText(share: number): string {
  const percent = share * 100;
  if (percent === 100 || percent === 0) return `${percent} %`;
  if (percent < 0.01) return '<0.01 %';
  return percent > 99.99 ? '>99.99 %' : `${percent.toFixed(2)} %`;
}

function latencyText(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 100 ? `${ms.toFixed(0)} ms` : `${ms.toFixed(1)} ms`;
}
