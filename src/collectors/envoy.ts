import * as z from 'zod';
import type { Subject } from '../contract/metrics.ts';
import { durationMs, sizeBytes, unitSchema } from '../contract/schema.ts';
import { type Collector, type CollectorContext, defineCollector, type Outcome, type Target } from '../contract/unit.ts';
import { type Base, formatBase, isLocal, parseBase } from '../sources/http-get.ts';
import { type Probe, probeEnvoy, USUAL_PORTS } from './envoy-discovery.ts';
import { ENVOY_METRICS } from './envoy-metrics.ts';
import { EnvoyTarget } from './envoy-target.ts';

const targetSchema = z
  .strictObject({
    url: z.string().describe('Admin interface: http://127.0.0.1:9901 or unix:/run/envoy.sock'),
    gateway: z.string().default('').describe('Value of the label `gateway`; default envoy, or envoy-<port> of several'),
    namespace: z.string().default('').describe('Kubernetes namespace of the Envoy'),
    pod: z.string().default('').describe('Pod of the Envoy'),
    container: z.string().default('').describe('Container of the Envoy'),
    allow_remote: z
      .boolean()
      .default(false)
      .describe(
        'Allow an address that is neither loopback nor a unix socket; the admin interface has no authentication',
      ),
  })
  .superRefine((target, issues) => {
    try {
      if (!isLocal(parseBase(target.url)) && !target.allow_remote)
        issues.addIssue({
          code: 'custom',
          path: ['url'],
          message: 'is neither loopback nor a unix socket; set allow_remote: true if that is meant',
        });
    } catch (error) {
      issues.addIssue({ code: 'custom', path: ['url'], message: (error as Error).message });
    }
  });

export const envoySchema = unitSchema(
  { enabled: true, interval: '10s' },
  {
    targets: z.array(targetSchema).max(64).default([]).describe('Envoys to watch'),
    discover: z
      .boolean()
      .default(true)
      .describe(`Look for an Envoy on ports ${USUAL_PORTS.join(', ')} of 127.0.0.1`),
    discover_interval: durationMs(1000, 86_400_000).prefault('1m').describe('Time between two looks for new Envoys'),
    timeout: durationMs(100, 60_000).prefault('5s').describe('For each request of a poll'),
    max_response_bytes: sizeBytes(64 * 1024, 4 * 1024 ** 3)
      .prefault('512MiB')
      .describe('An answer over this size is abandoned; answers are streamed, not held'),
    histograms: z
      .boolean()
      .default(true)
      .describe('Read latencies from /stats/prometheus where no access log of the Envoy is followed'),
  },
);

/** An Envoy lists all its extensions in /server_info. */
const PROBE_BYTES = 2 * 1024 * 1024;

type Config = z.output<typeof envoySchema>;
type Context = CollectorContext<typeof ENVOY_METRICS>;

/** The suffix that tells several unnamed Envoys apart. */
function nameOf(base: Base): string {
  if ('port' in base) return `envoy-${base.port}`;
  return `envoy-${base.socketPath.replace(/^.*[/\0]/, '').replace(/\.sock(et)?$/, '')}`;
}

class EnvoyCollector implements Collector {
  readonly #config: Config;
  readonly #context: Context;
  readonly #ports: readonly number[];
  readonly #targets: EnvoyTarget[] = [];
  #probes: readonly Probe[] = [];
  #nextProbeMs = 0;

  constructor(config: Config, context: Context, ports: readonly number[]) {
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
  config: Config,
  context: Context,
  ports: readonly number[] = USUAL_PORTS,
): Collector {
  return new EnvoyCollector(config, context, ports);
}

export const envoy = defineCollector({
  name: 'envoy',
  summary: 'Failed requests, hosts, circuit breakers and state of Envoy, from its admin interface',
  schema: envoySchema,
  metrics: ENVOY_METRICS,
  create: createEnvoyCollector,
});
