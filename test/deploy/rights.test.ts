import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadAll } from 'js-yaml';
import { CLUSTER_RESOURCES } from '../../src/contract/cluster.ts';
import { CONTEXT_RESOURCES, groupOf } from '../../src/sources/kubernetes/resources.ts';
import {
  type Container,
  DEPLOY,
  filesBelow,
  type Manifest,
  manifestsOf,
  type PodSpec,
  ROOT,
  readYaml,
} from './manifests.ts';

/** What each way to run asks the API server for, and by which object it may. */
const WAYS = [
  { directory: 'kubernetes/overlays/upstream-truth', kind: 'ClusterRole', resources: CLUSTER_RESOURCES },
  { directory: 'kubernetes/overlays/upstream-truth-namespaces', kind: 'Role', resources: CLUSTER_RESOURCES },
  { directory: 'kubernetes/overlays/kubernetes-context', kind: 'ClusterRole', resources: CONTEXT_RESOURCES },
  { directory: 'sidecar', kind: 'Role', resources: ['endpointslices', 'services'] },
  { directory: 'sidecar-ngf', kind: 'Role', resources: ['endpointslices', 'services'] },
] as const;
const TOKEN_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The verbs of the requests that the code makes. */
function usedVerbs(): string[] {
  const directory = join(ROOT, 'src/sources/kubernetes');
  const texts = readdirSync(directory).map((file) => readFileSync(join(directory, file), 'utf8'));
  return [...new Set(texts.flatMap((text) => [...text.matchAll(/\{ verb: '(\w+)'/g)].map(([, verb]) => verb)))].sort();
}

test('the code lists and watches, and gets no object by its name', () => {
  assert.deepEqual(usedVerbs(), ['list', 'watch']);
});

for (const { directory, kind, resources } of WAYS) {
  // Not those of the overlay that it stands upon.
  const own = filesBelow(join(DEPLOY, directory), '.yaml')
    .flatMap((file) => readYaml<Manifest>(join(DEPLOY, file)))
    .filter((one) => one?.apiVersion === 'rbac.authorization.k8s.io/v1');

  test(`${directory}: a ${kind} with exactly the rights that are used`, () => {
    const roles = own.filter(({ rules }) => rules !== undefined);
    assert.deepEqual(
      roles.map((role) => role.kind),
      [kind],
    );
    const granted = roles[0].rules!.map(({ apiGroups, resources, verbs }) => [apiGroups, resources, [...verbs].sort()]);
    assert.deepEqual(
      granted,
      resources.map((resource) => [[groupOf(resource)], [resource], usedVerbs()]),
    );
  });

  test(`${directory}: the role is bound to the service account of the pods`, () => {
    const [binding, ...others] = own.filter(({ roleRef }) => roleRef !== undefined);
    assert.equal(others.length, 0);
    const role = own.find(({ rules }) => rules !== undefined)!;
    assert.equal(binding.kind, `${kind}Binding`);
    assert.deepEqual(binding.roleRef, { apiGroup: 'rbac.authorization.k8s.io', kind, name: role.metadata.name });
    assert.equal(binding.metadata.namespace, role.metadata.namespace);
    const account = manifestsOf(directory).find((one) => one.kind === 'ServiceAccount')?.metadata.name;
    // NGINX Gateway Fabric makes it: GATEWAY-GATEWAYCLASS.
    const name = account ?? 'edge-nginx';
    const namespace = directory.startsWith('kubernetes') ? 'badgateway' : 'shop';
    assert.deepEqual(binding.subjects, [{ kind: 'ServiceAccount', name, namespace }]);
  });

  test(`${directory}: each verb says what it is for`, () => {
    const [file] = filesBelow(join(DEPLOY, directory), '.yaml').filter((path) => /(role|rbac)\.yaml$/.test(path));
    const verbs = readFileSync(join(DEPLOY, file), 'utf8').match(/^ {6}- (get|list|watch)\b.*$/gm) ?? [];
    assert.equal(verbs.length, resources.length * usedVerbs().length);
    for (const line of verbs) assert.match(line, / # \S/, line);
  });
}

test('no role in any file has a wildcard, a secret, or a verb that changes or runs something', () => {
  let seen = 0;
  for (const file of filesBelow(DEPLOY, '.yaml')) {
    for (const { rules = [], kind } of readYaml<Manifest>(join(DEPLOY, file)).filter(Boolean)) {
      if (!/Role$/.test(kind)) continue;
      seen++;
      for (const { apiGroups, resources, verbs } of rules) {
        assert.doesNotMatch(
          [...apiGroups, ...resources, ...verbs].join(),
          /\*|secret|exec|proxy|nodes|configmaps/,
          file,
        );
        for (const verb of verbs) assert.match(verb, /^(list|watch)$/, file);
      }
    }
  }
  assert.equal(seen, WAYS.length);
});

/** Container and pod that the token is put into, patches merged where a patch is all there is. */
const HOLDERS: Readonly<Record<string, () => Pick<PodSpec, 'containers' | 'volumes'>>> = {
  'kubernetes/components/api-token': () =>
    readYaml<Manifest>(join(DEPLOY, 'kubernetes/components/api-token/daemonset.yaml'))[0].spec!.template!.spec,
  sidecar: () => manifestsOf('sidecar').find(({ kind }) => kind === 'Deployment')!.spec!.template!.spec,
  'sidecar-ngf': () => ngfPatch(),
};

interface NginxProxy {
  readonly spec: {
    readonly kubernetes: {
      readonly deployment: {
        readonly patches: readonly {
          readonly type: string;
          readonly value: { readonly spec: { readonly template: { readonly spec: PodSpec } } };
        }[];
      };
    };
  };
}
function ngfPatch(): PodSpec & { readonly shareProcessNamespace?: boolean } {
  const [{ spec }] = readYaml<NginxProxy>(join(DEPLOY, 'sidecar-ngf/nginxproxy.yaml'));
  const [patch] = spec.kubernetes.deployment.patches;
  assert.equal(patch.type, 'StrategicMerge');
  return patch.value.spec.template.spec;
}

for (const [name, read] of Object.entries(HOLDERS)) {
  test(`${name}: only badgateway gets the token of the API server, and nothing else`, () => {
    const { containers, volumes = [] } = read();
    const holders = containers.filter(({ volumeMounts = [] }) =>
      volumeMounts.some(({ mountPath }) => mountPath === TOKEN_DIRECTORY),
    );
    assert.deepEqual(
      holders.map((container) => container.name),
      ['badgateway'],
    );
    const mount = holders[0].volumeMounts!.find(({ mountPath }) => mountPath === TOKEN_DIRECTORY)!;
    assert.equal(mount.readOnly, true);
    const { sources } = volumes.find((volume) => volume.name === mount.name)!.projected!;
    assert.deepEqual(
      sources.map((source) => Object.keys(source)[0]),
      ['serviceAccountToken', 'configMap', 'downwardAPI'],
    );
    // Without an audience it is that of the API server.
    assert.equal(sources[0].serviceAccountToken.audience, undefined);
  });
}

function fieldsOf({ env = [] }: Container): Record<string, string | undefined> {
  return Object.fromEntries(
    env.flatMap((one) => (one.valueFrom ? [[one.name, one.valueFrom.fieldRef.fieldPath]] : [])),
  );
}

test('a sidecar is told its pod; an agent only its node, for it would take every nginx for its own', () => {
  const own = (containers: readonly Container[]) => containers.find(({ name }) => name === 'badgateway')!;
  const sidecar = { NODE_NAME: 'spec.nodeName', POD_NAME: 'metadata.name', POD_NAMESPACE: 'metadata.namespace' };
  assert.deepEqual(fieldsOf(own(HOLDERS.sidecar().containers)), sidecar);
  assert.deepEqual(fieldsOf(own(ngfPatch().containers)), sidecar);
  const agent = manifestsOf('kubernetes/base').find(({ kind }) => kind === 'DaemonSet')!;
  assert.deepEqual(fieldsOf(own(agent.spec!.template!.spec.containers)), { NODE_NAME: 'spec.nodeName' });
});

test('sidecars read the configuration of nginx from its own volume, read-only', () => {
  const [nginx, badgateway] = HOLDERS.sidecar().containers;
  const theirs = nginx.volumeMounts!.find(({ name }) => name === 'nginx-config')!;
  assert.deepEqual(
    badgateway.volumeMounts!.find(({ name }) => name === 'nginx-config'),
    { ...theirs, readOnly: true },
  );
  const mounts = ngfPatch().containers[0].volumeMounts!;
  for (const name of ['nginx-conf', 'nginx-run']) {
    assert.equal(mounts.find((mount) => mount.name === name)?.readOnly, true, name);
  }
  assert.ok(!mounts.some(({ name }) => /secret|tls|^token$/.test(name)));
});

test('the sidecar of NGINX Gateway Fabric is confined, of another user than nginx, and sees its workers', () => {
  const spec = ngfPatch();
  assert.equal(spec.shareProcessNamespace, true);
  const [container, ...others] = spec.containers;
  assert.equal(others.length, 0);
  assert.deepEqual(container.securityContext, {
    ...{ runAsUser: 65534, runAsGroup: 1001, runAsNonRoot: true },
    ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
    ...{ capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' } },
  });
  assert.ok(container.resources?.limits.memory);
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  assert.equal(container.image, `badgateway:${version}`);
  const [configMap] = manifestsOf('sidecar-ngf').filter(({ kind }) => kind === 'ConfigMap');
  assert.ok(spec.volumes?.some((volume) => volume.configMap?.name === configMap.metadata.name));
});

test('the agent may leave its pod for the API server only where it has a token', () => {
  const egress = (path: string) =>
    (readYaml<{ spec: { egress: unknown[] } }>(join(DEPLOY, path))[0] as { spec: { egress: unknown[] } }).spec.egress;
  assert.deepEqual(egress('kubernetes/base/networkpolicy.yaml'), []);
  assert.deepEqual(egress('kubernetes/components/api-token/networkpolicy.yaml'), [
    {
      ports: [
        { protocol: 'TCP', port: 443 },
        { protocol: 'TCP', port: 6443 },
      ],
    },
  ]);
});

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

for (const { directory } of WAYS) {
  test(`${directory}: kustomize builds it`, { skip: !hasKubectl && 'not installed: kubectl' }, () => {
    const result = spawnSync('kubectl', ['kustomize', join(DEPLOY, directory)], { encoding: 'utf8' });
    assert.equal(result.status, 0, result.stderr);
    const built = loadAll(result.stdout) as Manifest[];
    assert.ok(built.some(({ roleRef }) => roleRef !== undefined));
    const agent = built.find(({ kind }) => kind === 'DaemonSet');
    if (agent === undefined) return;
    const [container] = agent.spec!.template!.spec.containers;
    // The patches have added to what the base has, not taken its place.
    const paths = container.volumeMounts!.map(({ mountPath }) => mountPath);
    for (const path of [TOKEN_DIRECTORY, '/host/proc', '/var/log/pods', '/etc/badgateway']) {
      assert.ok(paths.includes(path), path);
    }
    assert.ok(container.env?.some(({ name }) => name === 'NODE_NAME'));
    const added = directory.endsWith('context') ? 3 : directory.endsWith('namespaces') ? 1 : 0;
    assert.equal(container.env!.length, 1 + added);
  });
}
