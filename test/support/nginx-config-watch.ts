import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { nginxConfig } from '../../src/collectors/nginx-config.ts';
import type { GatewayNames } from '../../src/contract/gateway-names.ts';
import type { GatewaySettingsBoard } from '../../src/contract/gateway-settings.ts';
import type { Collector } from '../../src/contract/unit.ts';
import type { ConditionReport, UpstreamsView } from '../../src/contract/upstream.ts';
import { Histogram } from '../../src/metrics/histogram.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { testContext } from './context.ts';
import { EvidenceSeen } from './evidence-seen.ts';

const createNginxConfig = await nginxConfig.load();

/** The collector `nginx_config` with everything that it says. */
export class ConfigWatch {
  readonly collector: Collector;
  readonly views = new Map<string, UpstreamsView>();
  /** Of which was said that what they use is not known for now. */
  readonly suspended = new Set<string>();
  readonly changed = new EvidenceSeen();
  readonly clock = { now: () => Date.now() };
  readonly #conditions = new Map<string, ConditionReport>();
  readonly #registry: MetricRegistry;

  constructor(
    config: object,
    paths: { proc?: string; root?: string } = {},
    given: { settings?: GatewaySettingsBoard; names?: GatewayNames } = {},
  ) {
    const { clock } = this;
    this.#registry = new MetricRegistry(clock);
    const context = testContext(this.#registry.writers(nginxConfig.metrics), {
      clock,
      evidence: this.changed,
      paths: { proc: '/proc', root: '', ...paths },
      upstreams: {
        report: (key, view) => void this.views.set(key, view),
        suspend: (key) => {
          if (this.views.delete(key)) this.suspended.add(key);
        },
        remove: (key) => {
          this.views.delete(key);
          this.suspended.delete(key);
        },
      },
      ...given,
      conditions: { condition: (report) => void this.#conditions.set(report.condition, report) },
    });
    this.collector = createNginxConfig(nginxConfig.schema.parse(config), context);
  }

  async poll(): Promise<string> {
    const { detail } = await this.collector.poll(new AbortController().signal);
    return detail;
  }

  /** Polls until `isSo`; fails after half a minute with what is there instead. */
  async until(isSo: () => boolean, what: string): Promise<void> {
    const deadlineMs = Date.now() + 30_000;
    for (;;) {
      const detail = await this.poll();
      if (isSo()) return;
      assert.ok(Date.now() < deadlineMs, `not ${what}: ${detail}; ${this.servers().join(' ')}`);
      await delay(20);
    }
  }

  /** Undefined: not said. */
  active(condition: ConditionReport['condition']): boolean | null | undefined {
    return this.#conditions.get(condition)?.isActive;
  }

  /** What the only target says at once; the condition waits. Null: not known. */
  get isLoaded(): boolean | null {
    const detail = this.collector.targets?.()[0]?.detail ?? '';
    if (/^the configuration on disk (is not loaded|is broken);/.test(detail)) return false;
    return detail.startsWith('the configuration on disk runs;') ? true : null;
  }

  evidence(condition: ConditionReport['condition']): string | undefined {
    return this.#conditions.get(condition)?.evidence;
  }

  /** `upstream=host:port` of the only view. */
  servers(): string[] {
    return [...this.views.values()].flatMap(({ upstreams }) =>
      upstreams.flatMap(({ name, servers }) => servers.map(({ host, port }) => `${name}=${host}:${port}`)),
    );
  }

  /** How many loads of the gateway `nginx` were measured, and their seconds in all; undefined: no series. */
  loads(): { readonly count: number; readonly sum: number } | undefined {
    const { loads } = this.#registry.writers(nginxConfig.metrics);
    assert.ok(loads instanceof Histogram);
    return loads.value({ namespace: '', pod: '', container: '', gateway: 'nginx' });
  }

  /** The true values of a counter or gauge by its last label, or the only one. */
  values(name: string): Record<string, number> {
    const family = this.#registry.get(name);
    return Object.fromEntries(
      [...(family?.entries() ?? [])].map(({ labels, value }) => [labels.kind ?? labels.gateway, value]),
    );
  }
}
