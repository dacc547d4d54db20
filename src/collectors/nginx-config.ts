import * as z from 'zod';
import { SUBJECT_LABELS } from '../contract/metrics.ts';
import { unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { NGINX_CONFIG_METRICS } from './nginx-config-metrics.ts';

const path = z.string().min(1).max(4096).regex(/^\//, 'must be an absolute path');

const label = z.string().max(253).default('');

const file = () =>
  z.strictObject({
    path: path.describe(
      'Main file of the configuration, or the part of it that is visible, as conf.d/http.conf of a pod',
    ),
    kind: z.enum(['conf', 'dump']).default('conf').describe('`dump`: the file has the output of `nginx -T`'),
    context: z
      .enum(['auto', 'main', 'http', 'stream', 'mail'])
      .default('auto')
      .describe('The block that nginx includes the file in; auto: told by what stands in it'),
    prefix: path.optional().describe('Directory of relative includes; default: the directory of the file'),
    gateway: z
      .string()
      .max(253)
      .optional()
      .describe(
        'Value of the gateway label, for all that is found of this nginx; default: workload of the pod, else the name that one of its logs is given, else `nginx`',
      ),
    namespace: label.describe('Namespace of the pod that nginx runs in; default: POD_NAMESPACE of the environment'),
    pod: label.describe(
      'Pod that nginx runs in; default: POD_NAME of the environment, else without `gateway` that of its processes',
    ),
    container: label.describe('Container that nginx runs in, if any'),
  });

const schema = () =>
  unitSchema(
    { enabled: true, interval: '2s' },
    {
      files: z
        .array(z.union([path.transform((text) => file().parse({ path: text })), file()]))
        .max(64)
        .default([])
        .describe('Configurations to read'),
      discover: z.boolean().default(true).describe('Without files: the configurations of the nginx that runs here'),
    },
  ).superRefine(({ files }, context) => {
    const seen = new Set<string>();
    for (const [at, one] of files.entries()) {
      const identity = SUBJECT_LABELS.map((name) => one[name] ?? '').join('\n');
      if (seen.has(identity)) {
        const message = 'another file has the same gateway, namespace, pod and container';
        context.addIssue({ code: 'custom', path: ['files', at, 'gateway'], message });
      }
      seen.add(identity);
    }
  });

export type NginxConfigConfig = z.output<ReturnType<typeof schema>>;

/** The upstreams that a running nginx uses, from its configuration and its workers. */
export const nginxConfig = defineCollector({
  name: 'nginx_config',
  summary: 'Upstream addresses that nginx runs with, from its configuration and the age of its workers',
  schema,
  metrics: NGINX_CONFIG_METRICS,
  async load() {
    const { NginxConfigCollector } = await import('./nginx-config-collector.ts');
    return (config, context) => {
      const { POD_NAMESPACE: namespace = '', POD_NAME: pod = '' } = process.env;
      return new NginxConfigCollector(config, context, { namespace, pod });
    };
  },
});
