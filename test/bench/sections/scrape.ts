import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { bundleDriver } from '../drivers/bundle.ts';
import { cpuSeconds, fetchText } from '../exporter.ts';
import { quantile } from '../measure.ts';
import type { Row, SectionResult } from '../report.ts';

/** One scrape of 5,000 series: the exporter's registry against prom-client, both behind express, the same samples. */

const SERIES = 5000;
const WARM_UP = 30;
const SCRAPES = 200;
const CPU_GOAL = 10;
const P50_GOAL_MS = 4;

interface Scraped {
  readonly name: string;
  readonly cpuMsPerScrape: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly bodyKb: number;
  readonly page: string;
}

async function measure(name: string): Promise<Scraped> {
  const child = spawn(process.execPath, [bundleDriver(name), String(SERIES)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const [port] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(10_000) });
    const url = `http://127.0.0.1:${Number(port)}/metrics`;
    for (let i = 0; i < WARM_UP; i++) await fetchText(url, agent);
    const pid = child.pid as number;
    const before = cpuSeconds(pid);
    const times: number[] = [];
    let page = '';
    for (let i = 0; i < SCRAPES; i++) {
      const asked = performance.now();
      page = (await fetchText(url, agent)).body;
      times.push(performance.now() - asked);
    }
    const cpuMsPerScrape = ((cpuSeconds(pid) - before) * 1000) / SCRAPES;
    return {
      name,
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
function samples(page: string): string {
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const ours = lines.filter((line) => line.startsWith('badgateway_bench_'));
  if (ours.length !== SERIES) throw new Error(`expected ${SERIES} samples, got ${ours.length}`);
  return ours
    .map((line) => line.replaceAll(/ +/g, ' '))
    .sort()
    .join('\n');
}

function figures({ page: _page, ...rest }: Scraped): Omit<Scraped, 'page'> {
  return rest;
}

export async function scrape(): Promise<SectionResult> {
  const us = await measure('scrape-ours');
  const peer = await measure('scrape-prom-client');
  if (samples(us.page) !== samples(peer.page)) throw new Error('the two pages hold different samples');
  const ratio = peer.cpuMsPerScrape / us.cpuMsPerScrape;
  const rows: Row[] = [
    {
      measure: `${SERIES} series, CPU per scrape`,
      ours: `${us.cpuMsPerScrape.toFixed(2)} ms`,
      peer: `express + prom-client ${peer.cpuMsPerScrape.toFixed(2)} ms`,
      ratio: `${ratio.toFixed(1)} × less`,
      goal: `≥ ${CPU_GOAL} ×`,
      met: ratio >= CPU_GOAL,
    },
    {
      measure: `${SERIES} series, p50 (p99)`,
      ours: `${us.p50Ms.toFixed(2)} ms (${us.p99Ms.toFixed(1)})`,
      peer: `express + prom-client ${peer.p50Ms.toFixed(2)} ms (${peer.p99Ms.toFixed(1)})`,
      ratio: `${(peer.p50Ms / us.p50Ms).toFixed(1)} × sooner`,
      goal: `p50 ≤ ${P50_GOAL_MS} ms`,
      met: us.p50Ms <= P50_GOAL_MS,
    },
  ];
  return { section: 'scrape', rows, figures: [figures(us), figures(peer)] };
}
