import * as z from 'zod';
import { gauge } from '../contract/metrics.ts';
import { unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';

const schema = () =>
  unitSchema(
    { enabled: true, interval: '5s' },
    {
      path: z
        .string()
        .max(4096)
        .regex(/^(\/.*)?$/, 'must be an absolute path')
        .default('')
        .describe(
          'File with EndpointSlices and Services as `kubectl get endpointslices,services -A -o yaml` writes them',
        ),
    },
  );

const METRICS = {
  objects: gauge('badgateway_endpoints_file_objects', 'Objects of the resource in the file.', ['resource']),
  ignored: gauge(
    'badgateway_endpoints_file_ignored_objects',
    'Objects of the file of other kinds, or EndpointSlices without a Service.',
    [],
  ),
  modified: gauge('badgateway_endpoints_file_modified_timestamp_seconds', 'When the file in force was written.', []),
} as const;

export type EndpointsFileConfig = z.output<ReturnType<typeof schema>>;
export type EndpointsFileMetrics = typeof METRICS;

/** EndpointSlices and Services from a file, where there is no API to ask. */
export const endpointsFile = defineCollector({
  name: 'endpoints_file',
  summary: 'EndpointSlices and Services from a file, where the Kubernetes API is not to be asked',
  schema,
  metrics: METRICS,
  async load() {
    const { EndpointsFileCollector } = await import('./endpoints-file-collector.ts');
    return ({ path }, context) => new EndpointsFileCollector(path, context);
  },
});
