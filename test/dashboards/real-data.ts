import { once } from 'node:events';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ALERTS_DIRECTORY, loadRuleFiles } from '../alerts/rule-files.ts';
import { Badgateway } from '../support/badgateway.ts';
import { freePort } from '../support/freeport.ts';
import { type RunningNginx, startNginx } from '../support/nginx.ts';
import { askRawTimes } from '../support/nginx-ask.ts';
import { METRICS_TYPE, type RunningPrometheus, startPrometheus } from '../support/prometheus.ts';
import { openRefusing, openUpstream, type Upstream } from '../support/upstreams.ts';
import { GATEWAY_POD, OTHERS } from './others.ts';
import { movedBy, RECORDINGS, readRecording, type Scrape } from './recording.ts';

const FORMAT =
  '$remote_addr "$request" $status $body_bytes_sent $request_time $upstream_addr $upstream_status $upstream_response_time';
const ROUNDS = 4;
const FAULTS = ['refused', 'close', 'silent'] as const;

/**
 * A real Prometheus with the rules of alerts/, which scrapes the real program beside a real nginx that fails now, and what the real program answered
 * in runs with a real nginx, a real Envoy and an API server (record.ts): rollouts, kills and ejections take longer than a test may. The scrapes of these
 * have the time between them that they had, and end now. What controllers and kube-state-metrics say beside it is written after their sources (others.ts).
 */
export class RealData {
  readonly prometheus: RunningPrometheus;
  /** When the first of the recorded scrapes was, as Prometheus has it. */
  readonly startSeconds: number;
  readonly #stop: () => Promise<void>;

  private constructor(prometheus: RunningPrometheus, startSeconds: number, stop: () => Promise<void>) {
    this.prometheus = prometheus;
    this.startSeconds = startSeconds;
    this.#stop = stop;
  }

