import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { bundleDriver } from '../drivers/bundle.ts';
import { cpuSeconds, fetchText } from '../exporter.ts';
import { quantile } from '../measure.ts';
import type { Row, SectionResult } from '../report.ts';

/** One scrape of many series: the exporter's registry against prom-client, both behind express, the same samples. */

interface Size {
  readonly series: number;
  readonly warmUp: number;
  readonly scrapes: number;
  /** How many times less CPU. */
  readonly cpuGoal: number;
}
const FEW: Size = { series: 5000, warmUp: 30, scrapes: 200, cpuGoal: 10 };
const MANY: Size = { series: 50_000, warmUp: 5, scrapes: 40, cpuGoal: 20 };
const P50_GOAL_MS = 4;
const STALL_GOAL_MS = 50;
const RSS_GOAL_MB = 100;

interface Scraped {
  readonly name: string;
  readonly series: number;
  readonly cpuMsPerScrape: number;
  /** Longest time that the event loop did nothing else, and memory when all scrapes were answered. */
  readonly stallMs: number;
  readonly rssMb: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly bodyKb: number;
  readonly page: string;
}

async function measure(name: string, { series, warmUp, scrapes }: Size): Promise<Scraped> {
  // As src/main.ts starts; prom-client is slower with these flags.
  const isOurs = name === 'scrape-ours';
  const args = [...(isOurs ? ['--max-semi-space-size=1'] : []), bundleDriver(name), String(series)];
  const env = isOurs ? { ...process.env, MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '32768' } : process.env;
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const [port] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(10_000) });
    const url = `http://127.0.0.1:${Number(port)}/metrics`;
    for (let i = 0; i < warmUp; i++) await fetchText(url, agent);
    const pid = child.pid as number;
    const before = cpuSeconds(pid);
    const times: number[] = [];
    let page = '';
    for (let i = 0; i < scrapes; i++) {
      const asked = performance.now();
      page = (await fetchText(url, agent)).body;
      times.push(performance.now() - asked);
    }
    const cpuMsPerScrape = ((cpuSeconds(pid) - before) * 1000) / scrapes;
    const { stallMs, rssMb } = JSON.parse((await fetchText(url.replace('/metrics', '/figures'), agent)).body);
    return {
      ...{ name, series, stallMs, rssMb },
      cpuMsPerScrape,
      p50Ms: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
      bodyKb: page.length / 1024,
      page,
    };
  } finally {
    agent.destroy();
    child.kill('SIGKILL');
  }
}

/** Samples without comments and blanks, sorted: the two pages must say the same. */
function samples({ page, series }: Scraped): string {
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const ours = lines.filter((line) => line.startsWith('badgateway_bench_'));
  if (ours.length !== series) throw new Error(`expected ${series} samples, got ${ours.length}`);
  return ours
    .map((line) => line.replaceAll(/ +/g, ' '))
    .sort()
    .join('\n');
}

function figures({ page: _page, ...rest }: Scraped): Omit<Scraped, 'page'> {
  return rest;
}

async function compare(size: Size): Promise<readonly [Scraped, Scraped]> {
  const us = await measure('scrape-ours', size);
  const peer = await measure('scrape-prom-client', size);
  if (samples(us) !== samples(peer)) throw new Error('the two pages hold different samples');
  return [us, peer];
}

function cpuRow(us: Scraped, peer: Scraped, { series, cpuGoal }: Size): Row {
  const ratio = peer.cpuMsPerScrape / us.cpuMsPerScrape;
  return {
    measure: `${series} series, CPU per scrape`,
    ours: `${us.cpuMsPerScrape.toFixed(2)} ms`,
    peer: `express + prom-client ${peer.cpuMsPerScrape.toFixed(2)} ms`,
    ratio: `${ratio.toFixed(1)} × less`,
    goal: `≥ ${cpuGoal} ×`,
    met: ratio >= cpuGoal,
  };
}

function timeRow(us: Scraped, peer: Scraped, { series }: Size): Row {
  return {
    measure: `${series} series, p50 (p99)`,
    ours: `${us.p50Ms.toFixed(2)} ms (${us.p99Ms.toFixed(1)})`,
    peer: `express + prom-client ${peer.p50Ms.toFixed(2)} ms (${peer.p99Ms.toFixed(1)})`,
    ratio: `${(peer.p50Ms / us.p50Ms).toFixed(1)} × sooner`,
    ...(series === FEW.series
      ? { goal: `p50 ≤ ${P50_GOAL_MS} ms`, met: us.p50Ms <= P50_GOAL_MS }
      : { goal: '–', met: null }),
  };
}

function stallRows(us: Scraped, peer: Scraped): Row[] {
  return [
    {
      measure: `${us.series} series, longest stall of the event loop`,
      ours: `${us.stallMs.toFixed(0)} ms`,
      peer: `express + prom-client ${peer.stallMs.toFixed(0)} ms`,
      ratio: '–',
      goal: `≤ ${STALL_GOAL_MS} ms`,
      met: us.stallMs <= STALL_GOAL_MS,
    },
    {
      measure: `${us.series} series, RSS`,
      ours: `${us.rssMb.toFixed(0)} MB`,
      peer: `express + prom-client ${peer.rssMb.toFixed(0)} MB`,
      ratio: '–',
      goal: `≤ ${RSS_GOAL_MB} MB`,
      met: us.rssMb <= RSS_GOAL_MB,
    },
  ];
}

export async function scrape(): Promise<SectionResult> {
  const few = await compare(FEW);
  const many = await compare(MANY);
  const rows = [
    ...[cpuRow(...few, FEW), timeRow(...few, FEW)],
    ...[cpuRow(...many, MANY), timeRow(...many, MANY), ...stallRows(...many)],
  ];
  return { section: 'scrape', rows, figures: [...few, ...many].map(figures) };
}
