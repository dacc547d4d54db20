import { isNamedByAddress, NO_NAME } from '../facts/upstream-identity.ts';
import type {
  CollectorStatus,
  GatewayUpstreams,
  StatusReport,
  UpstreamStatus,
  UpstreamsReport,
} from '../http/views.ts';
import type { Sample } from './report-metrics.ts';

/** An upstream of a gateway, of all its replicas together. */
export interface SignalSubject {
  readonly proxy: string;
  readonly gateway: string;
  readonly name: string;
  /** `namespace/name`; '' when none is known. */
  readonly service: string;
  /** As each replica has it. */
  readonly seen: readonly { readonly of: GatewayUpstreams; readonly upstream: UpstreamStatus }[];
}

/** What a running badgateway says, by what the rules ask. */
export class SignalFacts {
  readonly #collectors: ReadonlyMap<string, CollectorStatus>;
  readonly #cluster: UpstreamsReport['cluster'];
  /** By name; null: /metrics could not be read. */
  readonly #samples: ReadonlyMap<string, readonly Sample[]> | null;

  constructor(status: StatusReport, { cluster }: UpstreamsReport, samples: readonly Sample[] | null) {
    this.#collectors = new Map(status.collectors.map((one) => [one.name, one]));
    this.#cluster = cluster;
    this.#samples = samples === null ? null : Map.groupBy(samples, ({ name }) => name);
  }

  get hasMetrics(): boolean {
    return this.#samples !== null;
  }

  /** Samples of a family whose labels are these. */
  all(name: string, labels: Readonly<Record<string, string>>): readonly Sample[] {
    const wanted = Object.entries(labels);
    return (this.#samples?.get(name) ?? []).filter(({ labels: own }) =>
      wanted.every(([key, value]) => own[key] === value),
    );
  }

  /** Of EndpointSlices. */
  get slices(): string {
    return this.#cluster.find(({ resource }) => resource === 'endpointslices')?.freshness ?? 'unwatched';
  }

  isOk(unit: string): boolean {
    return this.#collectors.get(unit)?.state === 'ok';
  }

  /** What a unit says of itself. */
  of(unit: string): string {
    const found = this.#collectors.get(unit);
    if (found === undefined) return `${unit} does not run`;
    return `${unit}: ${found.state}${found.detail === '' ? '' : `, ${found.detail}`}`;
  }
}

/** Every upstream once, by gateway and name. */
export function subjectsOf({ gateways }: UpstreamsReport, only: string | undefined): SignalSubject[] {
  const found = new Map<string, SignalSubject & { seen: { of: GatewayUpstreams; upstream: UpstreamStatus }[] }>();
  for (const of of gateways) {
    const { proxy, subject } = of;
    if (only !== undefined && subject.gateway !== only) continue;
    for (const upstream of of.upstreams) {
      const { name, service } = upstream;
      const key = JSON.stringify([proxy, subject.gateway, name]);
      const known = found.get(key);
      if (known !== undefined) known.seen.push({ of, upstream });
      else
        found.set(key, {
          ...{ proxy, gateway: subject.gateway, name, seen: [{ of, upstream }] },
          service: service === null ? '' : `${service.namespace}/${service.name}`,
        });
    }
  }
  return [...found.values()].sort(
    (a, b) => compare(a.proxy, b.proxy) || compare(a.gateway, b.gateway) || compare(a.name, b.name),
  );
}

/** Labels of its series. */
export function labelsOf({
  proxy,
  gateway,
  name,
  seen,
}: SignalSubject): Record<'proxy' | 'gateway' | 'upstream', string> {
  // Our own name of addresses that were only seen is no label.
  const isOurs = seen.every(({ of }) => of.source === 'observed');
  return { proxy, gateway, upstream: isOurs ? '' : isNamedByAddress(name) ? NO_NAME : name };
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
