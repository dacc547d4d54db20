import type { Subject } from '../contract/metrics.ts';
import type { Collector, CollectorContext, Outcome, Target } from '../contract/unit.ts';
import { type Base, formatBase, parseBase } from '../sources/http-get.ts';
import type { EnvoyConfig } from './envoy.ts';
import { type Probe, probeEnvoy, USUAL_PORTS } from './envoy-discovery.ts';
import type { ENVOY_METRICS } from './envoy-metrics.ts';
import { EnvoyTarget } from './envoy-target.ts';

/** An Envoy lists all its extensions in /server_info. */
const PROBE_BYTES = 2 * 1024 * 1024;

type Context = CollectorContext<typeof ENVOY_METRICS>;

/** The suffix that tells several unnamed Envoys apart. */
function nameOf(base: Base): string {
  if ('port' in base) return `envoy-${base.port}`;
  return `envoy-${base.socketPath.replace(/^.*[/\0]/, '').replace(/\.sock(et)?$/, '')}`;
}

class EnvoyCollector implements Collector {
  readonly #config: EnvoyConfig;
  readonly #context: Context;
  readonly #ports: readonly number[];
  readonly #targets: EnvoyTarget[] = [];
  #probes: readonly Probe[] = [];
  #nextProbeMs = 0;

  constructor(config: EnvoyConfig, context: Context, ports: readonly number[]) {
    this.#config = config;
    this.#context = context;
    this.#ports = ports;
    const isOnly = config.targets.length === 1;
    for (const { url, gateway, namespace, pod, container } of config.targets) {
      const base = parseBase(url);
      this.#add(base, { namespace, pod, container, gateway: gateway || (isOnly ? 'envoy' : nameOf(base)) });
    }
  }

  #add(base: Base, subject: Subject): void {
    const { interval, timeout, max_response_bytes, histograms } = this.#config;
    const limits = { intervalMs: interval, timeoutMs: timeout, maxBytes: max_response_bytes, histograms };
    this.#targets.push(new EnvoyTarget(base, subject, { context: this.#context, limits }));
  }

  async poll(signal: AbortSignal): Promise<Outcome> {
    await this.#discover(signal);
    const due = this.#targets.filter((target) => target.isDue());
    const results = await Promise.allSettled(due.map((target) => target.poll(signal)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    return this.#conclude();
  }

  /** Looks at the usual ports that are not targets yet. Names are given once: a series never changes its gateway. */
  async #discover(signal: AbortSignal): Promise<void> {
    const now = this.#context.clock.now();
    if (!this.#config.discover || now < this.#nextProbeMs) return;
    this.#nextProbeMs = now + this.#config.discover_interval;
    const known = new Set(this.#targets.map((target) => target.name.replace('//localhost:', '//127.0.0.1:')));
    const open = this.#ports
      .map((port) => ({ host: '127.0.0.1', port }))
      .filter((base) => !known.has(formatBase(base)));
    const limits = { timeoutMs: Math.min(this.#config.timeout, 1000), maxBytes: PROBE_BYTES, signal };
    this.#probes = await Promise.all(open.map((base) => probeEnvoy(base, limits)));
    const found = this.#probes.filter((probe) => probe.isEnvoy);
    const isOnly = this.#targets.length === 0 && found.length === 1;
    for (const { base } of found)
      this.#add(base, { namespace: '', pod: '', container: '', gateway: isOnly ? 'envoy' : nameOf(base) });
    this.#probes = this.#probes.filter((probe) => !probe.isEnvoy);
  }

  #conclude(): Outcome {
    const targets = this.#targets;
    const ok = targets.filter((target) => target.state === 'ok').length;
    const bad = targets.find((target) => target.state !== 'ok');
    if (ok > 0)
      return {
        state: 'ok',
        detail: bad ? `${ok} of ${targets.length} Envoys answer; ${bad.detail}` : `${ok} Envoy(s) answer`,
      };
    if (!bad) {
      const looked =
        this.#probes.map((probe) => probe.detail).join('; ') || 'no targets configured and discovery is off';
      return { state: 'absent', detail: `no Envoy found: ${looked}; set collectors.envoy.targets` };
    }
    if (targets.every((target) => target.state === 'not_permitted'))
      return { state: 'not_permitted', detail: bad.detail };
    throw new Error(`no Envoy answers: ${bad.detail}`);
  }

  stop(): void {
    for (const target of this.#targets) target.close();
  }

  targets(): readonly Target[] {
    const probed = this.#probes.map(
      ({ base, detail }): Target => ({ name: formatBase(base), state: 'absent', detail }),
    );
    return [...this.#targets.map(({ name, state, detail }) => ({ name, state, detail })), ...probed];
  }
}

/** The collector with other ports to look at than the usual ones (tests use free ones). */
export function createEnvoyCollector(
  config: EnvoyConfig,
  context: Context,
  ports: readonly number[] = USUAL_PORTS,
): Collector {
  return new EnvoyCollector(config, context, ports);
}
