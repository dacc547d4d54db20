import type { Endpoint, EndpointSlice } from '../../src/contract/endpoint.ts';
import type { Random } from './random.ts';
import type { EndpointGroup, SimulatedService } from './simulated-service.ts';
import type { SimulatedTime } from './simulated-time.ts';

export interface ControllerOptions {
  readonly time: SimulatedTime;
  readonly random: Random;
  /** From a change of pods to the first slice that is written. */
  readonly mostSyncDelayMs: number;
  /** From the first slice of a Service that is written to the last. */
  readonly mostRewriteMs: number;
  readonly mostPerSlice: number;
  /** A write of a slice; null: it is deleted. */
  readonly written: (key: string, slice: EndpointSlice | null) => void;
  /** It has been decided what the slices are to say. */
  readonly decided: (service: string, groups: readonly EndpointGroup[]) => void;
  /** The last slice of a Service is written. */
  readonly settled: (service: string) => void;
}

interface Progress {
  isBusy: boolean;
  isDirty: boolean;
  readonly slices: Map<string, Planned>;
}

interface Planned {
  readonly slice: EndpointSlice;
  readonly isIpv6: boolean;
}

/**
 * Writes the slices of every Service one after another, in any order, and splits the endpoints over them as it likes: one may
 * stand in two slices for a while, or in none.
 */
export class SliceController {
  readonly #options: ControllerOptions;
  readonly #progress = new Map<string, Progress>();
  #names = 0;

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  touch(service: SimulatedService): void {
    const progress = this.#progress.get(service.key) ?? { isBusy: false, isDirty: false, slices: new Map() };
    this.#progress.set(service.key, progress);
    if (progress.isDirty) return;
    progress.isDirty = true;
    if (!progress.isBusy) this.#schedule(service, progress);
  }

  #schedule(service: SimulatedService, progress: Progress): void {
    const { time, random, mostSyncDelayMs } = this.#options;
    progress.isBusy = true;
    time.after(random.int(0, mostSyncDelayMs), () => this.#sync(service, progress));
  }

  #sync(service: SimulatedService, progress: Progress): void {
    const { time, random, mostRewriteMs, written, decided, settled } = this.#options;
    progress.isDirty = false;
    const groups = service.groups();
    decided(service.key, groups);
    const planned = this.#plan(service, groups, progress);
    const keys = [...new Set([...progress.slices.keys(), ...planned.keys()])];
    const changed = keys.filter((key) => JSON.stringify(planned.get(key)) !== JSON.stringify(progress.slices.get(key)));
    const longest = random.int(0, mostRewriteMs);
    const moments = changed.map(() => random.int(0, longest)).sort((a, b) => a - b);
    for (const [at, key] of random.shuffled(changed).entries()) {
      const next = planned.get(key);
      time.after(moments[at], () => {
        if (next) progress.slices.set(key, next);
        else progress.slices.delete(key);
        written(key, next?.slice ?? null);
      });
    }
    time.after(moments.at(-1) ?? 0, () => {
      settled(service.key);
      progress.isBusy = false;
      if (progress.isDirty) this.#schedule(service, progress);
    });
  }

  #plan(service: SimulatedService, groups: readonly EndpointGroup[], { slices }: Progress): Map<string, Planned> {
    const { random, mostPerSlice } = this.#options;
    const planned = new Map<string, Planned>();
    const isStable = random.chance(0.4);
    const reusable = random.shuffled([...slices].map(([key, { isIpv6 }]) => ({ key, isIpv6 })));
    for (const group of groups) {
      for (const endpoints of isStable ? this.#asBefore(group, slices) : this.#chunks(group.endpoints, mostPerSlice)) {
        const before = isStable ? endpoints.find(({ key }) => key !== '')?.key : undefined;
        const at = reusable.findIndex(
          ({ key, isIpv6 }) => isIpv6 === group.isIpv6 && (before === undefined ? random.chance(0.8) : key === before),
        );
        const [reused] = at < 0 ? [] : reusable.splice(at, 1);
        const key = reused?.key ?? this.#newName(service);
        planned.set(key, plannedOf(service, key, group, endpoints));
      }
    }
    // A Service without endpoints keeps one empty slice, as long as it is there.
    if (planned.size === 0 && !service.isDeleted) {
      const key = [...slices.keys()][0] ?? this.#newName(service);
      const isIpv6 = slices.get(key)?.isIpv6 ?? false;
      planned.set(key, { isIpv6, slice: { key, service: service.key, ports: [], endpoints: [] } });
    }
    return planned;
  }

  /** Every endpoint stays in the slice where it is; new ones stand together. */
  #asBefore({ endpoints }: EndpointGroup, slices: ReadonlyMap<string, Planned>): Placed[][] {
    const places = new Map<string, Placed[]>();
    for (const endpoint of endpoints) {
      const [key] = [...slices].find(([, { slice }]) =>
        slice.endpoints.some(({ podUid, ip }) => podUid === endpoint.podUid && ip === endpoint.ip),
      ) ?? [''];
      places.set(key, [...(places.get(key) ?? []), { endpoint, key }]);
    }
    return [...places.values()];
  }

  #chunks(endpoints: readonly Endpoint[], most: number): Placed[][] {
    const { random } = this.#options;
    const chunks: Placed[][] = [];
    const left = random.shuffled(endpoints);
    while (left.length > 0) {
      chunks.push(left.splice(0, random.int(1, most)).map((endpoint) => ({ endpoint, key: '' })));
    }
    return chunks;
  }

  #newName(service: SimulatedService): string {
    return `${service.key}-${++this.#names}`;
  }
}

interface Placed {
  readonly endpoint: Endpoint;
  /** Of the slice in which it stands; '' for none. */
  readonly key: string;
}

function plannedOf(service: SimulatedService, key: string, group: EndpointGroup, placed: readonly Placed[]): Planned {
  const ports = group.ports.map(({ name, number }) => ({ name, number }));
  const endpoints = placed.map(({ endpoint }) => endpoint);
  return { isIpv6: group.isIpv6, slice: { key, service: service.key, ports, endpoints } };
}
