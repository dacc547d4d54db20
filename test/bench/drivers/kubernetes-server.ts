import { FakeApiServer } from '../../kubernetes/api-server.ts';
import { endpointSlice, service } from '../../kubernetes/objects.ts';
import { addressOf, NAMESPACES } from './kubernetes-cluster.ts';

/**
 * The fake API server of the tests as a process of its own: SERVICES Services with one slice of ENDPOINTS endpoints each.
 * One of its seconds takes SECOND_MS. Sends a kubeconfig to its parent and ends with it.
 */
const [services, endpoints, secondMs = 1000] = process.argv.slice(2).map(Number);

const server = await FakeApiServer.start({ secondMs });
for (let index = 0; index < services; index++) {
  const namespace = `team-${index % NAMESPACES}`;
  const name = `svc-${index}`;
  server.store.create(
    service({
      namespace,
      name,
      spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }], clusterIP: 'None', clusterIPs: ['None'] },
    }),
  );
  const all = Array.from({ length: endpoints }, (_, endpoint) => ({
    addresses: [addressOf(index * endpoints + endpoint)],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: `node-${endpoint % 40}.eu-west-1.compute.internal`,
    targetRef: {
      kind: 'Pod',
      namespace,
      name: `${name}-7d9c8b5f4-${endpoint.toString(36).padStart(5, 'x')}`,
      uid: `1f2e3d4c-0000-4000-8000-${String(index * endpoints + endpoint).padStart(12, '0')}`,
    },
    zone: 'eu-west-1a',
  }));
  server.store.create(endpointSlice({ namespace, name: `${name}-abcde`, endpoints: all }));
}

process.send?.(server.kubeconfig('certificate'));
process.on('disconnect', () => process.exit(0));
