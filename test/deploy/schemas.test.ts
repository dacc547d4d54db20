import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { dump } from 'js-yaml';
import { renderChart } from './chart.ts';
import { schemaOfKind, wrongIn } from './kubernetes-schema.ts';
import { buildKustomization, skipWithoutKustomize } from './kustomize.ts';
import { filesBelow, type Manifest, manifestsOf, ROOT } from './manifests.ts';
import { findTool, skipWithoutTool } from './tools.ts';

const OWN = ['ingress-nginx', 'service-monitor', 'controller-metrics'].map((name) =>
  join(ROOT, 'test/deploy/kustomizations', name),
);
const KUSTOMIZATIONS = [
  ...['kubernetes/base', 'sidecar', 'sidecar-ngf'],
  ...['rootfs-access', 'upstream-truth', 'upstream-truth-namespaces', 'kubernetes-context'].map(overlay),
  ...['kube-prometheus-stack', 'without-operator'].map(overlay),
];
function overlay(name: string): string {
  return `kubernetes/overlays/${name}`;
}
const CHOICES = [
  { truth: { mode: 'namespaces', namespaces: ['shop', 'pay'] }, rootfsAccess: true, podLabels: { team: 'edge' } },
  { truth: { mode: 'cluster' }, context: { autoscalers: true, events: true }, ngf: { enabled: true } },
  {
    monitoring: { monitor: 'ServiceMonitor', release: 'kps' },
    extraEnv: [{ name: 'BADGATEWAY_LOG_LEVEL', value: 'debug' }],
  },
  {
    monitoring: { monitor: 'none', controllers: true },
    networkPolicy: { enabled: false },
    image: { pullSecrets: [{ name: 'pull' }] },
  },
];
const all: Manifest[] = [];

before(() => {
  const built = skipWithoutKustomize ? [] : [...KUSTOMIZATIONS, ...OWN].flatMap(buildKustomization);
  all.push(...built, ...CHOICES.flatMap((values) => renderChart(values)));
});

test('every kustomization of deploy/ is looked at', () => {
  const found = filesBelow(join(ROOT, 'deploy'), 'kustomization.yaml').map((path) =>
    path.replace('/kustomization.yaml', ''),
  );
  const components = found.filter((path) => path.includes('/components/') || path === 'sidecar-ingress-nginx');
  assert.deepEqual([...KUSTOMIZATIONS, ...components].sort(), found.sort());
});

test('as written, before kustomize merges: no key that Kubernetes does not know', async () => {
  for (const directory of KUSTOMIZATIONS) {
    for (const manifest of manifestsOf(directory)) assert.deepEqual(await wrongIn(manifest), [], directory);
  }
});

test('as built and as rendered: no unknown key, no wrong type, nothing missing', async () => {
  assert.ok(all.length > 60);
  for (const manifest of all) assert.deepEqual(await wrongIn(manifest), []);
});

test('what is wrong is found', async () => {
  const agent = () =>
    structuredClone(manifestsOf('kubernetes/base').find(({ kind }) => kind === 'DaemonSet')) as unknown as Editable;
  const spoil = async (edit: (spec: Editable['spec']['template']['spec']) => void) => {
    const spoilt = agent();
    edit(spoilt.spec.template.spec);
    return (await wrongIn(spoilt as unknown as Manifest)).join();
  };
  assert.match(await spoil((spec) => Object.assign(spec, { securityContex: {} })), /securityContex: unknown/);
  assert.match(await spoil((spec) => Object.assign(spec, { hostPID: 'yes' })), /hostPID: string instead of boolean/);
  assert.match(await spoil((spec) => spec.containers[0].ports.push({ port: 1 })), /no containerPort.*port: unknown/);
  assert.match(await spoil((spec) => delete (spec as { containers?: unknown }).containers), /no containers/);
  const [monitor] = structuredClone(manifestsOf('kubernetes/base').filter(({ kind }) => kind === 'PodMonitor'));
  Object.assign(monitor.spec!.podMetricsEndpoints![0], { honourLabels: true });
  assert.match((await wrongIn(monitor)).join(), /honourLabels: unknown/);
});
interface Editable {
  readonly spec: { readonly template: { readonly spec: { readonly containers: { readonly ports: object[] }[] } } };
}

const directory = mkdtempSync(join(tmpdir(), 'badgateway-schemas-'));
after(() => rmSync(directory, { recursive: true, force: true }));

test('kubeconform accepts all of them, with the same schemas', { skip: skipWithoutTool('kubeconform') }, async () => {
  for (const kind of new Set(all.map((manifest) => manifest.kind))) {
    writeFileSync(join(directory, `${kind.toLowerCase()}.json`), JSON.stringify(await schemaOfKind(kind)));
  }
  const location = join(directory, '{{ .ResourceKind }}.json');
  const args = ['-strict', '-summary', '-schema-location', location, '-'];
  const run = (manifests: readonly Manifest[]) =>
    spawnSync(findTool('kubeconform') as string, args, {
      input: manifests.map((manifest) => dump(manifest, { noRefs: true })).join('---\n'),
      encoding: 'utf8',
    });
  const result = run(all);
  assert.equal(result.status, 0, result.stdout + result.stderr);
  assert.match(result.stdout, new RegExp(`Valid: ${all.length}, Invalid: 0, Errors: 0, Skipped: 0`));
  assert.notEqual(run([{ ...all[0], extra: 1 } as Manifest]).status, 0);
});
