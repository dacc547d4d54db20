import type { TrackedUpstream } from './tracked-upstream.ts';

type Listed = Pick<TrackedUpstream, 'upstream' | 'mapped'>;

/** What the proxy's own list says of its servers: a name alone does not say which addresses are used. */
export class ListedServers {
  readonly #all: Listed[] = [];
  /** Made when it is first asked for. */
  #known: { readonly names: ReadonlySet<string>; readonly services: ReadonlySet<string> } | null = null;

  add(listed: Listed): void {
    this.#all.push(listed);
  }

  /** Whether the list has the Service by a name of the cluster's DNS, and none of its addresses. */
  isOnlyNamed({ mapped: { service } }: Listed): boolean {
    if (service === null) return false;
    this.#known ??= this.#read();
    const { names, services } = this.#known;
    const [namespace, name] = service.service.split('/');
    return !services.has(service.service) && (names.has(name) || names.has(`${name}.${namespace}`));
  }

  #read() {
    const names = new Set<string>();
    const services = new Set<string>();
    for (const { upstream, mapped } of this.#all)
      for (const { kind, host } of upstream.servers) {
        if (kind === 'hostname') names.add(shortNameOf(host));
        else if (kind === 'ip' && mapped.service !== null) services.add(mapped.service.service);
      }
    return { names, services };
  }
}

/** `cart.shop` of `cart.shop.svc.cluster.local`; another name as it is. */
function shortNameOf(host: string): string {
  const [service, namespace, third] = host.toLowerCase().split('.');
  return third === 'svc' ? `${service}.${namespace}` : host.toLowerCase();
}
