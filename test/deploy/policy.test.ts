import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderChart } from './chart.ts';
import { buildKustomization, skipWithoutKustomize } from './kustomize.ts';
import { type Container, DEPLOY, filesBelow, type Manifest, manifestsOf, ROOT, readYaml } from './manifests.ts';

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const BASE = 'kubernetes/base';
const VERBS = ['get', 'list', 'watch'];

const podSpecOf = ({ spec }: Manifest) => spec?.template?.spec;

/** What is applied as it is, and what the chart makes. */
const SETS: readonly (readonly [string, readonly Manifest[]])[] = [
  [BASE, manifestsOf(BASE)],
  ['sidecar', manifestsOf('sidecar')],
  ['helm/badgateway', renderChart({})],
  ['helm/badgateway with truth', renderChart({ truth: { mode: 'cluster' }, context: { events: true } })],
];

for (const [directory, manifests] of SETS) {
  const workloads = manifests.filter((one) => podSpecOf(one) !== undefined);

  test(`${directory}: there is a workload, and selectors find it`, () => {
    assert.equal(workloads.length, 1);
    const labels = workloads[0].spec?.template?.metadata.labels ?? {};
    const selectors = manifests
      .map(({ spec }) => spec?.selector?.matchLabels ?? spec?.podSelector?.matchLabels)
      .filter((selector) => selector !== undefined);
    assert.ok(selectors.length >= 2);
    for (const selector of selectors) {
      for (const [name, value] of Object.entries(selector)) assert.equal(labels[name], value, name);
    }
  });

  test(`${directory}: ports that others name exist`, () => {
    const ports = podSpecOf(workloads[0])!.containers.flatMap((container) =>
      (container.ports ?? []).map(({ name }) => name),
    );
    const named = manifests.flatMap(({ spec }) => [
      ...(spec?.podMetricsEndpoints ?? []).map(({ port }) => port),
      ...(spec?.ingress ?? []).flatMap((rule) => rule.ports.map(({ port }) => port)),
    ]);
    assert.ok(named.length > 0);
    for (const port of named) assert.ok(ports.includes(port), port);
  });

  test(`${directory}: pods run as nobody, without token, host network or writable host path`, () => {
    const spec = podSpecOf(workloads[0])!;
    assert.ok(!spec.hostNetwork && !spec.hostIPC);
    assert.equal(spec.automountServiceAccountToken, false);
    assert.equal(spec.securityContext?.runAsNonRoot, true);
    assert.ok(Number(spec.securityContext?.runAsUser) > 0);
    assert.deepEqual(spec.securityContext?.seccompProfile, { type: 'RuntimeDefault' });
    const host = (spec.volumes ?? []).filter(({ hostPath }) => hostPath);
    for (const container of spec.containers) {
      for (const mount of container.volumeMounts ?? []) {
        assert.ok(
          (spec.volumes ?? []).some(({ name }) => name === mount.name),
          `volume ${mount.name}`,
        );
        if (host.some(({ name }) => name === mount.name)) assert.equal(mount.readOnly, true, mount.name);
      }
    }
  });

  test(`${directory}: ConfigMaps that pods mount exist`, () => {
    const maps = manifests.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => metadata.name);
    for (const { configMap } of podSpecOf(workloads[0])!.volumes ?? [])
      if (configMap) assert.ok(maps.includes(configMap.name));
  });

  for (const container of workloads.flatMap((one) => podSpecOf(one)!.containers)) checkContainer(directory, container);

  test(`${directory}: roles only read, and never secrets`, () => {
    for (const { kind, rules = [] } of manifests) {
      if (!/Role$/.test(kind)) continue;
      for (const { verbs, resources } of rules) {
        assert.ok(
          verbs.every((verb) => VERBS.includes(verb)),
          verbs.join(),
        );
        assert.ok(!resources.includes('secrets') && !resources.includes('*'));
      }
    }
  });

  test(`${directory}: no ConfigMap is over 1 MiB`, () => {
    for (const { data = {} } of manifests) assert.ok(Buffer.byteLength(JSON.stringify(data)) < 1_048_576);
  });
}

const INGRESS_NGINX = 'sidecar-ingress-nginx';
const [ingressPatch] = readYaml<Manifest>(join(DEPLOY, INGRESS_NGINX, 'deployment.yaml'));
checkContainer(INGRESS_NGINX, podSpecOf(ingressPatch)!.containers[0]);