  static async start(): Promise<RealData> {
    const ends: (() => Promise<unknown>)[] = [];
    const stop = async () => {
      for (const end of ends.reverse()) await end();
    };
    try {
      const live = await startLive(ends);
      const recordings = RECORDINGS.map((name) => ({ name, scrapes: readRecording(name) }));
      const endMs = Date.now();
      let hasArrived = false;
      const targets: object[] = [scrapeOf('badgateway', `127.0.0.1:${live.program.ports.metrics}`, 'live')];
      for (const { name, scrapes } of recordings) {
        const server = createServer(replay(scrapes, endMs, () => hasArrived)).listen(0, '127.0.0.1');
        await once(server, 'listening');
        ends.push(async () => closeServer(server));
        targets.push(scrapeOf('badgateway', `127.0.0.1:${(server.address() as AddressInfo).port}`, name));
      }
      // Any process with prom-client's metrics is a backend on Node.js.
      targets.push(backendOf(live.program.ports.metrics), ...(await startOthers(ends)));
      const prometheus = await startPrometheus({
        global: { scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '2s' },
        rule_files: loadRuleFiles().map(({ file }) => join(ALERTS_DIRECTORY, file)),
        scrape_configs: targets,
      });
      ends.push(() => prometheus.stop());
      await prometheus.waitUntilUp();
      const durations = recordings.map(({ scrapes }) => durationOf(scrapes));
      const has = (expr: string) => async () => (await prometheus.query(expr)).length > 0;
      for (const { name, scrapes } of recordings)
        await live.program.until(
          has(`count_over_time(badgateway_verdicts_pending{node="${name}"}[15m]) >= ${scrapes.length}`),
          `the recording of ${name} has arrived`,
        );
      hasArrived = true;
      await live.fail();
      // Rules are made of others, and a range has seen the last of them a step later.
      for (let round = 0; round < ROUNDS; round++) await untilEvaluated(live.program, prometheus.url, Date.now());
      return new RealData(prometheus, (endMs - Math.max(...durations)) / 1000, stop);
    } catch (error) {
      await stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#stop();
  }
}

const durationOf = (scrapes: readonly Scrape[]) => (scrapes.at(-1)?.atMs ?? 0) - (scrapes[0]?.atMs ?? 0);

function scrapeOf(job: string, target: string, node: string): object {
  const labels = { node, cluster: 'test' };
  return { job_name: `${job}-${node}`, honor_labels: true, ...JOB, static_configs: [{ targets: [target], labels }] };
}

interface Groups {
  readonly data: { readonly groups: readonly { readonly lastEvaluation: string }[] };
}

/** Until every group of rules was evaluated after that time. */
async function untilEvaluated(program: Badgateway, url: string, sinceMs: number): Promise<void> {
  const isDone = async () => {
    const { data } = (await (await fetch(`${url}/api/v1/rules`)).json()) as Groups;
    return data.groups.every(({ lastEvaluation }) => Date.parse(lastEvaluation) > sinceMs);
  };
  await program.until(isDone, 'all rules were evaluated');
}

/** All are one job, though they have one configuration each. */
const JOB = { relabel_configs: [{ target_label: 'job', replacement: 'badgateway' }] };

function backendOf(port: number): object {
  return {
    job_name: 'backend',
    static_configs: [{ targets: [`127.0.0.1:${port}`], labels: { namespace: 'shop', pod: 'cart-1', cluster: 'test' } }],
    metric_relabel_configs: [{ source_labels: ['__name__'], regex: 'nodejs_eventloop_lag.*|up', action: 'keep' }],
  };
}

/** Who says what they say of themselves. */
async function startOthers(ends: (() => Promise<unknown>)[]): Promise<object[]> {
  return await Promise.all(
    Object.entries(OTHERS).map(async ([name, { namespace, pod, says }]) => {
      let scrapes = 0;
      const answer = (_: unknown, response: ServerResponse) =>
        response.setHeader('Content-Type', METRICS_TYPE).end(says(++scrapes));
      const server = createServer(answer).listen(0, '127.0.0.1');
      await once(server, 'listening');
      ends.push(async () => closeServer(server));
      const labels = { cluster: 'test', ...(pod !== '' && { namespace, pod }) };
      const targets = [`127.0.0.1:${(server.address() as AddressInfo).port}`];
      return { job_name: name, honor_labels: true, static_configs: [{ targets, labels }] };
    }),
  );
}

/** The whole recording, each sample at its time, until all of it has arrived; its last answer from then on. */
function replay(scrapes: readonly Scrape[], endMs: number, hasArrived: () => boolean) {
  const laterMs = endMs - scrapes.at(-1)!.atMs;
  const moved = scrapes.map(({ atMs, body }) => ({ atMs: atMs + laterMs, body: movedBy(body, laterMs) }));
  const stamped = moved
    .map(({ atMs, body }) => body.replaceAll(/^#.*\n/gm, '').replaceAll(/^(.+)$/gm, `$1 ${atMs}`))
    .join('');
  return (_: unknown, response: ServerResponse) =>
    response.setHeader('Content-Type', METRICS_TYPE).end(hasArrived() ? moved.at(-1)!.body : stamped);
}

function closeServer(server: Server): void {
  server.close();
  server.closeAllConnections();
}

async function startLive(ends: (() => Promise<unknown>)[]) {
  const upstreams: Upstream[] = [await openRefusing(), await openUpstream('close'), await openUpstream('silent')];
  for (const upstream of upstreams) ends.push(() => upstream.close());
  const listen = await freePort();
  const nginx = await startNginx({ listen, http: httpOf(listen, upstreams), workers: 2 });
  ends.push(() => nginx.stop());
  const program = await Badgateway.create();
  ends.push(() => program.dispose());
  const { namespace, pod, container, uid } = GATEWAY_POD;
  const podLog = join(nginx.directory, `pods/${namespace}_${pod}_${uid}/${container}/0.log`);
  mkdirSync(dirname(podLog), { recursive: true });
  writeFileSync(podLog, '');
  const often = { interval: '1s' };
  const of = (file: string) => [{ path: join(nginx.directory, file), gateway: 'now' }];
  await program.serve({
    collectors: {
      nginx_error_log: { files: [{ path: podLog, gateway: 'now' }] },
      nginx_access_log: { files: [{ ...of('access.log')[0], format: 'full' }], formats: { full: FORMAT } },
      nginx_config: { ...often, files: of('nginx.conf') },
      nginx_status: { ...often, targets: [{ url: `http://127.0.0.1:${listen}/status`, gateway: 'now' }] },
      netstat: often,
      envoy: { enabled: false },
    },
  });
  return { program, fail: () => fail({ program, nginx, podLog, listen, upstreams }) };
}

function httpOf(listen: number, upstreams: readonly Upstream[]): string {
  const locations = FAULTS.map(
    (fault, at) =>
      `location /${fault} { proxy_pass http://127.0.0.1:${upstreams[at].port}; proxy_read_timeout 300ms; }`,
  );
  return `log_format full '${FORMAT}'; access_log $DIR/access.log full;
    server { listen 127.0.0.1:${listen}; location = /nginx-is-up { access_log off; return 204; }
      location = /well { return 200 ok; } location = /status { access_log off; stub_status; } ${locations.join(' ')} }`;
}

interface Live {
  readonly program: Badgateway;
  readonly nginx: RunningNginx;
  readonly podLog: string;
  readonly listen: number;
  readonly upstreams: readonly Upstream[];
}

async function fail({ program, nginx, podLog, listen, upstreams }: Live) {
  await askRawTimes(5, listen, { target: '/well' });
  for (const fault of FAULTS) await askRawTimes(3, listen, { target: `/${fault}` });
  nginx.write(httpOf(listen, upstreams));
  // As a controller that tests first: what is loaded at once is not measured (START_ERROR_MS).
  await delay(60);
  process.kill(nginx.pid, 'SIGHUP');
  const lines = nginx.lines();
  // As a container runtime writes what nginx in a pod says.
  appendFileSync(podLog, lines.map((line) => `${new Date().toISOString()} stderr F ${line}\n`).join(''));
  await program.scrapeAfterLines(lines.length);
}
