import { nginxWorkers } from '../../src/collectors/nginx-workers.ts';
import type { WorkerReading } from '../../src/collectors/nginx-workers-master.ts';
import type { GatewaySettings } from '../../src/contract/gateway-settings.ts';
import type { CollectorContext } from '../../src/contract/unit.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { readProcessStat } from '../../src/sources/process-stat.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { testContext } from './context.ts';

const createNginxWorkers = await nginxWorkers.load();

export type WorkersRig = ReturnType<typeof watchWorkers>;

/** The collector, and what it says of one gateway: other nginx may run on the machine. */
export function watchWorkers(
  gateway: string,
  parts: Partial<Omit<CollectorContext<typeof nginxWorkers.metrics>, 'metrics' | 'conditions'>> = {},
) {
  const registry = new MetricRegistry(parts.clock ?? { now: () => Date.now() });
  const conditions = new Map<string, boolean | null>();
  const context = testContext(registry.writers(nginxWorkers.metrics), {
    ...parts,
    conditions: {
      condition: ({ condition, subject, isActive }) => {
        if (subject.gateway === gateway) conditions.set(condition, isActive);
      },
    },
  });
  const collector = createNginxWorkers(nginxWorkers.schema.parse({}), context);
  const samples = async () => {
    const text = (await registry.render('text', 'test')).toString();
    return text.split('\n').filter((line) => line.includes(`gateway="${gateway}"`));
  };
  return {
    collector,
    conditions,
    poll: async () => await collector.poll(new AbortController().signal),
    samples,
    /** The value of `badgateway_<name>` whose labels hold `labels`; undefined: no such series. */
    async value(name: string, labels = ''): Promise<number | undefined> {
      const line = (await samples()).find((one) => one.startsWith(`badgateway_${name}{`) && one.includes(labels));
      return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
    },
  };
}

/** What `nginx_config` would say of a master that runs now. */
export function settingsOf(pid: number, parts: Partial<GatewaySettings>): GatewaySettings {
  const startTicks = readProcessStat(openProcfs('/proc'), pid)?.startTicks ?? -1;
  const subject = { namespace: '', pod: '', container: '', gateway: 'nginx' };
  return { subject, master: { pid, startTicks }, listens: [], workerConnections: null, ...parts };
}

/** A running worker of no size. */
export function workerOf(parts: Partial<WorkerReading>): WorkerReading {
  return {
    ...{ isDraining: false, isRespawned: false, startMs: 0, residentBytes: 0, proportionalBytes: 0 },
    ...{ openFds: 10, openFdsLimit: 1024, connections: 0 },
    ...parts,
  };
}
