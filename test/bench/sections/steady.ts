import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { corpus } from '../corpus/generate.ts';
import { cpuSeconds, type Follower } from '../exporter.ts';
import { median } from '../measure.ts';
import type { Row, SectionResult } from '../report.ts';
import { following, LONGEST_WAIT_MS, measureAll, POLL_MS, PROBING, PROGRAMS, type Program } from './follow.ts';

/** Steady and quiet files. */

const LAG_PROBES = 8;
const LAG_GOAL_MS = 250;
const IDLE_GOAL_MS = 2;
const PROBING_GOAL_MS = 5;
/** What a start leaves behind is collected and compiled again in its first minute. */
const IDLE_SETTLE_MS = 60_000;
const COUNTED = /^\S+ \S+ \[error\] \d+#\d+: \*\d+ connect\(\) failed \(111: /;

export interface Load {
  readonly perSecond: number;
  readonly secs: number;
  /** Our CPU as a share of mtail's. */
  readonly goal: number;
  /** Goes on for so long before the window that counts: a program that runs for days is compiled in its first minute. */
  readonly settleSecs: number;
  /** The programs run in turn so many times; the shares are medians. */
  readonly rounds: number;
}

/** Appends corpus lines at a steady rate until stopped. */
class Writer {
  written = 0;
  private readonly file: number;
  private readonly timer: NodeJS.Timeout;

  constructor(path: string, lines: readonly string[], rate: number) {
    this.file = openSync(path, 'a');
    const started = performance.now();
    const write = () => {
      const due = Math.floor(((performance.now() - started) / 1000) * rate);
      if (due <= this.written) return;
      let block = '';
      for (; this.written < due; this.written++) block += `${lines[this.written % lines.length]}\n`;
      writeSync(this.file, block);
    };
    this.timer = setInterval(write, Math.max(10, 1000 / rate));
  }

  stop(): void {
    clearInterval(this.timer);
    closeSync(this.file);
  }
}

interface Steady {
  readonly name: string;
  /** Of the first seconds, and of those that count. */
  readonly firstShare: number;
  readonly cpuShare: number;
  readonly lagMs: readonly number[];
}

/** Every line counts in both programs, so that a number of lines is a count. */
function countedLines(): string[] {
  const { path } = corpus({ lines: 20_000 });
  return readFileSync(path, 'latin1')
    .split('\n')
    .filter((line) => COUNTED.test(line));
}

/** CPU first, without scrapes; then the lag: how long until what is written now is counted. */
async function measureRate(program: Program, { perSecond, secs, settleSecs }: Load): Promise<Steady> {
  const lines = countedLines();
  return await following(program, async (follower, file) => {
    const writer = new Writer(file, lines, perSecond);
    try {
      await wait(1000);
      const firstShare = await shareWithin(follower, secs);
      await wait(settleSecs * 1000);
      const cpuShare = settleSecs === 0 ? firstShare : await shareWithin(follower, secs);
      const lagMs: number[] = [];
      for (let i = 0; i < LAG_PROBES; i++) lagMs.push(await measureLag(follower, writer));
      return { name: follower.name, firstShare, cpuShare, lagMs };
    } finally {
      writer.stop();
    }
  });
}

async function shareWithin({ pid }: Follower, secs: number): Promise<number> {
  const [before, from] = [cpuSeconds(pid), performance.now()];
  await wait(secs * 1000);
  return (cpuSeconds(pid) - before) / ((performance.now() - from) / 1000);
}

async function measureLag(follower: Follower, writer: Writer): Promise<number> {
  const { written } = writer;
  const from = performance.now();
  while (performance.now() - from < LONGEST_WAIT_MS) {
    const { count } = await follower.scrape();
    if (count >= written) break;
    await wait(POLL_MS);
  }
  const lag = performance.now() - from;
  await wait(137);
  return lag;
}

/** What a program did in all rounds: medians of the shares, every lag. */
function middle(rounds: readonly Steady[]): Steady {
  const of = (share: (round: Steady) => number) => median(rounds.map(share));
  return {
    name: rounds[0].name,
    firstShare: of(({ firstShare }) => firstShare),
    cpuShare: of(({ cpuShare }) => cpuShare),
    lagMs: rounds.flatMap(({ lagMs }) => lagMs),
  };
}

export async function rate(name: string, load: Load): Promise<SectionResult> {
  const rounds: Steady[][] = [];
  while (rounds.length < load.rounds) rounds.push(await measureAll((program) => measureRate(program, load)));
  const [us, mtail] = PROGRAMS.map((_, index) => middle(rounds.map((round) => round[index])));
  const worstLag = Math.max(...us.lagMs);
  const share = (when: string, ours: number, peer: number, goal: number): Row => ({
    measure: `${load.perSecond} lines/s, share of a core${when}`,
    ours: `${(ours * 100).toFixed(2)} %`,
    peer: `mtail ${(peer * 100).toFixed(2)} %`,
    ratio: `${(ours / peer).toFixed(2)} of mtail`,
    goal: `≤ ${goal} of mtail`,
    met: ours / peer <= goal,
  });
  const isSettled = load.settleSecs > 0;
  const rows: Row[] = [
    ...(isSettled ? [share(`, first ${load.secs} s`, us.firstShare, mtail.firstShare, load.goal)] : []),
    share(isSettled ? `, ${load.settleSecs} s later` : '', us.cpuShare, mtail.cpuShare, load.goal),
    {
      measure: `${load.perSecond} lines/s, longest lag`,
      ours: `${worstLag.toFixed(0)} ms`,
      peer: `mtail ${Math.max(...mtail.lagMs).toFixed(0)} ms`,
      ratio: '–',
      goal: `≤ ${LAG_GOAL_MS} ms`,
      met: worstLag <= LAG_GOAL_MS,
    },
  ];
  return { section: name, rows, figures: rounds };
}

export async function idle(secs: number): Promise<SectionResult> {
  const measure = (program: Program) =>
    following(program, async (follower) => {
      const first = await shareWithin(follower, secs);
      await wait(IDLE_SETTLE_MS);
      return { name: follower.name, first, later: await shareWithin(follower, secs) };
    });
  const results = await measureAll(measure, [...PROGRAMS, PROBING]);
  const [us, mtail, probing] = results;
  const row = (what: string, ours: number, peer: number, goal: number): Row => ({
    measure: `quiet file, CPU per second, ${what}`,
    ours: `${(ours * 1000).toFixed(2)} ms`,
    peer: `mtail ${(peer * 1000).toFixed(2)} ms`,
    ratio: `${(ours / peer).toFixed(2)} of mtail`,
    goal: `≤ ${goal} ms`,
    met: ours * 1000 <= goal,
  });
  const later = `${IDLE_SETTLE_MS / 1000} s later`;
  const rows = [
    row(`file only, first ${secs} s`, us.first, mtail.first, IDLE_GOAL_MS),
    row(`file only, ${later}`, us.later, mtail.later, IDLE_GOAL_MS),
    row(`all collectors, first ${secs} s`, probing.first, mtail.first, PROBING_GOAL_MS),
    row(`all collectors, ${later}`, probing.later, mtail.later, PROBING_GOAL_MS),
  ];
  return { section: 'idle', rows, figures: results };
}
