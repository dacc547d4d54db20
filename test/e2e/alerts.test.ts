import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { dump, load } from 'js-yaml';
import { missingProgram } from '../alerts/programs.ts';
import { ALERTS_DIRECTORY, type Rule, type RuleFile } from '../alerts/rule-files.ts';
import { METRICS_TYPE } from '../support/prometheus.ts';

const skip = missingProgram('prometheus', 'prometheus-alertmanager');
const directory = mkdtempSync(join(tmpdir(), 'badgateway-alerts-'));
const children: ChildProcess[] = [];
const notified: { receiver: string; status: string; labels: Record<string, string> }[] = [];
let entries = 100;
let exporter: Server;
let webhook: Server;
let alertmanager = '';
let prometheus = '';

/** Port of a server on loopback; port 0 of a foreign program is chosen by binding and freeing one. */
async function listen(handler: Parameters<typeof createServer>[1]): Promise<Server> {
  const server = createServer(handler!);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
const portOf = (server: Server) => (server.address() as AddressInfo).port;

async function freePort(): Promise<number> {
  const server = await listen(() => {});
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

async function until(what: string, isDone: () => boolean | Promise<boolean>, timeoutMs = 25_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isDone())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for: ${what}`);
    await sleep(100);
  }
}
const answers = (url: string) =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );

/** The shipped rules at a second instead of minutes: only the times are changed. */
function hasten(rule: Rule): Rule {
  return rule.for === undefined ? rule : { ...rule, for: '1s' };
}

before(async () => {
  if (skip) return;
  exporter = await listen((_, response) => {
    const labels = '{namespace="",pod="",netns="host"}';
    response
      .setHeader('Content-Type', METRICS_TYPE)
      .end(`badgateway_conntrack_entries${labels} ${entries}\nbadgateway_conntrack_entries_limit${labels} 1000\n`);
  });
  webhook = await listen((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { receiver, alerts } = JSON.parse(Buffer.concat(chunks).toString());
      // Besides the texts for people.
      for (const { status, labels } of alerts ?? []) notified.push({ receiver, status, labels });
      response.end();
    });
  });

  const rules = load(readFileSync(`${ALERTS_DIRECTORY}/kernel.rules.yaml`, 'utf8')) as RuleFile;
  const hasty = rules.groups.map((group) => ({ ...group, interval: '1s', rules: group.rules.map(hasten) }));
  writeFileSync(join(directory, 'rules.yaml'), dump({ groups: hasty }));
  const routing = readFileSync(`${ALERTS_DIRECTORY}/alertmanager.example.yml`, 'utf8')
    .replace('templates/*', `${ALERTS_DIRECTORY}/templates/*`)
    .replaceAll('127.0.0.1:9094', `127.0.0.1:${portOf(webhook)}`)
    .replace('group_wait: 30s', 'group_wait: 1s')
    .replace('group_interval: 5m', 'group_interval: 1s');
  writeFileSync(join(directory, 'alertmanager.yml'), routing);

  const [alertmanagerPort, prometheusPort] = [await freePort(), await freePort()];
  alertmanager = `http://127.0.0.1:${alertmanagerPort}`;
  prometheus = `http://127.0.0.1:${prometheusPort}`;
  const scrape = {
    job_name: 'badgateway',
    honor_labels: true,
    static_configs: [{ targets: [`127.0.0.1:${portOf(exporter)}`] }],
  };
  const alerting = { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertmanagerPort}`] }] }] };
  const global = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' };
  writeFileSync(
    join(directory, 'prometheus.yml'),
    dump({ global, rule_files: ['rules.yaml'], alerting, scrape_configs: [scrape] }),
  );

  start('prometheus-alertmanager', [
    '--config.file=alertmanager.yml',
    '--storage.path=alertmanager',
    `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
    '--cluster.listen-address=',
  ]);
  await until('Alertmanager is ready', () => answers(`${alertmanager}/-/ready`));
  start('prometheus', [
    '--config.file=prometheus.yml',
    '--storage.tsdb.path=prometheus',
    `--web.listen-address=127.0.0.1:${prometheusPort}`,
    '--rules.alert.resend-delay=1s',
  ]);
  await until('Prometheus is ready', () => answers(`${prometheus}/-/ready`));
});

function start(program: string, args: readonly string[]): void {
  children.push(spawn(program, args, { cwd: directory, stdio: 'ignore' }));
}

after(async () => {
  await Promise.all(
    children.map(async (child) => {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    }),
  );
  exporter?.close();
  webhook?.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Not narrowed by an assertion that looked at it earlier. */
const notifications = () => notified.slice();
const heard = (alertname: string, receiver: string, status = 'firing') =>
  notified.some((one) => one.labels.alertname === alertname && one.receiver === receiver && one.status === status);

interface ActiveAlert {
  readonly labels: Record<string, string>;
  readonly status: { readonly state: string; readonly inhibitedBy: readonly string[] };
}
const active = async () => (await (await fetch(`${alertmanager}/api/v2/alerts`)).json()) as ActiveAlert[];

test('a full conntrack table pages, its warning is muted, and recovery is told [ci]', {
  skip,
  timeout: 60_000,
}, async () => {
  await sleep(2000);
  assert.deepEqual(notifications(), [], 'nothing may fire at 10 %');

  entries = 950;
  await until('the page', () => heard('GatewayConntrackFull', 'page'));
  await until('the warning is there, muted', async () =>
    (await active()).some(
      ({ labels, status }) =>
        labels.alertname === 'GatewayConntrackHigh' && status.state === 'suppressed' && status.inhibitedBy.length === 1,
    ),
  );
  assert.ok(!heard('GatewayConntrackHigh', 'ticket'), 'the muted warning was sent');
  const page = notifications().find(({ labels }) => labels.alertname === 'GatewayConntrackFull')!;
  assert.equal(page.labels.netns, 'host');
  assert.equal(page.labels.instance, `127.0.0.1:${portOf(exporter)}`);

  // Between 75 % and 90 % the page ends and the warning takes over.
  entries = 800;
  await until('the page is resolved', () => heard('GatewayConntrackFull', 'page', 'resolved'));
  await until('the warning', () => heard('GatewayConntrackHigh', 'ticket'));
});
