import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** An admin interface that answers what the test sets. */
export interface FakeAdmin {
  readonly port: number;
  readonly url: string;
  /** Requests in order of arrival, with `end` of each answer: shows that no two overlap. */
  readonly log: string[];
  clusters: object;
  stats: Record<string, number>;
  uptime: number;
  uptimeAll: number;
  certs: object;
  /** Replaces the answer to a path. */
  answers: Record<string, (response: ServerResponse) => void>;
}

/** A cluster as /clusters lists it; `hosts` are counters by `address:port`. */
export function clusterJson(name: string, hosts: Record<string, Record<string, number>> = {}): object {
  const host_statuses = Object.entries(hosts).map(([peer, counters]) => {
    const [address, port] = peer.split(':');
    const stats = Object.entries(counters).map(([counter, value]) => ({ name: counter, value: String(value) }));
    return {
      address: { socket_address: { address, port_value: Number(port) } },
      stats,
      health_status: { eds_health_status: 'HEALTHY' },
    };
  });
  return { name, observability_name: name, host_statuses };
}

export async function serveAdmin(test: TestContext): Promise<FakeAdmin> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    admin.log.push(path);
    response.on('finish', () => admin.log.push('end'));
    if (admin.answers[path]) return admin.answers[path](response);
    if (path === '/clusters') return response.end(JSON.stringify(admin.clusters));
    if (path === '/certs') return response.end(JSON.stringify(admin.certs));
    const lines = Object.entries(admin.stats).map(([name, value]) => `${name}: ${value}\n`);
    if (path === '/stats') return response.end(lines.join(''));
    const uptime = { uptime_current_epoch: `${admin.uptime}s`, uptime_all_epochs: `${admin.uptimeAll}s` };
    return response.end(JSON.stringify({ version: 'sha/1.36.4/Clean/RELEASE/BoringSSL', state: 'LIVE', ...uptime }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const admin: FakeAdmin = {
    port,
    url: `http://127.0.0.1:${port}`,
    log: [],
    clusters: { cluster_statuses: [] },
    stats: {},
    uptime: 100,
    uptimeAll: 100,
    certs: {},
    answers: {},
  };
  return admin;
}
