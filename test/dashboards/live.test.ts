import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DASHBOARDS, renderDashboard } from '../../dashboards/build.ts';
import { oomKills } from '../../dashboards/node-selectors.ts';
import { missingProgram } from '../alerts/programs.ts';
import { ALERTS_DIRECTORY, loadRuleFiles } from '../alerts/rule-files.ts';
import { METRICS_TYPE, type RunningPrometheus, startPrometheus } from '../support/prometheus.ts';
import { exposition } from './exposition.ts';
import { type DashboardJson, panelsOf, substitute } from './queries.ts';

const skip = missingProgram('prometheus');
const dashboards = Object.keys(DASHBOARDS).map((name) => JSON.parse(renderDashboard(name)) as DashboardJson);

let scrapes = 0;
/** A backend that is scraped by pod, beside us. */
const BACKEND = 'nodejs_eventloop_lag_p99_seconds{namespace="ok",pod="ok"} 1\n';
const exporter = createServer(({ url }, response) =>
  response.setHeader('Content-Type', METRICS_TYPE).end(url === '/backend' ? BACKEND : exposition(++scrapes)),
);
let prometheus: RunningPrometheus | undefined;

const query = async (expr: string) => await prometheus!.query(substitute(expr));
const ask = async (path: string) => await (await fetch(`${prometheus!.url}/api/v1/${path}`)).json();

before(async () => {
  if (skip) return;
  exporter.listen(0, '127.0.0.1');
  await once(exporter, 'listening');
  const target = `127.0.0.1:${(exporter.address() as AddressInfo).port}`;
  prometheus = await startPrometheus({
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: loadRuleFiles().map(({ file }) => join(ALERTS_DIRECTORY, file)),
    scrape_configs: [
      {
        job_name: 'badgateway',
        honor_labels: true,
        static_configs: [{ targets: [target], labels: { node: 'n1', cluster: 'c1' } }],
      },
      {
        job_name: 'backend',
        honor_labels: true,
        metrics_path: '/backend',
        static_configs: [{ targets: [target], labels: { cluster: 'c1' } }],
      },
    ],
  });
  const deadline = Date.now() + 30_000;
  // Rules of alerts, too, have to have been evaluated.
  while (scrapes < 8 || (await query('ALERTS{alertstate="firing"}')).length === 0) {
    assert.ok(Date.now() < deadline, 'Prometheus did not scrape');
    await sleep(200);
  }
});

after(async () => {
  await prometheus?.stop();
  exporter.close();
});

/** Recorded from a subquery, which is evaluated every full five minutes, or of a week ago: not in this test. */
const LATE = /^gateway:badgateway_gateway_config_reloads_while_scaling:ratio1h|offset 7d/;

for (const dashboard of dashboards) {
  for (const panel of panelsOf(dashboard)) {
    test(`${dashboard.uid}: "${panel.title}" shows data on a real Prometheus`, { skip }, async () => {
      for (const { expr } of panel.targets) {
        const series = await query(expr);
        if (LATE.test(expr)) continue;
        const values = series.map(({ value }) => Number(value?.[1]));
        assert.ok(
          values.some((value) => !Number.isNaN(value)),
          `no data for ${expr}`,
        );
      }
    });
  }

  test(`${dashboard.uid}: variables have values and annotations are valid`, { skip }, async () => {
    for (const { type, name, query: text } of dashboard.templating.list) {
      if (type !== 'query') continue;
      const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(text) ?? [];
      const match = new URLSearchParams({ 'match[]': substitute(selector) });
      const { data } = (await ask(`label/${label}/values?${match}`)) as { data: string[] };
      assert.ok(data.length > 0, name);
    }
    for (const { name, expr } of dashboard.annotations.list) await assert.doesNotReject(query(expr), name);
  });
}

test('the table of kernel parameters has those of the audit and those of connection tracking', { skip }, async () => {
  const panel = dashboards.flatMap(panelsOf).find(({ title }) => title === 'Kernel parameters');
  const series = await query(panel?.targets[0].expr ?? '');
  const conntrack = 'net.netfilter.nf_conntrack_';
  assert.deepEqual([...new Set(series.map(({ metric }) => metric.name))].sort(), [
    'net.core.somaxconn',
    `${conntrack}buckets`,
    `${conntrack}max`,
    `${conntrack}tcp_timeout_close_wait`,
    `${conntrack}tcp_timeout_established`,
  ]);
});

test('kills are the pod’s where the kernel counts them there, and its containers’ elsewhere', { skip }, async () => {
  const pods = oomKills('8s').replace('badgateway_oom_kills_total', 'nobody_has_this');
  const containers = oomKills('8s').replace('badgateway_pod_oom_kills_total', 'nobody_has_this');
  const counts = await Promise.all(
    [oomKills('8s'), pods, containers].map(async (expr) => {
      const series = await query(`sum(${expr}) / sum(${pods})`);
      return series.map(({ value }) => Math.round(Number(value?.[1])));
    }),
  );
  // The sample has two containers, each with as many kills as the pod.
  assert.deepEqual(counts, [[1], [1], [2]]);
});

interface Rules {
  readonly data: {
    readonly groups: readonly {
      readonly rules: readonly { readonly name: string; readonly health: string; readonly lastError?: string }[];
    }[];
  };
}

test('every rule of alerts/ is evaluated by a real Prometheus without an error', { skip }, async () => {
  const { data } = (await ask('rules')) as Rules;
  const rules = data.groups.flatMap((group) => group.rules);
  assert.ok(rules.length > 40);
  for (const { name, health, lastError } of rules) assert.equal(health, 'ok', `${name}: ${lastError}`);
});

test('a query of a metric that nobody has gives no data, so that the tests above can fail', { skip }, async () => {
  assert.deepEqual(await query('rate(badgateway_requests[8s])'), []);
  assert.ok(readFileSync(prometheus!.configFile, 'utf8').includes('"node":"n1"'));
});
