/** One seeded minute or two of a cluster, its proxies and the comparison of both, on a simulated clock. */

import { configSchema } from '../../src/config/schema.ts';
import type { Persistent } from '../../src/contract/unit.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { Truth } from '../../src/truth.ts';
import { Random } from './random.ts';
import { RolloutHistory } from './rollout-history.ts';
import { type Circumstances, RolloutJudge } from './rollout-judge.ts';
import { RolloutOperations } from './rollout-operations.ts';
import { someServices, someUpstreams, traceCluster } from './rollout-setting.ts';
import { SimulatedProxy, type UsedUpstream } from './simulated-proxy.ts';
import { AddressPool, type SimulatedService } from './simulated-service.ts';
import { SimulatedTime } from './simulated-time.ts';
import { SimulatedWatch } from './simulated-watch.ts';
import { SliceController } from './slice-controller.ts';

export interface RolloutOptions {
  readonly seed: number;
  /** Mutants take these out. */
  readonly holdDownMs?: number;
  readonly staleAfterMs?: number;
  /** What happens, line by line. */
  readonly trace?: (line: string) => void;
}

interface Interruptions {
  readonly restarts: boolean;
  readonly isCutOff: boolean;
}

const HOLD_DOWN_MS = 3_000;
const STALE_AFTER_MS = 20_000;
const LOOK_MS = 1_000;
const LENGTH_MS = 90_000;
const BOOKMARK_MS = 6_000;
const START_MS = 1_000_000;
/** Together less than the hold-down: nothing that is written over is ever away for longer. */
const MOST_REWRITE_MS = 2_300;
const MOST_DELIVERY_MS = 500;

export class Rollout {
  readonly judge: RolloutJudge;
  readonly #options: RolloutOptions;
  readonly #random: Random;
  readonly #time = new SimulatedTime(START_MS);
  readonly #history: RolloutHistory;
  readonly #services: SimulatedService[];
  readonly #upstreams: UsedUpstream[];
  readonly #proxies: SimulatedProxy[];
  readonly #slices: SimulatedWatch<'endpointslices'>;
  readonly #serviceWatch: SimulatedWatch<'services'>;
  readonly #beginnings: number[] = [];
  readonly #planned = new Set<string>();
  readonly #isConfigured: boolean;
  #truth!: Truth;
  #parts = new Map<string, Persistent>();
  #lagsSinceMs: number | null = null;
  #starts = 0;

