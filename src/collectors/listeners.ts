import * as z from 'zod';
import { unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { LISTENERS_METRICS } from './listeners-metrics.ts';

const schema = () =>
  unitSchema(
    { enabled: true, interval: '15s' },
    {
      expected_ports: z
        .array(z.number().int().min(1).max(65_535))
        .max(16)
        .default([80])
        .describe(
          'Ports that an nginx is to listen on when its configuration names only unix sockets, or when it is not known and nothing listens; none: such an nginx is as it should be',
        ),
    },
  );

export type ListenersConfig = z.output<ReturnType<typeof schema>>;

/** Ports that listen in the networks of gateways and backends, where on, and how many connections wait there. */
export const listeners = defineCollector({
  name: 'listeners',
  summary: 'Ports that listen in the networks of gateways and backends, on which addresses, and their accept queues',
  schema,
  metrics: LISTENERS_METRICS,
  async load() {
    const { ListenersCollector } = await import('./listeners-collector.ts');
    return (config, context) => {
      const { POD_NAMESPACE: namespace = '', POD_NAME: pod = '' } = process.env;
      return new ListenersCollector(config, context, { namespace, pod });
    };
  },
});
