import { join } from 'node:path';
import { type Corpus, corpus } from '../corpus/generate.ts';
import { type Answer, differences } from '../corpus/truth.ts';
import { bundleDriver } from '../drivers/bundle.ts';
import { type Contestant, interleave, type Summary } from '../measure.ts';
import { awkAnswer, mtailAnswer } from '../peers/answers.ts';
import type { Row, SectionResult } from '../report.ts';

/** Batch: a whole log file to counters, whole processes, every counter compared with the known answer. */

const PEERS = join(import.meta.dirname, '../peers');
const LITERAL = 'connect() failed (111';
const MOST_RSS_MB = 80;
const CRI_GOAL = 0.75;

function isTruth(name: string, { truth }: Corpus, read: (output: string) => Answer): (output: string) => void {
  return (output) => {
    const found = differences(truth, read(output));
    if (found.length > 0)
      throw new Error(`${name} is wrong in ${found.length} counters:\n${found.slice(0, 10).join('\n')}`);
  };
}

function isNumber(output: string): void {
  if (!/^\d+\s*$/.test(output)) throw new Error(`expected a number, got ${output.slice(0, 100)}`);
}

/** Our process; counts the lines it saw too. */
export function ours(file: Corpus, format: 'plain' | 'cri'): Contestant {
  const read = (output: string): Answer => {
    const answer = JSON.parse(output);
    if (answer.lines !== file.truth.lines)
      throw new Error(`badgateway saw ${answer.lines} of ${file.truth.lines} lines`);
    return answer;
  };
  const name = `badgateway ${format}`;
  return {
    name,
    command: [process.execPath, bundleDriver('errorlog'), file.path],
    check: isTruth(name, file, read),
  };
}

function mtail(program: string, path: string): readonly string[] {
  return ['mtail', '--one_shot', '--one_shot_format', 'prometheus', '--progs', join(PEERS, program), '--logs', path];
}

/** Its short pattern also hits the traps: it can only have counted too much. */
function isTwoPatterns({ truth }: Corpus): (output: string) => void {
  return (output) => {
    const refused = /errno="111:"[^}]*\} (\d+)/.exec(output)?.[1];
    if (!(Number(refused) >= truth.symptoms.connect_refused)) {
      throw new Error(`mtail, two patterns: ${refused} refused, the truth is ${truth.symptoms.connect_refused}`);
    }
  };
}

function peers(file: Corpus): Contestant[] {
  const { path } = file;
  return [
    { name: 'raw reader', command: [process.execPath, bundleDriver('raw-reader'), path], check: isNumber },
    { name: 'grep -c', command: ['grep', '-c', '-F', LITERAL, path], check: isNumber },
    {
      name: 'mawk',
      command: ['mawk', '-f', join(PEERS, 'classify.awk'), path],
      check: isTruth('mawk', file, awkAnswer),
    },
    { name: 'mtail', command: mtail('same-answer.mtail', path), check: isTruth('mtail', file, mtailAnswer) },
    { name: 'mtail, two patterns', command: mtail('two-patterns.mtail', path), check: isTwoPatterns(file) },
  ];
}

function describe({ cpuMedian, cpuMinimum, peakRssMb }: Summary, { truth }: Corpus): string {
  const rate = `${(truth.bytes / cpuMedian / 1e6).toFixed(0)} MB/s, ${(truth.lines / cpuMedian / 1e6).toFixed(2)} M lines/s`;
  return `${cpuMedian.toFixed(2)} CPU s (min ${cpuMinimum.toFixed(2)}), ${rate}, ${peakRssMb.toFixed(0)} MB RSS`;
}

/** How many times less CPU we used; `goal` null = for comparison. */
function against(us: Summary, them: Summary, goal: { file: Corpus; times: number | null }): Row {
  const ratio = them.cpuMedian / us.cpuMedian;
  return {
    measure: `${(goal.file.truth.lines / 1e6).toFixed(1)} M lines against ${them.name}`,
    ours: describe(us, goal.file),
    peer: describe(them, goal.file),
    ratio: `${ratio.toFixed(ratio < 10 ? 2 : 0)} ×`,
    goal: goal.times === null ? '–' : `≥ ${goal.times} ×`,
    met: goal.times === null ? null : ratio >= goal.times,
  };
}

const GOALS: Readonly<Record<string, number | null>> = {
  mtail: 40,
  'mtail, two patterns': null,
  mawk: 3,
  'grep -c': 0.2,
  'raw reader': null,
};

export function errorlog(options: {
  readonly lines: number;
  readonly rounds: number;
  readonly peersOnly: boolean;
}): SectionResult {
  const file = corpus({ lines: options.lines });
  const contestants = options.peersOnly ? peers(file) : [ours(file, 'plain'), ...peers(file)];
  const summaries = interleave(contestants, file.path, options.rounds);
  const us = summaries.get('badgateway plain');
  const rows: Row[] = [];
  for (const [name, times] of Object.entries(GOALS)) {
    const them = summaries.get(name);
    if (them === undefined) continue;
    if (us !== undefined) rows.push(against(us, them, { file, times }));
    else
      rows.push({
        measure: `peer ${name} alone`,
        ours: '–',
        peer: describe(them, file),
        ratio: '–',
        goal: '–',
        met: null,
      });
  }
  if (us !== undefined) {
    const met = us.peakRssMb <= MOST_RSS_MB;
    rows.push({
      measure: 'peak RSS',
      ours: `${us.peakRssMb.toFixed(0)} MB`,
      peer: '–',
      ratio: '–',
      goal: `≤ ${MOST_RSS_MB} MB`,
      met,
    });
  }
  return {
    section: 'errorlog',
    rows,
    figures: { bytes: file.truth.bytes, lines: file.truth.lines, summaries: [...summaries.values()] },
  };
}

export function cri(options: { readonly lines: number; readonly rounds: number }): SectionResult {
  const plain = corpus({ lines: options.lines });
  const wrapped = corpus({ lines: options.lines, cri: true });
  const contestants = [ours(plain, 'plain'), ours(wrapped, 'cri')];
  const summaries = interleave(contestants, wrapped.path, options.rounds);
  const [base, us] = contestants.map(({ name }) => summaries.get(name) as Summary);
  const ratio = base.cpuMedian / us.cpuMedian;
  const row: Row = {
    measure: 'CRI file, lines per CPU second against our plain rate',
    ours: describe(us, wrapped),
    peer: describe(base, plain),
    ratio: `${ratio.toFixed(2)} ×`,
    goal: `≥ ${CRI_GOAL} ×`,
    met: ratio >= CRI_GOAL,
  };
  return { section: 'cri', rows: [row], figures: { summaries: [base, us] } };
}
