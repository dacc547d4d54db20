import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { load } from 'js-yaml';
import { ruleFiles } from '../../deploy/generate.ts';
import { configLeaves } from '../../src/config/leaves.ts';
import { CHART, defaultValues, mergeValues, renderChart, renderNotes, type Values } from './chart.ts';
import { type Schema, violations } from './json-schema.ts';
import { buildKustomization, skipWithoutKustomize } from './kustomize.ts';
import { type Manifest, ROOT } from './manifests.ts';

/** Choices that both ways offer. */
const SAME: readonly { readonly kustomization: string; readonly values: Values; readonly namespace?: string }[] = [
  { kustomization: 'kubernetes/base', values: {} },
  { kustomization: 'kubernetes/overlays/rootfs-access', values: { rootfsAccess: true } },
  { kustomization: 'kubernetes/overlays/upstream-truth', values: { truth: { mode: 'cluster' } } },
  {
    kustomization: 'kubernetes/overlays/upstream-truth-namespaces',
    values: { truth: { mode: 'namespaces', namespaces: ['shop'] } },
  },
  {
    kustomization: 'kubernetes/overlays/kubernetes-context',
    values: { truth: { mode: 'cluster' }, context: { autoscalers: true, events: true, servicePods: true } },
  },
  {
    kustomization: 'kubernetes/overlays/kube-prometheus-stack',
    values: { monitoring: { release: 'kube-prometheus-stack' } },
  },
  { kustomization: 'kubernetes/overlays/without-operator', values: { monitoring: { monitor: 'none' } } },
  { kustomization: 'sidecar-ngf', values: { agent: false, ngf: { enabled: true } }, namespace: 'shop' },
];
/** Labels that say who installed it, and the one by which a selector tells two releases apart. */
const OF_HELM = /^(app\.kubernetes\.io\/(instance|version|managed-by)|helm\.sh\/chart)$/;

/** What an object means: no names that only one of both ways gives, embedded YAML as data. */
function meaningOf(manifest: Manifest, namespace?: string): [string, unknown] {
  const text = JSON.stringify(manifest, (key, value) => {
    if (OF_HELM.test(key) || key === 'checksum/config') return undefined;
    // kustomize appends a hash of the content, so that pods follow it.
    if (key === 'name' && typeof value === 'string') return value.replace(/^(badgateway)-[a-z0-9]{10}$/, '$1');
    if (/\.(yaml|json)$/.test(key) && typeof value === 'string') return load(value);
    if (/^(env|volumes|volumeMounts)$/.test(key)) return [...value].sort((a, b) => (a.name < b.name ? -1 : 1));
    return value;
  });
  const plain = withoutEmpty(JSON.parse(text)) as Manifest;
  // kustomize leaves the namespace to kubectl where the kustomization names none.
  if (namespace !== undefined && plain.metadata.namespace === namespace)
    delete (plain.metadata as { namespace?: string }).namespace;
  // Labels of the objects themselves select nothing; but `release` and Grafana's do.
  const { labels = {} } = plain.metadata;
  const selecting = Object.fromEntries(Object.entries(labels).filter(([key]) => !key.startsWith('app.kubernetes.io/')));
  const metadata = { ...plain.metadata, labels: selecting };
  return [`${plain.kind} ${metadata.namespace ?? ''}/${metadata.name}`, { ...plain, metadata }];
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, withoutEmpty(one)] as const);
  return Object.fromEntries(
    entries.filter(([key, one]) => key !== 'annotations' || Object.keys(one as object).length > 0),
  );
}

for (const { kustomization, values, namespace } of SAME) {
  test(`${kustomization} and the chart make the same objects`, { skip: skipWithoutKustomize }, () => {
    // Namespaces are made by `helm install --create-namespace`.
    const built = buildKustomization(kustomization).filter(({ kind }) => kind !== 'Namespace');
    const sorted = (manifests: readonly Manifest[]) =>
      Object.fromEntries(manifests.map((one) => meaningOf(one, namespace)).sort(([a], [b]) => (a < b ? -1 : 1)));
    const [ofKustomize, ofChart] = [sorted(built), sorted(renderChart(values, namespace))];
    assert.deepEqual(Object.keys(ofChart), Object.keys(ofKustomize));
    assert.equal(Object.keys(ofChart).length, built.length);
    for (const [name, object] of Object.entries(ofKustomize)) assert.deepEqual(ofChart[name], object, name);
  });
}

test('a ServiceMonitor in the place of the PodMonitor, as the component has it', { skip: skipWithoutKustomize }, () => {
  const rendered = renderChart({ monitoring: { monitor: 'ServiceMonitor', release: 'kube-prometheus-stack' } });
  const built = buildKustomization(join(ROOT, 'test/deploy/kustomizations/service-monitor'));
  const scraping = (manifests: readonly Manifest[]) =>
    manifests.filter(({ kind }) => /^Service(Monitor)?$|^PodMonitor$/.test(kind)).map((one) => meaningOf(one));
  assert.equal(scraping(built).length, 2);
  assert.deepEqual(new Map(scraping(rendered) as [string, unknown][]), new Map(scraping(built)));
});

