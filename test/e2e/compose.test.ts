/** The configurations of deploy/compose as plain processes in one network namespace that has the stack's addresses: all but Grafana. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { dump } from 'js-yaml';
import { loadRuleFiles, type Rule } from '../alerts/rule-files.ts';
import { findEnvoy, skipWithoutEnvoy } from '../support/envoy-binary.ts';
import { Netns, netnsMissing } from '../support/netns.ts';
import { asNobody } from '../support/nobody.ts';
import { skipWithout } from '../support/programs.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COMPOSE = join(ROOT, 'deploy/compose');
const skip =
  netnsMissing() || skipWithoutEnvoy() || skipWithout('nginx', 'prometheus', 'prometheus-alertmanager', 'curl');

interface Page {
  readonly to: string;
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The shipped rules at seconds instead of minutes: only times are changed. */
function hasten(rule: Rule): Rule {
  const expr =
    rule.alert === 'GatewayStaleUpstream' ? rule.expr.replace('> 120', '> 4').replace('> 30', '> 2') : rule.expr;
  return { ...rule, expr, ...(rule.for && { for: '1s' }) };
}

/** The files of the stack, below one directory instead of the containers' roots, and names of services as addresses. */
class Stack {
  readonly directory = mkdtempSync(join(tmpdir(), 'badgateway-compose-'));
  readonly pages: Page[] = [];
  readonly #netns: Netns;
  #log = '';

  constructor(t: TestContext) {
    this.#netns = new Netns(t);
    t.after(() => rmSync(this.directory, { recursive: true, force: true }));
    for (const address of ['172.28.0.11', '172.28.0.12'])
      this.#netns.run('ip', 'address', 'add', `${address}/32`, 'dev', 'lo');
    chmodSync(this.directory, 0o755);
    for (const name of ['edge', 'cluster', 'log', 'rules', 'checkpoint']) mkdirSync(join(this.directory, name));
    chmodSync(join(this.directory, 'checkpoint'), 0o777);
    for (const file of ['edge/nginx.conf', 'cluster/endpoints.yaml', 'badgateway.yaml', 'prometheus.yml'])
      this.put(file, (text) => text);
    cpSync(join(ROOT, 'alerts'), join(this.directory, 'alertmanager'), { recursive: true });
    const routing = join(this.directory, 'alertmanager/alertmanager.example.yml');
    writeFileSync(
      routing,
      readFileSync(routing, 'utf8')
        .replace('group_wait: 30s', 'group_wait: 1s')
        .replace('group_interval: 5m', 'group_interval: 1s'),
    );
    for (const { file, content } of loadRuleFiles()) {
      const groups = content.groups.map((group) => ({ ...group, interval: '2s', rules: group.rules.map(hasten) }));
      writeFileSync(join(this.directory, 'rules', file), dump({ groups }));
    }
  }

  /** Writes a file of the stack anew, edited, and renames it into its place. */
  put(file: string, edit: (text: string) => string): void {
    const text = edit(readFileSync(join(COMPOSE, file), 'utf8'))
      .replaceAll('/var/log/edge', `${this.directory}/log`)
      .replaceAll('/run/nginx.pid', `${this.directory}/nginx.pid`)
      .replace(/\/etc\/(edge|cluster)\//g, `${this.directory}/$1/`)
      .replace('alerts/*.rules.yaml', `${this.directory}/rules/*.rules.yaml`)
      .replace(/\b(nginx:9502|alertmanager:9093)/g, (target) => `127.0.0.1:${target.split(':')[1]}`)
      .replace(/(scrape|evaluation)_interval: 15s/g, '$1_interval: 1s');
    writeFileSync(join(this.directory, `${file}.new`), text);
    renameSync(join(this.directory, `${file}.new`), join(this.directory, file));
  }

  /** A process of the stack; `ip netns exec` becomes it, so that it can be signalled. */
  start(command: string, ...args: string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.#netns.name, command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer) => (this.#log = (this.#log + chunk).slice(-4000));
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    return child;
  }

  startBackend(address: string): ChildProcess {
    const file = join(this.directory, `${address}.conf`);
    const text = readFileSync(join(COMPOSE, 'backend.conf'), 'utf8');
    writeFileSync(file, text.replace('listen 8080', `listen ${address}:8080`).replace('/tmp/nginx.pid', `${file}.pid`));
    return this.start('nginx', '-p', this.directory, '-c', file, '-g', 'daemon off;');
  }

  startPager(): void {
    let text = '';
    this.start(process.execPath, join(COMPOSE, 'pager.mjs')).stdout?.on('data', (chunk) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop() as string;
      this.pages.push(...lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Page));
    });
  }

  get(url: string): string {
    try {
      return this.#netns.run('curl', '-sf', '--max-time', '5', url);
    } catch {
      return '';
    }
  }

  async until(what: string, isDone: () => boolean): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!isDone()) {
      const seen = this.pages.map(({ to, status, labels }) => `${to} ${status} ${labels.alertname} ${labels.gateway}`);
      if (Date.now() > deadline) throw new Error(`waited for: ${what}\n${seen.join('\n')}\n${this.#log}`);
      await delay(200);
    }
  }
}

