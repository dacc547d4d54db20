import type * as z from 'zod';
import { unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { CGROUPS_METRICS } from './cgroups-metrics.ts';

const schema = () => unitSchema({ enabled: true, interval: '15s' }, {});

export type CgroupsConfig = z.output<ReturnType<typeof schema>>;

/** Memory, CPU and pressure of gateways and backends as the kernel accounts them. */
export const cgroups = defineCollector({
  name: 'cgroups',
  summary:
    'Memory against its limit, OOM kills, CPU throttling and pressure of gateways and backends, from their cgroups',
  schema,
  metrics: CGROUPS_METRICS,
  async load() {
    const { CgroupsCollector } = await import('./cgroups-collector.ts');
    return (config, context) => new CgroupsCollector(config, context);
  },
});
