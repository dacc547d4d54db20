import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT, type Row, type SectionResult } from '../report.ts';

/** One poll of a very large Envoy, in a process of its own (envoy.ts): the worst of its polls counts. */

const LONGEST_RUN_MS = 120_000;
const MOST_WALL_MS = 2000;
const MOST_GROWTH_MIB = 64;
const LONGEST_STALL_MS = 50;
const WHAT = [
  ['envoy_stats_text', '/stats of 1,000,000 lines'],
  ['envoy_clusters_json', '/clusters of 10,000 clusters × 10 hosts'],
] as const;

/** One line of envoy.ts. */
interface Poll {
  readonly bench: string;
  readonly mb: number;
  readonly wall_ms: number;
  readonly cpu_ms: number;
  readonly rss_growth_mib: number;
  readonly max_stall_ms: number;
}

function rowOf([name, measure]: (typeof WHAT)[number], polls: readonly Poll[]): Row {
  const own = polls.filter(({ bench }) => bench.startsWith(name));
  if (own.length === 0) throw new Error(`envoy.ts printed no ${name}`);
  const worst = (key: 'wall_ms' | 'cpu_ms' | 'rss_growth_mib' | 'max_stall_ms') =>
    Math.max(...own.map((poll) => poll[key]));
  const [wall, growth, stall] = [worst('wall_ms'), worst('rss_growth_mib'), worst('max_stall_ms')];
  return {
    measure: `${measure} (${own[0].mb} MB)`,
    ours: `${wall} ms, ${worst('cpu_ms')} CPU ms, RSS + ${growth} MiB, stall ${stall} ms`,
    peer: '–',
    ratio: '–',
    goal: `< ${MOST_WALL_MS} ms, < ${MOST_GROWTH_MIB} MiB, ≤ ${LONGEST_STALL_MS} ms`,
    met: wall < MOST_WALL_MS && growth < MOST_GROWTH_MIB && stall <= LONGEST_STALL_MS,
  };
}

export function envoy(): SectionResult {
  const script = join(PROJECT, 'test/bench/envoy.ts');
  const child = spawnSync(process.execPath, ['--max-semi-space-size=1', '--expose-gc', script], {
    encoding: 'utf8',
    timeout: LONGEST_RUN_MS,
  });
  if (child.status !== 0) throw new Error(`envoy.ts failed: ${child.error ?? child.stderr}`);
  const polls: Poll[] = child.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { section: 'envoy', rows: WHAT.map((what) => rowOf(what, polls)), figures: polls };
}
