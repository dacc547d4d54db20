import type { UpstreamInUse, UpstreamSink } from '../../src/contract/upstream.ts';
import { server, view } from '../facts/views.ts';
import type { Random } from './random.ts';
import type { SimulatedTime } from './simulated-time.ts';

export interface UsedUpstream {
  readonly name: string;
  readonly service: string;
  readonly port: number;
  /** It was told to use IPv4 only. */
  readonly isIpv4Only: boolean;
}

export interface ProxyOptions {
  readonly time: SimulatedTime;
  readonly random: Random;
  readonly key: string;
  readonly upstreams: readonly UsedUpstream[];
  readonly mostLagMs: number;
  /** From then on it takes no endpoints any more; null: it always does. */
  readonly stuckAtMs: number | null;
  readonly readyAddresses: (upstream: UsedUpstream) => string[];
  /** What was read of the running proxy. */
  readonly wasRead: (upstream: UsedUpstream, addresses: readonly string[]) => void;
}

/** Between two looks at the running proxy. */
const READ_MS = 1_000;

/** A proxy that takes what slices say some time later, or never, and is read once a second. */
export class SimulatedProxy {
  readonly #options: ProxyOptions;
  readonly #inUse = new Map<UsedUpstream, readonly string[]>();
  readonly #shown = new Map<UsedUpstream, UpstreamInUse>();
  sink: UpstreamSink;

  constructor(options: ProxyOptions, sink: UpstreamSink, startMs: number) {
    this.#options = options;
    this.sink = sink;
    options.time.at(startMs, () => {
      for (const upstream of options.upstreams) this.#inUse.set(upstream, options.readyAddresses(upstream));
      this.#read();
    });
  }

  serviceChanged(service: string): void {
    const { time, random, upstreams, mostLagMs, stuckAtMs, readyAddresses } = this.#options;
    for (const upstream of upstreams) {
      if (upstream.service !== service) continue;
      time.after(random.int(0, mostLagMs), () => {
        const isStuck = stuckAtMs !== null && time.now() >= stuckAtMs;
        if (this.#inUse.has(upstream) && !isStuck) this.#inUse.set(upstream, readyAddresses(upstream));
      });
    }
  }

  #read(): void {
    const { time, random, key, upstreams, wasRead } = this.#options;
    const shown = upstreams.map((upstream) => {
      const addresses = this.#inUse.get(upstream) ?? [];
      const before = this.#shown.get(upstream);
      const after = { name: upstream.name, alias: '', servers: addresses.map((address) => server(address)) };
      wasRead(upstream, addresses);
      if (before && JSON.stringify(before) === JSON.stringify(after)) return before;
      this.#shown.set(upstream, after);
      return after;
    });
    this.sink.report(key, { ...view({}, { readAtMs: time.now() }), upstreams: shown, subject: subjectOf(key) });
    time.after(READ_MS + random.int(-100, 100), () => this.#read());
  }
}

function subjectOf(key: string): ReturnType<typeof view>['subject'] {
  return { namespace: 'gw', pod: key, container: 'nginx', gateway: 'edge' };
}
