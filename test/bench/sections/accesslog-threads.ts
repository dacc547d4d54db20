import { execFileSync } from 'node:child_process';
import { copyFileSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type AccessAnswer, accessDifferences } from '../corpus/access-truth.ts';
import type { AccessCorpus } from '../corpus/generate-access.ts';
import { bundleDriver } from '../drivers/bundle.ts';
import { median, readOnce, runProcess } from '../measure.ts';
import type { Row } from '../report.ts';

/** Two hot files: what two worker threads gain over the main thread alone, beside what two runs of mawk gain over one after the other. */

const SHARE = 0.85;
/** How often the corpus is in each file. Half a second of reading is nearly over before two more V8s have compiled their code; a log that stays hot takes longer. */
const TIMES = { once: 1, hot: 8 } as const;
const PROGRAM = join(import.meta.dirname, '../peers/access.awk');

/** What the driver accesslog-threads says. */
interface ThreadsAnswer extends AccessAnswer {
  readonly seconds: number;
  readonly mainSeconds: number;
  readonly cpuSeconds: number;
  readonly threads: number;
}

export interface ThreadsRound {
  readonly ours: { readonly alone: ThreadsAnswer; readonly together: ThreadsAnswer };
  /** Seconds of wall time. */
  readonly mawk: { readonly alone: number; readonly together: number };
}

/** The same file so many times. */
function repeated({ truth }: AccessCorpus, times: number): AccessAnswer {
  const multiply = (value: unknown): unknown => {
    if (typeof value === 'number') return value * times;
    if (Array.isArray(value)) return value.map(multiply);
    return Object.fromEntries(Object.entries(value as object).map(([key, one]) => [key, multiply(one)]));
  };
  return multiply(truth) as AccessAnswer;
}

function measureOurs(driver: string, threads: number, files: readonly string[], truth: AccessAnswer): ThreadsAnswer {
  const answer: ThreadsAnswer = JSON.parse(runProcess([process.execPath, driver, String(threads), ...files]).output);
  const wrong = accessDifferences(truth, answer);
  if (wrong.length > 0) throw new Error(`with ${threads} threads: ${wrong.slice(0, 10).join('\n')}`);
  if (answer.threads !== threads) throw new Error(`${answer.threads} of ${threads} threads ran`);
  return answer;
}

function measureMawk(files: readonly string[], separator: '&' | ';'): number {
  const runs = files.map((file) => `mawk -F'"' -f ${PROGRAM} ${file} > /dev/null`);
  return runProcess(['sh', '-c', `${runs.join(` ${separator} `)}; wait`]).wallSeconds;
}

export function accesslogThreads(corpus: AccessCorpus, rounds: number): { rows: Row[]; figures: ThreadsRound[] } {
  bundleDriver('access-log-worker');
  bundleDriver('accesslog-threads');
  const results = Object.values(TIMES).map((times) => ({ times, figures: measureFiles(corpus, times, rounds) }));
  return {
    rows: results.map(({ times, figures }) => rowOf(corpus.truth.lines * times, figures)),
    figures: results.flatMap(({ figures }) => figures),
  };
}

function measureFiles(corpus: AccessCorpus, times: number, rounds: number): ThreadsRound[] {
  const driver = bundleDriver('accesslog-threads');
  const files = [`${corpus.path}.first`, `${corpus.path}.second`];
  execFileSync('sh', ['-c', 'cat "$@"', 'sh', ...Array<string>(times).fill(corpus.path)], {
    stdio: ['ignore', openSync(files[0], 'w'), 'inherit'],
  });
  copyFileSync(files[0], files[1]);
  const truth = repeated(corpus, 2 * times);
  try {
    for (const file of files) readOnce(file);
    return Array.from({ length: rounds }, (): ThreadsRound => {
      const ours = { alone: measureOurs(driver, 0, files, truth), together: measureOurs(driver, 2, files, truth) };
      const mawk = { alone: measureMawk(files, ';'), together: measureMawk(files, '&') };
      console.error(
        `speed-up ${(ours.alone.seconds / ours.together.seconds).toFixed(2)}, mawk ${(mawk.alone / mawk.together).toFixed(2)}`,
      );
      return { ours, mawk };
    });
  } finally {
    for (const file of files) rmSync(file, { force: true });
  }
}

function rowOf(lines: number, rounds: readonly ThreadsRound[]): Row {
  const ours = median(rounds.map((round) => round.ours.alone.seconds / round.ours.together.seconds));
  const theirs = median(rounds.map((round) => round.mawk.alone / round.mawk.together));
  const share = median(rounds.map(({ ours: { together } }) => together.mainSeconds / together.cpuSeconds));
  return {
    measure: `2 files of ${(lines / 1e6).toFixed(1)} M lines on 2 threads, speed-up`,
    ours: `${ours.toFixed(2)} × (main thread ${(share * 100).toFixed(0)} % of the CPU)`,
    peer: `${theirs.toFixed(2)} × (mawk)`,
    ratio: (ours / theirs).toFixed(2),
    goal: `≥ ${SHARE}`,
    met: ours / theirs >= SHARE,
  };
}
