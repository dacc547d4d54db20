import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { corpus } from '../corpus/generate.ts';
import { cpuSeconds, type Follower } from '../exporter.ts';
import type { Row, SectionResult } from '../report.ts';
import { following, LONGEST_WAIT_MS, measureAll, POLL_MS, type Program } from './follow.ts';

/** 158 MB appended at once to the followed file. */

const BURST_LINES = 500_000;
const WRITE_BYTES = 1 << 20;

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, n) => sum + n, 0);
}

interface Burst {
  readonly name: string;
  readonly fullCountMs: number;
  readonly slowestAnswerMs: number;
  readonly cpuSeconds: number;
}

/** Polls until `count` is reached after `written`; also notes the slowest answer. */
async function untilCount(follower: Follower, goal: { count: number; isWritten: () => boolean }): Promise<number> {
  let slowest = 0;
  const giveUp = performance.now() + LONGEST_WAIT_MS;
  for (;;) {
    const { count, answerMs } = await follower.scrape();
    slowest = Math.max(slowest, answerMs);
    if (goal.isWritten() && count >= goal.count) {
      if (count > goal.count) throw new Error(`${follower.name} counted ${count}, written were ${goal.count}`);
      return slowest;
    }
    if (performance.now() > giveUp) throw new Error(`${follower.name} stands at ${count} of ${goal.count}`);
    await wait(POLL_MS);
  }
}

async function measureBurst(program: Program): Promise<Burst> {
  const { path, truth } = corpus({ lines: BURST_LINES });
  const content = readFileSync(path);
  return await following(program, async (follower, file) => {
    const before = cpuSeconds(follower.pid);
    let writtenAt = 0;
    const handle = await open(file, 'a');
    const writing = (async () => {
      for (let at = 0; at < content.length; at += WRITE_BYTES)
        await handle.write(content.subarray(at, at + WRITE_BYTES));
      writtenAt = performance.now();
      await handle.close();
    })();
    const count = program.expected({ lines: truth.lines, matches: total(truth.symptoms) });
    const slowestAnswerMs = await untilCount(follower, { count, isWritten: () => writtenAt > 0 });
    await writing;
    const fullCountMs = performance.now() - writtenAt;
    return { name: follower.name, fullCountMs, slowestAnswerMs, cpuSeconds: cpuSeconds(follower.pid) - before };
  });
}

export async function burst(): Promise<SectionResult> {
  const results = await measureAll(measureBurst);
  const [us, mtail] = results;
  const rows: Row[] = [
    {
      measure: '158 MB at once: last write to full count in /metrics',
      ours: `${us.fullCountMs.toFixed(0)} ms`,
      peer: `mtail ${mtail.fullCountMs.toFixed(0)} ms`,
      ratio: `${(mtail.fullCountMs / us.fullCountMs).toFixed(0)} × sooner`,
      goal: '≤ 1000 ms',
      met: us.fullCountMs <= 1000,
    },
    {
      measure: 'slowest /metrics answer meanwhile',
      ours: `${us.slowestAnswerMs.toFixed(0)} ms`,
      peer: `mtail ${mtail.slowestAnswerMs.toFixed(0)} ms`,
      ratio: '–',
      goal: '≤ 100 ms',
      met: us.slowestAnswerMs <= 100,
    },
  ];
  return { section: 'burst', rows, figures: results };
}
