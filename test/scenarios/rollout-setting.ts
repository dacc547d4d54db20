import type { Endpoint, EndpointSlice } from '../../src/contract/endpoint.ts';
import type { ClusterState } from '../../src/facts/cluster-state.ts';
import type { Random } from './random.ts';
import type { UsedUpstream } from './simulated-proxy.ts';
import { SimulatedService } from './simulated-service.ts';

/** Services as they may be. */
export function someServices(random: Random): SimulatedService[] {
  const keys = random.shuffled(['shop/cart', 'shop/web', 'blog/web', 'blog/api']).slice(0, random.int(2, 4));
  return keys.map((key, at) => {
    const target = () => (random.chance(0.3) ? ('app' as const) : random.int(8_000, 8_001));
    const ports = [{ name: random.pick(['', 'http']), number: 80, target: target() }];
    if (random.chance(0.3)) {
      ports[0].name = 'http';
      ports.push({ name: 'metrics', number: 9_090, target: target() });
    }
    return new SimulatedService(key, `10.96.0.${at + 1}`, ports, {
      ...{ isDualStack: random.chance(0.3), publishesNotReady: random.chance(0.15), isHeadless: random.chance(0.15) },
    });
  });
}

/** Upstreams for most of them, some with names that tell nothing. */
export function someUpstreams(random: Random, services: readonly SimulatedService[]): UsedUpstream[] {
  const isTelling = random.chance(0.75);
  return services.flatMap(({ key, ports }, at) => {
    if (at > 0 && random.chance(0.3)) return [];
    const { number: port } = random.pick(ports);
    const name = isTelling || at === 0 || ports.length > 1 ? `${key.replace('/', '_')}_${port}` : `backend${at}`;
    return [{ name, service: key, port, isIpv4Only: random.chance(0.5) }];
  });
}

/** A line for everything that the exporter hears of the cluster. */
export function traceCluster(cluster: ClusterState, say: (text: string) => void): void {
  cluster.listen({
    slice: (before, after) => say(`slice ${(after ?? before)!.key}: ${after ? textOf(after) : 'gone'}`),
    service: (before, after) => say(`Service ${(after ?? before)!.key}: ${JSON.stringify(after?.ports)}`),
  });
}

function textOf({ ports, endpoints }: EndpointSlice): string {
  const flags = ({ ready, terminating }: Endpoint) =>
    `${ready ? '' : ' not ready'}${terminating ? ' terminating' : ''}`;
  const numbers = ports.map(({ name, number }) => `${name}:${number}`).join();
  return `${numbers} ${endpoints.map((one) => `${one.ip}${flags(one)}`).join(', ')}`;
}