  constructor(options: RolloutOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    const [time, random] = [this.#time, this.#random];
    const mostRewriteMs = random.int(0, MOST_REWRITE_MS);
    const mostDelayMs = random.int(0, MOST_DELIVERY_MS);
    this.#services = someServices(random);
    this.#upstreams = someUpstreams(random, this.#services);
    // Without a telling name its Service is looked for where the configuration says.
    this.#isConfigured = random.chance(0.4) || this.#upstreams.some(({ name }) => name.startsWith('backend'));
    this.#history = new RolloutHistory(this.#isConfigured);
    this.judge = new RolloutJudge(this.#history, {
      ...{ holdDownMs: HOLD_DOWN_MS, lookMs: LOOK_MS + 50, staleAfterMs: STALE_AFTER_MS },
      ...{
        deliveryMs: mostRewriteMs + mostDelayMs,
        isForeignKnown: this.#isConfigured,
        newsMs: BOOKMARK_MS + MOST_DELIVERY_MS,
      },
    });
    const watch = { time, random, mostDelayMs, bookmarkMs: BOOKMARK_MS };
    this.#slices = new SimulatedWatch('endpointslices', watch);
    this.#serviceWatch = new SimulatedWatch('services', watch);
    const controller = new SliceController({
      ...{ time, random, mostRewriteMs, mostSyncDelayMs: random.int(0, 1_500), mostPerSlice: random.int(1, 6) },
      written: (key, slice) => this.#slices.write(key, slice),
      decided: (service, groups) => {
        this.#history.decided(service, groups, time.now());
        for (const proxy of this.#proxies) proxy.serviceChanged(service);
      },
      settled: (service) => this.#history.settled(service, time.now()),
    });
    // A process does not know which pods were behind which Service before it listed the slices.
    const restarts = random.chance(0.15);
    const isCutOff = random.chance(0.3);
    const operations = new RolloutOperations({
      ...{ time, random, services: this.#services, pool: new AddressPool(random, random.int(12, 40)) },
      labelsFromMs: restarts || isCutOff || !this.#isConfigured ? Number.POSITIVE_INFINITY : START_MS + 20_000,
      podsChanged: (service) => controller.touch(service),
      serviceChanged: (service) => {
        // Another name of a port is another port.
        this.#beginnings.push(time.now());
        this.#serviceWatch.write(service.key, service.isDeleted ? null : service.object());
      },
    });
    this.#proxies = [];
    this.#begin();
    this.#populate(operations);
    this.#schedule(operations, { restarts, isCutOff });
  }

  run(): RolloutJudge {
    this.#time.runUntil(START_MS + LENGTH_MS);
    return this.judge;
  }

  /** A new process of the exporter, with what the last one has saved. */
  #begin(): void {
    const saved = [...this.#parts].map(([name, part]) => [name, JSON.parse(JSON.stringify(part.save()))] as const);
    this.#parts = new Map();
    const { holdDownMs = HOLD_DOWN_MS, staleAfterMs = STALE_AFTER_MS } = this.#options;
    const { upstreams } = configSchema().parse({});
    this.#truth = new Truth({
      ...{ clock: this.#time, registry: new MetricRegistry(this.#time) },
      config: { ...upstreams, hold_down: holdDownMs, stale_after: staleAfterMs },
      checkpoint: { register: (name, part) => this.#parts.set(name, part) },
    });
    for (const [name, state] of saved) this.#parts.get(name)?.restore(state);
    for (const watch of [this.#slices, this.#serviceWatch]) watch.connect(this.#truth.cluster);
    for (const proxy of this.#proxies) proxy.sink = this.#truth.upstreams;
    this.#say('the exporter starts');
    if (this.#options.trace) traceCluster(this.#truth.cluster, (text) => this.#say(text));
    this.#planned.clear();
    this.#beginnings.push(this.#time.now());
    this.#starts++;
    this.#plan();
  }

  #populate(operations: RolloutOperations): void {
    const [time, random] = [this.#time, this.#random];
    for (const service of this.#services) {
      this.#serviceWatch.write(service.key, service.object());
      operations.start(service, random.int(0, 6));
    }
    for (const [at, upstream] of this.#upstreams.entries()) {
      const isStuck = random.chance(0.4);
      const options = {
        ...{ time, random, key: `edge-${at}`, upstreams: [upstream], mostLagMs: random.int(0, 8_000) },
        stuckAtMs: isStuck ? START_MS + random.int(0, LENGTH_MS / 2) : null,
        readyAddresses: ({ isIpv4Only }: UsedUpstream) => this.#history.readyAddresses(upstream, isIpv4Only),
        wasRead: (_: UsedUpstream, addresses: readonly string[]) => this.judge.wasRead(upstream, addresses, time.now()),
      };
      const startMs = START_MS + (at === 0 || random.chance(0.6) ? 5_000 : random.int(5_000, 40_000));
      this.#proxies.push(new SimulatedProxy(options, this.#truth.upstreams, startMs));
    }
  }

  #schedule(operations: RolloutOperations, { restarts, isCutOff }: Interruptions): void {
    const [time, random] = [this.#time, this.#random];
    const within = (least: number, most: number) => START_MS + random.int(least, most);
    for (let left = random.int(4, 14); left > 0; left--) time.at(within(6_000, 75_000), () => operations.any());
    if (isCutOff) this.#outage(within(10_000, 50_000), random.int(200, 3 * STALE_AFTER_MS));
    if (restarts) time.at(within(20_000, 70_000), () => this.#begin());
    const look = () => {
      this.#look();
      time.after(LOOK_MS + random.int(-50, 50), look);
    };
    time.after(random.int(0, LOOK_MS), look);
    // Scrapes look, too.
    for (let at = 0; at < LENGTH_MS; at += 15_000) time.at(within(at, at + 100), () => this.#look());
  }

  #outage(atMs: number, lengthMs: number): void {
    const watches = [this.#slices, this.#serviceWatch];
    this.#time.at(atMs, () => {
      // Cut off in the middle of a rewrite, without a sign of it, an address looks as if it were gone for good.
      if (!this.#history.isAtRestSince(atMs - MOST_DELIVERY_MS)) {
        this.#outage(atMs + 100, lengthMs);
        return;
      }
      this.#lagsSinceMs = atMs;
      this.#say('the API server is away');
      for (const watch of watches) watch.cutOff();
      this.#time.after(lengthMs, () => this.#restore());
    });
  }

  #restore(): void {
    this.#say('the API server is back');
    for (const watch of [this.#slices, this.#serviceWatch])
      watch.restore(this.#random.pick(['resume', 'list'] as const), () => this.#beginnings.push(this.#time.now()));
    this.#beginnings.push(this.#time.now());
    this.#time.after(MOST_DELIVERY_MS + HOLD_DOWN_MS + 2 * LOOK_MS, () => {
      this.#lagsSinceMs = null;
    });
  }

  /** As the collector does: namespaces that are wanted are listed some time later, slices and Services each for itself. */
  #plan(): void {
    const { namespaces } = this.#truth.cluster.wanted();
    const wanted = this.#isConfigured && namespaces.length > 0 ? ['shop', 'blog'] : namespaces;
    const added = wanted.filter((namespace) => !this.#planned.has(namespace));
    const random = this.#random;
    const starts = this.#starts;
    const waitMs = this.#planned.size === 0 ? random.int(1_000, 1_500) : random.int(5_000, 7_500);
    for (const namespace of added) this.#planned.add(namespace);
    if (added.length > 0) {
      this.#time.after(waitMs, () => {
        for (const watch of [this.#slices, this.#serviceWatch]) {
          watch.expectMore();
          const list = () => {
            if (starts !== this.#starts) return;
            if (watch.isOut) this.#time.after(500, list);
            else watch.list(added);
            this.#beginnings.push(this.#time.now());
          };
          this.#time.after(random.int(10, random.chance(0.3) ? 12_000 : 300), list);
        }
      });
    }
    this.#time.after(LOOK_MS, () => {
      if (starts === this.#starts) this.#plan();
    });
  }

  #say(text: string): void {
    this.#options.trace?.(`${this.#time.now()} ${text}`);
  }

  #look(): void {
    this.#truth.look();
    const heardMs = this.#truth.cluster.currentAtMs('endpointslices');
    const common = { heardMs, lagsSinceMs: this.#lagsSinceMs, beginnings: this.#beginnings };
    for (const tracked of this.#truth.upstreams.upstreams()) {
      const { mapped, compared } = tracked;
      const said = compared.addresses.map(({ address, state }) => `${address} ${state}`).join(', ');
      this.#say(
        `  ${tracked.upstream.name} ${mapped.method} ${mapped.service?.service} ${mapped.service?.portName}: ${said}`,
      );
      const upstream = this.#upstreams.find(({ name }) => name === tracked.upstream.name)!;
      const service = this.#services.find(({ key }) => key === upstream.service)!;
      const now: Circumstances = {
        ...common,
        isListed: this.#slices.hasListed(service.key) && this.#serviceWatch.hasListed(service.key),
        goneMs: service.goneMs,
      };
      this.judge.look(upstream, tracked, this.#time.now(), now);
    }
  }
}
