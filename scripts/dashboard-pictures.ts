/**
 * Draws docs/images/dashboard-*.png with `badgateway preview-dashboards`, from what was recorded (test/dashboards/record.ts) and a real Prometheus
 * that scrapes it at the pace at which it was recorded. Takes two minutes; needs prometheus and chromium.
 *
 *   node scripts/dashboard-pictures.ts
 */
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runCli } from '../src/cli.ts';
import { ALERTS_DIRECTORY, loadRuleFiles } from '../test/alerts/rule-files.ts';
import { movedBy, RECORDINGS, readRecording } from '../test/dashboards/recording.ts';
import { startPrometheus } from '../test/support/prometheus.ts';
import { withFewColors } from './few-colors.ts';

const IMAGES = new URL('../docs/images/', import.meta.url).pathname;
const SCRAPE_SECONDS = 3;
/** Longer than the recordings. */
const SECONDS = 75;

async function replay(name: (typeof RECORDINGS)[number], beganMs: number): Promise<{ server: Server; target: object }> {
  const scrapes = readRecording(name);
  const laterMs = beganMs - scrapes[0].atMs;
  const server = createServer((_, response) => {
    const body = scrapes.findLast(({ atMs }) => atMs + laterMs <= Date.now())?.body;
    if (body === undefined) response.writeHead(503);
    response.end(body && movedBy(body, laterMs));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const node = `node-${'abc'[RECORDINGS.indexOf(name)]}`;
  const target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const relabel_configs = Object.entries({ job: 'badgateway', instance: `${node}:9502` }).map(
    ([target_label, replacement]) => ({ target_label, replacement }),
  );
  const static_configs = [{ targets: [target], labels: { cluster: 'test', node } }];
  return { server, target: { job_name: `badgateway-${name}`, honor_labels: true, relabel_configs, static_configs } };
}

const began = Date.now() + 2000;
const replays = await Promise.all(RECORDINGS.map((name) => replay(name, began)));
const often = `${SCRAPE_SECONDS}s`;
const prometheus = await startPrometheus({
  global: { scrape_interval: often, scrape_timeout: often, evaluation_interval: often },
  rule_files: loadRuleFiles().map(({ file }) => join(ALERTS_DIRECTORY, file)),
  scrape_configs: replays.map(({ target }) => target),
});
const directory = mkdtempSync(join(tmpdir(), 'badgateway-pictures-'));
try {
  await delay(began + SECONDS * 1000 - Date.now());
  const times = ['--from', `${SECONDS}s`, '--at', new Date().toISOString(), '--scrape-interval', often];
  const flags = ['--prometheus', prometheus.url, '--output', directory, '--width', '1400'];
  const code = await runCli(['preview-dashboards', ...flags, ...times]);
  if (code !== 0) throw new Error(`preview-dashboards ended with ${code}`);
  for (const file of readdirSync(directory)) {
    const small = withFewColors(readFileSync(join(directory, file)));
    writeFileSync(join(IMAGES, `dashboard-${file}`), small);
    console.log(`dashboard-${file}: ${small.length} bytes`);
  }
} finally {
  await prometheus.stop();
  for (const { server } of replays) {
    server.close();
    server.closeAllConnections();
  }
  rmSync(directory, { recursive: true, force: true });
}
