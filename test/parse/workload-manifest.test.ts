import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isSelected, readManifestService, readWorkload } from '../../src/parse/workload-manifest.ts';
import { service } from '../kubernetes/objects.ts';

const metadata = { name: 'cart', namespace: 'shop' };
const template = { metadata: { labels: { app: 'cart', tier: 'web' } }, spec: { containers: [{ name: 'app' }] } };

it('reads the template of what makes pods, and pods themselves', () => {
  for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet']) {
    const found = readWorkload(kind, { metadata, spec: { template } });
    assert.deepEqual(
      [found?.key, found?.isPod, found?.lifecycle.containers[0].name],
      ['shop/cart', false, 'app'],
      kind,
    );
    assert.deepEqual(
      [...found!.labels],
      [
        ['app', 'cart'],
        ['tier', 'web'],
      ],
    );
  }
  const pod = readWorkload('Pod', { metadata: { ...metadata, labels: { app: 'cart' } }, spec: template.spec });
  assert.deepEqual([pod?.key, pod?.isPod, pod?.labels.get('app')], ['shop/cart', true, 'cart']);
  assert.equal(readWorkload('Deployment', { metadata: { name: 'cart' }, spec: { template } })?.key, 'default/cart');
});

it('leaves out what another one makes, old revisions, jobs and other kinds', () => {
  const owned = { ...metadata, ownerReferences: [{ kind: 'Deployment', name: 'cart' }] };
  assert.equal(readWorkload('ReplicaSet', { metadata: owned, spec: { template } }), null);
  assert.equal(readWorkload('ReplicaSet', { metadata, spec: { replicas: 0, template } }), null);
  assert.equal(readWorkload('Pod', { metadata, spec: { restartPolicy: 'Never' } }), null);
  assert.equal(readWorkload('ConfigMap', { metadata, data: {} }), null);
  assert.equal(readWorkload('Deployment', null), null);
});

it('a Service selects by all its labels in its namespace; of its ports those of TCP are read', () => {
  const workload = readWorkload('Deployment', { metadata, spec: { template } })!;
  const selects = (selector: Record<string, string>, namespace = 'shop') =>
    isSelected(readManifestService(service({ name: 'cart', namespace, spec: { selector } }))!, workload);
  assert.equal(selects({ app: 'cart' }), true);
  assert.equal(selects({ app: 'cart', tier: 'web' }), true);
  assert.equal(selects({ app: 'cart', tier: 'db' }), false);
  assert.equal(selects({}), false);
  assert.equal(selects({ app: 'cart' }, 'blog'), false);
  const ports = [
    { port: 53, protocol: 'UDP' },
    { port: 80, targetPort: 8080 },
  ];
  assert.deepEqual(
    readManifestService(service({ name: 'cart', spec: { ports } }))?.ports.map(({ port }) => port),
    [80],
  );
  const external = { type: 'ExternalName' as const, externalName: 'x.example' };
  assert.equal(readManifestService(service({ name: 'cart', spec: external })), null);
});
