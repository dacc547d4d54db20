import { FakeApiServer } from '../../kubernetes/api-server.ts';
import { endpointSlice, service } from '../../kubernetes/objects.ts';
import { addressOf, NAMESPACES } from './kubernetes-cluster.ts';

/**
 * The fake API server of the tests as a process of its own: SERVICES Services with one slice of ENDPOINTS endpoints each, and
 * OTHERS with 100 that no upstream stands for. One of its seconds takes SECOND_MS. Sends a kubeconfig to its parent and ends
 * with it.
 */
const [services, endpoints, others, secondMs] = process.argv.slice(2).map(Number);
const OTHER_ENDPOINTS = 100;

const server = await FakeApiServer.start({ secondMs });
for (let index = 0; index < services; index++) create(`svc-${index}`, index, index * endpoints, endpoints);
for (let index = 0; index < others; index++)
  create(`other-${index}`, index, services * endpoints + index * OTHER_ENDPOINTS, OTHER_ENDPOINTS);

function create(name: string, index: number, first: number, count: number): void {
  const namespace = `team-${index % NAMESPACES}`;
  server.store.create(
    service({
      namespace,
      name,
      spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }], clusterIP: 'None', clusterIPs: ['None'] },
    }),
  );
  const all = Array.from({ length: count }, (_, endpoint) => ({
    addresses: [addressOf(first + endpoint)],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: `node-${endpoint % 40}.eu-west-1.compute.internal`,
    targetRef: {
      kind: 'Pod',
      namespace,
      name: `${name}-7d9c8b5f4-${endpoint.toString(36).padStart(5, 'x')}`,
      uid: `1f2e3d4c-0000-4000-8000-${String(first + endpoint).padStart(12, '0')}`,
    },
    zone: 'eu-west-1a',
  }));
  server.store.create(endpointSlice({ namespace, name: `${name}-abcde`, endpoints: all }));
}

process.send?.(server.kubeconfig('certificate'));
process.on('disconnect', () => process.exit(0));
