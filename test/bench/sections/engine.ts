import { spawnSync } from 'node:child_process';
import { bundleDriver } from '../drivers/bundle.ts';
import type { Row, SectionResult } from '../report.ts';

/** Failures that are not aggregated, through the cause engine with its rules, facts, series and incidents, in a process of its own. */

const ERRORS = 10_000_000;
const PER_SECOND = 20_000;
const P99_GOAL_US = 50;
const GROWTH_GOAL = 0.05;
const LONGEST_RUN_MS = 900_000;

interface Judged {
  readonly p50Us: number;
  readonly p99Us: number;
  /** The median and the tenth percentile of the p99 of each second: a neighbour that takes the processor away makes some seconds bad. */
  readonly secondP99Us: number;
  readonly calmP99Us: number;
  /** What a verdict that is said at once allocates. */
  readonly bytesPerVerdict: number;
  /** CPU of the whole process but for what moves the world. */
  readonly cpuSeconds: number;
  /** Megabytes after a collection, when a tenth of the errors and when all were judged. */
  readonly heapFirst: number;
  readonly heapLast: number;
  readonly slowestTickMs: number;
  readonly hurried: number;
  readonly byCause: Readonly<Record<string, number>>;
}

function judgeErrors(): Judged {
  const args = ['--expose-gc', '--max-semi-space-size=1', bundleDriver('engine-errors')];
  const child = spawnSync(process.execPath, [...args, String(ERRORS), String(PER_SECOND)], {
    encoding: 'utf8',
    timeout: LONGEST_RUN_MS,
  });
  if (child.status !== 0) throw new Error(`engine-errors failed: ${child.error ?? child.stderr}`);
  return JSON.parse(child.stdout);
}

export function engine(): SectionResult {
  const judged = judgeErrors();
  const share = judged.cpuSeconds / (ERRORS / PER_SECOND);
  const growth = judged.heapLast / judged.heapFirst - 1;
  const millions = ERRORS / 1e6;
  const causes = Object.keys(judged.byCause).length;
  const rows: Row[] = [
    {
      measure: `${millions} M failures one by one, 5,000 upstreams, ${causes} causes: cost of a verdict without waiting, p99 (p50)`,
      ours: `${judged.p99Us.toFixed(1)} µs (${judged.p50Us.toFixed(1)})`,
      ...{ peer: '–', ratio: '–' },
      goal: `< ${P99_GOAL_US} µs`,
      met: judged.p99Us < P99_GOAL_US,
    },
    {
      measure: 'p99 of a second: median (of the calmest tenth)',
      ours: `${judged.secondP99Us.toFixed(1)} µs (${judged.calmP99Us.toFixed(1)})`,
      ...{ peer: '–', ratio: '–', goal: '–' },
      met: null,
    },
    {
      measure: 'allocated for a verdict that is said at once; one in a megabyte has a collection in it',
      ours: `${(judged.bytesPerVerdict / 1000).toFixed(1)} kB`,
      ...{ peer: '–', ratio: '–', goal: '–' },
      met: null,
    },
    {
      measure: `${PER_SECOND} failures/s: share of a core`,
      ours: `${(share * 100).toFixed(0)} %`,
      ...{ peer: '–', ratio: '–' },
      goal: '< 100 %',
      met: share < 1,
    },
    {
      measure: `heap after a collection at ${millions / 10} M, at ${millions} M failures`,
      ours: `${judged.heapFirst.toFixed(1)}, ${judged.heapLast.toFixed(1)} MB`,
      peer: '–',
      ratio: `${growth >= 0 ? '+' : '−'}${Math.abs(growth * 100).toFixed(1)} %`,
      goal: `< +${GROWTH_GOAL * 100} %`,
      met: growth < GROWTH_GOAL,
    },
    {
      measure: 'longest look at those that wait; verdicts hurried',
      ours: `${judged.slowestTickMs.toFixed(0)} ms; ${judged.hurried}`,
      ...{ peer: '–', ratio: '–', goal: '–' },
      met: null,
    },
  ];
  return { section: 'engine', rows, figures: judged };
}