const failuresOf = (metrics: string, gateway: string): number =>
  metrics
    .split('\n')
    .filter((line) => line.startsWith('badgateway_failures_total{') && line.includes('cause="stale_endpoint"'))
    .filter((line) => line.includes(`gateway="${gateway}"`) && line.includes('upstream_service="cart"'))
    .reduce((sum, line) => sum + Number(line.split(' ').pop()), 0);

test('the stack of deploy/compose pages for a stale endpoint, and resolves [ci]', {
  skip,
  timeout: 170_000,
}, async (t) => {
  const began = performance.now();
  const stack = new Stack(t);
  const at = (file: string) => join(stack.directory, file);
  stack.startBackend('172.28.0.11');
  const second = stack.startBackend('172.28.0.12');
  const nginx = stack.start('nginx', '-p', stack.directory, '-c', at('edge/nginx.conf'), '-g', 'daemon off;');
  stack.start(
    findEnvoy() as string,
    '-c',
    join(COMPOSE, 'envoy/envoy.yaml'),
    '--log-level',
    'warn',
    '--use-dynamic-base-id',
  );
  const serve = ['src/main.ts', 'serve', `--config.file=${at('badgateway.yaml')}`].map((arg, index) =>
    index === 0 ? join(ROOT, arg) : arg,
  );
  const [program, ...args] = [
    ...asNobody(),
    'env',
    '--unset=BADGATEWAY_NIGHTLY',
    `BADGATEWAY_CHECKPOINT_DIRECTORY=${at('checkpoint')}`,
    process.execPath,
    ...serve,
  ];
  stack.start(program, ...args);
  stack.startPager();
  stack.start(
    'prometheus-alertmanager',
    ...[
      `--config.file=${at('alertmanager/alertmanager.example.yml')}`,
      `--storage.path=${at('alertmanager-data')}`,
      '--cluster.listen-address=',
    ],
  );
  const metrics = () => stack.get('http://127.0.0.1:9502/metrics');
  const live =
    /badgateway_upstream_endpoints\{(?=[^}]*gateway="(edge|mesh)")(?=[^}]*upstream_service="cart")[^}]*state="live"[^}]*\} 2/g;
  await stack.until('both gateways use two live endpoints', () => (metrics().match(live) ?? []).length === 2);
  await stack.until('Alertmanager is ready', () => stack.get('http://127.0.0.1:9093/-/ready') !== '');
  stack.start(
    'prometheus',
    ...[
      `--config.file=${at('prometheus.yml')}`,
      `--storage.tsdb.path=${at('prometheus-data')}`,
      '--rules.alert.resend-delay=1s',
    ],
  );
  stack.start(
    'sh',
    '-c',
    'while sleep 0.1; do curl -s -o /dev/null http://127.0.0.1/; curl -s -o /dev/null http://127.0.0.1:10000/; done',
  );

  // The backend goes and the cluster knows; the gateways do not.
  second.kill('SIGTERM');
  stack.put('cluster/endpoints.yaml', (text) => text.replace(/^.*name: cart-2.*\n/m, ''));
  const pagesOf = (gateway: string) =>
    stack.pages.filter(
      ({ to, labels }) => to === 'page' && labels.alertname === 'GatewayStaleUpstream' && labels.gateway === gateway,
    );
  await stack.until('a page for each gateway', () =>
    ['edge', 'mesh'].every((name) => pagesOf(name)[0]?.status === 'firing'),
  );
  const [{ labels, annotations }] = pagesOf('edge');
  assert.equal(labels.severity, 'critical');
  assert.deepEqual([labels.upstream_namespace, labels.upstream_service, labels.upstream_port], ['shop', 'cart', '80']);
  assert.match(annotations.summary, /^edge still uses addresses of cart that are gone/);
  assert.match(annotations.runbook_url, /docs\/runbooks\/GatewayStaleUpstream\.md$/);
  await stack.until(
    'failures of both have their cause',
    () => failuresOf(metrics(), 'edge') > 0 && failuresOf(metrics(), 'mesh') > 0,
  );
  const paged = performance.now();

  // The cure: nginx gets the configuration without the address.
  stack.put('edge/nginx.conf', (text) => text.replace(/^.*# cart-2\n/m, ''));
  nginx.kill('SIGHUP');
  // Under load a scrape may fail and resolve a page for a moment: what counts is the last word, once nothing is stale.
  const stale = (gateway: string) =>
    new RegExp(`^badgateway_upstream_endpoints\\{[^}]*gateway="${gateway}"[^}]*state="stale"[^}]*\\} [1-9]`, 'm').test(
      metrics(),
    );
  await stack.until('nginx uses nothing stale', () => !stale('edge'));
  const wordsOn = (gateway: string) => pagesOf(gateway).map(({ status }) => status);
  await stack.until("nginx' page is resolved", () => wordsOn('edge').at(-1) === 'resolved');
  assert.ok(stale('mesh'), 'nobody told Envoy');
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  t.diagnostic(
    `page after ${seconds(paged - began)}, resolved after ${seconds(performance.now() - began)}, ${readdirSync(at('rules')).length} rule files`,
  );
});
