import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { benchDirectory } from '../corpus/generate.ts';
import { nginxConfig } from '../drivers/kubernetes-cluster.ts';
import { memoryMb, startUpstreams } from '../exporter.ts';
import { PROJECT, type Row, type SectionResult } from '../report.ts';

/** Upstream truth on the fake API server of the tests, which is a process of its own. */

const DRIVERS = join(PROJECT, 'test/bench/drivers');
const SETTLE_MS = 5000;
const SMALL = { services: 500, endpoints: 10, others: 0, goalMb: 85 };
const LARGE = { services: 1000, endpoints: 10, others: 900, goalMb: 150 };
const SYNC = { services: 5000, endpoints: 100, goalMs: 100 };
/** An hour in half a minute. */
const IDLE = { services: 10, endpoints: 10, seconds: 30, faster: 120 };

interface Cluster {
  readonly kubeconfig: string;
  stop(): void;
}

async function startCluster(services: number, endpoints: number, others = 0, secondMs = 1000): Promise<Cluster> {
  const directory = mkdtempSync(join(benchDirectory(), 'cluster-'));
  const script = join(DRIVERS, 'kubernetes-server.ts');
  const child: ChildProcess = fork(script, [services, endpoints, others, secondMs].map(String));
  const [text] = await once(child, 'message');
  const kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, String(text), { mode: 0o600 });
  return {
    kubeconfig,
    stop: () => {
      child.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The bundle with so many upstreams: memory once every server is found live, and the most it ever was. */
async function memoryOf({ services, endpoints, others }: typeof SMALL): Promise<{ rss: number; peak: number }> {
  const cluster = await startCluster(services, endpoints, others);
  const config = join(benchDirectory(), `upstreams-${process.pid}.conf`);
  writeFileSync(config, nginxConfig(services, endpoints));
  const follower = await startUpstreams(config, cluster.kubeconfig);
  try {
    const until = performance.now() + 60_000;
    for (;;) {
      const { count } = await follower.scrape();
      if (count === services * endpoints) break;
      if (performance.now() > until) throw new Error(`${count} of ${services * endpoints} servers are live after 60 s`);
      await wait(500);
    }
    await wait(SETTLE_MS);
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${follower.pid}/status`, 'utf8'));
    return { rss: memoryMb(follower.pid).rss, peak: Number(peak?.[1]) / 1024 };
  } finally {
    await follower.stop();
    cluster.stop();
    rmSync(config, { force: true });
  }
}

function driver<T>(name: string, ...args: (string | number)[]): T {
  const command = ['--max-semi-space-size=1', join(DRIVERS, name), ...args.map(String)];
  const child = spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 180_000 });
  if (child.status !== 0) throw new Error(`${name} failed: ${child.error ?? child.stderr}`);
  return JSON.parse(child.stdout);
}

interface Synced {
  readonly syncSeconds: number;
  readonly stallMs: number;
  readonly rssMb: number;
  readonly restarts: number;
  /** TLS handshakes until every watch has been compared with a list once, and after that. */
  readonly forLists: number;
  readonly connections: number;
  readonly drift: number;
}

async function sync(services: number, endpoints: number, seconds: number, faster: number): Promise<Synced> {
  const cluster = await startCluster(services, endpoints, 0, 1000 / faster);
  try {
    return driver<Synced>('kubernetes-sync.ts', cluster.kubeconfig, services, seconds, faster);
  } finally {
    cluster.stop();
  }
}

function memoryRow(measure: string, mb: number, goalMb: number): Row {
  const met = mb <= goalMb;
  return { measure, ours: `${mb.toFixed(0)} MB`, peer: '–', ratio: '–', goal: `≤ ${goalMb} MB`, met };
}

export async function kubernetes(): Promise<SectionResult> {
  const small = await memoryOf(SMALL);
  const large = await memoryOf(LARGE);
  const synced = await sync(SYNC.services, SYNC.endpoints, 0, 1);
  const idle = await sync(IDLE.services, IDLE.endpoints, IDLE.seconds, IDLE.faster);
  const { oneMs, allMs } = driver<{ oneMs: number; allMs: number }>('truth-evaluate.ts');
  const none = { peer: '–', ratio: '–' };
  const rows: Row[] = [
    memoryRow('RSS, 500 upstreams, 5,000 endpoints', small.rss, SMALL.goalMb),
    memoryRow('peak RSS, 10,000 servers, 100,000 endpoints', large.peak, LARGE.goalMb),
    {
      measure: `5,000 slices × 100 endpoints until known (${synced.syncSeconds.toFixed(1)} s): longest stall of the event loop`,
      ours: `${synced.stallMs.toFixed(0)} ms`,
      ...none,
      goal: `≤ ${SYNC.goalMs} ms`,
      met: synced.stallMs <= SYNC.goalMs,
    },
    {
      measure: '10,000 servers × 100,000 endpoints compared again after one slice has changed / after all have',
      ours: `${oneMs.toFixed(2)} / ${allMs.toFixed(0)} ms`,
      ...none,
      goal: '< 5 / < 300 ms',
      met: oneMs < 5 && allMs < 300,
    },
    {
      measure:
        'quiet watches of 3 namespaces over an hour (30 s at 120 times the speed): reopened, TLS handshakes for the first comparison lists, later ones',
      ours: `${idle.restarts}, ${idle.forLists}, ${idle.connections}`,
      ...none,
      goal: 'none without need: one for lists while every other connection carries a watch',
      met: idle.forLists <= 1 && idle.connections === 0 && idle.drift === 0,
    },
  ];
  return { section: 'kubernetes', rows, figures: { small, large, synced, idle, oneMs, allMs } };
}
