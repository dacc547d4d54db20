import { spawnSync } from 'node:child_process';
import { bundleDriver } from '../drivers/bundle.ts';
import type { Row, SectionResult } from '../report.ts';

/**
 * Failures through the cause engine with its rules, facts, series and incidents, in a process of its own, with V8 in the modes that it has in
 * `serve` with a cluster: from the lines of an error log, of which a look makes one observation for each symptom and peer; the same while V8 stays
 * in its efficiency mode, as it does when fewer verdicts are said (src/verdict-rate.ts); and each an observation of its own, as they come of no source.
 */

const ERRORS = 10_000_000;
const ERRORS_EACH = 1_000_000;
const ERRORS_EFFICIENT = 2_000_000;
const PER_SECOND = 20_000;
const P99_GOAL_US = 50;
const GROWTH_GOAL = 0.05;
const LONGEST_RUN_MS = 900_000;

interface Judged {
  readonly errors: number;
  readonly observed: number;
  readonly said: number;
  readonly p50Us: number;
  readonly p90Us: number;
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

function judgeErrors(errors: number, way: 'lines' | 'each' | 'efficient'): Judged {
  const args = ['--expose-gc', '--max-semi-space-size=1', '--max-opt=1', bundleDriver('engine-errors')];
  const child = spawnSync(process.execPath, [...args, String(errors), String(PER_SECOND), way], {
    encoding: 'utf8',
    timeout: LONGEST_RUN_MS,
  });
  if (child.status !== 0) throw new Error(`engine-errors failed: ${child.error ?? child.stderr}`);
  return JSON.parse(child.stdout);
}

const shareOf = ({ cpuSeconds, errors }: Judged) => cpuSeconds / (errors / PER_SECOND);
const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
const NO_PEER = { peer: '–', ratio: '–' };

function costRows(judged: Judged): Row[] {
  const { p50Us, p90Us, p99Us, secondP99Us, calmP99Us, bytesPerVerdict } = judged;
  return [
    {
      measure: 'cost of a verdict without waiting, p99 (p50, p90)',
      ours: `${p99Us.toFixed(1)} µs (${p50Us.toFixed(1)}, ${p90Us.toFixed(1)})`,
      ...NO_PEER,
      goal: `< ${P99_GOAL_US} µs`,
      met: p99Us < P99_GOAL_US,
    },
    {
      measure: 'p99 of a second: median (of the calmest tenth)',
      ours: `${secondP99Us.toFixed(1)} µs (${calmP99Us.toFixed(1)})`,
      ...{ ...NO_PEER, goal: '–', met: null },
    },
    {
      measure: 'allocated for a verdict that is said at once; one in a megabyte has a collection in it',
      ours: `${(bytesPerVerdict / 1000).toFixed(1)} kB`,
      ...{ ...NO_PEER, goal: '–', met: null },
    },
  ];
}

function heapRow({ errors, heapFirst, heapLast }: Judged): Row {
  const growth = heapLast / heapFirst - 1;
  return {
    measure: `heap after a collection at ${errors / 1e7} M, at ${errors / 1e6} M failures`,
    ours: `${heapFirst.toFixed(1)}, ${heapLast.toFixed(1)} MB`,
    peer: '–',
    ratio: `${growth >= 0 ? '+' : '−'}${Math.abs(growth * 100).toFixed(1)} %`,
    goal: `< +${GROWTH_GOAL * 100} %`,
    met: growth < GROWTH_GOAL,
  };
}

export function engine(): SectionResult {
  const judged = judgeErrors(ERRORS, 'lines');
  const efficient = judgeErrors(ERRORS_EFFICIENT, 'efficient');
  const each = judgeErrors(ERRORS_EACH, 'each');
  const causes = Object.keys(judged.byCause).length;
  const rows: Row[] = [
    {
      measure: `${ERRORS / 1e6} M failures from lines, ${PER_SECOND}/s, 5,000 upstreams, ${causes} causes: share of a core`,
      ours: percent(shareOf(judged)),
      ...{ ...NO_PEER, goal: '< 100 %', met: shareOf(judged) < 1 },
    },
    ...costRows(judged),
    heapRow(judged),
    {
      measure: 'longest look at those that wait; verdicts hurried',
      ours: `${judged.slowestTickMs.toFixed(0)} ms; ${judged.hurried}`,
      ...{ ...NO_PEER, goal: '–', met: null },
    },
    {
      measure: `V8 in its efficiency mode all the time, ${ERRORS_EFFICIENT / 1e6} M: cost of a verdict, p99 (p50); allocated; share of a core`,
      ours: `${efficient.p99Us.toFixed(1)} µs (${efficient.p50Us.toFixed(1)}); ${(efficient.bytesPerVerdict / 1000).toFixed(1)} kB; ${percent(shareOf(efficient))}`,
      ...{ ...NO_PEER, goal: '–', met: null },
    },
    {
      measure: `each an observation of its own, ${ERRORS_EACH / 1e6} M: cost of a verdict, p99 (p50); share of a core`,
      ours: `${each.p99Us.toFixed(1)} µs (${each.p50Us.toFixed(1)}); ${percent(shareOf(each))}`,
      ...{ ...NO_PEER, goal: '–', met: null },
    },
  ];
  return { section: 'engine', rows, figures: { lines: judged, efficient, each } };
}
