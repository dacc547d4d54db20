import type * as z from 'zod';
import { unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { NGINX_WORKERS_METRICS } from './nginx-workers-metrics.ts';

const schema = () => unitSchema({ enabled: true, interval: '10s' }, {});

export type NginxWorkersConfig = z.output<ReturnType<typeof schema>>;

/** Workers of nginx as processes: what a reload leaves behind, what they use of their limits, and which have crashed. */
export const nginxWorkers = defineCollector({
  name: 'nginx_workers',
  summary: 'Workers of nginx: how many shut down and since when, memory, open files, connections, crashes',
  schema,
  metrics: NGINX_WORKERS_METRICS,
  async load() {
    const { NginxWorkersCollector } = await import('./nginx-workers-collector.ts');
    return (_config, context) => {
      const { POD_NAMESPACE: namespace = '', POD_NAME: pod = '' } = process.env;
      return new NginxWorkersCollector(context, { namespace, pod });
    };
  },
});
