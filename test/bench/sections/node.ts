import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { benchDirectory } from '../corpus/generate.ts';
import { cpuSeconds, type Follower, fetchText, freePort, memoryMb, startNode } from '../exporter.ts';
import { median, runProcess } from '../measure.ts';
import { PROJECT, type Row, type SectionResult } from '../report.ts';

/** Evidence from the node on a crowded one, which test/bench/drivers/node-load.py makes of real processes and namespaces. */

const DRIVERS = join(PROJECT, 'test/bench/drivers');
const LOAD = { namespaces: 200, processes: 2000, sockets: 20_000 };
/** A young process is looked at each time; those of a node are mostly older. */
const SETTLE_MS = 70_000;
const WINDOW_MS = 60_000;
const QUIET_MS = 10_000;
const INTERVAL_S = 15;
const CATS = 10;
const SCRAPES = 100;

async function startLoad(): Promise<{ busy: number; stop(): Promise<void> }> {
  const sizes = Object.values(LOAD).map(String);
  const child: ChildProcess = spawn('python3', [join(DRIVERS, 'node-load.py'), ...sizes], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const line = await Promise.race([once(createInterface(child.stdout!), 'line'), ended]);
  if (child.exitCode !== null) throw new Error('the crowded node could not be made; it needs root');
  return {
    busy: JSON.parse(String(line[0])).busy,
    async stop() {
      child.stdin?.end();
      await ended;
    },
  };
}

interface Usage {
  readonly cpuShare: number;
  readonly rssMb: number;
}

async function usage({ pid }: Follower, windowMs: number): Promise<Usage> {
  const [before, from] = [cpuSeconds(pid), performance.now()];
  await wait(windowMs);
  const cpuShare = (cpuSeconds(pid) - before) / ((performance.now() - from) / 1000);
  return { cpuShare, rssMb: memoryMb(pid).rss };
}

/** CPU milliseconds that node_exporter takes to say the same of one namespace, its answer included. */
async function nodeExporterMs(): Promise<number> {
  const port = await freePort();
  const collectors = ['netstat', 'conntrack', 'sockstat'].map((name) => `--collector.${name}`);
  const flags = ['--collector.disable-defaults', '--web.disable-exporter-metrics', ...collectors];
  const child = spawn('prometheus-node-exporter', [...flags, `--web.listen-address=127.0.0.1:${port}`], {
    stdio: 'ignore',
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const scrape = () => fetchText(`http://127.0.0.1:${port}/metrics`, agent);
  try {
    const until = performance.now() + 10_000;
    while ((await scrape().catch(() => undefined))?.status !== 200) {
      if (performance.now() > until) throw new Error('node_exporter does not answer');
      await wait(100);
    }
    const before = cpuSeconds(child.pid!);
    for (let i = 0; i < SCRAPES; i++) await scrape();
    return ((cpuSeconds(child.pid!) - before) * 1000) / SCRAPES;
  } finally {
    agent.destroy();
    child.kill('SIGKILL');
  }
}

interface View {
  readonly processes: number;
  readonly networks: number;
  readonly firstMs: number;
  readonly firstStallMs: number;
  readonly againMs: number;
  readonly listenMs: number;
  readonly stallMs: number;
}

function look(busy: number): View {
  const driver = spawnSync(process.execPath, [join(DRIVERS, 'node-view.ts'), String(busy)], { encoding: 'utf8' });
  if (driver.status !== 0) throw new Error(`node-view failed: ${driver.stderr}`);
  return JSON.parse(driver.stdout);
}

interface Figures {
  readonly view: View;
  readonly catMs: number;
  readonly quiet: Usage;
  readonly crowded: Usage;
  readonly peerMs: number;
}

async function measure(): Promise<Figures> {
  const file = join(benchDirectory(), `node-${process.pid}.log`);
  writeFileSync(file, '');
  const follower = await startNode(file, INTERVAL_S);
  try {
    await wait(QUIET_MS);
    const quiet = await usage(follower, 2 * INTERVAL_S * 1000);
    const load = await startLoad();
    try {
      await wait(SETTLE_MS);
      const crowded = await usage(follower, WINDOW_MS);
      const cats = Array.from({ length: CATS }, () => runProcess(['cat', `/proc/${load.busy}/net/tcp`]).cpuSeconds);
      const figures = { quiet, crowded, catMs: median(cats) * 1000, peerMs: await nodeExporterMs() };
      return { ...figures, view: look(load.busy) };
    } finally {
      await load.stop();
    }
  } finally {
    await follower.stop();
    rmSync(file, { force: true });
  }
}

export async function node(): Promise<SectionResult> {
  const figures = await measure();
  return { section: 'node', rows: rowsOf(figures), figures };
}

function rowsOf({ view, catMs, quiet, crowded, peerMs }: Figures): Row[] {
  const { namespaces, processes, sockets } = LOAD;
  const stallMs = Math.max(view.firstStallMs, view.stallMs);
  const share = (crowded.cpuShare * 100).toFixed(2);
  const extraMb = crowded.rssMb - quiet.rssMb;
  const perNamespaceMs = (crowded.cpuShare * INTERVAL_S * 1000) / namespaces;
  const crowd = `${namespaces} namespaces, ${processes} processes, ${sockets} sockets`;
  return [
    {
      measure: `listening sockets among ${sockets}: CPU of a look`,
      ours: `${view.listenMs.toFixed(2)} ms`,
      peer: `cat /proc/PID/net/tcp ${catMs.toFixed(0)} ms`,
      ratio: `${(catMs / view.listenMs).toFixed(0)} × less`,
      goal: '≥ 100 × less',
      met: catMs >= 100 * view.listenMs,
    },
    {
      measure: `${view.processes} processes looked at again (the first time ${view.firstMs.toFixed(0)} ms): CPU`,
      ours: `${view.againMs.toFixed(1)} ms`,
      ...{ peer: '–', ratio: '–', goal: '≤ 10 ms' },
      met: view.againMs <= 10,
    },
    {
      measure: 'longest stall of the event loop over all looks',
      ours: `${stallMs.toFixed(1)} ms`,
      ...{ peer: '–', ratio: '–', goal: '≤ 15 ms' },
      met: stallMs <= 15,
    },
    {
      measure: `${crowd}, each ${INTERVAL_S} s: share of a core, all of badgateway (without the crowd ${(quiet.cpuShare * 100).toFixed(2)} %)`,
      ours: `${share} %`,
      ...{ peer: '–', ratio: '–', goal: '< 1 %' },
      met: crowded.cpuShare < 0.01,
    },
    {
      measure: 'RSS above that without the crowd',
      ours: `${extraMb.toFixed(0)} MB`,
      ...{ peer: '–', ratio: '–', goal: '< 20 MiB' },
      met: extraMb < 20,
    },
    {
      measure: 'CPU of a round for one namespace, all collectors',
      ours: `${perNamespaceMs.toFixed(2)} ms`,
      peer: `node_exporter, 3 collectors ${peerMs.toFixed(2)} ms`,
      ratio: `${(perNamespaceMs / peerMs).toFixed(2)} ×`,
      goal: '–',
      met: null,
    },
  ];
}
