import { join } from 'node:path';
import { type AccessAnswer, accessDifferences } from '../corpus/access-truth.ts';
import { type AccessCorpus, accessCorpus } from '../corpus/generate-access.ts';
import { bundleDriver } from '../drivers/bundle.ts';
import { type Contestant, interleave, type Summary } from '../measure.ts';
import { awkAccessAnswer } from '../peers/access-answers.ts';
import type { Row } from '../report.ts';

/** The same requests as a container runtime wraps them, and as JSON: every counter and bucket equal to the known answer. */

const PEERS = join(import.meta.dirname, '../peers');
const LAYOUTS = ['cri', 'json'] as const;
const GOAL = 2.3;

/** Throws when an answer is not the known one. */
export function assertEqual(name: string, truth: AccessAnswer, got: AccessAnswer): void {
  const found = accessDifferences(truth, got);
  if (found.length > 0)
    throw new Error(`${name} is wrong in ${found.length} counters:\n${found.slice(0, 10).join('\n')}`);
}

/** Our process; it says how many lines it saw, too. */
export function ours({ path, truth }: AccessCorpus, layout: 'plain' | (typeof LAYOUTS)[number]): Contestant {
  const name = `badgateway ${layout}`;
  return {
    name,
    command: [process.execPath, bundleDriver('accesslog'), path, layout],
    check: (output) => {
      const answer: AccessAnswer & { lines: number } = JSON.parse(output);
      if (answer.lines !== truth.lines) throw new Error(`${name} saw ${answer.lines} of ${truth.lines} lines`);
      assertEqual(name, truth, answer);
    },
  };
}

/** `before`: programs whose rules come first. */
export function mawk({ path, truth }: AccessCorpus, before: readonly string[] = []): Contestant {
  const programs = [...before, 'access.awk'].flatMap((name) => ['-f', join(PEERS, name)]);
  return {
    name: 'mawk',
    command: ['mawk', '-F"', ...programs, path],
    check: (output) => assertEqual('mawk', truth, awkAccessAnswer(output)),
  };
}

function rateOf({ cpuMedian }: Summary, { truth }: AccessCorpus): string {
  const rate = `${(truth.fileBytes / cpuMedian / 1e6).toFixed(0)} MB/s, ${(truth.lines / cpuMedian / 1e6).toFixed(2)} M lines/s`;
  return `${cpuMedian.toFixed(2)} CPU s, ${rate}`;
}

export function accesslogLayouts(lines: number, rounds: number): { rows: Row[]; figures: readonly Summary[] } {
  const rows: Row[] = [];
  const figures: Summary[] = [];
  for (const layout of LAYOUTS) {
    const file = accessCorpus(lines, layout);
    const contestants = [ours(file, layout), mawk(file, [`access-${layout}.awk`])];
    const [us, them] = interleave(contestants, file.path, rounds).values();
    const ratio = them.cpuMedian / us.cpuMedian;
    rows.push({
      measure: `${(lines / 1e6).toFixed(1)} M ${layout === 'cri' ? 'CRI' : 'JSON'} lines against mawk`,
      ours: rateOf(us, file),
      peer: rateOf(them, file),
      ratio: `${ratio.toFixed(2)} ×`,
      goal: `≥ ${GOAL} ×`,
      met: ratio >= GOAL,
    });
    figures.push(us, { ...them, name: `mawk ${layout}` });
  }
  return { rows, figures };
}
