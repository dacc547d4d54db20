import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { benchDirectory } from '../corpus/generate.ts';
import { memoryMb } from '../exporter.ts';
import { median } from '../measure.ts';
import type { Row, SectionResult } from '../report.ts';
import { measureAll, PROBING, PROGRAMS, type Program } from './follow.ts';

/** Resident memory of the idle exporter and the time from spawn to the first 200. */

const STARTS = 5;
const SETTLE_MS = 3000;
const RSS_GOAL_MB = 60;
const OWN_GOAL_MB = 10;
const START_GOAL_MS = 300;
const BARE_SERVER = "require('node:http').createServer((_, response) => response.end()).listen(0, '127.0.0.1')";

interface Footprint {
  readonly name: string;
  readonly startMs: number;
  readonly rssMb: number;
  readonly anonymousMb: number;
}

async function measure(program: Program): Promise<Footprint> {
  const file = join(benchDirectory(), `memory-${process.pid}.log`);
  writeFileSync(file, '');
  const starts: number[] = [];
  try {
    for (let i = 1; ; i++) {
      const follower = await program.start(file);
      starts.push(follower.startMs);
      if (i === STARTS) await wait(SETTLE_MS);
      const { rss, anonymous } = memoryMb(follower.pid);
      await follower.stop();
      if (i === STARTS) return { name: follower.name, startMs: median(starts), rssMb: rss, anonymousMb: anonymous };
    }
  } finally {
    rmSync(file, { force: true });
  }
}

/** The floor: what Node itself takes to answer HTTP. */
async function measureBareServer(): Promise<{ rss: number; anonymous: number }> {
  const child = spawn(process.execPath, ['--max-semi-space-size=1', '-e', BARE_SERVER], { stdio: 'ignore' });
  try {
    await wait(SETTLE_MS);
    return memoryMb(child.pid as number);
  } finally {
    child.kill('SIGKILL');
  }
}

export async function memory(): Promise<SectionResult> {
  const results = await measureAll(measure, [...PROGRAMS, PROBING]);
  const [us, mtail, probing] = results;
  const bare = await measureBareServer();
  const own = us.anonymousMb - bare.anonymous;
  const rows: Row[] = [
    {
      measure: 'RSS (anonymous part), file only',
      ours: `${us.rssMb.toFixed(0)} MB (${us.anonymousMb.toFixed(0)})`,
      peer: `mtail ${mtail.rssMb.toFixed(0)} MB (${mtail.anonymousMb.toFixed(0)})`,
      ratio: '–',
      goal: `≤ ${RSS_GOAL_MB} MB`,
      met: us.rssMb <= RSS_GOAL_MB,
    },
    {
      measure: 'RSS (anonymous part), all collectors',
      ours: `${probing.rssMb.toFixed(0)} MB (${probing.anonymousMb.toFixed(0)})`,
      ...{ peer: '–', ratio: '–', goal: '–', met: null },
    },
    {
      measure: 'anonymous memory above a bare node:http server',
      ours: `${own.toFixed(0)} MB`,
      peer: `bare server ${bare.rss.toFixed(0)} MB (${bare.anonymous.toFixed(0)})`,
      ratio: '–',
      goal: `≤ ${OWN_GOAL_MB} MB`,
      met: own <= OWN_GOAL_MB,
    },
    {
      measure: `spawn to first 200, median of ${STARTS}`,
      ours: `${us.startMs.toFixed(0)} ms`,
      peer: `mtail ${mtail.startMs.toFixed(0)} ms`,
      ratio: '–',
      goal: `≤ ${START_GOAL_MS} ms`,
      met: us.startMs <= START_GOAL_MS,
    },
  ];
  return { section: 'memory', rows, figures: { results, bare } };
}
