/** The collector and the comparison on a fake API server; a second of the clock takes some milliseconds. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { kubernetes } from '../../src/collectors/kubernetes.ts';
import { KubernetesCollector } from '../../src/collectors/kubernetes-collector.ts';
import { KUBERNETES_METRICS } from '../../src/collectors/kubernetes-metrics.ts';
import { configSchema } from '../../src/config/schema.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { Truth } from '../../src/truth.ts';
import { view } from '../facts/views.ts';
import type { FakeApiServer } from '../kubernetes/api-server.ts';
import { type EndpointSlice, endpointSlice, service } from '../kubernetes/objects.ts';
import { started } from '../kubernetes/started.ts';
import { QUICK } from '../sources/kubernetes/follow.ts';
import { testContext } from '../support/context.ts';

/** Real milliseconds per second of the clock, at least. */
const STEP_MS = 8;
export const STALE_AFTER_S = 20;

/** Idle watches, back-off, relists: compressed as the clock is. */
const TIMING = {
  ...{ ...QUICK, connectMs: 100, headersMs: 100, listMs: 250, idleMs: 100, backoffMs: [2, 20] as const },
  ...{ forbiddenMs: 30, retryAfterMs: 30, relistMs: 400, settleMs: 150, quietMs: 30, shortestWatchMs: 5, pageLimit: 2 },
};

/** Which states an address may have; several while a change is on its way. */
export type Allowed = Readonly<Record<string, readonly string[]>>;

export class ApiFaultGround {
  readonly api: FakeApiServer;
  readonly slices: Record<'calm' | 'dead' | 'moving', EndpointSlice>;
  /** Seconds of the clock since the start. */
  seconds = 0;
  allowed: Allowed = {};
  moving = '10.2.3.1';
  /** What is going on, for messages. */
  what = 'start';
  readonly #registry: MetricRegistry;
  readonly #truth: Truth;
  readonly #collector: KubernetesCollector;
  #nowMs = Date.now();

  static async start(t: TestContext): Promise<ApiFaultGround> {
    const [api] = await started(t, { secondMs: STEP_MS, bookmarkIntervalSeconds: 3 });
    const ground = new ApiFaultGround(api);
    t.after(() => ground.#collector.stop());
    return ground;
  }

  private constructor(api: FakeApiServer) {
    this.api = api;
    const slice = (name: string, addresses: string[]) =>
      api.store.create(endpointSlice({ name: `${name}-a`, addresses }));
    this.slices = {
      calm: slice('calm', ['10.2.1.1', '10.2.1.2']),
      dead: slice('dead', ['10.2.2.1', '10.2.2.2']),
      moving: slice('moving', [this.moving]),
    };
    for (const [at, name] of ['calm', 'dead', 'moving'].entries()) {
      const clusterIP = `10.96.0.${at + 1}`;
      const ports = [{ name: 'http', port: 80, targetPort: 8080 }];
      api.store.create(service({ name, spec: { clusterIP, clusterIPs: [clusterIP], ports } }));
    }
    const clock = { now: () => this.#nowMs };
    this.#registry = new MetricRegistry(clock);
    const { upstreams } = configSchema().parse({});
    this.#truth = new Truth({
      ...{ clock, registry: this.#registry, checkpoint: { register() {} } },
      config: { ...upstreams, stale_after: STALE_AFTER_S * 1_000 },
    });
    const { hostname, port } = new URL(api.url);
    this.#collector = new KubernetesCollector(
      kubernetes.schema.parse({ pods: 'off' }),
      testContext(this.#registry.writers(KUBERNETES_METRICS), { clock, cluster: this.#truth.cluster }),
      {
        environment: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
        ...{ serviceAccount: api.serviceAccount.path, timing: TIMING, debounceMs: 1_000 },
      },
    );
  }

  /** What the proxy uses: of `dead` always the same, of `moving` what the cluster has now, whoever has heard of it. */
  #report(): void {
    const upstreams = {
      shop_calm_80: ['10.2.1.1:8080', '10.2.1.2:8080'],
      shop_dead_80: ['10.2.2.1:8080', '10.2.2.2:8080'],
      shop_moving_80: [`${this.moving}:8080`],
    };
    this.#truth.upstreams.report('edge', view(upstreams, { readAtMs: this.#nowMs }));
  }

  setAddresses(name: 'calm' | 'dead' | 'moving', addresses: readonly string[]): void {
    const endpoints = addresses.map((address) => ({ addresses: [address], conditions: { ready: true } }));
    this.slices[name] = this.api.store.update(this.slices[name], (draft) => Object.assign(draft, { endpoints }));
  }

  /** State by address, what is missing included. */
  states(): Record<string, string> {
    const all = this.#truth.upstreams.upstreams().flatMap(({ compared }) => compared.addresses);
    return Object.fromEntries(all.map(({ address, state }) => [address.replace(/:8080$/, ''), state]));
  }

  isTruthStale(): boolean | undefined {
    return this.#truth.conditions.all().find(({ condition }) => condition === 'truth_stale')?.isActive;
  }

  /** The slices are older than they may be. */
  isTooOld(): boolean {
    return this.#truth.cluster.freshness('endpointslices') !== 'fresh';
  }

  async drift(): Promise<number> {
    this.#collector.flush();
    // A counter begins with 0, whatever it has counted.
    await this.#registry.render('text', 'test');
    const text = (await this.#registry.render('text', 'test')).toString();
    return Number(/^badgateway_relist_drift_total\{resource="endpointslices"\} (\d+)$/m.exec(text)?.[1]);
  }

  /** One second of the clock: the network has its turns, then everything is looked at and judged. */
  async second(): Promise<void> {
    await delay(STEP_MS);
    // However late the timer came, what is on its way arrives before time goes on.
    for (let turn = 0; turn < 6; turn++) await nextTurn();
    this.#nowMs += 1_000;
    this.seconds++;
    await this.#collector.poll().catch(() => {});
    this.#report();
    this.#truth.publish();
    const states = this.states();
    const isTooOld = this.isTooOld();
    for (const [address, state] of Object.entries(states)) {
      const allowed = isTooOld ? [] : (this.allowed[address] ?? []);
      assert.ok(state === 'unknown' || allowed.includes(state), `${this.what}, ${this.seconds} s: ${address} ${state}`);
    }
    // Before the Services are known there is nothing to compare.
    const isMapped = this.#truth.upstreams.upstreams().every(({ mapped }) => mapped.service !== null);
    if (isMapped) assert.equal(this.isTruthStale(), isTooOld, `${this.what}: truth_stale`);
  }

  /** Until it holds, at most so many seconds of the clock. */
  async until(holds: () => boolean, seconds: number, message: string): Promise<void> {
    for (let left = seconds; !holds(); left--) {
      assert.ok(left > 0, `${this.what}: ${message}; ${JSON.stringify(this.states())}`);
      await this.second();
    }
  }
}