test('the sidecar of ingress-nginx is of another user than the controller, and confined by itself', () => {
  const [container, ...others] = podSpecOf(ingressPatch)!.containers;
  assert.equal(others.length, 0);
  assert.deepEqual(container.securityContext, {
    ...{ runAsUser: 65534, runAsGroup: 65534, runAsNonRoot: true },
    ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
    ...{ capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' } },
  });
});

test('the values for the chart of ingress-nginx say the same as the patch', () => {
  const file = join(DEPLOY, INGRESS_NGINX, 'values.ingress-nginx.yaml');
  const [{ controller }] = readYaml<{ controller: Record<string, unknown> }>(file);
  const { metadata, spec } = ingressPatch.spec!.template!;
  const { containers, volumes, ...rest } = spec;
  assert.deepEqual(controller, {
    podLabels: metadata.labels,
    extraContainers: containers,
    extraVolumes: volumes,
    ...rest,
  });
});

test('the sidecar of ingress-nginx is added, its configuration is there and valid, and it is scraped', {
  skip: skipWithoutKustomize,
}, () => {
  const built = buildKustomization(join(ROOT, 'test/deploy/kustomizations/ingress-nginx'));
  const pod = built.find(({ kind }) => kind === 'Deployment')!.spec!.template!;
  assert.deepEqual(pod.spec.containers.map(({ name }) => name).sort(), ['badgateway', 'controller']);
  const map = built.find(({ kind }) => kind === 'ConfigMap')!;
  assert.ok(pod.spec.volumes!.some(({ configMap }) => configMap?.name === map.metadata.name));
  const monitor = built.find(({ kind }) => kind === 'PodMonitor')!;
  for (const [label, value] of Object.entries(monitor.spec!.selector!.matchLabels))
    assert.equal(pod.metadata.labels[label], value);
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-policy-'));
  writeFileSync(join(directory, 'badgateway.yaml'), map.data!['badgateway.yaml']);
  const args = ['src/main.ts', 'check-config', join(directory, 'badgateway.yaml')];
  const checked = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  rmSync(directory, { recursive: true });
  assert.equal(checked.status, 0, checked.stdout + checked.stderr);
});

function checkContainer(directory: string, container: Container): void {
  test(`${directory}: container ${container.name} is confined`, () => {
    const security = container.securityContext ?? {};
    assert.equal(security.allowPrivilegeEscalation, false);
    assert.equal(security.readOnlyRootFilesystem, true);
    assert.ok(!security.privileged);
    assert.deepEqual(security.capabilities, { drop: ['ALL'] });
    assert.match(container.image, /:[\w.-]+$/);
    assert.doesNotMatch(container.image, /:latest$/);
    for (const kind of ['requests', 'limits'] as const) {
      assert.ok(container.resources?.[kind].cpu && container.resources[kind].memory, kind);
    }
  });
  if (!container.image.startsWith('badgateway:')) return;
  test(`${directory}: badgateway is probed, at its own version`, () => {
    assert.equal(container.image, `badgateway:${version}`);
    assert.equal(container.livenessProbe?.httpGet?.path, '/-/healthy');
    assert.equal(container.readinessProbe?.httpGet?.path, '/-/ready');
    assert.equal(container.ports?.[0].containerPort, 9502);
    assert.ok(
      container.volumeMounts?.some(({ mountPath, readOnly }) => mountPath === '/var/lib/badgateway' && !readOnly),
    );
  });
}

test('the agent sees the node as design and documentation say: hostPID, /proc and logs read-only, group 0, no user 0', () => {
  const spec = podSpecOf(manifestsOf(BASE).find(({ kind }) => kind === 'DaemonSet')!)!;
  assert.equal(spec.hostPID, true);
  assert.equal(spec.securityContext?.runAsUser, 65534);
  assert.deepEqual(spec.securityContext?.supplementalGroups, [0]);
  const mounts = spec.containers[0].volumeMounts ?? [];
  for (const path of ['/host/proc', '/host/sys/fs/cgroup', '/var/log/pods', '/var/log/containers']) {
    assert.ok(
      mounts.some(({ mountPath, readOnly }) => mountPath === path && readOnly),
      path,
    );
  }
});

test('the agent keeps the labels of its series and adds the node; the job is the one that the rules look for', () => {
  const monitor = manifestsOf(BASE).find(({ kind }) => kind === 'PodMonitor') as Manifest & {
    spec: { jobLabel: string };
  };
  const [endpoint] = monitor.spec.podMetricsEndpoints ?? [];
  assert.equal(endpoint.honorLabels, true);
  assert.ok(endpoint.relabelings?.some(({ targetLabel }) => targetLabel === 'node'));
  const labels = manifestsOf(BASE).find(({ kind }) => kind === 'DaemonSet')?.spec?.template?.metadata.labels ?? {};
  assert.equal(labels[monitor.spec.jobLabel], 'badgateway');
});

test('the overlay adds one capability and user 0, nothing else', () => {
  const [patch] = readYaml<Manifest>(join(DEPLOY, 'kubernetes/overlays/rootfs-access/daemonset.yaml'));
  assert.deepEqual(patch.spec, {
    template: {
      spec: {
        securityContext: { runAsNonRoot: false, runAsUser: 0, runAsGroup: 0 },
        containers: [{ name: 'badgateway', securityContext: { capabilities: { drop: ['ALL'], add: ['SYS_PTRACE'] } } }],
      },
    },
  });
});

test('no image in any file has no tag or the tag latest', () => {
  let seen = 0;
  for (const file of filesBelow(DEPLOY, '.yaml')) {
    for (const [, image] of readFileSync(join(DEPLOY, file), 'utf8').matchAll(/^\s+image: (\S+)$/gm)) {
      seen++;
      assert.match(image, /:(?!latest$)[\w.-]+$/, `${file}: ${image}`);
    }
  }
  assert.ok(seen >= 6);
});
