/** The chart by the real helm: what the other tests render themselves is the same, and its schema refuses what theirs does. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { dump, loadAll } from 'js-yaml';
import { CHART, renderChart, type Values } from './chart.ts';
import type { Manifest } from './manifests.ts';
import { findTool, skipWithoutTool } from './tools.ts';

const skip = skipWithoutTool('helm');
const directory = mkdtempSync(join(tmpdir(), 'badgateway-helm-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function helm(verb: readonly string[], values: Values = {}) {
  const file = join(directory, 'values.yaml');
  writeFileSync(file, dump(values));
  const args = [
    ...verb,
    ...(verb[0] === 'template' ? ['--kube-version', '1.33.0'] : []),
    '--namespace',
    'badgateway',
    '--values',
    file,
  ];
  return spawnSync(findTool('helm') as string, args, { encoding: 'utf8', maxBuffer: 64 << 20 });
}

const CHOICES: readonly Values[] = [
  {},
  { truth: { mode: 'namespaces', namespaces: ['shop', 'pay'] }, rootfsAccess: true, podLabels: { team: 'edge' } },
  { truth: { mode: 'cluster' }, context: { autoscalers: true, events: true, servicePods: true } },
  { monitoring: { monitor: 'ServiceMonitor', release: 'kps', runbookBase: 'https://git.example/' } },
  { monitoring: { monitor: 'none', dashboardBase: 'https://grafana.example' }, networkPolicy: { enabled: false } },
  { agent: false, ngf: { enabled: true, gateway: 'public', namespaces: ['shop', 'pay'] } },
  { nameOverride: 'bg', image: { repository: 'registry.example/bg', tag: '0.2.0', pullSecrets: [{ name: 'pull' }] } },
  {
    priorityClassName: '',
    extraEnv: [{ name: 'BADGATEWAY_LOG_LEVEL', value: 'debug' }],
    affinity: { nodeAffinity: {} },
  },
  {
    web: {
      secret: 'badgateway-web',
      scheme: 'HTTPS',
      probeHeaders: [{ name: 'Authorization', value: 'Basic cHJvYmU6cGFzcw==' }],
      endpoint: { tlsConfig: { insecureSkipVerify: true }, basicAuth: { username: { name: 'scrape', key: 'user' } } },
    },
    extraVolumes: [{ name: 'edge-logs', hostPath: { path: '/srv/edge/log' } }],
    extraVolumeMounts: [{ name: 'edge-logs', mountPath: '/srv/edge/log', readOnly: true }],
  },
  { web: { secret: 'badgateway-web' }, monitoring: { monitor: 'ServiceMonitor' } },
  { web: { secret: 'badgateway-web', scheme: 'HTTPS' }, monitoring: { monitor: 'none' } },
];

for (const values of CHOICES) {
  test(`helm template makes the same of ${JSON.stringify(values)}`, { skip }, () => {
    const result = helm(['template', 'badgateway', CHART], values);
    assert.equal(result.status, 0, result.stderr);
    assert.deepEqual(sorted(loadAll(result.stdout) as Manifest[]), sorted(renderChart(values)));
  });
}

function sorted(manifests: readonly Manifest[]): Record<string, unknown> {
  const named = manifests.filter(Boolean).map((one) => {
    const text = JSON.stringify(one, (key, value) => (key === 'checksum/config' ? '' : value));
    const { kind, metadata } = one;
    return [`${kind} ${metadata.namespace ?? ''}/${metadata.name}`, withConfig(JSON.parse(text))] as const;
  });
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The configuration is written by another YAML writer: compared by what it says. */
function withConfig(manifest: Manifest): object {
  const { 'badgateway.yaml': config, ...data } = manifest.data ?? {};
  return config === undefined ? manifest : { ...manifest, data: { ...data, config: loadAll(config) } };
}

test('helm lint has nothing to say', { skip }, () => {
  const result = helm(['lint', CHART, '--strict']);
  assert.equal(result.status, 0, result.stdout + result.stderr);
  assert.match(result.stdout, /0 chart\(s\) failed/);
});

test('helm refuses values that the schema does not know', { skip }, () => {
  for (const values of [
    { rootfs: true },
    { truth: { mode: 'namespaces' } },
    { context: { events: true } },
    { web: { scheme: 'HTTPS' } },
    { web: { endpoint: { port: 'page' } } },
  ]) {
    const result = helm(['template', 'badgateway', CHART], values);
    assert.notEqual(result.status, 0, JSON.stringify(values));
    assert.match(result.stderr, /don't meet the specifications of the schema/);
  }
});

test('the package has rules and dashboards, and no tests or sources of them', { skip }, () => {
  const packed = spawnSync(findTool('helm') as string, ['package', CHART, '--destination', directory], {
    encoding: 'utf8',
  });
  assert.equal(packed.status, 0, packed.stderr);
  const [archive] = /\S+\.tgz/.exec(packed.stdout) ?? [];
  const { stdout } = spawnSync('tar', ['-tzf', archive as string], { encoding: 'utf8' });
  assert.match(stdout, /files\/alerts\/upstreams\.rules\.yaml/);
  assert.match(stdout, /files\/dashboards\/overview\.json/);
  assert.doesNotMatch(stdout, /\.ts$|\.test\.yaml|\.yml$/m);
});