test('what controllers say of themselves, as the component has it', { skip: skipWithoutKustomize }, () => {
  const rendered = renderChart({ monitoring: { controllers: true, release: 'kube-prometheus-stack' } });
  const built = buildKustomization(join(ROOT, 'test/deploy/kustomizations/controller-metrics'));
  const monitors = (manifests: readonly Manifest[]) =>
    new Map(manifests.filter(({ kind }) => kind === 'PodMonitor').map((one) => meaningOf(one)));
  assert.equal(monitors(built).size, 4);
  assert.deepEqual(monitors(rendered), monitors(built));
});

test('links of alerts become absolute', () => {
  const monitoring = { runbookBase: 'https://git.example/blob/main/', dashboardBase: 'https://grafana.example' };
  const rules = renderChart({ monitoring }).filter(({ kind }) => kind === 'PrometheusRule');
  const bases = { runbook: monitoring.runbookBase, dashboard: monitoring.dashboardBase };
  assert.deepEqual(
    rules.map(({ spec }) => spec?.groups),
    [...ruleFiles(bases).values()],
  );
});

const schema = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as Schema;
const wrongIn = (values: Values) => violations(schema, mergeValues(defaultValues(), values), 'values');

test('the schema takes the defaults and every tested choice', () => {
  for (const values of [{}, ...SAME.map(({ values }) => values)]) assert.deepEqual(wrongIn(values), []);
});

test('the schema knows every value, so that a misspelt one is refused', () => {
  const compare = (part: Schema, value: unknown, place: string): void => {
    if (part.additionalProperties !== false) return;
    const keys = Object.keys(part.properties ?? {}).filter((key) => key !== 'global');
    assert.deepEqual(keys.sort(), Object.keys(value as object).sort(), place);
    for (const key of keys.filter((name) => name !== 'config'))
      compare(part.properties![key], (value as Values)[key], `${place}.${key}`);
  };
  assert.equal(schema.additionalProperties, false);
  compare(schema, defaultValues(), 'values');
});

const REFUSED: readonly (readonly [string, Values])[] = [
  ['values.rootfs', { rootfs: true }],
  ['values.truth.mode', { truth: { mode: 'all' } }],
  ['values.truth.namespaces', { truth: { mode: 'namespaces' } }],
  ['values.truth.mode', { context: { events: true } }],
  ['values.image.tag', { image: { tag: 'latest' } }],
  ['values.monitoring.runbookBase', { monitoring: { runbookBase: 'https://git.example' } }],
  ['values.resources.limits.gpu', { resources: { limits: { gpu: 1 } } }],
  ['values.ngf.namespaces', { ngf: { namespaces: [] } }],
  ['values.rootfsAccess', { rootfsAccess: 'yes' }],
  ['values.config.collector', { config: { collector: {} } }],
  ['values.config.collectors.nginx', { config: { collectors: { nginx: { enabled: true } } } }],
  ['values.config.collectors.envoy.enable', { config: { collectors: { envoy: { enable: true } } } }],
  [
    'values.config.collectors.envoy.targets[0].adress',
    { config: { collectors: { envoy: { targets: [{ adress: '' }] } } } },
  ],
  // The probes are for the port: the kubelet would end the pod again and again.
  ['values.config.listen.metrics', { config: { listen: { metrics: ':9600' } } }],
  ['values.config.listen.metrics', { config: { listen: { metrics: '127.0.0.1:9502' } } }],
];
for (const [place, values] of REFUSED) {
  test(`the schema refuses ${JSON.stringify(values)}`, () => {
    assert.ok(
      wrongIn(values).some((line) => line.startsWith(`${place}:`)),
      wrongIn(values).join('\n'),
    );
  });
}

test('the schema has every key of the configuration', () => {
  const config = schema.properties?.config as Schema;
  const leaves = configLeaves();
  assert.ok(leaves.length > 50);
  for (const { path } of leaves) {
    const node = path.split('.').reduce<Schema | undefined>((one, name) => one?.properties?.[name], config);
    assert.ok(node !== undefined, path);
  }
});

test('the schema takes every configuration that the project shows for Kubernetes', () => {
  const files = globSync('deploy/{kubernetes,sidecar*}/**/badgateway*.yaml', { cwd: ROOT });
  assert.ok(files.length === 3);
  for (const file of files) {
    const config = load(readFileSync(join(ROOT, file), 'utf8')) as Values;
    assert.deepEqual(violations(schema.properties!.config, config, file), []);
  }
});

test('the notes name what is still to be done, and only that', () => {
  const notes = renderNotes({ ngf: { enabled: true } });
  for (const text of [
    'pod-security',
    '--set monitoring.release=NAME',
    '--set truth.mode=cluster',
    'name: edge-badgateway',
  ]) {
    assert.ok(notes.includes(text), text);
  }
  const done = renderNotes({ truth: { mode: 'cluster' }, monitoring: { release: 'kps' } });
  assert.doesNotMatch(done, /--set|NginxProxy/);
});

test('chart, image and program have one version', () => {
  const chart = load(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')) as Record<string, string>;
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  assert.deepEqual([chart.version, chart.appVersion], [version, version]);
});

test('the release fits into its Secret, which ends at 1 MiB: helm keeps files and manifests in it, compressed', () => {
  const paths = ['files/alerts/*.rules.yaml', 'files/dashboards/*.json'].flatMap((at) => globSync(at, { cwd: CHART }));
  const files = paths.map((path) => readFileSync(join(CHART, path), 'utf8'));
  assert.ok(files.length > 10);
  const stored = gzipSync(JSON.stringify([files, renderChart({})])).toString('base64');
  assert.ok(stored.length < 700_000, `${stored.length} bytes`);
});
